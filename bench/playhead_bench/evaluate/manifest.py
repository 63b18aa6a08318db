"""What a run was made with, written beside its rows so that it can be made again."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.errors import RunDamaged, RunMismatch
from playhead_index.errors import DiskFull
from playhead_tools.video_llm.parse_response import with_options

MANIFEST_NAME = "manifest.json"
PACKAGES = ("playhead", "numpy", "torch", "transformers", "av", "faiss-cpu", "open-clip-torch", "pillow")
DECIDING = ("models", "prompt", "settings", "samples", "seed")
"""What must be the same for two runs to share a folder; the rest is only recorded."""


@dataclass(frozen=True, slots=True)
class RunManifest:
    """What a run was made with.

    Args:
        models: name and revision of each model, by role.
        prompt: hash of how a question and its options are written.
        settings: budget of frames, task, and whatever else decides the answers.
        samples: how many questions, and the hash of them all.
        seed: of whatever was drawn.
        commit: of the checkout that the code ran from, with `+changes` when files differed; None elsewhere.
        packages: versions.
        machine: kind of processor, number of them, operating system.
        library: the model and revision behind each vector space that was searched; empty without a search.
            A library refuses vectors of another model by itself.
        finished: the run came to its end.
    """

    models: Mapping[str, str]
    prompt: str
    settings: Mapping[str, Any]
    samples: Mapping[str, Any]
    seed: int
    commit: str | None
    packages: Mapping[str, str]
    machine: Mapping[str, Any]
    library: Mapping[str, str] = field(default_factory=dict)
    finished: bool = False

    def save(self, folder: Path) -> None:
        """Writes `manifest.json` into a folder, whole or not at all.

        Raises:
            DiskFull: it cannot be written.
        """
        path = folder / MANIFEST_NAME
        part = path.with_name(f".{MANIFEST_NAME}.{os.getpid()}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskFull(f"{path}: cannot be written ({error.strerror})") from error

    def done(self) -> "RunManifest":
        """The same, come to its end."""
        return replace(self, finished=True)


def make_manifest(
    samples: Sequence[object],
    models: Mapping[str, str],
    settings: Mapping[str, Any],
    seed: int,
    library: Mapping[str, str] | None = None,
) -> RunManifest:
    """The manifest of a run that is about to start on this machine.

    Args:
        samples: questions, records whose `repr` holds all that decides a row.
        models: name and revision of each model, by role.
        settings: whatever else decides the answers.
        seed: of whatever is drawn.
        library: the model and revision behind each vector space that is searched.
    """
    return RunManifest(
        dict(models),
        _hash(with_options("{question}", ["{option}", "{option}"])),
        dict(settings),
        {"count": len(samples), "hash": _hash(repr(list(samples)))},
        seed,
        _commit(),
        {name: found for name in PACKAGES if (found := _version(name))},
        {"processor": platform.machine(), "count": os.cpu_count(), "system": platform.system()},
        dict(library or {}),
    )


def read_manifest(folder: Path) -> RunManifest | None:
    """The manifest of the run in a folder, or None when there is no run.

    Raises:
        RunDamaged: the file is not a manifest.
    """
    path = folder / MANIFEST_NAME
    if not path.exists():
        return None
    try:
        return RunManifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise RunDamaged(f"{path}: not the manifest of a run ({error}); choose another folder") from error


def require_same_run(folder: Path, requested: RunManifest) -> None:
    """Checks that a folder holds no run, or one that the requested run can continue.

    Raises:
        RunMismatch: it holds a run that was made with something else; what, and what to do.
    """
    stored = read_manifest(folder)
    if stored is None:
        return
    for name in DECIDING:
        before, now = getattr(stored, name), getattr(requested, name)
        if json.loads(json.dumps(before)) != json.loads(json.dumps(now)):
            raise RunMismatch(
                f"{folder} holds a run with {name} {before}, asked for {now}; "
                "choose another folder with --out"
            )


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    here = Path(__file__).resolve().parent
    head = _git(here, "rev-parse", "HEAD")
    if head is None:
        return None
    return f"{head}+changes" if _git(here, "status", "--porcelain", "--untracked-files=no", ".") else head


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

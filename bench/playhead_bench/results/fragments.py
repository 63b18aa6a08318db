"""The result of one part, stored as JSON with the command, commit and machine that gave it."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from playhead_bench.nano.model_card import commit
from playhead_index.errors import DiskFull, PlayheadError


class FragmentDamaged(PlayheadError):
    """A file of the results is not what a part writes; run the part again."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One part that has been run.

    Args:
        part: which; a page has one section for each.
        title: of the section.
        command: that runs it again.
        commit: of the checkout that it ran from.
        machine: kind of machine, and how busy it was.
        seconds: of wall time; None where nobody measured it.
        data: what was measured, plain JSON types, as the part's writer understands them.
        pictures: names of PNG files in the image folder, with a caption each.
    """

    part: str
    title: str
    command: str
    commit: str
    machine: str
    seconds: float | None
    data: Mapping[str, Any]
    pictures: Mapping[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        """Writes `<part>.json` into a folder, whole or not at all, and says where.

        Raises:
            DiskFull: it cannot be written.
        """
        path = folder / f"{self.part}.json"
        partly = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            partly.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", "utf-8")
            partly.replace(path)
        except OSError as error:
            raise DiskFull(f"{path}: cannot be written ({error.strerror})") from error
        return path


def read_fragments(folder: Path) -> list[Fragment]:
    """The fragments of a folder by the names of their files; none where there is no folder.

    Raises:
        FragmentDamaged: a file is not a fragment.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Fragment:
    try:
        return Fragment(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise FragmentDamaged(
            f"{path}: not what a part of the results writes ({error}); run it again"
        ) from error


def here() -> tuple[str, str]:
    """The commit of this checkout, and this machine with its load at the moment."""
    return commit(), f"{machine_kind(platform.machine(), os.cpu_count(), platform.system())}, {_load()}"


def machine_kind(processor: str, count: int | None, system: str) -> str:
    """A kind of machine in words.

    >>> machine_kind("x86_64", 2, "Linux")
    'x86_64, 2 cores, Linux'
    """
    return f"{processor}, {count or 'unknown'} cores, {system}"


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} at the start"

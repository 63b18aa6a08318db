"""A folder in which the product's real command line is tried on one input."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playhead_bench.robustness.limited_process import ChildEnd, LimitedChild, ProcessLimits
from playhead_bench.robustness.media import Slide, write_video

LIMITS = ProcessLimits(cpu_s=60.0, wall_s=120.0, memory_bytes=2 << 30)
MODELS_OFF = (
    "--words-model", "off", "--speech-model", "off", "--picture-model", "off", "--appearance-model", "off",
    "--no-screen-text",
)  # fmt: skip
NOBODY = 65_534
_COMMAND = "from playhead.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command of the product did.

    Args:
        lines: of its standard output.
        end: how it ended.
    """

    lines: list[str]
    end: ChildEnd

    @property
    def exit_code(self) -> int:
        """Of the process."""
        return self.end.exit_code

    @property
    def text(self) -> str:
        """Standard output and standard error."""
        return "\n".join([*self.lines, self.end.stderr])

    @property
    def is_orderly(self) -> bool:
        """It ended by itself, with exit code 0, 1 or 2 and without a traceback."""
        return self.exit_code in (0, 1, 2) and not self.end.has_traceback

    @property
    def records(self) -> list[dict[str, Any]]:
        """The JSON objects among the lines."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    @property
    def outcome(self) -> str:
        """How it ended and the line that says most, in one line."""
        lines = [line.strip(" │╭╮╰╯─") for line in self.lines if line.strip(" │╭╮╰╯─")]
        failed = [f"failed: {record['error']}" for record in self.records if record.get("error")]
        line = next(iter(failed or (lines if self.exit_code == 0 else [])), "") or self.end.last_line
        line = line or next(iter(lines), "(no output)")
        ending = f"exit {self.exit_code}" if self.is_orderly else self.end.reason
        return f"{ending}: {_printable(line)[:200]}"


@dataclass(frozen=True, slots=True)
class Room:
    """A folder for one case, and what the run was started with.

    Args:
        folder: empty at the beginning.
        cases: the folder of the small inputs.
        speech_model: folder of a faster-whisper model; None where there is none.
    """

    folder: Path
    cases: Path
    speech_model: Path | None = None

    @property
    def library(self) -> Path:
        """Where the library of the case is."""
        return self.folder / "library"

    def take(self, name: str, new_name: str | None = None, folder: str = "in") -> Path:
        """Copies an input into a folder of the room."""
        target = self.folder / folder / (new_name or name)
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(self.cases / name, target))

    def video(self, name: str, *cues: tuple[float, float, str], length_s: float = 8.0) -> Path:
        """Writes a video of some seconds with a subtitle track into the room."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_video(path, [Slide("", length_s)], None, cues)

    def run(
        self,
        *arguments: str | Path,
        library: Path | None = None,
        environment: Mapping[str, str] | None = None,
        limits: ProcessLimits = LIMITS,
    ) -> Ran:
        """Runs a command of the product on the room's library."""
        command = [sys.executable, "-c", _COMMAND, *map(str, arguments)]
        command += ["--library", str(library or self.library)]
        child = LimitedChild(command, limits, environment or {}, self.folder)
        lines, end = child.run()
        return Ran(lines, end)

    def index(self, *arguments: str | Path) -> Ran:
        """Indexes by words of subtitles alone, with JSON output."""
        return self.run("index", *arguments, *MODELS_OFF, "--json")

    def in_namespace(self, script: str) -> Ran:
        """Runs a shell script in a mount namespace of its own; behind `SHELL_PRODUCT`, `P` is the product."""
        variables = {"P_PYTHON": sys.executable, "P_CODE": _COMMAND}
        lines, end = LimitedChild(
            ["unshare", "-m", "bash", "-c", script], LIMITS, variables, self.folder
        ).run()
        return Ran(lines, end)


SHELL_PRODUCT = (
    'P() { "$P_PYTHON" -c "$P_CODE" "$@" >out.txt 2>err.txt; c=$?; t=$(grep -c "^Traceback" err.txt); '
    'echo "$c/$t $1: $(tail -n 1 err.txt)"; }\n'
)
"""A shell function that runs the product; prints `EXIT/TRACEBACKS COMMAND: last line of standard error`."""


@cache
def can_mount() -> bool:
    """Whether this process may make a mount namespace and mount in it."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        ["unshare", "-m", "bash", "-c", "mount -t tmpfs none /mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


def as_nobody(script: str) -> str:
    """A script for a mount namespace in which another script runs as a user without any rights.

    Where the interpreter lies in a folder that only its owner may enter, that folder is replaced, in this
    namespace alone, by one that holds nothing but the interpreter.
    """
    home = _closed_ancestor(Path(sys.base_prefix))
    lines = []
    if home is not None:
        inside = home / Path(sys.base_prefix).relative_to(home).parts[0]
        lines = [
            "stash=$(mktemp -d)", f"mount --bind {inside} $stash", f"mount -t tmpfs -o mode=755 none {home}",
            f"mkdir {inside}", f"mount --bind $stash {inside}",
        ]  # fmt: skip
    quoted = script.replace("'", "'\\''")
    lines.append(f"exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups bash -c '{quoted}'")
    return "\n".join(lines)


def _closed_ancestor(path: Path) -> Path | None:
    closed = [folder for folder in path.parents if not folder.stat().st_mode & 0o001]
    return closed[-1] if closed else None


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)

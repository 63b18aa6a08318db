"""A child process that is watched line by line and killed when one item takes too long or too much memory."""

import os
import queue
import re
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

POLL_S = 0.02
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ADDRESS_SPACE_FACTOR = 8
"""Address space is not memory: libraries map much more than they use. The limit on it is only a backstop."""
_MAX_TEXT = 20_000
_EXCEPTION_LINE = re.compile(r"(?!Traceback)[A-Za-z_][\w.]*(?:: |$)")


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """The most that one item may use; an item ends with the line that the child prints for it.

    Args:
        cpu_s: processor seconds.
        wall_s: seconds by the clock: what waits for ever uses no processor.
        memory_bytes: resident memory of the child.
    """

    cpu_s: float
    wall_s: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """How a child ended.

    Args:
        exit_code: minus the number of the signal that ended it; of this harness's kill too.
        exceeded: `cpu`, `wall` or `memory` when it was killed for that; "" when it ended by itself.
        stderr: the end of what it wrote there.
        peak_bytes: the most resident memory that was seen.
    """

    exit_code: int
    exceeded: str
    stderr: str
    peak_bytes: int

    @property
    def has_traceback(self) -> bool:
        """Whether the child ended with an exception that nobody caught."""
        return "Traceback (most recent call last)" in self.stderr

    @property
    def reason(self) -> str:
        """How it ended, in a few words."""
        if self.exceeded:
            return {"cpu": "time-out", "wall": "time-out", "memory": "over memory"}[self.exceeded]
        if self.exit_code < 0:
            return f"signal {signal.Signals(-self.exit_code).name}"
        return "traceback" if self.has_traceback else f"exit {self.exit_code}"

    @property
    def last_line(self) -> str:
        """The last line that is not blank; of a traceback the exception."""
        if self.has_traceback:
            named = [line for line in self.stderr.splitlines() if _EXCEPTION_LINE.match(line)]
            return named[-1] if named else ""
        return next((line for line in reversed(self.stderr.splitlines()) if line.strip()), "")


@dataclass(slots=True)
class LimitedChild:
    """Runs a command; iterating gives its lines, and `end` is there when they are over.

    Args:
        command: the program and its arguments.
        limits: for each item, which begins behind the line of the one before it.
        environment: additional variables.
        folder: in which it runs; this process's when None.
    """

    command: Sequence[str]
    limits: ProcessLimits
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    end: ChildEnd | None = field(init=False, default=None)
    _began_cpu_s: float = field(init=False, default=0.0)
    _began_s: float = field(init=False, default=0.0)
    _exceeded: str = field(init=False, default="")
    _peak_bytes: int = field(init=False, default=0)

    def __iter__(self) -> Iterator[str]:
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | dict(self.environment),
                cwd=self.folder,
                start_new_session=True,
            )
            address_space = self.limits.memory_bytes * _ADDRESS_SPACE_FACTOR
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (address_space, address_space))
                resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
            lines: queue.Queue[str | None] = queue.Queue()
            reader = threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True)
            reader.start()
            try:
                yield from self._read_lines(process, lines)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                reader.join(timeout=1.0)
            self.end = ChildEnd(process.returncode, self._exceeded, _end_of(errors), self._peak_bytes)

    def run(self) -> tuple[list[str], ChildEnd]:
        """All lines and the end."""
        lines = list(self)
        assert self.end is not None
        return lines, self.end

    def _read_lines(
        self, process: subprocess.Popen[bytes], lines: "queue.Queue[str | None]"
    ) -> Iterator[str]:
        self._began_s, self._began_cpu_s = time.monotonic(), 0.0
        while True:
            try:
                line = lines.get(timeout=POLL_S)
            except queue.Empty:
                if process.poll() is not None and lines.empty():
                    return
                self._check(process)
                continue
            if line is None:
                self._wait_for_end(process)
                return
            yield line
            self._began_s, self._began_cpu_s = time.monotonic(), cpu_seconds(process.pid)

    def _wait_for_end(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            time.sleep(POLL_S)
            self._check(process)

    def _check(self, process: subprocess.Popen[bytes]) -> None:
        memory = resident_bytes(process.pid)
        self._peak_bytes = max(self._peak_bytes, memory)
        if memory > self.limits.memory_bytes:
            exceeded = "memory"
        elif cpu_seconds(process.pid) - self._began_cpu_s > self.limits.cpu_s:
            exceeded = "cpu"
        elif time.monotonic() - self._began_s > self.limits.wall_s:
            exceeded = "wall"
        else:
            return
        if process.poll() is None:
            self._exceeded = self._exceeded or exceeded
            process.kill()


def cpu_seconds(pid: int) -> float:
    """Processor seconds that a process has used, all its threads together; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 for one that is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _read_lines(pipe: IO[bytes], lines: "queue.Queue[str | None]") -> None:
    for line in pipe:
        lines.put(line.decode("utf-8", "replace").rstrip("\n"))
    lines.put(None)


def _end_of(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MAX_TEXT))
    return file.read().decode("utf-8", "replace")

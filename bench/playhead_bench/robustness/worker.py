"""Processes that run commands of the product with models already loaded, so that they can be killed at work.

A server process imports the heavy libraries once and forks a worker on request. Only after the
fork does a worker load models (thread pools and SQLite connections must not cross a fork): it runs the given
warm-up commands and then says that it is ready. It executes one command line after the other through the
product's own `main`, until it is killed or its connection ends.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import IO, Any

READY_TIMEOUT_S = 300.0
TRACEBACK_EXIT = 70
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_REAP_S = 0.05


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended.

    Args:
        killed: this harness killed it before it ended.
        exit_code: as the shell would say it; minus the number of a signal; None when it was killed here.
        seconds: from the moment at which it was started.
        output: the end of what it wrote to standard output and standard error.
    """

    killed: bool
    exit_code: int | None
    seconds: float
    output: str = ""

    @property
    def has_traceback(self) -> bool:
        """Whether the command ended with an exception that nobody caught."""
        return "Traceback (most recent call last)" in self.output


class Worker:
    """A process that is ready to run commands of the product.

    Args:
        connection: to it.
        pid: of it.
        folder: for the files into which it writes what its commands print.
        exit_code: gives the exit code of an ended worker by its pid.
    """

    def __init__(
        self, connection: Connection, pid: int, folder: Path, exit_code: Callable[[int], int | None]
    ) -> None:
        self.pid = pid
        self.is_alive = True
        self._connection, self._folder, self._exit_code = connection, folder, exit_code
        self._pidfd = os.pidfd_open(pid)
        self._commands = 0

    def run(
        self,
        arguments: Sequence[str],
        kill_after_s: float | None = None,
        *,
        armed_by: Callable[[], object] | None = None,
        timeout_s: float = 600.0,
    ) -> CommandEnd:
        """Runs one command of the product; kills the process `kill_after_s` seconds after its start.

        Args:
            arguments: of the `playhead` command.
            kill_after_s: None lets the command end.
            armed_by: the seconds begin when what this gives changes, instead of at the start.
            timeout_s: after this many seconds an undisturbed command is killed too.

        Raises:
            TimeoutError: the command did not end within `timeout_s`.
        """
        self._commands += 1
        output = self._folder / f"{self.pid}-{self._commands}.txt"
        before = None if armed_by is None else armed_by()
        self._connection.send((list(arguments), str(output)))
        began = time.perf_counter()
        limit_s = timeout_s if kill_after_s is None else kill_after_s
        if armed_by is not None:
            while armed_by() == before and not self._connection.poll(0):
                if time.perf_counter() - began > timeout_s:
                    break
            limit_s += time.perf_counter() - began
        reply = None
        if self._connection.poll(max(0.0, began + limit_s - time.perf_counter())):
            with suppress(EOFError, ConnectionResetError):
                reply = self._connection.recv()
        seconds = time.perf_counter() - began
        if reply is not None:
            return CommandEnd(False, int(reply), seconds, _tail(output))
        if seconds < limit_s:  # the connection ended: the process died by itself
            self._wait()
            return CommandEnd(False, self._exit_code(self.pid), seconds, _tail(output))
        self.kill()
        if kill_after_s is None:
            raise TimeoutError(f"playhead {' '.join(arguments)} did not end within {timeout_s:g} s")
        return CommandEnd(True, None, seconds, _tail(output))

    def kill(self) -> None:
        """Kills the process (SIGKILL) and returns when it is gone."""
        if self.is_alive:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._wait()

    def _wait(self) -> None:
        select.select([self._pidfd], [], [])  # readable when the process has ended
        os.close(self._pidfd)
        self._connection.close()
        self.is_alive = False


@dataclass(slots=True)
class WorkerServer:
    """Makes workers; a context manager that ends all of them.

    Args:
        warm_up: command lines that each worker runs before it is ready; `{scratch}` in an argument stands
            for a folder of its own, deleted afterwards.
        spare: workers that wait for a request.
    """

    warm_up: Sequence[Sequence[str]]
    spare: int = 2
    _folder: Path = field(init=False)
    _listener: Listener = field(init=False)
    _process: subprocess.Popen[str] = field(init=False)
    _exit_codes: dict[int, int] = field(init=False, default_factory=dict)
    _coming: int = field(init=False, default=0)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __enter__(self) -> "WorkerServer":
        self._folder = Path(tempfile.mkdtemp(prefix="playhead-workers-"))
        address = str(self._folder / "socket")
        self._listener = Listener(address, "AF_UNIX", backlog=16)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, address, json.dumps([list(line) for line in self.warm_up])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | dict.fromkeys(_THREADS, "1"),
        )
        threading.Thread(target=self._read_exit_codes, daemon=True).start()
        for _ in range(self.spare):
            self._order()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait()
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def take(self) -> Worker:
        """A ready worker; another one is begun in its place.

        Raises:
            RuntimeError: a warm-up command failed.
        """
        with self._lock:
            self._order()
            connection = self._listener.accept()
            self._coming -= 1
            if not connection.poll(READY_TIMEOUT_S):
                raise RuntimeError(f"a worker was not ready after {READY_TIMEOUT_S:g} s")
            try:
                pid, problem = connection.recv()
            except EOFError as error:
                raise RuntimeError("a worker died in its warm-up commands") from error
            if problem:
                raise RuntimeError(f"a warm-up command failed:\n{problem}")
            return Worker(connection, pid, self._folder, self._exit_code)

    def _order(self) -> None:
        while self._coming < self.spare:
            print("fork", file=self._process.stdin, flush=True)
            self._coming += 1

    def _exit_code(self, pid: int) -> int | None:
        deadline = time.monotonic() + 5.0
        while pid not in self._exit_codes and time.monotonic() < deadline:
            time.sleep(_REAP_S)
        return self._exit_codes.get(pid)

    def _read_exit_codes(self) -> None:
        for line in self._process.stdout or ():
            pid, code = line.split()
            self._exit_codes[int(pid)] = int(code)


def serve(
    address: str, warm_up: Sequence[Sequence[str]], orders: IO[str], preload: Callable[[], Any]
) -> None:
    """Forks a worker for each line of `orders`; kills those that are left when it ends."""
    preload()
    running: set[int] = set()
    while True:
        readable, _, _ = select.select([orders], [], [], _REAP_S)
        if readable:
            if not os.read(orders.fileno(), len("fork\n")):
                break
            pid = os.fork()
            if pid == 0:
                _work(address, warm_up)
            running.add(pid)
        for pid in sorted(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.discard(pid)
                print(pid, os.waitstatus_to_exitcode(status), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def preload_libraries() -> None:
    """Imports what the product's commands import when they load models, and starts nothing."""
    from playhead_index.embed import runtime

    runtime.torch().set_num_threads(1)
    runtime.open_clip()
    library: Any = runtime.transformers()
    for name in ("AutoModelForImageTextToText", "AutoProcessor", "AutoTokenizer", "BertModel", "Dinov2Model"):
        getattr(library, name)
    import cv2
    import faiss
    import rapidocr

    import playhead.cli
    import playhead.library

    assert all((cv2, faiss, rapidocr, playhead.cli, playhead.library))
    with suppress(ImportError):
        import faster_whisper  # noqa: F401


def _work(address: str, warm_up: Sequence[Sequence[str]]) -> None:
    """The life of a worker; it never returns."""
    try:
        connection = Client(address, "AF_UNIX")
        with tempfile.TemporaryDirectory(prefix="playhead-scratch-") as scratch:
            output = Path(scratch) / "output.txt"
            problem = ""
            for line in warm_up:
                code = _execute([part.replace("{scratch}", scratch) for part in line], str(output))
                problem = problem or (_tail(output) if code else "")
        connection.send((os.getpid(), problem))
        while True:
            arguments, file = connection.recv()
            connection.send(_execute(arguments, file))
    except (EOFError, OSError):  # the harness has ended
        os._exit(0)
    finally:
        os._exit(TRACEBACK_EXIT)


def _execute(arguments: Sequence[str], output: str) -> int:
    """Runs the product's command line in this process, both outputs into a file; the exit code."""
    from playhead.cli import main

    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    sys.argv = ["playhead", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001 - what the product raises is what is measured
        traceback.print_exc()
        return TRACEBACK_EXIT
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _tail(path: Path, max_chars: int = 4000) -> str:
    return path.read_text(errors="replace")[-max_chars:] if path.exists() else ""


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]), sys.stdin, preload_libraries)

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from playhead_index.errors import LibraryUnfinished
from playhead_index.executor import InProcess, LocalProcesses


def double(number: int) -> int:
    return number * 2


def fail(number: int) -> int:
    raise LibraryUnfinished(f"number {number}")


def test_in_process_work_comes_in_order() -> None:
    assert list(InProcess().run(double, [1, 2, 3])) == [2, 4, 6]


def test_local_processes_do_all_the_work() -> None:
    assert sorted(LocalProcesses(2).run(abs, [-1, -2, -3])) == [1, 2, 3]


def test_what_the_work_raises_comes_out() -> None:
    with pytest.raises(LibraryUnfinished, match="number 1"):
        list(InProcess().run(fail, [1]))


def test_a_killed_worker_says_how_to_resume() -> None:
    with pytest.raises(LibraryUnfinished, match="run the same command to resume"):
        list(LocalProcesses(1).run(os._exit, [9]))


def die_of_nine(number: int) -> int:
    if number == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_an_item_that_kills_its_process_is_lost_and_the_rest_go_on(workers: int) -> None:
    results = LocalProcesses(workers).run(die_of_nine, [1, 2, 9, 3, 9, 4], on_killed=lambda number: -number)
    assert sorted(results) == [-9, -9, 1, 2, 3, 4]


def test_no_workers_are_refused() -> None:
    with pytest.raises(ValueError, match="workers must be above 0"):
        LocalProcesses(0)


ORPHANS = """
import os, sys, time
from playhead_index.executor import LocalProcesses
if __name__ == "__main__":
    print(os.getpid(), flush=True)
    list(LocalProcesses(1).run(time.sleep, [60]))
"""


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS)
    parent = subprocess.Popen(
        [sys.executable, script], env=os.environ | {"PYTHONPATH": ":".join(sys.path)}, stdout=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while len(workers := children(parent.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [worker for worker in workers if alive(worker)] == []

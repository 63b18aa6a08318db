import subprocess
import sys
import time
from pathlib import Path

import pytest

from playhead_index.errors import LibraryLocked
from playhead_index.store.lock import writing

HOLD = """
import sys, time
from pathlib import Path
from playhead_index.store.lock import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_gets_the_name_of_the_first(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(LibraryLocked, match=f"process {holder.pid} is writing"), writing(tmp_path):
        pass
    holder.kill()


def test_a_killed_writer_frees_the_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with writing(tmp_path, wait_s=5.0):
        assert (tmp_path / "writer.json").exists()


def test_waiting_for_a_writer_ends(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    began = time.monotonic()
    with pytest.raises(LibraryLocked), writing(tmp_path, wait_s=0.3):
        pass
    assert time.monotonic() - began >= 0.3
    holder.kill()

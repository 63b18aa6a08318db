"""The README's session is run: every command in it, in order, and what it prints."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
NUMBER = re.compile(r"v[0-9a-f]{20}|v[0-9a-f]{8}\b|\d+(?:\.\d+)? s\b")


def commands() -> list[tuple[str, str]]:
    """(command, what the README says it prints) of every console block."""
    found: list[tuple[str, str]] = []
    for block in SESSION.findall((ROOT / "README.md").read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


def plain(printed: str) -> list[str]:
    """Lines without what differs from run to run: seconds, ids, and the spaces that fill a table."""
    lines = (re.sub(r"[ ─]+", " ", NUMBER.sub("#", line)).strip() for line in printed.splitlines())
    return [line for line in lines if line]


@pytest.mark.slow
def test_the_readmes_session_prints_what_it_says(tmp_path: Path) -> None:
    quiet = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1"}
    environment = os.environ | quiet | {"PYTHONPATH": ":".join(sys.path)}
    session = [pair for pair in commands() if pair[0].startswith("playhead ")]
    assert len(session) >= 5
    make = "from playhead_bench.demo import make_videos; make_videos('talks')"
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, env=environment, check=True)
    for command, printed in session:
        arguments = shlex.split(command)[1:]
        run = [sys.executable, "-c", "from playhead.cli import main; main()", *arguments]
        done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert plain(done.stdout) == plain(printed), command + "\n" + done.stdout + done.stderr

"""Commands in a pseudo-terminal of 80 columns: what a person sees there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.made_videos import colours

COLUMNS = 80
_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
Lines = Callable[..., list[str]]


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """The lines that a command leaves on a terminal, without styles."""

    def run(*arguments: str) -> list[str]:
        import pty

        read, write = pty.openpty()
        variables = {"COLUMNS": str(COLUMNS), "TERM": "xterm", "HF_HUB_OFFLINE": "1", "NO_COLOR": ""}
        environment = os.environ | variables | {"PYTHONPATH": ":".join(sys.path)}
        command = [sys.executable, "-c", "from playhead.cli import main; main()", *arguments]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdin=write, stdout=write, stderr=write
        )
        os.close(write)
        output = bytearray()
        while piece := _read(read):
            output += piece
        os.close(read)
        process.wait()
        text = output.decode().replace("\r\n", "\n")
        erased = [line.rpartition("\x1b[2K")[2].rpartition("\r")[2] for line in text.split("\n")]
        return [_STYLE.sub("", line) for line in erased]

    return run


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the last writer has closed its end
        return b""


@pytest.mark.slow
def test_a_report_is_not_printed_into_a_progress_bar_and_names_are_whole(
    lines: Lines, tmp_path: Path
) -> None:
    name = "a-recording-of-the-lecture-on-monday-afternoon-in-the-large-hall-part-one.mp4"
    colours(tmp_path / name, [((200, 30, 30), 5.0)], subtitles=[(1.0, 3.0, "Bayes is here.")])
    off = ("--no-screen-text", "--words-model", "off", "--speech-model", "off")
    indexed = [line for line in lines("index", name, *off) if "indexed" in line]
    assert len(indexed) == 1
    assert indexed[0].startswith(f"indexed {name}  1 segment in ")
    assert name in lines("list")
    found = lines("search", "bayes")
    assert f"1  0:01–0:03  {name}" in found
    answered = lines("ask", "when is Bayes mentioned?")
    assert sum(name[:40] in line for line in answered) == 1
    assert max(map(len, answered)) <= COLUMNS

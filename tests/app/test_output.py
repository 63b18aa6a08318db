"""Streams that cannot write everything, and JSON lines that a terminal must not obey."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playhead import json_records

ROOT = Path(__file__).resolve().parents[2]
PRINT = """
import sys
from playhead.output import SafeConsole, prepare_streams
from playhead import json_records
prepare_streams()
if "json" in sys.argv:
    print(json_records.line({"text": "0:04–0:07 “Łódź” \\x9b \\udcff"}))
else:
    SafeConsole().print("0:04–0:07 “Łódź” … \\udcff")
"""


def printed(encoding: str, *arguments: str) -> bytes:
    folders = [str(ROOT / name) for name in ("index", "tools", "agent", "app")]
    environment = {**os.environ, "PYTHONPATH": ":".join([*folders, *sys.path]), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", PRINT, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("ascii", b'0:04-0:07 "??d?" ... ?\n'),
        ("latin-1", b'0:04-0:07 "?\xf3d?" ... ?\n'),
        ("ascii:strict", b'0:04-0:07 "??d?" ... ?\n'),
        ("utf-8", "0:04–0:07 “Łódź” … \ufffd\n".encode()),
    ],
)
def test_what_an_encoding_cannot_write_is_replaced(encoding: str, line: bytes) -> None:
    assert printed(encoding) == line


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_lines_read_back_as_they_were_in_any_encoding(encoding: str) -> None:
    line = printed(encoding, "json")
    assert json.loads(line.decode(encoding)) == {"text": "0:04–0:07 “Łódź” \x9b \udcff"}


def test_json_lines_hold_no_control_character() -> None:
    record = {"text": "\x1b[31m \x9b2J \x7f \u2028 \u202e \udcff"}
    line = json_records.line(record)
    assert line.isprintable()
    assert json.loads(line) == record


def test_a_pipe_that_is_closed_early_is_quiet() -> None:
    folders = [str(ROOT / name) for name in ("index", "tools", "agent", "app")]
    environment = {**os.environ, "PYTHONPATH": ":".join([*folders, *sys.path])}
    code = "import sys; sys.argv = ['playhead', '--help']; from playhead.cli import main; main()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
def test_output_to_a_full_disk_is_one_line() -> None:
    folders = [str(ROOT / name) for name in ("index", "tools", "agent", "app")]
    environment = {**os.environ, "PYTHONPATH": ":".join([*folders, *sys.path])}
    code = "import sys; sys.argv = ['playhead', 'list', '--help']; from playhead.cli import main; main()"
    command = [sys.executable, "-c", code]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"error: nothing more can be written (No space left on device); free space\n"

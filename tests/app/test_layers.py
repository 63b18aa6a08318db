"""The layer contract and the commands' page are kept by tests."""

import subprocess
import sys
from pathlib import Path

from playhead import docs

ROOT = Path(__file__).resolve().parents[2]


def test_arrows_run_one_way() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    folders = [str(ROOT / name) for name in ("index", "tools", "agent", "app", "bench")]
    environment = {"PYTHONPATH": ":".join([*folders, *sys.path])}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_commands_is_what_the_commands_say(monkeypatch: object) -> None:
    assert (ROOT / docs.PAGE).read_text() == docs.page(), "run: make docs"

"""Writes the commands' own help into `docs/cli.md`: `python -m playhead.docs`."""

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = (
    "index", "search", "ask", "list", "show", "remove", "relink", "clock", "verify", "gc", "doctor",
    "prepare", "setup", "demo",
)  # fmt: skip
PAGE = Path("docs/cli.md")
HEAD = "# Commands\n\nWritten by `make docs` from `playhead --help`; a test fails when the two part ways.\n"


def page() -> str:
    """The text of `docs/cli.md` as the commands describe themselves now."""
    parts = [HEAD]
    for arguments in ([], *([name] for name in COMMANDS)):
        title = " ".join(["playhead", *arguments])
        parts.append(f"\n## {title}\n\n```text\n{_help(arguments)}\n```\n")
    return "".join(parts)


def _help(arguments: list[str]) -> str:
    environment = os.environ | {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    command = [sys.executable, "-c", "from playhead.cli import main; main()", *arguments, "--help"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    lines = [line.rstrip() for line in shown.replace("Usage: -c", "Usage: playhead").strip().splitlines()]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())

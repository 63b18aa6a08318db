"""Writes the reference pages `docs/cli.md` and `docs/python-api.md`: `python -m playhead.docs`."""

from pathlib import Path

from playhead.api_page import api_page
from playhead.cli import add_plugins, app
from playhead.command_line import PROGRAM, commands_of, help_text

PAGE = Path("docs/cli.md")
API_PAGE = Path("docs/python-api.md")
HEAD = "# Commands\n\nWritten by `make docs` from `playhead --help`; a test fails when the two differ.\n"


def page() -> str:
    """The text of `docs/cli.md` as the commands describe themselves now, those of installed plugins too."""
    add_plugins()
    parts = [HEAD]
    for name in ("", *commands_of(app)):
        title = f"{PROGRAM} {name}".strip()
        lines = [line.rstrip() for line in help_text(app, name).strip().splitlines()]
        parts.append("\n## {}\n\n```text\n{}\n```\n".format(title, "\n".join(lines)))
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
    API_PAGE.write_text(api_page())

"""The streams that the commands write to: what cannot be written there, and what a terminal must not obey."""

import codecs
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from playhead_index.clean_text import printable_text

REPLACE = "playhead.replace"
"""Name of the error handler of text streams that writes something else for what an encoding does not have."""
_ASCII = {
    "–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "·": "*", "•": "*", "→": "->", "✓": "+", "×": "x",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "\u00a0": " ",
}  # fmt: skip


def prepare_streams() -> None:
    """Makes standard output and error replace what their encoding cannot write instead of failing.

    In Unicode encodings only lone surrogates, which stand for the bytes of a file name that is not UTF-8,
    cannot be written; in ASCII or Latin-1 also dashes, quotation marks, and the letters of most languages.
    """
    codecs.register_error(REPLACE, _replacement)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=REPLACE)


def write_line(text: str) -> None:
    """Writes a line of a command's result to standard output at once, so that a reader of a pipe has it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def drop_output() -> None:
    """Gives up what is still to be written to standard output, so that the exit does not fail too."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def writes_unicode() -> bool:
    """Whether standard output can write every character."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return encoding.lower().replace("_", "-").startswith("utf")


def _replacement(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    failed = error.object[error.start : error.end]
    return "".join(_ASCII.get(character, "?") for character in failed), error.end


class SafeConsole(Console):
    """A Rich console that sends no control character of the text that it is given to the terminal.

    Colours and cursor movements come from styles and controls of Rich alone. `:names:` of emoji stay as they
    are.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(emoji=False, **settings)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable, their text cleaned."""
        for segment in super().render(renderable, options):
            if segment.control is None and not segment.text.isprintable():
                yield Segment(printable_text(segment.text), segment.style)
            else:
                yield segment

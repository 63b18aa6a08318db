"""The subtitle files of LongVideoBench."""

from pathlib import Path

from playhead_bench.evaluate.formats.fields import first, text_of
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.records import BadRow
from playhead_bench.evaluate.formats.row_files import read_rows
from playhead_index.window import Window


def subtitle_lines(
    path: Path, starting_s: float = 0.0, duration_s: float | None = None
) -> tuple[tuple[tuple[Window, str], ...], tuple[BadRow, ...]]:
    """The lines of a LongVideoBench subtitle file on the clip's own clock, and those that do not fit.

    Args:
        path: JSON rows of `timestamp` and `text`, or of `start`, `end` and `line`.
        starting_s: of the clip in the video that was subtitled (`starting_timestamp_for_subtitles`).
        duration_s: of the clip; lines that lie outside it are left out, those across its ends cut.

    Raises:
        FormatUnreadable: it is not that format.
    """
    lines: list[tuple[Window, str]] = []
    bad: list[BadRow] = []
    clip = Window(starting_s, starting_s + (duration_s or 1e9))
    for found in read_rows(path):
        if isinstance(found, BadRow):
            bad.append(found)
            continue
        try:
            text = text_of(first(found.row, ("text", "line")))
            (window,), _ = windows_of(found.row.get("timestamp", found.row))
        except ValueError as error:  # InvalidRow, or not one window but several
            bad.append(BadRow(found.where, str(error)))
            continue
        if (inside := window.clamped(clip)) is not None:
            lines.append((inside.shifted(-starting_s), text))
    return tuple(lines), tuple(bad)

"""`read`: the words of a stretch, with speakers, captions and screen text."""

from typing import Literal

from playhead_index.search.results import Lane
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.retrieval import reading_coverage
from playhead_tools.toolbox.arguments import place_of
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.rows import clock, video_blocks, word_rows

TextKind = Literal["speech", "screen", "caption"]
ALL_KINDS: tuple[TextKind, ...] = ("speech", "screen", "caption")
AROUND_S = 15.0
ROW_OVERHEAD_CHARS, NOTES_CHARS = 60, 400
"""Of a row its id, place and kind; of a result its notes."""


def read(
    context: ToolContext,
    video: str = "",
    range: str = "",
    kinds: list[TextKind] = [],  # noqa: B006 - never changed; the default of a schema
) -> Record:
    """All words of a stretch in time order: speech with speakers, screen text, captions. Exact and free.

    Args:
        video: number or name; needed when there are several.
        range: like 12:30-12:41, or an id like E3; all when empty.
        kinds: all when empty.
    """
    notes: list[str] = []
    video_id, window = place_of(context, range, [video], notes, AROUND_S)
    wanted = tuple(kinds) or ALL_KINDS
    blocks = blocks_of(context, video_id, window, wanted)
    lanes: list[Lane] = list(wanted)
    coverage = reading_coverage(context.catalog, [(video_id, window)], lanes)
    context.coverage.append(coverage)
    notes += [f"{line.lane}: {line.why_not or 'none here'}" for line in coverage.lanes if not line.items]
    given = _fitting(context, blocks)
    read_s = window
    if len(given) < len(blocks):
        until = blocks[len(given)][0].words.window.start_s
        notes.append(f"{len(blocks)} rows lie in {clock(window)}; read on from {format_time(until)}")
        read_s = Window(window.start_s, max(until, window.start_s + 1e-3))
    if not blocks:
        notes.append("nothing is said, written or captioned there")
    return result(word_rows(context, given), notes, read=clock(read_s))


def blocks_of(
    context: ToolContext, video_id: str, window: Window, kinds: tuple[TextKind, ...] = ALL_KINDS
) -> list[list[SpanRow]]:
    """The rows of words of a video that lie in a window, in time order."""
    blocks = [block for block in video_blocks(context, video_id) if block[0].words.kind in kinds]
    return [block for block in blocks if any(span.words.window.overlap_s(window) > 0 for span in block)]


def _fitting(context: ToolContext, blocks: list[list[SpanRow]]) -> list[list[SpanRow]]:
    """The first blocks that fit a result, at least one."""
    room, given = context.limits.max_text_chars - NOTES_CHARS, list[list[SpanRow]]()
    for block in blocks[: context.limits.max_rows]:
        chars = sum(len(span.words.text) + 1 for span in block)
        room -= min(chars, context.limits.max_row_chars) + ROW_OVERHEAD_CHARS
        if room < 0 and given:
            break
        given.append(block)
    return given

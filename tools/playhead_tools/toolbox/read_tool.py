"""`read`: the words of a stretch, with speakers, captions and screen text."""

from typing import Literal

from playhead_index.search.results import Lane
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.retrieval import reading_coverage
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.toolbox.arguments import resolve_range
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.result_rows import clock, video_blocks, word_rows

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
    video_id, window = resolve_range(context, range, [video], notes, AROUND_S)
    text_kinds = tuple(kinds) or ALL_KINDS
    blocks = blocks_of(context, video_id, window, text_kinds)
    lanes: list[Lane] = list(text_kinds)
    coverage = reading_coverage(context.catalog, [(video_id, window)], lanes)
    context.coverage.append(coverage)
    notes += [f"{line.lane}: {line.why_not or 'none here'}" for line in coverage.lanes if not line.items]
    fitting_blocks = _fit_blocks(context, blocks)
    read_window = window
    if len(fitting_blocks) < len(blocks):
        until = blocks[len(fitting_blocks)][0].words.window.start_s
        notes.append(f"{len(blocks)} rows lie in {clock(window)}; read on from {format_time(until)}")
        read_window = Window(window.start_s, max(until, window.start_s + EPSILON_S))
    if not blocks:
        notes.append("nothing is said, written or captioned there")
    return result(word_rows(context, fitting_blocks), notes, read=clock(read_window))


def blocks_of(
    context: ToolContext, video_id: str, window: Window, kinds: tuple[TextKind, ...] = ALL_KINDS
) -> list[list[SpanRow]]:
    """The rows of words of a video that lie in a window, in time order."""
    blocks = [block for block in video_blocks(context, video_id) if block[0].words.kind in kinds]
    return [block for block in blocks if any(span.words.window.overlap_s(window) > 0 for span in block)]


def _fit_blocks(context: ToolContext, blocks: list[list[SpanRow]]) -> list[list[SpanRow]]:
    """The first blocks that fit a result, at least one."""
    room, fitting_blocks = context.limits.max_text_chars - NOTES_CHARS, list[list[SpanRow]]()
    for block in blocks[: context.limits.max_rows]:
        chars = sum(len(span.words.text) + 1 for span in block)
        room -= min(chars, context.limits.max_row_chars) + ROW_OVERHEAD_CHARS
        if room < 0 and fitting_blocks:
            break
        fitting_blocks.append(block)
    return fitting_blocks

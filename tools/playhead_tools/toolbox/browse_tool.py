"""`browse`: a question answered from all words of a scope, part by part, with citations (map and reduce)."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playhead_index.errors import AgentStopped, ModelError, ToolError
from playhead_index.search.results import Lane
from playhead_index.store.catalog import SpanRow
from playhead_index.store.transcript import read_units
from playhead_index.window import Window
from playhead_tools.retrieval import reading_coverage
from playhead_tools.temporal import Scan
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.toolbox.arguments import resolve_windows
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.protocols import CitedSentence, Passage, Reader
from playhead_tools.toolbox.read_tool import ALL_KINDS, blocks_of
from playhead_tools.toolbox.result_rows import block_text, clock, word_rows

MAX_QUESTION_CHARS = 600
MAX_SENTENCES, MAX_SENTENCE_CHARS = 24, 500
MAX_CITED = 6
_BLOCK_CHARS = 40
"""Characters that the id, the times and the speaker of a block take in a prompt, beside its words."""

Block = list[SpanRow]


@dataclass(frozen=True, slots=True)
class _Part:
    """A window of a video whose words are read by one call, with its blocks in time order."""

    video_id: str
    window: Window
    blocks: tuple[Block, ...]


@dataclass(slots=True)
class _BrowseResult:
    """Sentences with the blocks that say them, the parts that were read, and why reading stopped."""

    sentences: list[tuple[str, tuple[Block, ...]]]
    parts_read: list[_Part]
    stopped: str = ""


def browse(
    context: ToolContext,
    question: str,
    videos: list[str] = [],  # noqa: B006 - never changed; the default of a schema
    range: str = "",
) -> Record:
    """Answers from all the words of whole videos, part by part: summaries, themes, comparisons of videos.

    Costs a model call a part.

    Args:
        question: stands alone.
        videos: numbers or names; all when empty.
        range: like 12:30-12:41; all when empty.
    """
    question_text = " ".join(question.split())[:MAX_QUESTION_CHARS]
    if not question_text:
        raise ToolError("browse needs a question")
    notes: list[str] = []
    windows = resolve_windows(context, videos, range, notes)
    parts = _parts(context, windows)
    if not parts:
        raise ToolError("nothing is said, written or captioned there; look at the pictures instead")
    chosen = parts[: context.limits.max_parts]
    browsed = _cached_browse(context, question_text, chosen)
    rows = [_sentence_row(context, text, blocks) for text, blocks in browsed.sentences]
    cited = list({block[0].id: block for _, blocks in browsed.sentences for block in blocks}.values())
    read_windows = {v: [one.window for one in browsed.parts_read if one.video_id == v] for v in windows}
    scan = Scan(windows, read_windows)
    lanes: list[Lane] = ["speech", "screen", "caption"]
    if browsed.parts_read:
        places = [(one.video_id, one.window) for one in browsed.parts_read]
        context.coverage.append(reading_coverage(context.catalog, places, lanes))
    if browsed.stopped:
        notes.append(
            f"reading stopped after {len(browsed.parts_read)} of {len(parts)} parts: {browsed.stopped}"
        )
    elif len(chosen) < len(parts):
        notes.append(
            f"{len(parts)} parts, the first {len(chosen)} were read; browse the rest by range or video"
        )
    if not rows:
        notes.append("nothing in what was read answers the question")
    share = f"read {scan.fraction:.0%} of the words in scope, {len(browsed.parts_read)} of {len(parts)} parts"
    return result(
        word_rows(context, cited),
        notes,
        summary=share,
        findings=rows,
        complete=scan.is_complete and not browsed.stopped,
    )


def _sentence_row(context: ToolContext, text: str, blocks: Sequence[Block]) -> Record:
    ids = [row["id"] for row in word_rows(context, blocks) if row["id"]]
    return {"text": text, "evidence_ids": ids}


# ---- parts ----


def _parts(context: ToolContext, windows: Mapping[str, Window]) -> list[_Part]:
    """The words of a scope in parts of about equal length, cut between topics where these are known."""
    parts: list[_Part] = []
    for video_id, window in windows.items():
        blocks = blocks_of(context, video_id, window, ALL_KINDS)
        if blocks:
            parts += _divide(context, video_id, window, blocks)
    return parts


def _divide(context: ToolContext, video_id: str, window: Window, blocks: Sequence[Block]) -> list[_Part]:
    """Topics, packed into parts that one call may read; a topic that is longer is cut between two rows."""
    max_chars = context.limits.max_part_chars
    starts = [unit.window.start_s for unit in read_units(context.catalog, video_id, "topic")]
    pieces = _cut_at_topics(
        blocks, [bisect_right(starts, block[0].words.window.start_s) for block in blocks], max_chars
    )
    total = sum(_chars(block) for block in blocks)
    room = total / max(1, -(-total // max_chars))
    groups: list[list[Block]] = [[]]
    used = 0
    for piece in pieces:
        size = sum(_chars(block) for block in piece)
        inside = sum(_chars(block) for block in groups[-1])
        if groups[-1] and (inside + size > max_chars or used + size / 2 > room * len(groups)):
            groups.append([])
        groups[-1] += piece
        used += size
    edges = [max(group[0][0].words.window.start_s, window.start_s) for group in groups[1:]]
    begins, ends = [window.start_s, *edges], [*edges, window.end_s]
    return [
        _Part(video_id, Window(begin_s, max(end_s, begin_s + EPSILON_S)), tuple(group))
        for begin_s, end_s, group in zip(begins, ends, groups, strict=True)
    ]


def _cut_at_topics(blocks: Sequence[Block], topics: Sequence[int], max_chars: int) -> list[list[Block]]:
    """The blocks of each topic, none longer than so many characters; single blocks without topics."""
    has_topics = len(set(topics)) > 1
    pieces: list[list[Block]] = []
    for at, block in enumerate(blocks):
        goes_on = has_topics and at > 0 and topics[at] == topics[at - 1]
        if goes_on and sum(map(_chars, pieces[-1])) + _chars(block) <= max_chars:
            pieces[-1].append(block)
        else:
            pieces.append([block])
    return pieces


def _chars(block: Block) -> int:
    return sum(len(span.words.text) + 1 for span in block) + _BLOCK_CHARS


# ---- reading ----


def _cached_browse(context: ToolContext, question: str, parts: Sequence[_Part]) -> _BrowseResult:
    """What reading gave; a call that was made before is not made again."""
    places = "|".join(f"{one.video_id} {clock(one.window)}" for one in parts)
    key = hashlib.sha256(f"{question}|{places}".encode()).hexdigest()[:16]
    blocks = {block[0].id: block for one in parts for block in one.blocks}
    if key not in context.browse_results:
        if context.is_replay:
            raise ToolError("what was read then is not kept; call browse again")
        browsed = _read(context, question, parts)
        context.browse_results[key] = {
            "sentences": [[text, [block[0].id for block in cited]] for text, cited in browsed.sentences],
            "num_read": len(browsed.parts_read),
            "stopped": browsed.stopped,
        }
    row = context.browse_results[key]
    sentences = [(text, tuple(blocks[i] for i in ids if i in blocks)) for text, ids in row["sentences"]]
    return _BrowseResult(sentences, list(parts[: row["num_read"]]), row["stopped"])


def _read(context: ToolContext, question: str, parts: Sequence[_Part]) -> _BrowseResult:
    """Reads part by part; what several parts gave is then answered from once more."""
    if context.reader is None:
        raise ToolError("browse needs a chat model; use read")
    browsed = _BrowseResult([], [])
    for part in parts:
        try:
            browsed.sentences += _read_part(
                context, context.reader, question, part, is_one_of_several=len(parts) > 1
            )
        except (AgentStopped, ModelError) as error:
            if not browsed.parts_read:
                raise ToolError(f"browse could not read: {error}; use search and read") from error
            browsed.stopped = str(error)
            break
        browsed.parts_read.append(part)
    if len(browsed.parts_read) > 1 and len(browsed.sentences) > 1 and not browsed.stopped:
        try:
            browsed.sentences = _reduce(context.reader, question, browsed.sentences)
        except (AgentStopped, ModelError) as error:
            browsed.stopped = f"the findings were not joined: {error}"
    browsed.sentences = browsed.sentences[:MAX_SENTENCES]
    return browsed


def _read_part(
    context: ToolContext, reader: Reader, question: str, part: _Part, *, is_one_of_several: bool
) -> list[tuple[str, tuple[Block, ...]]]:
    named = {f"P{at}": block for at, block in enumerate(part.blocks, start=1)}
    passages = [Passage(name, block_text(context, block)) for name, block in named.items()]
    part_question = (
        f"{question}\n(This is one part of several: give what it says to the question.)"
        if is_one_of_several
        else question
    )
    return _with_cited_blocks(
        reader.answer(part_question, passages), {name: (block,) for name, block in named.items()}
    )


def _reduce(
    reader: Reader, question: str, sentences: Sequence[tuple[str, tuple[Block, ...]]]
) -> list[tuple[str, tuple[Block, ...]]]:
    """The findings of all parts as one answer; the findings themselves where that comes to nothing."""
    named = {f"P{at}": blocks for at, (_, blocks) in enumerate(sentences, start=1)}
    passages = [
        Passage(name, f"{clock(blocks[0][0].words.window)} | finding: {text}")
        for (name, blocks), (text, _) in zip(named.items(), sentences, strict=True)
    ]
    return _with_cited_blocks(reader.answer(question, passages), named) or list(sentences)


def _with_cited_blocks(
    sentences: Sequence[CitedSentence], named: Mapping[str, tuple[Block, ...]]
) -> list[tuple[str, tuple[Block, ...]]]:
    """The sentences that cite what they were given, with the blocks behind them; the others are left out."""
    cited: list[tuple[str, tuple[Block, ...]]] = []
    for one in sentences:
        text = " ".join(one.text.split())[:MAX_SENTENCE_CHARS]
        blocks = {block[0].id: block for name in one.ids for block in named.get(name.strip("[] "), ())}
        if text and blocks:
            cited.append((text, tuple(blocks.values())[:MAX_CITED]))
    return cited

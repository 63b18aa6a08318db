"""The ledger of a run: evidence, computed numbers, scans and coverage, against which claims are checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from playhead_agent.state import Context
from playhead_tools.citations import CitationContext, texts_of
from playhead_tools.evidence import Evidence
from playhead_tools.retrieval import VideoEntry
from playhead_tools.search_extent import SegmentRef
from playhead_tools.toolbox import Toolbox
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.toolbox.find_events_tool import scan_of
from playhead_tools.verdict_rules import SearchedExtent

ScannedLane = Literal["words", "speech", "screen", "pictures", "both"]


@dataclass(frozen=True, slots=True)
class Computation:
    """A number that code computed from evidence: a count, a duration, a gap, a time in seconds.

    Args:
        value: the number; None for an order or a relation, which have none.
        evidence_ids: what it was computed from; empty where that is not known.
        is_complete: it rests on a scan of all of the scope.
        op: such as `count`, `first`, `gap`.
    """

    value: float | None
    evidence_ids: tuple[str, ...] = ()
    is_complete: bool = False
    op: str = ""


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """An exhaustive scan of the scope for something.

    Args:
        query: what was searched, in words.
        modality: in which it was searched.
        is_complete: all of the scope was scanned.
        num_found: places that match.
    """

    query: str
    modality: ScannedLane
    is_complete: bool
    num_found: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Evidence of a run and how far it searched.

    Args:
        evidence: records by id.
        extent: of the scope that was searched and viewed.
        segment_refs: the scope: (video_id, window) of each video.
        viewed: (video_id, window) of everything that was retrieved, read or viewed.
        computed: numbers that code computed.
        notes: what the person should know.
        scans: exhaustive scans.
        texts: words of records by id, where they are read already; the rest is read from the catalog.
        numbers: more numbers that claims may state, such as the times of events.
        spent: usage that the meter does not count, by the names of `Answer.cost`.
    """

    evidence: Mapping[str, Evidence]
    extent: SearchedExtent
    segment_refs: Sequence[SegmentRef] = ()
    viewed: Sequence[SegmentRef] = ()
    computed: Sequence[Computation] = ()
    notes: Sequence[str] = ()
    scans: Sequence[ScanRecord] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    numbers: Sequence[float] = ()
    spent: Mapping[str, float] = field(default_factory=dict)


NEEDS_COMPLETE_SCAN = frozenset({"count", "first", "last", "nth", "order", "longest", "shortest", "duration"})
"""Computations that are valid only where all of the scope was scanned."""


def ledger_of_toolbox(toolbox: Toolbox, context: Context, notes: Sequence[str] = ()) -> Ledger:
    """The ledger of a run that used the tools."""
    tool_context = toolbox.context
    records = tool_context.table.records
    segment_refs = list(tool_context.scope_windows().items())
    events = [event.window for event in tool_context.table.events.values()]
    return Ledger(
        dict(records),
        toolbox.extent(context.extents),
        segment_refs,
        [(record.video_id, record.window) for record in records.values()],
        _computed(tool_context),
        tuple(notes),
        _scans(tool_context),
        numbers=[t for w in events for t in (w.start_s, w.end_s, w.duration_s)],
    )


def _computed(tool_context: ToolContext) -> list[Computation]:
    found = [
        Computation(row.get("value"), tuple(row["ids"]), bool(row["complete"]), row["op"])
        for row in tool_context.computations
    ]
    known_values = {one.value for one in found}
    return found + [Computation(value) for value in tool_context.computed_values if value not in known_values]


def _scans(tool_context: ToolContext) -> list[ScanRecord]:
    scope = {video_id: [w.start_s, w.end_s] for video_id, w in tool_context.scope_windows().items()}
    return [
        ScanRecord(
            one["what"], one["where"], one["scope"] == scope and scan_of(one).is_complete, len(one["ids"])
        )
        for one in tool_context.scans
    ]


# ---- reading the ledger ----


def videos_of(ledger: Ledger, context: Context) -> dict[str, VideoEntry]:
    """The videos in scope by id."""
    return context.cache.videos(video_id for video_id, _ in ledger.segment_refs)


def texts_by_id(ledger: Ledger, context: Context, ids: Sequence[str]) -> dict[str, str]:
    """The words of some records, from the catalog where the ledger does not have them."""
    unread = [ledger.evidence[i] for i in ids if i not in ledger.texts]
    read = texts_of(context.catalog, unread, context.cache.spans_of(unread)) if unread else {}
    return {i: ledger.texts[i] if i in ledger.texts else read[i] for i in ids}


def citation_context_of(ledger: Ledger, context: Context) -> CitationContext:
    """The citation context against which code checks claims."""
    numbers = [one.value for one in ledger.computed if one.value is not None]
    return CitationContext(
        context.catalog,
        ledger.evidence,
        videos_of(ledger, context),
        ledger.viewed,
        [*numbers, *ledger.numbers],
        texts_by_id(ledger, context, tuple(ledger.evidence)),
        context.cache.spans_of(ledger.evidence.values()),
    )

"""Reading text near an anchor: what is spoken or written during, before, after or between events."""

from collections.abc import Sequence

from playhead_agent.rules.modalities import KINDS_TO_READ
from playhead_agent.rules.search_spans import add_spans
from playhead_agent.state import Context
from playhead_index.search.results import Lane, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import list_videos, read_words
from playhead_tools.search_extent import SegmentRef
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.spec import QuestionSpec, RelationKind
from playhead_tools.temporal import Event

NEAR_S = 30.0
SLACK_S = 0.25
DURING_SLACK_S = 2.0
MAX_NEAR = 3
MAX_BETWEEN = 6


def chosen_anchors(
    spec: QuestionSpec, evidence: Sequence[Evidence], max_anchors: int
) -> list[list[Evidence]]:
    """The places that a relation is followed from: one record each, or a pair for `between`.

    Supported ones go before unverified ones; an ordinal picks inside each video; else the first `max_anchors`
    in time order are taken.
    """
    if spec.relation is None:
        return []
    slots = []
    for i, anchor in enumerate(spec.relation.anchors):
        usable = best_tier([e for e in evidence if e.role == f"anchor{i}"])
        slots.append(_nth_each(usable, anchor.ordinal) if anchor.ordinal else usable)
    if spec.relation.kind != "between":
        return [[record] for record in slots[0][:max_anchors]]
    pairs = []
    for first in slots[0]:
        later = [
            e for e in slots[1] if e.video_id == first.video_id and e.window.start_s >= first.window.end_s
        ]
        pairs += [[first, later[0]]] if later else []
    return pairs[:max_anchors]


def best_tier(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The supported records, or all when none is supported, in time order."""
    supported = [e for e in evidence if e.verdict == "supported"]
    return sorted(supported or evidence, key=lambda e: (e.video_id, e.window))


def _nth_each(evidence: Sequence[Evidence], n: int) -> list[Evidence]:
    by_video: dict[str, list[Evidence]] = {}
    for record in evidence:
        by_video.setdefault(record.video_id, []).append(record)
    position = n - 1 if n > 0 else n
    return [group[position] for group in by_video.values() if len(group) >= abs(n)]


def event_of(record: Evidence) -> Event:
    """The event of one evidence record."""
    return Event(record.video_id, record.window, (record.id,))


def read_near(
    spec: QuestionSpec, anchors: Sequence[Evidence], context: Context, table: EvidenceTable
) -> tuple[list[SegmentRef], list[str]]:
    """Reads the text near one anchor and adds it to the table; the segments that were read, and notes.

    Raises:
        ValueError: the question has no relation in time.
    """
    if spec.relation is None:
        raise ValueError("a question without a relation has nothing to read next to")
    video = list_videos(context.catalog, Scope((anchors[0].video_id,)))[0]
    window = near_window(spec.relation.kind, anchors)
    part = None if window is None else window.clamped(Window(0.0, video.duration_s))
    if part is None:
        return [], []
    reading = read_words(context.catalog, video.video_id, part)
    kinds = KINDS_TO_READ[spec.wanted]
    labels = ScopeSpeakers(context.catalog, [video.video_id]).labels(spec.speakers).get(video.video_id, ())
    spoken = [span for span in reading.spans if not spec.speakers or span.words.speaker in labels]
    spans, num_more = select_spans(spoken, kinds, spec.relation.kind, anchors)
    add_spans(spans, table, tied_to=anchors[0].id)
    note = f"{num_more} more spans lie in {part} of {video.name}; the nearest are given"
    return [(video.video_id, reading.window)], [*reading.notes, *([note] if num_more else [])]


def near_window(kind: RelationKind, anchors: Sequence[Evidence]) -> Window | None:
    """Where to read; None when nothing lies there, as before something that starts at 0."""
    anchor_window = anchors[0].window
    bounds = {
        "during": (anchor_window.start_s - DURING_SLACK_S, anchor_window.end_s + DURING_SLACK_S),
        "after": (anchor_window.end_s - SLACK_S, anchor_window.end_s + NEAR_S),
        "before": (anchor_window.start_s - NEAR_S, anchor_window.start_s + SLACK_S),
        "until": (anchor_window.start_s - NEAR_S, anchor_window.start_s + SLACK_S),
        "between": (anchor_window.end_s, anchors[-1].window.start_s),
    }
    start_s, end_s = bounds[kind]
    start_s = max(0.0, start_s)
    return Window(start_s, end_s) if start_s < end_s else None


def select_spans(
    spans: Sequence[SpanRow], kinds: Sequence[Lane], relation: RelationKind, anchors: Sequence[Evidence]
) -> tuple[list[SpanRow], int]:
    """A few spans of each kind that stand in the relation to the anchors, and how many more there are.

    `during` means spans that overlap the anchor, and only where there are none, those at most 2 s away.
    Screen text that is still visible when the anchor ends counts as after it; speech must start after it.
    `before` is the mirror image.
    """
    anchor_span_ids = {span_id for anchor in anchors for span_id in anchor.span_ids}
    anchor_window = anchors[0].window
    picked: list[SpanRow] = []
    num_more = 0
    for kind in kinds:
        candidates = [s for s in spans if s.words.kind == kind and s.id not in anchor_span_ids]
        if relation == "during":
            overlapping = [s for s in candidates if s.words.window.overlap_s(anchor_window) > 0]
            candidates = overlapping or candidates
        elif relation == "after" and kind == "speech":
            candidates = [s for s in candidates if s.words.window.start_s >= anchor_window.end_s - SLACK_S]
        elif relation in ("before", "until") and kind == "speech":
            candidates = [s for s in candidates if s.words.window.end_s <= anchor_window.start_s + SLACK_S]
        max_spans = MAX_BETWEEN if relation in ("during", "between") else MAX_NEAR
        picked += candidates[-max_spans:] if relation in ("before", "until") else candidates[:max_spans]
        num_more += max(0, len(candidates) - max_spans)
    return sorted(picked, key=lambda s: (s.words.window, s.id)), num_more

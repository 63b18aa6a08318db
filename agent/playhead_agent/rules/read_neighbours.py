"""Reading next to an anchor: what is said or written while, before, after or between things in a video."""

from collections.abc import Sequence

from playhead_agent.rules.plan import KINDS_TO_READ
from playhead_agent.rules.retrieve import add_read
from playhead_agent.state import Context, SegmentRef
from playhead_index.search.results import Lane, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import list_videos, read_words
from playhead_tools.speaking import ScopeSpeakers
from playhead_tools.spec import QuestionSpec, RelationKind
from playhead_tools.temporal import Event

NEAR_S = 30.0
SLACK_S = 0.25
DURING_SLACK_S = 2.0
MOST_NEAR = 3
MOST_BETWEEN = 6


def chosen_anchors(spec: QuestionSpec, evidence: Sequence[Evidence], most: int) -> list[list[Evidence]]:
    """The places that a relation is followed from: one record each, or a pair for `between`.

    Supported ones go before unverified ones; an ordinal picks inside each video; else the first `most`
    in time order are taken.
    """
    if spec.relation is None:
        return []
    slots = []
    for i, anchor in enumerate(spec.relation.anchors):
        usable = best_tier([e for e in evidence if e.role == f"anchor{i}"])
        slots.append(_nth_each(usable, anchor.ordinal) if anchor.ordinal else usable)
    if spec.relation.kind != "between":
        return [[record] for record in slots[0][:most]]
    pairs = []
    for first in slots[0]:
        later = [
            e for e in slots[1] if e.video_id == first.video_id and e.window.start_s >= first.window.end_s
        ]
        pairs += [[first, later[0]]] if later else []
    return pairs[:most]


def best_tier(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The supported records, or all when none is supported, in time order."""
    supported = [e for e in evidence if e.verdict == "supported"]
    return sorted(supported or evidence, key=lambda e: (e.video_id, e.window))


def _nth_each(evidence: Sequence[Evidence], n: int) -> list[Evidence]:
    by_video: dict[str, list[Evidence]] = {}
    for record in evidence:
        by_video.setdefault(record.video_id, []).append(record)
    at = n - 1 if n > 0 else n
    return [group[at] for group in by_video.values() if len(group) >= abs(n)]


def event_of(record: Evidence) -> Event:
    """The event that stands on one record."""
    return Event(record.video_id, record.window, (record.id,))


def read_near(
    spec: QuestionSpec, anchors: Sequence[Evidence], context: Context, table: EvidenceTable
) -> tuple[list[SegmentRef], list[str]]:
    """Reads next to one place and puts the words into the table; the stretches that were read, notes.

    Raises:
        ValueError: the question has no relation in time.
    """
    if spec.relation is None:
        raise ValueError("a question without a relation has nothing to read next to")
    video = list_videos(context.catalog, Scope((anchors[0].video_id,)))[0]
    stretch = near_window(spec.relation.kind, anchors)
    inside = None if stretch is None else stretch.clamped(Window(0.0, video.duration_s))
    if inside is None:
        return [], []
    reading = read_words(context.catalog, video.video_id, inside)
    kinds = KINDS_TO_READ[spec.wanted]
    labels = ScopeSpeakers(context.catalog, [video.video_id]).labels(spec.speakers).get(video.video_id, ())
    said = [span for span in reading.spans if not spec.speakers or span.words.speaker in labels]
    spans, more = wanted_spans(said, kinds, spec.relation.kind, anchors)
    add_read(spans, table, tied_to=anchors[0].id)
    note = f"{more} more spans lie in {inside} of {video.name}; the nearest are given"
    return [(video.video_id, reading.window)], [*reading.notes, *([note] if more else [])]


def near_window(kind: RelationKind, anchors: Sequence[Evidence]) -> Window | None:
    """Where to read; None when nothing lies there, as before something that starts at 0."""
    here = anchors[0].window
    bounds = {
        "during": (here.start_s - DURING_SLACK_S, here.end_s + DURING_SLACK_S),
        "after": (here.end_s - SLACK_S, here.end_s + NEAR_S),
        "before": (here.start_s - NEAR_S, here.start_s + SLACK_S),
        "until": (here.start_s - NEAR_S, here.start_s + SLACK_S),
        "between": (here.end_s, anchors[-1].window.start_s),
    }
    start_s, end_s = bounds[kind]
    start_s = max(0.0, start_s)
    return Window(start_s, end_s) if start_s < end_s else None


def wanted_spans(
    spans: Sequence[SpanRow], kinds: Sequence[Lane], relation: RelationKind, anchors: Sequence[Evidence]
) -> tuple[list[SpanRow], int]:
    """Of the words that were read, a few of each kind that the relation means, and how many more there are.

    `during` means words that share time with the anchor, and only where there are none, those at most
    2 s away. Written words that are still on the screen when the anchor ends count as after it; spoken
    words must start after it. `before` is the mirror image.
    """
    own = {span_id for anchor in anchors for span_id in anchor.span_ids}
    here = anchors[0].window
    picked: list[SpanRow] = []
    more = 0
    for kind in kinds:
        lane = [s for s in spans if s.words.kind == kind and s.id not in own]
        if relation == "during":
            overlapping = [s for s in lane if s.words.window.overlap_s(here) > 0]
            lane = overlapping or lane
        elif relation == "after" and kind == "speech":
            lane = [s for s in lane if s.words.window.start_s >= here.end_s - SLACK_S]
        elif relation in ("before", "until") and kind == "speech":
            lane = [s for s in lane if s.words.window.end_s <= here.start_s + SLACK_S]
        most = MOST_BETWEEN if relation in ("during", "between") else MOST_NEAR
        picked += lane[-most:] if relation in ("before", "until") else lane[:most]
        more += max(0, len(lane) - most)
    return sorted(picked, key=lambda s: (s.words.window, s.id)), more

"""`find_events`: goes through everything in scope, all words by code and all frames by VLM calls."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from playhead_index.errors import ModelUnavailable, ToolError
from playhead_index.search.results import Lane, Query, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.store.spans import read_spans
from playhead_index.store.video_stages import read_gaps
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, listed
from playhead_tools.occurrences import count_wordings
from playhead_tools.retrieval import reading_coverage, scan_words, segments_with_frames, view_windows
from playhead_tools.search_extent import SegmentRef
from playhead_tools.temporal import Event, Scan, merge_events
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.toolbox.arguments import resolve_windows
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.observations import (
    NO_VLM_CALLS_LEFT,
    CachedObservation,
    cached_observation,
    observe,
    require_vlm,
    sum_costs,
)
from playhead_tools.toolbox.result_rows import clock, evidence_row, number, place, word_row
from playhead_tools.word_match import coverage, other_forms

VISUAL_WHERE = ("pictures", "both")
"""Values of `Where` that search the frames."""
Where = Literal["words", "speech", "screen", "pictures", "both"]
ScopeWindows = Mapping[str, Window]
KINDS: dict[Where, tuple[SpanKind, ...]] = {
    "words": ("speech", "screen", "caption"),
    "speech": ("speech",),
    "screen": ("screen",),
    "both": ("speech", "screen", "caption"),
}
_NAMES = {"screen": "screen text"}
MIN_MATCH = 0.75
"""Part of the asked words that must stand in a text for it to count as found."""
MERGE_GAP_S = 2.0
"""Events that are at most so far apart are one, for counts and durations."""
PIECE_S, MIN_PIECE_S = 20.0, 4.0
"""Seconds of one observation; the boundaries of a detection are narrowed down to the shorter."""
MIN_P_YES = 0.5
MAX_NAMED_GAPS = 6
MAX_DESCRIPTION_CHARS = 300
MAX_WORDINGS = 8
MAX_LIKELY = 40
_LABEL = re.compile(r"^(?:words|pictures|description)\s?:\s?")
"""Small models write the name of a field before its value."""


def find_events(
    context: ToolContext,
    description: str,
    where: Where = "words",
    videos: list[str] = [],  # noqa: B006 - never changed; the default of a schema
    range: str = "",
) -> Record:
    """Every time something is said, written or shown, and how much of the scope was gone through.

    For counts, first, last, never: search gives only the best few. Its id (S1) stands for all its events in
    compute. Words are free; pictures cost a look per 20 s.

    Args:
        description: the very words, like "price | cost"; or what is to be seen, like "a red car".
        where: words is speech and screen.
        videos: numbers or names; all when empty.
        range: like 12:30-12:41; all when empty.
    """
    query = _LABEL.sub("", " ".join(description.split()))[:MAX_DESCRIPTION_CHARS]
    if not query.strip("| "):
        raise ToolError("find_events needs a description of what to find")
    notes: list[str] = []
    scope = resolve_windows(context, videos, range, notes)
    if where in VISUAL_WHERE and context.scope.speakers is not None:
        raise ToolError(
            f"only what {listed(list(context.scope.speakers))} says is in scope; find it in speech"
        )
    if where in VISUAL_WHERE and not context.is_replay:
        require_vlm(context)
    rows: list[Record] = []
    num_found = 0
    reading = _ReadingExtent({}, {}, (), 0)
    events: list[Event] = []
    costs: list[Record] = []
    scanned_windows: list[Mapping[str, Sequence[Window]]] = []
    scanned: dict[str, float] = {}
    unindexed: dict[str, str] = {}
    if where != "pictures":
        found, reading = _scan_words(context, query, KINDS[where], scope, notes)
        rows += found
        num_found += len(found)
        events += [
            event for row in found if row["id"] and (event := context.table.event(row["id"])) is not None
        ]
        scanned |= reading.fractions
        unindexed = reading.unindexed
        scanned_windows.append({video_id: [scope[video_id]] for video_id in reading.video_ids})
    if where in VISUAL_WHERE:
        found, visual_events, observed_windows, costs = _scan_frames(context, query, scope, notes)
        rows += found
        num_found += len(visual_events)
        events += visual_events
        scanned_windows.append(observed_windows)
        scanned["pictures"] = round(Scan(scope, observed_windows).fraction, 3)
    covered = _windows_in_all(scope, scanned_windows)
    is_complete = Scan(scope, covered).is_complete
    occurrences = reading.num_occurrences if where not in VISUAL_WHERE else None
    is_full = all(row["id"] for row in rows)
    name = _store_scan(
        context,
        what=query,
        where=where,
        unindexed=list(unindexed),
        occurrences=occurrences,
        ids=list(dict.fromkeys(one for event in events for one in event.evidence_ids)),
        events=[context.table.add_event(event) for event in events],
        scope={v: [w.start_s, w.end_s] for v, w in scope.items()},
        seen={v: [[w.start_s, w.end_s] for w in windows] for v, windows in covered.items()},
        full=is_full,
    )
    first_rows = rows[: context.limits.max_rows]
    if len(first_rows) < len(rows):
        notes.append(f"the first {len(first_rows)} of {len(rows)} rows are given; {name} stands for all")
    return result(
        first_rows,
        notes,
        sum_costs(costs),
        summary=_summary(name, query, where, num_found, scanned, unindexed, is_complete),
        scan_id=name,
        found=num_found,
        complete=is_complete,
        fraction_scanned=scanned,
        unindexed=unindexed,
        events=[_event_row(context, one) for one in events if context.table.add_event(one).startswith("V")],
    )


def _summary(
    name: str,
    query: str,
    where: Where,
    n: int,
    scanned: Mapping[str, float],
    unindexed: Mapping[str, str],
    is_complete: bool,
) -> str:
    parts = [f"{share:.0%} of the {_NAMES.get(kind, kind)}" for kind, share in scanned.items()]
    found = f"{n} events show or say" if where in VISUAL_WHERE else f"{n} texts hold"
    without = [f"{_NAMES.get(kind, kind)} is not indexed ({why})" for kind, why in unindexed.items()]
    rest = "complete" if is_complete else "not complete: there may be more where nobody looked"
    scanned_text = f"gone through: {' and '.join(parts) or 'nothing'}"
    return "; ".join([f"{name}: {found} “{query[:80]}”", scanned_text, *without, rest])


def _event_row(context: ToolContext, event: Event) -> Record:
    row = {"id": context.table.add_event(event), **place(context, event.video_id, event.window)}
    probability = {} if event.is_certain else {"p": number(event.p)}
    return {**row, "evidence_ids": list(event.evidence_ids), **probability}


def _windows_in_all(
    scope: ScopeWindows, scans: Sequence[Mapping[str, Sequence[Window]]]
) -> dict[str, list[Window]]:
    """The windows of each video that every one of several scans has gone through."""
    parts = {video_id: [window] for video_id, window in scope.items()}
    for one in scans:
        scan = Scan(scope, one)
        parts = {
            video_id: [
                cut
                for w in windows
                for s in scan.scanned_windows(video_id)
                if (cut := w.clamped(s)) is not None
            ]
            for video_id, windows in parts.items()
        }
    return parts


def _store_scan(context: ToolContext, **scan: Any) -> str:
    """The id of a scan, stored in the context with its results and its scope."""
    known = [i for i, one in enumerate(context.scans, start=1) if one == scan]
    if not known:
        context.scans.append(scan)
    return f"S{known[0] if known else len(context.scans)}"


def scan_of(record: Record) -> Scan:
    """The scan coverage of a stored scan; empty when its results did not fit the evidence table."""
    windows_by_video = record["seen"] if record["full"] else {}
    return Scan(
        {v: Window(*w) for v, w in record["scope"].items()},
        {v: [Window(*w) for w in windows] for v, windows in windows_by_video.items()},
    )


# ---- words ----


def wordings_of(description: str) -> list[str]:
    """The wordings of a description, any of which counts.

    >>> wordings_of("revenue | sales")
    ['revenue', 'sales']
    """
    return list(dict.fromkeys(one.strip() for one in description.split("|") if one.strip()))[:MAX_WORDINGS]


@dataclass(frozen=True, slots=True)
class _ReadingExtent:
    """How much of the words of a scope could be read.

    Args:
        fractions: part of the scope by kind of words, of the kinds that any video has indexed.
        unindexed: kinds that no video has indexed, and why.
        video_ids: of videos of which all these kinds are stored to the end.
        num_occurrences: of the words in the texts that were found.
    """

    fractions: dict[str, float]
    unindexed: dict[str, str]
    video_ids: tuple[str, ...]
    num_occurrences: int = 0


def _scan_words(
    context: ToolContext, description: str, kinds: Sequence[SpanKind], scope: ScopeWindows, notes: list[str]
) -> tuple[list[Record], _ReadingExtent]:
    """Rows of all texts that hold one of the wordings, and how much of the words could be read."""
    found: dict[int, tuple[SpanRow, str]] = {}
    is_all_read = True
    for wording in wordings_of(description):
        spans, is_complete = _spans_with(context, wording, kinds, scope, notes)
        is_all_read &= is_complete
        for span in spans:
            found.setdefault(span.id, (span, wording))
    if not found:
        notes.append(
            "only texts with these very words count; try other wordings (a | b), or search by meaning"
        )
    rows = [
        word_row(context, [span], coverage(wording, span.words.text), wording)
        for span, wording in sorted(found.values(), key=lambda one: (one[0].video_id, one[0].words.window))
    ]
    spans_found = [span for span, _ in found.values()]
    extent = replace(
        _reading_extent(context, kinds, scope), num_occurrences=_occurrences(description, spans_found)
    )
    return rows, extent if is_all_read else replace(
        extent, fractions=dict.fromkeys(extent.fractions, 0.0), video_ids=()
    )


def _occurrences(description: str, spans: Sequence[SpanRow]) -> int:
    """How often the words occur in some texts; texts that follow one another are one passage."""
    by_id = {str(span.id): span for span in spans}
    events = [Event(span.video_id, span.words.window, (name,)) for name, span in by_id.items()]
    groups = [[by_id[name] for name in event.evidence_ids] for event in merge_events(events, MERGE_GAP_S)]
    return sum(count_wordings(wordings_of(description), group, MIN_MATCH) for group in groups)


def _spans_with(
    context: ToolContext, wording: str, kinds: Sequence[SpanKind], scope: ScopeWindows, notes: list[str]
) -> tuple[list[SpanRow], bool]:
    """All spans that hold a wording, and whether every span that could was read."""
    ids, is_complete = scan_words(context.catalog, list(scope), kinds, wording)
    found = context.spans_in_scope(list(read_spans(context.catalog, ids).values()))
    spans = [s for s in found if s.words.window.overlap_s(scope[s.video_id]) > 0]
    full = [span for span in spans if coverage(wording, span.words.text) >= MIN_MATCH]
    if len(full) < len(spans):
        notes.append(
            f"{len(spans) - len(full)} further texts hold only a part of “{wording}”; search ranks them"
        )
    if not is_complete:
        notes.append(
            f"more texts hold words of “{wording}” than are read at once; use rarer words or one video"
        )
    return _literal_first(wording, full, notes), is_complete


def _literal_first(wording: str, spans: Sequence[SpanRow], notes: list[str]) -> list[SpanRow]:
    """The texts that hold the words themselves; those with other forms only where there are no others."""
    forms = {span.id: other_forms(wording, span.words.text) for span in spans}
    literal = [span for span in spans if not forms[span.id]]
    named = ", ".join(dict.fromkeys(f"“{form}”" for found in forms.values() for form in found))
    if named and literal:
        rest = len(spans) - len(literal)
        notes.append(f"{rest} further texts hold only another form: {named}; find_events takes “a | b”")
    elif named:
        notes.append(f"no text holds “{wording}” itself; these hold another form: {named}")
    return literal or list(spans)


def _reading_extent(context: ToolContext, kinds: Sequence[SpanKind], scope: ScopeWindows) -> _ReadingExtent:
    """How much of the words is stored. Captions are searched too, but nothing is complete by them."""
    lanes: list[Lane] = list(kinds)
    joined = reading_coverage(context.catalog, list(scope.items()), lanes)
    context.coverage.append(joined)
    scannable = [one for one in joined.modalities if one.modality in ("speech", "screen")]
    missing = {v.video_id for one in scannable for v in one.not_covered}
    unindexed: dict[str, str] = {}
    for one in scannable:
        if one.num_applicable and not one.num_covered and not one.covered_s and not one.uncertain_s:
            unindexed[one.modality] = next((v.why_not for v in one.not_covered if v.why_not), "not yet")
    indexed = [one for one in scannable if one.modality not in unindexed]
    missing = {v.video_id for one in indexed for v in one.not_covered} if indexed else missing
    fractions: dict[str, float] = {
        one.modality: round(one.covered_s / one.extent_s, 3) if one.extent_s else 1.0 for one in indexed
    }
    return _ReadingExtent(fractions, unindexed, tuple(v for v in scope if v not in missing))


# ---- pictures ----


def observation_question(description: str) -> str:
    """The question of an observation: the planner's own question, or whether its description is visible.

    >>> observation_question("Is the wall red here?"), observation_question("a red wall")
    ('Is the wall red here?', 'Do these frames show the following? a red wall')
    """
    if re.search(r"[?？]\s*$", description):
        return description
    return f"Do these frames show the following? {description}"


def _scan_frames(
    context: ToolContext, description: str, scope: ScopeWindows, notes: list[str]
) -> tuple[list[Record], list[Event], dict[str, list[Window]], list[Record]]:
    """Rows and events of the detections, the windows with a clear response, and the costs of the calls."""
    question = observation_question(description)
    pieces = _rank_pieces(context, description, scope)
    observations = _observe_pieces(context, pieces, question, notes)
    clear = [(at, one) for at, one in observations.items() if one.p_yes is not None]
    if len(clear) < len(observations):
        rest = len(observations) - len(clear)
        notes.append(f"{rest} looks gave neither yes nor no; these pieces count as not gone through")
    if len(observations) < len(pieces):
        missed = sorted(piece for piece in pieces if piece not in observations)
        named = ", ".join(clock(w) for _, w in missed[:MAX_NAMED_GAPS])
        more = " …" if len(missed) > MAX_NAMED_GAPS else ""
        notes.append(f"{len(missed)} of {len(pieces)} pieces were not looked at: {named}{more}")
    scanned = _windows_without_frames(context, scope, pieces, notes)
    for video_id, window in (piece for piece, _ in clear):
        scanned[video_id].append(window)
    positive = {at: one for at, one in clear if (one.p_yes or 0.0) >= MIN_P_YES}
    costs = [one.cost for one in observations.values()]
    narrowed = _narrow_boundaries(context, positive, {at for at, _ in clear}, question, costs)
    rows = [_observation_row(context, at, one, description, question) for at, one in sorted(narrowed.items())]
    events = _events(context, rows, narrowed)
    return rows, events, scanned, costs


def _windows_without_frames(
    context: ToolContext, scope: ScopeWindows, pieces: Sequence[SegmentRef], notes: list[str]
) -> dict[str, list[Window]]:
    """The windows of each video that have no frames: gaps, and recordings of sound alone."""
    gaps = read_gaps(context.catalog, scope.keys())
    sound_only = [video_id for video_id in scope if not any(one == video_id for one, _ in pieces)]
    if sound_only:
        notes.append(f"{len(sound_only)} of {len(scope)} videos have no pictures")
    sound_only_windows = {video_id: [scope[video_id]] for video_id in sound_only}
    return {video_id: sound_only_windows.get(video_id) or list(gaps.get(video_id, ())) for video_id in scope}


def _observe_pieces(
    context: ToolContext, pieces: Sequence[SegmentRef], question: str, notes: list[str]
) -> dict[SegmentRef, CachedObservation]:
    """Observes piece by piece, as far as the limits allow; a piece that cannot be decoded is skipped.

    A repeated tool call with cached observations stops where it stopped before, and gives the same notes.
    """
    observations: dict[SegmentRef, CachedObservation] = {}
    max_observations = context.limits.max_scan_observations
    end_key = hashlib.sha256(f"{question}|{pieces}".encode()).hexdigest()[:16]
    for piece in pieces[:max_observations]:
        is_cached = cached_observation(context, *piece, question, yes_no=True) is not None
        if not is_cached and (end_key in context.observations or context.vlm_calls_left() < 1):
            notes.append(context.observations.setdefault(end_key, {"ended": NO_VLM_CALLS_LEFT})["ended"])
            return observations
        try:
            observations[piece] = observe(context, *piece, question, yes_no=True)
        except ToolError as error:
            notes.append(str(error))
            if context.meter.vlm_failure and not is_cached:
                context.observations[end_key] = {"ended": str(error)}
                return observations
    if len(pieces) > max_observations:
        notes.append(
            f"one call looks at {max_observations} of the {len(pieces)} pieces; give ranges for the others"
        )
    return observations


def _narrow_boundaries(
    context: ToolContext,
    positive: Mapping[SegmentRef, CachedObservation],
    clear: set[SegmentRef],
    question: str,
    costs: list[Record],
) -> dict[SegmentRef, CachedObservation]:
    """The detections, with their outer boundaries bisected by further calls, as far as the limits allow.

    Only where a piece with a No lies beside one with a Yes is there a boundary to narrow; the half of the
    outer piece that says No is taken off. Of a piece between two with a No the one half that says Yes is
    kept; where both or none do, it stays whole.
    """
    narrowed: dict[SegmentRef, CachedObservation] = {}
    for (video_id, window), observation in sorted(positive.items()):
        before, after = (
            any(
                v == video_id and abs(getattr(w, side) - edge_s) < EPSILON_S and (v, w) not in positive
                for v, w in clear
            )
            for side, edge_s in (("end_s", window.start_s), ("start_s", window.end_s))
        )
        narrowed_window = window
        if before and not after:
            narrowed_window = _bisect_boundary(context, video_id, window, question, costs, at_start=True)
        elif after and not before:
            narrowed_window = _bisect_boundary(context, video_id, window, question, costs, at_start=False)
        elif before and after:
            narrowed_window = _narrow_to_half(context, video_id, window, question, costs)
        narrowed[video_id, narrowed_window] = observation
    return narrowed


def _narrow_to_half(
    context: ToolContext, video_id: str, window: Window, question: str, costs: list[Record]
) -> Window:
    """The half, quarter ... of a window that alone says Yes."""
    while window.duration_s / 2 >= MIN_PIECE_S:
        middle_s = (window.start_s + window.end_s) / 2
        halves = [Window(window.start_s, middle_s), Window(middle_s, window.end_s)]
        replies = [_observe_yes_no(context, video_id, half, question, costs) for half in halves]
        if None in replies or replies[0] == replies[1]:
            break
        window = halves[0] if replies[0] else halves[1]
    return window


def _bisect_boundary(
    context: ToolContext, video_id: str, window: Window, question: str, costs: list[Record], *, at_start: bool
) -> Window:
    """A window without the outer halves, quarters ... for which the VLM says No."""
    outer_s, inner_s = (window.start_s, window.end_s) if at_start else (window.end_s, window.start_s)
    while abs(inner_s - outer_s) / 2 >= MIN_PIECE_S:
        middle_s = (outer_s + inner_s) / 2
        half = Window(min(outer_s, middle_s), max(outer_s, middle_s))
        is_yes = _observe_yes_no(context, video_id, half, question, costs)
        if is_yes is None:
            break
        if is_yes:
            inner_s = middle_s
        else:
            outer_s = middle_s
    far_s = window.end_s if at_start else window.start_s
    return Window(min(outer_s, far_s), max(outer_s, far_s))


def _observe_yes_no(
    context: ToolContext, video_id: str, window: Window, question: str, costs: list[Record]
) -> bool | None:
    """The VLM's answer for a part; None where no call is left, or it says neither Yes nor No."""
    if (
        cached_observation(context, video_id, window, question, yes_no=True) is None
        and context.vlm_calls_left() < 1
    ):
        return None
    try:
        observation = observe(context, video_id, window, question, yes_no=True)
    except ToolError:
        return None
    costs.append(observation.cost)
    return None if observation.p_yes is None else observation.p_yes >= MIN_P_YES


def _observation_row(
    context: ToolContext, segment: SegmentRef, observation: CachedObservation, description: str, question: str
) -> Record:
    text = (
        f"{description} {observation.text}"
        if description == question
        else f"{description}: {observation.text}"
    )
    match = observation.p_yes or 0.0
    record = Evidence("", *segment, "picture", "supported", match=match, lanes=("picture",), said=text)
    row = evidence_row(context, record, text, context.table.add(record, question))
    return {**row, "p_yes": observation.p_yes}


def _events(
    context: ToolContext, rows: Sequence[Record], observations: Mapping[SegmentRef, CachedObservation]
) -> list[Event]:
    """Adjacent pieces as one event; its boundaries may be off by half of the shortest window."""
    events = [event for row in rows if row["id"] and (event := context.table.event(row["id"])) is not None]
    return merge_events(events, EPSILON_S)


def _rank_pieces(context: ToolContext, query: str, scope: ScopeWindows) -> list[SegmentRef]:
    """All pieces of the scope, those first that a search for pictures and captions ranks high."""
    gaps = read_gaps(context.catalog, scope.keys())
    pieces = [
        (video_id, piece)
        for video_id, window in segments_with_frames(context.catalog, list(scope.items()))
        for piece in view_windows(
            window,
            [one.window for one in context.catalog.segments(video_id)],
            gaps.get(video_id, ()),
            PIECE_S,
        )
    ]
    moments = _ranked_moments(context, query, tuple(scope))

    def rank(piece: SegmentRef) -> float:
        video_id, window = piece
        return max((s for v, w, s in moments if v == video_id and w.overlap_s(window) > 0), default=0.0)

    return sorted(pieces, key=lambda piece: (-rank(piece), piece))


def _ranked_moments(
    context: ToolContext, query_text: str, video_ids: tuple[str, ...]
) -> list[tuple[str, Window, float]]:
    scope = Scope(video_ids, context.scope.window)
    query = Query(
        text=query_text.replace("|", " "), scope=scope, lanes=("picture", "caption"), limit=MAX_LIKELY
    )
    try:
        found = context.finder.search(query)
    except ModelUnavailable:
        return []  # the order is then that of time; every piece is observed all the same
    context.count_search(("likely", query_text, video_ids))
    return [(moment.video_id, moment.window, moment.score) for moment in found.moments]

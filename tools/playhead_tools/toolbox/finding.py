"""`find_events`: goes through everything in scope, all words by code and all pictures look by look."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from playhead_index.errors import ModelUnavailable, ToolError
from playhead_index.search.results import Lane, Query, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.store.video_stages import read_gaps
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, listed
from playhead_tools.match import coverage, other_forms
from playhead_tools.occurrences import count_wordings
from playhead_tools.retrieval import pieces_to_view, read_spans, reading_coverage, scan_words, with_pictures
from playhead_tools.temporal import Event, Scan, merged
from playhead_tools.toolbox.arguments import Place, stretches_of
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.observations import (
    NONE_LEFT,
    CachedObservation,
    known_look,
    look_at,
    need_eyes,
    summed,
)
from playhead_tools.toolbox.rows import clock, evidence_row, number, place, word_row

IN_PICTURES = ("pictures", "both")
"""Values of `Where` that look at pictures."""
Where = Literal["words", "speech", "screen", "pictures", "both"]
Stretches = Mapping[str, Window]
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
"""Seconds of one look; the boundaries of what was seen are narrowed down to the shorter."""
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
    wanted = _LABEL.sub("", " ".join(description.split()))[:MAX_DESCRIPTION_CHARS]
    if not wanted.strip("| "):
        raise ToolError("find_events needs a description of what to find")
    notes: list[str] = []
    scope = stretches_of(context, videos, range, notes)
    if where in IN_PICTURES and context.scope.speakers is not None:
        raise ToolError(f"only what {listed(list(context.scope.speakers))} says is in scope; find it in speech")
    if where in IN_PICTURES and not context.is_replay:
        need_eyes(context)
    rows: list[Record] = []
    num_found = 0
    read = _Read({}, {}, (), 0)
    events: list[Event] = []
    costs: list[Record] = []
    seen: list[Mapping[str, Sequence[Window]]] = []
    scanned: dict[str, float] = {}
    unindexed: dict[str, str] = {}
    if where != "pictures":
        found, read = _scan_words(context, wanted, KINDS[where], scope, notes)
        rows += found
        num_found += len(found)
        events += [
            event for row in found if row["id"] and (event := context.table.event(row["id"])) is not None
        ]
        scanned |= read.fractions
        unindexed = read.unindexed
        seen.append({video_id: [scope[video_id]] for video_id in read.video_ids})
    if where in IN_PICTURES:
        found, shown, looked, costs = _scan_pictures(context, wanted, scope, notes)
        rows += found
        num_found += len(shown)
        events += shown
        seen.append(looked)
        scanned["pictures"] = round(Scan(scope, looked).fraction, 3)
    covered = _in_all(scope, seen)
    whole = Scan(scope, covered).whole
    occurrences = read.num_occurrences if where not in IN_PICTURES else None
    is_full = all(row["id"] for row in rows)
    name = _stored(
        context,
        what=wanted,
        where=where,
        unindexed=list(unindexed),
        occurrences=occurrences,
        ids=list(dict.fromkeys(one for event in events for one in event.evidence_ids)),
        events=[context.table.add_event(event) for event in events],
        scope={v: [w.start_s, w.end_s] for v, w in scope.items()},
        seen={v: [[w.start_s, w.end_s] for w in windows] for v, windows in covered.items()},
        full=is_full,
    )
    given = rows[: context.limits.max_rows]
    if len(given) < len(rows):
        notes.append(f"the first {len(given)} of {len(rows)} rows are given; {name} stands for all")
    return result(
        given,
        notes,
        summed(costs),
        summary=_summary(name, wanted, where, num_found, scanned, unindexed, whole),
        scan_id=name,
        found=num_found,
        complete=whole,
        fraction_scanned=scanned,
        unindexed=unindexed,
        events=[_event_row(context, one) for one in events if context.table.add_event(one).startswith("V")],
    )


def _summary(
    name: str,
    what: str,
    where: Where,
    n: int,
    scanned: Mapping[str, float],
    unindexed: Mapping[str, str],
    whole: bool,
) -> str:
    parts = [f"{share:.0%} of the {_NAMES.get(kind, kind)}" for kind, share in scanned.items()]
    found = f"{n} events show or say" if where in IN_PICTURES else f"{n} texts hold"
    without = [f"{_NAMES.get(kind, kind)} is not indexed ({why})" for kind, why in unindexed.items()]
    rest = "complete" if whole else "not complete: there may be more where nobody looked"
    gone = f"gone through: {' and '.join(parts) or 'nothing'}"
    return "; ".join([f"{name}: {found} “{what[:80]}”", gone, *without, rest])


def _event_row(context: ToolContext, event: Event) -> Record:
    row = {"id": context.table.add_event(event), **place(context, event.video_id, event.window)}
    sure = {} if event.is_certain else {"p": number(event.p)}
    return {**row, "evidence_ids": list(event.evidence_ids), **sure}


def _in_all(scope: Stretches, seen: Sequence[Mapping[str, Sequence[Window]]]) -> dict[str, list[Window]]:
    """The windows of each video that every one of several scans has gone through."""
    parts = {video_id: [window] for video_id, window in scope.items()}
    for one in seen:
        scan = Scan(scope, one)
        parts = {
            video_id: [cut for w in windows for s in scan.seen(video_id) if (cut := w.clamped(s)) is not None]
            for video_id, windows in parts.items()
        }
    return parts


def _stored(context: ToolContext, **scan: Any) -> str:
    """The id of a scan, put into the kit with what it found and where it was."""
    known = [i for i, one in enumerate(context.scans, start=1) if one == scan]
    if not known:
        context.scans.append(scan)
    return f"S{known[0] if known else len(context.scans)}"


def scan_of(record: Record) -> Scan:
    """Where a kept scan was, for the temporal algebra; nowhere when its finds did not fit the table."""
    seen = record["seen"] if record["full"] else {}
    return Scan(
        {v: Window(*w) for v, w in record["scope"].items()},
        {v: [Window(*w) for w in windows] for v, windows in seen.items()},
    )


# ---- words ----


def wordings_of(description: str) -> list[str]:
    """The wordings of a description, any of which counts.

    >>> wordings_of("revenue | sales")
    ['revenue', 'sales']
    """
    return list(dict.fromkeys(one.strip() for one in description.split("|") if one.strip()))[:MAX_WORDINGS]


@dataclass(frozen=True, slots=True)
class _Read:
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
    context: ToolContext, description: str, kinds: Sequence[SpanKind], scope: Stretches, notes: list[str]
) -> tuple[list[Record], _Read]:
    """Rows of all texts that hold one of the wordings, and how much of the words could be read."""
    found: dict[int, tuple[SpanRow, str]] = {}
    is_whole = True
    for wording in wordings_of(description):
        spans, whole = _spans_with(context, wording, kinds, scope, notes)
        is_whole &= whole
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
    read = replace(_readable(context, kinds, scope), num_occurrences=_occurrences(description, spans_found))
    return rows, read if is_whole else replace(
        read, fractions=dict.fromkeys(read.fractions, 0.0), video_ids=()
    )


def _occurrences(description: str, spans: Sequence[SpanRow]) -> int:
    """How often the words occur in some texts; texts that follow one another are one passage."""
    by_id = {str(span.id): span for span in spans}
    events = [Event(span.video_id, span.words.window, (name,)) for name, span in by_id.items()]
    groups = [[by_id[name] for name in event.evidence_ids] for event in merged(events, MERGE_GAP_S)]
    return sum(count_wordings(wordings_of(description), group, MIN_MATCH) for group in groups)


def _spans_with(
    context: ToolContext, what: str, kinds: Sequence[SpanKind], scope: Stretches, notes: list[str]
) -> tuple[list[SpanRow], bool]:
    """All spans that hold a wording, and whether every span that could was read."""
    ids, whole = scan_words(context.catalog, list(scope), kinds, what)
    found = context.said_in_scope(list(read_spans(context.catalog, ids).values()))
    spans = [s for s in found if s.words.window.overlap_s(scope[s.video_id]) > 0]
    full = [span for span in spans if coverage(what, span.words.text) >= MIN_MATCH]
    if len(full) < len(spans):
        notes.append(
            f"{len(spans) - len(full)} further texts hold only a part of “{what}”; search ranks them"
        )
    if not whole:
        notes.append(f"more texts hold words of “{what}” than are read at once; use rarer words or one video")
    return _literal_first(what, full, notes), whole


def _literal_first(what: str, spans: Sequence[SpanRow], notes: list[str]) -> list[SpanRow]:
    """The texts that hold the words themselves; those with other forms only where there are no others."""
    forms = {span.id: other_forms(what, span.words.text) for span in spans}
    literal = [span for span in spans if not forms[span.id]]
    named = ", ".join(dict.fromkeys(f"“{form}”" for found in forms.values() for form in found))
    if named and literal:
        rest = len(spans) - len(literal)
        notes.append(f"{rest} further texts hold only another form: {named}; find_events takes “a | b”")
    elif named:
        notes.append(f"no text holds “{what}” itself; these hold another form: {named}")
    return literal or list(spans)


def _readable(context: ToolContext, kinds: Sequence[SpanKind], scope: Stretches) -> _Read:
    """How much of the words is stored. Captions are searched too, but nothing is complete by them."""
    lanes: list[Lane] = list(kinds)
    joined = reading_coverage(context.catalog, list(scope.items()), lanes)
    context.coverage.append(joined)
    wanted = [one for one in joined.modalities if one.modality in ("speech", "screen")]
    missing = {v.video_id for one in wanted for v in one.not_covered}
    unindexed: dict[str, str] = {}
    for one in wanted:
        if one.num_applicable and not one.num_covered and not one.covered_s and not one.uncertain_s:
            unindexed[one.modality] = next((v.why_not for v in one.not_covered if v.why_not), "not yet")
    indexed = [one for one in wanted if one.modality not in unindexed]
    missing = {v.video_id for one in indexed for v in one.not_covered} if indexed else missing
    fractions: dict[str, float] = {
        one.modality: round(one.covered_s / one.extent_s, 3) if one.extent_s else 1.0 for one in indexed
    }
    return _Read(fractions, unindexed, tuple(v for v in scope if v not in missing))


# ---- pictures ----


def look_question(description: str) -> str:
    """What a look is asked: the planner's own question, or whether what it described is to be seen.

    >>> look_question("Is the wall red here?"), look_question("a red wall")
    ('Is the wall red here?', 'Do these frames show the following? a red wall')
    """
    if re.search(r"[?？]\s*$", description):
        return description
    return f"Do these frames show the following? {description}"


def _scan_pictures(
    context: ToolContext, description: str, scope: Stretches, notes: list[str]
) -> tuple[list[Record], list[Event], dict[str, list[Window]], list[Record]]:
    """Rows and events of what was seen, the windows with a clear reply, and what the looks cost."""
    question = look_question(description)
    pieces = _likely_first(context, description, scope)
    looked = _look_through(context, pieces, question, notes)
    clear = [(at, one) for at, one in looked.items() if one.p_yes is not None]
    if len(clear) < len(looked):
        rest = len(looked) - len(clear)
        notes.append(f"{rest} looks gave neither yes nor no; these pieces count as not gone through")
    if len(looked) < len(pieces):
        missed = sorted(piece for piece in pieces if piece not in looked)
        named = ", ".join(clock(w) for _, w in missed[:MAX_NAMED_GAPS])
        more = " …" if len(missed) > MAX_NAMED_GAPS else ""
        notes.append(f"{len(missed)} of {len(pieces)} pieces were not looked at: {named}{more}")
    seen = _without_pictures(context, scope, pieces, notes)
    for video_id, window in (piece for piece, _ in clear):
        seen[video_id].append(window)
    found = {at: one for at, one in clear if (one.p_yes or 0.0) >= MIN_P_YES}
    costs = [one.cost for one in looked.values()]
    narrowed = _narrowed(context, found, {at for at, _ in clear}, question, costs)
    rows = [_seen_row(context, at, one, description, question) for at, one in sorted(narrowed.items())]
    events = _events(context, rows, narrowed)
    return rows, events, seen, costs


def _without_pictures(
    context: ToolContext, scope: Stretches, pieces: Sequence[Place], notes: list[str]
) -> dict[str, list[Window]]:
    """The windows of each video in which there is nothing to see: gaps, and recordings of sound alone."""
    gaps = read_gaps(context.catalog, scope.keys())
    sound_only = [video_id for video_id in scope if not any(one == video_id for one, _ in pieces)]
    if sound_only:
        notes.append(f"{len(sound_only)} of {len(scope)} videos have no pictures")
    whole = {video_id: [scope[video_id]] for video_id in sound_only}
    return {video_id: whole.get(video_id) or list(gaps.get(video_id, ())) for video_id in scope}


def _look_through(
    context: ToolContext, pieces: Sequence[Place], question: str, notes: list[str]
) -> dict[Place, CachedObservation]:
    """Looks piece by piece, as far as the caps allow; a piece whose frames cannot be shown is passed over.

    A call that is made again with its looks at hand stops where it stopped, and says the same.
    """
    looked: dict[Place, CachedObservation] = {}
    max_looks = context.limits.max_scan_looks
    ended = hashlib.sha256(f"{question}|{pieces}".encode()).hexdigest()[:16]
    for piece in pieces[:max_looks]:
        is_known = known_look(context, *piece, question, yes_no=True) is not None
        if not is_known and (ended in context.looks or context.looks_left() < 1):
            notes.append(context.looks.setdefault(ended, {"ended": NONE_LEFT})["ended"])
            return looked
        try:
            looked[piece] = look_at(context, *piece, question, yes_no=True)
        except ToolError as error:
            notes.append(str(error))
            if context.meter.look_failure and not is_known:
                context.looks[ended] = {"ended": str(error)}
                return looked
    if len(pieces) > max_looks:
        notes.append(f"one call looks at {max_looks} of the {len(pieces)} pieces; give ranges for the others")
    return looked


def _narrowed(
    context: ToolContext,
    found: Mapping[Place, CachedObservation],
    clear: set[Place],
    question: str,
    costs: list[Record],
) -> dict[Place, CachedObservation]:
    """What was seen, with its outer boundaries looked at again in halves, as far as the caps allow.

    Only where a piece with a No lies beside one with a Yes is there a boundary to narrow; the half of the
    outer piece that says No is taken off. Of a piece between two with a No the one half that says Yes is
    kept; where both or none do, it stays whole.
    """
    narrowed: dict[Place, CachedObservation] = {}
    for (video_id, window), seen in sorted(found.items()):
        before, after = (
            any(
                v == video_id and abs(getattr(w, side) - edge_s) < 1e-3 and (v, w) not in found
                for v, w in clear
            )
            for side, edge_s in (("end_s", window.start_s), ("start_s", window.end_s))
        )
        kept = window
        if before and not after:
            kept = _bisected(context, video_id, window, question, costs, at_start=True)
        elif after and not before:
            kept = _bisected(context, video_id, window, question, costs, at_start=False)
        elif before and after:
            kept = _halved(context, video_id, window, question, costs)
        narrowed[video_id, kept] = seen
    return narrowed


def _halved(
    context: ToolContext, video_id: str, window: Window, question: str, costs: list[Record]
) -> Window:
    """The half, quarter ... of a window that alone says Yes."""
    while window.duration_s / 2 >= MIN_PIECE_S:
        middle_s = (window.start_s + window.end_s) / 2
        halves = [Window(window.start_s, middle_s), Window(middle_s, window.end_s)]
        replies = [_says_yes(context, video_id, half, question, costs) for half in halves]
        if None in replies or replies[0] == replies[1]:
            break
        window = halves[0] if replies[0] else halves[1]
    return window


def _bisected(
    context: ToolContext, video_id: str, window: Window, question: str, costs: list[Record], *, at_start: bool
) -> Window:
    """A window without the outer halves, quarters ... of which a look says No."""
    outer_s, inner_s = (window.start_s, window.end_s) if at_start else (window.end_s, window.start_s)
    while abs(inner_s - outer_s) / 2 >= MIN_PIECE_S:
        middle_s = (outer_s + inner_s) / 2
        half = Window(min(outer_s, middle_s), max(outer_s, middle_s))
        says_yes = _says_yes(context, video_id, half, question, costs)
        if says_yes is None:
            break
        if says_yes:
            inner_s = middle_s
        else:
            outer_s = middle_s
    far_s = window.end_s if at_start else window.start_s
    return Window(min(outer_s, far_s), max(outer_s, far_s))


def _says_yes(
    context: ToolContext, video_id: str, window: Window, question: str, costs: list[Record]
) -> bool | None:
    """What a look at a part says; None where none can be made, or it says neither Yes nor No."""
    if known_look(context, video_id, window, question, yes_no=True) is None and context.looks_left() < 1:
        return None
    try:
        seen = look_at(context, video_id, window, question, yes_no=True)
    except ToolError:
        return None
    costs.append(seen.cost)
    return None if seen.p_yes is None else seen.p_yes >= MIN_P_YES


def _seen_row(
    context: ToolContext, piece: Place, seen: CachedObservation, description: str, question: str
) -> Record:
    said = f"{description} {seen.text}" if description == question else f"{description}: {seen.text}"
    match = seen.p_yes or 0.0
    record = Evidence("", *piece, "picture", "supported", match=match, lanes=("picture",), said=said)
    row = evidence_row(context, record, said, context.table.add(record, question))
    return {**row, "p_yes": seen.p_yes}


def _events(
    context: ToolContext, rows: Sequence[Record], seen: Mapping[Place, CachedObservation]
) -> list[Event]:
    """Pieces that follow one another as one event; its boundaries may be off by half of the shortest look."""
    events = [event for row in rows if row["id"] and (event := context.table.event(row["id"])) is not None]
    return merged(events, 1e-3)


def _likely_first(context: ToolContext, what: str, scope: Stretches) -> list[Place]:
    """All pieces of the scope, those first that a search for pictures and captions ranks high."""
    gaps = read_gaps(context.catalog, scope.keys())
    pieces = [
        (video_id, piece)
        for video_id, window in with_pictures(context.catalog, list(scope.items()))
        for piece in pieces_to_view(
            window,
            [one.window for one in context.catalog.segments(video_id)],
            gaps.get(video_id, ()),
            PIECE_S,
        )
    ]
    moments = _moments(context, what, tuple(scope))

    def rank(piece: Place) -> float:
        video_id, window = piece
        return max((s for v, w, s in moments if v == video_id and w.overlap_s(window) > 0), default=0.0)

    return sorted(pieces, key=lambda piece: (-rank(piece), piece))


def _moments(context: ToolContext, what: str, video_ids: tuple[str, ...]) -> list[tuple[str, Window, float]]:
    scope = Scope(video_ids, context.scope.window)
    query = Query(text=what.replace("|", " "), scope=scope, lanes=("picture", "caption"), limit=MAX_LIKELY)
    try:
        found = context.finder.search(query)
    except ModelUnavailable:
        return []  # the order is then that of time; every piece is looked at all the same
    context.search(("likely", what, video_ids))
    return [(moment.video_id, moment.window, moment.score) for moment in found.moments]

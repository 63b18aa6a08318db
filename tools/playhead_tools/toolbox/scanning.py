"""The tool that goes through everything in scope: all words by code, all pictures look by look."""

from collections.abc import Mapping, Sequence
from typing import Literal

from playhead_index.errors import ModelUnavailable, ToolError
from playhead_index.search.results import Lane, Query, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.store.video_stages import read_gaps
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence
from playhead_tools.look_up import (
    VideoEntry,
    pieces_to_view,
    read_spans,
    reading_coverage,
    scan_words,
    with_pictures,
)
from playhead_tools.match import coverage, other_forms
from playhead_tools.temporal import Scan
from playhead_tools.toolbox.arguments import Time, fitting, videos_of, window_of
from playhead_tools.toolbox.kit import Kit, Record, result, row_of
from playhead_tools.toolbox.looking import yes_no_question
from playhead_tools.toolbox.looks import Seen, look, looks_left, need_eyes, summed
from playhead_tools.toolbox.reading import word_rows

Where = Literal["words", "pictures", "both"]
Stretches = Mapping[str, Window]
KINDS: tuple[SpanKind, ...] = ("speech", "screen", "caption")
ENOUGH = 0.75
"""Part of the asked words that must stand in a text for it to count as found."""
PIECE_S = 20.0
FEW_GAPS = 6


def scan(
    kit: Kit,
    what: str,
    where: Where = "words",
    video: str = "",
    start: Time | None = None,
    end: Time | None = None,
    max_looks: int = 8,
) -> Record:
    """Every place where something is said, written or shown, and which fraction of the scope was scanned.

    Cost: nothing for words, which are always read to the end; a look for 20 s of pictures, likely places
    first. What counting, first, last, never and always need: a search gives only the best few. Pass the id
    of the scan (S1) to temporal: it stands for all that was found, and carries how much was scanned.

    Args:
        what: the thing itself in a few words; three quarters of them must stand in a text.
        where: words (said, written, captioned), pictures (needs a video model), or both.
        video: name or id; all in scope when left out.
        start: only from here on, with one video.
        end: only up to here, with one video.
        max_looks: looks for pictures.
    """
    wanted = " ".join(what.split())[:200]
    if not wanted:
        raise ToolError("scan needs what to look for")
    notes: list[str] = []
    if where != "words":
        need_eyes(kit, 'scan of pictures (where="words" does without)')
    asked = _asked(kit, video, start, end, notes)
    rows: list[Record] = []
    costs: list[Record] = []
    seen: dict[str, list[Window]] = {}
    scanned: dict[str, float] = {}
    if where != "pictures":
        rows, scanned["words"] = _scan_words(kit, wanted, asked, notes)
    if where != "words":
        shown, seen, costs = _scan_pictures(kit, wanted, asked, max_looks, notes)
        rows += shown
        scanned["pictures"] = round(Scan(asked, seen).fraction, 3)
    elif scanned["words"] >= 1.0:
        seen = {video_id: [window] for video_id, window in asked.items()}
    name = _kept(kit, wanted, where, rows, asked, seen)
    given = rows[: kit.limits.rows]
    if len(given) < len(rows):
        notes.append(f"{len(rows)} places were found, the first {len(given)} are given; {name} has all")
    return result(given, notes, summed(costs), scan_id=name, found=len(rows), fraction_scanned=scanned)


def _asked(kit: Kit, video: str, start: Time | None, end: Time | None, notes: list[str]) -> Stretches:
    entries: list[VideoEntry] = videos_of(kit, video)
    if len(entries) == 1:
        return {entries[0].video_id: window_of(kit, entries[0], start, end, notes)}
    if start is not None or end is not None:
        raise ToolError("start and end are times of one video; say which video")
    return kit.stretches()


def _kept(
    kit: Kit,
    what: str,
    where: Where,
    rows: Sequence[Record],
    asked: Stretches,
    seen: Mapping[str, Sequence[Window]],
) -> str:
    """The id of the scan, put into the kit with what it found and where it was."""
    record = {
        "what": what,
        "where": where,
        "ids": [row["id"] for row in rows if row["id"]],
        "scope": {v: [w.start_s, w.end_s] for v, w in asked.items()},
        "seen": {v: [[w.start_s, w.end_s] for w in windows] for v, windows in seen.items()},
        "full": all(row["id"] for row in rows),
    }
    known = [i for i, one in enumerate(kit.scans, start=1) if one == record]
    if not known:
        kit.scans.append(record)
    return f"S{known[0] if known else len(kit.scans)}"


def scan_of(record: Record) -> Scan:
    """Where a kept scan was, for the temporal algebra; nowhere when its finds did not fit the table."""
    seen = record["seen"] if record["full"] else {}
    return Scan(
        {v: Window(*w) for v, w in record["scope"].items()},
        {v: [Window(*w) for w in windows] for v, windows in seen.items()},
    )


# ---- words ----


def _scan_words(kit: Kit, what: str, asked: Stretches, notes: list[str]) -> tuple[list[Record], float]:
    """Rows of all texts that hold the words, and the part of the scope whose words were all there to read."""
    ids, whole = scan_words(kit.catalog, list(asked), KINDS, what)
    spans = [
        s for s in read_spans(kit.catalog, ids).values() if s.words.window.overlap_s(asked[s.video_id]) > 0
    ]
    held = [(coverage(what, s.words.text), s) for s in sorted(spans, key=_by_time)]
    full = [s for match, s in held if match >= ENOUGH]
    if len(full) < len(held):
        notes.append(f"{len(held) - len(full)} further texts hold only a part of “{what}”; search ranks them")
    full = _literal_first(what, full, notes)
    if not whole:
        notes.append("more texts hold these words than are read at once; use rarer words or one video")
    fraction = _readable(kit, asked, notes) if whole else 0.0
    return [row for s in full for row in word_rows(kit, [s], coverage(what, s.words.text), what)], fraction


def _literal_first(what: str, spans: Sequence[SpanRow], notes: list[str]) -> list[SpanRow]:
    """The texts that hold the words themselves; those with other forms only where there are no others."""
    forms = {span.id: other_forms(what, span.words.text) for span in spans}
    literal = [span for span in spans if not forms[span.id]]
    named = ", ".join(dict.fromkeys(f"“{form}”" for found in forms.values() for form in found))
    if named and literal:
        notes.append(
            f"{len(spans) - len(literal)} further texts hold only another form: {named}; scan for that"
        )
    elif named:
        notes.append(f"no text holds “{what}” itself; these hold another form: {named}")
    return literal or list(spans)


def _by_time(span: SpanRow) -> tuple[str, Window]:
    return span.video_id, span.words.window


def _readable(kit: Kit, asked: Stretches, notes: list[str]) -> float:
    """The part of the scope whose speech and screen text are stored to the end."""
    lanes: list[Lane] = ["speech", "screen", "caption"]
    joined = reading_coverage(kit.catalog, list(asked.items()), lanes)
    kit.coverage.append(joined)
    notes += [
        f"{one.lane} gave nothing: {one.why_not or 'there is none'}" for one in joined.lanes if not one.items
    ]
    words = [one for one in joined.modalities if one.modality in ("speech", "screen")]
    not_covered = {video.video_id for one in words for video in one.not_covered}
    done_s = sum(window.duration_s for video_id, window in asked.items() if video_id not in not_covered)
    return round(done_s / sum(window.duration_s for window in asked.values()), 3)


# ---- pictures ----


def _scan_pictures(
    kit: Kit, what: str, asked: Stretches, max_looks: int, notes: list[str]
) -> tuple[list[Record], dict[str, list[Window]], list[Record]]:
    """Rows of the pieces that show it, what was looked at, and what the looks cost."""
    pieces = _likely_first(kit, what, asked)
    most = fitting(max_looks, 1, min(kit.limits.looks, looks_left(kit)), "max_looks", notes)
    looked = pieces[:most]
    seen = [look(kit, v, window, yes_no_question(what), yes_no=True) for v, window in looked]
    rows = [
        _seen_row(kit, one, piece, what)
        for one, piece in zip(seen, looked, strict=True)
        if (one.p_yes or 0.0) >= 0.5
    ]
    unclear = sum(one.p_yes is None for one in seen)
    if unclear:
        notes.append(f"{unclear} looks gave neither yes nor no; these pieces count as not scanned")
    if len(pieces) > most:
        rest = ", ".join(f"{w}" for _, w in sorted(pieces[most:])[:FEW_GAPS])
        notes.append(f"{len(pieces) - most} of {len(pieces)} pieces were not looked at: {rest} …")
    where: dict[str, list[Window]] = {}
    for one, (video_id, window) in zip(seen, looked, strict=True):
        if one.p_yes is not None:
            where.setdefault(video_id, []).append(window)
    return sorted(rows, key=lambda row: (row["video"], row["start_s"])), where, [one.cost for one in seen]


def _seen_row(kit: Kit, seen: Seen, piece: tuple[str, Window], what: str) -> Record:
    sure, said = seen.p_yes or 0.0, f"{what}: yes"
    record = Evidence("", *piece, "picture", "supported", match=sure, lanes=("picture",), said=said)
    row = row_of(kit, record, said, kit.table.add(record, f"scan {what}"))
    return {**row, "p_yes": seen.p_yes}


def _likely_first(kit: Kit, what: str, asked: Stretches) -> list[tuple[str, Window]]:
    """All pieces of the scope, those first that a search for pictures and captions ranks high."""
    gaps = read_gaps(kit.catalog, asked.keys())
    pieces = [
        piece
        for video_id, window in with_pictures(kit.catalog, list(asked.items()))
        for piece in _pieces(kit, video_id, window, gaps.get(video_id, ()))
    ]
    moments = _moments(kit, what, tuple(asked))

    def worth(piece: tuple[str, Window]) -> float:
        video_id, window = piece
        return max((s for v, w, s in moments if v == video_id and w.overlap_s(window) > 0), default=0.0)

    return sorted(pieces, key=lambda piece: (-worth(piece), piece))


def _moments(kit: Kit, what: str, video_ids: tuple[str, ...]) -> list[tuple[str, Window, float]]:
    query = Query(text=what, scope=Scope(video_ids, kit.scope.window), lanes=("picture", "caption"), limit=40)
    try:
        found = kit.finder.search(query)
    except ModelUnavailable:
        return []  # the order is then that of time; every piece is looked at all the same
    kit.spent(searches=1)
    return [(moment.video_id, moment.window, moment.score) for moment in found.moments]


def _pieces(kit: Kit, video_id: str, window: Window, gaps: Sequence[Window]) -> list[tuple[str, Window]]:
    """A stretch in pieces of at most `PIECE_S` that do not cross the borders of segments."""
    segments = [segment.window for segment in kit.catalog.segments(video_id)]
    return [(video_id, piece) for piece in pieces_to_view(window, segments, gaps, PIECE_S)]

"""Tools that search the index: by words, and by an example moment."""

from dataclasses import replace
from typing import Literal

from playhead_index.errors import ModelUnavailable, SpeakerUnknown, ToolError, VideoError
from playhead_index.search.results import TEXT_LANES, Lane, Moment, Query, Scope, SearchResult
from playhead_index.speakers import find_speakers
from playhead_index.store.catalog import SpanRow
from playhead_tools.evidence import Evidence, words_evidence
from playhead_tools.look_up import read_spans, search_moments
from playhead_tools.match import coverage
from playhead_tools.speaking import ScopeSpeakers
from playhead_tools.toolbox.arguments import (
    Time,
    evidence_of,
    fitting,
    moment_of,
    videos_of,
    window_of,
)
from playhead_tools.toolbox.kit import Kit, Record, result, row_of

Modality = Literal["any", "speech", "screen", "picture", "caption"]
MOST_FOUND = 12
SPANS_A_MOMENT = 3
_LANES: dict[Modality, tuple[Lane, ...]] = {
    "any": TEXT_LANES,
    "speech": ("speech",),
    "screen": ("screen",),
    "picture": ("picture", "caption"),
    "caption": ("caption",),
}


def search(
    kit: Kit,
    query: str,
    modality: Modality = "any",
    video: str = "",
    start: Time | None = None,
    end: Time | None = None,
    speaker: str = "",
    k: int = 6,
) -> Record:
    """Moments that fit a few words, best first: what is said, written, captioned, or looks like it.

    Cost: some milliseconds. The first thing to try. Something always ranks first: `match` is the part of the
    asked words that stand in a row; a row of kind picture is only a likely place, which nobody has looked
    at: inspect it. To find every place, use scan.

    Args:
        query: the thing itself in a few words, not the question.
        modality: where to search; the one that the question is about first.
        video: name or id; all in scope when left out.
        start: only from here on, in seconds or as a clock like "1:15".
        end: only up to here.
        speaker: only what this person says, by name as list_videos has it; anybody when left out.
        k: moments, at most 12.
    """
    notes: list[str] = []
    limit = fitting(k, 1, MOST_FOUND, "k", notes)
    scope = _said_by(kit, speaker, _scope(kit, video, start, end, notes))
    if scope.speakers is not None:
        modality = "speech"
    found, said = _found(kit, query, scope, _LANES[modality], limit)
    kit.coverage.append(found.coverage)
    notes += said
    notes += [f"{one.lane}: {one.why_not}" for one in found.coverage.lanes if one.why_not and not one.items]
    rows = _rows(kit, found, query)
    if not rows:
        notes.append("nothing was found; try other words, another modality, or scan")
    return result(rows, notes, kit.spent(searches=1))


def _scope(kit: Kit, video: str, start: Time | None, end: Time | None, notes: list[str]) -> Scope:
    entries = videos_of(kit, video)
    if len(entries) == 1:
        return Scope((entries[0].video_id,), window_of(kit, entries[0], start, end, notes))
    if start is not None or end is not None:
        raise ToolError("start and end are times of one video; say which video")
    return Scope(tuple(entry.video_id for entry in entries), kit.scope.window)


def _said_by(kit: Kit, speaker: str, scope: Scope) -> Scope:
    """A scope in which only one speaker counts; as it is where none is named."""
    if not speaker.strip():
        return scope
    known = ScopeSpeakers(kit.catalog, scope.video_ids or ())
    try:
        find_speakers(known.known, speaker)
    except SpeakerUnknown as error:
        raise ToolError(str(error)) from error
    return replace(scope, speakers=(speaker.strip(),))


def _found(
    kit: Kit, query: str, scope: Scope, lanes: tuple[Lane, ...], limit: int
) -> tuple[SearchResult, tuple[str, ...]]:
    """One search; without the picture lane when its model cannot be loaded, which it says."""
    try:
        searched = search_moments(kit.finder, query, scope=scope, lanes=lanes, limit=limit)
    except ModelUnavailable as error:
        rest = tuple(lane for lane in lanes if lane != "picture")
        if rest == lanes or not rest:
            raise ToolError(f"this cannot be searched here: {error}") from error
        result_, notes = _found(kit, query, scope, rest, limit)
        return result_, (*notes, f"pictures were not searched: {error}")
    return searched.result, searched.notes


def _rows(kit: Kit, found: SearchResult, query: str) -> list[Record]:
    """A row for each span and each best picture of the moments, best moment first, each once."""
    ids = [int(h.ref.partition(":")[2]) for m in found.moments for h in m.hits if h.ref.startswith("span:")]
    spans = read_spans(kit.catalog, ids)
    rows: dict[str, Record] = {}
    for moment in found.moments:
        for record, text in _records(kit, moment, spans, query):
            row = row_of(kit, record, text, kit.table.add(record), query)
            if record.kind != "picture":
                row["match"] = round(record.match, 2)
            rows.setdefault(str(record.identity), row)
    return list(rows.values())[: kit.limits.rows]


def _records(kit: Kit, moment: Moment, spans: dict[int, SpanRow], query: str) -> list[tuple[Evidence, str]]:
    found: dict[str, tuple[Evidence, str]] = {}
    for hit in moment.hits:
        what, _, number = hit.ref.partition(":")
        span = spans.get(int(number)) if what == "span" else None
        if span is not None and len(found) < SPANS_A_MOMENT:
            match, kind = coverage(query, span.words.text), span.words.kind
            record = words_evidence([span], "supported", match=match, lanes=(kind,))
            record = replace(record, speaker=kit.speakers.of_span(span))
            found.setdefault(hit.ref, (record, span.words.text))
    pictures = [hit for hit in moment.hits if hit.ref.startswith("frame:")]
    if pictures:
        best = max(pictures, key=lambda hit: hit.score)
        window = moment.window if len(pictures) == len(moment.hits) else best.window
        frame = int(best.ref.partition(":")[2])
        record = Evidence("", best.video_id, window, "picture", "unverified", (), frame, lanes=(best.lane,))
        found[best.ref] = (record, "")
    return list(found.values())


def search_by_moment(
    kit: Kit, evidence_id: str = "", video: str = "", time: Time | None = None, k: int = 6
) -> Record:
    """Moments that look like a given one: the same thing, person, place or slide again.

    Cost: some milliseconds. The rows are likely places, which nobody has looked at: inspect them.

    Args:
        evidence_id: the example, like "E3"; or give video and time.
        video: name or id of the example's video.
        time: of the example, in seconds or as a clock.
        k: moments, at most 12.
    """
    notes: list[str] = []
    limit = fitting(k, 1, MOST_FOUND, "k", notes)
    like = _example(kit, evidence_id, video, time)
    scope = Scope(tuple(entry.video_id for entry in kit.videos()), kit.scope.window)
    try:
        found = kit.finder.search(Query(like=like, scope=scope, limit=limit))
    except (ModelUnavailable, VideoError) as error:
        raise ToolError(f"nothing can be searched by example here: {error}") from error
    kit.coverage.append(found.coverage)
    rows = _rows(kit, found, "")
    if not rows:
        notes += [f"{one.lane}: {one.why_not}" for one in found.coverage.lanes if one.why_not]
        notes.append("nothing was found that looks like it")
    return result(rows, notes, kit.spent(searches=1))


def _example(kit: Kit, evidence_id: str, video: str, time: Time | None) -> tuple[str, float]:
    if evidence_id.strip():
        record = evidence_of(kit, evidence_id)
        return record.video_id, (record.window.start_s + record.window.end_s) / 2
    if time is None:
        raise ToolError("search_by_moment needs an evidence_id, or a video and a time")
    return moment_of(kit, video, time)

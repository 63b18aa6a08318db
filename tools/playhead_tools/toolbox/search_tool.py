"""`search`: moments with the words there, or the list of videos."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from playhead_index.clean_text import one_line
from playhead_index.errors import ModelUnavailable, SpeakerUnknown, ToolError
from playhead_index.search.results import TEXT_LANES, Lane, Moment, Scope, SearchResult
from playhead_index.speakers import find_speakers, summarise_speakers
from playhead_index.store.catalog import SpanRow
from playhead_index.store.spans import count_spans
from playhead_index.window import Window, format_time
from playhead_tools.citations import metadata_text
from playhead_tools.evidence import Evidence, listed
from playhead_tools.retrieval import VideoEntry, reading_coverage, search_moments
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.toolbox.arguments import clamp_number, resolve_videos, resolve_windows
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.toolbox.result_rows import clock, evidence_row, video_blocks, word_row, word_rows
from playhead_tools.word_match import coverage

Kind = Literal["any", "speech", "screen", "caption", "picture"]
MAX_MOMENTS = 12
MAX_BLOCKS_OF_MOMENT = 3
MAX_SPEAKERS = 8
_LANES: dict[Kind, tuple[Lane, ...]] = {
    "any": TEXT_LANES,
    "speech": ("speech",),
    "screen": ("screen",),
    "caption": ("caption",),
    "picture": ("picture", "caption"),
}


def search(
    context: ToolContext,
    query: str = "",
    kind: Kind = "any",
    videos: list[str] = [],  # noqa: B006 - never changed; the default of a schema
    range: str = "",
    speaker: str = "",
    k: int = 6,
) -> Record:
    """Best moments for a few words, with the words there. Cheap; start here.

    Something always ranks first: read it before you believe it. Without a query: the videos with length,
    date of recording and speakers.

    Args:
        query: the thing itself, not the question.
        kind: where.
        videos: numbers or names; all when empty.
        range: like 12:30-12:41; all when empty.
        speaker: only what this person says.
        k: moments, at most 12.
    """
    notes: list[str] = []
    if not query.strip() and not speaker.strip():
        return _list_videos(context, videos, notes)
    limit = clamp_number(k, 1, MAX_MOMENTS, "k", notes)
    scope = _restrict_to_speaker(context, speaker, _scope(context, videos, range, notes))
    if not query.strip():
        return _first_rows_of_speaker(context, speaker, scope, limit, notes)
    lanes: tuple[Lane, ...] = ("speech",) if scope.speakers else _LANES[kind]
    text = query
    search_result, more = _run_search(context, text, scope, lanes, limit)
    if kind != "any" and not scope.speakers and not any(one.items for one in search_result.coverage.lanes):
        notes.append(f"nothing of the kind {kind} was indexed here, so all kinds were searched")
        lanes = _LANES["any"]
        search_result, more = _run_search(context, text, scope, lanes, limit)
    context.coverage.append(search_result.coverage)
    notes += more
    notes += [
        f"{one.lane}: {one.why_not}" for one in search_result.coverage.lanes if one.why_not and not one.items
    ]
    rows = _rows(context, search_result, text)
    if not rows:
        notes.append(
            "nothing was found; try other words, another kind, or find_events, which goes through everything"
        )
    cost = context.count_search(("search", text, scope.video_ids, str(scope.window), speaker, lanes, limit))
    return result(rows, notes, cost, summary=_moments(context, search_result) if rows else "")


def _moments(context: ToolContext, search_result: SearchResult) -> str:
    """The windows of the moments, best first, as a summary line."""
    places = [f"{context.label(one.video_id)} {clock(one.window)}".strip() for one in search_result.moments]
    return f"moments, best first: {'; '.join(places)}"


def _scope(context: ToolContext, videos: list[str], range_: str, notes: list[str]) -> Scope:
    windows_by_video = resolve_windows(context, videos, range_, notes)
    windows = set(windows_by_video.values())
    window = next(iter(windows)) if range_.strip() and len(windows) == 1 else context.scope.window
    return Scope(tuple(windows_by_video), window, context.scope.speakers)


def _restrict_to_speaker(context: ToolContext, speaker: str, scope: Scope) -> Scope:
    """A scope in which only one speaker counts; as it is where none is named."""
    if not speaker.strip():
        return scope
    speakers = ScopeSpeakers(context.catalog, scope.video_ids or ())
    try:
        find_speakers(speakers.known, speaker)
    except SpeakerUnknown as error:
        raise ToolError(str(error)) from error
    if scope.speakers is not None:
        inside, named = speakers.labels(scope.speakers), speakers.labels([speaker])
        if not any(own & inside.get(video_id, set()) for video_id, own in named.items()):
            raise ToolError(
                f"only what {listed(list(scope.speakers))} says is in scope, not {speaker.strip()}"
            )
    return replace(scope, speakers=(speaker.strip(),))


def _first_rows_of_speaker(
    context: ToolContext, speaker: str, scope: Scope, limit: int, notes: list[str]
) -> Record:
    """The first rows of what a speaker says, in time order; how many there are is said."""
    labels = ScopeSpeakers(context.catalog, scope.video_ids or ()).labels([speaker])
    blocks = [
        block
        for video_id, own in labels.items()
        for block in video_blocks(context, video_id)
        if block[0].words.kind == "speech" and block[0].words.speaker in own
        if scope.window is None or _lies_in(block, scope.window)
    ]
    places = [(v, scope.window or context.scope_window(context.video(v))) for v in scope.video_ids or ()]
    context.coverage.append(reading_coverage(context.catalog, places, ["speech"]))
    if len(blocks) > limit:
        notes.append(f"{speaker} says {len(blocks)} rows, the first {limit} are given; give a query, or read")
    return result(word_rows(context, blocks[:limit]), notes)


def _run_search(
    context: ToolContext, query: str, scope: Scope, lanes: tuple[Lane, ...], limit: int
) -> tuple[SearchResult, tuple[str, ...]]:
    """One search; without the picture lane when its model cannot be loaded, which it says."""
    try:
        searched = search_moments(context.finder, query, scope=scope, lanes=lanes, limit=limit)
    except ModelUnavailable as error:
        rest = tuple(lane for lane in lanes if lane != "picture")
        if rest == lanes or not rest:
            raise ToolError(f"this cannot be searched here: {error}") from error
        search_result, notes = _run_search(context, query, scope, rest, limit)
        return search_result, (*notes, f"pictures were not searched: {error}")
    return searched.result, searched.notes


def _rows(context: ToolContext, search_result: SearchResult, query: str) -> list[Record]:
    """A row for each block of words and each best picture of the moments, best moment first, each once."""
    rows: dict[str, Record] = {}
    for moment in search_result.moments:
        if len(rows) >= context.limits.max_rows:
            break
        for row in _moment_rows(context, moment, query):
            rows.setdefault(row["id"] or str(len(rows)), row)
    return list(rows.values())[: context.limits.max_rows]


def _moment_rows(context: ToolContext, moment: Moment, query: str) -> list[Record]:
    """The words that were found in a moment, else those that are spoken there; and its best picture."""
    hits = [int(hit.ref.partition(":")[2]) for hit in moment.hits if hit.ref.startswith("span:")]
    frame_hits = [hit for hit in moment.hits if hit.ref.startswith("frame:")]
    blocks = video_blocks(context, moment.video_id)
    order = {span_id: at for at, span_id in enumerate(dict.fromkeys(hits))}
    hit_blocks = [block for block in blocks if any(span.id in order for span in block)]
    hit_blocks.sort(key=lambda block: min(order[span.id] for span in block if span.id in order))
    moment_blocks = hit_blocks or [
        b for b in blocks if b[0].words.kind != "screen" and _lies_in(b, moment.window)
    ]
    rows = [_word_row(context, block, query) for block in moment_blocks[:MAX_BLOCKS_OF_MOMENT]]
    if frame_hits:
        best = max(frame_hits, key=lambda hit: hit.score)
        window = moment.window if len(frame_hits) == len(moment.hits) else best.window
        frame = int(best.ref.partition(":")[2])
        record = Evidence("", best.video_id, window, "picture", "unverified", (), frame, lanes=(best.lane,))
        rows.insert(
            0 if not hit_blocks else len(rows), evidence_row(context, record, "", context.table.add(record))
        )
    return rows


def _lies_in(block: list[SpanRow], window: Window) -> bool:
    return block[0].words.window.start_s < window.end_s and block[-1].words.window.end_s > window.start_s


def _word_row(context: ToolContext, block: list[SpanRow], query: str) -> Record:
    match = coverage(query, " ".join(span.words.text for span in block))
    return {**word_row(context, block, match, query), "match": round(match, 2)}


# ---- the list of videos ----


def _list_videos(context: ToolContext, videos: list[str], notes: list[str]) -> Record:
    entries = resolve_videos(context, videos)
    if len(entries) > context.limits.max_rows:
        notes.append(
            f"{len(entries)} videos, the first {context.limits.max_rows} are given; name some in videos"
        )
    rows = [_video_row(context, one) for one in entries[: context.limits.max_rows]]
    num_dated = sum("recorded" in row for row in rows)
    if num_dated < len(rows):
        notes.append(f"when it was recorded is not known of {len(rows) - num_dated} of {len(rows)} videos")
    return result(rows, notes, summary=f"{len(context.videos())} videos in scope", videos=len(entries))


def _video_row(context: ToolContext, video: VideoEntry) -> Record:
    """The facts of a file as evidence of kind metadata."""
    record = Evidence("", video.video_id, Window(0.0, video.duration_s), "metadata", "supported", match=1.0)
    row = evidence_row(context, record, "", context.table.add(record))
    row["length_s"], row["length"] = round(video.duration_s, 2), format_time(video.duration_s)
    if video.recorded_at is not None:
        row["recorded"] = datetime.fromtimestamp(video.recorded_at, UTC).isoformat(timespec="seconds")
    row["holds"] = count_spans(context.catalog, (video.video_id,))
    speakers = summarise_speakers(context.catalog, video.video_id)[:MAX_SPEAKERS]
    if speakers:
        row["speaks_s"] = {one_line(one.display_name): round(one.speaking_s, 1) for one in speakers}
    row["words"] = "; ".join(_facts(video, row))
    return row


def _facts(video: VideoEntry, row: Record) -> list[str]:
    facts = [metadata_text(video)]
    holds = ", ".join(f"{n} {kind} texts" for kind, n in row["holds"].items())
    facts += [f"holds {holds}"] if holds else []
    spoken = ", ".join(f"{name} {format_time(s)}" for name, s in row.get("speaks_s", {}).items())
    return [*facts, *([f"speakers: {spoken}"] if spoken else [])]

"""Tools that read: the list of videos, an outline, captions, speech and screen text, what is next door."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_index.errors import ToolError
from playhead_index.search.results import Lane
from playhead_index.speakers import summarise_speakers
from playhead_index.store.catalog import SegmentRow, SpanRow
from playhead_index.window import Window, format_time
from playhead_index.words.protocol import SpanKind
from playhead_tools import look_up
from playhead_tools.evidence import Evidence, words_evidence
from playhead_tools.look_up import VideoEntry, read_words, reading_coverage
from playhead_tools.toolbox.arguments import Time, evidence_of, fitting, moment_of, video_of, window_of
from playhead_tools.toolbox.kit import Kit, Record, as_data, place, result, row_of

MOST_PARTS = 24
MAX_SPEAKERS = 8
MOST_NEIGHBOURS = 3
WORDS_A_NEIGHBOUR = 6


def list_videos(kit: Kit, name_contains: str = "") -> Record:
    """The videos in scope, each with its length, what the library holds of it, and who speaks how long.

    Cost: nothing. Call it when you do not know the videos, or are asked about a file as a file.

    Args:
        name_contains: only files with this in their name; empty for all.
    """
    wanted = name_contains.strip().casefold()
    videos = [v for v in kit.videos() if wanted in v.name.casefold()]
    notes = []
    if len(videos) > kit.limits.rows:
        notes.append(f"{len(videos)} videos, the first {kit.limits.rows} are given; use name_contains")
    rows = [_video_row(kit, video) for video in videos[: kit.limits.rows]]
    return result(rows, notes, videos=len(videos))


def _video_row(kit: Kit, video: VideoEntry) -> Record:
    whole = Window(0.0, video.duration_s)
    record = Evidence("", video.video_id, whole, "metadata", "supported", match=1.0)
    row = row_of(kit, record, "", kit.table.add(record))
    counted = kit.catalog.query(
        "SELECT kind, count(*) FROM span WHERE video_id = ? GROUP BY kind ORDER BY kind", (video.video_id,)
    )
    row["length_s"], row["length"] = round(video.duration_s, 2), format_time(video.duration_s)
    row["holds"] = dict(counted)
    speakers = summarise_speakers(kit.catalog, video.video_id)[:MAX_SPEAKERS]
    if speakers:
        row["speaks_s"] = {as_data(one.display_name): round(one.speaking_s, 1) for one in speakers}
    return row


def outline(kit: Kit, video: str = "", parts: int = 8) -> Record:
    """A video in equal parts, each with the first thing that is written, captioned or said in it.

    Cost: nothing. A first look at what a long video is about; it skips most of what is there.

    Args:
        video: name or id; may be empty when only one is in scope.
        parts: how many, at most 24.
    """
    notes: list[str] = []
    entry = video_of(kit, video)
    whole = kit.whole(entry)
    n = fitting(parts, 1, MOST_PARTS, "parts", notes)
    rows = []
    for part in look_up.outline(kit.catalog, entry.video_id, n):
        if part.span is None or part.window.overlap_s(whole) <= 0:
            continue
        (row,) = word_rows(kit, [part.span])
        rows.append({**row, "part": str(part.window)})
    return result(rows, notes)


def read_captions(kit: Kit, video: str = "", start: Time | None = None, end: Time | None = None) -> Record:
    """What a model wrote of the pictures when the video was indexed, in time order.

    Cost: nothing. Cheaper than inspect, and to be trusted over the Yes of a look when the two disagree on
    whether something is there at all.

    Args:
        video: name or id; may be empty when only one is in scope.
        start: seconds or a clock like "1:15"; the beginning when left out.
        end: likewise; the end when left out.
    """
    return _read(kit, video, start, end, ("caption",))


def read_transcript(kit: Kit, video: str = "", start: Time | None = None, end: Time | None = None) -> Record:
    """What is said and what is written on the screen in a stretch, word for word, with times.

    Cost: nothing. Exact: prefer it for what was said, written, or when. A long stretch is cut: read it in
    parts.

    Args:
        video: name or id; may be empty when only one is in scope.
        start: seconds or a clock like "1:15"; the beginning when left out.
        end: likewise; the end when left out.
    """
    return _read(kit, video, start, end, ("speech", "screen"))


def _read(kit: Kit, video: str, start: Time | None, end: Time | None, kinds: Sequence[SpanKind]) -> Record:
    notes: list[str] = []
    entry = video_of(kit, video)
    window = window_of(kit, entry, start, end, notes)
    reading = read_words(kit.catalog, entry.video_id, window)
    spans = [span for span in reading.spans if span.words.kind in kinds]
    lanes: list[Lane] = list(kinds)
    coverage = reading_coverage(kit.catalog, [(entry.video_id, window)], lanes)
    kit.coverage.append(coverage)
    notes += [f"{line.lane}: {line.why_not or 'none here'}" for line in coverage.lanes if not line.items]
    most = kit.limits.rows
    if len(spans) > most:
        until = format_time(spans[most].words.window.start_s)
        notes.append(f"{len(spans)} rows lie in {window}; the first {most} are given, read on from {until}")
    return result(word_rows(kit, spans[:most]), notes, read=str(window))


def word_rows(kit: Kit, spans: Sequence[SpanRow], match: float = 1.0, about: str = "") -> list[Record]:
    """A row for each span, put into the table."""
    rows = []
    for span in spans:
        record = words_evidence([span], "supported", match=match, lanes=(span.words.kind,))
        record = replace(record, speaker=kit.speakers.of_span(span))
        rows.append(row_of(kit, record, span.words.text, kit.table.add(record), about))
    return rows


def neighbours(
    kit: Kit, evidence_id: str = "", video: str = "", time: Time | None = None, n: int = 1
) -> Record:
    """The segments just before and just after a piece of evidence or a time, with their words.

    Cost: nothing. What a question about right before, right after, or the context of something needs.

    Args:
        evidence_id: the evidence that is in the middle, like "E3"; or give video and time.
        video: name or id.
        time: seconds or a clock.
        n: segments on each side, at most 3.
    """
    notes: list[str] = []
    steps = fitting(n, 1, MOST_NEIGHBOURS, "n", notes)
    video_id, middle = _middle(kit, evidence_id, video, time)
    segments = kit.catalog.segments(video_id)
    at = [i for i, segment in enumerate(segments) if segment.window.overlap_s(middle) > 0]
    if not at:
        raise ToolError(f"no segment is stored at {middle}; read_transcript reads any stretch")
    chosen = segments[max(0, at[0] - steps) : at[-1] + steps + 1]
    rows = [row for segment in chosen for row in _segment_rows(kit, segment)]
    parts = [{**place(kit, video_id, s.window), "is_middle": segments.index(s) in at} for s in chosen]
    return result(rows[: kit.limits.rows], notes, segments=parts)


def _middle(kit: Kit, evidence_id: str, video: str, time: Time | None) -> tuple[str, Window]:
    if evidence_id.strip():
        record = evidence_of(kit, evidence_id)
        return record.video_id, record.window
    if time is None:
        raise ToolError("neighbours needs an evidence_id, or a video and a time")
    video_id, time_s = moment_of(kit, video, time)
    return video_id, Window(time_s, time_s + 1e-3)


def _segment_rows(kit: Kit, segment: SegmentRow) -> list[Record]:
    inside = kit.catalog.spans(segment.video_id, None, segment.window)
    begun = [s for s in inside if s.words.window.start_s in segment.window][:WORDS_A_NEIGHBOUR]
    return word_rows(kit, begun)

"""How far the stages of many videos have come, read with a few queries however many videos there are."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from playhead_index.decode.protocol import SOUND_NOT_READ
from playhead_index.store.catalog import MAX_IDS_IN_SQL, Catalog
from playhead_index.store.schema import LIVE
from playhead_index.window import Window
from playhead_index.words.protocol import MIN_CONFIDENCE

MAX_CUES = 1000
"""Cues that are enough to tell whether subtitles go with what is said: forty minutes of speech."""
TIMELINE = "timeline"
"""The row of the job table whose recipe holds the gaps of a recording; a video without gaps has none."""
JOINED_S = 1.0
"""Intervals of uncertain speech that are at most so far apart count as one."""
STAGES_OF_COVERAGE = ("subtitles", "speech", "screen", "picture", "caption")


@dataclass(frozen=True, slots=True)
class StageState:
    """Status, position and note of one stage of one video; see `playhead_index.store.job_table.Stage`."""

    status: str
    position_s: float
    note: str


@dataclass(frozen=True, slots=True)
class VideoStages:
    """What decides how much of one video can be searched.

    Args:
        video_id: of the video.
        duration_s: length in seconds.
        has_audio: it has a sound track.
        has_subtitles: words of a subtitle track or file are stored; False, without reading the words, where
            recognised speech covers the whole video.
        stages: those of `STAGES_OF_COVERAGE`, by name; a stage that has not begun is missing.
        has_unread_sound: a part of its sound is not read.
        subtitled_s: seconds of its first `MAX_CUES` subtitle cues together, without subtitles that are no
            transcript of its sound (forced ones, a commentary, a translation).
        voiced_s: seconds in which somebody speaks; None where no voice detector has run.
        subtitled_voice_s: the part of `voiced_s` that subtitles cover.
        has_frames: False for a file with sound alone.
        gaps: intervals in which it holds neither frames nor sound.
        uncertain: intervals of speech that were recognised with a confidence below `MIN_CONFIDENCE`.
        recognised_s: seconds of speech with a known confidence; 0 where none of it is uncertain.
    """

    video_id: str
    duration_s: float
    has_audio: bool
    has_subtitles: bool
    stages: Mapping[str, StageState]
    has_unread_sound: bool = False
    subtitled_s: float = math.inf
    voiced_s: float | None = None
    subtitled_voice_s: float = 0.0
    has_frames: bool = True
    gaps: tuple[Window, ...] = ()
    uncertain: tuple[Window, ...] = ()
    recognised_s: float = 0.0


def read_video_stages(catalog: Catalog, video_ids: Collection[str] | None = None) -> dict[str, VideoStages]:
    """The stages of some videos by video id; of every video of the catalog when None.

    Above `MAX_IDS_IN_SQL` videos all rows are read, and those that were named are picked in Python. Ids that
    the catalog does not hold, and replaced versions (`store.places`), are missing from the result.
    """
    where, values = f"WHERE video.{LIVE}", tuple[str, ...]()
    if video_ids is not None and len(video_ids) <= MAX_IDS_IN_SQL:
        where += f" AND video.video_id IN ({', '.join('?' * len(video_ids))})"
        values = tuple(video_ids)
    videos = catalog.query(
        "SELECT video.video_id, duration_s, has_audio, CASE WHEN EXISTS (SELECT 1 FROM stage"
        " WHERE stage.video_id = video.video_id AND name = 'speech' AND status = 'done') THEN 0 ELSE"
        " (SELECT total(end_s - start_s) FROM (SELECT start_s, end_s FROM span"
        "  WHERE span.video_id = video.video_id AND kind = 'speech' AND source NOT LIKE 'asr:%'"
        "  AND source NOT IN (SELECT source FROM subtitle_source AS own"
        "   WHERE own.video_id = video.video_id AND NOT covers_speech)"
        f"  LIMIT {MAX_CUES})) END, instr(warnings, ?), n_frames > 0,"
        " (SELECT sum(voiced_s) FROM voice_chunk WHERE voice_chunk.video_id = video.video_id),"
        " (SELECT total(subtitled_s) FROM voice_chunk WHERE voice_chunk.video_id = video.video_id)"
        f" FROM video {where} ORDER BY added_at, video.video_id",
        (SOUND_NOT_READ, *values),
    )
    stages: dict[str, dict[str, StageState]] = {}
    for video_id, name, status, position_s, note in catalog.query(
        "SELECT video.video_id, name, status, position_s, note FROM video"
        " JOIN stage ON stage.video_id = video.video_id"
        f" {where} AND name IN ({', '.join('?' * len(STAGES_OF_COVERAGE))})",
        (*values, *STAGES_OF_COVERAGE),
    ):
        stages.setdefault(video_id, {})[name] = StageState(status, position_s, note)
    gaps = read_gaps(catalog, video_ids)
    uncertain = read_uncertain(catalog, video_ids)
    requested = None if video_ids is None else set(video_ids)
    return {
        video_id: VideoStages(
            video_id, duration_s, bool(has_audio), subtitled_s > 0, stages.get(video_id, {}), bool(unread),
            subtitled_s, voiced_s, subtitled_voice_s, bool(has_frames), gaps.get(video_id, ()),
            *uncertain.get(video_id, ((), 0.0)),
        )
        for (
            video_id, duration_s, has_audio, subtitled_s, unread, has_frames, voiced_s, subtitled_voice_s
        ) in videos
        if requested is None or video_id in requested
    }  # fmt: skip


def read_gaps(catalog: Catalog, video_ids: Collection[str] | None = None) -> dict[str, tuple[Window, ...]]:
    """The gaps of those videos that have any, by video id; of the whole catalog when None."""
    where, values = "", tuple[str, ...]()
    if video_ids is not None and len(video_ids) <= MAX_IDS_IN_SQL:
        where = f" AND video_id IN ({', '.join('?' * len(video_ids))})"
        values = tuple(video_ids)
    rows = catalog.query(f"SELECT video_id, recipe FROM stage WHERE name = ?{where}", (TIMELINE, *values))
    return {video_id: _gaps_from_text(recipe) for video_id, recipe in rows if recipe}


def read_uncertain(
    catalog: Catalog, video_ids: Collection[str] | None = None
) -> dict[str, tuple[tuple[Window, ...], float]]:
    """Intervals of uncertain speech, joined where they touch, and seconds of speech with a confidence.

    By video id, for those videos that have uncertain speech; of the whole catalog when None.
    """
    where, values = "", tuple[str, ...]()
    if video_ids is not None and len(video_ids) <= MAX_IDS_IN_SQL:
        where = f" AND video_id IN ({', '.join('?' * len(video_ids))})"
        values = tuple(video_ids)
    rows = catalog.query(
        "SELECT video_id, start_s, end_s FROM span WHERE kind = 'speech' AND confidence < ?"
        f"{where} ORDER BY video_id, start_s",
        (MIN_CONFIDENCE, *values),
    )
    intervals: dict[str, list[list[float]]] = {}
    for video_id, start_s, end_s in rows:
        own = intervals.setdefault(video_id, [])
        if own and start_s <= own[-1][1] + JOINED_S:
            own[-1][1] = max(own[-1][1], end_s)
        else:
            own.append([start_s, end_s])
    return {
        video_id: (tuple(Window(*one) for one in own), _recognised_s(catalog, video_id))
        for video_id, own in intervals.items()
    }


def _recognised_s(catalog: Catalog, video_id: str) -> float:
    """Seconds of the speech of a video whose confidence is known."""
    ((seconds,),) = catalog.query(
        "SELECT total(end_s - start_s) FROM span"
        " WHERE video_id = ? AND kind = 'speech' AND confidence IS NOT NULL",
        (video_id,),
    )
    return float(seconds)


def gaps_to_text(gaps: Sequence[Window]) -> str:
    """Gaps as they are stored: JSON, a pair of seconds each; empty for none."""
    return json.dumps([[gap.start_s, gap.end_s] for gap in gaps]) if gaps else ""


def _gaps_from_text(text: str) -> tuple[Window, ...]:
    return tuple(Window(start_s, end_s) for start_s, end_s in json.loads(text))

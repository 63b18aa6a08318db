"""The stage that captions segments, where a captioner was given."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from playhead_index.batches import batches
from playhead_index.decode import VideoReader
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import SegmentRow
from playhead_index.store.job_table import Stage, read_stage, switch_off, write_stage
from playhead_index.store.spans import delete_captions, insert_words
from playhead_index.window import Window
from playhead_index.words.protocol import Captioner, SegmentFrames, Words

CAPTION_FRAMES = 4
CAPTION_SHORT_SIDE_PX = 720


def caption_segments(job: VideoJob) -> None:
    """Stores a caption a segment; goes on behind the last batch committed.

    Captions of another captioner are made again. Without a captioner those that are there stay, and a run
    that has one goes on with them. A file without frames has none.
    """
    if not job.info.has_frames:
        switch_off(job.catalog, job.video_id, "caption", NO_FRAMES)
        return
    captioner, stage = job.models.captioner, read_stage(job.catalog, job.video_id, "caption")
    if captioner is None:
        _leave_out(job, stage, job.models.why_off("caption"))
        return
    if stage.recipe != captioner.name:
        stage = Stage("caption", recipe=captioner.name)
        with job.catalog.atomic() as db:
            delete_captions(db, job.video_id)
            write_stage(db, job.video_id, stage)
    if stage.status != "done":
        _caption(job, captioner, stage.position_s)


def _leave_out(job: VideoJob, stage: Stage, why: str) -> None:
    """Notes that nothing is captioned now, and leaves how far captioning had come."""
    if not stage.recipe:
        switch_off(job.catalog, job.video_id, "caption", why)
    elif stage.status == "running":
        with job.catalog.atomic() as db:
            write_stage(db, job.video_id, replace(stage, status="off", note=why))


def _caption(job: VideoJob, captioner: Captioner, from_s: float) -> None:
    segments = job.catalog.segments(job.video_id)
    todo = [segment for segment in segments if segment.window.start_s >= from_s]
    speech = [row.words for row in job.catalog.spans(job.video_id, "speech") if not row.words.is_uncertain]
    for batch in batches(_segment_frames(job.reader, todo, speech), captioner.batch):
        captions = captioner.caption(batch)
        if len(captions) != len(batch):
            raise ValueError(f"{captioner.name} gave {len(captions)} captions for {len(batch)} segments")
        pairs = zip(batch, captions, strict=True)
        found = [Words("caption", captioner.name, s.window, text) for s, text in pairs if text.strip()]
        position_s = batch[-1].window.end_s
        with job.catalog.atomic() as db:
            insert_words(db, job.video_id, found)
            write_stage(db, job.video_id, Stage("caption", "running", position_s, recipe=captioner.name))
    without = len(segments) - len(job.catalog.spans(job.video_id, "caption"))
    note = f"{without} of {len(segments)} segments have none: what the model said did not hold"
    done = Stage("caption", "done", job.info.duration_s, recipe=captioner.name, note=note if without else "")
    with job.catalog.atomic() as db:
        write_stage(db, job.video_id, done)


def _segment_frames(
    reader: VideoReader, segments: Sequence[SegmentRow], speech: Sequence[Words]
) -> Iterator[SegmentFrames]:
    """The different frames of each segment, read in one pass over the file for all of them, and its words.

    Args:
        reader: of the file.
        segments: in time order.
        speech: of the video, in time order; words that begin or end in a segment are its words.
    """
    times_s = [time_s for segment in segments for time_s in _times_s(segment.window)]
    frames = batches(reader.frames_at(times_s, short_side_px=CAPTION_SHORT_SIDE_PX), CAPTION_FRAMES)
    for segment, of_segment in zip(segments, frames, strict=True):
        different = {frame.pts_s: frame for frame in of_segment}
        words = tuple(one for one in speech if one.window.overlap_s(segment.window) > 0)
        yield SegmentFrames(segment.video_id, segment.window, tuple(different.values()), words)


def _times_s(window: Window) -> list[float]:
    """The middles of equal parts of a segment."""
    step_s = window.duration_s / CAPTION_FRAMES
    return [window.start_s + (i + 0.5) * step_s for i in range(CAPTION_FRAMES)]

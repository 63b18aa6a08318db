"""The stage of OCR: reads text in frames."""

import json

from playhead_index.batches import batches
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.index_settings import SWITCHED_OFF
from playhead_index.settings import made_with, screen_reading, to_text
from playhead_index.stages.embed_frames import layout_vectors
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.job_table import Stage, read_stage, switch_off, write_stage
from playhead_index.store.ocr_readings import delete_readings, insert_readings, read_readings, read_rows_read
from playhead_index.store.spans import delete_screen_text, insert_words
from playhead_index.window import Window
from playhead_index.words.merge_screen_text import merge_screen_text, select_readings
from playhead_index.words.protocol import ScreenReader

SCREEN_SHORT_SIDE_PX = 720
READ_BATCH = 8


def read_screen(job: VideoJob) -> str:
    """Reads the stored frames in which something changed, and stores their text as spans.

    Each reading is committed before it is merged over time, so that a crash loses a few frames. What was
    read before stays until then, and where nothing is read now.

    Returns:
        What a person should know: that reading is off for this run; else empty.
    """
    if not job.info.has_frames:
        switch_off(job.catalog, job.video_id, "screen", NO_FRAMES)
        return ""
    screen_reader = job.models.screen_reader
    stage = read_stage(job.catalog, job.video_id, "screen")
    if screen_reader is None:
        switch_off(job.catalog, job.video_id, "screen", job.models.why_off("screen"))
        is_for_this_run = stage.status == "done" and job.models.why_off("screen") == SWITCHED_OFF
        return f"screen text: {SWITCHED_OFF} for this run; what was read stays" if is_for_this_run else ""
    requested = screen_reading(job.settings, screen_reader.name)
    if made_with(stage) != requested:
        with job.catalog.atomic() as db:
            delete_readings(db, job.video_id)
            write_stage(db, job.video_id, Stage("screen", recipe=to_text(requested)))
    elif stage.status == "done":
        return ""
    chosen = _frames_to_read(job)
    _read_frames(job, screen_reader, chosen, to_text(requested))
    readings = read_readings(job.catalog, job.video_id)
    spans = merge_screen_text(
        ((window, [(text, score) for text, score in json.loads(readings[row])]) for row, window in chosen),
        source=screen_reader.name,
    )
    with job.catalog.atomic() as db:
        delete_screen_text(db, job.video_id)
        insert_words(db, job.video_id, spans)
        delete_readings(db, job.video_id)
        done = Stage("screen", "done", job.info.duration_s, len(chosen), to_text(requested))
        write_stage(db, job.video_id, done)
    return ""


def _frames_to_read(job: VideoJob) -> list[tuple[int, Window]]:
    """(row, window its reading stands for) of the stored frames that are worth reading."""
    frames = job.catalog.frames(job.video_id)
    chosen = select_readings(
        [frame.window for frame in frames],
        layout_vectors(job.catalog, job.video_id, len(frames)),
        min_gap_s=job.settings.read_screen_every_s,
    )
    return [(frames[i].row, window) for i, window in chosen]


def _read_frames(
    job: VideoJob, screen_reader: ScreenReader, chosen: list[tuple[int, Window]], made: str
) -> None:
    done = read_rows_read(job.catalog, job.video_id)
    todo = [(row, window) for row, window in chosen if row not in done]
    frames = job.reader.frames_at([window.start_s for _, window in todo], short_side_px=SCREEN_SHORT_SIDE_PX)
    for batch in batches(zip(todo, frames, strict=False), READ_BATCH):
        lines = {row: json.dumps(screen_reader.read(frame.rgb)) for (row, _), frame in batch}
        with job.catalog.atomic() as db:
            insert_readings(db, job.video_id, lines)
            position_s = batch[-1][0][1].end_s
            write_stage(db, job.video_id, Stage("screen", "running", position_s, recipe=made))

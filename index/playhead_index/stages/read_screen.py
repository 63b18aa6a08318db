"""The stage of OCR: reads text in frames."""

import json

from playhead_index.batches import batches
from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.recipe import SWITCHED_OFF, IndexSettings, Models
from playhead_index.settings import made_with, screen_reading, to_text
from playhead_index.stages.embed_frames import layout_vectors
from playhead_index.stages.job_table import Stage, read_stage, switch_off, write_stage
from playhead_index.stages.transcribe import insert_words
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_index.words.merge import merge_screen_text, select_readings
from playhead_index.words.protocol import ScreenReader

SCREEN_SHORT_SIDE_PX = 720
READ_BATCH = 8


def read_screen(
    catalog: Catalog,
    video_id: str,
    reader: VideoReader,
    info: VideoInfo,
    settings: IndexSettings,
    models: Models,
) -> str:
    """Reads the stored frames in which something changed, and stores their text as spans.

    Each reading is committed before it is merged over time, so that a crash loses a few frames. What was
    read before stays until then, and where nothing is read now.

    Returns:
        What a person should know: that reading is off for this run; else empty.
    """
    if not info.has_frames:
        switch_off(catalog, video_id, "screen", NO_FRAMES)
        return ""
    screen_reader = models.screen_reader
    stage = read_stage(catalog, video_id, "screen")
    if screen_reader is None:
        switch_off(catalog, video_id, "screen", models.why_off("screen"))
        is_for_this_run = stage.status == "done" and models.why_off("screen") == SWITCHED_OFF
        return f"screen text: {SWITCHED_OFF} for this run; what was read stays" if is_for_this_run else ""
    requested = screen_reading(settings, screen_reader.name)
    if made_with(stage) != requested:
        with catalog.atomic() as db:
            db.execute("DELETE FROM reading WHERE video_id = ?", (video_id,))
            write_stage(db, video_id, Stage("screen", recipe=to_text(requested)))
    elif stage.status == "done":
        return ""
    chosen = _frames_to_read(catalog, video_id, settings)
    _read_frames(catalog, video_id, reader, screen_reader, chosen, to_text(requested))
    readings = dict(catalog.query("SELECT row, lines FROM reading WHERE video_id = ?", (video_id,)))
    spans = merge_screen_text(
        ((window, [(text, score) for text, score in json.loads(readings[row])]) for row, window in chosen),
        source=screen_reader.name,
    )
    with catalog.atomic() as db:
        db.execute("DELETE FROM span WHERE video_id = ? AND kind = 'screen'", (video_id,))
        insert_words(db, video_id, spans)
        db.execute("DELETE FROM reading WHERE video_id = ?", (video_id,))
        write_stage(db, video_id, Stage("screen", "done", info.duration_s, len(chosen), to_text(requested)))
    return ""


def _frames_to_read(catalog: Catalog, video_id: str, settings: IndexSettings) -> list[tuple[int, Window]]:
    """(row, window its reading stands for) of the stored frames that are worth reading."""
    frames = catalog.frames(video_id)
    chosen = select_readings(
        [frame.window for frame in frames],
        layout_vectors(catalog, video_id, len(frames)),
        min_gap_s=settings.read_screen_every_s,
    )
    return [(frames[i].row, window) for i, window in chosen]


def _read_frames(
    catalog: Catalog,
    video_id: str,
    reader: VideoReader,
    screen_reader: ScreenReader,
    chosen: list[tuple[int, Window]],
    made: str,
) -> None:
    done = {row for (row,) in catalog.query("SELECT row FROM reading WHERE video_id = ?", (video_id,))}
    todo = [(row, window) for row, window in chosen if row not in done]
    frames = reader.frames_at([window.start_s for _, window in todo], short_side_px=SCREEN_SHORT_SIDE_PX)
    for batch in batches(zip(todo, frames, strict=False), READ_BATCH):
        lines = [(row, json.dumps(screen_reader.read(frame.rgb))) for (row, _), frame in batch]
        with catalog.atomic() as db:
            for row, text in lines:
                db.execute("INSERT INTO reading VALUES (?, ?, ?)", (video_id, row, text))
            position_s = batch[-1][0][1].end_s
            write_stage(db, video_id, Stage("screen", "running", position_s, recipe=made))

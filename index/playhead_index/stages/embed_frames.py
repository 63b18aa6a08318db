"""The stage that samples and embeds frames.

A frame that shows the same as the last stored one is not embedded again: that one's window grows
over it. Row i of a video's shard in every frame space belongs to its i-th stored frame.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from playhead_index.batches import batches
from playhead_index.decode import Frame
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.embed.protocol import ModelTag
from playhead_index.index_settings import Models
from playhead_index.segment.sampling_times import sampling_times
from playhead_index.segment.signature import SIGNATURE_TAG, is_same_image, signature
from playhead_index.settings import sampling, to_text
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import Catalog
from playhead_index.store.frames import end_frames_at, end_last_frame, insert_frames
from playhead_index.store.job_table import Stage, read_stage, read_stages, switch_off, write_stage
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards
from playhead_index.window import Window

PLAN_SHORT_SIDE_PX = 144
MIN_SHORT_SIDE_PX = 224
Embed = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space of frames that this run fills: its shards and what makes its vectors."""

    name: str
    shards: Shards
    embed: Embed


def frame_spaces(catalog: Catalog, models: Models) -> list[Space]:
    """The frame spaces that can be filled with these models; `layout` always can.

    Raises:
        LibraryMismatch: a space of the library was made with another model.
    """
    made: list[tuple[str, ModelTag, Embed]] = [("layout", SIGNATURE_TAG, _signatures)]
    if models.picture is not None:
        made.append(("picture", models.picture.tag, models.picture.encode_images))
    if models.appearance is not None:
        made.append(("appearance", models.appearance.tag, models.appearance.encode_images))
    for name, tag, _ in made:
        register_space(catalog, name, tag)
    return [Space(name, Shards(catalog.path.parent, name, tag.width), embed) for name, tag, embed in made]


def layout_vectors(catalog: Catalog, video_id: str, rows: int) -> NDArray[np.float32]:
    """(rows, S) float32 layout signatures of the first stored frames of a video, from its shard."""
    shards = Shards(catalog.path.parent, "layout", SIGNATURE_TAG.width)
    return np.asarray(shards.read(video_id)[:rows], dtype=np.float32)


def embed_frames(job: VideoJob) -> None:
    """Samples a video once, stores the frames that differ, and embeds them.

    Continues where an earlier run stopped. A space whose model came later is filled from the frames
    that were stored then. A file without frames has these stages off.

    Raises:
        VideoUnreadable: nothing can be decoded.
        LibraryMismatch: a space of the library was made with another model.
        DiskFull: vectors cannot be written.
    """
    if not job.info.has_frames:
        for name in ("look", "layout", "picture", "appearance"):
            switch_off(job.catalog, job.video_id, name, NO_FRAMES)
        return
    spaces = frame_spaces(job.catalog, job.models)
    short_side_px = max(
        [MIN_SHORT_SIDE_PX, *(m.image_size_px for m in (job.models.picture, job.models.appearance) if m)]
    )
    for space in spaces:
        _catch_up(job, space, short_side_px)
    if read_stage(job.catalog, job.video_id, "look").status != "done":
        times_s = frame_times(job)
        _embed_remaining(job, spaces, times_s, short_side_px)
    _finish_spaces(job, spaces)


def frame_times(job: VideoJob) -> NDArray[np.float64]:
    """(N,) float64, the sampled times in seconds; the same for every run with the same settings.

    A position in them is a place to resume.
    """
    has_keyframes = len(job.info.keyframes_s) > 0
    key_signatures = _key_signatures(job) if has_keyframes and not job.settings.everywhere else None
    return sampling_times(
        job.info,
        key_signatures,
        fps=job.settings.fps,
        everywhere=job.settings.everywhere,
        longest_gap_s=job.settings.longest_gap_s,
    )


def _key_signatures(job: VideoJob) -> NDArray[np.float32]:
    """(K, S) float32, one row a keyframe; NaN, which is like nothing, for one that does not decode."""
    signatures = np.full((len(job.info.keyframes_s), SIGNATURE_TAG.width), np.nan, dtype=np.float32)
    for frame in job.reader.keyframes(short_side_px=PLAN_SHORT_SIDE_PX):
        nearest = int(np.abs(job.info.keyframes_s - frame.pts_s).argmin())
        signatures[nearest] = signature(frame.rgb)
    return signatures


def _embed_remaining(
    job: VideoJob, spaces: Sequence[Space], times_s: NDArray[np.float64], short_side_px: int
) -> None:
    """Embeds the frames of the times that are left; `Stage.rows` of `look` counts the times done."""
    stage_settings = to_text(sampling(job.settings))
    num_done = read_stage(job.catalog, job.video_id, "look").rows
    num_stored = len(job.catalog.frames(job.video_id))
    last = _last_stored_frame(job, short_side_px)
    frames = job.reader.frames_at(times_s[num_done:].tolist(), short_side_px=short_side_px)
    for batch in batches(frames, job.settings.batch_size):
        new, last = _new_frames(batch, last, job.info.gaps)
        _append(spaces, job.video_id, [frame.rgb for frame in new])
        num_done += len(batch)
        until_s = float(times_s[num_done]) if num_done < len(times_s) else job.info.duration_s
        with job.catalog.atomic() as db:
            _insert_frames(db, job.video_id, new, num_stored, until_s)
            num_stored += len(new)
            write_stage(db, job.video_id, Stage("look", "running", until_s, num_done, stage_settings))
            for space in spaces:
                write_stage(db, job.video_id, Stage(space.name, "running", until_s, num_stored))
    with job.catalog.atomic() as db:
        end_last_frame(db, job.video_id, num_stored, job.info.duration_s)
        for gap in job.info.gaps:
            end_frames_at(db, job.video_id, gap.start_s)
        write_stage(db, job.video_id, Stage("look", "done", job.info.duration_s, num_done, stage_settings))


def _last_stored_frame(job: VideoJob, short_side_px: int) -> Frame | None:
    frames = job.catalog.frames(job.video_id)
    if not frames:
        return None
    return next(iter(job.reader.frames_at([frames[-1].window.start_s], short_side_px=short_side_px)))


def _new_frames(
    batch: Sequence[Frame], last: Frame | None, gaps: Sequence[Window]
) -> tuple[list[Frame], Frame | None]:
    """The frames of a batch that differ from the last stored frame, or are the first behind a gap."""
    new = []
    for frame in batch:
        if last is None or (frame.pts_s > last.pts_s and _is_new(last, frame, gaps)):
            new.append(frame)
            last = frame
    return new, last


def _is_new(last: Frame, frame: Frame, gaps: Sequence[Window]) -> bool:
    if any(last.pts_s <= gap.start_s and gap.end_s <= frame.pts_s for gap in gaps):
        return True
    return not is_same_image(last.rgb, frame.rgb)


def _insert_frames(db: Database, video_id: str, new: Sequence[Frame], first_row: int, until_s: float) -> None:
    """Rows for new frames: each stands until the next one, the last until the next sampled time."""
    starts_s = [frame.pts_s if first_row + i else 0.0 for i, frame in enumerate(new)]
    end_last_frame(db, video_id, first_row, starts_s[0] if starts_s else until_s)
    insert_frames(db, video_id, first_row, [Window(*edges) for edges in pairwise([*starts_s, until_s])])


def _catch_up(job: VideoJob, space: Space, short_side_px: int) -> None:
    """Drops rows of a shard that a crash left, and embeds stored frames that this space does not have yet."""
    rows = read_stage(job.catalog, job.video_id, space.name).rows
    space.shards.truncate(job.video_id, rows)
    missing = job.catalog.frames(job.video_id)[rows:]
    frames = job.reader.frames_at([row.window.start_s for row in missing], short_side_px=short_side_px)
    for batch in batches(frames, job.settings.batch_size):
        _append([space], job.video_id, [frame.rgb for frame in batch])
        rows += len(batch)
        with job.catalog.atomic() as db:
            write_stage(db, job.video_id, Stage(space.name, "running", batch[-1].pts_s, rows))


def _append(spaces: Sequence[Space], video_id: str, images: Sequence[NDArray[np.uint8]]) -> None:
    if images:
        for space in spaces:
            space.shards.append(video_id, space.embed(images))


def _finish_spaces(job: VideoJob, spaces: Sequence[Space]) -> None:
    filled = {space.name for space in spaces}
    stages: Mapping[str, Stage] = read_stages(job.catalog, job.video_id)
    num_frames = len(job.catalog.frames(job.video_id))
    finished = []
    for name in ("layout", "picture", "appearance"):
        rows = stages[name].rows if name in stages else 0
        is_complete = name in filled or 0 < rows == num_frames
        note = "" if is_complete else job.models.why_off(name)
        finished.append(Stage(name, "done" if is_complete else "off", 0.0, rows, "", note))
    if changed := [stage for stage in finished if stages.get(stage.name) != stage]:
        with job.catalog.atomic() as db:
            for stage in changed:
                write_stage(db, job.video_id, stage)


def _signatures(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    return np.stack([signature(image) for image in images])

"""The stage that cuts a video into segments where the picture changes."""

from itertools import pairwise

import numpy as np

from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.look import layout_vectors
from playhead_index.recipe import Recipe
from playhead_index.segment.cuts import cut
from playhead_index.segment.refine import refine_boundaries
from playhead_index.settings import segment_limits, to_text
from playhead_index.stages import Stage, read_stage, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window


def cut_segments(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, recipe: Recipe
) -> None:
    """Stores segments that cover the whole video, and says of each kept picture where it belongs.

    Done once for the same settings: segments that answers cite do not move when a model is added later.
    """
    if read_stage(catalog, video_id, "segment").status == "done":
        return
    windows = segment_windows(catalog, video_id, reader, info, recipe)
    made = to_text(segment_limits(recipe))
    with catalog.atomic() as db:
        db.execute("DELETE FROM segment WHERE video_id = ?", (video_id,))
        for ordinal, window in enumerate(windows):
            db.execute(
                "INSERT INTO segment (video_id, ordinal, start_s, end_s) VALUES (?, ?, ?, ?)",
                (video_id, ordinal, window.start_s, window.end_s),
            )
        db.execute(
            "UPDATE frame SET segment_id = (SELECT id FROM segment WHERE segment.video_id = frame.video_id"
            " AND segment.start_s <= frame.start_s + 1e-6 ORDER BY segment.start_s DESC LIMIT 1)"
            " WHERE video_id = ?",
            (video_id,),
        )
        write_stage(db, video_id, Stage("segment", "done", info.duration_s, len(windows), made))


def segment_windows(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, recipe: Recipe
) -> list[Window]:
    """The segments that a video's kept pictures and the settings give; they cover the whole video."""
    frames = catalog.frames(video_id)
    starts_s = np.array([frame.window.start_s for frame in frames])
    features = layout_vectors(catalog, video_id, len(frames))
    reach_s = 1.5 / recipe.fps  # a change lies at most this long before the picture that first shows it
    longest_s = max(3 * recipe.min_segment_s, recipe.max_segment_s - reach_s)
    cuts = cut(starts_s, features, info.duration_s, min_s=recipe.min_segment_s, max_s=longest_s)
    edges_s = [0.0, *(piece.window.end_s for piece in cuts)]
    changes = [i for i, piece in enumerate(cuts) if piece.is_change and i]
    exact_s = refine_boundaries(reader, [(max(0.0, edges_s[i] - reach_s), edges_s[i]) for i in changes])
    for i, at_s in zip(changes, exact_s, strict=True):
        fits = (at_s - edges_s[i - 1], edges_s[i + 1] - at_s)
        if all(recipe.min_segment_s <= length_s <= recipe.max_segment_s for length_s in fits):
            edges_s[i] = at_s
    return [Window(start_s, end_s) for start_s, end_s in pairwise(edges_s)]

"""The stored vectors of a video's frames in one vector space, and their means by segment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.short_repr import short_repr
from playhead_index.store.catalog import Catalog
from playhead_index.store.frames import frame_columns
from playhead_index.store.job_table import committed_rows
from playhead_index.store.manifest import space_tag
from playhead_index.store.shards import Shards
from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class FrameVectors:
    """The frames of a video whose vectors are finite, in time order.

    Args:
        starts_s: (n,) float64 seconds at which each frame begins.
        vectors: (n, D) float32 vectors of length 1, one a frame.
    """

    starts_s: NDArray[np.float64]
    vectors: NDArray[np.float32]
    __repr__ = short_repr


def read_frame_vectors(catalog: Catalog, video_id: str, space: str) -> FrameVectors | None:
    """The vectors of the frames of a video in one space; None where it has none.

    Args:
        catalog: of the library.
        video_id: of the video.
        space: `picture`, `appearance` or `layout`.
    """
    tag, rows = space_tag(catalog, space), committed_rows(catalog, video_id, space)
    if tag is None or not rows:
        return None
    _, row_numbers, starts_s, _ = frame_columns(catalog, video_id, rows)
    vectors = Shards(catalog.path.parent, space, tag.width).read_rows(video_id, row_numbers.astype(np.int64))
    usable = np.isfinite(vectors).all(axis=1)
    return FrameVectors(starts_s[usable], vectors[usable].astype(np.float32))


def sum_by_segment(frames: FrameVectors, segments: Sequence[Window]) -> NDArray[np.float32]:
    """(N, D) float32 the sum of the vectors of the frames that begin in each segment, zero where none does.

    Args:
        frames: n frames of one video.
        segments: N >= 1 of the video, in time order.
    """
    sums = np.zeros((len(segments), frames.vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, segment_of_frames(frames, segments), frames.vectors)
    return sums


def segment_of_frames(frames: FrameVectors, segments: Sequence[Window]) -> NDArray[np.int64]:
    """(n,) int64 index of the segment in which each frame begins; the first for those before it."""
    segment_starts_s = np.array([segment.start_s for segment in segments])
    at = np.searchsorted(segment_starts_s, frames.starts_s + 1e-6, side="right") - 1
    return np.maximum(at, 0)

"""Scenes that come back in a video: segments that look alike, with another scene between them.

Average-linkage agglomerative clustering of the mean vectors of segments on the cosine, by chains of nearest
neighbours (Müllner, 2011, arXiv:1109.2378).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.frame_vectors import FrameVectors, segment_of_frames, sum_by_segment
from playhead_index.short_repr import short_repr
from playhead_index.window import Window, join_windows

MIN_COSINE = 0.75
"""Mean cosine of the segments of two clusters from which they are one scene.

Measured on the DINOv2 ViT-g vectors of 64 tracked objects in a film of a kitchen: 55 % of 44 pairs of tracks
of one object lie above it (median .77), 1 % of 1,739 pairs of objects of different kinds. Vectors of whole
frames by the encoder that the product loads were not at hand: the threshold is unmeasured on scenes.
"""


@dataclass(frozen=True, slots=True)
class RecurringScene:
    """A scene that comes back after another scene.

    Args:
        windows: in which it is shown, each of one or more neighbouring segments, in time order; at least two.
        frame_s: seconds at which the frame begins that is most similar to all frames of the scene.
    """

    windows: tuple[Window, ...]
    frame_s: float
    __repr__ = short_repr


def recurring_scenes(
    segments: Sequence[Window], frames: FrameVectors, min_cosine: float = MIN_COSINE
) -> list[RecurringScene]:
    """The scenes of a video that come back, in the order in which they first appear.

    Segments in which no stored frame begins belong to no scene and do not separate scenes.

    Args:
        segments: of the video, in time order.
        frames: stored vectors of its frames in one space.
        min_cosine: mean cosine from which segments are one scene, -1 to 1.
    """
    if not segments:
        return []
    sums = sum_by_segment(frames, segments)
    known = np.flatnonzero(np.linalg.norm(sums, axis=1) > 0)
    scene_of_known = cluster_by_cosine(sums[known], min_cosine)
    scene = np.full(len(segments), -1)
    scene[known] = scene_of_known
    scene_of_frame = scene[segment_of_frames(frames, segments)]
    found = []
    for label in range(int(scene_of_known.max(initial=-1)) + 1):
        (at,) = np.nonzero(scene_of_known == label)
        visits = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        if len(visits) > 1:
            windows = [segments[i] for i in known[at]]
            times_s = frames.starts_s[scene_of_frame == label]
            vectors = frames.vectors[scene_of_frame == label]
            best = int((vectors @ vectors.sum(axis=0)).argmax())
            found.append(RecurringScene(tuple(join_windows(windows)), float(times_s[best])))
    return found


def cluster_by_cosine(vectors: NDArray[np.float32], min_cosine: float) -> NDArray[np.int64]:
    """(n,) int64 cluster of each vector, numbered in the order in which clusters first appear.

    O(n^2 D) time, O(n D) memory: the mean cosine of two clusters is the product of the sums of their unit
    vectors over the product of their sizes.

    Args:
        vectors: (n, D) of any length but zero.
        min_cosine: clusters are joined while the mean cosine between them is at least this.

    >>> cluster_by_cosine(np.array([[1, 0], [0, 1], [2, 0.1]], dtype=np.float32), 0.9)
    array([0, 1, 0])
    """
    sums = vectors.astype(np.float64)
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    sizes = np.ones(len(sums))
    members: dict[int, list[int]] = {i: [i] for i in range(len(sums))}
    is_open = np.ones(len(sums), dtype=bool)
    chain: list[int] = []
    while is_open.any():
        chain = chain or [int(is_open.argmax())]
        here = chain[-1]
        cosines = np.where(is_open, sums @ sums[here] / (sizes * sizes[here]), -np.inf)
        cosines[here] = -np.inf
        nearest = int(cosines.argmax())
        if len(chain) > 1 and cosines[chain[-2]] >= cosines[nearest]:
            nearest = chain[-2]
        if cosines[nearest] < min_cosine:
            is_open[here] = False
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            sums[here] += sums[nearest]
            sizes[here] += sizes[nearest]
            members[here] += members.pop(nearest)
            is_open[nearest] = False
            del chain[-2:]
        else:
            chain.append(nearest)
    labels = np.zeros(len(sums), dtype=np.int64)
    for label, own in enumerate(sorted(members.values(), key=min)):
        labels[own] = label
    return labels

"""Ranked lists of frames: by a text, by a picture, by a moment.

A nearest frame always exists, also for what no video shows. So a frame is a hit only if it stands out
twice: above what the library's frames score for this query in general, and, for a text, above what they
score for texts that fit any picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ImageTextEncoder
from playhead_index.search.intervals import windows_around
from playhead_index.search.results import Scope
from playhead_index.search.vector_lane import VectorLane
from playhead_index.window import Window

TEMPLATES = ("{}", "a photo of {}.", "a frame of a video of {}.")
ANY_PICTURE = ("a photo.", "a picture.", "an image of something.", "a frame of a video.")
STANDS_OUT = 3.0
"""Robust standard deviations above the median of the library's frames. On a real 1000 x 1000 text-video
similarity matrix (MSR-VTT) 91 of 100 true pairs and 2 of 100 others are above 3."""
FEW_FRAMES = 16
"""Below so many frames their median and spread say little."""
SURELY_TEXT = 0.05
"""So far above the texts that fit any picture a frame is a hit even if most others are, too."""
SURELY_ALIKE = 0.9
"""Cosine from which a frame is a hit for an example picture, however many others are."""
FRAMES_LOOKED_AT = 200
CONTEXT_ROWS = 40
"""Frames before and after a hit among which its window is sought: over a minute at one a second."""
NEAR_ROWS = 3
"""Hits so many frames apart or less are looked at as one."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Which frames are hits.

    Args:
        floor: the score that stands out of the library; what lies below it tells nothing.
        hits: (n,) of ids with their (n,) scores.
    """

    floor: float
    hits: Callable[[NDArray[np.int64], NDArray[np.float32]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class FoundFrame:
    """A frame that is a hit, and the window of its video that stands out around it."""

    id: int
    score: float
    video_id: str
    extent: Window


def text_vector(encoder: ImageTextEncoder, text: str) -> NDArray[np.float32]:
    """(D,) float32 of length 1: the mean over `TEMPLATES` (Radford et al., 2021, arXiv:2103.00020)."""
    mean = encoder.encode_texts([template.format(text) for template in TEMPLATES]).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def any_picture_vector(encoder: ImageTextEncoder) -> NDArray[np.float32]:
    """(D,) float32 whose dot product with a frame is its mean cosine with `ANY_PICTURE`."""
    return np.asarray(encoder.encode_texts(ANY_PICTURE).mean(axis=0), dtype=np.float32)


def keep_for_text(lane: VectorLane, query: NDArray[np.float32], any_picture: NDArray[np.float32]) -> Keep:
    """Which frames fit a text.

    Those that fit it better than they fit `ANY_PICTURE` and stand out of the library by `STANDS_OUT`, and
    those that fit it better by `SURELY_TEXT`. Frames are ranked by the cosine all the same: ranking by the
    difference lost 3 points of R@1 on the MSR-VTT matrix.
    """
    floor = _floor(lane, query)

    def hits(ids: NDArray[np.int64], scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        margins = scores - lane.store.scores(any_picture, ids)
        return np.asarray(((margins > 0) & (scores >= floor)) | (margins >= SURELY_TEXT))

    return Keep(floor, hits)


def keep_alike(lane: VectorLane, query: NDArray[np.float32]) -> Keep:
    """Which frames are like an example: those that stand out by `STANDS_OUT`, and those above `SURELY_ALIKE`.

    In a library of a few frames: those that are liker than half of them.
    """
    floor = _floor(lane, query)
    if len(lane.sample()) < FEW_FRAMES:
        floor = float(np.median(lane.sample() @ query))
    return Keep(floor, lambda ids, scores: (scores > floor) | (scores >= SURELY_ALIKE))


def rank_frames(
    lane: VectorLane,
    query: NDArray[np.float32],
    keep: Keep,
    scope: Scope,
    limit: int,
    left_out: tuple[str, Window] | None = None,
) -> list[FoundFrame]:
    """The best frames, one for each window that stands out, best first.

    Args:
        lane: refreshed, with a store.
        query: (D,) float32.
        keep: which frames are hits.
        scope: where.
        limit: most frames to return.
        left_out: a stretch of a video that is not searched.
    """
    ids, scores = _nearest(lane, query, scope, left_out)
    kept = keep.hits(ids, scores)
    if not kept.any():
        return []
    ids, scores = ids[kept], scores[kept]
    at = lane.table.positions(ids)
    peaks = _peaks(lane, at)[:limit]
    extents = _extents(lane, query, at[peaks], keep.floor, scope, left_out)
    found: list[FoundFrame] = []
    for peak, extent in zip(peaks.tolist(), extents, strict=True):
        video_id, start_s = lane.table.video_of(int(at[peak])), float(lane.table.starts_s[at[peak]])
        if not any(one.video_id == video_id and start_s in one.extent for one in found):
            found.append(FoundFrame(int(ids[peak]), float(scores[peak]), video_id, extent))
    return found


def _floor(lane: VectorLane, query: NDArray[np.float32]) -> float:
    """The score that stands out of the library; -inf for a library of a few frames."""
    background = lane.sample() @ query
    if len(background) < FEW_FRAMES:
        return -np.inf
    median = float(np.median(background))
    return median + STANDS_OUT * 1.4826 * float(np.median(np.abs(background - median)))


def _nearest(
    lane: VectorLane, query: NDArray[np.float32], scope: Scope, left_out: tuple[str, Window] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids and scores of the frames nearest to a query, those of the left out stretch dropped."""
    positions = lane.table.in_scope(scope)
    allowed = None if positions is None else lane.table.ids[positions]
    if left_out is None:
        return lane.store.search(query[None], FRAMES_LOOKED_AT, allowed).of(0)
    out = lane.table.ids[slice(*_range(lane, *left_out))]
    ids, scores = lane.store.search(query[None], FRAMES_LOOKED_AT + len(out), allowed).of(0)
    others = ~np.isin(ids, out)
    return ids[others], scores[others]


def _peaks(lane: VectorLane, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m,) which of (n,) positions, best first, are the best of those that stand close together."""
    order = np.argsort(at, kind="stable")
    videos = np.searchsorted(lane.table.offsets, at[order], side="right")
    apart = (np.diff(at[order]) > NEAR_ROWS) | (np.diff(videos) > 0)
    groups = np.concatenate([[0], np.cumsum(apart)])
    best = np.full(groups[-1] + 1, len(at))
    np.minimum.at(best, groups, order)
    return np.sort(best)


def _extents(
    lane: VectorLane,
    query: NDArray[np.float32],
    at: NDArray[np.int64],
    floor: float,
    scope: Scope,
    left_out: tuple[str, Window] | None,
) -> list[Window]:
    """The window that stands out around each of some positions; none reaches into what is left out.

    Around a frame above the floor all that lies below it is alike: how little another scene looks like what
    was asked would else draw the window over all that is less unlike.
    """
    ranges = [_context(lane, int(position), scope, left_out) for position in at]
    places = [np.arange(first, stop) for first, stop in ranges]
    flat = lane.store.scores(query, lane.table.ids[np.concatenate(places)])
    flat = np.where(np.isfinite(flat), flat, flat[np.isfinite(flat)].min())  # of lost vectors
    starts_s, ends_s, scores = (np.zeros((len(at), max(map(len, places)))) for _ in range(3))
    done = 0
    for row, place in enumerate(places):
        many = len(place)
        starts_s[row] = ends_s[row] = lane.table.ends_s[place[-1]]
        starts_s[row, :many], ends_s[row, :many] = lane.table.starts_s[place], lane.table.ends_s[place]
        scores[row, :many] = flat[done : done + many]
        done += many
    inside = np.array([position - first for position, (first, _) in zip(at, ranges, strict=True)])
    high = scores[np.arange(len(at)), inside] > floor
    scores[high] = np.maximum(scores[high], floor)
    return [Window(float(a), float(b)) for a, b in windows_around(starts_s, ends_s, scores, inside)]


def _context(
    lane: VectorLane, position: int, scope: Scope, left_out: tuple[str, Window] | None
) -> tuple[int, int]:
    """The positions around one that are its context: of its video, searched, in one piece, not too many."""
    video_id = lane.table.video_of(position)
    first, stop = _range(lane, video_id, scope.window)
    if left_out is not None and left_out[0] == video_id:
        out_first, out_stop = _range(lane, video_id, left_out[1])
        first, stop = (first, min(stop, out_first)) if position < out_first else (max(first, out_stop), stop)
    most = 2 * CONTEXT_ROWS + 1
    if stop - first > most:
        first = min(max(position - CONTEXT_ROWS, first), stop - most)
        stop = first + most
    return first, stop


def _range(lane: VectorLane, video_id: str, window: Window | None) -> tuple[int, int]:
    """The positions of a video that share time with a window, or all (None)."""
    video = lane.table.positions_of(video_id)
    if window is None:
        return video.start, video.stop
    first = np.searchsorted(lane.table.ends_s[video], window.start_s, "right")
    stop = np.searchsorted(lane.table.starts_s[video], window.end_s, "left")
    return video.start + int(first), video.start + int(stop)

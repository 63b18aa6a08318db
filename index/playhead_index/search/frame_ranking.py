"""Ranked lists of frames: by a text, by an image, by a moment.

A nearest frame always exists, also for what no video shows. So a frame is a hit only if it stands out
twice: above what the library's frames score for this query in general, and, for a text, above what they
score for texts that fit any image.
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

NORMAL_DEVIATIONS = 1.4826
"""Standard deviations in a median absolute deviation of a normal distribution."""
TEMPLATES = ("{}", "a photo of {}.", "a frame of a video of {}.")
ANY_IMAGE_TEXTS = ("a photo.", "a picture.", "an image of something.", "a frame of a video.")
MIN_DEVIATIONS = 3.0
"""Robust standard deviations above the median of the library's frames. On a real 1000 x 1000 text-video
similarity matrix (MSR-VTT) 91 of 100 true pairs and 2 of 100 others are above 3."""
MIN_SAMPLE_FRAMES = 16
"""With fewer frames their median and spread are not used."""
CERTAIN_MARGIN = 0.05
"""So far above the texts that fit any image a frame is a hit even if most others are, too."""
CERTAIN_COSINE = 0.9
"""Cosine from which a frame is a hit for an example image, however many others are."""
NUM_NEAREST_FRAMES = 200
CONTEXT_ROWS = 40
"""Frames before and after a hit among which its window is sought: over a minute at one a second."""
SAME_PEAK_ROWS = 3
"""Hits at most so many frames apart are one peak."""


@dataclass(frozen=True, slots=True)
class HitRule:
    """Which frames are hits.

    Args:
        floor: the score that stands out of the library; lower scores carry no information.
        is_hit: (n,) of ids with their (n,) scores.
    """

    floor: float
    is_hit: Callable[[NDArray[np.int64], NDArray[np.float32]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class FrameHit:
    """A frame that is a hit, and the window of its video that stands out around it."""

    id: int
    score: float
    video_id: str
    extent: Window


def text_vector(encoder: ImageTextEncoder, text: str) -> NDArray[np.float32]:
    """(D,) float32 of length 1: the mean over `TEMPLATES` (Radford et al., 2021, arXiv:2103.00020)."""
    mean = encoder.encode_texts([template.format(text) for template in TEMPLATES]).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def any_image_vector(encoder: ImageTextEncoder) -> NDArray[np.float32]:
    """(D,) float32 whose dot product with a frame is its mean cosine with `ANY_IMAGE_TEXTS`."""
    return np.asarray(encoder.encode_texts(ANY_IMAGE_TEXTS).mean(axis=0), dtype=np.float32)


def text_hit_rule(lane: VectorLane, query: NDArray[np.float32], any_image: NDArray[np.float32]) -> HitRule:
    """Which frames fit a text.

    Those that fit it better than they fit `ANY_IMAGE_TEXTS` and stand out of the library by
    `MIN_DEVIATIONS`, and those that fit it better by `CERTAIN_MARGIN`. Frames are ranked by the cosine
    all the same: ranking by the difference lost 3 points of R@1 on the MSR-VTT matrix.
    """
    floor = _floor(lane, query)

    def is_hit(ids: NDArray[np.int64], scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        margins = scores - lane.store.scores(any_image, ids)
        return np.asarray(((margins > 0) & (scores >= floor)) | (margins >= CERTAIN_MARGIN))

    return HitRule(floor, is_hit)


def image_hit_rule(lane: VectorLane, query: NDArray[np.float32]) -> HitRule:
    """Which frames are similar to an example: they stand out by `MIN_DEVIATIONS`, or reach `CERTAIN_COSINE`.

    In a library of a few frames: those more similar than the median frame.
    """
    floor = _floor(lane, query)
    if len(lane.sample()) < MIN_SAMPLE_FRAMES:
        floor = float(np.median(lane.sample() @ query))
    return HitRule(floor, lambda ids, scores: (scores > floor) | (scores >= CERTAIN_COSINE))


def rank_frames(
    lane: VectorLane,
    query: NDArray[np.float32],
    rule: HitRule,
    scope: Scope,
    limit: int,
    excluded: tuple[str, Window] | None = None,
) -> list[FrameHit]:
    """The best frames, one for each window that stands out, best first.

    Args:
        lane: refreshed, with a store.
        query: (D,) float32.
        rule: which frames are hits.
        scope: where.
        limit: maximum number of frames to return.
        excluded: an interval of a video that is not searched.
    """
    ids, scores = _nearest(lane, query, scope, excluded)
    is_hit = rule.is_hit(ids, scores)
    if not is_hit.any():
        return []
    ids, scores = ids[is_hit], scores[is_hit]
    at = lane.table.positions(ids)
    peaks = _peaks(lane, at)[:limit]
    extents = _extents(lane, query, at[peaks], rule.floor, scope, excluded)
    found: list[FrameHit] = []
    for peak, extent in zip(peaks.tolist(), extents, strict=True):
        video_id, start_s = lane.table.video_of(int(at[peak])), float(lane.table.starts_s[at[peak]])
        if not any(one.video_id == video_id and start_s in one.extent for one in found):
            found.append(FrameHit(int(ids[peak]), float(scores[peak]), video_id, extent))
    return found


def _floor(lane: VectorLane, query: NDArray[np.float32]) -> float:
    """The score that stands out of the library; -inf for a library of a few frames."""
    background = lane.sample() @ query
    if len(background) < MIN_SAMPLE_FRAMES:
        return -np.inf
    median = float(np.median(background))
    return median + MIN_DEVIATIONS * NORMAL_DEVIATIONS * float(np.median(np.abs(background - median)))


def _nearest(
    lane: VectorLane, query: NDArray[np.float32], scope: Scope, excluded: tuple[str, Window] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids and scores of the frames nearest to a query, those of the excluded interval dropped."""
    positions = lane.table.in_scope(scope)
    allowed = None if positions is None else lane.table.ids[positions]
    if excluded is None:
        return lane.store.search(query[None], NUM_NEAREST_FRAMES, allowed).of(0)
    excluded_ids = lane.table.ids[slice(*_range(lane, *excluded))]
    ids, scores = lane.store.search(query[None], NUM_NEAREST_FRAMES + len(excluded_ids), allowed).of(0)
    others = ~np.isin(ids, excluded_ids)
    return ids[others], scores[others]


def _peaks(lane: VectorLane, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m,) which of (n,) positions, best first, are the best of those that stand close together."""
    order = np.argsort(at, kind="stable")
    videos = np.searchsorted(lane.table.offsets, at[order], side="right")
    apart = (np.diff(at[order]) > SAME_PEAK_ROWS) | (np.diff(videos) > 0)
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
    excluded: tuple[str, Window] | None,
) -> list[Window]:
    """The window that stands out around each of some positions; none reaches into what is left out.

    Around a frame above the floor all scores below it count as the floor: otherwise small differences between
    frames that do not fit at all would widen the window.
    """
    ranges = [_context(lane, int(position), scope, excluded) for position in at]
    places = [np.arange(first, stop) for first, stop in ranges]
    flat = lane.store.scores(query, lane.table.ids[np.concatenate(places)])
    flat = np.where(np.isfinite(flat), flat, flat[np.isfinite(flat)].min())  # of lost vectors
    starts_s, ends_s, scores = (np.zeros((len(at), max(map(len, places)))) for _ in range(3))
    done = 0
    for row, place in enumerate(places):
        length = len(place)
        starts_s[row] = ends_s[row] = lane.table.ends_s[place[-1]]
        starts_s[row, :length], ends_s[row, :length] = lane.table.starts_s[place], lane.table.ends_s[place]
        scores[row, :length] = flat[done : done + length]
        done += length
    inside = np.array([position - first for position, (first, _) in zip(at, ranges, strict=True)])
    high = scores[np.arange(len(at)), inside] > floor
    scores[high] = np.maximum(scores[high], floor)
    return [Window(float(a), float(b)) for a, b in windows_around(starts_s, ends_s, scores, inside)]


def _context(
    lane: VectorLane, position: int, scope: Scope, excluded: tuple[str, Window] | None
) -> tuple[int, int]:
    """The positions around one that are its context: of its video, searched, in one piece, not too many."""
    video_id = lane.table.video_of(position)
    first, stop = _range(lane, video_id, scope.window)
    if excluded is not None and excluded[0] == video_id:
        out_first, out_stop = _range(lane, video_id, excluded[1])
        first, stop = (first, min(stop, out_first)) if position < out_first else (max(first, out_stop), stop)
    max_rows = 2 * CONTEXT_ROWS + 1
    if stop - first > max_rows:
        first = min(max(position - CONTEXT_ROWS, first), stop - max_rows)
        stop = first + max_rows
    return first, stop


def _range(lane: VectorLane, video_id: str, window: Window | None) -> tuple[int, int]:
    """The positions of a video that share time with a window, or all (None)."""
    video = lane.table.positions_of(video_id)
    if window is None:
        return video.start, video.stop
    first = np.searchsorted(lane.table.ends_s[video], window.start_s, "right")
    stop = np.searchsorted(lane.table.starts_s[video], window.end_s, "left")
    return video.start + int(first), video.start + int(stop)

"""Where the image changes: signatures of frames, sampled times, cuts, exact boundaries."""

from playhead_index.segment.change_points import CHANGE_COST, Cut, cut
from playhead_index.segment.refine_boundaries import refine_boundaries
from playhead_index.segment.sampling_times import sampling_times
from playhead_index.segment.signature import (
    CHANGED,
    CUT,
    SAME_IMAGE,
    SIGNATURE_TAG,
    change,
    is_same_image,
    signature,
    thumbnail,
)

__all__ = [
    "CHANGED",
    "CHANGE_COST",
    "CUT",
    "SAME_IMAGE",
    "SIGNATURE_TAG",
    "Cut",
    "change",
    "cut",
    "is_same_image",
    "refine_boundaries",
    "sampling_times",
    "signature",
    "thumbnail",
]

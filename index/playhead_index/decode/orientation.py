"""Converts a decoded frame to an upright (H, W, 3) array: rotated, with square pixels, resized, in SDR."""

from dataclasses import dataclass, replace
from typing import Any

import av.sidedata.sidedata
import av.video.reformatter
import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.deinterlace import remove_combs
from playhead_index.decode.tone_mapping import is_high_dynamic_range, to_sdr

_MATRIX = av.sidedata.sidedata.Type.DISPLAYMATRIX


@dataclass(frozen=True, slots=True)
class Orientation:
    """A turn by quarters, with or without a mirror: swap the axes first, then flip rows and columns."""

    swaps_axes: bool = False
    flips_rows: bool = False
    flips_columns: bool = False

    @property
    def is_mirrored(self) -> bool:
        """Left and right change places, beyond what turning does."""
        return self.swaps_axes ^ self.flips_rows ^ self.flips_columns

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn, 0, 90, 180 or 270; a mirrored frame is turned first, then mirrored left-right."""
        return (90 if self.swaps_axes else 0) + (180 if self.flips_rows else 0)

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The (H, W, 3) frame turned, contiguous in memory."""
        turned = rgb.swapaxes(0, 1) if self.swaps_axes else rgb
        rows, columns = (
            slice(None, None, -1 if flips else 1) for flips in (self.flips_rows, self.flips_columns)
        )
        return np.ascontiguousarray(turned[rows, columns])


def orientation_of(frame: Any) -> Orientation:
    """What the file's display matrix asks for, to the nearest quarter turn; nothing without a matrix.

    The nine int32 are the rows of a matrix that takes stored (x, y, 1) to shown (x, y, 1), y downwards.
    """
    try:
        data = frame.side_data.get(_MATRIX)
    except ValueError:  # another kind of side data, newer than this PyAV
        return _orientation_by_angle(frame.rotation)
    if data is None or len(bytes(data)) < 36:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32, 5).astype(np.int64)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(swaps_axes=True, flips_rows=bool(b < 0), flips_columns=bool(c < 0))
    return Orientation(flips_rows=bool(d < 0), flips_columns=bool(a < 0))


def _orientation_by_angle(counterclockwise_deg: int) -> Orientation:
    quarters = round(-counterclockwise_deg / 90) % 4
    return (
        Orientation(),
        Orientation(True, False, True),
        Orientation(False, True, True),
        Orientation(True, True, False),
    )[quarters]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the frames of one stream are shown.

    Args:
        width_px: as shown, with square pixels.
        height_px: likewise.
        orientation: what makes a stored frame upright.
        is_hdr: the first frame is of high dynamic range (PQ or HLG).
        is_interlaced: the first frame is marked as interlaced.
    """

    width_px: int
    height_px: int
    orientation: Orientation
    is_hdr: bool = False
    is_interlaced: bool = False

    def shrunk(self, short_side_px: int | None) -> "Shape":
        """This shape with its shorter side at most `short_side_px`; never enlarged."""
        short_px = min(self.width_px, self.height_px)
        if short_side_px is None or short_side_px >= short_px:
            return self
        scale = short_side_px / short_px
        width_px, height_px = (max(1, round(side * scale)) for side in (self.width_px, self.height_px))
        return replace(self, width_px=width_px, height_px=height_px)


def shape_of(frame: Any, pixel_aspect: float | None) -> Shape:
    """The shape of a stream whose first decoded frame is `frame`.

    Pixels that are not square are made so by stretching the stored width, as players do; an aspect
    outside [0.2, 5] is taken for a damaged header.
    """
    aspect = pixel_aspect if pixel_aspect and 0.2 <= pixel_aspect <= 5 else 1.0
    stored_px = (max(1, round(frame.width * aspect)), frame.height)
    orientation = orientation_of(frame)
    width_px, height_px = stored_px[::-1] if orientation.swaps_axes else stored_px
    is_hdr = is_high_dynamic_range(frame.color_trc)
    return Shape(width_px, height_px, orientation, is_hdr, frame.interlaced_frame)


class FrameConverter:
    """Turns decoded PyAV frames into upright RGB arrays of one size."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._reformatter = av.video.reformatter.VideoReformatter()

    def rgb(self, frame: Any) -> NDArray[np.uint8]:
        """(H, W, 3) uint8; FFmpeg's scaler shrinks before the copy into Python."""
        display_px = (self.shape.width_px, self.shape.height_px)
        width_px, height_px = display_px[::-1] if self.shape.orientation.swaps_axes else display_px
        frame = remove_combs(frame)
        if is_high_dynamic_range(frame.color_trc):
            coded = self._reformatter.reformat(frame, width_px, height_px, "rgb48le", threads=1).to_ndarray()
            return self.shape.orientation.apply(to_sdr(coded, frame.color_trc, frame.color_primaries))
        small = self._reformatter.reformat(frame, width_px, height_px, "rgb24", threads=1)
        return self.shape.orientation.apply(small.to_ndarray())

"""Pictures of high dynamic range come out as an SDR screen shows them."""

from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc, VideoReformatter
from numpy.typing import NDArray
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.decode.orientation import FrameConverter, shape_of
from playhead_index.decode.tone_mapping import HLG, PQ, to_sdr

BT709, BT2020, DISPLAY_P3 = 1, 9, 12
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
MAX_DIFFERENCE = 4.0


def grey(code: float, transfer: int, primaries: int = BT2020) -> int:
    """What a grey picture of a code in [0, 1] comes out as."""
    shown = to_sdr(np.full((2, 2, 3), round(code * 65_535), np.uint16), transfer, primaries)
    assert np.ptp(shown) == 0, "grey stays grey"
    return int(shown[0, 0, 0])


def pq(nits: Any) -> Any:
    """The code in [0, 1] of an absolute brightness, by SMPTE ST 2084."""
    power = (np.asarray(nits) / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def photo() -> NDArray[np.uint8]:
    """An sRGB picture of many colours up to 235, so that nothing lies above the knee."""
    y, x = np.mgrid[:90, :160]
    return np.stack([x * 1.4 + 10, y * 2.5 + 8, (x + y) * 0.9 + 10], axis=-1).clip(0, 225).astype(np.uint8)


def as_pq(srgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """An sRGB picture as HDR carries it: white at 203 nits, primaries of BT.2020, PQ."""
    codes = srgb / 255
    light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return np.round(pq(203 * light @ TO_BT2020.T) * 65_535).astype(np.uint16)


def hdr_frame(coded: NDArray[np.uint16], transfer: int) -> Any:
    """A decoded picture as HEVC gives it: 10 bits, YUV 4:2:0 of BT.2020."""
    frame = av.VideoFrame.from_ndarray(coded, format="rgb48le")
    frame.color_trc, frame.color_primaries = transfer, BT2020
    return VideoReformatter().reformat(frame, format="yuv420p10le", dst_colorspace=Colorspace.BT2020)


@pytest.mark.parametrize(
    ("nits", "expected"), [(0, 0), (20.3, 89), (100, 186), (150, 223), (203, 246), (1000, 255), (4000, 255)]
)
def test_pq_comes_out_relative_to_a_white_of_203_nits(nits: float, expected: int) -> None:
    assert grey(float(pq(nits)), PQ) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("code", "expected"), [(0.0, 0), (0.5, 137), (0.75, 246), (1.0, 255)])
def test_hlg_comes_out_with_white_at_three_quarters(code: float, expected: int) -> None:
    assert grey(code, HLG) == pytest.approx(expected, abs=1)


def test_brighter_than_white_stays_in_order() -> None:
    shown = [grey(float(pq(nits)), PQ) for nits in (170, 203, 300, 500, 1000)]
    assert all(a < b for a, b in pairwise(shown)), shown


def test_a_picture_that_hdr_carries_comes_back() -> None:
    difference = np.abs(to_sdr(as_pq(photo()), PQ, BT2020).astype(int) - photo())
    assert difference.max() <= 3


@pytest.mark.parametrize("primaries", [BT709, BT2020, DISPLAY_P3])
def test_white_has_no_tint_in_any_primaries(primaries: int) -> None:
    assert grey(float(pq(203)), PQ, primaries) >= 240


def test_another_transfer_function_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"transfer must be 16 \(PQ\) or 18 \(HLG\), got 1"):
        to_sdr(np.zeros((2, 2, 3), np.uint16), 1, BT2020)


def test_a_decoded_picture_of_10_bits_comes_out_as_the_picture_it_carries() -> None:
    frame = hdr_frame(as_pq(photo()), PQ)
    shape = shape_of(frame, None)
    assert shape.is_hdr
    assert np.abs(FrameConverter(shape).rgb(frame).astype(int) - photo()).mean() <= MAX_DIFFERENCE


@pytest.mark.slow
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_both_transfer_functions_agree_with_ffmpegs_scaler(transfer: int) -> None:
    frame = hdr_frame((as_pq(photo()) * (1.0 if transfer == PQ else 1.2)).astype(np.uint16), transfer)
    by_ffmpeg = VideoReformatter().reformat(
        frame,
        format="rgb24",
        dst_color_trc=ColorTrc.IEC61966_2_1,
        dst_color_primaries=ColorPrimaries.BT709,
        dst_color_range=2,
    )
    ours = FrameConverter(shape_of(frame, None)).rgb(frame)
    assert np.abs(ours.astype(int) - by_ffmpeg.to_ndarray()).mean() <= MAX_DIFFERENCE


def test_the_white_of_an_hdr_recording_is_near_white() -> None:
    frame = next(open_reader(shared("cases/12_hdr_pq_white203.mp4")).frames_at([0.0]))
    assert frame.rgb.min() >= 240

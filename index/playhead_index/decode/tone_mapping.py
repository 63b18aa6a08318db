"""Turns frames of high dynamic range (PQ, HLG) into what an SDR screen shows; encoders know only that.

PQ is SMPTE ST 2084, HLG is ARIB STD-B67, both in ITU-R BT.2100. White is the reference white of ITU-R
BT.2408, 203 nits. FFmpeg's scaler clips everything brighter; here the range up to 85 % of white stays as
it is and what is brighter, up to 1,000 nits, is compressed into the rest, so that clouds and lamps keep
their forms. Up to there both agree within a step or two of 255.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

PQ, HLG = 16, 18
"""FFmpeg's numbers of the transfer functions (AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67)."""
WHITE_NITS, PEAK_NITS = 203.0, 1000.0
KNEE = 0.85
"""The part of white above which light is compressed: white itself comes out as 246 of 255."""

_LEVELS = 4096
_HLG_GAMMA = 1.2
_BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
_BT709, _DISPLAY_P3 = 1, 12
_TO_BT709 = {  # by FFmpeg's numbers of the primaries; any other ones of HDR are those of BT.2020
    _BT709: np.eye(3),
    _DISPLAY_P3: np.array([[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0197, -0.0786, 1.0983]]),
}
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
"""ITU-R BT.2087."""


def is_high_dynamic_range(transfer: int) -> bool:
    """A transfer function, by FFmpeg's number, is PQ or HLG."""
    return transfer in (PQ, HLG)


def to_sdr(coded: NDArray[np.uint16], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB of a frame of high dynamic range.

    Args:
        coded: (H, W, 3) uint16 RGB of full range, in the transfer function of the file.
        transfer: `PQ` or `HLG`.
        primaries: FFmpeg's number of the colour primaries.

    Raises:
        ValueError: the transfer function is another one.
    """
    if not is_high_dynamic_range(transfer):
        raise ValueError(f"transfer must be {PQ} (PQ) or {HLG} (HLG), got {transfer}")
    light = (_pq_light if transfer == PQ else _hlg_light)()[coded >> 4]
    if transfer == HLG:
        light *= (light @ _BT2020_LUMA)[..., None] ** np.float32(_HLG_GAMMA - 1)
        light *= np.float32(PEAK_NITS / WHITE_NITS)
    light = light @ _TO_BT709.get(primaries, _BT2020_TO_BT709).T.astype(np.float32)
    brightest = np.maximum(light.max(axis=-1, keepdims=True), np.float32(1e-6))
    light *= _compress(brightest) / brightest
    places = np.sqrt(np.clip(light, 0.0, 1.0)) * np.float32(_LEVELS - 1) + np.float32(0.5)
    return np.asarray(_srgb_codes()[places.astype(np.uint16)])


def _compress(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light relative to white, in [0, 1]: itself up to the knee, then a hyperbola of slope 1 there."""
    width, room = PEAK_NITS / WHITE_NITS - KNEE, 1.0 - KNEE
    bend = 1.0 / (width / room - 1.0)
    above = np.clip((light - KNEE) / width, 0.0, 1.0)
    return np.asarray(np.where(light <= KNEE, light, KNEE + room * (1 + bend) * above / (above + bend)))


@cache
def _pq_light() -> NDArray[np.float32]:
    """(4096,) light of each code relative to white; up to 10,000 nits."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = (np.arange(_LEVELS) / (_LEVELS - 1)) ** (1 / m2)
    light = (np.maximum(power - c1, 0.0) / (c2 - c3 * power)) ** (1 / m1) * 10_000 / WHITE_NITS
    return light.astype(np.float32)


@cache
def _hlg_light() -> NDArray[np.float32]:
    """(4096,) scene light of each code in [0, 1]."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    codes = np.arange(_LEVELS) / (_LEVELS - 1)
    return np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12).astype(np.float32)


@cache
def _srgb_codes() -> NDArray[np.uint8]:
    """(4096,) sRGB of the square of i / 4095, which spaces dark steps evenly."""
    light = (np.arange(_LEVELS) / (_LEVELS - 1)) ** 2
    codes = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255 * codes).astype(np.uint8)

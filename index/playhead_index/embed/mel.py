"""Mel spectrograms in NumPy: as librosa computes them (power), and as Kaldi does (log filter banks)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

HTK_BREAK_HZ = 700.0
HTK_SCALE = 1127.0
SLANEY_HZ_PER_MEL = 200.0 / 3
SLANEY_BREAK_HZ = 1000.0
SLANEY_LOG_STEP = np.log(6.4) / 27.0
"""Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above."""
KALDI_PREEMPHASIS = 0.97
KALDI_LOW_HZ = 20.0
INT16_SCALE = 32768.0
FLOAT32_EPS = float(np.finfo(np.float32).eps)


def slaney_mel_filters(rate_hz: int, num_fft: int, num_mels: int) -> NDArray[np.float32]:
    """Triangular filters on Slaney's mel scale, each with an area of 1, as `librosa.filters.mel` gives them.

    Args:
        rate_hz: samples a second.
        num_fft: length of the Fourier transform.
        num_mels: number of filters, from 0 Hz to half the rate.

    Returns:
        (num_mels, num_fft // 2 + 1) float32.
    """
    bins_hz = np.linspace(0.0, rate_hz / 2, num_fft // 2 + 1)
    edges_hz = _slaney_to_hz(np.linspace(0.0, _hz_to_slaney(rate_hz / 2), num_mels + 2))
    slopes = edges_hz[:, None] - bins_hz[None]
    widths = np.diff(edges_hz)
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(filters * (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None], np.float32)


def mel_power(
    sound: NDArray[np.float32], rate_hz: int, *, num_fft: int, hop: int, num_mels: int
) -> NDArray[np.float32]:
    """Mel power spectrogram, frames centred, as `librosa.feature.melspectrogram` gives it (not its log).

    Args:
        sound: (n,) float32 mono; zeros stand before and behind it.
        rate_hz: samples a second.
        num_fft: samples of a frame, under a periodic Hann window.
        hop: samples from one frame to the next.
        num_mels: channels.

    Returns:
        (1 + n // hop, num_mels) float32.
    """
    padded = np.pad(np.asarray(sound, np.float32), num_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, num_fft)[::hop]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(num_fft) / num_fft)).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    return np.asarray(power.astype(np.float32) @ _slaney(rate_hz, num_fft, num_mels).T, np.float32)


def kaldi_fbank(sound: NDArray[np.float32], rate_hz: int, num_mels: int) -> NDArray[np.float32]:
    """Log mel filter banks as Kaldi computes them without dither: 25 ms Hamming frames every 10 ms.

    The constant part of each frame is removed, pre-emphasis is 0.97, the transform has the next power of two,
    filters stand from 20 Hz to half the rate on the HTK mel scale (`torchaudio.compliance.kaldi.fbank`).

    Args:
        sound: (n,) float32 mono in [-1, 1].
        rate_hz: samples a second.
        num_mels: channels.

    Returns:
        (1 + (n - frame) // hop, num_mels) float32; no rows where the sound is shorter than a frame.
    """
    size, hop = rate_hz * 25 // 1000, rate_hz * 10 // 1000
    if len(sound) < size:
        return np.zeros((0, num_mels), np.float32)
    scaled = np.asarray(sound, np.float32) * np.float32(INT16_SCALE)
    frames = np.lib.stride_tricks.sliding_window_view(scaled, size)[::hop].astype(np.float32)
    frames -= frames.mean(axis=1, keepdims=True)
    previous = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    emphasised = (frames - np.float32(KALDI_PREEMPHASIS) * previous) * np.hamming(size).astype(np.float32)
    num_fft = 1 << (size - 1).bit_length()
    power = (np.abs(np.fft.rfft(emphasised, num_fft, axis=1)) ** 2).astype(np.float32)
    energies = power[:, :-1] @ _htk(rate_hz, num_fft, num_mels).T
    return np.asarray(np.log(np.maximum(energies, FLOAT32_EPS)), np.float32)


@cache
def _slaney(rate_hz: int, num_fft: int, num_mels: int) -> NDArray[np.float32]:
    return slaney_mel_filters(rate_hz, num_fft, num_mels)


@cache
def _htk(rate_hz: int, num_fft: int, num_mels: int) -> NDArray[np.float32]:
    """(num_mels, num_fft // 2) float32: triangles on the HTK mel scale, their sides straight in mel."""
    low, high = (HTK_SCALE * np.log1p(hz / HTK_BREAK_HZ) for hz in (KALDI_LOW_HZ, rate_hz / 2))
    edges = np.linspace(low, high, num_mels + 2)
    bins = HTK_SCALE * np.log1p(np.arange(num_fft // 2) * rate_hz / num_fft / HTK_BREAK_HZ)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float32)


def _hz_to_slaney(hz: float) -> float:
    if hz < SLANEY_BREAK_HZ:
        return hz / SLANEY_HZ_PER_MEL
    return float(SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL + np.log(hz / SLANEY_BREAK_HZ) / SLANEY_LOG_STEP)


def _slaney_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    at_break = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL
    above = SLANEY_BREAK_HZ * np.exp(SLANEY_LOG_STEP * (mels - at_break))
    return np.asarray(np.where(mels < at_break, mels * SLANEY_HZ_PER_MEL, above), np.float64)

"""Mel spectrograms are those of librosa 0.11 and of Kaldi."""

import numpy as np
import pytest
from numpy.typing import NDArray

from playhead_index.embed.mel import kaldi_fbank, mel_power, slaney_mel_filters


def two_tones() -> NDArray[np.float32]:
    """Half a second of a tone and a rising one at 16 kHz."""
    time_s = np.arange(8000) / 16000
    rising = np.sin(2 * np.pi * (1000 + 2000 * time_s) * time_s)
    return (0.3 * np.sin(2 * np.pi * 440 * time_s) + 0.1 * rising).astype(np.float32)


LIBROSA_POWER = {
    (0, 5): 4.836476802825928,
    (10, 6): 1.6037230491638184,
    (50, 30): 0.0009715167107060552,
    (40, 24): 0.004961489699780941,
}
"""Of `librosa.feature.melspectrogram(y=two_tones(), sr=16000, n_fft=400, hop_length=160, n_mels=40).T`."""


def test_filters_are_those_of_librosa() -> None:
    filters = slaney_mel_filters(16_000, 400, 40)
    got = [filters[0, 1], filters[0, 2], filters[10, 17], filters[39, 195], filters.max()]
    want = [0.007390209473669529, 0.012404520995914936, 0.0, 0.0006075769779272377, 0.013329955]
    assert got == pytest.approx(want, abs=1e-8)


def test_mel_power_is_that_of_librosa() -> None:
    power = mel_power(two_tones(), 16_000, num_fft=400, hop=160, num_mels=40)
    assert power.shape == (51, 40)
    assert {at: float(power[at]) for at in LIBROSA_POWER} == pytest.approx(LIBROSA_POWER, abs=1e-4)


def test_filter_banks_are_those_of_the_formulas_of_kaldi() -> None:
    sound = two_tones()
    bank = kaldi_fbank(sound, 16_000, 80)
    frame = sound[160 * 7 : 160 * 7 + 400].astype(np.float64) * 32768
    frame -= frame.mean()
    frame = np.array([frame[i] - 0.97 * frame[max(i - 1, 0)] for i in range(400)]) * np.hamming(400)
    power = np.abs(np.fft.rfft(frame, 512)) ** 2
    mel = [1127 * np.log(1 + 31.25 * k / 700) for k in range(256)]
    low, high = 1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700)
    step = (high - low) / 81
    want = [
        np.log(sum(power[k] * max(0, 1 - abs(mel[k] - (low + (m + 1) * step)) / step) for k in range(256)))
        for m in range(80)
    ]
    assert bank.shape == (48, 80)
    assert bank[7] == pytest.approx(want, abs=2e-3)


def test_sound_shorter_than_a_frame_has_no_rows() -> None:
    assert kaldi_fbank(np.zeros(399, np.float32), 16_000, 80).shape == (0, 80)

"""Speakers are found by clustering of voice embeddings; borders of turns follow the voices."""

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.index.spoken import babble, pieces_of
from tests.shared_data import shared

from playhead_bench.diarisation.error_rate import diarisation_errors
from playhead_bench.diarisation.mixing import mix_dialogue, read_voices
from playhead_index.embed.voice_encoder import load_speaker_encoder
from playhead_index.errors import ModelUnavailable
from playhead_index.testing import FakeSpeakerEncoder
from playhead_index.window import Window
from playhead_index.words.diarisation import (
    ClusteringDiariser,
    Diarisation,
    DiarisationSettings,
    EmbeddedSpeech,
    SoundPart,
    assign_speakers,
    average_linkage,
    best_path,
    sliding_windows,
    speaker_means,
)

SETTINGS = DiarisationSettings()


def voice(number: int, n: int, seed: int = 0, spread: float = 0.3) -> NDArray[np.float32]:
    """(n, 32) float32 unit rows around the direction of a voice; two of one voice have a cosine near 0.92."""
    random = np.random.default_rng([seed, number])
    rows = np.eye(32)[number] + spread * random.standard_normal((n, 32)) / np.sqrt(32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def embedded_speech(turns: Sequence[tuple[float, float, int]]) -> list[EmbeddedSpeech]:
    """Embedded speech of turns (start_s, end_s, voice); a window in which two speak has both voices."""
    found = []
    groups: list[list[tuple[float, float, int]]] = [[turns[0]]]
    for before, turn in pairwise(turns):
        if turn[0] > before[1]:
            groups.append([])
        groups[-1].append(turn)
    for group in groups:
        speech = Window(group[0][0], group[-1][1])
        rows, middles = [], []
        for number, window in enumerate(sliding_windows(speech, 1.6, 0.8)):
            parts = [
                max(0.0, Window(start, end).overlap_s(window)) * voice(who, 1, seed=number + int(start))[0]
                for start, end, who in group
            ]
            total = np.sum(parts, axis=0)
            rows.append(total / np.linalg.norm(total))
            middles.append((window.start_s + window.end_s) / 2)
        found.append(EmbeddedSpeech(speech, np.array(middles), np.array(rows, np.float32)))
    return found


DIALOGUE = [(0.0, 8.0, 3), (9.0, 16.0, 5), (16.0, 24.0, 3), (25.0, 33.0, 7), (34.0, 40.0, 5)]


def who_at(found: Diarisation, time_s: float) -> str:
    return next((turn.label for turn in found.turns if time_s in turn.window), "")


@pytest.mark.parametrize("given", [None, 3])
def test_voices_are_numbered_in_the_order_in_which_they_first_speak(given: int | None) -> None:
    found = assign_speakers(embedded_speech(DIALOGUE), given, SETTINGS)
    assert "".join(who_at(found, at) for at in (4, 12, 20, 29, 37)) == "12132"
    assert found.num_speakers == 3
    assert {label: int(np.argmax(mean)) for label, mean in found.voices.items()} == {"1": 3, "2": 5, "3": 7}


def test_a_turn_changes_inside_continuous_speech_where_the_voice_does() -> None:
    found = assign_speakers(embedded_speech(DIALOGUE), None, SETTINGS)
    change = next(turn.window.start_s for turn in found.turns if 14 < turn.window.start_s < 18)
    assert change == pytest.approx(16.0, abs=0.3)


def test_the_number_that_is_given_is_found_although_voices_are_alike() -> None:
    vectors = np.concatenate([voice(1, 30), voice(2, 30), voice(3, 30)])
    assert len(speaker_means(vectors, None, SETTINGS)) == 3
    assert len(speaker_means(vectors, 2, SETTINGS)) == 2
    assert len(speaker_means(vectors, 5, SETTINGS)) == 5


def test_windows_in_which_two_speak_are_no_speaker() -> None:
    mixed = voice(1, 3) + voice(2, 3)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    other = voice(9, 3)
    vectors = np.concatenate([voice(1, 20), mixed, voice(2, 20), other])
    assert sorted(np.argmax(speaker_means(vectors, None, SETTINGS), axis=1)) == [1, 2]


def test_hours_of_speech_are_clustered_in_blocks_with_the_same_speakers() -> None:
    order = np.random.default_rng(0).integers(1, 5, 200)
    vectors = np.concatenate([voice(int(who), 30, seed=turn) for turn, who in enumerate(order)])
    assert len(vectors) > 5 * SETTINGS.max_clustered
    tracemalloc.start()
    means = speaker_means(vectors, None, SETTINGS)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sorted(np.argmax(means, axis=1)) == [1, 2, 3, 4]
    assert peak_bytes < 5 * 8 * SETTINGS.max_clustered**2


def test_average_linkage_is_that_of_its_definition() -> None:
    rows = np.concatenate([voice(1, 6, spread=1.0), voice(2, 6, spread=1.0), voice(3, 6, spread=1.0)])
    similarity = rows.astype(np.float64) @ rows.T
    clusters = [[row] for row in range(len(rows))]
    want = []
    while len(clusters) > 1:
        pairs = [(a, b) for a in range(len(clusters)) for b in range(a + 1, len(clusters))]
        scores = [similarity[np.ix_(clusters[a], clusters[b])].mean() for a, b in pairs]
        a, b = pairs[int(np.argmax(scores))]
        want.append(max(scores))
        clusters[a] += clusters.pop(b)
    got = [merge.similarity for merge in average_linkage(rows, np.ones(len(rows), np.int64))]
    assert got == pytest.approx(want, abs=1e-6)


def test_the_best_path_is_that_of_trying_all() -> None:
    scores = np.random.default_rng(1).standard_normal((6, 3))
    paths = np.stack(np.meshgrid(*[range(3)] * 6, indexing="ij"), axis=-1).reshape(-1, 6)
    totals = [scores[np.arange(6), path].sum() - 0.8 * (np.diff(path) != 0).sum() for path in paths]
    assert best_path(scores, 0.8).tolist() == paths[int(np.argmax(totals))].tolist()


def test_sound_without_speech_has_no_turns() -> None:
    assert assign_speakers([], None, SETTINGS) == Diarisation()
    assert len(assign_speakers(embedded_speech([(0.0, 0.5, 1)]), 2, SETTINGS).turns) == 1


def test_a_number_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="num_speakers must be at least 1, got 0"):
        ClusteringDiariser(FakeSpeakerEncoder()).diarise([], 0)


def test_parts_of_a_recording_are_on_one_clock() -> None:
    pytest.importorskip("faster_whisper", reason="the extra asr is not installed")
    parts = [SoundPart(0.0, [babble(6.0)]), SoundPart(100.0, pieces_of(babble(6.0, seed=1)))]
    found = ClusteringDiariser(FakeSpeakerEncoder()).diarise(parts)
    first, *_, last = found.turns
    assert first.window.start_s < 1.0
    assert Window(100.0, 106.0).hull(last.window) == Window(100.0, 106.0)


@pytest.mark.weights
def test_real_voices_of_a_mixed_dialogue_are_distinguished() -> None:
    pytest.importorskip("faster_whisper", reason="the extra asr is not installed")
    try:
        encoder = load_speaker_encoder(device="cpu")
    except ModelUnavailable as error:
        pytest.skip(str(error))
    dialogue = mix_dialogue(read_voices(shared("speech/librispeech_test-other")), 3, seed=7)
    found = ClusteringDiariser(encoder).diarise([SoundPart(0.0, [dialogue.sound])])
    assert found.num_speakers == 3
    assert diarisation_errors(dialogue.turns, found.turns).rate < 0.15

"""The diarisation error rate is that of its definition; dialogues are mixed with exactly known turns."""

import numpy as np
import pytest
from tests.shared_data import shared
from tests.tiny_voices import made_voice

from playhead_bench.diarisation.error_rate import DiarisationErrors, best_mapping_s, diarisation_errors
from playhead_bench.diarisation.mixing import MAX_BRIDGED_PAUSE_S, mix_dialogue, read_voices, sentence
from playhead_index.window import Window
from playhead_index.words.diarisation import VoiceTurn


def turns(*rows: tuple[float, float, str]) -> list[VoiceTurn]:
    return [VoiceTurn(Window(start_s, end_s), label) for start_s, end_s, label in rows]


REFERENCE = turns((0, 10, "a"), (12, 20, "b"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # scored: [0.25, 9.75) and [12.25, 19.75) = 17 s of speech
        pytest.param(turns((0, 10, "2"), (12, 20, "1")), (17.0, 0.0, 0.0, 0.0), id="all right"),
        pytest.param(turns((0, 10.2, "1"), (11.9, 20, "2")), (17.0, 0.0, 0.0, 0.0), id="inside the collars"),
        pytest.param(turns((0, 5, "1"), (12, 20, "2")), (17.0, 4.75, 0.0, 0.0), id="half a turn missed"),
        pytest.param(turns((0, 20, "1")), (17.0, 0.0, 1.5, 7.5), id="one voice for both"),
        pytest.param(
            turns((0, 10, "1"), (12, 15, "1"), (15, 20, "2")), (17.0, 0.0, 0.0, 2.75), id="confusion"
        ),
        pytest.param(turns((0, 10, "1"), (12, 20, "2"), (22, 24, "2")), (17.0, 0.0, 2.0, 0.0), id="behind"),
        pytest.param(turns(), (17.0, 17.0, 0.0, 0.0), id="nothing"),
    ],
)
def test_errors_are_those_that_were_computed_by_hand(
    found: list[VoiceTurn], expected: tuple[float, float, float, float]
) -> None:
    errors = diarisation_errors(REFERENCE, found)
    got = (errors.speech_s, errors.missed_s, errors.false_alarm_s, errors.confusion_s)
    assert got == pytest.approx(expected)
    assert errors.rate == pytest.approx(sum(expected[1:]) / 17)


def test_overlapping_speech_is_not_scored() -> None:
    reference = turns((0, 10, "a"), (8, 20, "b"))
    # scored: [0.25, 7.75) and [10.25, 19.75)
    assert diarisation_errors(reference, turns((0, 9, "1"), (9, 20, "2"))) == DiarisationErrors(17.0)


def test_the_mapping_is_the_best_of_all_and_not_the_first_that_fits() -> None:
    overlap_s = {"1": {"a": 5.0, "b": 4.0}, "2": {"a": 4.0}, "3": {"a": 1.0, "c": 2.0}}
    assert best_mapping_s(overlap_s) == 4.0 + 4.0 + 2.0


def test_pauses_inside_a_sentence_are_no_speech() -> None:
    sound = np.concatenate([np.zeros(8000), made_voice(120, 1.0), np.zeros(8000), made_voice(120, 1.0)])
    spoken = sentence(sound.astype(np.float32))
    first, second = spoken.speech
    assert first.start_s == 0.0
    assert second.start_s - first.end_s == pytest.approx(0.5, abs=0.1)
    assert second.start_s - first.end_s > MAX_BRIDGED_PAUSE_S


def test_a_dialogue_has_all_its_voices_and_is_the_same_for_a_seed() -> None:
    voices = {
        name: [sentence(made_voice(pitch, 3.0 + n, seed=n)) for n in range(12)]
        for name, pitch in (("a", 100), ("b", 160), ("c", 220))
    }
    one, again = mix_dialogue(voices, 3, seed=4), mix_dialogue(voices, 3, seed=4)
    assert (one.num_speakers, one.duration_s >= 60.0, one.num_repeated) == (3, True, 0)
    assert np.array_equal(one.sound, again.sound)
    with pytest.raises(ValueError, match="num_speakers must be at most 3, got 4"):
        mix_dialogue(voices, 4, seed=0)


def test_sentences_of_real_readers_are_read_with_their_speech() -> None:
    voices = read_voices(shared("speech/librispeech_test-other"))
    assert {name: len(own) for name, own in voices.items()} == dict.fromkeys(
        ("1688", "1998", "2033", "2414", "2609", "3005"), 10
    )
    spoken_s = sum(window.duration_s for own in voices.values() for one in own for window in one.speech)
    assert 300 < spoken_s < 440

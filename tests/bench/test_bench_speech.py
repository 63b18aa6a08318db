"""The word error rate and the scores of the benchmark of speech recognition, against values by hand."""

import numpy as np
import pytest

from playhead_bench.speech import (
    RATE_HZ,
    JoinedRecording,
    RecognisedSpeech,
    join_recordings,
    score,
    word_errors,
)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a b c", "a x b c y", 2), ("a b", "c d", 2), ("", "a", 1)],
)
def test_word_errors_count_substitutions_deletions_and_insertions(
    reference: str, hypothesis: str, errors: int
) -> None:
    assert word_errors(reference.split(), hypothesis.split()) == errors


def test_a_score_is_of_words_onsets_and_languages() -> None:
    recordings = [
        JoinedRecording("one", 1.0, 5.0, 1.2, "en", "the red door"),
        JoinedRecording("two", 8.0, 12.0, 8.0, "de", "die Tür"),
    ]
    spans = ((1.3, 4.3, "The read door.", "en"), (8.5, 9.5, "Die Tür", "en"), (20.0, 21.0, "Thanks", "en"))
    found = score(recordings, RecognisedSpeech(spans, 2.0))
    assert found["word_error_rate"] == pytest.approx(2 / 5)
    assert found["onset_error_max_s"] == pytest.approx(0.5)
    assert found["language_accuracy"] == pytest.approx(3 / 4)


def test_joined_recordings_lie_where_it_is_said() -> None:
    tone = np.concatenate([np.zeros(RATE_HZ), np.ones(RATE_HZ)]).astype(np.float32)
    sound, (first, second) = join_recordings([("a", tone, "en", "x"), ("b", tone, "en", "y")])
    assert first.end_s <= second.start_s
    assert second.onset_s == pytest.approx(second.start_s + 1.0)
    assert sound[round((second.onset_s + 0.5) * RATE_HZ)] == pytest.approx(1.0, abs=0.01)
    assert abs(sound[round((second.onset_s - 0.5) * RATE_HZ)]) < 0.01

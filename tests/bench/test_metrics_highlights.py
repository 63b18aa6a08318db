"""Tests of highlight detection: by hand and against a slow oracle."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.highlights import LEVELS, gold_saliency, highlight_scores


def one(saliency: Sequence[int]) -> np.ndarray:
    """Gold of three annotators who agree."""
    return np.repeat(np.array(saliency, dtype=np.float64)[:, None], 3, axis=1)


def slow_average_precision(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """At every recall that some cut of the scores reaches, the best precision of it or any higher recall."""
    by_recall: dict[int, float] = {}
    for cut in sorted(set(scores)):
        retrieved = [label for score, label in zip(scores, labels, strict=True) if score >= cut]
        by_recall[sum(retrieved)] = max(by_recall.get(sum(retrieved), 0.0), sum(retrieved) / len(retrieved))
    levels = [recall for recall in by_recall if recall]
    best = [max(p for other, p in by_recall.items() if other >= recall) for recall in levels]
    return float(np.mean(best)) if best else 0.0


CASES = st.integers(1, 12).flatmap(
    lambda clips: st.tuples(
        st.lists(st.integers(-3, 3).map(float), min_size=clips, max_size=clips),
        st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=clips, max_size=clips),
    )
)


@settings(deadline=None)
@given(st.lists(CASES, min_size=1, max_size=4))
def test_average_precision_is_that_of_the_slow_oracle(
    cases: list[tuple[list[float], list[list[int]]]],
) -> None:
    found = highlight_scores([np.array(c[0]) for c in cases], [np.array(c[1], dtype=float) for c in cases])
    for name, min_saliency in LEVELS.items():
        expected = [
            slow_average_precision(scores, [row[who] >= min_saliency for row in saliency])
            for scores, saliency in cases
            for who in range(3)
        ]
        assert found[name].average_precision == pytest.approx(np.mean(expected))


def test_one_highlight_in_second_place_by_hand() -> None:
    found = highlight_scores([np.array([0.9, 0.8, 0.1])], [one([0, 4, 0])])
    assert found["VeryGood"].average_precision == pytest.approx(0.5)
    assert found["VeryGood"].hit_at_1 == 0.0


def test_levels_count_from_their_least_score_on() -> None:
    found = highlight_scores([np.array([0.9, 0.1])], [one([3, 0])])
    assert {name: scores.hit_at_1 for name, scores in found.items()} == {"Fair": 1, "Good": 1, "VeryGood": 0}


def test_one_annotator_is_enough_for_a_hit_but_a_third_of_the_precision() -> None:
    found = highlight_scores([np.array([0.9, 0.1])], [np.array([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])])
    assert found["VeryGood"].hit_at_1 == 1.0
    assert found["VeryGood"].average_precision == pytest.approx(1 / 3)


def test_too_few_scores_are_filled_with_zero_and_too_many_are_cut() -> None:
    gold = [one([0, 0, 4]), one([4, 0])]
    found = highlight_scores([np.array([-1.0, -2.0]), np.array([0.1, 0.0, 0.9])], gold)
    assert found["VeryGood"].average_precision == 1.0
    assert (
        found["VeryGood"].hit_at_1 == 0.0
    )  # clip 0 of the first is none; the third clip of the second is not there


def test_a_query_without_scores_is_a_miss_even_where_all_clips_are_highlights() -> None:
    found = highlight_scores([np.zeros(0)], [one([4, 4])])
    assert (found["Fair"].average_precision, found["Fair"].hit_at_1) == (0.0, 0.0)


def test_saliency_is_zero_outside_the_relevant_clips() -> None:
    assert gold_saliency(7.5, [1], [[4, 3, 2]]).tolist() == [[0, 0, 0], [4, 3, 2], [0, 0, 0]]


def test_a_clip_outside_the_video_is_refused() -> None:
    with pytest.raises(ValueError, match="relevant clips 1 to 5, the video has 3"):
        gold_saliency(6.0, [1, 5], [[4, 3, 2], [1, 1, 1]])
    with pytest.raises(ValueError, match="1 relevant clips, 2 saliency"):
        gold_saliency(6.0, [1], [[4, 3, 2], [1, 1, 1]])

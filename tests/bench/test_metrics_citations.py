"""Tests of citation precision, recall and F1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.citations import (
    Citation,
    CitationScores,
    Counts,
    cite_f1,
    count_seconds,
    count_windows,
    is_verbatim,
    macro,
    micro,
)
from playhead_index.window import Window


def at(start_s: float, end_s: float, video: str = "a") -> Citation:
    return Citation(video, Window(start_s, end_s))


GOLD = [at(0, 10), at(20, 30), at(0, 10, "b")]


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        ([at(0, 10)], (1, 1, 3, 1)),
        ([at(0, 5), at(5, 10)], (2, 2, 3, 1)),
        ([at(0, 100)], (1, 0, 3, 0)),
        ([at(5, 15)], (1, 1, 3, 1)),
        ([at(6, 16)], (1, 0, 3, 0)),
        ([at(0, 30)], (1, 1, 3, 2)),
        ([at(20, 30, "b")], (1, 0, 3, 0)),
        ([at(0, 10), at(0, 10)], (1, 1, 3, 1)),
        ([], (0, 0, 3, 0)),
    ],
    ids=["one of three", "one in two halves", "the whole video", "half inside", "less than half inside",
         "over two", "another video", "the same twice", "nothing cited"],
)  # fmt: skip
def test_citations_are_counted_by_hand(cited: list[Citation], expected: tuple[int, ...]) -> None:
    counts = count_windows(cited, GOLD)
    assert (counts.cited, counts.right, counts.gold, counts.found) == expected


def test_seconds_are_counted_once() -> None:
    counts = count_seconds([at(0, 8), at(4, 12), at(0, 5, "c")], GOLD)
    assert counts == Counts(cited=17.0, right=10.0, gold=30.0, found=10.0)
    assert (counts.precision, counts.recall) == (pytest.approx(10 / 17), pytest.approx(1 / 3))


def test_micro_weighs_citations_and_macro_weighs_answers() -> None:
    counts = [Counts(1, 1, 1, 1), Counts(3, 0, 1, 0)]
    assert micro(counts) == CitationScores(0.25, 0.5, pytest.approx(1 / 3))
    assert macro(counts) == CitationScores(0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(Counts(0, 0, 0, 0), (1.0, 1.0)), (Counts(0, 0, 2, 0), (0.0, 0.0)), (Counts(2, 0, 0, 0), (0.0, 0.0))],
    ids=["nothing to cite and nothing cited", "nothing cited", "cited where nothing is"],
)
def test_answers_without_citations_or_gold(counts: Counts, expected: tuple[float, float]) -> None:
    assert (counts.precision, counts.recall) == expected


CITATIONS = st.lists(
    st.builds(
        lambda start, length, video: at(start, start + length, video),
        st.integers(0, 40), st.integers(1, 9), st.sampled_from("ab"),
    ), max_size=6,
)  # fmt: skip


@settings(deadline=None)
@given(CITATIONS, CITATIONS)
def test_citing_all_gold_as_well_never_lowers_recall(cited: list[Citation], gold: list[Citation]) -> None:
    for count in (count_windows, count_seconds):
        if gold:
            assert count(gold, gold).f1 == count([*cited, *gold], gold).recall == 1.0
        assert 0.0 <= count(cited, gold).f1 <= 1.0


def test_citef1_by_hand() -> None:
    predicted = [
        ("The dam broke at noon.", ["the dam broke"], ["v1"]),
        ("Ten people were saved.", ["ten were saved"], ["v2"]),
    ]
    reference = {
        "the dam broke": ["v1"],
        "ten were saved": ["v3"],
        "Ten people were saved.": ["v2", "v3"],
        "no": [],
    }
    scores = cite_f1(predicted, reference, is_verbatim)
    assert scores == CitationScores(0.5, pytest.approx(1 / 3), pytest.approx(0.4))


def test_a_report_without_citations_scores_nothing() -> None:
    scores = cite_f1([("The dam broke.", ["the dam broke"], [])], {"the dam broke": ["v1"]}, is_verbatim)
    assert scores == CitationScores(0.0, 0.0, 0.0)


def test_no_answers_have_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        macro([])

"""Where chapters are cut: between subjects, exactly, and never at the wrong place for lack of words."""

from itertools import combinations
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_tools.captions.chapters import cut_chapters

CAT, CAR, SEA = ["cat", "sofa", "sleep"], ["car", "road", "drive"], ["sea", "boat", "wave"]
Terms = list[list[str]]
TERMS = st.lists(st.lists(st.sampled_from("abcde"), max_size=4), max_size=7)


def cost(terms: Terms, runs: list[tuple[int, int]]) -> float:
    """The formula of Utiyama and Isahara, word by word."""
    total, different = max(2, sum(map(len, terms))), len({t for caption in terms for t in caption})
    found = log(total) * len(runs)
    for first, end in runs:
        words = [t for caption in terms[first:end] for t in caption]
        found -= sum(log((words.count(t) + 1) / (len(words) + different)) for t in words)
    return found


def every_cut(n: int) -> list[list[tuple[int, int]]]:
    inner = [c for size in range(n) for c in combinations(range(1, n), size)]
    return [list(zip((0, *cut), (*cut, n), strict=True)) for cut in inner]


def test_chapters_end_where_the_subject_changes() -> None:
    assert cut_chapters([CAT] * 5 + [CAR] * 3 + [SEA] * 4) == [(0, 5), (5, 8), (8, 12)]


def test_one_subject_is_one_chapter() -> None:
    assert cut_chapters([CAT] * 12) == [(0, 12)]


def test_no_captions_have_no_chapters() -> None:
    assert cut_chapters([]) == []


def test_captions_without_words_are_in_a_chapter_too() -> None:
    assert cut_chapters([[], []]) == [(0, 2)]


def test_no_chapter_has_more_captions_than_allowed() -> None:
    assert max(end - first for first, end in cut_chapters([CAT] * 5, max_captions=2)) == 2


@given(TERMS, st.integers(1, 7))
def test_there_are_never_more_chapters_than_allowed(terms: Terms, max_captions: int) -> None:
    assert len(cut_chapters(terms, max_chapters=max_captions)) <= max_captions


@given(TERMS)
def test_runs_lie_side_by_side_and_cover_all(terms: Terms) -> None:
    runs = cut_chapters(terms)
    assert [i for first, end in runs for i in range(first, end)] == list(range(len(terms)))


@given(TERMS.filter(bool))
def test_no_other_cut_is_likelier(terms: Terms) -> None:
    best = min(cost(terms, runs) for runs in every_cut(len(terms)))
    assert cost(terms, cut_chapters(terms)) == pytest.approx(best)


def test_a_chapter_of_no_captions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one caption, got max_captions = 0 and"):
        cut_chapters([CAT], max_captions=0)

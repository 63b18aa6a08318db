"""Tests of rank fusion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.search.fusion import K, rrf

LISTS = st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=4)


def test_what_two_lists_find_beats_what_one_puts_first() -> None:
    fused = rrf([["a", "b", "c"], ["d", "b"]])
    assert [one.item for one in fused] == ["b", "a", "d", "c"]
    assert fused[0].ranks == (2, 2)
    assert fused[0].score == pytest.approx(2 / (K + 2))


def test_an_item_that_comes_twice_in_a_list_has_its_better_rank() -> None:
    assert [(one.item, one.ranks) for one in rrf([["a", "b", "a"]])] == [("a", (1,)), ("b", (2,))]


@given(LISTS)
def test_every_item_comes_once_with_its_rank_in_every_list(lists: list[list[str]]) -> None:
    fused = rrf(lists)
    assert {one.item for one in fused} == {item for items in lists for item in items}
    for one in fused:
        assert one.ranks == tuple(items.index(one.item) + 1 if one.item in items else None for items in lists)
    scores = [one.score for one in fused]
    assert scores == sorted(scores, reverse=True)


@given(LISTS, st.randoms())
def test_the_order_of_the_lists_makes_no_difference_to_any_score(
    lists: list[list[str]], random: object
) -> None:
    shuffled = list(lists)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {one.item: one.score for one in rrf(lists)} == {one.item: one.score for one in rrf(shuffled)}

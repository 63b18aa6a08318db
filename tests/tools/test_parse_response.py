"""Tests of reading what a model said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.video_llm.parse_response import (
    contains_answer,
    is_abstention,
    match_open,
    normalised,
    parse_choice,
    parse_reply_time,
)

COLOURS = ("red", "blue", "light green")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B", 1), ("b", 1), ("B.", 1), ("(C)", 2), ("(a)", 0), ("B. blue", 1), ("A) red", 0),
        ("The answer is B", 1), ("Answer: C", 2), ("option A", 0), ("Blue.", 1), ("the light green", 2),
        ("2", 1), ("(3)", 2), ("B. I think that it is so", 1), (" C \n", 2),
    ],
)  # fmt: skip
def test_a_choice_is_read_from(text: str, expected: int) -> None:
    assert parse_choice(text, COLOURS) == expected


@pytest.mark.parametrize(
    "text",
    ["", "D", "yellow", "B. red", "red or blue", "a red car", "0", "4", "I see", "B and C", "none of them"],
)
def test_a_choice_is_never_guessed_from(text: str) -> None:
    with pytest.raises(ModelOutputInvalid, match="expected one of 3 options") as caught:
        parse_choice(text, COLOURS)
    assert caught.value.raw_text == text


def test_a_number_that_is_an_options_text_is_no_place_in_the_list() -> None:
    assert parse_choice("2", ["3", "2", "1"]) == 1


def test_a_letter_that_is_another_options_text_is_refused() -> None:
    with pytest.raises(ModelOutputInvalid):
        parse_choice("B", ["B", "C"])


def test_equal_options_are_distinguished_by_letter_alone() -> None:
    with pytest.raises(ModelOutputInvalid):
        parse_choice("red", ["red", "Red!"])
    assert parse_choice("B", ["red", "Red!"]) == 1


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5))
def test_whatever_is_said_is_read_inside_the_options_or_refused(text: str, options: list[str]) -> None:
    try:
        choice = parse_choice(text, options)
    except ModelOutputInvalid:
        return
    assert 0 <= choice < len(options)


@pytest.mark.parametrize(
    ("reply", "gold"),
    [
        ("Red", "red"), ("a star.", "star"), ("It moves left!", "it moves left"), ("two", "2"),
        ("gray", "grey"), ("at 12.9 seconds", "at 12.2 seconds"), ("0:12", "at 12.2 seconds"),
        ("12 s", "at 12.2 seconds"), ("Not visible.", "not visible"), ("no answer", "not visible"),
        ("yes", "Yes"),
    ],
)  # fmt: skip
def test_a_free_reply_says_the_gold_answer(reply: str, gold: str) -> None:
    assert match_open(reply, gold)


@pytest.mark.parametrize(
    ("reply", "gold"),
    [
        ("blue", "red"), ("red star", "red"), ("at 13.3 seconds", "at 12.2 seconds"), ("", "red"),
        ("no", "not visible"), ("not visible", "no"), ("12", "at 12.2 seconds"), ("...", "..."),
    ],
)  # fmt: skip
def test_a_free_reply_does_not_say_the_gold_answer(reply: str, gold: str) -> None:
    assert not match_open(reply, gold)


def test_silence_and_no_are_no_refusals() -> None:
    assert [is_abstention(text) for text in ("", "no", "Not visible!")] == [False, False, True]


def test_a_time_is_read_only_where_nothing_else_is_said() -> None:
    texts = ("at 1:02:03", "3.5 seconds.", "at noon", "in 3 s it falls")
    assert [parse_reply_time(text) for text in texts] == [
        3723.0, 3.5, None, None,
    ]  # fmt: skip


def test_an_article_that_is_all_there_is_stays() -> None:
    assert normalised("A") == "a"


def test_a_sentence_says_whole_words_only() -> None:
    assert contains_answer("At 0:12 the red star comes [E1].", "a red star")
    assert not contains_answer("a redder star", "red")


def test_a_sentence_says_a_time_when_it_is_the_first_that_it_names() -> None:
    assert contains_answer("It is seen from 0:33 to 0:35 [E1].", "at 0:33.5")
    assert not contains_answer("It is seen from 0:33 to 0:35 [E1].", "at 0:35")
    assert not contains_answer("It is seen [E33].", "at 0:33")


@given(st.text(max_size=40))
def test_a_reply_says_itself_unless_it_has_no_words(text: str) -> None:
    assert match_open(text, text) == bool(normalised(text))

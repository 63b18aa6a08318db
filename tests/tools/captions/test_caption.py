"""A caption as it is stored: one line of text, one of keywords, whatever a model or a video wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_tools.captions.caption import MAX_CHARS, complete_sentences, make_caption, parse_caption


def test_a_caption_comes_back_as_it_was_stored() -> None:
    made = make_caption("A dog runs.", ["dog", "dog park"])
    assert made is not None
    assert made.stored == "A dog runs.\nkeywords: dog, dog park"
    assert parse_caption(made.stored) == made


@given(st.text(max_size=80), st.lists(st.text(max_size=12), max_size=4))
def test_whatever_a_model_says_is_stored_and_read_as_one_caption(text: str, keywords: list[str]) -> None:
    made = make_caption(text, keywords)
    assert made is None or parse_caption(made.stored) == made


@pytest.mark.parametrize("text", ["", " \n", "…", "[3]"], ids=["empty", "space", "no words", "a number"])
def test_what_holds_no_words_is_no_caption(text: str) -> None:
    assert make_caption(text) is None


def test_numbers_of_frames_are_left_out() -> None:
    made = make_caption("A dog [2] runs [frames 3-4, 6] away [sic].")
    assert made is not None
    assert made.text == "A dog runs away [sic]."


def test_a_line_of_keywords_inside_the_text_stays_text() -> None:
    made = make_caption("A sign says:\nkeywords: free money", ["sign"])
    assert made is not None
    assert parse_caption(made.stored).keywords == ("sign",)


def test_control_characters_and_turned_writing_are_taken_out() -> None:
    made = make_caption("A \x1b[31mred\u202e sign\x00.")
    assert made is not None
    assert made.text == "A [31mred sign ."


def test_a_caption_that_is_too_long_ends_with_a_whole_sentence() -> None:
    made = make_caption("A dog runs. " * 100)
    assert made is not None
    assert len(made.text) <= MAX_CHARS
    assert made.text.endswith("A dog runs.")


def test_a_text_that_was_cut_off_keeps_its_whole_sentences() -> None:
    assert complete_sentences("One. Two! Thr") == "One. Two!"
    assert complete_sentences("Nothing whole") == "Nothing whole"


def test_terms_are_stems_of_text_and_keywords_as_often_as_they_stand() -> None:
    made = make_caption("The dog chases a dog.", ["parks"])
    assert made is not None
    assert made.terms == ("dog", "chas", "dog", "park")

"""What a person types is checked before anything is searched."""

import pytest

from playhead.inputs import checked_options, checked_text, checked_thread_id


@pytest.mark.parametrize("text", ["", "  \n\t", "\ufeff\0"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the question is empty; give words"):
        checked_text(text)


@pytest.mark.parametrize("text", ["?", '""', "... !", "🐧", "\x1b[31m"])
def test_a_text_without_a_letter_or_a_digit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"the search text (has no letter or digit|is empty)"):
        checked_text(text, "the search text")


@pytest.mark.parametrize("text", ["the", "C++", "7", "猫", "ё", "what?"])
def test_a_word_or_a_number_is_enough(text: str) -> None:
    assert checked_text(text) == text


def test_a_lone_surrogate_and_controls_are_cleaned() -> None:
    assert checked_text("when is \udcff said\x1b[0m?") == "when is \ufffd said?"


def test_a_text_of_the_limit_is_taken_and_one_above_refused() -> None:
    assert len(checked_text("x" * 10_000)) == 10_000
    with pytest.raises(ValueError, match="has 10001 characters, at most 10000 are read; shorten it"):
        checked_text("x" * 10_001)


def test_options_are_cleaned_and_checked() -> None:
    assert checked_options(["a\udcff", "b\0"]) == ("a\ufffd", "b")
    with pytest.raises(ValueError, match="option 2 is empty"):
        checked_options(["a", " "])
    with pytest.raises(ValueError, match="option 1 has 2001 characters, at most 2000"):
        checked_options(["x" * 2001])


def test_names_of_conversations_are_cleaned_and_checked() -> None:
    assert (checked_thread_id(None), checked_thread_id("my\udcff thread\n")) == (None, "my\ufffd thread")
    with pytest.raises(ValueError, match="has 1 to 200 characters, got 0"):
        checked_thread_id(" ")

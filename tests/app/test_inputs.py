"""What a person types is checked before anything is searched."""

from pathlib import Path

import pytest

from playhead.input_checks import as_names, checked_lanes, checked_options, checked_text, checked_thread_id
from playhead.library import Library


@pytest.mark.parametrize("text", ["", "  \n\t", "\ufeff\0"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the question is empty; give some words, such as: when"):
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
    with pytest.raises(ValueError, match=r"got 27 options, at most 26"):
        checked_options([str(number) for number in range(27)])


def test_names_of_conversations_are_cleaned_and_checked() -> None:
    assert (checked_thread_id(None), checked_thread_id("my\udcff thread\n")) == (None, "my\ufffd thread")
    with pytest.raises(ValueError, match="has 1 to 200 characters, got 0"):
        checked_thread_id(" ")


def test_one_name_is_not_taken_letter_by_letter() -> None:
    assert as_names(["talk"]) == ["talk"]
    with pytest.raises(TypeError, match=r"videos is a sequence of names, got one: write \['talk'\]"):
        as_names("talk")


def test_lanes_that_do_not_exist_are_refused() -> None:
    assert checked_lanes(["speech", "screen"]) == ("speech", "screen")
    with pytest.raises(ValueError, match="no modality 'sound'; there are picture, appearance"):
        checked_lanes(["speech", "sound"])
    with pytest.raises(TypeError, match="lanes is a sequence of names"):
        checked_lanes("speech")


def test_a_single_path_is_not_indexed_letter_by_letter(tmp_path: Path) -> None:
    """The first letter of an absolute path is the root of the file system."""
    missing = tmp_path / "missing"
    for path in (missing, str(missing)):
        reports = Library(tmp_path / "library").index(path)
        assert [(report.path, report.status) for report in reports] == [(missing, "refused")]

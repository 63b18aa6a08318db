"""What a speech model repeats instead of listening is dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_index.words.repetition import is_repetition, without_repetitions

SENTENCE = (
    "we then turn the valve by a quarter and wait until the pressure in the second chamber has come down "
    "to about two bar, which takes a minute or two on this machine"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("so " * 8, True, id="eight times the same word"),
        pytest.param("so " * 7, False, id="seven times the same word"),
        pytest.param("No, no, no, I said no.", False, id="somebody insists"),
        pytest.param("thank you for watching " * 6, True, id="four words over and over"),
        pytest.param("I don't know. " * 7, True, id="three words over and over"),
        pytest.param(SENTENCE, False, id="a long sentence"),
        pytest.param("the the the " + SENTENCE, False, id="a stammer"),
        pytest.param("谢谢" * 12, True, id="signs of a script without blanks"),
        pytest.param(
            "他能徒手抓住子弹拦住疾速的火车轻轻一跳就能飞跃高楼", False, id="no repetition, no blanks"
        ),
        pytest.param("", False, id="nothing"),
        pytest.param("Row, row, row", False, id="three words are one run of three"),
    ],
)
def test_repetitions_are_distinguished_from_speech(text: str, expected: bool) -> None:
    assert is_repetition(text) is expected


@given(st.lists(st.text("abcdefghij", min_size=1, max_size=4), min_size=1, max_size=60, unique=True))
def test_words_that_all_differ_are_no_repetition(words: list[str]) -> None:
    assert not is_repetition(" ".join(words))


@given(st.text("abc ", min_size=1, max_size=12).filter(str.strip), st.integers(20, 40))
def test_a_phrase_said_often_enough_is_a_repetition(phrase: str, times: int) -> None:
    different = len(set(phrase.split())) / (len(phrase.split()) * times)
    assert is_repetition(f"{phrase} " * times) or different >= 0.18


def span(start_s: float, end_s: float, text: str) -> Words:
    return Words("speech", "asr:small", Window(start_s, end_s), text)


def test_equal_spans_in_a_row_become_one() -> None:
    spans = [span(0, 2, "Okay."), span(2, 3, "okay"), span(3.5, 4, "Okay!"), span(4, 6, "Next slide.")]
    assert list(without_repetitions(spans)) == [span(0, 4, "Okay."), span(4, 6, "Next slide.")]


def test_what_is_said_again_later_stays() -> None:
    spans = [span(0, 2, "Okay."), span(9, 10, "Okay.")]
    assert list(without_repetitions(spans)) == spans


def test_a_loop_of_spans_is_dropped() -> None:
    loop = [span(i, i + 1, "Thanks for watching.") for i in range(8)]
    assert list(without_repetitions([*loop, span(9, 10, "Hello.")])) == [span(9, 10, "Hello.")]


def test_a_span_that_is_a_loop_in_itself_is_dropped() -> None:
    assert list(without_repetitions([span(0, 30, "you " * 50), span(30, 31, "Hi.")])) == [span(30, 31, "Hi.")]

"""Options, right options and windows, in every way in which benchmarks write them."""

from typing import Any

import pytest

from playhead_bench.evaluate.formats.fields import (
    answer_of,
    embedded_options,
    identifier,
    options_of,
    unpack,
)
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.records import InvalidRow
from playhead_index.window import Window

COLOURS = ("red", "green", "blue")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(["red", "green", "blue"], id="a list"),
        pytest.param(["A. red", "B. green", "C. blue"], id="a list with letters and full stops"),
        pytest.param(["(A) red", "(B) green", "(C) blue"], id="a list with letters in brackets"),
        pytest.param({"C": "blue", "A": "red", "B": "green"}, id="an object by letter, in any order"),
        pytest.param("A) red\nB) green\nC) blue", id="lines with letters"),
        pytest.param("red\ngreen\nblue", id="lines without letters"),
        pytest.param("['red', 'green', 'blue']", id="a list as Python prints it"),
        pytest.param('["red", "green", "blue"]', id="a list as JSON"),
    ],
)
def test_options_are_read_from(value: Any) -> None:
    assert options_of(value) == COLOURS


def test_letters_that_are_not_those_of_their_places_are_part_of_the_options() -> None:
    assert options_of(["B. Franklin", "A. Lincoln"]) == ("B. Franklin", "A. Lincoln")


@pytest.mark.parametrize("value", [["red"], [], "red", ["red", ""], ["red", None], 5, None])
def test_fewer_than_two_options_that_say_something_are_refused(value: Any) -> None:
    with pytest.raises(InvalidRow, match=r"expected (two options or more|text), got"):
        options_of(value)


@pytest.mark.parametrize(
    "text",
    [
        "Which colour?\n(A) red\n(B) green\n(C) blue",
        "Which colour?\nA. red\nB. green\nC. blue\nAnswer with the letter.",
        "Which colour? (A) red (B) green (C) blue",
        "Which colour?\n  A: red\n  B: green\n  C: blue\n",
    ],
)
def test_options_are_taken_out_of_the_question(text: str) -> None:
    assert embedded_options(text) == ("Which colour?", COLOURS)


def test_a_question_that_only_names_a_letter_has_no_options() -> None:
    assert embedded_options("Who stands at (A)?") == ("Who stands at (A)?", ())


@pytest.mark.parametrize(
    ("value", "ways", "expected"),
    [
        pytest.param("B", ("letter",), 1, id="a letter"),
        pytest.param("(B)", ("letter",), 1, id="a letter in brackets"),
        pytest.param("B.", ("letter",), 1, id="a letter and a full stop"),
        pytest.param("B. Green", ("letter",), 1, id="a letter and its text"),
        pytest.param(2, ("index",), 2, id="a number from 0"),
        pytest.param("2.0", ("index",), 2, id="a number as tables write it"),
        pytest.param(" Blue. ", ("text",), 2, id="a text with other capitals and space"),
    ],
)
def test_the_right_option_is_meant_by(value: Any, ways: Any, expected: int) -> None:
    assert answer_of(value, COLOURS, ways) == expected


def test_a_number_among_the_texts_is_read_as_the_benchmark_usually_writes_answers() -> None:
    assert answer_of("2", ("0", "2", "4"), ("text", "index")) == 1
    assert answer_of("2", ("0", "2", "4"), ("index", "text")) == 2


@pytest.mark.parametrize("value", ["D", 3, -1, "-1", True, "purple", "D. purple", 1.5])
def test_an_answer_that_is_none_of_the_options_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRow, match="is none of the 3 options"):
        answer_of(value, COLOURS, ("letter", "index", "text"))


def test_a_letter_whose_text_is_that_of_another_option_is_refused() -> None:
    with pytest.raises(InvalidRow, match="the option A reads 'red'"):
        answer_of("A. green", COLOURS, ("letter",))


@pytest.mark.parametrize("value", [None, "", " ", True, 1.5, ["a"], {}])
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRow, match="an id is text or a whole number"):
        identifier(value)


def test_text_that_is_no_list_stays_as_it_is() -> None:
    assert unpack("[sic] the answer") == "[sic] the answer"
    assert unpack("__import__('os')") == "__import__('os')"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([10, 75.5], id="two numbers"),
        pytest.param([[10, 75.5]], id="a list of two numbers"),
        pytest.param(["00:10", "01:15.5"], id="two clocks"),
        pytest.param("00:10-01:15.5", id="clocks with a dash"),
        pytest.param(["0:10 - 0:01:15.5"], id="a list of clocks with a dash"),
        pytest.param({"start": "10", "end": 75.5}, id="start and end"),
        pytest.param([{"start_time": 10, "end_time": "1:15.5"}], id="a list of start and end"),
        pytest.param("[[10, 75.5]]", id="a list as JSON"),
    ],
)
def test_a_window_is_read_from(value: Any) -> None:
    assert windows_of(value) == ((Window(10.0, 75.5),), ())


def test_windows_come_in_time_order() -> None:
    assert windows_of([[8, 9], [1, 2]])[0] == (Window(1.0, 2.0), Window(8.0, 9.0))


def test_a_window_that_passes_the_end_by_less_than_a_second_is_cut_there_with_a_note() -> None:
    windows, notes = windows_of([[5, 20.9]], 20.0)
    assert windows == (Window(5.0, 20.0),)
    assert notes == ("window end 20.9 cut at the duration 20.0",)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param([[5, 21]], "passes the end of the video at 20.0 s", id="a second past the end"),
        pytest.param([[20, 20.5]], "passes the end of the video", id="behind the end"),
        pytest.param([[5, 5]], "ends after it starts", id="no length"),
        pytest.param([[6, 5]], "ends after it starts", id="backwards"),
        pytest.param([[-1, 5]], "starts at 0 s or later", id="before the video"),
        pytest.param([[0, float("nan")]], "finite number", id="not a number"),
        pytest.param([[0, float("inf")]], "finite number", id="without end"),
        pytest.param([["a", "b"]], "not a time", id="words"),
        pytest.param([[1, 2, 3]], "window of two times", id="three numbers"),
        pytest.param([[True, 2]], "finite number", id="a truth value"),
        pytest.param({"start": 1}, "window of two times", id="without an end"),
        pytest.param("1:75-2:00", "not a time", id="75 seconds on a clock"),
    ],
)
def test_a_window_is_refused_that_is(value: Any, why: str) -> None:
    with pytest.raises(InvalidRow, match=why):
        windows_of(value, 20.0)


@pytest.mark.parametrize("value", ["23:22-23:22", "23:22", ["23:22"]])
def test_a_single_clock_lasts_as_long_as_the_benchmark_means(value: Any) -> None:
    windows, notes = windows_of(value, point_s=1.0)
    assert windows == (Window(1402.0, 1403.0),)
    assert len(notes) == 1

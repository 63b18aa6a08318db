"""Readings of single pictures made into spans over time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_index.words.merge_screen_text import is_same_text, merge_screen_text
from playhead_index.words.protocol import Words

Lines = list[tuple[str, float]]
Spans = list[tuple[float, float, str]]


def merged(*readings: list[str], step_s: float = 2.0) -> Spans:
    timed = [
        (Window(i * step_s, (i + 1) * step_s), [(line, 0.9) for line in lines])
        for i, lines in enumerate(readings)
    ]
    return spans(merge_screen_text(timed, source="ocr:script"))


def spans(words: list[Words]) -> Spans:
    assert {(span.kind, span.source) for span in words} <= {("screen", "ocr:script")}
    return [(span.window.start_s, span.window.end_s, span.text) for span in words]


SLIDE = ["Gradient descent", "1. choose a step", "2. follow the slope"]


def test_a_slide_that_stands_is_one_span_with_all_its_lines() -> None:
    assert merged(*[SLIDE] * 60) == [(0.0, 120.0, "\n".join(SLIDE))]


def test_the_most_confident_reading_of_a_line_is_kept() -> None:
    readings = [("Gradlent descent", 0.7), ("Gradient descent", 0.98), ("Gradient dcscent", 0.8)]
    timed = [(Window(i, i + 1), [line]) for i, line in enumerate(readings)]
    (span,) = merge_screen_text(timed, source="ocr:script")
    assert (span.window, span.text, span.confidence) == (Window(0, 3), "Gradient descent", 0.98)


def test_one_missed_reading_does_not_break_a_slide() -> None:
    assert merged(SLIDE, SLIDE, [], SLIDE, SLIDE[:2], SLIDE) == [(0.0, 12.0, "\n".join(SLIDE))]


def test_two_missed_readings_end_it() -> None:
    assert merged(["Hello"], [], [], ["Hello"]) == [(0.0, 2.0, "Hello"), (6.0, 8.0, "Hello")]


def test_a_clock_is_a_span_a_reading() -> None:
    assert merged(["00:01"], ["00:02"], ["00:03"]) == [
        (0.0, 2.0, "00:01"),
        (2.0, 4.0, "00:02"),
        (4.0, 6.0, "00:03"),
    ]


def test_a_clock_does_not_cut_up_the_slide_beside_it() -> None:
    found = merged(*[[*SLIDE, f"0:{i:02}"] for i in range(10)])
    assert found[0] == (0.0, 2.0, "0:00")
    assert (0.0, 20.0, "\n".join(SLIDE)) in found
    assert len(found) == 11


def test_a_line_that_is_added_is_a_span_of_its_own() -> None:
    assert merged(SLIDE[:1], SLIDE[:1], SLIDE[:1], *[SLIDE] * 5) == [
        (0.0, 16.0, SLIDE[0]),
        (6.0, 16.0, "\n".join(SLIDE[1:])),
    ]


def test_a_line_read_once_too_few_at_the_end_stays_with_its_slide() -> None:
    assert merged(SLIDE, SLIDE, SLIDE, SLIDE[:2]) == [(0.0, 8.0, "\n".join(SLIDE))]


def test_nothing_goes_on_over_a_stretch_that_was_not_read() -> None:
    timed = [(Window(0, 2), [("Hello", 0.9)]), (Window(60, 62), [("Hello", 0.9)])]
    assert spans(merge_screen_text(timed, source="ocr:script")) == [(0, 2, "Hello"), (60, 62, "Hello")]


def test_equal_lines_of_one_picture_are_said_once() -> None:
    assert merged(["Exit", "EXIT", "Exit"]) == [(0.0, 2.0, "Exit")]


def test_no_readings_and_empty_pictures_have_no_words() -> None:
    assert merged() == []
    assert merged([], [], [" "]) == []


def test_windows_out_of_order_are_refused() -> None:
    timed: list[tuple[Window, Lines]] = [(Window(2, 4), []), (Window(0, 2), [])]
    with pytest.raises(ValueError, match="ascend and not overlap, got 0:00–0:02 after 0:02–0:04"):
        merge_screen_text(timed, source="ocr:script")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Gradient descent", "Gradlent descent", True),
        ("Gradient descent", "gradientdescent", True),
        ("ＷＩＤＥ", "wide", True),
        ("00:01", "00:02", False),
        ("Figure 3", "Figure 8", False),
        ("Question part a", "Question part b", False),
        ("left turn ahead", "right turn ahead", False),
        ("yes", "no", False),
        ("第一章 线性代数", "第一章 线性代致", True),
    ],
)
def test_readings_of_one_line_are_distinguished_from_other_lines(a: str, b: str, same: bool) -> None:
    assert is_same_text(a, b) is same
    assert is_same_text(b, a) is same


LINES = ["slide one", "slide onc", "slide two", "clock 1", "clock 2", "Exit", "exit", "by line"]
LINE = st.sampled_from(LINES)
READINGS = st.lists(st.lists(st.tuples(LINE, st.floats(0.6, 1.0)), max_size=4), max_size=12)
GAPS_S = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.5, 30.0]), min_size=12, max_size=12)


def timed(readings: list[Lines], gaps_s: list[float]) -> list[tuple[Window, Lines]]:
    starts_s = [2.0 * i + sum(gaps_s[:i]) for i in range(len(readings))]
    windows = [Window(start_s, start_s + 2.0) for start_s in starts_s]
    return list(zip(windows, readings, strict=True))


@given(READINGS, GAPS_S)
def test_spans_lie_inside_what_was_read_and_ascend(readings: list[Lines], gaps_s: list[float]) -> None:
    given_ = timed(readings, gaps_s)
    found = merge_screen_text(given_, source="ocr:script")
    windows = [span.window for span in found]
    assert windows == sorted(windows)
    for window in windows:
        assert any(window.start_s == read.start_s for read, _ in given_)
        assert any(window.end_s == read.end_s for read, _ in given_)


@given(READINGS, GAPS_S)
def test_no_line_is_said_twice_at_a_time(readings: list[Lines], gaps_s: list[float]) -> None:
    found = merge_screen_text(timed(readings, gaps_s), source="ocr:script")
    line_windows = [(line.casefold(), span.window) for span in found for line in span.text.split("\n")]
    for i, (line, window) in enumerate(line_windows):
        assert all(other != line or not window.overlap_s(w) for other, w in line_windows[i + 1 :])


@given(READINGS, GAPS_S)
def test_every_line_that_was_read_is_found_at_its_time(readings: list[Lines], gaps_s: list[float]) -> None:
    given_ = timed(readings, gaps_s)
    found = merge_screen_text(given_, source="ocr:script")
    for window, lines in given_:
        there = [line for span in found if span.window.overlap_s(window) for line in span.text.split("\n")]
        assert all(any(is_same_text(text, line) for line in there) for text, _ in lines)


@given(READINGS)
def test_only_read_lines_are_said(readings: list[Lines]) -> None:
    found = merge_screen_text(timed(readings, [0.0] * 12), source="ocr:script")
    read = {text for lines in readings for text, _ in lines}
    assert {line for span in found for line in span.text.split("\n")} <= read

"""Explicit times in questions: which stretch of a ten-minute video they mean, and what is left."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.errors import ToolError
from playhead_index.window import format_time
from playhead_tools.times import parse_times, resolve_times

TEN_MINUTES_S = 600.0
STRETCHES = [
    ("what is said at 2:30?", 150, 151),
    ("what is said at 75 seconds?", 75, 76),
    ("what is said at 75s?", 75, 76),
    ("what is shown at 2m30s?", 150, 151),
    ("what is shown at 1 minute and 5 seconds?", 65, 66),
    ("what is shown at 1 minute, 5 seconds?", 65, 66),
    ("what is at 0:00:30?", 30, 31),
    ("what is at 1:05.5?", 65.5, 66.5),
    ("what is at timestamp 1:05?", 65, 66),
    ("what is at t=75?", 75, 76),
    ("what is at the 5 minute mark?", 300, 301),
    ("what is at the five-minute mark?", 300, 301),
    ("what is at the 1:30 mark?", 90, 91),
    ("what is @ 1:30?", 90, 91),
    ("what happens 30 seconds in?", 30, 31),
    ("five minutes into the video, what is shown?", 300, 301),
    ("what happens two and a half minutes in?", 150, 151),
    ("what happens half a minute in?", 30, 31),
    ("what happens a minute and a half in?", 90, 91),
    ("what is on screen at minute 5?", 300, 360),
    ("what is on screen in minute five?", 300, 360),
    ("what is on screen in the fifth minute?", 240, 300),
    ("what is said around 1:02?", 47, 77),
    ("what is said at about 1:02?", 47, 77),
    ("what is said near 90 seconds?", 75, 105),
    ("what is said around 0:05?", 0, 20),
    ("between 3 and 4 minutes, what is said?", 180, 240),
    ("what is said between minute 3 and minute 4?", 180, 240),
    ("what is said between minutes 3 and 4?", 180, 240),
    ("what is said in minutes 3 to 5?", 180, 300),
    ("what is said from 1:00 to 2:00?", 60, 120),
    ("what is said from 1:00 until 2:00?", 60, 120),
    ("what is said in 1:00-2:00?", 60, 120),
    ("what is said in 1:00–2:00?", 60, 120),
    ("what is said between 10 and 20 seconds?", 10, 20),
    ("what is said from ten to twenty seconds?", 10, 20),
    ("what is said between fifty five and sixty seconds?", 55, 60),
    ("what is said from 30 seconds to 2 minutes?", 30, 120),
    ("what is said in the last five minutes?", 300, 600),
    ("what is said during the final 90 seconds of the talk?", 510, 600),
    ("what is said in the last minute?", 540, 600),
    ("what is said in the closing 20 seconds?", 580, 600),
    ("first 30 seconds", 0, 30),
    ("what is said in the opening 20 seconds?", 0, 20),
    ("what is said within the first couple of minutes?", 0, 120),
    ("what is said in the first few minutes?", 0, 180),
    ("what is said in the first minute?", 0, 60),
    ("what is said in the second minute?", 60, 120),
    ("what is said in the first half?", 0, 300),
    ("what is said in the second half of the video?", 300, 600),
    ("what is said in the last third?", 400, 600),
    ("what is said in the second quarter?", 150, 300),
    ("what is said in the first 10%?", 0, 60),
    ("what is said in the last 25 percent?", 450, 600),
    ("what is shown halfway through?", 270, 330),
    ("what is shown in the middle of the video?", 200, 400),
    ("what is said after 5:00?", 300, 600),
    ("what is said from 5:00 onwards?", 300, 600),
    ("what is said from 5:00 to the end?", 300, 600),
    ("what is said past minute 8?", 480, 600),
    ("what is said before minute 5?", 0, 300),
    ("what is said before 2:00?", 0, 120),
    ("what was said by 2:00?", 0, 120),
    ("what is said up to 45 seconds?", 0, 45),
    ("what is said until 1:30?", 0, 90),
    ("what is said after 2:00 and before 3:00?", 120, 180),
    ("what is said in the first half after 4:00?", 240, 300),
    ("what is said ten seconds before the end?", 590, 591),
    ("what is said at the beginning?", 0, 60),
    ("what is said at the start of the lecture?", 0, 60),
    ("what is said at the end?", 540, 600),
    ("at the end what is said?", 540, 600),
]


@pytest.mark.parametrize(("question", "start_s", "end_s"), STRETCHES, ids=[row[0] for row in STRETCHES])
def test_the_stretch_meant(question: str, start_s: float, end_s: float) -> None:
    window, notes = resolve_times(parse_times(question).times, TEN_MINUTES_S)
    assert (window.start_s, window.end_s, notes) == (pytest.approx(start_s), pytest.approx(end_s), ())


NO_TIMES = [
    "when does he first mention Bayes?",
    "what does he say the second time he mentions it?",
    "what is on the slide at the end of the proof?",
    "what does he say ten seconds after the break?",
    "when does he speak for five minutes?",
    "when does he talk about 5 minutes of silence?",
    "what is the second derivative?",
    "what does he say about the last mile?",
    "how many seconds are in the demo?",
    "what is a minute?",
    "what is seen at second glance?",
    "what is written at the start line?",
    "is he at the beginning stage?",
]


@pytest.mark.parametrize("question", NO_TIMES)
def test_words_that_are_no_time_stay(question: str) -> None:
    read = parse_times(question)
    assert (read.times, read.rest) == ((), question)


RESTS = [
    ("what is said at 2:30?", "what is said?"),
    ("five minutes into the video, what is shown?", "what is shown?"),
    ("between 3 and 4 minutes, what is said?", "what is said?"),
    ("what does he say in the last five minutes about Bayes?", "what does he say about Bayes?"),
    ("first 30 seconds", ""),
    ("what is said after 2:00 and before 3:00?", "what is said?"),
    ("At the beginning, who speaks?", "who speaks?"),
]


@pytest.mark.parametrize(("question", "rest"), RESTS, ids=[row[0] for row in RESTS])
def test_the_question_without_its_time(question: str, rest: str) -> None:
    assert parse_times(question).rest == rest


OUTSIDE = [
    ("what is said at 12:30?", "outside the video, which is 10:00 long"),
    ("what is said after 10:00?", "outside the video, which is 10:00 long"),
    ("what is said around 12:00?", "outside the video, which is 10:00 long"),
    ("what is said between 11 and 12 minutes?", "outside the video, which is 10:00 long"),
    ("what is said fifteen minutes before the end?", "outside the video, which is 10:00 long"),
    ("what is said before 0:00?", "outside the video"),
    ("what is said from 2:00 to 1:00?", "ends before it starts"),
    ("what is said at 1:75?", "is not a time"),
    ("what is said in the fifth quarter?", "is not a time"),
    ("what is said in the first 120%?", "is not a time"),
    ("what is said after 5:00 and before 3:00?", "no time of the video is in all of"),
]


@pytest.mark.parametrize(("question", "why"), OUTSIDE, ids=[row[0] for row in OUTSIDE])
def test_a_time_that_the_video_does_not_have_is_refused(question: str, why: str) -> None:
    with pytest.raises(ToolError, match=why):
        resolve_times(parse_times(question).times, TEN_MINUTES_S)


NOTED = [
    ("what is said in the last twenty minutes?", 0, 600),
    ("what is said in the first 11 minutes?", 0, 600),
    ("what is said from 9:00 to 12:00?", 540, 600),
    ("what is said before 11:00?", 0, 600),
]


@pytest.mark.parametrize(("question", "start_s", "end_s"), NOTED, ids=[row[0] for row in NOTED])
def test_a_time_that_reaches_past_the_end_is_cut_and_says_so(
    question: str, start_s: float, end_s: float
) -> None:
    window, notes = resolve_times(parse_times(question).times, TEN_MINUTES_S)
    assert (window.start_s, window.end_s) == (start_s, end_s)
    assert "reaches past the video, which is 10:00 long" in notes[0]


@given(st.floats(0, 599), st.floats(1, 36_000))
def test_a_clock_that_is_written_is_read_back(time_s: float, duration_s: float) -> None:
    (phrase,) = parse_times(f"what is said at {format_time(time_s)}?").times
    assert phrase.a == pytest.approx(time_s, abs=0.051)
    if phrase.a < duration_s:
        window, _ = phrase.window(duration_s)
        assert 0 <= window.start_s < window.end_s <= duration_s


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    read = parse_times(text)
    assert all(phrase.phrase for phrase in read.times)


@given(st.sampled_from([row[0] for row in STRETCHES]), st.floats(0.5, 20_000))
def test_a_stretch_lies_inside_every_video_or_is_refused(question: str, duration_s: float) -> None:
    with suppress(ToolError):
        window, _ = resolve_times(parse_times(question).times, duration_s)
        assert 0 <= window.start_s < window.end_s <= duration_s

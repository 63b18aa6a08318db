"""Subtitles of several sources, and captions that roll up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_index.words.roll_up import is_roll_up, unroll
from playhead_index.words.subtitles import choose_subtitles


def cue(
    start_s: float, end_s: float, text: str, source: str = "file:a.srt", language: str | None = None
) -> Words:
    return Words("speech", source, Window(start_s, end_s), text, language)


def test_languages_are_all_kept() -> None:
    spans = [cue(0, 2, "Ja", language="de"), cue(0, 2, "Ja", language="no"), cue(0, 2, "Yes", language="en")]
    assert len(choose_subtitles(spans)) == 3


@pytest.mark.parametrize(
    ("second", "num_cues"),
    [
        pytest.param(cue(0.1, 2.1, "Hello", "track:2", "en"), 1, id="the same words at nearly the same time"),
        pytest.param(cue(0.0, 2.0, "hello ", "track:2"), 1, id="other blanks and letters' case"),
        pytest.param(cue(0.0, 1.0, "Hello", "track:2"), 1, id="a shorter one inside"),
        pytest.param(cue(1.0, 3.0, "Hello", "track:2"), 2, id="half of the time shared"),
        pytest.param(cue(0.0, 2.0, "Hello!", "track:2"), 2, id="other words"),
        pytest.param(cue(2.0, 4.0, "Hello", "file:a.srt"), 2, id="said again"),
    ],
)
def test_a_cue_is_kept_once_when_words_and_time_agree(second: Words, num_cues: int) -> None:
    assert len(choose_subtitles([cue(0.0, 2.0, "Hello"), second])) == num_cues


def test_a_language_that_only_the_second_source_knows_is_kept() -> None:
    chosen = choose_subtitles([cue(0, 2, "Hello"), cue(0, 2, "Hello", "track:2", "en")])
    assert chosen == [cue(0, 2, "Hello", language="en")]


def test_sources_come_out_in_time_order() -> None:
    chosen = choose_subtitles([cue(0, 1, "a"), cue(4, 5, "c"), cue(2, 3, "b", "track:2")])
    assert [span.text for span in chosen] == ["a", "b", "c"]


ROLLED = [
    cue(0, 2, "so today we"),
    cue(2, 4, "so today we\nlook at graphs"),
    cue(4, 4.1, "look at graphs"),
    cue(4.1, 6, "look at graphs\nand trees"),
    cue(6, 8, "and trees\nof all kinds"),
]


def test_roll_up_captions_say_each_line_once() -> None:
    assert unroll(ROLLED) == [
        cue(0, 2, "so today we"),
        cue(2, 4.1, "look at graphs"),
        cue(4.1, 6, "and trees"),
        cue(6, 8, "of all kinds"),
    ]


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param([cue(0, 1, "No."), cue(1, 2, "No."), cue(2, 3, "Yes.")], id="too few to tell"),
        pytest.param([cue(i, i + 1, f"line {i}") for i in range(9)], id="every cue is new"),
        pytest.param([cue(3 * i, 3 * i + 1, "la la") for i in range(9)], id="a refrain with pauses"),
        pytest.param([], id="nothing"),
    ],
)
def test_other_captions_stay_as_they_are(spans: list[Words]) -> None:
    assert not is_roll_up(spans)
    assert unroll(spans) == spans


SHORT = st.text("abc", min_size=1, max_size=3)


@given(st.lists(SHORT, min_size=4, max_size=30, unique=True), st.integers(1, 3))
def test_unrolling_undoes_rolling(lines: list[str], height: int) -> None:
    rolled = [cue(i, i + 1, "\n".join(lines[max(0, i - height) : i + 1])) for i in range(len(lines))]
    assert [span.text for span in unroll(rolled)] == lines

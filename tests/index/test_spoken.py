"""What of subtitles is said: not sounds, speakers' names and telemetry."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_index.words.subtitle_speech import is_telemetry, speech_of_sources, spoken_text, spoken_words

READINGS = (
    "FrameCnt: {0}, DiffTime: 33ms\n2026-05-01 10:00:00.033\n[iso: 100] [shutter: 1/500.0] [fnum: 2.8]"
    " [color_md: default] [latitude: 0.000001] [rel_alt: 0.010 abs_alt: 50.010]"
)
OLDER_READINGS = (
    "HOME(149.0251,-20.2532) 2017.08.05 14:11:5{0}\nGPS(149.0251,-20.2533,16) BAROMETER:1.9\n"
    "ISO:100 Shutter:60 EV: Fnum:F2.8"
)
NEWER_READINGS = "F/2.8, SS 125{0}, ISO 100, EV 0, DZOOM 1.000, GPS (8.6499, 53.1665, 19), D 24.57m, H 6.00m"


def cues(*texts: str, source: str = "file:talk.srt") -> list[Words]:
    return [Words("speech", source, Window(2.0 * i, 2.0 * i + 1.5), text) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[door creaks]", ""),
        ("[ Both screaming !!! ]", ""),
        ("[steam whistle blowing,\ntrain chugging]", ""),
        ("(sighs)", ""),
        ("♪ music ♪", ""),
        ("♫ [ Musica sinfonica ] ♫", ""),
        ("[inaudible]", ""),
        ("(laughs) Come in, Mary.", "Come in, Mary."),
        ("Come in. (laughs)", "Come in."),
        ("But first...\n( kisses ) dinner!", "But first...\ndinner!"),
        ("WOMAN ( gasping ):\nMarie Anne!", "Marie Anne!"),
        ("( voice fades ):\nThat same current", "That same current"),
        ("[Terrill] It's important", "It's important"),
        ("MARY: Open the door!", "Open the door!"),
        (">> MARY: HELLO", "HELLO"),
        ("- JOHN: Hi\n- MARY ANN: no", "Hi\nno"),
    ],
)
def test_sounds_and_names_of_speakers_are_not_said(text: str, said: str) -> None:
    assert spoken_text(text)[0] == said


@pytest.mark.parametrize(
    "text",
    [
        "The graph (see the book) is flat.",
        "The Experience Music Project (EMP) is cool",
        "(We have to go now, she said.)",
        "[We have to leave the house at once.]",
        "array[i] and f(x) and list[0]",
        "[1] the first note",
        "♪ twinkle twinkle little star ♪",
        "THE ANSWER: NOTHING",
        "STEP 1: Open the box",
        "Remember: it is late",
        "https://example.org at 10:30",
        "unclosed [bracket",
    ],
)
def test_text_in_brackets_that_is_said_stays(text: str) -> None:
    assert spoken_text(text) == (text, 0)


def test_a_bracket_that_the_next_cue_closes_is_one_description() -> None:
    found = spoken_words(cues("Stop! [dramatic music", "continues] Who is there?", "unclosed [bracket"))
    assert [cue.text for cue in found.words] == ["Stop!", "Who is there?", "unclosed [bracket"]
    assert found.num_descriptions == 1


@pytest.mark.parametrize("readings", [READINGS, OLDER_READINGS, NEWER_READINGS])
def test_values_of_a_drone_are_telemetry(readings: str) -> None:
    assert is_telemetry(cues(*(readings.format(i) for i in range(5))))


def test_speech_with_numbers_is_not_telemetry() -> None:
    said = ["I have 2 dogs and 3 cats", "Revenue: 3 million, costs: 2 million in 2019 and 2020", "1 2 3 4 5"]
    assert not is_telemetry(cues(*said))


def test_what_is_left_out_is_named_with_its_source() -> None:
    drone = cues(*(READINGS.format(i) for i in range(5)), source="track:2")
    words, notes = speech_of_sources([*drone, *cues("[door creaks]", "Open the door!")])
    assert [cue.text for cue in words] == ["Open the door!"]
    assert notes == [
        "subtitle track 2: telemetry is left out: it is not speech",
        "talk.srt: 1 description of sounds left out: not speech",
    ]


@given(st.text(alphabet="[]()♪ :aA1\n", max_size=40))
def test_any_text_comes_out_no_longer_than_it_went_in(text: str) -> None:
    said, _ = spoken_text(text)
    assert len(said) <= len(text)


@pytest.mark.parametrize("text", ["[", "(a", "[a]", "A:", "♪", "a: 1 ", "iso"])
def test_long_texts_take_time_in_proportion(text: str) -> None:
    began = time.process_time()
    spoken_words(cues(text * 50_000, text * 50_000))
    is_telemetry(cues(*[text * 50_000] * 3))
    assert time.process_time() - began < 5.0

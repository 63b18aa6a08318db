"""How often something is said: counted in the words, before spans are joined."""

from time import perf_counter

import pytest

from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.occurrences import count_occurrences
from playhead_tools.word_match import count_phrase, other_forms

Cue = tuple[float, float, str]


def spans(*cues: Cue, source: str = "file:a.srt", kind: str = "speech") -> list[SpanRow]:
    return [
        SpanRow(i, "v", Words(kind, source, Window(start_s, end_s), text))  # type: ignore[arg-type]
        for i, (start_s, end_s, text) in enumerate(cues)
    ]


COUNTED = [
    ("three cues", 3, [(0, 2, "you're freaked out?"), (2.5, 4, "not freaked out"), (5, 7, "Freaked out!")]),
    ("twice in one cue", 2, [(0, 4, "Freaked out? I am freaked-out.")]),
    ("cut by the end of a cue", 1, [(0, 2, "I'm freaked"), (2, 4, "out by it")]),
    ("a cue stored twice", 1, [(0, 2, "freaked out"), (0, 2, "Freaked out!")]),
    ("a roll-up", 2, [(0, 4, "freaked out"), (2, 6, "freaked out\nagain"), (4, 8, "again\nfreaked out")]),
    ("the same words in the next cue", 2, [(0, 2, "freaked out"), (2, 4, "freaked out")]),
    ("the words apart", 1, [(0, 2, "out of it, freaked")]),
]  # fmt: skip


@pytest.mark.parametrize(("num", "cues"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_occurrences_are_counted_in_the_words(num: int, cues: list[Cue]) -> None:
    assert count_occurrences("freaked out", spans(*cues)) == num


def test_two_sources_of_one_passage_are_not_added_up() -> None:
    subtitles = spans((0, 3, "okay, okay"), (3, 6, "okay"))
    recognised = spans((0.2, 5.8, "Okay okay. Okay."), source="asr:base")
    screen = spans((0, 9, "OKAY OKAY OKAY OKAY"), source="ocr:rapidocr", kind="screen")
    assert count_occurrences("okay", [*subtitles, *recognised, *screen]) == 3


def test_a_long_cue_that_repeats_itself_is_counted_in_linear_time() -> None:
    def seconds(num_words: int) -> float:
        said = " ".join(["no"] * num_words)
        began = perf_counter()
        assert count_occurrences("yes", spans((0, 4, said), (2, 6, f"{said} yes"))) == 1
        return perf_counter() - began

    seconds(100)
    assert seconds(8_000) < 6 * max(seconds(4_000), 0.05)


def test_text_on_the_screen_counts_once_a_passage() -> None:
    screen = spans((0, 9, "okay okay"), (9, 12, "okay"), source="ocr:rapidocr", kind="screen")
    assert count_occurrences("okay", screen) == 1


def test_other_forms_are_counted_only_where_the_word_itself_is_not_said() -> None:
    claws = (0.0, 3.0, "robotic arms, robotic claws")
    assert count_occurrences("robotics", spans(claws)) == 2
    assert count_occurrences("robotics", spans(claws, (3.5, 5.0, "and robotics"))) == 1


@pytest.mark.parametrize(
    ("query", "text", "num"),
    [
        ("C", "C, C++ and C#", 1),
        ("C++", "C++ or c++, not C", 2),
        ("5", "5 or -5 or $5", 2),
        ("3.14", "3.1, 14", 0),
    ],
)
def test_signs_count(query: str, text: str, num: int) -> None:
    assert count_phrase(query, text) == num


@pytest.mark.parametrize(
    ("query", "text", "forms"),
    [
        ("robotics", "robotic claws", ("robotic",)), ("USA", "the U.S.A.", ()), ("Straße", "STRASSE", ()),
        ("prior", "priors and a prior", ()), ("the prior", "some priors", ("priors",)),
        ("1299", "$1,299.99", ("$1299.99",)),
    ],
)  # fmt: skip
def test_an_inflection_is_another_form_and_a_spelling_is_not(
    query: str, text: str, forms: tuple[str, ...]
) -> None:
    assert other_forms(query, text) == forms

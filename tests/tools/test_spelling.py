"""The same word in other spellings, before something is called absent."""

from pathlib import Path

import pytest
from tests.tools.made_library import DEMO, LECTURE, make_library

from playhead_index.store.spans import read_spans
from playhead_index.window import Window
from playhead_tools.search_extent import match_spans, match_spans_loosely
from playhead_tools.word_match import loose_coverage

WHOLE = [(LECTURE, Window(0.0, 300.0)), (DEMO, Window(0.0, 120.0))]


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("USA", "The U.S.A. and the U.K. signed it."), ("U.S.A.", "in the USA"), ("U S A", "in the USA"),
        ("strasse", "Die Straße ist gesperrt."), ("Straße", "die STRASSE"), ("ежик", "Мы говорим о ёжиках."),
        ("obrien", "Mr. O'Brien opened it."), ("O’Brien", "mr obrien"), ("dont", "Don't touch it."),
        ("isik", "Işık means light."), ("Istanbul", "İstanbul is large."), ("cafe", "a small café"),
        ("Ελληνικα", "στα Ελληνικά"), ("e-mail", "an email"), ("email", "by e-mail"),
        ("1299", "1,299 people"), ("Lodz", "in Łódź"), ("the ferries", "a ferry"),
    ],
)  # fmt: skip
def test_another_spelling_is_the_same_word(query: str, stored: str) -> None:
    assert loose_coverage(query, stored) == 1.0


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("art", "he starts"),
        ("USA", "usage"),
        ("port", "a portable cup"),
        ("kafka", "a prior"),
        ("", "a prior"),
    ],
)
def test_a_part_of_another_word_is_not_the_same_word(query: str, stored: str) -> None:
    assert loose_coverage(query, stored) == 0.0


def test_places_in_another_spelling_are_found_inside_the_scope_alone(tmp_path: Path) -> None:
    catalog = make_library(tmp_path, [(LECTURE, "speech", 10.0, 12.0, "Made in the U.S.A. in 1999.")])
    found = match_spans_loosely(catalog, WHOLE, ["speech"], "USA", 0.75)
    assert [span.words.window.start_s for span in read_spans(catalog, found.span_ids).values()] == [10.0]
    for stretches, kind in ((WHOLE, "screen"), ([(LECTURE, Window(20.0, 30.0))], "speech")):
        assert match_spans_loosely(catalog, stretches, [kind], "USA", 0.75).span_ids == ()


def test_places_that_say_it_are_those_that_hold_enough_of_its_words(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    found = match_spans(catalog, WHOLE, ["speech"], "the idea of Bayes", (), 0.75)
    assert [span.words.text for span in read_spans(catalog, found.span_ids).values()] == [
        "This is the idea of Thomas Bayes,"
    ]

"""Words asked for against words that are there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_tools.numbers import clocks_in, number_value, numbers_in, ordinal_value
from playhead_tools.word_match import (
    contains_quote,
    coverage,
    match_score,
    plain,
    quotes_in,
    search_terms,
    stem,
)

COVERED = [
    ("Bayes' rule", "the BAYES rule", 1.0),
    ("the priors", "a prior is what you believe", 1.0),
    ("multiplied probabilities", "we multiply the probability", 1.0),
    ("stopping", "then it stops", 1.0),
    ("red car", "a blue car", 0.5),
    ("naïve café", "a naive cafe", 1.0),
    ("to be or not to be", "to be, or not to be", 1.0),
    ("", "anything", 0.0),
    ("art", "we start", 0.0),
    ("class", "the classes", 1.0),
]


@pytest.mark.parametrize(("query", "text", "part"), COVERED, ids=[f"{r[0]} in {r[1]}" for r in COVERED])
def test_the_part_of_the_query_words_in_the_text(query: str, text: str, part: float) -> None:
    assert coverage(query, text) == part


SAID = [
    ("Bayes' rule: P(A|B) = P(B|A)", "bayes rule p(a|b)", True),
    ("Bayes' rule: P(A|B) = P(B|A)", "Bayes' rule … P(B|A)", True),
    ("one two three", "three … one", False),
    ("the posterior", "post", False),
    ("he said\nthank   you", "Thank you!", True),
    ("anything", "", False),
    ("anything", "…", False),
    ("It’s fine", "it's fine", True),
]


@pytest.mark.parametrize(("text", "quote", "is_said"), SAID, ids=[f"{r[1]!r} in {r[0]!r}" for r in SAID])
def test_whether_a_quote_stands_word_for_word(text: str, quote: str, is_said: bool) -> None:
    assert contains_quote(text, quote) is is_said


@given(st.lists(st.text(alphabet="abc'é ", min_size=1, max_size=6), min_size=1, max_size=8))
def test_every_stretch_of_a_text_is_said_by_it(words: list[str]) -> None:
    text = " ".join(words)
    pieces = text.split()
    for end in range(1, len(pieces) + 1):
        if plain(" ".join(pieces[:end])):
            assert contains_quote(text, " ".join(pieces[:end]).upper())


def test_a_quoted_part_must_be_there_verbatim() -> None:
    assert match_score("thank you", ("thank you",), "you should thank her") == 0.0
    assert match_score("the phrase thank you", ("thank you",), "thank you, he said, a phrase") == 1.0
    assert match_score("prior", ("thank you",), "a prior") == 1.0


def test_quotes_of_every_shape_are_seen() -> None:
    assert quotes_in("a “b c” and \"d\" and 'e f' but Bayes' rule and «g»") == ("b c", "d", "e f", "g")


@given(st.text(max_size=60))
def test_any_text_has_a_plain_form_that_is_its_own(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert all(stem(word) for word in plain(text).split())


def test_search_terms_are_safe_for_a_full_text_query() -> None:
    assert search_terms('What\'s "Bayes" AND rule*?') == ("bayes", "rule")


def test_numbers_and_clocks_are_distinguished() -> None:
    text = "Two of 1,024 runs, 99.5%, at 1:05 and 0:35–1:02:03.5: one x2"
    assert clocks_in(text) == [65.0, 35.0, 3723.5]
    assert numbers_in(text) == [1024.0, 99.5, 2.0]


@pytest.mark.parametrize("text", ["twelve", "sixty one", "1.5.5", ""])
def test_only_numbers_are_numbers(text: str) -> None:
    if text == "twelve":
        assert number_value(text) == 12
    else:
        with pytest.raises(ValueError, match="could not convert"):
            number_value(text)


def test_ordinals() -> None:
    assert [ordinal_value(t) for t in ("first", "Last", "22nd", "twelfth")] == [1, -1, 22, 12]

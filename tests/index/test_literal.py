"""Words of raw text with their own signs, and which words are the same one in another spelling."""

from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.literal import MAX_CACHED_LONG_TEXTS, text_words, words_in
from playhead_index.search.spelling_variants import index_phrases

SIGN_WORDS = [
    "C",
    "C++",
    "C#",
    "F#",
    ".NET",
    "NET",
    "3.14",
    "314",
    "3",
    "-5",
    "5",
    "#1",
    "1",
    "@name",
    "A*",
    "+5",
]
BODIES = st.text(ascii_lowercase, min_size=1, max_size=6)
DIGITS = st.integers(0, 99_999).map(str)
WORDS_WITH_SIGNS = st.one_of(
    st.tuples(BODIES, st.sampled_from(["++", "+", "#"])).map("".join),
    st.tuples(st.sampled_from([".", "@", "#"]), BODIES).map("".join),
    st.tuples(st.sampled_from(["-", "$", "€", "#"]), DIGITS).map("".join),
    st.tuples(DIGITS, st.just("."), st.sampled_from(["1", "25", "99"])).map("".join),
    st.tuples(DIGITS, st.just("%")).map("".join),
    st.tuples(BODIES, st.just("&"), BODIES).map("".join),
)


def has(text: str, query: str) -> bool:
    words = words_in(query)
    return len(words) == 1 and text_words(text).has(words[0])


@pytest.mark.parametrize("query", SIGN_WORDS)
def test_words_that_signs_tell_apart_have_different_keys(query: str) -> None:
    assert [other for other in SIGN_WORDS if words_in(other)[0].key == words_in(query)[0].key] == [query]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C++", "The kernel is written in C."), ("C#", "written in C, C++ and F#"), ("C", "C++ and C# only"),
        (".NET", "The net was torn."), ("3.14", "After 3 days, 14 people had left."), ("3", "about 3.14"),
        ("-5", "It was 5 degrees."), ("5", "it was -5 outside"), ("#1", "1 of them"), ("$5", "5 people"),
        ("50%", "50 people"), ("@name", "by name"), ("35", "3-5 people"), ("24/7", "24 people, 7 days"),
        ("R&D", "R and D"), ("Don", "don't touch it"), ("3.14", "3.1"), ("therapist", "the rapist"),
        ("well", "we'll see"), ("its", "it's"), ("were", "we're there"),
    ],
)  # fmt: skip
def test_a_word_is_not_found_where_its_signs_or_letters_do_not_stand(query: str, text: str) -> None:
    assert not has(text, query)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C++", "mostly in C++."), ("c++", "C/C++ code"), ("C++", "C++11 is out"),
        (".NET", "Node.js and .NET."),
        ("3.14", "roughly 3.14, they say"), ("-5", "at −5 degrees"), ("$5", "it costs $5."),
        ("5", "it costs $5."),
        ("50", "grew by 50%"), ("100%", "scored 100 % on it"), ("€5", "5 € each"),
        ("a.b.c", "call a.b.c now"),
        ("USA", "The U.S.A. won"), ("U.S.A.", "the USA won"), ("strasse", "Die Straße"),
        ("Straße", "STRASSE"),
        ("ежик", "ёжик"), ("ışık", "Işık"), ("isik", "Işık"), ("Istanbul", "İstanbul"),
        ("Ελληνικα", "Ελληνικά"),
        ("οδός", "ΟΔΟΣ"), ("obrien", "Mr. O'Brien"), ("O’Brien", "mr obrien"), ("dont", "Don't"),
        ("Bob", "Bob's"),
        ("1299.99", "$1,299.99"), ("1299", "1,299 people"), ("1199.00", "€1.199,00"), ("5550199", "555-0199"),
        ("555-0199", "5550199"), ("covid19", "COVID-19"), ("covid19", "Covid 19"), ("nodejs", "Node.js"),
        ("node.js", "NodeJS"), ("Node.js", "in node js"), ("e-mail", "an email"), ("email", "e-mail"),
        ("F#", "in F♯"), ("anna", "anna.smith@example.org"), ("人工智能", "今天我们讨论人工智能的未来"),
        ("hour", "the half-hour"), ("cafe", "a small café"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_any_spelling(query: str, text: str) -> None:
    assert has(text, query)


@pytest.mark.parametrize("letters", ["が か", "й и", "하 아"])
def test_marks_that_make_another_letter_are_not_folded(letters: str) -> None:
    one, other = letters.split()
    assert not has(one, other)


def test_a_phrase_is_found_across_compounds_and_counted_without_overlaps() -> None:
    text = text_words("Freaked out? I'm freaked-out, by my state-of-the-art robot.")
    assert len(text.phrases(words_in("freaked out"))) == 2
    assert len(text.phrases(words_in("state of the art robot"))) == 1
    assert text.phrases(words_in("robot freaked")) == []


@given(WORDS_WITH_SIGNS, st.lists(BODIES | DIGITS, max_size=6))
def test_a_word_with_signs_is_found_only_where_they_stand(word: str, others: list[str]) -> None:
    bare = "".join(c for c in word if c.isalnum())
    text = " ".join([*others, bare, *others])
    assert not has(text, word)
    assert has(f"{text} {word}, and", word)


@given(WORDS_WITH_SIGNS, WORDS_WITH_SIGNS)
def test_two_words_with_signs_are_equal_only_when_they_are_written_alike(a: str, b: str) -> None:
    assert (words_in(a)[0].key == words_in(b)[0].key) == (a == b)


@given(st.text(max_size=60) | st.text("abC129.,+#-'$€%&@:/_ ßё’()", max_size=30))
def test_the_keys_of_a_text_have_the_same_keys(text: str) -> None:
    keys = [word.key for word in words_in(text)]
    assert [word.key for word in words_in(" ".join(keys))] == keys


@given(st.text(max_size=60))
def test_every_word_of_a_text_is_found_in_it_and_can_be_asked_of_an_index(text: str) -> None:
    for word in words_in(text):
        assert text_words(text).has(word)
        assert all(set(phrase) != {" "} for phrase in index_phrases(word))


def test_few_long_texts_are_held_in_memory() -> None:
    first = text_words("first " * 100)
    assert text_words("first " * 100) is first
    for number in range(MAX_CACHED_LONG_TEXTS):
        text_words(f"{number} " * 300)
    assert text_words("first " * 100) is not first

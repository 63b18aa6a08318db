"""Text from outside without what a terminal obeys, and without what hides its words from the index."""

import sys
import time
import unicodedata

import pytest

from playhead_index.clean_text import MAX_COMBINING_MARKS, clean_text, one_line, printable_text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mpenguins\x1b[0m", "penguins"),
        ("\x9b31mpenguins\x9b0m", "penguins"),
        ("peng\x1b[1muins", "penguins"),
        ("one\x1b[2Jtwo", "one two"),
        ("one\x07two\x08three", "one two three"),
        ("\x1b]0;PWNED\x07walrus", " walrus"),
        ("\x1b]52;c;cHduZWQ=\x1b\\walrus", " walrus"),
        ("\x9d52;c;cHduZWQ=\x9cwalrus", " walrus"),
        ("\x1bPq#0;2\x1b\\walrus", " walrus"),
        ("\x1b]0;never ended walrus", " never ended walrus"),
        ("\x1b(Bwalrus\x1b", " walrus "),
        ("\x1b[", " "),
        ("pen\0guins and \ufeffwalruses", "penguins and walruses"),
        ("one\r\ntwo\rthree\x0bfour\u2028five\tsix", "one\ntwo\nthree\nfour\nfive\tsix"),
        ("a\udcffb\ud800", "a\ufffdb\ufffd"),
        ("Łódź, 東京, ёжик, نیم\u200cفاصله, 👩\u200d👧", "Łódź, 東京, ёжик, نیم\u200cفاصله, 👩\u200d👧"),
        ("", ""),
    ],
)
def test_controls_and_sequences_go_and_words_stay_apart(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


def test_an_introducer_from_a_wrong_code_page_takes_no_letter_with_it() -> None:
    """UTF-8 read as Latin-1 is full of C1 characters: `ś` becomes `Å` and U+009B."""
    assert clean_text("Å\x9bwiat said \x9dthis\x9c") == "Å wiat said  this "


def test_cleaned_text_is_not_changed_by_cleaning_it_again() -> None:
    every = "".join(map(chr, range(0x400))) * 2 + "\x1b[31m\x9d0;x\x1b]0;\x07" + "\udc80\ufeff"
    once = clean_text(every)
    assert clean_text(once) == once
    assert not [c for c in once if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]


def test_the_length_is_that_of_the_cleaned_text() -> None:
    assert clean_text("\x1b[31mpenguins", max_chars=4) == "peng"


def test_marks_beyond_the_stream_safe_limit_are_dropped() -> None:
    cleaned = clean_text("e" + "\u0301" * 1000 + "x")
    assert cleaned == "e" + "\u0301" * MAX_COMBINING_MARKS + "x"


def test_no_combining_mark_lies_above_those_that_are_counted() -> None:
    assert not [code for code in range(0x20000, sys.maxunicode + 1) if unicodedata.combining(chr(code))]


def test_controls_of_direction_stay_in_stored_text_and_go_where_it_is_shown() -> None:
    text = "a\u202egpj.exe\u202c \u200fשלום"
    assert (clean_text(text), printable_text(text)) == (text, "agpj.exe \u200fשלום")


def test_one_line_has_no_line_break() -> None:
    assert one_line("a\nb\tc\r\nd") == "a b c d"


@pytest.mark.parametrize(
    "piece", ["\x1b", "\x1b[", "\x1b[1;", "\x1b]0;x", "\x9d1;a", "\x9b", "\u0301\u0316", "a\u0301", "\r"]
)
def test_a_megabyte_of_any_sequence_is_cleaned_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    unicodedata.normalize("NFC", clean_text(text))
    assert time.process_time() - began < 4.0

"""Sentence bounds by rules, on the texts that transcripts hold."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.words.sentences import sentence_bounds


def split(text, language=None):
    return [text[start:end] for start, end in sentence_bounds(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith met Mrs. Jones. They left.", ["Dr. Smith met Mrs. Jones.", "They left."]),
        ("It costs 3.50 euros. Not 3.5.", ["It costs 3.50 euros.", "Not 3.5."]),
        ("See fig. 3 and No. 5. Then stop.", ["See fig. 3 and No. 5.", "Then stop."]),
        ("J. R. Tolkien wrote it. I did not.", ["J. R. Tolkien wrote it.", "I did not."]),
        ("The U.S. Government is in the U.S. The rest is not.",
         ["The U.S. Government is in the U.S.", "The rest is not."]),
        ("We meet at 5 p.m. on Monday, e.g. in Paris.", ["We meet at 5 p.m. on Monday, e.g. in Paris."]),
        ("We meet at 5 p.m. Then we eat, etc. Good.", ["We meet at 5 p.m.", "Then we eat, etc.", "Good."]),
        ("Well... maybe not. \"Really?\" he said.", ["Well... maybe not.", "\"Really?\" he said."]),
        ("He said \"Go.\" Then he went (slowly). Yes.",
         ["He said \"Go.\"", "Then he went (slowly).", "Yes."]),
        ("1. Open the file. 2. Close it.", ["1. Open the file.", "2. Close it."]),
        ("so that works. and then we go on. right", ["so that works.", "and then we go on.", "right"]),
        ("no punctuation at all in this\nauto caption", ["no punctuation at all in this\nauto caption"]),
        ("- Are you there?\n- Yes, I am", ["- Are you there?", "- Yes, I am"]),
        (">> Good evening >> Thank you", [">> Good evening", ">> Thank you"]),
        ("Open example.com now. Use v1.2.3 of it.", ["Open example.com now.", "Use v1.2.3 of it."]),
        ("  \n ", []),
    ],
)  # fmt: skip
def test_sentences_of_english_text(text, expected):
    assert split(text, "en") == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Am 3. Oktober, d. h. heute, z. B. hier. Es war 1990. Dann kam er.",
         ["Am 3. Oktober, d. h. heute, z. B. hier.", "Es war 1990.", "Dann kam er."]),
        ("fr", "M. Dupont et Mme. Roux arrivent. Ils parlent.",
         ["M. Dupont et Mme. Roux arrivent.", "Ils parlent."]),
        ("es", "¿Qué tal? ¡Muy bien! Vive el Sr. García aquí.",
         ["¿Qué tal?", "¡Muy bien!", "Vive el Sr. García aquí."]),
        ("ru", "Он пришёл, т.е. вернулся. Хорошо.", ["Он пришёл, т.е. вернулся.", "Хорошо."]),
        ("zh", "你好！我是老师。你呢？", ["你好！", "我是老师。", "你呢？"]),
        ("ja", "「行くよ。」と言った。終わり", ["「行くよ。」と言った。", "終わり"]),
        ("hi", "यह एक किताब है। वह कलम है।", ["यह एक किताब है।", "वह कलम है।"]),
        ("th", "สวัสดีครับ วันนี้เราจะเรียน", ["สวัสดีครับ วันนี้เราจะเรียน"]),
        ("ar", "كيف حالك؟ أنا بخير.", ["كيف حالك؟", "أنا بخير."]),
        ("el", "Τι κάνεις; Καλά.", ["Τι κάνεις;", "Καλά."]),
        ("ko", "안녕하세요. 반갑습니다.", ["안녕하세요.", "반갑습니다."]),
    ],
)  # fmt: skip
def test_sentences_of_other_languages(language, text, expected):
    assert split(text, language) == expected


@given(st.text(alphabet="aB1 .!?\n-\"'…。>", max_size=60))
def test_sentences_hold_every_character_but_white_space_once(text):
    bounds = sentence_bounds(text)
    assert "".join("".join(text[start:end].split()) for start, end in bounds) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in bounds)


@pytest.mark.parametrize("unit", [".", "a.", "A. ", "1. ", "\n", ">>", '"', " - "])
def test_the_time_of_a_hostile_text_grows_in_proportion(unit):
    def seconds(count):
        min_s = float("inf")
        for _ in range(3):  # the processor time of a busy machine is noisy upwards
            began = time.process_time()
            sentence_bounds(unit * count)
            min_s = min(min_s, time.process_time() - began)
        return min_s

    seconds(1000)
    assert seconds(160_000) < 24 * max(seconds(20_000), 0.005)  # eight times the text; squared it would be 64

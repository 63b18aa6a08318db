"""The encodings in which subtitle files come."""

import codecs

import pytest
from tests.shared_data import shared

from playhead_index.words.text_encoding import EncodingUnknown, decode_text

TIMING = "1\n00:00:01,000 --> 00:00:02,000\n"
FRENCH = f"{TIMING}Où étiez-vous, ma chère ? Ça m’a manqué…\n"
CHINESE = f"{TIMING}他能徒手抓住子弹，拦住疾速的火车\n"
RUSSIAN = f"{TIMING}Ты придурок, Том! Мы должны следовать желаниям.\n"


@pytest.mark.parametrize(
    ("data", "language", "expected"),
    [
        pytest.param(FRENCH.encode(), None, FRENCH, id="UTF-8"),
        pytest.param(codecs.BOM_UTF8 + FRENCH.encode(), None, FRENCH, id="UTF-8 with its mark"),
        pytest.param(FRENCH.encode("utf-16"), None, FRENCH, id="UTF-16 with its mark"),
        pytest.param(FRENCH.encode("utf-16-le"), None, FRENCH, id="UTF-16, little end first, no mark"),
        pytest.param(FRENCH.encode("utf-16-be"), None, FRENCH, id="UTF-16, big end first, no mark"),
        pytest.param(FRENCH.encode("utf-32"), None, FRENCH, id="UTF-32 with its mark"),
        pytest.param(FRENCH.encode("utf-32-be"), None, FRENCH, id="UTF-32, no mark"),
        pytest.param(CHINESE.encode("utf-16-le"), None, CHINESE, id="Chinese UTF-16, no mark"),
        pytest.param(FRENCH.encode("cp1252"), None, FRENCH, id="Windows Western"),
        pytest.param(CHINESE.encode("gb18030"), None, CHINESE, id="simplified Chinese code page"),
        pytest.param(RUSSIAN.encode("cp1251"), "ru", RUSSIAN, id="Cyrillic code page of a Russian file"),
        pytest.param(CHINESE.encode("gb18030"), "zh", CHINESE, id="Chinese file that says so"),
        pytest.param("漢字".encode("big5hkscs"), "zh-Hant-TW", "漢字", id="traditional Chinese code page"),
        pytest.param("カナ".encode("cp932"), "ja", "カナ", id="Japanese code page"),
        pytest.param(b"one\r\ntwo\rthree\n", None, "one\ntwo\nthree\n", id="every line end"),
    ],
)
def test_text_is_decoded(data: bytes, language: str | None, expected: str) -> None:
    assert decode_text(data, language) == expected


def test_one_broken_character_does_not_make_utf_8_another_encoding() -> None:
    broken = RUSSIAN.encode() + b"\xff"
    assert decode_text(broken) == RUSSIAN + "\ufffd"


def test_utf_16_that_was_cut_off_loses_its_last_character() -> None:
    assert decode_text("Hello".encode("utf-16")[:-1]) == "Hell\ufffd"


def test_an_unknown_code_page_is_refused() -> None:
    with pytest.raises(EncodingUnknown, match=r"put the language into its name, as in talk\.ru\.srt"):
        decode_text(RUSSIAN.encode("cp1251"))


def test_a_code_page_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EncodingUnknown, match="as cp932 it breaks at byte 1"):
        decode_text(b"a\x81", "ja")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("subtitles/cdown_srt/srt_tools/tests/files/gb2312.srt", "远离邪恶"),
        ("subtitles/tears_of_steel/TOS-no.srt", "vi må følge våre lidenskaper"),
        ("subtitles/tears_of_steel/TOS-ru.srt", "Ты придурок, Том!"),
        ("subtitles/mantas/utf16.srt", "ترجمه"),
    ],
)
def test_real_files_are_decoded(file: str, words: str) -> None:
    assert words in decode_text(shared(file).read_bytes())

"""Text from bytes of which nobody says how they are encoded.

What is certain is tried first: a byte order mark, the zero bytes that UTF-16 and UTF-32 have in ASCII
characters, strict UTF-8. What is left is a code page from before Unicode; the language says which, and
without one only two are distinguished, by how their bytes stand together.
"""

import codecs
import re

MIN_COMMON_GB = 0.9
"""Share of the bytes above 127 that must be common Chinese characters for a text to count as GB 18030."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Which of four bytes in a row are 0 in ASCII characters.
_ZERO_PLACES = {"utf-32-le": (1, 2, 3), "utf-32-be": (0, 1, 2), "utf-16-le": (1, 3), "utf-16-be": (0, 2)}
MIN_ZERO_SHARE, MAX_ZERO_SHARE = 0.3, 0.1
MAX_BROKEN_SHARE = 0.1
# The legacy encoding of a locale, after the table in the WHATWG HTML Standard, "Determining the
# character encoding"; `zh` alone means the simplified script.
_LANGUAGES_OF = {
    "cp1250": "cs pl hu sk sl hr ro bs",
    "cp1251": "ru uk bg be sr mk ky tg tt",
    "cp1252": "en de fr es it pt nl sv da nb nn no fi is ca eu gl ga cy af id ms sq",
    "cp1253": "el",
    "cp1254": "tr ku az",
    "cp1255": "he",
    "cp1256": "ar fa ur",
    "cp1257": "et lt lv",
    "cp1258": "vi",
    "cp874": "th",
    "cp932": "ja",
    "cp949": "ko",
    "gb18030": "zh",
    "big5hkscs": "zh-Hant zh-TW zh-HK",
}
_OF_LANGUAGE = {tag: encoding for encoding, tags in _LANGUAGES_OF.items() for tag in tags.split()}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
MAX_CONTROL_SHARE = 0.01
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# First bytes of GB 2312 where punctuation, full-width forms and the 3,755 commonest characters stand.
_COMMON_GB = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")


class EncodingUnknown(ValueError):
    """The encoding of a text cannot be found; the message says what to do."""


def decode_text(data: bytes, language: str | None = None) -> str:
    """The text that bytes mean, without its byte order mark, lines ended by `\\n`.

    Args:
        data: a whole file.
        language: BCP 47 tag where known; it chooses the code page of a file that is not Unicode.

    Raises:
        EncodingUnknown: they are not Unicode, and no code page fits.
    """
    text = _decode(data, language)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes, language: str | None) -> str:
    encoding, mark = _unicode_encoding(data)
    body = data[mark:]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        text = body.decode(encoding, "replace")
        broken = text.count("\ufffd")
        if encoding == "utf-8" and broken <= MAX_BROKEN_SHARE * sum(sign > "\x7f" for sign in text):
            return text
        if encoding != "utf-8" and broken <= 1 + MAX_BROKEN_SHARE * len(text):
            return text
        if mark or encoding != "utf-8":
            raise EncodingUnknown(f"begins as {encoding} and breaks at byte {mark + error.start}") from error
    return _decode_legacy(data, language)


def _unicode_encoding(data: bytes) -> tuple[str, int]:
    """The Unicode encoding that the bytes seem to have, and how many bytes its mark takes."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    quads = min(4096, len(data)) // 4
    shares = [data[place : 4 * quads : 4].count(0) / max(1, quads) for place in range(4)]
    for encoding, zero_places in _ZERO_PLACES.items():
        if all(
            share > MIN_ZERO_SHARE if place in zero_places else share < MAX_ZERO_SHARE
            for place, share in enumerate(shares)
        ):
            return encoding, 0
    return "utf-8", 0


def _decode_legacy(data: bytes, language: str | None) -> str:
    if len(_CONTROL.findall(data)) > MAX_CONTROL_SHARE * len(data):
        raise EncodingUnknown("is not text")
    encoding = _legacy_encoding(data, language)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise EncodingUnknown(
            f"is not UTF-8, and as {encoding} it breaks at byte {error.start}; save it as UTF-8"
        ) from error


def _legacy_encoding(data: bytes, language: str | None) -> str:
    parts = (language or "").split("-")
    for count in range(len(parts), 0, -1):
        if known := _OF_LANGUAGE.get("-".join(parts[:count])):
            return known
    runs = _HIGH_RUN.findall(data)
    high = sum(map(len, runs))
    if 2 * sum(len(_COMMON_GB.findall(run)) for run in runs) >= MIN_COMMON_GB * high:
        return "gb18030"
    if high < 2 * len(runs):
        return "cp1252"
    raise EncodingUnknown(
        "is not UTF-8, and which code page it is in cannot be told without its language; "
        "save it as UTF-8, or put the language into its name, as in talk.ru.srt"
    )

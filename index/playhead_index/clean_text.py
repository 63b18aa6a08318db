r"""One cleaner for text from outside: subtitles, metadata, file names, speech, screen text, model replies.

Text is cleaned twice. `clean_text` runs where text is stored, so that `\x1b[31mpenguins` is indexed as
`penguins`. `printable_text` runs where text is shown, also that of libraries made before there was a
cleaner. Both take time linear in the length of the text.
"""

import re
import unicodedata
from functools import cache

MAX_COMBINING_MARKS = 30
"""Combining marks in a row that are kept.

The limit of the Stream-Safe Text Format (Unicode Standard Annex 15, section 13): no orthography needs more,
and canonical ordering, which normalisation does, is quadratic in the length of such a run.
"""
_LAST_MARK = 0x1FFFF
"""No assigned character above has a canonical combining class; asking all of Unicode takes 0.1 s."""

_STRING_END = r"(?:\x07|\x1b\\|\x9c)"
_STRING_BODY = r"[^\x00-\x08\x0a-\x1f\x7f-\x9f]*+"
# ECMA-48: CSI sequences, control strings, other escape sequences. The 8-bit introducers also stand in text
# that was decoded with the wrong code page, so they take nothing with them unless parameters follow.
_STYLE = re.compile(r"(?:\x1b\[|\x9b(?=[0-9:;<=>?]))[0-9:;<=>?]*+m")
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b(?=[0-9:;<=>?]))[0-?]*+[ -/]*+[@-~]?"
    rf"|\x1b[PX\]^_]{_STRING_BODY}{_STRING_END}"
    rf"|\x9d[0-9]{{1,4}};{_STRING_BODY}{_STRING_END}"
    r"|\x1b\][0-9]{1,4};"
    r"|\x1b[ -/]*+[0-~]?"
)
_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x9f]")
_NOTHING = re.compile("[\0\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SUSPECT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean_text(text: str, max_chars: int | None = None) -> str:
    r"""Text without control characters, terminal escape sequences, lone surrogates and byte order marks.

    Newlines and tabs stay, other line breaks (CR, FF, NEL, U+2028 ...) become newlines. Colours
    (`ESC [ 31 m`), NUL and byte order marks vanish; every other sequence or control character becomes a
    blank, so that two words do not become one. A lone surrogate becomes U+FFFD. Marks beyond
    `MAX_COMBINING_MARKS` on one character are dropped.

    Args:
        text: any text.
        max_chars: length at which the result is cut, in characters; None for no limit.

    >>> clean_text("\x1b[31mpenguins\x1b[0m and\x07walruses \x1b]52;c;cHduZWQ=\x07swim")
    'penguins and walruses  swim'
    """
    if _SUSPECT.search(text) is not None:
        text = _LINE_BREAK.sub("\n", text)
        text = _SEQUENCE.sub(" ", _STYLE.sub("", text))
        text = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", _NOTHING.sub("", text)))
    if len(text) > MAX_COMBINING_MARKS and not text.isascii():
        text = _long_mark_runs().sub(r"\1", text)
    return text if max_chars is None else text[:max_chars]


def printable_text(text: str) -> str:
    """Text that can be shown on a terminal: cleaned, and without the controls that reorder what is around.

    Embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069) are left out, as they let a file
    name or a reply change the order of the words beside it. The marks U+200E, U+200F and U+061C stay:
    right-to-left scripts are spelt with them, and they reorder nothing else.
    """
    return _DIRECTION.sub("", clean_text(text))


def one_line(text: str) -> str:
    """`printable_text` on one line: line breaks and tabs become blanks."""
    return printable_text(text).replace("\n", " ").replace("\t", " ")


@cache
def _long_mark_runs() -> re.Pattern[str]:
    """Runs of combining marks above the limit; the first group is what is kept of one."""
    marks = [code for code in range(0x300, _LAST_MARK + 1) if unicodedata.combining(chr(code))]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    of_marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"([{of_marks}]{{{MAX_COMBINING_MARKS}}})[{of_marks}]++")

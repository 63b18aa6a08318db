"""Plain text from the markup of subtitle formats."""

import html
import re
import unicodedata

from playhead_index.clean_text import clean_text

_WEBVTT_TAG = re.compile(r"<[^>]*(?:>|$)")
_VOICE_TAG = re.compile(r"<v(?:\.[^\s<>]*)?(?:\s([^<>]*))?>|</v>")
_RUBY_READING = re.compile(r"<rt\b.*>", re.DOTALL)
_SUBRIP_TAG = re.compile(
    r"</?(?:i|b|u|s|em|strong|italic|bold|underline|font|span|br|p|div|c|v|lang|ruby|rt|rp)\b[^<>]*>"
    r"|<[\d:.]+>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>|\[br\]", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{[^{}]*\}")
_OVERRIDE_IN_SUBRIP = re.compile(r"\{\\[^{}]*\}|\{[A-Za-z]:[^{}]*\}")
_DRAWING_ON = re.compile(r"\\p\s*(\d+)")
_ESCAPED_BREAK = re.compile(r"\\[Nn]")
# `html.unescape` reads the number of a character reference with `int`, which refuses more than 4,300 digits.
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
# Signs without a shape that do not belong to a word: marks of direction, byte order, zero width space.
# The joiners U+200C and U+200D stay: Persian, Hindi and emoji are spelt with them.
_INVISIBLE = dict.fromkeys(map(ord, "\0\ufeff\u200b\u200e\u200f\u2060\u00ad")) | dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def plain_webvtt(text: str) -> str:
    """What a cue of WebVTT says: every tag is gone, also one that is never closed; entities are read.

    A ruby reading stands in brackets behind its word.

    >>> plain_webvtt("<v Ann>I <i.loud>know</i> <00:01.500>R&amp;D")
    'I know R&D'
    """
    parts: list[str] = []
    at, in_reading = 0, False
    for tag in _WEBVTT_TAG.finditer(text):
        parts += _in_brackets(text[at : tag.start()], in_reading)
        at, in_reading = tag.end(), _RUBY_READING.fullmatch(tag[0]) is not None
    parts += _in_brackets(text[at:].removesuffix("\n"), in_reading)
    return plain(unescaped("".join(parts)))


def webvtt_voices(text: str) -> list[tuple[str | None, str]]:
    """What each voice of a cue of WebVTT says, in order: (name, plain text); None where no name is given.

    Words behind `</v>` and before the first `<v>` have no name. Empty where the cue says nothing.

    >>> webvtt_voices("<v.loud Ann>Now?</v> <v Mr. B&amp;W>No, <i>later</i>.")
    [('Ann', 'Now?'), ('Mr. B&W', 'No, later.')]
    """
    parts: list[tuple[str | None, str]] = []
    at, name = 0, None
    for tag in _VOICE_TAG.finditer(text):
        parts.append((name, text[at : tag.start()]))
        at, name = tag.end(), " ".join(plain(unescaped(tag[1] or "")).split()) or None
    parts.append((name, text[at:]))
    return [(name, spoken) for name, part in parts if (spoken := plain_webvtt(part))]


def _in_brackets(text: str, in_reading: bool) -> tuple[str, ...]:
    return ("(", text, ")") if in_reading else (text,)


def plain_subrip(text: str) -> str:
    """What a cue of SubRip says: known tags and `{\\an8}` are gone, any other `<` is text.

    >>> plain_subrip("{\\\\an8}<font color='red'>2 < 3</font> &amp; <3")
    '2 < 3 & <3'
    """
    lines = _ESCAPED_BREAK.sub("\n", _BREAK.sub("\n", text))
    return plain(unescaped(_SUBRIP_TAG.sub("", _OVERRIDE_IN_SUBRIP.sub("", lines))))


def plain_ass(text: str) -> str:
    """What a dialogue line of (Advanced) SubStation Alpha says, without overrides and drawings.

    >>> plain_ass(r"{\\k20}Ka{\\k30}ra\\Noke{\\p1}m 0 0 l 9 9{\\p0}!")
    'Kara\\noke!'
    """
    parts, drawing, at = [], False, 0
    for override in _OVERRIDE.finditer(text):
        if not drawing:
            parts.append(text[at : override.start()])
        switches = _DRAWING_ON.findall(override[0])
        drawing = switches[-1] != "0" if switches else drawing
        at = override.end()
    if not drawing:
        parts.append(text[at:])
    return plain(_ESCAPED_BREAK.sub("\n", "".join(parts)).replace("\\h", " "))


def plain_lines(text: str) -> str:
    """What a cue of MicroDVD, MPL2, SAMI or TTML says: what stands in braces is markup.

    >>> plain_lines("{y:i}you are")
    'you are'
    """
    return plain(_ESCAPED_BREAK.sub("\n", _OVERRIDE.sub("", text)).replace("\\h", " "))


def unescaped(text: str) -> str:
    """Text with its HTML character references read; one that names no character becomes U+FFFD."""
    return html.unescape(_NO_CHARACTER.sub("\ufffd", text))


def plain(text: str) -> str:
    """Cleaned text in composed form, no sign without a shape, single blanks, no empty lines."""
    visible = unicodedata.normalize("NFC", clean_text(text)).translate(_INVISIBLE)
    lines = (" ".join(line.split()) for line in visible.splitlines())
    return "\n".join(line for line in lines if line)

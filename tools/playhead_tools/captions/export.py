"""Captions as subtitle files: SubRip (SRT) and WebVTT (W3C, 2019), with their keywords left out."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from playhead_index.clean_text import printable_text
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import parse_caption

_ARROW = "-->"


def to_srt(captions: Sequence[Words]) -> str:
    """Captions as SubRip, numbered from 1; empty for none.

    >>> from playhead_index.window import Window
    >>> print(to_srt([Words("caption", "caption:m", Window(61.5, 62.0), "A dog.\\nkeywords: dog")]))
    1
    00:01:01,500 --> 00:01:02,000
    A dog.
    <BLANKLINE>
    """
    cues = [
        f"{number}\n{_times(words, ',')}\n{_plain_text(words)}\n" for number, words in enumerate(captions, 1)
    ]
    return "\n".join(cues)


def to_webvtt(captions: Sequence[Words]) -> str:
    """Captions as WebVTT, with the agreement of their samples, where it is known, as a note before each.

    >>> from playhead_index.window import Window
    >>> print(to_webvtt([Words("caption", "caption:m", Window(0.0, 2.0), "A & B.", confidence=0.5)]))
    WEBVTT
    <BLANKLINE>
    NOTE agreement of samples 0.50
    <BLANKLINE>
    00:00:00.000 --> 00:00:02.000
    A &amp; B.
    <BLANKLINE>
    """
    blocks = ["WEBVTT\n"]
    for words in captions:
        if words.confidence is not None:
            blocks.append(f"NOTE agreement of samples {words.confidence:.2f}\n")
        blocks.append(f"{_times(words, '.')}\n{escape(_plain_text(words), quote=False)}\n")
    return "\n".join(blocks)


FORMATS: Mapping[str, Callable[[Sequence[Words]], str]] = {"srt": to_srt, "vtt": to_webvtt}
"""What writes captions in each format."""


def _plain_text(words: Words) -> str:
    """The sentences on one line, with nothing in them that ends a cue."""
    return printable_text(parse_caption(words.text).text).replace(_ARROW, "→")


def _times(words: Words, decimal_mark: str) -> str:
    start, end = (_time(time_s, decimal_mark) for time_s in (words.window.start_s, words.window.end_s))
    return f"{start} {_ARROW} {end}"


def _time(time_s: float, decimal_mark: str) -> str:
    milliseconds = round(time_s * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{decimal_mark}{rest % 1000:03}"

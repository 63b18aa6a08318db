"""Readers of subtitle formats: text of a file in, timed cues with plain words out.

WebVTT, SubRip, SubViewer (YouTube's `.sbv` is written alike) and (Advanced) SubStation Alpha are read
here; pysubs2 reads MicroDVD, MPL2, SAMI and TTML. It is not asked for the first ones: pysubs2
1.8 takes comments and cue names of WebVTT for words and stops at a malformed time, reads a SubRip time
below zero as one above, drops a number that ends the last cue, and in SubStation overlooks the Format
line and refuses a file for one bad time.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playhead_index.words.markup import plain, plain_ass, plain_subrip, plain_webvtt

_VTT_TIME = r"(?:(\d{1,9}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?!\d)"
_VTT_TIMING = re.compile(rf"[ \t\f]*{_VTT_TIME}[ \t\f]*-->[ \t\f]*{_VTT_TIME}", re.ASCII)
_VTT_SIGNATURE = re.compile(r"WEBVTT(?:[ \t\n]|$)")
_SRT_TIME = r"(-?)\s*(?:(\d{1,4})\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,2})(?:\s*[.,:]\s*(\d{1,9}))?"
_SRT_TIMING = re.compile(rf"\s*{_SRT_TIME}\s*-+\s*>\s*{_SRT_TIME}(?!\d)", re.ASCII)
_PAIR_TIME = r"(-?)(\d{1,2}):(\d{1,2}):(\d{1,2})[.](\d{1,3})"
_PAIR_TIMING = re.compile(rf"\s*{_PAIR_TIME}\s*,\s*{_PAIR_TIME}\s*$", re.ASCII)
_ASS_SECTION = re.compile(r"\s*\[(?:script info|v4\+? styles|events)\]", re.IGNORECASE)
_ASS_TIME = re.compile(r"\s*(-?)(\d{1,9}):(\d{1,2}):(\d{1,2})(?:[.:,](\d{1,3}))?\s*$", re.ASCII)
# Not TMPlayer's: its pattern fits many a log, table and caption code.
_BY_PYSUBS2 = ("ttml", "sami", "microdvd", "mpl2")
# What its parsers let through from int(), dict, and the parsers of HTML and XML.
_PYSUBS2_MAY_RAISE = (
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    NotImplementedError,
    OverflowError,
    RecursionError,
)
_ASS_FORMAT = "layer, start, end, style, name, marginl, marginr, marginv, effect, text"


class NotThisFormat(ValueError):
    """A text is not of the format it was read as; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Plain words as a file times them: the times may lie below 0, be equal, or be the wrong way round."""

    start_s: float
    end_s: float
    text: str


def reader_for(text: str) -> Callable[[str], list[Cue]] | None:
    """The reader that fits what a text looks like, whatever its file is called; None for one of pysubs2's."""
    if text.startswith("WEBVTT"):
        return read_webvtt
    lines = text.split("\n")
    if any(map(_SRT_TIMING.match, lines)):
        return read_subrip
    if any(map(_ASS_SECTION.match, lines)):
        return read_ass
    if any(map(_PAIR_TIMING.match, lines)):
        return read_subviewer
    return None


def read_webvtt(text: str) -> list[Cue]:
    """The cues of a WebVTT file, as section 6.1 of the standard (W3C, 2019) parses it.

    Comments, style sheets, regions, names and settings of cues are left out, and so is a cue whose
    times are malformed. A file without any cue is valid.

    Raises:
        NotThisFormat: it does not begin with the line `WEBVTT`, or it has timing lines and the times
            of all of them are malformed, as when a SubRip file was given this header.
    """
    if not _VTT_SIGNATURE.match(text):
        raise NotThisFormat(f"a WebVTT file begins with the line WEBVTT, this one with {text[:20]!r}")
    lines = text.split("\n")
    cues: list[Cue] = []
    at, in_header = 1, True
    while at < len(lines):
        cue, at = _webvtt_block(lines, at, in_header)
        in_header = False
        if cue is not None:
            cues.append(cue)
    arrows = [line for line in lines[1:] if "-->" in line]
    if arrows and not any(map(_VTT_TIMING.match, arrows)):
        raise NotThisFormat(f"no time of it can be read; the first is {arrows[0].strip()!r}, not 00:00.000")
    return cues


def _webvtt_block(lines: list[str], at: int, in_header: bool) -> tuple[Cue | None, int]:
    """The cue in the block that begins at a line, if it holds one, and the line behind the block."""
    first, timing, words = at, None, at
    while at < len(lines) and lines[at] != "":
        if "-->" in lines[at]:
            is_timing_line = at == first or (at == first + 1 and "-->" not in lines[first])
            if in_header or not is_timing_line:
                return _webvtt_cue(timing, lines[words:at]), at
            timing, words = _VTT_TIMING.match(lines[at]), at + 1
        at += 1
    return _webvtt_cue(timing, lines[words:at]), at + 1


def _webvtt_cue(timing: re.Match[str] | None, lines: list[str]) -> Cue | None:
    if timing is None:
        return None
    values = [int(value or 0) for value in timing.groups()]
    start_s, end_s = (h * 3600 + m * 60 + s + ms / 1000 for h, m, s, ms in (values[:4], values[4:]))
    return Cue(start_s, end_s, plain_webvtt("\n".join(lines)))


def read_subrip(text: str) -> list[Cue]:
    """The cues of a SubRip file; blank lines between cues may be missing, or stand inside one.

    Raises:
        NotThisFormat: there is no timing line.
    """
    lines = text.split("\n")
    timings = [(at, timing) for at, line in enumerate(lines) if (timing := _SRT_TIMING.match(line))]
    if not timings:
        raise NotThisFormat("there is no line such as 00:00:01,000 --> 00:00:02,000")
    numbered = timings[0][0] > 0 and lines[timings[0][0] - 1].strip().isdecimal()
    cues = []
    for (at, timing), (after, _) in zip(timings, [*timings[1:], (len(lines), None)], strict=True):
        words = lines[at + 1 : after]
        if numbered and after < len(lines) and words and words[-1].strip().isdecimal():
            words = words[:-1]
        groups = timing.groups()
        cues.append(Cue(_seconds(*groups[:5]), _seconds(*groups[5:]), plain_subrip("\n".join(words))))
    return cues


def read_subviewer(text: str) -> list[Cue]:
    """The cues of a SubViewer 2 or YouTube (`.sbv`) file: a line with two times, then words.

    Raises:
        NotThisFormat: there is no line with two times.
    """
    lines = text.split("\n")
    timings = [(at, timing) for at, line in enumerate(lines) if (timing := _PAIR_TIMING.match(line))]
    if not timings:
        raise NotThisFormat("there is no line such as 0:00:01.000,0:00:02.000")
    cues = []
    for (at, timing), (after, _) in zip(timings, [*timings[1:], (len(lines), None)], strict=True):
        groups = timing.groups()
        words = plain_subrip("\n".join(lines[at + 1 : after]))
        cues.append(Cue(_seconds(*groups[:5]), _seconds(*groups[5:]), words))
    return cues


def read_ass(text: str) -> list[Cue]:
    """The dialogue lines of a SubStation Alpha file in their order; comments and malformed lines left out.

    A file with a script's header and no dialogue is valid.
    """
    columns, in_events = _ASS_FORMAT.split(", "), False
    cues: list[Cue] = []
    for line in text.split("\n"):
        key, _, rest = line.strip().partition(":")
        if key.startswith("["):
            in_events = key.lower() == "[events]"
        elif in_events and key.lower() == "format":
            columns = [name.strip().lower() for name in rest.split(",")]
        elif key.lower() == "dialogue":
            cues += _ass_cue(columns, rest)
    return cues


def _ass_cue(columns: list[str], rest: str) -> Iterator[Cue]:
    """The cue of one dialogue line, or none: its words may hold commas, so they are what is left over."""
    values = dict(zip(columns, rest.split(",", len(columns) - 1), strict=False))
    start, end = (_ASS_TIME.match(values.get(name, "")) for name in ("start", "end"))
    if start is not None and end is not None and "text" in values:
        yield Cue(_seconds(*start.groups()), _seconds(*end.groups()), plain_ass(values["text"]))


def read_by_pysubs2(text: str, fps: float | None) -> list[Cue]:
    """The cues of a MicroDVD, MPL2, SAMI or TTML file.

    Args:
        text: the whole file.
        fps: pictures a second of the video: MicroDVD counts pictures and rarely says their rate.

    Raises:
        NotThisFormat: it is none of these, is malformed, or counts pictures while `fps` is None.
    """
    import pysubs2
    from pysubs2.exceptions import UnknownFPSError
    from pysubs2.formats import get_format_class

    format_ = next((name for name in _BY_PYSUBS2 if get_format_class(name).guess_format(text)), None)
    if format_ is None:
        raise NotThisFormat(f"not a subtitle file that can be read; it begins {text.strip()[:20]!r}")
    try:
        events = pysubs2.SSAFile.from_string(text, format_=format_, fps=fps).events
    except UnknownFPSError as error:
        raise NotThisFormat("it counts pictures and does not say how many a second there are") from error
    except _PYSUBS2_MAY_RAISE as error:
        raise NotThisFormat(f"damaged ({type(error).__name__}: {error})") from error
    return [Cue(event.start / 1000, event.end / 1000, plain(event.plaintext)) for event in events]


def _seconds(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    """Seconds of a clock; the digits behind the point are a decimal fraction, so `.5` is half a second."""
    value = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")
    return -value if sign else value

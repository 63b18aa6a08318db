"""Readers of subtitle formats: text of a file in, timed cues with plain words out.

WebVTT, SubRip, SubViewer (YouTube's `.sbv` is the same), (Advanced) SubStation Alpha, MicroDVD, MPL2
and SAMI are read here, in time linear in the length of the text; pysubs2 reads TTML. It is not used for the
others: pysubs2 1.8 takes comments and cue names of WebVTT for words and stops at a malformed time, reads a
SubRip time below zero as one above, drops a number that ends the last cue, and in SubStation overlooks the
Format line and refuses a file for one bad time; its patterns for the markup of MicroDVD and for the text of
any event are quadratic (80,000 `{` in one cue took 4.8 s of CPU).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html.parser import HTMLParser
from itertools import accumulate, pairwise, takewhile, zip_longest
from math import isfinite
from xml.etree import ElementTree

from playhead_index.words.markup import plain_ass, plain_lines, plain_subrip, webvtt_voices

_VTT_TIME = r"(?:(\d{1,9}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?!\d)"
_VTT_TIMING = re.compile(rf"[ \t\f]*{_VTT_TIME}[ \t\f]*-->[ \t\f]*{_VTT_TIME}", re.ASCII)
_VTT_MAP = "X-TIMESTAMP-MAP="
_VTT_LOCAL = re.compile(rf"LOCAL:{_VTT_TIME}", re.ASCII)
_VTT_MPEGTS = re.compile(r"MPEGTS:(\d{1,10})(?!\d)", re.ASCII)
_MAX_HEADER_LINES = 32
MPEG_TICKS_PER_S = 90_000
MPEG_CLOCK_S = 2**33 / MPEG_TICKS_PER_S
_MAX_BEFORE_S = 3600.0
_VTT_SIGNATURE = re.compile(r"WEBVTT(?:[ \t\n]|$)")
_SRT_TIME = r"(?:(-)\s*+)?(?:(\d{1,4})\s*+:\s*+)?(\d{1,3})\s*+:\s*+(\d{1,2})(?:\s*+[.,:]\s*+(\d{1,9}))?"
_SRT_TIMING = re.compile(rf"\s*+{_SRT_TIME}\s*+-++\s*+>\s*+{_SRT_TIME}(?!\d)", re.ASCII)
_PAIR_TIME = r"(-?)(\d{1,2}):(\d{1,2}):(\d{1,2})[.](\d{1,3})"
_PAIR_TIMING = re.compile(rf"\s*+{_PAIR_TIME}\s*+,\s*+{_PAIR_TIME}\s*+$", re.ASCII)
_MICRODVD_LINE = re.compile(r" *+\{ *+(\d{1,9}) *+\} *+\{ *+(\d{1,9}) *+\}(.+)", re.ASCII)
_MPL2_LINE = re.compile(r"\[(-?\d{1,9})\]\[(-?\d{1,9})\](.*)", re.ASCII)
_ASS_SECTION = re.compile(r"\s*+\[(?:script info|v4\+? styles|events)\]", re.IGNORECASE)
_ASS_TIME = re.compile(r"\s*+(-?)(\d{1,9}):(\d{1,2}):(\d{1,2})(?:[.:,](\d{1,3}))?\s*+$", re.ASCII)
_TTML_NAMESPACE = "http://www.w3.org/ns/ttml"
_TT, _TTM = f"{{{_TTML_NAMESPACE}}}", f"{{{_TTML_NAMESPACE}#metadata}}"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
# Players show a SAMI cue without an end for so long, as pysubs2 does.
_SAMI_MIN_S, _SAMI_S_PER_CHARACTER = 0.5, 0.067
# What pysubs2's TTML parser lets through from int(), dict, and the parser of XML.
_PYSUBS2_MAY_RAISE = (
    SyntaxError,
    ValueError,
    LookupError,  # also of an encoding that Python does not know
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
    """Plain words as a file times them: the times may lie below 0, be equal, or be the wrong way round.

    `speaker` is the name that the file gives for who says them, None where it gives none.
    """

    start_s: float
    end_s: float
    text: str
    speaker: str | None = None


def reader_for(
    text: str, fps: float | None = None, stream_origin_s: float | None = None
) -> Callable[[str], list[Cue]]:
    """The reader for the format of a text, whatever its file is called.

    Args:
        text: the whole file.
        fps: frames a second of the video: MicroDVD counts frames and rarely says their rate.
        stream_origin_s: for WebVTT, as `read_webvtt` takes it.

    Raises:
        NotThisFormat: it is in no format that is known here. TMPlayer's is not: its pattern fits many a log,
            table and caption code.
    """
    if text.startswith("WEBVTT"):
        return partial(read_webvtt, stream_origin_s=stream_origin_s)
    lines = text.split("\n")
    if any(map(_SRT_TIMING.match, lines)):
        return read_subrip
    if any(map(_ASS_SECTION.match, lines)):
        return read_ass
    if any(map(_PAIR_TIMING.match, lines)):
        return read_subviewer
    if _TTML_NAMESPACE in text:
        return read_ttml
    if text.lstrip().startswith("<SAMI>"):
        return read_sami
    if any(map(_MICRODVD_LINE.match, lines)):
        return partial(read_microdvd, fps=fps)
    if any(map(_MPL2_LINE.match, lines)):
        return read_mpl2
    raise NotThisFormat(f"not a subtitle file that can be read; it begins {text.strip()[:20]!r}")


def read_webvtt(text: str, stream_origin_s: float | None = None) -> list[Cue]:
    """The cues of a WebVTT file, as section 6.1 of the standard (W3C, 2019) parses it.

    Comments, style sheets, regions, names and settings of cues are left out, and so is a cue whose
    times are malformed. A file without any cue is valid. Segments of HLS may stand one behind the other, each
    with its own header; `X-TIMESTAMP-MAP` of a header (RFC 8216, section 3.5) holds for the cues up to the
    next one.

    Args:
        text: the whole file.
        stream_origin_s: what the clock of the video's stream says at the video's t = 0. None where it is not
            known: then the first map is taken to say when the video begins.

    Raises:
        NotThisFormat: it does not begin with the line `WEBVTT`, or it has timing lines and the times
            of all of them are malformed, as when a SubRip file was given this header.
    """
    if not _VTT_SIGNATURE.match(text):
        raise NotThisFormat(f"a WebVTT file begins with the line WEBVTT, this one with {text[:20]!r}")
    lines = text.split("\n")
    cues: list[Cue] = []
    clock = _StreamClock(stream_origin_s)
    clock.read_header(lines, 0)
    at, in_header = 1, True
    while at < len(lines):
        if not in_header and _VTT_SIGNATURE.match(lines[at]):
            clock.read_header(lines, at)
        found, at = _webvtt_block(lines, at, in_header)
        in_header = False
        cues += map(clock.place, found)
    arrows = [line for line in lines[1:] if "-->" in line]
    if arrows and not any(map(_VTT_TIMING.match, arrows)):
        raise NotThisFormat(f"no time of it can be read; the first is {arrows[0].strip()!r}, not 00:00.000")
    return cues


class _StreamClock:
    """Puts cues whose times count from a point of an MPEG stream on the clock of the video.

    Args:
        origin_s: what the clock of the stream says at the video's t = 0; None where it is not known.
    """

    def __init__(self, origin_s: float | None) -> None:
        self._origin_s = origin_s
        self._shift_s = 0.0

    def read_header(self, lines: list[str], at: int) -> None:
        """Takes the map of the header that begins at a line; without one the map before it stays."""
        for line in takewhile(str.strip, lines[at : at + _MAX_HEADER_LINES]):
            if not line.startswith(_VTT_MAP):
                continue
            local, mpegts = _VTT_LOCAL.search(line), _VTT_MPEGTS.search(line)
            if local is None or mpegts is None:
                return
            h, m, s, ms = (int(value or 0) for value in local.groups())
            stream_s = int(mpegts[1]) / MPEG_TICKS_PER_S
            if self._origin_s is None:
                self._origin_s = stream_s
            self._shift_s = _wrapped_s(stream_s - self._origin_s) - (h * 3600 + m * 60 + s + ms / 1000)
            return

    def place(self, cue: Cue) -> Cue:
        """The cue with its times on the clock of the video."""
        if not self._shift_s:
            return cue
        start_s, end_s = (round(time_s + self._shift_s, 6) for time_s in (cue.start_s, cue.end_s))
        return replace(cue, start_s=start_s, end_s=end_s)


def _wrapped_s(time_s: float) -> float:
    """A difference of times of an MPEG stream, whose clock of 33 bits begins anew after 26.5 hours.

    An hour before the video begins is still distinguished from 25.5 hours after it.
    """
    return (time_s + _MAX_BEFORE_S) % MPEG_CLOCK_S - _MAX_BEFORE_S


def _webvtt_block(lines: list[str], at: int, in_header: bool) -> tuple[list[Cue], int]:
    """The cue of the block that begins at a line, one for each voice in it, and the line behind the block."""
    first, timing, words = at, None, at
    while at < len(lines) and lines[at] != "":
        if "-->" in lines[at]:
            is_timing_line = at == first or (at == first + 1 and "-->" not in lines[first])
            if in_header or not is_timing_line:
                return _webvtt_cues(timing, lines[words:at]), at
            timing, words = _VTT_TIMING.match(lines[at]), at + 1
        at += 1
    return _webvtt_cues(timing, lines[words:at]), at + 1


def _webvtt_cues(timing: re.Match[str] | None, lines: list[str]) -> list[Cue]:
    if timing is None:
        return []
    values = [int(value or 0) for value in timing.groups()]
    start_s, end_s = (h * 3600 + m * 60 + s + ms / 1000 for h, m, s, ms in (values[:4], values[4:]))
    return cues_of_voices(start_s, end_s, webvtt_voices("\n".join(lines)))


def cues_of_voices(start_s: float, end_s: float, voices: Sequence[tuple[str | None, str]]) -> list[Cue]:
    """A cue for what each voice says in one window: they speak one after the other, as long as their text is.

    Parts of one speaker that follow each other are one cue, on lines of their own. Without words there is one
    cue, which is empty.
    """
    if not voices:
        return [Cue(start_s, end_s, "")]
    joined: list[tuple[str | None, str]] = []
    for name, text in voices:
        if joined and joined[-1][0] == name:
            joined[-1] = (name, f"{joined[-1][1]}\n{text}")
        else:
            joined.append((name, text))
    times = split_times(start_s, end_s, [len(text) for _, text in joined])
    return [Cue(a, b, text, name) for (a, b), (name, text) in zip(pairwise(times), joined, strict=True)]


def split_times(start_s: float, end_s: float, lengths: Sequence[int]) -> list[float]:
    """The ends of parts of a window that are as long as some lengths of text, with its start before them.

    >>> split_times(1.0, 5.0, [10, 30])
    [1.0, 2.0, 5.0]
    """
    total = sum(lengths) or 1
    inner = (start_s + (end_s - start_s) * done / total for done in accumulate(lengths[:-1]))
    return [start_s, *inner, end_s] if lengths else []


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
        actor = values.get("name") or values.get("actor")
        yield Cue(_seconds(*start.groups()), _seconds(*end.groups()), plain_ass(values["text"]), actor)


def read_microdvd(text: str, fps: float | None = None) -> list[Cue]:
    """The cues of a MicroDVD file: `{first frame}{last frame}words|more words`.

    Args:
        text: the whole file.
        fps: frames a second of the video; None to take the rate that the first cue says, `{1}{1}25`.

    Raises:
        NotThisFormat: `fps` is None and the file does not say the rate, or the rate is not above 0.
    """
    cues = []
    for line in text.split("\n"):
        found = _MICRODVD_LINE.match(line)
        if found is None:
            continue
        if fps is None:
            fps = _declared_fps(found)
            continue
        start_s, end_s = (round(int(frame) * 1000 / fps) / 1000 for frame in (found[1], found[2]))
        cues.append(Cue(start_s, end_s, plain_lines(found[3].replace("|", "\n"))))
    return cues


def _declared_fps(first: re.Match[str]) -> float:
    try:
        fps = float(first[3]) if first[1] == first[2] == "1" else 0.0
    except ValueError:
        fps = 0.0
    if not (isfinite(fps) and fps > 0):
        raise NotThisFormat("it counts pictures and does not say how many a second there are")
    return fps


def read_mpl2(text: str) -> list[Cue]:
    """The cues of an MPL2 file: `[tenths][tenths]words|more words`, a `/` before a line in italics."""
    cues = []
    for found in filter(None, map(_MPL2_LINE.match, text.split("\n"))):
        words = "\n".join(line.strip().removeprefix("/") for line in found[3].split("|"))
        cues.append(Cue(int(found[1]) / 10, int(found[2]) / 10, plain_lines(words)))
    return cues


class _SamiParser(HTMLParser):
    """Collects the text behind each `SYNC` tag of a SAMI file, with its start in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.synced: list[tuple[float, list[str]]] = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "sync":
            self.synced.append((int(dict(attrs)["start"] or 0) / 1000, []))
            self._is_open = True
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("sync", "body", "sami"):
            self._is_open = False

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.synced[-1][1].append(data)


def read_sami(text: str) -> list[Cue]:
    """The cues of a SAMI file, each until the next one, or as long as its text takes to read.

    Raises:
        NotThisFormat: a `SYNC` tag says no start, or the file breaks the parser of HTML.
    """
    parser = _SamiParser()
    try:
        parser.feed(text)
    except (ValueError, KeyError, OverflowError, AssertionError) as error:
        raise NotThisFormat(f"damaged ({type(error).__name__}: {error})") from error
    cues: list[Cue] = []
    for start_s, pieces in reversed(parser.synced):
        words = plain_lines("".join(pieces))
        end_s = round(start_s + _SAMI_MIN_S + _SAMI_S_PER_CHARACTER * len(words), 3)
        cues.append(Cue(start_s, min(end_s, cues[-1].start_s) if cues else end_s, words))
    return cues[::-1]


def read_ttml(text: str) -> list[Cue]:
    """The cues of a TTML file.

    Raises:
        NotThisFormat: it is malformed, or its times are written in a way that pysubs2 does not know.
    """
    import pysubs2

    try:
        events = pysubs2.SSAFile.from_string(text, format_="ttml").events
        agents = _ttml_agents(text)
    except _PYSUBS2_MAY_RAISE as error:
        raise NotThisFormat(f"damaged ({type(error).__name__}: {error})") from error
    return [
        Cue(event.start / 1000, event.end / 1000, plain_lines(event.text), agent)
        for event, agent in zip_longest(events, agents[: len(events)])
    ]


def _ttml_agents(text: str) -> list[str | None]:
    """The name of the agent of each paragraph of a TTML file, in the order in which pysubs2 reads them.

    An agent (`ttm:agent`, TTML 2, section 14.1.1) that is given to a division or the body holds for its
    paragraphs; one whose element gives no name names nobody.
    """
    root = ElementTree.fromstring(text)
    names: dict[str, str] = {}
    for agent in root.iter(f"{_TTM}agent"):
        found = " ".join("".join(name.itertext()) for name in agent.iterfind(f"{_TTM}name"))
        names[agent.get(_XML_ID, "")] = " ".join(found.split())
    body = root.find(f"{_TT}body")
    if body is None:
        return []
    return [
        next((name for id_ in ids.split() if (name := names.get(id_))), None)
        for division in body.iterfind(f"{_TT}div")
        for paragraph in division.iterfind(f"{_TT}p")
        for ids in [
            paragraph.get(f"{_TTM}agent") or division.get(f"{_TTM}agent") or body.get(f"{_TTM}agent") or ""
        ]
    ]


def _seconds(sign: str | None, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    """Seconds of a clock; the digits behind the point are a decimal fraction, so `.5` is half a second."""
    value = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")
    return -value if sign else value

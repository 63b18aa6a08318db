"""Subtitles of a video: files beside it and tracks inside it, as words on its presentation clock."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil, log2
from pathlib import Path

from playhead_index.errors import SubtitlesUnreadable
from playhead_index.identity import describe_disk_error
from playhead_index.paths import display_path
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window
from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.protocol import Words
from playhead_index.words.roll_up import unroll
from playhead_index.words.sidecars import find_sidecars
from playhead_index.words.subtitle_formats import Cue, NotThisFormat, read_webvtt, reader_for
from playhead_index.words.subtitle_speaker_labels import speaker_label
from playhead_index.words.subtitle_tracks import TrackWords, read_tracks
from playhead_index.words.text_encoding import EncodingUnknown, decode_text

__all__ = [
    "TrackWords",
    "choose_subtitles",
    "find_sidecars",
    "read_subtitle_file",
    "read_subtitle_file_with_notes",
    "read_tracks",
]

SAME_CUE_SHARE = 0.8
_IMAGE_FORMATS = {b"\0\0\x01\xba": "VobSub", b"PG": "PGS"}


def read_subtitle_file(
    path: Path,
    duration_s: float | None = None,
    language: str | None = None,
    *,
    fps: float | None = None,
    stream_origin_s: float | None = None,
) -> list[Words]:
    """The words of a subtitle file, as `read_subtitle_file_with_notes` gives them.

    Raises:
        SubtitlesUnreadable: the file cannot be read as subtitles.
    """
    read = read_subtitle_file_with_notes(path, duration_s, language, fps=fps, stream_origin_s=stream_origin_s)
    return list(read.words)


def read_subtitle_file_with_notes(
    path: Path,
    duration_s: float | None = None,
    language: str | None = None,
    *,
    fps: float | None = None,
    stream_origin_s: float | None = None,
) -> TrackWords:
    """The words of a subtitle file in time order, without markup, and a line for what was cut in it.

    What the file holds decides how it is read, not its suffix; only a `.vtt` must be WebVTT. Cues that
    are empty, or end when or before they start, are dropped. Roll-up captions are unrolled. A WebVTT
    or SubStation file that is valid and has no cue gives no words.

    Args:
        path: the file.
        duration_s: length of the video in seconds; windows are cut to [0, duration_s), and what lies
            outside is dropped. None keeps everything behind 0.
        language: BCP 47 tag where known; it also chooses the code page of a file that is not Unicode.
        fps: frames a second of the video, for MicroDVD files, which count frames.
        stream_origin_s: what the clock of the video's stream says at t = 0, for the `X-TIMESTAMP-MAP` of
            WebVTT; None where it is not known.

    Raises:
        SubtitlesUnreadable: the file is not there, empty, too long, not text, in no known encoding or
            format, has more lines or cues than `text_limits` allows, or not one of its cues lies inside the
            video.
    """
    tag = language_tag(language) or language
    try:
        text, long_lines = _without_long_lines(_text(path, tag))
        cues = _cues(path, text, fps, stream_origin_s)
    except (NotThisFormat, EncodingUnknown) as error:
        raise SubtitlesUnreadable(path, str(error)) from error
    if len(cues) > LIMITS.cues:
        raise SubtitlesUnreadable(path, f"has {len(cues)} cues, at most {LIMITS.cues} are read")
    name = display_path(path.name)
    notes = [f"{name}: {long_lines} lines were cut at {LIMITS.line_chars} characters"] if long_lines else []
    if long_cues := sum(len(cue.text) > LIMITS.cue_chars for cue in cues):
        notes.append(f"{name}: {long_cues} cues were cut at {LIMITS.cue_chars} characters")
        cues = [replace(cue, text=cue.text[: LIMITS.cue_chars]) for cue in cues]
    source = f"file:{name}"
    written = sorted((cue for cue in cues if cue.text), key=lambda cue: (cue.start_s, cue.end_s))
    timed = [(window, cue) for cue in written if (window := _window(cue, duration_s)) is not None]
    if written and not timed:
        inside = "has an end behind its start" if duration_s is None else f"lies in [0, {duration_s:.3f}) s"
        first = f"the first one has [{written[0].start_s:.3f}, {written[0].end_s:.3f}) s"
        raise SubtitlesUnreadable(path, f"none of its {len(written)} cues {inside}; {first}")
    spans = [
        Words("speech", source, window, cue.text, tag, speaker=speaker_label(cue.speaker))
        for window, cue in timed
    ]
    words = unroll(spans)
    return TrackWords(tuple(words), tuple(notes))


def choose_subtitles(words: Iterable[Words]) -> list[Words]:
    """Words of all subtitle sources of one video in time order, duplicates left out.

    Every language and every source stays: which to read is the question's to choose. Only a cue with the
    text of an earlier given one, in the same or an unknown language, whose windows share more than four
    fifths of the shorter one, is left out: a file that was also put into the video, two equal
    tracks, or a subtitle in two layers. Its language and speaker are kept where the other had none.
    """
    chosen: list[Words] = []
    cues_by_text: dict[str, _CueIndex] = {}
    for new in words:
        same_text = cues_by_text.setdefault(" ".join(new.text.split()).casefold(), _CueIndex())
        same = next((at for at in same_text.overlapping(new.window) if _is_same_cue(chosen[at], new)), None)
        if same is None:
            same_text.add(new.window, len(chosen))
            chosen.append(new)
        else:
            same_cue = chosen[same]
            chosen[same] = replace(
                same_cue,
                language=same_cue.language or new.language,
                speaker=same_cue.speaker or new.speaker,
            )
    return sorted(chosen, key=lambda span: (span.window, span.source))


@dataclass(slots=True)
class _CueIndex:
    """Indices of cues of one text, by start: a song may have thousands of cues that say only a note.

    Cues are grouped by the power of two of their length, so that one that lasts for hours does not make
    all that lie inside it be compared with every other.
    """

    starts: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def add(self, window: Window, at: int) -> None:
        insort(self.starts.setdefault(_length_class(window), []), (window.start_s, at))

    def overlapping(self, window: Window) -> Iterator[int]:
        """Indices of cues that may overlap a window, the ones of about its own length first."""
        own = _length_class(window)
        for length, starts in sorted(self.starts.items(), key=lambda item: abs(item[0] - own)):
            at = bisect_left(starts, (window.start_s - 2.0**length, -1))
            while at < len(starts) and starts[at][0] < window.end_s:
                yield starts[at][1]
                at += 1


def _length_class(window: Window) -> int:
    """The exponent of the least power of two, in seconds, that is not below the length of a window."""
    return ceil(log2(window.duration_s))


def _is_same_cue(a: Words, b: Words) -> bool:
    shorter_s = min(a.window.duration_s, b.window.duration_s)
    overlap_s = a.window.overlap_s(b.window)
    return same_language(a.language, b.language) and overlap_s > SAME_CUE_SHARE * shorter_s


def _text(path: Path, language: str | None) -> str:
    try:
        size_bytes = path.stat().st_size
        if size_bytes > LIMITS.subtitle_bytes:
            raise SubtitlesUnreadable(
                path,
                f"{size_bytes} bytes are too many for subtitles, at most {LIMITS.subtitle_bytes} are read",
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise SubtitlesUnreadable(path, f"cannot be opened: {describe_disk_error(error)}") from error
    for magic, kind in _IMAGE_FORMATS.items():
        if data.startswith(magic):
            raise SubtitlesUnreadable(path, f"holds pictures of words ({kind}), not text")
    text = decode_text(data, language)
    if not text.strip("\0 \n\t"):
        raise SubtitlesUnreadable(path, "is empty")
    return text


def _cues(path: Path, text: str, fps: float | None, stream_origin_s: float | None) -> list[Cue]:
    if path.suffix.lower() == ".vtt":
        return read_webvtt(text, stream_origin_s)
    text = text.replace("\0", "")
    return reader_for(text, fps, stream_origin_s)(text)


def _without_long_lines(text: str) -> tuple[str, int]:
    """A text whose lines are cut at the limit, and how many were; those of XML and HTML are left whole.

    Raises:
        NotThisFormat: it has too many lines.
    """
    num_lines = text.count("\n") + 1
    if num_lines > LIMITS.lines:
        raise NotThisFormat(f"has {num_lines} lines, at most {LIMITS.lines} are read")
    lines = text.split("\n")
    long_lines = sum(len(line) > LIMITS.line_chars for line in lines)
    if not long_lines or text[:1000].lstrip().startswith("<"):
        return text, 0
    return "\n".join(line[: LIMITS.line_chars] for line in lines), long_lines


def _window(cue: Cue, duration_s: float | None) -> Window | None:
    """The part of a cue inside the video, if its times are the right way round and it has one."""
    start_s, end_s = max(0.0, cue.start_s), cue.end_s if duration_s is None else min(cue.end_s, duration_s)
    return Window(start_s, end_s) if cue.start_s < cue.end_s and start_s < end_s else None

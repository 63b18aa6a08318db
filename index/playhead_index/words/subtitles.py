"""Subtitles of a video: files beside it and tracks inside it, as words on its presentation clock."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from playhead_index.errors import SubtitlesUnreadable
from playhead_index.paths import display_path
from playhead_index.window import Window
from playhead_index.words.cues import Cue, NotThisFormat, read_by_pysubs2, read_webvtt, reader_for
from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.protocol import Words
from playhead_index.words.roll_up import unrolled
from playhead_index.words.sidecars import find_sidecars
from playhead_index.words.text_encoding import EncodingUnknown, decode_text
from playhead_index.words.tracks import TrackWords, read_tracks

__all__ = [
    "TrackWords",
    "choose_subtitles",
    "find_sidecars",
    "read_subtitle_file",
    "read_tracks",
]

MOST_BYTES = 64 * 2**20
SAME_CUE_SHARE = 0.8
_PICTURES = {b"\0\0\x01\xba": "VobSub", b"PG": "PGS"}


def read_subtitle_file(
    path: Path, duration_s: float | None = None, language: str | None = None, *, fps: float | None = None
) -> list[Words]:
    """The words of a subtitle file in time order, without markup.

    What the file holds decides how it is read, not its suffix; only a `.vtt` must be WebVTT. Cues that
    are empty, or end when or before they start, are dropped. Roll-up captions are unrolled. A WebVTT
    or SubStation file that is valid and has no cue gives no words.

    Args:
        path: the file.
        duration_s: length of the video in seconds; windows are cut to [0, duration_s), and what lies
            outside is dropped. None keeps everything behind 0.
        language: BCP 47 tag where known; it also chooses the code page of a file that is not Unicode.
        fps: pictures a second of the video, for MicroDVD files, which count pictures.

    Raises:
        SubtitlesUnreadable: the file is not there, empty, too long, not text, in no known encoding or
            format, or not one of its cues lies inside the video.
    """
    tag = language_tag(language) or language
    try:
        cues = _cues(path, _text(path, tag), fps)
    except (NotThisFormat, EncodingUnknown) as error:
        raise SubtitlesUnreadable(path, str(error)) from error
    source = f"file:{display_path(path.name)}"
    written = sorted((cue for cue in cues if cue.text), key=lambda cue: (cue.start_s, cue.end_s))
    timed = [(window, cue.text) for cue in written if (window := _window(cue, duration_s)) is not None]
    if written and not timed:
        inside = "has an end behind its start" if duration_s is None else f"lies in [0, {duration_s:.3f}) s"
        first = f"the first one has [{written[0].start_s:.3f}, {written[0].end_s:.3f}) s"
        raise SubtitlesUnreadable(path, f"none of its {len(written)} cues {inside}; {first}")
    return unrolled([Words("speech", source, window, text, tag) for window, text in timed])


def choose_subtitles(words: Iterable[Words]) -> list[Words]:
    """Words of all subtitle sources of one video in time order, what is the same kept once.

    Every language and every source stays: which to read is the question's to choose. Only a cue with the
    text of an earlier given one, in the same or an unknown language, whose windows share more than four
    fifths of the shorter one, is left out: a file beside the video that was also put into it, two tracks
    alike, or a subtitle that is drawn in two layers. Its language is kept where the other had none.
    """
    kept: list[Words] = []
    alike_by_text: dict[str, _Alike] = {}
    for new in words:
        alike = alike_by_text.setdefault(" ".join(new.text.split()).casefold(), _Alike())
        same = next((at for at in alike.near(new.window) if _is_same_cue(kept[at], new)), None)
        if same is None:
            alike.add(new.window, len(kept))
            kept.append(new)
        elif kept[same].language is None:
            kept[same] = replace(kept[same], language=new.language)
    return sorted(kept, key=lambda span: (span.window, span.source))


@dataclass(slots=True)
class _Alike:
    """Places of cues of one text, by start: a song may have thousands of cues that say only a note."""

    starts: list[tuple[float, int]] = field(default_factory=list)
    longest_s: float = 0.0

    def add(self, window: Window, at: int) -> None:
        insort(self.starts, (window.start_s, at))
        self.longest_s = max(self.longest_s, window.duration_s)

    def near(self, window: Window) -> list[int]:
        """Places of those that may overlap a window."""
        first = bisect_left(self.starts, (window.start_s - self.longest_s, -1))
        last = bisect_left(self.starts, (window.end_s, -1))
        return [at for _, at in self.starts[first:last]]


def _is_same_cue(a: Words, b: Words) -> bool:
    shorter_s = min(a.window.duration_s, b.window.duration_s)
    overlap_s = a.window.overlap_s(b.window)
    return same_language(a.language, b.language) and overlap_s > SAME_CUE_SHARE * shorter_s


def _text(path: Path, language: str | None) -> str:
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MOST_BYTES:
            raise SubtitlesUnreadable(path, f"{size_bytes} bytes are too many for subtitles, {MOST_BYTES=}")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise SubtitlesUnreadable(path, f"cannot be opened ({error})") from error
    for magic, kind in _PICTURES.items():
        if data.startswith(magic):
            raise SubtitlesUnreadable(path, f"holds pictures of words ({kind}), not text")
    text = decode_text(data, language)
    if not text.strip("\0 \n\t"):
        raise SubtitlesUnreadable(path, "is empty")
    return text


def _cues(path: Path, text: str, fps: float | None) -> list[Cue]:
    if path.suffix.lower() == ".vtt":
        return read_webvtt(text)
    text = text.replace("\0", "")
    reader = reader_for(text)
    return read_by_pysubs2(text, fps) if reader is None else reader(text)


def _window(cue: Cue, duration_s: float | None) -> Window | None:
    """The part of a cue inside the video, if its times are the right way round and it has one."""
    start_s, end_s = max(0.0, cue.start_s), cue.end_s if duration_s is None else min(cue.end_s, duration_s)
    return Window(start_s, end_s) if cue.start_s < cue.end_s and start_s < end_s else None

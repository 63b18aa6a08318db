"""Finds which intervals of voice subtitles cover, and which must be recognised."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from json import dumps

from playhead_index.window import Window, join_windows
from playhead_index.words.languages import same_language
from playhead_index.words.protocol import Words

TOLERANCE_S = 0.5
"""How far voice may begin before a cue or end after it and still be covered by it."""
MIN_UNCOVERED_S = 1.0
"""Voice between two cues, outside their tolerance, that is recognised; less is a breath or a laugh.

Measured with both on five recordings in three languages (273 s of voice, cues made of the words that `base`
recognises, late by 0 to 1.5 s): at most 1.5 s are recognised although a cue says them. With one cue left
out, its voice is recognised in 64 of 64 cues of 2 s and more and in 17 of 19 of 1 to 2 s (with a tolerance of
1 s in 57 and 8).
"""
MAX_COVERED_SHARE = 0.5
"""Recognised words that cues cover by more than this share are in the subtitles already."""
NOT_COVERING_KINDS = frozenset(
    ("forced", "commentary", "descriptions", "visual_impaired", "translated", "karaoke")
)
"""Kinds of subtitles that are no transcript of the sound, however much of it they cover."""


def covers_speech(kinds: Iterable[str], language: str | None, spoken: str | None) -> bool:
    """Whether subtitles of some kinds in a language are a transcript of a sound in another or the same one.

    >>> covers_speech({"sdh"}, "en", "en-US"), covers_speech({"forced"}, "en", "en")
    (True, False)
    >>> covers_speech((), "en", "de"), covers_speech((), None, "de")
    (False, True)
    """
    return not NOT_COVERING_KINDS & set(kinds) and same_language(language, spoken)


def uncovered_voice(voice: Sequence[Window], cues: Sequence[Window]) -> tuple[Window, ...]:
    """The intervals of voice that no cue covers, ascending.

    Between two cues, voice counts when at least `MIN_UNCOVERED_S` of it lie outside the tolerance of both;
    it is then taken up to the cues themselves. Without cues all voice counts.

    Args:
        voice: where somebody speaks, ascending and apart.
        cues: the windows of the cues, in any order.

    >>> uncovered_voice([Window(0, 4), Window(10, 20)], [Window(0, 4.5), Window(18, 19)])
    (Window(start_s=10, end_s=18),)
    """
    if not cues or not voice:
        return tuple(voice)
    extended = Window(voice[0].start_s - TOLERANCE_S, voice[-1].end_s + TOLERANCE_S)
    needed: list[Window] = []
    for start_s, end_s in _gaps(join_windows(cue for cue in cues if cue.overlap_s(extended) > 0)):
        inside = _clip_windows(voice, start_s, end_s)
        outside = _clip_windows(voice, start_s + TOLERANCE_S, end_s - TOLERANCE_S)
        if sum(part.duration_s for part in outside) >= MIN_UNCOVERED_S:
            first_s, last_s = outside[0].start_s, outside[-1].end_s
            needed += [part for part in inside if part.end_s > first_s and part.start_s < last_s]
    return tuple(needed)


def _gaps(lines: Sequence[Window]) -> list[tuple[float, float]]:
    """(start_s, end_s) before, between and behind windows that ascend and do not touch."""
    starts = [float("-inf"), *(line.end_s for line in lines)]
    ends = [*(line.start_s for line in lines), float("inf")]
    return list(zip(starts, ends, strict=True))


def _clip_windows(windows: Sequence[Window], start_s: float, end_s: float) -> list[Window]:
    """The parts of ascending windows between two times."""
    parts = []
    at = bisect_left(windows, start_s, key=lambda window: window.end_s)
    while at < len(windows) and windows[at].start_s < end_s:
        first_s, last_s = max(windows[at].start_s, start_s), min(windows[at].end_s, end_s)
        if first_s < last_s:
            parts.append(Window(first_s, last_s))
        at += 1
    return parts


class SubtitleCover:
    """The time that subtitles cover, by language.

    Args:
        cues: (window, language) of every cue of the subtitles that cover speech.
    """

    def __init__(self, cues: Iterable[tuple[Window, str | None]] = ()) -> None:
        by_language: dict[str | None, list[Window]] = {}
        for window, language in cues:
            by_language.setdefault(language, []).append(window)
        self._windows_by_language = {tag: join_windows(windows) for tag, windows in by_language.items()}
        self.windows = tuple(join_windows(w for lines in self._windows_by_language.values() for w in lines))

    @property
    def digest(self) -> str:
        """A digest of the covered time, stored with the settings of a stage; empty for none."""
        if not self.windows:
            return ""
        lines = {
            tag or "": [[round(line.start_s, 3), round(line.end_s, 3)] for line in own]
            for tag, own in self._windows_by_language.items()
        }
        return blake2b(dumps(lines, sort_keys=True).encode(), digest_size=8).hexdigest()

    def covers(self, words: Words) -> bool:
        """Whether cues of the same language cover more than half of the window of recognised words."""
        covered_s = max(
            (
                sum(part.duration_s for part in _clip_windows(own, words.window.start_s, words.window.end_s))
                for tag, own in self._windows_by_language.items()
                if same_language(tag, words.language)
            ),
            default=0.0,
        )
        return covered_s > MAX_COVERED_SHARE * words.window.duration_s

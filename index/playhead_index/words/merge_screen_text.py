"""Screen text over time: which frames to read, and readings merged into spans."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead_index.segment.signature import CUT, change
from playhead_index.window import Window
from playhead_index.words.protocol import Words

SAME_RATIO = 0.85
SAME_WORD_RATIO = 0.5
MISSED_READINGS = 1
NEXT_READING_WITHIN_S = 1.0
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")

Lines = Sequence[tuple[str, float]]


def select_readings(
    windows: Sequence[Window],
    signatures: NDArray[np.float32],
    *,
    min_gap_s: float = 2.0,
    min_change: float = 0.001,
    cut_change: float = CUT,
) -> list[tuple[int, Window]]:
    """Which frames to read, and the window that each reading stands for.

    The first frame is read, then each that has changed since the last one read: a cut at once, a
    smaller change when `min_gap_s` has passed since the last reading was due, if it is still there then.

    Args:
        windows: when each of N frames is on the screen, ascending and apart.
        signatures: (N, S) float32 unit vectors (`segment.signature`) of the frames.
        min_gap_s: seconds for which one reading has to do, cuts aside.
        min_change: `change` below which a frame counts as the one last read. The default passes over
            equal frames only: a clock in the corner changes next to nothing of a frame.
        cut_change: `change` from which a frame counts as a cut.

    Returns:
        (index, window) ascending; the windows follow one another from the first frame's start to the
        last one's end, each from its frame's start to that of the next frame read.

    Raises:
        ValueError: the arrays differ in length, or the windows descend or overlap.
    """
    if signatures.ndim != 2 or len(signatures) != len(windows):
        raise ValueError(f"signatures must be ({len(windows)}, S), got {signatures.shape}")
    _check_ascending(windows)
    if not windows:
        return []
    chosen = [0]
    due_s = windows[0].start_s + min_gap_s
    for i in range(1, len(windows)):
        changed = change(signatures[i], signatures[chosen[-1]])
        if changed >= cut_change:
            due_s = windows[i].start_s
        elif changed < min_change or windows[i].end_s <= due_s:
            continue
        chosen.append(i)
        due_s = max(due_s, windows[i].start_s) + min_gap_s
    starts_s = [windows[i].start_s for i in chosen]
    ends_s = [*starts_s[1:], windows[-1].end_s]
    return [(i, Window(a, b)) for i, a, b in zip(chosen, starts_s, ends_s, strict=True)]


def merge_screen_text(readings: Iterable[tuple[Window, Lines]], *, source: str) -> list[Words]:
    """Spans of screen text: a line that stands over many readings is said once, with its whole window.

    Each line is followed over time by itself, so that a clock or a ticker does not cut up the slide
    that it runs beside. A line goes on while readings resemble it (`is_same_text`), and over one reading
    that misses it; its most confident reading counts. Lines that come and go together, to within one
    reading, are one span: a slide of five lines is one span with five lines, and a line that is added
    later is a span of its own.

    Args:
        readings: (window, lines with confidence, top to bottom), in time order, windows apart. Over a
            gap of more than a second between two windows nothing goes on.
        source: where the words come from, such as `ocr:rapidocr`.

    Returns:
        Words in time order; a confidence is the mean of its lines'. No two with a line of the same
        text overlap.

    Raises:
        ValueError: the windows descend or overlap.
    """
    windows: list[Window] = []
    open_tracks: list[_Track] = []
    closed: list[_Track] = []
    for window, lines in readings:
        _check_ascending([*windows[-1:], window])
        is_gap = bool(windows) and window.start_s - windows[-1].end_s > NEXT_READING_WITHIN_S
        windows.append(window)
        if is_gap:
            closed += open_tracks
            open_tracks = []
        _follow(open_tracks, lines, len(windows) - 1)
        closed += [track for track in open_tracks if len(windows) - 1 - track.last > MISSED_READINGS]
        open_tracks = [track for track in open_tracks if len(windows) - 1 - track.last <= MISSED_READINGS]
    tracks = _join_similar(closed + open_tracks, windows)
    spans = [_span(group, windows, source) for group in _groups(tracks, windows)]
    return sorted(spans, key=lambda span: (span.window, span.text))


def is_same_text(a: str, b: str) -> bool:
    """Whether two readings may be of one line: equal but for a few misread signs.

    Different numbers are different lines, and so are lines of as many words of which one pair differs
    altogether.

    >>> is_same_text("Gradient descent", "Gradlent descent"), is_same_text("00:01", "00:02")
    (True, False)
    """
    folded_a, folded_b = _folded(a), _folded(b)
    if _NUMBER.findall(folded_a) != _NUMBER.findall(folded_b):
        return False
    if _squeezed(folded_a) == _squeezed(folded_b):
        return True
    words_a, words_b = _WORD.findall(folded_a), _WORD.findall(folded_b)
    if len(words_a) == len(words_b):
        pairs = zip(words_a, words_b, strict=True)
        if any(_ratio(word_a, word_b) < SAME_WORD_RATIO for word_a, word_b in pairs):
            return False
    return _ratio(_squeezed(folded_a), _squeezed(folded_b)) >= SAME_RATIO


@dataclass(slots=True)
class _Track:
    """One line over time: readings `first` to `last`, and the most confident of them."""

    text: str
    confidence: float
    place: int
    first: int
    last: int

    def take(self, text: str, confidence: float, place: int) -> None:
        if confidence > self.confidence:
            self.text, self.confidence, self.place = text, confidence, place


def _follow(tracks: list[_Track], lines: Lines, reading: int) -> None:
    """Continues tracks with the lines of a reading, equal ones first, and begins new ones."""
    texts = {_key(text): (text, confidence, place) for place, (text, confidence) in enumerate(lines)}
    texts.pop("", None)
    unmatched = list(texts.values())
    for same in (lambda a, b: _key(a) == _key(b), is_same_text):
        for track in tracks:
            if track.last < reading:
                line = next((line for line in unmatched if same(track.text, line[0])), None)
                if line is not None:
                    unmatched.remove(line)
                    track.take(*line)
                    track.last = reading
    tracks += [_Track(*line, reading, reading) for line in unmatched]


def _join_similar(tracks: list[_Track], windows: Sequence[Window]) -> list[_Track]:
    """Tracks with those of equal text that overlap, or all but touch, made one."""
    joined: dict[str, _Track] = {}
    apart: list[_Track] = []
    for track in sorted(tracks, key=lambda track: (track.first, track.last)):
        before = joined.get(_key(track.text))
        if before is not None and _continues(before, track, windows):
            before.take(track.text, track.confidence, track.place)
            before.last = max(before.last, track.last)
        else:
            joined[_key(track.text)] = track
            apart.append(track)
    return apart


def _continues(before: _Track, track: _Track, windows: Sequence[Window]) -> bool:
    between = range(before.last, track.first)
    has_gap = any(windows[i + 1].start_s - windows[i].end_s > NEXT_READING_WITHIN_S for i in between)
    return track.first - before.last - 1 <= MISSED_READINGS and not has_gap


def _groups(tracks: list[_Track], windows: Sequence[Window]) -> list[list[_Track]]:
    """Tracks whose first readings, and whose last ones, lie at most one reading apart.

    So a group makes the window of none of its lines longer than by one reading at either end, which
    keeps it off the next line of the same text: that is at least two readings away.
    """
    groups: list[list[_Track]] = []
    newest = 0
    for track in sorted(tracks, key=lambda track: (track.first, track.last)):
        while newest < len(groups) and groups[newest][0].first < track.first - 1:
            newest += 1
        group = next((group for group in groups[newest:] if _belongs(track, group, windows)), None)
        if group is None:
            groups.append([track])
        else:
            group.append(track)
    return groups


def _belongs(track: _Track, group: list[_Track], windows: Sequence[Window]) -> bool:
    first, last = min(t.first for t in group), [t.last for t in group]
    if track.first - first > 1 or max(*last, track.last) - min(*last, track.last) > 1:
        return False
    if any(_key(track.text) == _key(other.text) for other in group):
        return False
    spread = range(min(first, track.first), max(*last, track.last))
    has_gap = any(windows[i + 1].start_s - windows[i].end_s > NEXT_READING_WITHIN_S for i in spread)
    shared = min(*last, track.last) - max(*(t.first for t in group), track.first) + 1
    return not has_gap and 2 * shared >= max(*last, track.last) - first + 1


def _span(group: list[_Track], windows: Sequence[Window], source: str) -> Words:
    lines = sorted(group, key=lambda track: (track.place, track.first))
    start_s = windows[min(track.first for track in group)].start_s
    end_s = windows[max(track.last for track in group)].end_s
    confidence = sum(track.confidence for track in group) / len(group)
    text = "\n".join(track.text for track in lines)
    return Words("screen", source, Window(start_s, end_s), text, confidence=confidence)


def _check_ascending(windows: Sequence[Window]) -> None:
    for before, window in pairwise(windows):
        if window.start_s < before.end_s:
            raise ValueError(f"windows must ascend and not overlap, got {window} after {before}")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _key(text: str) -> str:
    return _squeezed(_folded(text))


def _ratio(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()

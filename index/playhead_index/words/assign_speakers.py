"""Assigns speakers to words: spans of speech are aligned with the turns of voices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from playhead_index.window import Window
from playhead_index.words.diarisation import VoiceTurn
from playhead_index.words.protocol import Words, WordTime

MIN_WORD_S = 0.01
"""Words and pieces that recognition gives no length get this one."""
MAX_GAP_S = 0.5
"""A word that lies in no turn belongs to one that is at most this far; voice detection cuts ends off."""
MIN_PIECE_S = 0.3
"""A shorter piece of a span is not cut off: borders of turns are no more exact than this."""
MIN_NAMED_S = 5.0
MIN_NAMED_SHARE = 0.8
"""A voice has the name of a subtitle source where, of the time of the source's cues that lies in turns, at
least this part fits in both directions: nearly all of what the voice says is under that name, and nearly all
that is under that name is said by the voice."""


@dataclass(frozen=True, slots=True)
class TurnIndex:
    """Turns in time order, for look-up by time.

    Args:
        turns: of one recording.
    """

    turns: Sequence[VoiceTurn]

    def of_window(self, window: Window, max_gap_s: float = MAX_GAP_S) -> str | None:
        """Label of the voice that speaks longest in a window, else of the nearest turn; None where none is.

        >>> turns = TurnIndex([VoiceTurn(Window(0, 4), "1"), VoiceTurn(Window(4, 9), "2")])
        >>> turns.of_window(Window(3, 6)), turns.of_window(Window(9.2, 9.6)), turns.of_window(Window(20, 21))
        ('2', '2', None)
        """
        overlaps_s: dict[str, float] = {}
        nearest: tuple[float, str] | None = None
        for turn in self.turns:
            overlap_s = turn.window.overlap_s(window)
            if overlap_s > 0:
                overlaps_s[turn.label] = overlaps_s.get(turn.label, 0.0) + overlap_s
            elif not overlaps_s and (nearest is None or turn.window.gap_s(window) < nearest[0]):
                nearest = (turn.window.gap_s(window), turn.label)
            if turn.window.start_s > window.end_s + max_gap_s:
                break
        if overlaps_s:
            return max(overlaps_s, key=lambda label: overlaps_s[label])
        return nearest[1] if nearest is not None and nearest[0] <= max_gap_s else None


def split_by_speaker(words: Words, turns: TurnIndex) -> list[Words]:
    """Recognised words with their speaker; in several pieces where several speak.

    A span is cut between two words, by their times; the pieces have the words' text, times and offsets of
    their own. Without word times it stays whole, with the voice that speaks longest in it.
    """
    times = words.word_times
    labels = [turns.of_window(_word_window(time)) for time in times]
    known = [label for label in labels if label is not None]
    if not known:
        return [replace(words, speaker=turns.of_window(words.window))]
    runs = _runs(_filled(labels), times)
    if len(runs) == 1:
        return [replace(words, speaker=runs[0][0])]
    return _pieces(words, runs)


def names_of_voices(named: Iterable[tuple[str, Window]], turns: TurnIndex) -> dict[str, str]:
    """The names that subtitles give to voices, by label; only where voice and name fit nearly always.

    Args:
        named: (name, window) of each subtitle cue whose source names its speaker.
        turns: of the same recording.
    """
    shared: dict[tuple[str, str], float] = {}
    for name, window in named:
        for turn in turns.turns:
            overlap_s = turn.window.overlap_s(window)
            if overlap_s > 0:
                shared[turn.label, name] = shared.get((turn.label, name), 0.0) + overlap_s
    by_label, by_name = _totals(shared, 0), _totals(shared, 1)
    return {
        label: name
        for (label, name), seconds in shared.items()
        if seconds >= MIN_NAMED_S and seconds >= MIN_NAMED_SHARE * max(by_label[label], by_name[name])
    }


def _totals(shared: Mapping[tuple[str, str], float], part: int) -> dict[str, float]:
    totals: dict[str, float] = {}
    for key, seconds in shared.items():
        totals[key[part]] = totals.get(key[part], 0.0) + seconds
    return totals


def _word_window(time: WordTime) -> Window:
    return Window(time.start_s, max(time.end_s, time.start_s + MIN_WORD_S))


def _filled(labels: Sequence[str | None]) -> list[str]:
    """Labels of which those that are not known are that of the word before, else of the first known one."""
    last = next(label for label in labels if label is not None)
    filled = []
    for label in labels:
        last = label if label is not None else last
        filled.append(last)
    return filled


def _runs(labels: Sequence[str], times: Sequence[WordTime]) -> list[tuple[str, list[WordTime]]]:
    """(label, words) of intervals by one voice; those that are too short go to the interval before."""
    runs: list[tuple[str, list[WordTime]]] = []
    for label, own in groupby(zip(labels, times, strict=True), key=lambda pair: pair[0]):
        run_times = [time for _, time in own]
        is_short = run_times[-1].end_s - run_times[0].start_s < MIN_PIECE_S
        if runs and (is_short or runs[-1][0] == label):
            runs[-1][1].extend(run_times)
        elif runs and len(runs) == 1 and runs[0][1][-1].end_s - runs[0][1][0].start_s < MIN_PIECE_S:
            runs[0] = (label, [*runs[0][1], *run_times])
        else:
            runs.append((label, run_times))
    return runs


def _pieces(words: Words, runs: Sequence[tuple[str, list[WordTime]]]) -> list[Words]:
    pieces = []
    starts = [0, *(own[0].start for _, own in runs[1:])]
    for number, (label, own) in enumerate(runs):
        is_last = number == len(runs) - 1
        start, end = starts[number], len(words.text) if is_last else starts[number + 1]
        text = words.text[start:end]
        offset = start + len(text) - len(text.lstrip())
        start_s = words.window.start_s if number == 0 else own[0].start_s
        end_s = words.window.end_s if is_last else max(own[-1].end_s, start_s + MIN_WORD_S)
        times = tuple(replace(one, start=one.start - offset, end=one.end - offset) for one in own)
        window = Window(start_s, max(end_s, start_s + MIN_WORD_S))
        pieces.append(replace(words, window=window, text=text.strip(), speaker=label, word_times=times))
    return pieces

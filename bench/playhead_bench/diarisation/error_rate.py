"""Diarisation error rate (NIST, Rich Transcription 2009 evaluation plan, section 6.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from playhead_index.words.diarisation import VoiceTurn

COLLAR_S = 0.25


@dataclass(frozen=True, slots=True)
class DiarisationErrors:
    """Seconds of speech and of each kind of error; they add up over recordings.

    Args:
        speech_s: scored speech of the reference.
        missed_s: speech of the reference to which no speaker was given.
        false_alarm_s: time to which a speaker was given and in which nobody speaks.
        confusion_s: speech that was given to another speaker than the one that corresponds to its own.
    """

    speech_s: float = 0.0
    missed_s: float = 0.0
    false_alarm_s: float = 0.0
    confusion_s: float = 0.0

    def __add__(self, other: "DiarisationErrors") -> "DiarisationErrors":
        return DiarisationErrors(
            self.speech_s + other.speech_s,
            self.missed_s + other.missed_s,
            self.false_alarm_s + other.false_alarm_s,
            self.confusion_s + other.confusion_s,
        )

    @property
    def rate(self) -> float:
        """(missed + false alarm + confusion) / speech; 0 where there is no speech."""
        errors_s = self.missed_s + self.false_alarm_s + self.confusion_s
        return errors_s / self.speech_s if self.speech_s else 0.0


def diarisation_errors(
    reference: Sequence[VoiceTurn], hypothesis: Sequence[VoiceTurn], collar_s: float = COLLAR_S
) -> DiarisationErrors:
    """The errors of a diarisation under the mapping of speakers that makes them fewest.

    Not scored are `collar_s` seconds before and behind each start and end of a turn of the reference, and
    time in which several speakers of the reference speak.

    Args:
        reference: what is right.
        hypothesis: what was found; labels need not be those of the reference.
        collar_s: seconds.

    >>> from playhead_index.window import Window
    >>> said = [VoiceTurn(Window(0, 10), "a"), VoiceTurn(Window(10, 20), "b")]
    >>> found = [VoiceTurn(Window(0, 12), "1"), VoiceTurn(Window(12, 20), "2")]
    >>> diarisation_errors(said, found, collar_s=0.0)
    DiarisationErrors(speech_s=20.0, missed_s=0.0, false_alarm_s=0.0, confusion_s=2.0)
    """
    edges = [edge for turn in reference for edge in (turn.window.start_s, turn.window.end_s)]
    collars = [(edge - collar_s, edge + collar_s) for edge in edges]
    times = {edge for pair in collars for edge in pair} | set(edges)
    times |= {edge for turn in hypothesis for edge in (turn.window.start_s, turn.window.end_s)}
    overlap_s: dict[str, dict[str, float]] = {}
    speech_s = missed_s = false_alarm_s = attributed_s = 0.0
    ordered = sorted(times)
    for start_s, end_s in pairwise(ordered):
        middle_s, length_s = (start_s + end_s) / 2, end_s - start_s
        speakers, found = _active(reference, middle_s), _active(hypothesis, middle_s)
        if len(speakers) > 1 or any(low < middle_s < high for low, high in collars):
            continue
        if not speakers:
            false_alarm_s += length_s * len(found)
            continue
        (speaker,) = speakers
        speech_s += length_s
        missed_s += length_s * (not found)
        attributed_s += length_s * bool(found)
        false_alarm_s += length_s * max(0, len(found) - 1)
        for label in found:
            own = overlap_s.setdefault(label, {})
            own[speaker] = own.get(speaker, 0.0) + length_s
    right_s = best_mapping_s(overlap_s)
    return DiarisationErrors(speech_s, missed_s, false_alarm_s, max(0.0, attributed_s - right_s))


def best_mapping_s(overlap_s: dict[str, dict[str, float]]) -> float:
    """The largest overlap in seconds that a one-to-one mapping of found to right speakers reaches.

    Exact: dynamic programming over the sets of right speakers that are taken, as the Hungarian algorithm
    would give it; for up to a dozen right speakers.

    >>> best_mapping_s({"1": {"a": 5.0, "b": 4.0}, "2": {"a": 4.0}})
    8.0
    """
    speakers = sorted({speaker for own in overlap_s.values() for speaker in own})
    best = {0: 0.0}
    for own in overlap_s.values():
        after = dict(best)
        for used, total_s in best.items():
            for number, speaker in enumerate(speakers):
                if not used >> number & 1 and speaker in own:
                    key = used | 1 << number
                    after[key] = max(after.get(key, 0.0), total_s + own[speaker])
        best = after
    return max(best.values())


def _active(turns: Iterable[VoiceTurn], at_s: float) -> set[str]:
    return {turn.label for turn in turns if turn.window.start_s <= at_s < turn.window.end_s}

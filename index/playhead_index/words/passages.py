"""Passages of a transcript: whole sentences of 20 to 60 s that belong together."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead_index.words.cohesion import depths, term_vectors
from playhead_index.words.sentence_units import Sentence

MIN_PASSAGE_S = 20.0
MAX_PASSAGE_S = 60.0
TARGET_PASSAGE_S = 45.0
SILENCE_S = 10.0
"""A gap between sentences that closes a passage however short it is: what comes behind is another matter."""
MAX_PASSAGE_WORDS = 300
"""More than anybody says in a minute; a sentence encoder sees 256 tokens."""
DEPTH_WEIGHT = 1.0
PAUSE_WEIGHT = 0.3
SPEAKER_WEIGHT = 0.5
SHORT_WEIGHT = 4.0

Cost = Callable[[int, int], float]


def divide_passages(sentences: Sequence[Sentence]) -> list[range]:
    """The passages of a transcript, as ranges of its sentences that follow one another.

    A passage has 20 to 60 s, but for one between silences of `SILENCE_S`, or before one, which may be
    shorter, and for a single sentence. Of all such divisions the one is taken that costs least: passages
    cost what they are off the target length, and gain where they are closed at a drop of cohesion
    (`cohesion.depths`), a pause or a change of speaker.

    Args:
        sentences: of one transcript, in the order in which they begin.
    """
    found: list[range] = []
    for stretch in _stretches(sentences):
        own = sentences[stretch.start : stretch.stop]
        gains = closing_gains(own)
        ends_s = np.maximum.accumulate([one.window.end_s for one in own])
        words = np.cumsum([0, *(one.num_words for one in own)])

        def cost(first: int, last: int, own=own, gains=gains, ends_s=ends_s, words=words) -> float:
            length_s = ends_s[last - 1] - own[first].window.start_s
            if last - first > 1 and (
                length_s > MAX_PASSAGE_S or words[last] - words[first] > MAX_PASSAGE_WORDS
            ):
                return float("inf")
            off = (length_s - TARGET_PASSAGE_S) / (MAX_PASSAGE_S - MIN_PASSAGE_S)
            short = max(0.0, MIN_PASSAGE_S - length_s) / MIN_PASSAGE_S
            return off * off + SHORT_WEIGHT * short - gains[last]

        found += [
            range(stretch.start + first, stretch.start + last) for first, last in cheapest(len(own), cost)
        ]
    return found


def closing_gains(sentences: Sequence[Sentence]) -> NDArray[np.float64]:
    """(N + 1,) what is gained by closing a passage before each sentence; 0 at both ends."""
    gains = np.zeros(len(sentences) + 1)
    if len(sentences) < 2:
        return gains
    starts_s = np.array([one.window.start_s for one in sentences])
    ends_s = np.array([one.window.end_s for one in sentences])
    depth = depths(term_vectors([one.text for one in sentences]), starts_s, ends_s)
    pause_s = np.clip(starts_s[1:] - ends_s[:-1], 0.0, SILENCE_S)
    speaker = np.array([a.speaker != b.speaker for a, b in pairwise(sentences)])
    gains[1:-1] = DEPTH_WEIGHT * depth + PAUSE_WEIGHT * np.sqrt(pause_s) + SPEAKER_WEIGHT * speaker
    return gains


def cheapest(count: int, cost: Cost) -> list[tuple[int, int]]:
    """The division of `count` items into ranges that costs least in sum, as [first, last).

    Args:
        count: items, at least one.
        cost: of a range; infinite for one that is too long, and for all longer ones with the same end. A
            range of one item has a finite cost.
    """
    costs = [0.0]
    begins = [0]
    for last in range(1, count + 1):
        best, begin = float("inf"), last - 1
        for first in range(last - 1, -1, -1):
            own = cost(first, last)
            if own == float("inf"):
                break
            if costs[first] + own < best:
                best, begin = costs[first] + own, first
        costs.append(best)
        begins.append(begin)
    found = []
    last = count
    while last > 0:
        found.append((begins[last], last))
        last = begins[last]
    return found[::-1]


def _stretches(sentences: Sequence[Sentence]) -> list[range]:
    """Sentences without a long silence between them."""
    cuts = [0]
    end_s = sentences[0].window.end_s if sentences else 0.0
    for i, one in enumerate(sentences):
        if one.window.start_s - end_s >= SILENCE_S:
            cuts.append(i)
        end_s = max(end_s, one.window.end_s)
    return [range(a, b) for a, b in pairwise([*cuts, len(sentences)]) if a < b]

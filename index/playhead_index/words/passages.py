"""Passages of a transcript: whole sentences of 20 to 60 s that belong together."""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

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
SENTENCES_AT_A_TIME = 1000
"""Of so many, about an hour, cohesion is computed at once, so that memory does not grow with the video."""
DEPTH_WEIGHT = 1.0
"""What is gained by closing a passage at a gap of depth 1.

This and `SPEAKER_WEIGHT` were chosen on the windows of 123 questions about the 18 even-numbered meetings of
QMSum's val split: the nearest end of a passage lies 5.4 s from their ends, that of equal parts 8.3 s; on 121
questions about the odd-numbered ones 5.9 s and 8.5 s.
"""
PAUSE_WEIGHT = 0.3
"""What is gained by closing it at a pause of a second; three times that at one of 9 s."""
SPEAKER_WEIGHT = 0.5
"""What is gained by closing it where somebody else begins to speak."""
SHORT_WEIGHT = 4.0
"""What a passage of no length costs more than one of `MIN_PASSAGE_S`."""

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
    return [
        range(run.start + first, run.start + last)
        for run in _runs_between_silences(sentences)
        for first, last in _divide_run(sentences[run.start : run.stop])
    ]


def _divide_run(sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Passages as [first, last) of sentences without a long silence between them."""
    gains = closing_gains(sentences).tolist()
    ends_s = list(accumulate((one.window.end_s for one in sentences), max))
    words = list(accumulate((one.num_words for one in sentences), initial=0))

    def cost(first: int, last: int) -> float:
        length_s = ends_s[last - 1] - sentences[first].window.start_s
        is_too_long = length_s > MAX_PASSAGE_S or words[last] - words[first] > MAX_PASSAGE_WORDS
        if is_too_long and last - first > 1:
            return float("inf")
        off = (length_s - TARGET_PASSAGE_S) / (MAX_PASSAGE_S - MIN_PASSAGE_S)
        short = max(0.0, MIN_PASSAGE_S - length_s) / MIN_PASSAGE_S
        return float(off * off + SHORT_WEIGHT * short - gains[last])

    return cheapest_division(len(sentences), cost)


def closing_gains(sentences: Sequence[Sentence]) -> NDArray[np.float64]:
    """(N + 1,) what is gained by closing a passage before each sentence; 0 at both ends."""
    gains = np.zeros(len(sentences) + 1)
    if len(sentences) < 2:
        return gains
    starts_s = np.array([one.window.start_s for one in sentences])
    ends_s = np.array([one.window.end_s for one in sentences])
    depth = np.zeros(len(sentences) - 1)
    for first in range(0, len(sentences), SENTENCES_AT_A_TIME):
        own = slice(first, first + SENTENCES_AT_A_TIME)
        vectors = term_vectors([one.text for one in sentences[own]])
        depth[first : first + len(vectors) - 1] = depths(vectors, starts_s[own], ends_s[own])
    pause_s = np.clip(starts_s[1:] - ends_s[:-1], 0.0, SILENCE_S)
    speaker = np.array([a.speaker != b.speaker for a, b in pairwise(sentences)])
    gains[1:-1] = DEPTH_WEIGHT * depth + PAUSE_WEIGHT * np.sqrt(pause_s) + SPEAKER_WEIGHT * speaker
    return gains


def cheapest_division(count: int, cost: Cost) -> list[tuple[int, int]]:
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


def _runs_between_silences(sentences: Sequence[Sentence]) -> list[range]:
    """Sentences without a long silence between them."""
    cuts = [0]
    end_s = sentences[0].window.end_s if sentences else 0.0
    for i, one in enumerate(sentences):
        if one.window.start_s - end_s >= SILENCE_S:
            cuts.append(i)
        end_s = max(end_s, one.window.end_s)
    return [range(a, b) for a, b in pairwise([*cuts, len(sentences)]) if a < b]

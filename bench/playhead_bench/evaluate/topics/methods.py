"""Ways to divide a meeting into topics: the product's, and baselines that have as many cuts."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.topics.data import Meeting
from playhead_bench.evaluate.topics.scoring import SegmentationScores, mean_scores, segmentation_scores
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.words.cohesion import peaks
from playhead_index.words.passages import divide_passages
from playhead_index.words.sentence_units import divide_sentences
from playhead_index.words.sentences import join_sentences
from playhead_index.words.topics import MAX_TOPIC_S, MIN_TOPIC_S, divide_topics, topic_vectors
from playhead_index.words.transcripts import transcripts

THREE_MINUTES_S = 180.0
NUM_SEEDS = 10
BLOCK_PASSAGES = 3
"""Passages on either side of a gap that TextTiling compares: about 100 s."""
FREE_TOPIC_COST = 1.0
"""Cost of a topic where none is too long: chosen on the even-numbered meetings."""

Boundaries = Sequence[float]
Method = Callable[["DividedMeeting"], Sequence[Boundaries]]
"""Boundaries in seconds; several where the method throws dice."""


@dataclass(frozen=True, slots=True)
class DividedMeeting:
    """A meeting with the passages and topics that the product makes of it.

    Args:
        meeting: as it was marked.
        starts_s: of the N passages.
        vectors: (N, D) float32 by which topics are found (`topic_vectors`).
        topics_s: boundaries of the product's topics, without 0.
        free_topics_s: likewise, where topics may last any time.
    """

    meeting: Meeting
    starts_s: tuple[float, ...]
    vectors: NDArray[np.float32]
    topics_s: tuple[float, ...]
    free_topics_s: tuple[float, ...]


def divide_meeting(meeting: Meeting, embedder: TextEmbedder | None) -> DividedMeeting:
    """Passages and topics of a meeting by the product's own code."""
    (transcript,) = transcripts(meeting.spans)
    sentences = divide_sentences(transcript)
    found = divide_passages(sentences)
    texts = [join_sentences([sentences[i].text for i in one]) for one in found]
    windows = [
        sentences[one.start].window.hull(max((sentences[i].window for i in one), key=lambda w: w.end_s))
        for one in found
    ]
    vectors = topic_vectors(texts, None if embedder is None else embedder.encode_texts(texts))
    starts_s = tuple(window.start_s for window in windows)

    def begins(topics: Sequence[range]) -> tuple[float, ...]:
        return tuple(starts_s[one.start] for one in topics[1:])

    free = divide_topics(windows, vectors, max_s=float("inf"), topic_cost=FREE_TOPIC_COST)
    return DividedMeeting(meeting, starts_s, vectors, begins(divide_topics(windows, vectors)), begins(free))


def equal_cuts(duration_s: float, num_cuts: int) -> list[float]:
    """Boundaries of parts of one length.

    >>> equal_cuts(100.0, 3)
    [25.0, 50.0, 75.0]
    """
    return [duration_s * (i + 1) / (num_cuts + 1) for i in range(num_cuts)]


def random_cuts(duration_s: float, num_cuts: int) -> list[list[float]]:
    """Boundaries at random times, of `NUM_SEEDS` throws."""
    throws = []
    for seed in range(NUM_SEEDS):
        dice = random.Random(seed)
        throws.append(sorted(dice.uniform(0, duration_s) for _ in range(num_cuts)))
    return throws


def text_tiling(divided: DividedMeeting, num_cuts: int | None = None) -> list[float]:
    """Boundaries by TextTiling (Hearst, 1997): gaps of greatest depth of cohesion, at least a minute apart.

    Args:
        divided: its passages are the blocks; the same vectors as the product's are compared.
        num_cuts: how many gaps are taken; None for all that are deeper than the mean less half a standard
            deviation, as in the paper.
    """
    depth = _gap_depths(divided.vectors)
    starts_s, duration_s = divided.starts_s, divided.meeting.duration_s
    cutoff = float(depth.mean() - depth.std() / 2) if num_cuts is None and len(depth) else -1.0
    cuts: list[float] = []
    for gap in np.argsort(-depth, kind="stable"):
        at_s = starts_s[gap + 1]
        is_apart = all(abs(at_s - one) >= MIN_TOPIC_S for one in (0.0, duration_s, *cuts))
        if is_apart and depth[gap] > cutoff and (num_cuts is None or len(cuts) < num_cuts):
            cuts.append(at_s)
    return sorted(cuts)


def limited_text_tiling(divided: DividedMeeting) -> list[float]:
    """Boundaries by TextTiling of topics of 1 to 5 minutes: what is longer is cut at its deepest gap."""
    depth, starts_s = _gap_depths(divided.vectors), np.array(divided.starts_s)
    todo, cuts = [(0.0, divided.meeting.duration_s)], list[float]()
    while todo:
        first_s, last_s = todo.pop()
        is_apart = (starts_s[1:] >= first_s + MIN_TOPIC_S) & (starts_s[1:] <= last_s - MIN_TOPIC_S)
        if last_s - first_s > MAX_TOPIC_S and is_apart.any():
            at_s = float(starts_s[1 + int(np.argmax(np.where(is_apart, depth, -np.inf)))])
            cuts.append(at_s)
            todo += [(first_s, at_s), (at_s, last_s)]
    return sorted(cuts)


def limited_random(divided: DividedMeeting) -> list[list[float]]:
    """Boundaries of topics of random lengths of 1 to 5 minutes, of `NUM_SEEDS` throws."""
    throws = []
    for seed in range(NUM_SEEDS):
        dice, cuts = random.Random(seed), [0.0]
        while divided.meeting.duration_s - cuts[-1] > MAX_TOPIC_S:
            cuts.append(cuts[-1] + dice.uniform(MIN_TOPIC_S, MAX_TOPIC_S))
        throws.append(cuts[1:])
    return throws


def _gap_depths(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    count = len(vectors)
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    similarities = []
    for gap in range(1, count):
        before = sums[gap] - sums[max(0, gap - BLOCK_PASSAGES)]
        after = sums[min(count, gap + BLOCK_PASSAGES)] - sums[gap]
        similarities.append(before @ after / max(float(np.linalg.norm(before) * np.linalg.norm(after)), 1e-9))
    similarity: NDArray[np.float64] = np.array(similarities, dtype=np.float64)
    return peaks(similarity) + peaks(similarity[::-1])[::-1] - 2 * similarity


def _num(divided: DividedMeeting) -> int:
    return len(divided.topics_s)


METHODS: Mapping[str, Method] = {
    "ours": lambda one: [one.topics_s],
    "equal length, as many cuts": lambda one: [equal_cuts(one.meeting.duration_s, _num(one))],
    "equal length, 3 minutes": lambda one: [
        equal_cuts(one.meeting.duration_s, max(0, round(one.meeting.duration_s / THREE_MINUTES_S) - 1))
    ],
    "random, 1 to 5 minutes": limited_random,
    "TextTiling, 1 to 5 minutes": lambda one: [limited_text_tiling(one)],
    "random, as many cuts": lambda one: random_cuts(one.meeting.duration_s, _num(one)),
    "TextTiling, as many cuts": lambda one: [text_tiling(one, _num(one))],
    "TextTiling, its own cutoff": lambda one: [text_tiling(one)],
    "no cut": lambda one: [()],
    "ours, without a longest topic": lambda one: [one.free_topics_s],
    "equal length, as many cuts as that": lambda one: [
        equal_cuts(one.meeting.duration_s, len(one.free_topics_s))
    ],
    "TextTiling, as many cuts as that": lambda one: [text_tiling(one, len(one.free_topics_s))],
}
"""By the name in the table. The product's topics last 1 to 5 minutes; other methods that may make long topics
between short ones have an advantage in Pk and WindowDiff where the marked topics are longer than that."""


def method_scores(meetings: Sequence[DividedMeeting]) -> dict[str, SegmentationScores]:
    """Mean scores of every method over some meetings."""
    return {
        name: mean_scores(
            [
                segmentation_scores(one.meeting.boundaries_s, found, one.meeting.duration_s)
                for one in meetings
                for found in method(one)
            ]
        )
        for name, method in METHODS.items()
    }

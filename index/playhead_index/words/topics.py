"""Topics of a transcript: passages of 1 to 5 minutes that are about one thing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window
from playhead_index.words.cohesion import term_vectors
from playhead_index.words.passages import cheapest_division

MIN_TOPIC_S = 60.0
MAX_TOPIC_S = 300.0
TOPIC_COST = 0.7
"""What another topic must gain in cohesion, in minutes of perfectly coherent speech.

Chosen on the 18 even-numbered meetings of QMSum's val split (`playhead_bench.topics`): of topics of 3 to 4
minutes on average it has the lowest Pk.
"""
SHORT_TOPIC_COST = 3.0
"""What a topic of no length costs more than one of `MIN_TOPIC_S`."""


def divide_topics(
    windows: Sequence[Window],
    vectors: NDArray[np.float32],
    *,
    max_s: float = MAX_TOPIC_S,
    topic_cost: float = TOPIC_COST,
) -> list[range]:
    """The topics of a transcript, as ranges of its passages that follow one another.

    Of all divisions into topics of 1 to 5 minutes the one is taken in which the vectors of each topic scatter
    least around their mean, each weighted by the length of its passage, with a fixed cost for each topic
    (kernel change-point detection: Arlot, Celisse and Harchaoui, 2019, arXiv:1202.3878). Only a transcript,
    or a part of one between silences of minutes, that is shorter than a minute makes a shorter topic.

    Args:
        windows: of the passages, in the order in which they begin.
        vectors: (N, D) float32, of the passages (`topic_vectors`).
        max_s: seconds of the longest topic.
        topic_cost: what another topic must gain.

    Raises:
        ValueError: there are not as many vectors as windows.
    """
    if len(windows) != len(vectors):
        raise ValueError(f"expected a vector for each of {len(windows)} passages, got {vectors.shape = }")
    if not len(windows):
        return []
    centred = _unit_rows(vectors.astype(np.float64))
    centred -= centred.mean(axis=0)
    starts_s = np.array([window.start_s for window in windows])
    ends_s = np.maximum.accumulate([window.end_s for window in windows])
    minutes = np.array([window.duration_s for window in windows]) / 60.0
    norms = np.concatenate([[0.0], np.cumsum(minutes * (centred * centred).sum(axis=1))])
    sums = np.concatenate([np.zeros((1, centred.shape[1])), np.cumsum(centred * minutes[:, None], axis=0)])
    lengths = np.concatenate([[0.0], np.cumsum(minutes)])

    def cost(first: int, last: int) -> float:
        length_s = ends_s[last - 1] - starts_s[first]
        if length_s > max_s and last - first > 1:
            return float("inf")
        total = sums[last] - sums[first]
        scatter = norms[last] - norms[first] - float(total @ total) / (lengths[last] - lengths[first])
        short = max(0.0, MIN_TOPIC_S - length_s) / MIN_TOPIC_S
        return float(scatter + topic_cost + SHORT_TOPIC_COST * short)

    return [range(first, last) for first, last in cheapest_division(len(windows), cost)]


def topic_vectors(texts: Sequence[str], embeddings: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """(N, D) float32 vectors that are similar for the passages of a topic.

    Common words and, where there is a text model, sentence embeddings, which count as much: both together
    tell the topics of QMSum better than either (decision 0029).

    Args:
        texts: of N passages of one transcript.
        embeddings: (N, D) of them; None without a text model.
    """
    words = _unit_rows(term_vectors(texts).astype(np.float64))
    parts = [words] if embeddings is None else [_unit_rows(embeddings.astype(np.float64)), words]
    return np.hstack(parts).astype(np.float32)


def _unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.zeros_like(vectors)
    np.divide(vectors, lengths, out=rows, where=lengths > 0)
    return rows

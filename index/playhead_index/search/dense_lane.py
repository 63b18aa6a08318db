"""Dense search over spans: the nearest text embeddings above a minimum cosine."""

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.results import Scope
from playhead_index.search.vector_lane import VectorLane

MIN_COSINE = 0.3
"""Spans below are not hits. With all-MiniLM-L6-v2, for 206 queries of QVHighlights over the captions of 200
videos, 92 of 100 queries have captions that fit above it, and 4 of 100 of all other captions lie above."""


def rank_spans(
    lane: VectorLane, query: NDArray[np.float32], scope: Scope, limit: int
) -> list[tuple[int, float]]:
    """(span id, cosine) of the spans nearest to a query, nearest first.

    Args:
        lane: refreshed, with a store.
        query: (D,) float32 of length 1.
        scope: where.
        limit: maximum number of spans.
    """
    positions = lane.table.in_scope(scope)
    allowed = None if positions is None else lane.table.ids[positions]
    ids, cosines = lane.store.search(query[None], limit, allowed).of(0)
    is_hit = cosines >= MIN_COSINE
    return list(zip(ids[is_hit].tolist(), cosines[is_hit].tolist(), strict=True))

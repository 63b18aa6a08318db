"""Reciprocal rank fusion: joins ranked lists; items of several lists come first.

Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009, doi:10.1145/1571941.1572114) needs no scores
that compare across lists; a cosine, a BM25 sum and a contrast do not.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Generic, TypeVar

K = 60
Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True, slots=True)
class FusedItem(Generic[Item]):
    """One item of some ranked lists.

    Args:
        item: what was ranked.
        score: sum over the lists of 1 / (k + rank).
        ranks: its rank in each list, from 1; None where it is not.
    """

    item: Item
    score: float
    ranks: tuple[int | None, ...]


def rrf(lists: Sequence[Sequence[Item]], k: int = K) -> list[FusedItem[Item]]:
    """Every item of any list, highest score first; equal ones in the order in which they first appear.

    An item that comes twice in a list has its better rank.

    >>> [(one.item, one.ranks) for one in rrf([["a", "b"], ["b"]])]
    [('b', (2, 1)), ('a', (1, None))]
    """
    ranks: dict[Item, list[int | None]] = {}
    for number, items in enumerate(lists):
        for rank, item in enumerate(items, start=1):
            item_ranks = ranks.setdefault(item, [None] * len(lists))
            item_ranks[number] = item_ranks[number] or rank
    fused = [
        FusedItem(item, rank_score(filter(None, item_ranks), k), tuple(item_ranks))
        for item, item_ranks in ranks.items()
    ]
    return sorted(fused, key=lambda one: -one.score)


def rank_score(ranks: Iterable[int], k: int = K) -> float:
    """Sum of 1 / (k + rank), exactly rounded, so that the order of the lists makes no difference."""
    return fsum(1.0 / (k + rank) for rank in ranks)

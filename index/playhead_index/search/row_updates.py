"""Updates of a lane when videos are added, removed or changed: vectors to remove and to add."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.searchable_rows import Block
from playhead_index.store.ids import find_sorted, sorting_order
from playhead_index.store.vectors import VectorStore

if TYPE_CHECKING:
    from playhead_index.store.vector_copy import VectorCopy

MAX_PENDING_ROWS = 65_536
NO_ROWS = Block(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


class RowUpdates:
    """Collects changes of rows and applies them in large steps.

    Args:
        store: where vectors are removed and added.
        copy: where they are only removed.
    """

    def __init__(self, store: VectorStore, copy: "VectorCopy | None") -> None:
        self._store, self._copy = store, copy
        self._removed: list[NDArray[np.int64]] = []
        self._ids: list[NDArray[np.int64]] = []
        self._vectors: list[NDArray[np.float16]] = []

    def replace(self, old: Block, new: Block, vectors: NDArray[np.float16]) -> None:
        """Replaces the rows of a video; only those that differ are removed or added.

        Args:
            old: the rows that it had.
            new: the rows that it has.
            vectors: (n, D) of its shard, as far as the new rows go.
        """
        self._removed.append(rows_only_in(old, new).ids)
        added = rows_only_in(new, old)
        if len(added):
            self._ids.append(added.ids)
            self._vectors.append(vectors[added.rows])
        if sum(map(len, self._ids)) >= MAX_PENDING_ROWS:
            self.flush()

    def flush(self) -> None:
        """Applies the collected changes."""
        if self._removed:
            removed = np.concatenate(self._removed)
            self._store.remove(removed)
            if self._copy is not None:
                self._copy.forget(removed)
        if self._ids:
            self._store.add(np.concatenate(self._ids), np.concatenate(self._vectors))
        self._removed, self._ids, self._vectors = [], [], []


def rows_only_in(block: Block, other: Block) -> Block:
    """The rows of a block that another one does not have: another id, or another place in the shard."""
    if len(other) == 0 or len(block) == 0:
        return block
    places = find_sorted(other.ids, sorting_order(other.ids), block.ids)
    new = (places < 0) | (other.rows[places] != block.rows)
    return Block(block.ids[new], block.rows[new], block.starts_s[new], block.ends_s[new])

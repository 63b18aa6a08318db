"""The rows of the catalog that a lane can search, as arrays: ids, windows, rows of the shards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.results import Scope
from playhead_index.store.ids import find_sorted, sorting_order
from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one video, in time order.

    Args:
        ids: (n,) int64, catalog ids, each once.
        rows: (n,) int64, rows of the video's shard; -1 where there is no vector.
        starts_s: (n,) float64 seconds.
        ends_s: (n,) float64 seconds.

    Raises:
        ValueError: the arrays are not of one length.
    """

    ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        lengths = {len(self.ids), len(self.rows), len(self.starts_s), len(self.ends_s)}
        if len(lengths) != 1:
            raise ValueError(f"the arrays of a block must be of one length, got {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class RowTable:
    """The rows of many videos; those of one video stand together.

    A *position* is a place in these arrays.

    Args:
        video_ids: the videos, in the order of their rows.
        offsets: (videos + 1,) int64; video i has the positions [offsets[i], offsets[i + 1]).
        ids: (N,) int64.
        rows: (N,) int64.
        starts_s: (N,) float64 seconds.
        ends_s: (N,) float64 seconds.
    """

    video_ids: tuple[str, ...]
    offsets: NDArray[np.int64]
    ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]

    @classmethod
    def of_blocks(cls, blocks: Mapping[str, Block]) -> "RowTable":
        """The table of some videos, in the order of the mapping; videos without rows are left out."""
        filled = {video_id: block for video_id, block in blocks.items() if len(block)}
        offsets = np.cumsum([0, *(len(block) for block in filled.values())], dtype=np.int64)

        def concatenate_field(name: str, dtype: type) -> NDArray[np.generic]:
            arrays = [getattr(block, name) for block in filled.values()]
            return np.concatenate(arrays).astype(dtype, copy=False) if arrays else np.zeros(0, dtype)

        return cls(
            tuple(filled),
            offsets,
            concatenate_field("ids", np.int64),  # type: ignore[arg-type]
            concatenate_field("rows", np.int64),  # type: ignore[arg-type]
            concatenate_field("starts_s", np.float64),  # type: ignore[arg-type]
            concatenate_field("ends_s", np.float64),  # type: ignore[arg-type]
        )

    def __len__(self) -> int:
        return len(self.ids)

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Each video with its rows."""
        for video_id in self.video_ids:
            yield video_id, self.block(video_id)

    def block(self, video_id: str) -> Block:
        """The rows of one video; an empty block when it has none."""
        at = self.positions_of(video_id)
        return Block(self.ids[at], self.rows[at], self.starts_s[at], self.ends_s[at])

    def positions_of(self, video_id: str) -> slice:
        """The positions of one video; an empty slice when it has none."""
        number = self._numbers.get(video_id)
        if number is None:
            return slice(0, 0)
        return slice(int(self.offsets[number]), int(self.offsets[number + 1]))

    def video_of(self, position: int) -> str:
        """The video at a position."""
        return self.video_ids[int(np.searchsorted(self.offsets, position, side="right")) - 1]

    def window(self, position: int) -> Window:
        """The window at a position."""
        return Window(float(self.starts_s[position]), float(self.ends_s[position]))

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) positions of (n,) ids; -1 for an id that is not there."""
        return find_sorted(self.ids, self._order, ids)

    def in_scope(self, scope: Scope) -> NDArray[np.int64] | None:
        """(n,) ascending positions inside a scope; None when all are, which is cheaper to search.

        A row is inside when its window and the scope's share some time.
        """
        if scope.span_ids is not None:
            return self._in_scope_of_ids(scope, scope.span_ids)
        if scope.video_ids is None and scope.window is None:
            return None
        video_ids = self.video_ids if scope.video_ids is None else dict.fromkeys(scope.video_ids)
        slices = sorted((self.positions_of(v) for v in video_ids), key=lambda at: at.start)
        found = [self._overlapping(at, scope.window) for at in slices]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _in_scope_of_ids(self, scope: Scope, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        positions = np.sort(self.positions(ids))
        positions = positions[positions >= 0]
        inside = self.in_scope(replace(scope, span_ids=None))
        return positions if inside is None else np.intersect1d(positions, inside, assume_unique=True)

    def _overlapping(self, at: slice, window: Window | None) -> NDArray[np.int64]:
        positions = np.arange(at.start, at.stop, dtype=np.int64)
        if window is None:
            return positions
        return positions[(self.starts_s[at] < window.end_s) & (self.ends_s[at] > window.start_s)]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {video_id: number for number, video_id in enumerate(self.video_ids)}

    @cached_property
    def _order(self) -> NDArray[np.int64] | None:
        return sorting_order(self.ids)

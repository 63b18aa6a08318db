"""The vectors that a lane searches: rows of the catalog, vectors of the shards, and a store of them.

What is searched is what the catalog has committed. Vectors behind the committed rows, of a batch that is
being written or that a crash left, are not read.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.search.code_cache import load_codes, save_codes
from playhead_index.search.results import Lane
from playhead_index.search.rows import Block, RowTable
from playhead_index.store.cache import cache_path
from playhead_index.store.catalog import Catalog
from playhead_index.store.ids import find_sorted, sorting_order
from playhead_index.store.manifest import space_tag
from playhead_index.store.shards import Shards
from playhead_index.store.vectors import VectorStore

if TYPE_CHECKING:
    from playhead_index.store.coded_store import CodedStore

EXACT_LIMIT = 200_000
"""Vectors up to which every one is looked at: 22 ms at 512 dimensions on one thread."""
REMAKE_PART = 5
"""Codes are made anew when more than one in so many rows came or went since they were made."""
SAMPLE_ROWS = 2048
OPEN_SHARDS = 128
MOVED_AT_ONCE = 65_536

_FRAMES = "SELECT id, row, start_s, end_s FROM frame WHERE video_id = ? AND row < ? ORDER BY row"
_SPANS = (
    "SELECT id, row, start_s, end_s FROM span WHERE video_id = ? AND kind = ? AND row < ?"
    " ORDER BY start_s, id"
)


def space_of(lane: Lane) -> str:
    """The vector space of a lane: the lanes of words share one."""
    return "words" if lane in ("speech", "screen", "caption") else lane


class VectorLane:
    """One lane's table and store, kept in step with the catalog.

    Args:
        catalog: of the library.
        lane: `picture`, `appearance` or `layout` for frames; `speech`, `screen` or `caption` for spans.
        exact_limit: most vectors that are searched one by one.
    """

    def __init__(self, catalog: Catalog, lane: Lane, *, exact_limit: int = EXACT_LIMIT) -> None:
        self.lane, self.space = lane, space_of(lane)
        self.tag: ModelTag | None = None
        self.table = RowTable.of_blocks({})
        self._catalog, self._exact_limit = catalog, exact_limit
        self._seen: Mapping[str, str] = {}
        self._store: VectorStore | None = None
        self._shards: Shards | None = None
        self._open_shards: dict[str, NDArray[np.float16]] = {}
        self._sample: NDArray[np.float32] | None = None

    @property
    def store(self) -> VectorStore:
        """The vectors.

        Raises:
            LookupError: the lane has not been refreshed, or the library has no such space.
        """
        if self._store is None:
            raise LookupError(f"the library has no vectors for {self.lane}")
        return self._store

    @property
    def codes(self) -> "CodedStore | None":
        """The store, when it works with codes."""
        from playhead_index.store.coded_store import CodedStore

        return self._store if isinstance(self._store, CodedStore) else None

    def sample(self) -> NDArray[np.float32]:
        """(n, D) float32 vectors of up to `SAMPLE_ROWS` rows spread evenly over the library."""
        if self._sample is None:
            at = np.unique(np.linspace(0, len(self.table) - 1, min(SAMPLE_ROWS, len(self.table))).astype(int))
            vectors = self.store.vectors(self.table.ids[at])
            self._sample = vectors[np.isfinite(vectors).all(axis=1)]
        return self._sample

    # ---- keeping in step ----

    def refresh(self, signatures: Mapping[str, str]) -> None:
        """Takes in what was committed since the last time.

        Args:
            signatures: from `CatalogWatch`; nothing happens when it is the one seen last.
        """
        if signatures is self._seen or not self._open():
            return
        if self._store is None:
            self._store = self._load_codes() or self._new_store()
        changed = [v for v in signatures if signatures[v] != self._seen.get(v)]
        gone = [v for v in self._seen if v not in signatures]
        if changed or gone:
            self._replace(changed, gone)
        self._seen = signatures

    def prepare(self, texts: NDArray[np.float32] | None = None) -> None:
        """Makes and stores the codes of a lane above the exact limit, if it has none that still fit.

        Args:
            texts: (Q, D) float32 vectors of texts that are like what will be asked, to measure with.
        """
        if (
            self.tag is None
            or self._store is None
            or len(self.table) <= self._exact_limit
            or self._codes_fit()
        ):
            return
        from playhead_index.store.coded_store import RECALL_WANTED, make_coded_store

        made = make_coded_store(self.table.ids, self._fetch, texts)
        if made.recall.at_10 >= RECALL_WANTED:
            save_codes(self._cache, self.tag, self.table, self._seen, made)
            self._store = made

    def _open(self) -> bool:
        if self.tag is None:
            self.tag = space_tag(self._catalog, self.space)
            if self.tag is not None:
                self._shards = Shards(self._catalog.path.parent, self.space, self.tag.width)
        return self.tag is not None

    def _new_store(self) -> VectorStore:
        from playhead_index.store.faiss_store import FaissStore

        assert self.tag is not None
        return FaissStore(self.tag.width)

    def _replace(self, changed: list[str], gone: list[str]) -> None:
        """Puts the rows of videos as they are now in the place of old ones; moves only what differs."""
        blocks = dict(self.table.blocks())
        moves = _Moves(self.store)
        for video_id in gone:
            moves.remove(blocks.pop(video_id, _NO_ROWS).ids)
        for video_id in changed:
            old = blocks.get(video_id, _NO_ROWS)
            new, vectors = self._read(video_id)
            moves.remove(_only_in(old, new).ids)
            added = _only_in(new, old)
            moves.add(added.ids, vectors[added.rows])
            blocks[video_id] = new
        self.table = RowTable.of_blocks(blocks)
        self._sample = None
        self._open_shards.clear()
        moves.flush()
        if self.codes is not None and len(self.table) <= self._exact_limit:
            self._store = self._new_store()
            self._store.add(self.table.ids, self._fetch(self.table.ids))

    def _read(self, video_id: str) -> tuple[Block, NDArray[np.float16]]:
        """The committed rows of a video, and its vectors: at least as many as the rows need.

        The vectors are opened first: a video that is removed meanwhile loses its rows, not its bytes.
        """
        assert self._shards is not None
        vectors = self._shards.read(video_id)
        stage = "meaning" if self.space == "words" else self.space
        committed = self._catalog.query(
            "SELECT rows FROM stage WHERE video_id = ? AND name = ?", (video_id, stage)
        )
        rows = min(len(vectors), *(n for (n,) in committed)) if committed else len(vectors)
        found = (
            self._catalog.query(_SPANS, (video_id, self.lane, rows))
            if self.space == "words"
            else self._catalog.query(_FRAMES, (video_id, rows))
        )
        columns = np.array(found, dtype=np.float64).reshape(len(found), 4).T
        block = Block(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], columns[3])
        return block, vectors

    def _fetch(self, ids: NDArray[np.int64]) -> NDArray[np.float16]:
        """(n, D) fp16 vectors of (n,) ids of the table, read video by video; NaN for bytes that are gone."""
        assert self.tag is not None
        positions = self.table.positions(ids)
        order = np.argsort(positions, kind="stable")
        videos = np.searchsorted(self.table.offsets, positions[order], side="right") - 1
        starts = np.flatnonzero(np.diff(videos, prepend=-1))
        vectors = np.empty((len(ids), self.tag.width), dtype=np.float16)
        for first, last in pairwise([*starts, len(ids)]):
            at = order[first:last]
            held, rows = self._vectors(self.table.video_ids[videos[first]]), self.table.rows[positions[at]]
            there = rows < len(held)
            vectors[at[there]] = held[rows[there]]
            vectors[at[~there]] = np.nan
        return vectors

    def _vectors(self, video_id: str) -> NDArray[np.float16]:
        """A video's mapped shard; some stay open, each at the price of a file descriptor."""
        if video_id not in self._open_shards:
            assert self._shards is not None
            while len(self._open_shards) >= OPEN_SHARDS:
                self._open_shards.pop(next(iter(self._open_shards)))
            self._open_shards[video_id] = self._shards.read(video_id)
        return self._open_shards[video_id]

    # ---- codes ----

    def _codes_fit(self) -> bool:
        codes = self.codes
        return codes is not None and (codes.came + codes.gone) * REMAKE_PART <= len(self.table)

    def _load_codes(self) -> VectorStore | None:
        assert self.tag is not None
        loaded = load_codes(self._cache, self.tag, self._fetch)
        if loaded is None:
            return None
        self.table, self._seen = loaded.table, loaded.signatures
        return loaded.store

    @property
    def _cache(self) -> Path:
        return cache_path(self._catalog.path.parent, f"vectors-{self.lane}")


class _Moves:
    """Collects ids to forget and vectors to take in, and does both in large steps."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._removed: list[NDArray[np.int64]] = []
        self._ids: list[NDArray[np.int64]] = []
        self._vectors: list[NDArray[np.float16]] = []

    def remove(self, ids: NDArray[np.int64]) -> None:
        self._removed.append(ids)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> None:
        if len(ids):
            self._ids.append(ids)
            self._vectors.append(vectors)
        if sum(map(len, self._ids)) >= MOVED_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._removed:
            self._store.remove(np.concatenate(self._removed))
        if self._ids:
            self._store.add(np.concatenate(self._ids), np.concatenate(self._vectors))
        self._removed, self._ids, self._vectors = [], [], []


def _only_in(block: Block, other: Block) -> Block:
    """The rows of a block that another one does not have: another id, or another place in the shard."""
    if len(other) == 0 or len(block) == 0:
        return block
    places = find_sorted(other.ids, sorting_order(other.ids), block.ids)
    new = (places < 0) | (other.rows[places] != block.rows)
    return Block(block.ids[new], block.rows[new], block.starts_s[new], block.ends_s[new])


_NO_ROWS = Block(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))

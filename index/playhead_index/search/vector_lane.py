"""The vectors that a lane searches: rows of the catalog, vectors of the shards, and a store of them.

What is searched is what the catalog has committed. Vectors behind the committed rows, of a batch that is
being written or that a crash left, are not read.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.search.results import Lane
from playhead_index.search.row_updates import NO_ROWS, RowUpdates
from playhead_index.search.searchable_rows import Block, RowTable
from playhead_index.search.vector_code_cache import load_codes, save_codes
from playhead_index.store.cache import cache_path
from playhead_index.store.catalog import Catalog
from playhead_index.store.frames import frame_columns
from playhead_index.store.job_table import committed_rows
from playhead_index.store.manifest import space_tag
from playhead_index.store.shards import Shards
from playhead_index.store.spans import span_vector_columns
from playhead_index.store.vectors import VectorStore

if TYPE_CHECKING:
    from playhead_index.store.coded_store import CodedStore
    from playhead_index.store.vector_copy import VectorCopy

EXACT_LIMIT = 200_000
"""Vectors up to which every one is compared: some 30 ms at 512 dimensions on one thread."""
REMAKE_PART = 5
"""Codes are made anew when more than one in so many rows came or went since they were made."""
SAMPLE_ROWS = 2048
_NO_VECTORS = np.zeros((0, 0), dtype=np.float16)


def has_faiss() -> bool:
    """Whether FAISS is installed; without it every vector is compared by NumPy, and there are no codes."""
    return find_spec("faiss") is not None


def space_of(lane: Lane) -> str:
    """The vector space of a lane: the lanes of words share one."""
    return "words" if lane in ("speech", "screen", "caption") else lane


class VectorLane:
    """One lane's table and store, kept in step with the catalog.

    Args:
        catalog: of the library.
        lane: `picture`, `appearance` or `layout` for frames; `speech`, `screen` or `caption` for spans.
        exact_limit: maximum number of vectors that are searched one by one.
    """

    def __init__(self, catalog: Catalog, lane: Lane, *, exact_limit: int = EXACT_LIMIT) -> None:
        self.lane, self.space = lane, space_of(lane)
        self.tag: ModelTag | None = None
        self.table = RowTable.of_blocks({})
        self._catalog, self._exact_limit = catalog, exact_limit
        self._seen: Mapping[str, str] = {}
        self._store: VectorStore | None = None
        self._shards: Shards | None = None
        self._sample: NDArray[np.float32] | None = None
        self._copy: VectorCopy | None = None

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
        if not has_faiss():
            return None
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
            signatures: from `ChangeDetector`; nothing happens when it is the one seen last.
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
            texts: (Q, D) float32 vectors of texts like the queries to come, to measure with.
        """
        if (
            self.tag is None
            or self._store is None
            or len(self.table) <= self._exact_limit
            or self._codes_fit()
            or not has_faiss()
        ):
            return
        from playhead_index.store.coded_store import MIN_RECALL, make_coded_store

        made = make_coded_store(self.table.ids, self._fetch, texts)
        if made.recall.at_10 >= MIN_RECALL:
            self._copy = save_codes(self._cache, self.tag, self.table, self._seen, made)
            self._store = made

    def _open(self) -> bool:
        if self.tag is None:
            self.tag = space_tag(self._catalog, self.space)
            if self.tag is not None:
                self._shards = Shards(self._catalog.path.parent, self.space, self.tag.width)
        return self.tag is not None

    def _new_store(self) -> VectorStore:
        assert self.tag is not None
        if not has_faiss():
            from playhead_index.store.numpy_store import NumpyStore

            return NumpyStore(self.tag.width)
        from playhead_index.store.faiss_store import FaissStore

        return FaissStore(self.tag.width)

    def _replace(self, changed: list[str], gone: list[str]) -> None:
        """Puts the rows of videos as they are now in the place of old ones; moves only what differs."""
        blocks = dict(self.table.blocks())
        moves = RowUpdates(self.store, self._copy)
        for video_id in gone:
            moves.replace(blocks.pop(video_id, NO_ROWS), NO_ROWS, _NO_VECTORS)
        for video_id in changed:
            new, vectors = self._read(video_id)
            moves.replace(blocks.get(video_id, NO_ROWS), new, vectors)
            blocks[video_id] = new
        self.table = RowTable.of_blocks(blocks)
        self._sample = None
        moves.flush()
        if self.codes is not None and len(self.table) <= self._exact_limit:
            self._store, self._copy = self._new_store(), None
            self._store.add(self.table.ids, self._fetch(self.table.ids))

    def _read(self, video_id: str) -> tuple[Block, NDArray[np.float16]]:
        """The committed rows of a video, and its vectors: at least as many as the rows need.

        The vectors are opened first: a video that is removed meanwhile loses its rows, not its bytes.
        """
        assert self._shards is not None
        vectors = self._shards.read(video_id)
        stage = "meaning" if self.space == "words" else self.space
        committed = committed_rows(self._catalog, video_id, stage)
        num_rows = len(vectors) if committed is None else min(len(vectors), committed)
        columns = (
            span_vector_columns(self._catalog, video_id, self.lane, num_rows)
            if self.lane in ("speech", "screen", "caption")
            else frame_columns(self._catalog, video_id, num_rows)
        )
        block = Block(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], columns[3])
        return block, vectors

    def _fetch(self, ids: NDArray[np.int64]) -> NDArray[np.float16]:
        """(n, D) fp16 vectors of (n,) ids of the table; NaN for those whose bytes are gone."""
        assert self.tag is not None
        vectors = np.empty((len(ids), self.tag.width), dtype=np.float16)
        held = self._copy.read(ids, vectors) if self._copy is not None else np.zeros(len(ids), dtype=bool)
        if not held.all():
            vectors[~held] = self._from_shards(ids[~held])
        return vectors

    def _from_shards(self, ids: NDArray[np.int64]) -> NDArray[np.float16]:
        assert self._shards is not None
        positions = self.table.positions(ids)
        order = np.argsort(positions, kind="stable")
        videos = np.searchsorted(self.table.offsets, positions[order], side="right") - 1
        starts = np.flatnonzero(np.diff(videos, prepend=-1))
        vectors = np.empty((len(ids), self._shards.width), dtype=np.float16)
        for first, last in pairwise([*starts, len(ids)]):
            at = order[first:last]
            video_id, rows = self.table.video_ids[videos[first]], self.table.rows[positions[at]]
            vectors[at] = self._shards.read_rows(video_id, rows)
        return vectors

    # ---- codes ----

    def _codes_fit(self) -> bool:
        codes = self.codes
        return codes is not None and (codes.came + codes.gone) * REMAKE_PART <= len(self.table)

    def _load_codes(self) -> VectorStore | None:
        assert self.tag is not None
        if not has_faiss():
            return None
        loaded = load_codes(self._cache, self.tag, self._fetch)
        if loaded is None:
            return None
        self.table, self._seen, self._copy = loaded.table, loaded.signatures, loaded.copy
        return loaded.store

    @property
    def _cache(self) -> Path:
        return cache_path(self._catalog.path.parent, f"vectors-{self.lane}")

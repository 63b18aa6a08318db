"""Ranked lists of spans by the words themselves.

The catalog's FTS5 index is the truth: its tokenizer makes the terms, its formula the scores, and quoted
phrases are asked of it. The ranking itself comes from `Postings` in memory, in the order in which FTS5
would give it and some hundred times faster in a large library (LOG.md has the figures). They are brought
up to date video by video, and kept in a cache file once there are enough of them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.hits import span_hits
from playhead_index.search.lexical_cache import load_postings, save_postings
from playhead_index.search.postings import Postings, make_postings, merged, weight_of
from playhead_index.search.results import Hit, Scope
from playhead_index.search.rows import Block, RowTable
from playhead_index.search.terms import AskedWords, Tokenizer, asked_words
from playhead_index.store.cache import cache_path
from playhead_index.store.catalog import Catalog
from playhead_index.words.protocol import SpanKind

KINDS: tuple[SpanKind, ...] = ("speech", "screen", "caption")
MOST_TERMS = 64
"""Terms of a long text that are looked up: those that stand in the fewest spans."""
CACHED_FROM = 20_000
"""Spans from which reading the cache file is worth more than working them out again (0.2 s)."""
CACHED_AGAIN_PART = 10


class LexicalIndex:
    """The words of a library, ready to be ranked.

    Args:
        catalog: of the library.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tokenizer = catalog_tokenizer(catalog)
        self._parts: list[Postings] = []
        self._seen: Mapping[str, str] | None = None
        self._unsaved = 0

    def refresh(self, signatures: Mapping[str, str]) -> None:
        """Takes in the words that were committed since the last time.

        Args:
            signatures: from `CatalogWatch`; nothing happens when it is the one seen last.
        """
        if signatures is self._seen:
            return
        if self._seen is None:
            loaded = load_postings(self._cache)
            self._parts, self._seen = ([loaded[0]], loaded[1]) if loaded else ([], {})
        changed = [v for v in signatures if signatures[v] != self._seen.get(v)]
        gone = [v for v in self._seen if signatures.get(v) != self._seen[v]]
        if gone:
            self._parts = [part.without(gone) for part in self._parts]
        if changed:
            self._take_in(changed)
        self._seen = signatures
        self._save_if_worth_it()

    def items(self, kind: SpanKind, scope: Scope) -> int:
        """How many spans of a kind there are in a scope."""
        return sum(_many(part, _allowed(part, kind, scope, None)) for part in self._parts)

    def hits(
        self, text: str, kinds: Sequence[SpanKind], scope: Scope, limit: int
    ) -> dict[SpanKind, list[Hit]]:
        """For each kind the spans that fit a text best, by BM25.

        Args:
            text: anything; "quoted words" must stand together, all else is words of which a span holds
                at least one.
            kinds: which lists.
            scope: where.
            limit: most hits of a list.

        Returns:
            A list for each kind, best first, equal scores in the order of the videos and of time.
        """
        asked = asked_words(text, self._tokenizer)
        size = sum(part.size for part in self._parts)
        if not asked.terms or size == 0:
            return {kind: [] for kind in kinds}
        weights = self._weights(asked.terms, size)
        mean_length = sum(part.total_length for part in self._parts) / size
        only = self._phrase_ids(asked)
        ranked = {kind: self._ranked(kind, weights, mean_length, scope, asked, only, limit) for kind in kinds}
        return span_hits(self._catalog, ranked, "lexical")

    def curve(self, text: str, kind: SpanKind, video_id: str) -> tuple[Block, NDArray[np.float64]]:
        """All spans of a kind of one video, in time order, and the (n,) BM25 score of each; 0 without a word.

        Args:
            text: as in `hits`; quoted phrases count as their words.
            kind: which.
            video_id: of which video.
        """
        asked = asked_words(text, self._tokenizer)
        size = sum(part.size for part in self._parts)
        weights = self._weights(asked.terms, size) if size else []
        mean_length = sum(part.total_length for part in self._parts) / max(1, size)
        for part in self._parts:
            mask = _allowed(part, kind, Scope((video_id,)), None)
            at = np.flatnonzero(np.ones(len(part.table), dtype=bool) if mask is None else mask)
            if len(at):
                scores = np.zeros(len(part.table))
                rows, values = part.best(weights, mean_length, len(at), mask)
                scores[rows] = values
                table = part.table
                block = Block(table.ids[at], table.rows[at], table.starts_s[at], table.ends_s[at])
                return block, scores[at]
        none = np.zeros(0, dtype=np.int64)
        return Block(none, none, np.zeros(0), np.zeros(0)), np.zeros(0)

    def _weights(self, terms: Sequence[str], size: int) -> list[tuple[str, float]]:
        held = {term: sum(part.holding(term) for part in self._parts) for term in terms}
        asked = Counter(term for term in terms if held[term])
        weights = [(term, many * weight_of(held[term], size)) for term, many in asked.items()]
        return sorted(weights, key=lambda one: -one[1])[:MOST_TERMS]

    def _ranked(
        self,
        kind: SpanKind,
        weights: Sequence[tuple[str, float]],
        mean_length: float,
        scope: Scope,
        asked: AskedWords,
        only: NDArray[np.int64] | None,
        limit: int,
    ) -> list[tuple[int, float]]:
        """(id, score) of the best spans of a kind over all parts."""
        found = []
        for number, part in enumerate(self._parts):
            allowed = _holding_all(part, asked.required, _allowed(part, kind, scope, only))
            rows, scores = part.best(weights, mean_length, limit, allowed)
            found += [
                (-score, number, row, int(part.table.ids[row]))
                for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
            ]
        return [(span_id, -score) for score, _, _, span_id in sorted(found)[:limit]]

    def _phrase_ids(self, asked: AskedWords) -> NDArray[np.int64] | None:
        """(n,) ids of the spans that hold all quoted phrases; None when nothing was quoted."""
        if not asked.phrases:
            return None
        rows = self._catalog.query(
            "SELECT rowid FROM span_fts WHERE span_fts MATCH ?", (" AND ".join(asked.phrases),)
        )
        return np.array([span_id for (span_id,) in rows], dtype=np.int64)

    def _take_in(self, video_ids: Sequence[str]) -> None:
        blocks: dict[str, Block] = {}
        kinds: list[int] = []
        texts: list[str] = []
        for video_id in video_ids:
            rows = self._catalog.query(
                "SELECT id, kind, start_s, end_s, text FROM span WHERE video_id = ? ORDER BY start_s, id",
                (video_id,),
            )
            if rows:
                ids, names, starts_s, ends_s, said = zip(*rows, strict=True)
                none = np.full(len(ids), -1, dtype=np.int64)
                blocks[video_id] = Block(np.array(ids), none, np.array(starts_s), np.array(ends_s))
                kinds += [KINDS.index(name) for name in names]
                texts += said
        if texts:
            table = RowTable.of_blocks(blocks)
            self._parts.append(make_postings(table, np.array(kinds, np.uint8), texts, self._tokenizer))
            self._unsaved += len(texts)
            self._join_parts()

    def _join_parts(self) -> None:
        """Joins parts of like size, so that there are never many."""
        while len(self._parts) > 1 and self._parts[-2].size < 2 * self._parts[-1].size:
            self._parts[-2:] = [merged(self._parts[-2:])]

    def _save_if_worth_it(self) -> None:
        size = sum(part.size for part in self._parts)
        if size >= CACHED_FROM and self._unsaved * CACHED_AGAIN_PART > size:
            self._parts = [merged(self._parts)]
            save_postings(self._cache, self._parts[0], self._seen or {})
            self._unsaved = 0

    @property
    def _cache(self) -> Path:
        return cache_path(self._catalog.path.parent, "words")


def catalog_tokenizer(catalog: Catalog) -> Tokenizer:
    """The tokenizer of a catalog's full-text index, as its own definition says."""
    ((definition,),) = catalog.query("SELECT sql FROM sqlite_master WHERE name = 'span_fts'")
    option = re.search(r"tokenize\s*=\s*'([^']+)'", definition)
    return Tokenizer(option[1] if option else "unicode61")


def _allowed(
    part: Postings, kind: SpanKind, scope: Scope, only: NDArray[np.int64] | None
) -> NDArray[np.bool_] | None:
    """(N,) bool, rows of a kind in a scope and among some ids; None for all."""
    mask = part.of_kind(KINDS.index(kind))
    for positions in (part.table.in_scope(scope), None if only is None else part.table.positions(only)):
        if positions is not None:
            inside = np.zeros(len(part.table), dtype=bool)
            inside[positions[positions >= 0]] = True
            mask = inside if mask is None else mask & inside
    if mask is not None and part.alive is not None:
        mask = mask & part.alive
    return mask


def _holding_all(
    part: Postings, terms: Sequence[str], allowed: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    for term in terms:
        holds = np.zeros(len(part.table), dtype=bool)
        holds[part.rows[part.span_of(term)]] = True
        allowed = holds if allowed is None else allowed & holds
    return allowed


def _many(part: Postings, allowed: NDArray[np.bool_] | None) -> int:
    return part.size if allowed is None else int(allowed.sum())

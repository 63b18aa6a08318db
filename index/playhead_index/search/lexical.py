"""Ranked lists of spans by the words themselves.

The catalog's FTS5 index is the truth: its tokenizer makes the terms, its formula the scores, and quoted
phrases are searched with it. The ranking itself comes from `Postings` in memory, in the order in which FTS5
would give it and some hundred times faster in a large library (LOG.md has the figures). They are brought
up to date video by video, and stored in a cache file once there are enough of them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.literal import Word
from playhead_index.search.hits import span_hits
from playhead_index.search.lexical_cache import load_postings, save_postings
from playhead_index.search.postings import Postings, make_postings, merge_postings, part_of_score, weight_of
from playhead_index.search.query_terms import QueryWords, Tokenizer, chunks, parse_query_words, query_terms
from playhead_index.search.results import Hit, Scope
from playhead_index.search.searchable_rows import Block, RowTable
from playhead_index.search.spelling_variants import holds_word, index_phrases
from playhead_index.store.cache import cache_path
from playhead_index.store.catalog import Catalog
from playhead_index.store.full_text import full_text_definition, matching_ids, matching_texts
from playhead_index.store.spans import read_span_columns, read_texts
from playhead_index.words.protocol import SpanKind

KINDS: tuple[SpanKind, ...] = ("speech", "screen", "caption")
MAX_TERMS = 64
"""Terms of a long text that are looked up: those that stand in the fewest spans."""
ALTERNATIVE_WEIGHT = 0.5
"""Of another spelling or form of a word (`mueller`, `müller`; `ran`, `run`): the query's own ranks first."""
CACHED_FROM = 20_000
"""Spans from which reading the cache file is worth more than working them out again (0.2 s)."""
CACHED_AGAIN_PART = 10
MIN_QUOTED_DEPTH = 1_000
"""Spans that are ranked first for quoted phrases: ranking a thousand costs as much as ranking ten."""
COMPARED_AT_ONCE = 5_000
"""Spans whose raw text is read and compared with a word at once, so that memory does not grow with them."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the terms of a query weigh.

    Args:
        terms: (term, weight), each term once.
        forms: (term, written form, weight) of words that the library holds in several written forms.
    """

    terms: tuple[tuple[str, float], ...]
    forms: tuple[tuple[str, str, float], ...]

    def of_part(self, part: Postings) -> list[tuple[str, float]]:
        """(term of a part, weight), each term once."""
        weights = dict(self.terms)
        for term, form, weight in self.forms:
            if (name := part.form_term(term, form)) is not None:
                weights[name] = weights.get(name, 0.0) + weight
        return list(weights.items())


def _num_with_form(part: Postings, term: str, form: str) -> int:
    name = part.form_term(term, form)
    return 0 if name is None else part.num_rows_with(name)


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
            signatures: from `ChangeDetector`; nothing happens when it is the one seen last.
        """
        if signatures is self._seen:
            return
        if self._seen is None:
            loaded = load_postings(self._cache)
            self._parts, self._seen = ([loaded[0]], loaded[1]) if loaded else ([], {})
        changed = [v for v in signatures if signatures[v] != self._seen.get(v)]
        gone = [v for v in self._seen if signatures.get(v) != self._seen[v]]
        if gone:
            self._parts = [part.without_videos(gone) for part in self._parts]
        if changed:
            self._add_videos(changed)
        self._seen = signatures
        self._save_if_worth_it()

    def items(self, kind: SpanKind, scope: Scope) -> int:
        """How many spans of a kind there are in a scope."""
        return sum(_num_allowed(part, _allowed_rows(part, kind, scope, None)) for part in self._parts)

    def hits(
        self, text: str, kinds: Sequence[SpanKind], scope: Scope, limit: int
    ) -> dict[SpanKind, list[Hit]]:
        """For each kind the spans that fit a text best, by BM25.

        Args:
            text: anything; "quoted words" must stand together, all else is words of which a span holds
                at least one.
            kinds: which lists.
            scope: where.
            limit: maximum number of hits of a list.

        Returns:
            A list for each kind, best first, equal scores in the order of the videos and of time.
        """
        query = self.query_words(text)
        size = sum(part.size for part in self._parts)
        if query.is_empty or size == 0:
            return {kind: [] for kind in kinds}
        weights = self._weights(query, size)
        mean_length = sum(part.total_length for part in self._parts) / size
        only = self._phrase_ids(query)
        extra = [(ids, weight_of(len(ids), size)) for ids in self._raw_match_ids(query) if len(ids)]
        ranked = {
            kind: self._spans_with_quotes(
                query, partial(self._rank_spans, kind, weights, mean_length, scope, query, only, extra), limit
            )
            for kind in kinds
        }
        return span_hits(self._catalog, ranked, "lexical")

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the catalog's full-text index."""
        return self._tokenizer

    def query_words(self, text: str) -> QueryWords:
        """The terms, phrases and words that a text searches for, by the tokenizer of this library."""
        return parse_query_words(text, self._tokenizer)

    def curve(self, text: str, kind: SpanKind, video_id: str) -> tuple[Block, NDArray[np.float64]]:
        """All spans of a kind of one video, in time order, and the (n,) BM25 score of each; 0 without a word.

        Args:
            text: as in `hits`; quoted phrases count as their words.
            kind: which.
            video_id: of which video.
        """
        query = self.query_words(text)
        size = sum(part.size for part in self._parts)
        weights = self._weights(query, size) if size else Weights((), ())
        mean_length = sum(part.total_length for part in self._parts) / max(1, size)
        for part in self._parts:
            mask = _allowed_rows(part, kind, Scope((video_id,)), None)
            at = np.flatnonzero(np.ones(len(part.table), dtype=bool) if mask is None else mask)
            if len(at):
                scores = np.zeros(len(part.table))
                rows, values = part.best(weights.of_part(part), mean_length, len(at), mask)
                scores[rows] = values
                table = part.table
                block = Block(table.ids[at], table.rows[at], table.starts_s[at], table.ends_s[at])
                return block, scores[at]
        none = np.zeros(0, dtype=np.int64)
        return Block(none, none, np.zeros(0), np.zeros(0)), np.zeros(0)

    def _weights(self, query: QueryWords, size: int) -> Weights:
        counts: dict[str, float] = dict(Counter(query.terms))
        for term in (term for term, form in query.alternatives if not form):
            counts[term] = counts.get(term, 0.0) + ALTERNATIVE_WEIGHT
        held = {term: sum(part.num_rows_with(term) for part in self._parts) for term in counts}
        weights = [
            (term, count * weight_of(held[term], size)) for term, count in counts.items() if held[term]
        ]
        forms = {pair: 1.0 for pair in query.forms if held.get(pair[0])}
        forms |= {pair: ALTERNATIVE_WEIGHT for pair in query.alternatives if pair[1] and pair not in forms}
        num_holding = {pair: sum(_num_with_form(part, *pair) for part in self._parts) for pair in forms}
        return Weights(
            tuple(sorted(weights, key=lambda one: -one[1])[:MAX_TERMS]),
            tuple(
                (*pair, forms[pair] * weight_of(num, size))
                for pair, num in num_holding.items()
                if num > 0 and num != held.get(pair[0])  # not where all texts have the same form
            ),
        )

    def _rank_spans(
        self,
        kind: SpanKind,
        weights: Weights,
        mean_length: float,
        scope: Scope,
        query: QueryWords,
        only: NDArray[np.int64] | None,
        extra: Sequence[tuple[NDArray[np.int64], float]],
        limit: int,
    ) -> list[tuple[int, float]]:
        """(id, score) of the best spans of a kind over all parts.

        Args:
            extra: for each word that was compared on the raw text the (n,) ids of the spans that hold it,
                and its weight.
        """
        found = []
        for number, part in enumerate(self._parts):
            allowed = _rows_with_all(part, query.required, _allowed_rows(part, kind, scope, only))
            weighted = weights.of_part(part)
            rows, scores = part.best(weighted, mean_length, limit, allowed)
            best = dict(zip(rows.tolist(), scores.tolist(), strict=True))
            best |= _raw_match_scores(part, weighted, mean_length, allowed, extra)
            found += [(-score, number, row, int(part.table.ids[row])) for row, score in best.items()]
        return [(span_id, -score) for score, _, _, span_id in sorted(found)[:limit]]

    def _spans_with_quotes(
        self, query: QueryWords, ranked: Callable[[int], list[tuple[int, float]]], limit: int
    ) -> list[tuple[int, float]]:
        """The best spans that literally hold all quoted phrases; deeper lists until there are enough.

        Each text is read and compared once, `COMPARED_AT_ONCE` of them at a time.
        """
        if not query.is_quoted:
            return ranked(limit)
        holds: dict[int, bool] = {}
        depth = max(limit, MIN_QUOTED_DEPTH)
        while True:
            best = ranked(depth)
            held = []
            for chunk in batches(best, COMPARED_AT_ONCE):
                unread = [span_id for span_id, _ in chunk if span_id not in holds]
                texts = read_texts(self._catalog, unread)
                holds |= {span_id: query.holds_quoted(text) for span_id, text in texts.items()}
                held += [one for one in chunk if holds.get(one[0], False)]
                if len(held) >= limit:
                    return held[:limit]
            if len(best) < depth:
                return held
            depth *= 8

    def _raw_match_ids(self, query: QueryWords) -> Iterator[NDArray[np.int64]]:
        """For each word that is compared on the raw text the (n,) ids of the spans that hold it.

        Words with signs of their own are searched for under the pieces of which the index knows them, other
        words only where they may be indexed in another spelling.
        """
        words = [*query.signed, *query.spelled]
        pieces = (piece for word in words for phrase in index_phrases(word) for piece in chunks(phrase))
        self._tokenizer.tokens(list(dict.fromkeys(pieces)))  # all in one go
        for word in query.signed:
            yield self._ids_of(word, index_phrases(word), or_variant=False)
        terms = set(query.terms)
        for word in query.spelled:
            others = [
                phrase for phrase in index_phrases(word) if not terms.issuperset(self._terms_of(phrase))
            ]
            yield self._ids_of(word, others, or_variant=True)

    def _ids_of(self, word: Word, phrases: Sequence[str], *, or_variant: bool) -> NDArray[np.int64]:
        known = [phrase for phrase in phrases if self._is_indexed(phrase)]
        if not known:
            return np.zeros(0, dtype=np.int64)
        expression = " OR ".join(f'"{phrase}"' for phrase in known)
        texts = self._matching_texts(expression)
        return np.array(
            [i for i, text in texts if holds_word(text, word, or_variant=or_variant)], dtype=np.int64
        )

    def _matching_texts(self, expression: str) -> Iterator[tuple[int, str]]:
        """(id, text) of every span that an FTS5 expression matches, by id."""
        last_id = -1
        while True:
            rows = matching_texts(self._catalog, expression, last_id, COMPARED_AT_ONCE)
            yield from rows
            if len(rows) < COMPARED_AT_ONCE:
                return
            last_id = rows[-1][0]

    def _terms_of(self, phrase: str) -> list[str]:
        tokens = (token for found in self._tokenizer.tokens(chunks(phrase)) for token in found)
        return [term for token in tokens for term in query_terms(token)]

    def _is_indexed(self, phrase: str) -> bool:
        """Whether every piece of a phrase is a term of some span."""
        terms = self._terms_of(phrase)
        return bool(terms) and all(any(part.has(term) for part in self._parts) for term in terms)

    def _phrase_ids(self, query: QueryWords) -> NDArray[np.int64] | None:
        """(n,) ids of the spans that hold all quoted phrases; None when nothing was quoted."""
        if not query.phrases:
            return None
        return matching_ids(self._catalog, " AND ".join(query.phrases))

    def _add_videos(self, video_ids: Sequence[str]) -> None:
        blocks: dict[str, Block] = {}
        kinds: list[int] = []
        texts: list[str] = []
        for video_id in video_ids:
            spans = read_span_columns(self._catalog, video_id)
            if spans is not None:
                no_rows = np.full(len(spans.ids), -1, dtype=np.int64)
                blocks[video_id] = Block(spans.ids, no_rows, spans.starts_s, spans.ends_s)
                kinds += [KINDS.index(kind) for kind in spans.kinds]
                texts += spans.texts
        if texts:
            table = RowTable.of_blocks(blocks)
            self._parts.append(make_postings(table, np.array(kinds, np.uint8), texts, self._tokenizer))
            self._unsaved += len(texts)
            self._join_parts()

    def _join_parts(self) -> None:
        """Joins parts of like size, so that there are never many."""
        while len(self._parts) > 1 and self._parts[-2].size < 2 * self._parts[-1].size:
            self._parts[-2:] = [merge_postings(self._parts[-2:])]

    def _save_if_worth_it(self) -> None:
        size = sum(part.size for part in self._parts)
        if size >= CACHED_FROM and self._unsaved * CACHED_AGAIN_PART > size:
            self._parts = [merge_postings(self._parts)]
            save_postings(self._cache, self._parts[0], self._seen or {})
            self._unsaved = 0

    @property
    def _cache(self) -> Path:
        return cache_path(self._catalog.path.parent, "words")


def catalog_tokenizer(catalog: Catalog) -> Tokenizer:
    """The tokenizer of a catalog's full-text index, as its own definition says."""
    option = re.search(r"tokenize\s*=\s*'([^']+)'", full_text_definition(catalog))
    return Tokenizer(option[1] if option else "unicode61")


def _allowed_rows(
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


def _rows_with_all(
    part: Postings, terms: Sequence[str], allowed: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    for term in terms:
        holds = np.zeros(len(part.table), dtype=bool)
        holds[part.rows[part.span_of(term)]] = True
        allowed = holds if allowed is None else allowed & holds
    return allowed


def _raw_match_scores(
    part: Postings,
    weights: Sequence[tuple[str, float]],
    mean_length: float,
    allowed: NDArray[np.bool_] | None,
    extra: Sequence[tuple[NDArray[np.int64], float]],
) -> dict[int, float]:
    """The scores of the rows that hold words which were compared on the raw text, their terms included."""
    added: dict[int, float] = {}
    for ids, weight in extra:
        at = part.table.positions(ids)
        at = at[at >= 0]
        at = at[~part.dead[at]] if allowed is None else at[allowed[at]]
        once = part_of_score(np.ones(len(at), dtype=np.uint16), part.lengths[at], mean_length)
        for row, share in zip(at.tolist(), once.tolist(), strict=True):
            added[row] = added.get(row, 0.0) + weight * share
    if not added:
        return {}
    mask = np.zeros(len(part.table), dtype=bool)
    mask[list(added)] = True
    rows, scores = part.best(weights, mean_length, len(added), mask)
    for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
        added[row] += score
    return added


def _num_allowed(part: Postings, allowed: NDArray[np.bool_] | None) -> int:
    return part.size if allowed is None else int(allowed.sum())

"""Ranking by words, exactly as FTS5's `bm25()` ranks them, without reading what cannot be among the best.

FTS5 scores every row that holds any of the words, which takes seconds over a million of rows. Here the
rarest words come first; as soon as the rows that hold none of them cannot reach the best ones any more,
the frequent words are only looked up in the rows that are still in the running (MaxScore; Turtle and
Flood, 1995, doi:10.1016/0306-4573(95)00020-H). The order is that of the full sum (Robertson and Zaragoza,
2009, doi:10.1561/1500000019).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.query_terms import Forms, Tokenizer, chunks, stored_terms
from playhead_index.search.searchable_rows import Block, RowTable

K1, B = 1.2, 0.75
ROUNDING = 1 + 1e-5
"""Bounds are widened by it: float32 sums of terms differ by their order."""
MIN_IDF = 1e-6
"""What FTS5 takes for the weight of a word that stands in half of the rows or more."""
FORM_SIGN = "="
"""A term `ano=año` stands in the rows that hold the word `ano` written `año`, and `ano=` in those that hold
it as it is folded. Only words that some row holds with marks have such terms; they do not lengthen a row."""
LOOK_UP_PART = 16
"""Among less than one in so many rows, words are looked up row by row from the start."""


@dataclass(frozen=True)
class Postings:
    """Which rows hold which terms. A *row* here is a position of `table`.

    Args:
        table: the spans.
        kinds: (N,) uint8, what each span is; what the numbers mean is for the caller to know.
        terms: each once.
        offsets: (T + 1,) int64; term i stands in the rows `rows[offsets[i]:offsets[i + 1]]`.
        rows: (P,) int32, ascending for each term.
        counts: (P,) uint16, how often the term stands in the row.
        lengths: (N,) int32, tokens of each row.
        mean_length: mean of `lengths` when `max_parts` was worked out.
        max_parts: (T,) float32, the largest share of a term in the score of any row, before its weight.
        dead: (N,) bool, rows that are gone.
    """

    table: RowTable
    kinds: NDArray[np.uint8]
    terms: tuple[str, ...]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int32]
    mean_length: float
    max_parts: NDArray[np.float32]
    dead: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        if len(self.dead) == 0:
            object.__setattr__(self, "dead", np.zeros(len(self.table), dtype=bool))

    @cached_property
    def alive(self) -> NDArray[np.bool_] | None:
        """(N,) bool, rows that are not gone; None when none is."""
        return ~self.dead if self.dead.any() else None

    def live_videos(self) -> Iterator[tuple[str, Block]]:
        """The videos that are not gone, with their rows."""
        for video_id, block in self.table.blocks():
            if not self.dead[self.table.positions_of(video_id)].any():
                yield video_id, block

    @cached_property
    def size(self) -> int:
        """Rows that are not gone."""
        return int(len(self.dead) - self.dead.sum())

    @cached_property
    def total_length(self) -> int:
        """Tokens of the rows that are not gone."""
        return int(self.lengths[~self.dead].sum())

    def num_rows_with(self, term: str) -> int:
        """How many rows that are not gone hold a term."""
        rows = self.rows[self.span_of(term)]
        return len(rows) if self.alive is None else int(self.alive[rows].sum())

    def has(self, term: str) -> bool:
        """Whether it is a term of any row, also of rows that are gone."""
        return term in self._numbers

    @cached_property
    def words_with_forms(self) -> frozenset[str]:
        """The terms whose written forms are distinguished."""
        return frozenset(term.partition(FORM_SIGN)[0] for term in self.terms if FORM_SIGN in term)

    def form_term(self, term: str, form: str) -> str | None:
        """The term of the rows that hold a word in a written form; None where none does.

        Args:
            term: of the word.
            form: as it is written; empty for the word without marks.
        """
        if term not in self.words_with_forms:
            return None if form else term
        return f"{term}{FORM_SIGN}{form}"

    def span_of(self, term: str) -> slice:
        """Where a term stands in `rows` and `counts`."""
        number = self._numbers.get(term)
        return (
            slice(0, 0) if number is None else slice(int(self.offsets[number]), int(self.offsets[number + 1]))
        )

    def of_kind(self, kind: int) -> NDArray[np.bool_] | None:
        """(N,) bool, rows of a kind that are not gone; None when all are."""
        if kind not in self._masks:
            mask = (self.kinds == kind) & ~self.dead
            self._masks[kind] = None if mask.all() else mask
        return self._masks[kind]

    @cached_property
    def _masks(self) -> dict[int, NDArray[np.bool_] | None]:
        return {}

    def with_plain_forms(self, words: Collection[str]) -> "Postings":
        """The same with the written forms of some words distinguished; here all are without marks."""
        new = [word for word in words if word not in self.words_with_forms and self.has(word)]
        if not new:
            return self
        spans = [self.span_of(word) for word in new]
        places = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        sizes = np.array([span.stop - span.start for span in spans], dtype=np.int64)
        return replace(
            self,
            terms=(*self.terms, *(f"{word}{FORM_SIGN}" for word in new)),
            offsets=np.concatenate([self.offsets, self.offsets[-1] + np.cumsum(sizes)]),
            rows=np.concatenate([self.rows, self.rows[places]]),
            counts=np.concatenate([self.counts, self.counts[places]]),
            max_parts=np.concatenate([self.max_parts, self.max_parts[[self._numbers[word] for word in new]]]),
        )

    def without_videos(self, video_ids: Sequence[str]) -> "Postings":
        """The same with the rows of some videos gone."""
        dead = self.dead.copy()
        for video_id in video_ids:
            dead[self.table.positions_of(video_id)] = True
        return Postings(
            self.table, self.kinds, self.terms, self.offsets, self.rows, self.counts,
            self.lengths, self.mean_length, self.max_parts, dead,
        )  # fmt: skip

    def best(
        self,
        weights: Sequence[tuple[str, float]],
        mean_length: float,
        k: int,
        allowed: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The k best rows and their scores, best first, equal ones in the order of their rows.

        Args:
            weights: terms with the weight of each, each term once.
            mean_length: mean number of tokens of all rows that are ranked, also elsewhere.
            k: how many at most.
            allowed: (N,) bool, rows that may come out; None for all that are not gone.
        """
        allowed = self.alive if allowed is None else allowed
        run = _Ranking(self, mean_length, k, allowed)
        lists = [
            (self.span_of(term), weight, self._bound(term, weight, mean_length)) for term, weight in weights
        ]
        lists = sorted((one for one in lists if one[0].start < one[0].stop), key=lambda one: -one[1])
        rest = sum(bound for _, _, bound in lists)
        for span, weight, bound in lists:
            rest -= bound
            run.add_term(span, weight, rest)
        return run.best()

    def _bound(self, term: str, weight: float, mean_length: float) -> float:
        number = self._numbers.get(term)
        grown = max(1.0, mean_length / self.mean_length) if self.mean_length else 1.0
        return 0.0 if number is None else weight * float(self.max_parts[number]) * grown

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.terms)}


class _Ranking:
    """One ranking: the rows in the running, and what they have so far."""

    def __init__(
        self, postings: Postings, mean_length: float, k: int, allowed: NDArray[np.bool_] | None
    ) -> None:
        self._postings, self._mean_length, self._k, self._allowed = postings, mean_length, k, allowed
        self._scores = np.zeros(len(postings.table), dtype=np.float32)
        self._rows = np.zeros(0, dtype=np.int32)
        self._open = True
        self._kth = 0.0
        if allowed is not None and (few := int(allowed.sum())) * LOOK_UP_PART < len(allowed):
            self._rows = np.flatnonzero(allowed).astype(np.int32)
            self._open = False
            self._allowed = None
            self._k = min(k, few)

    def add_term(self, span: slice, weight: float, rest: float) -> None:
        """Adds one term. `rest` is the most that the terms after it can bring to any row."""
        rows, counts = self._postings.rows[span], self._postings.counts[span]
        if self._open:
            if self._allowed is not None:
                passed = self._allowed[rows]
                rows, counts = rows[passed], counts[passed]
            new = rows[self._scores[rows] == 0.0]
            self._rows = np.concatenate([self._rows, new])
        else:
            places = np.searchsorted(rows, self._rows).clip(max=len(rows) - 1)
            places = places[rows[places] == self._rows]
            rows, counts = rows[places], counts[places]
        self._scores[rows] += weight * part_of_score(counts, self._postings.lengths[rows], self._mean_length)
        self._prune(rest)

    def _prune(self, rest: float) -> None:
        """Ends the running for rows that the terms to come cannot lift among the k best."""
        if len(self._rows) < self._k or self._k == 0:
            return
        have = self._scores[self._rows]
        self._kth = float(np.partition(have, len(have) - self._k)[len(have) - self._k])
        if self._kth > rest * ROUNDING:
            self._rows = np.sort(self._rows[have + rest * ROUNDING >= self._kth])
            self._open = False

    def best(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The k best rows and their scores."""
        rows = self._rows[self._scores[self._rows] > 0.0]
        order = np.lexsort((rows, -self._scores[rows]))[: self._k]
        return rows[order], self._scores[rows[order]]


def part_of_score(
    counts: NDArray[np.uint16], lengths: NDArray[np.int32], mean_length: float
) -> NDArray[np.float32]:
    """(n,) float32: what a term brings to rows, before its weight (FTS5's k1 and b).

    Args:
        counts: (n,) how often it stands in each row.
        lengths: (n,) tokens of each row.
        mean_length: of all rows.
    """
    often = counts.astype(np.float32)
    norm = lengths.astype(np.float32)
    norm *= np.float32(K1 * B / mean_length)
    norm += np.float32(K1 * (1 - B))
    norm += often
    often *= np.float32(K1 + 1)
    often /= norm
    return often


def weight_of(holding: int, size: int) -> float:
    """Weight of a term that stands in `holding` of `size` rows, as FTS5 works it out."""
    idf = float(np.log((size - holding + 0.5) / (holding + 0.5)))
    return idf if idf > 0 else MIN_IDF


def make_postings(
    table: RowTable, kinds: NDArray[np.uint8], texts: Sequence[str], tokenizer: Tokenizer
) -> Postings:
    """The postings of some spans.

    Args:
        table: the spans.
        kinds: (N,) uint8.
        texts: N texts.
        tokenizer: of the catalog's full-text index.
    """
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    found: list[int] = []
    ends = np.empty(len(texts) + 1, dtype=np.int64)
    ends[0] = 0
    for row, text in enumerate(texts):
        found += map(numbers.__getitem__, chunks(text))
        ends[row + 1] = len(found)
    rows = np.repeat(np.arange(len(texts), dtype=np.int64), np.diff(ends))
    stored = [
        [t for token in tokens for t in stored_terms(token)] for tokens in tokenizer.tokens(list(numbers))
    ]
    for held, more in zip(stored, _form_terms(tokenizer.forms(list(numbers))), strict=True):
        held += more
    terms, term_of, row_of = _expand_chunks(np.array(found, dtype=np.int64), rows, stored)
    keys, counts = np.unique(term_of * max(1, len(texts)) + row_of, return_counts=True)
    term_of, row_of = np.divmod(keys, max(1, len(texts)))
    is_word = np.array([FORM_SIGN not in term for term in terms], dtype=bool)
    lengths = np.bincount(row_of, weights=counts * is_word[term_of], minlength=len(texts)).astype(np.int32)
    return _with_max_parts(
        table, kinds, terms, np.searchsorted(term_of, np.arange(len(terms) + 1)), row_of, counts, lengths
    )


def _form_terms(forms_of: Sequence[Forms]) -> Iterator[list[str]]:
    """For each chunk the terms of the written forms of its words, where some chunk has a word with marks."""
    marked = {token for forms in forms_of for token, form in forms if form}
    for forms in forms_of:
        yield [f"{token}{FORM_SIGN}{form}" for token, form in forms if token in marked]


def _expand_chunks(
    chunk_of: NDArray[np.int64], row_of: NDArray[np.int64], terms_of: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """From (P,) chunks in rows to terms in rows: the terms, and for each place its term and row."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    flat = np.array([numbers[term] for terms in terms_of for term in terms], dtype=np.int64)
    num_terms = np.array([len(terms) for terms in terms_of], dtype=np.int64)
    first = np.cumsum(num_terms) - num_terms
    repeats = num_terms[chunk_of]
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return tuple(numbers), flat[np.repeat(first[chunk_of], repeats) + within], np.repeat(row_of, repeats)


def _with_max_parts(
    table: RowTable,
    kinds: NDArray[np.uint8],
    terms: tuple[str, ...],
    offsets: NDArray[np.int64],
    rows: NDArray[Any],
    counts: NDArray[Any],
    lengths: NDArray[np.int32],
) -> Postings:
    counts16 = np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)
    mean_length = float(lengths.mean()) if len(lengths) else 0.0
    parts = part_of_score(counts16, lengths[rows], max(mean_length, 1e-9))
    held = np.flatnonzero(np.diff(offsets))
    max_parts = np.zeros(len(terms), dtype=np.float32)
    if len(held):
        max_parts[held] = np.maximum.reduceat(parts, offsets[held])
    offsets, rows = offsets.astype(np.int64), rows.astype(np.int32)
    return Postings(table, kinds, terms, offsets, rows, counts16, lengths, mean_length, max_parts)


def merge_postings(parts: Sequence[Postings]) -> Postings:
    """One set of postings of several of different videos; rows that are gone are left out."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    term_of, row_of, counts, first = [], [], [], 0
    with_forms = frozenset[str]().union(*(part.words_with_forms for part in parts))
    for part in parts:
        part = part.with_plain_forms(with_forms)
        named = np.array([numbers[term] for term in part.terms], dtype=np.int32)
        is_alive = ~part.dead
        held = is_alive[part.rows]
        term_of.append(np.repeat(named, np.diff(part.offsets))[held])
        row_of.append((np.cumsum(is_alive, dtype=np.int32) - 1)[part.rows][held] + first)
        counts.append(part.counts[held])
        first += part.size
    order = np.argsort(every := np.concatenate(term_of), kind="stable")
    return _with_max_parts(
        RowTable.of_blocks({v: block for part in parts for v, block in part.live_videos()}),
        np.concatenate([part.kinds[~part.dead] for part in parts]),
        tuple(numbers),
        np.searchsorted(every[order], np.arange(len(numbers) + 1)),
        np.concatenate(row_of)[order],
        np.concatenate(counts)[order],
        np.concatenate([part.lengths[~part.dead] for part in parts]),
    )

"""The lanes of text: each is ranked by lexical search and by dense search."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag, TextEmbedder
from playhead_index.errors import ModelUnavailable
from playhead_index.search.caption_timeline import Timeline, mean_cosines, without_overlaps
from playhead_index.search.dense_lane import rank_spans
from playhead_index.search.encoders import LazyEncoder
from playhead_index.search.hits import span_hits
from playhead_index.search.lexical import LexicalIndex
from playhead_index.search.moments import ExtendedHit
from playhead_index.search.passages import PassageQuery
from playhead_index.search.query_terms import QueryWords
from playhead_index.search.question_topic import question_topic
from playhead_index.search.results import Hit, LaneCoverage, Scope
from playhead_index.search.vector_lane import VectorLane
from playhead_index.store.catalog import Catalog
from playhead_index.store.transcript import PASSAGES
from playhead_index.store.vectors import require_same_model
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind

MAX_TIMELINES = 20
"""Videos whose captions are all scored together; in others a caption stands for itself."""
_WHY_EMPTY: Mapping[SpanKind, str] = {
    "speech": "no speech or subtitles in these videos",
    "screen": "no text was read from these pictures",
    "caption": "these videos have no captions",
}


class WordLanes:
    """Searches `speech`, `screen` and `caption`.

    Args:
        catalog: of the library.
        words: encoder of what words mean; without one they are searched by the words alone.
        off: why a lane has no words, or no `meaning`, and how to turn it on.
    """

    def __init__(
        self, catalog: Catalog, words: Callable[[], TextEmbedder] | None, off: Mapping[str, str]
    ) -> None:
        self._catalog, self._off = catalog, off
        self._words = LazyEncoder(words, "text")
        self._off_meaning = off.get("meaning", "no text model was given")
        self.lexical = LexicalIndex(catalog)

    def search(
        self,
        kinds: Sequence[SpanKind],
        vectors_of: Callable[[SpanKind], VectorLane],
        text: str,
        scope: Scope,
        depth: int,
    ) -> tuple[list[list[ExtendedHit]], list[LaneCoverage]]:
        """The ranked lists of some lanes, and what each covered; `lexical` must be refreshed.

        Args:
            kinds: which lanes.
            vectors_of: gives the refreshed vectors of a lane; called only where there is an encoder.
            text: words to search for.
            scope: where.
            depth: maximum number of hits of a list.

        Raises:
            LibraryMismatch: the words were embedded with another model than the encoder.
        """
        items = {kind: self.lexical.items(kind, scope) for kind in kinds}
        some = [kind for kind in kinds if items[kind]]
        by_words = self.lexical.hits(text, some, scope, depth)
        lanes = {kind: vectors_of(kind) for kind in some} if self._words.is_given else {}
        vector, why_not = self._vector(list(lanes.values()), text)
        by_meaning = self._by_meaning(lanes, vector, scope, depth) if vector is not None else {}
        query_words = self.lexical.query_words(text)
        if query_words.is_literal:
            by_meaning = {kind: _literal_hits(query_words, hits) for kind, hits in by_meaning.items()}
        lists = [hits for kind in some for hits in (by_words[kind], by_meaning.get(kind, []))]
        stand_out = self._stand_out(lists, vectors_of, text)
        found = [[ExtendedHit(hit, _extent(hit, stand_out)) for hit in hits] for hits in lists]
        return found, [self._coverage(kind, items[kind], why_not) for kind in kinds]

    def timeline(
        self,
        kind: SpanKind,
        vectors_of: Callable[[SpanKind], VectorLane],
        texts: Sequence[str],
        video_id: str,
    ) -> Timeline:
        """How well the spans of one video fit a text; `lexical` must be refreshed.

        Args:
            kind: which lane.
            vectors_of: gives the refreshed vectors of a lane; called only where there is an encoder.
            texts: the query, in the person's words first, then in others.
            video_id: of which video.

        Raises:
            LibraryMismatch: the words were embedded with another model than the encoder.
        """
        block, lexical = self.lexical.curve(texts[0], kind, video_id)
        rows, ends_s = without_overlaps(block.starts_s, block.ends_s)
        ids, starts_s = block.ids[rows], block.starts_s[rows]
        lane = vectors_of(kind) if self._words.is_given and len(ids) else None
        is_embedded = (
            lane is not None and len(lane.table) > 0 and bool((lane.table.positions(ids) >= 0).all())
        )
        query_vectors = self._vectors([lane], texts)[0] if lane is not None and is_embedded else None
        if lane is None or query_vectors is None:
            return Timeline(ids, starts_s, ends_s, lexical[rows])
        vectors = lane.store.vectors(ids)
        return Timeline(ids, starts_s, ends_s, lexical[rows], mean_cosines(vectors, query_vectors), vectors)

    def passage_query(self, text: str, speakers: Sequence[str], tag: ModelTag | None) -> PassageQuery | None:
        """The query of transcripts; None where a hit must hold the words as they are written.

        Args:
            text: as a person wrote it.
            speakers: names that the text may name.
            tag: the model of the vectors of passages; None without them.

        Raises:
            LibraryMismatch: the passages were embedded with another model than the encoder.
        """
        query_words = self.lexical.query_words(text)
        if query_words.is_literal or query_words.signed:
            return None
        topic = question_topic(text, speakers)
        terms = Counter[str](self.lexical.query_words(topic.words).terms)
        vector = None
        if tag is not None and self._words.is_given:
            try:
                embedder = self._words.get()
            except ModelUnavailable:
                return PassageQuery(text, topic, terms, None)
            require_same_model(PASSAGES, tag, embedder.tag)
            mean_vector = embedder.encode_queries(list(dict.fromkeys((text, topic.text)))).mean(axis=0)
            vector = np.asarray(mean_vector / max(float(np.linalg.norm(mean_vector)), 1e-9), dtype=np.float32)
        return PassageQuery(text, topic, terms, vector)

    def _stand_out(
        self, lists: Sequence[Sequence[Hit]], vectors_of: Callable[[SpanKind], VectorLane], text: str
    ) -> Mapping[str, Sequence[Window]]:
        """For each of the videos whose captions were hit best, the windows that stand out, best first."""
        hits = sorted((hit for hits in lists for hit in hits if hit.lane == "caption"), key=_rank)
        videos = list(dict.fromkeys(hit.video_id for hit in hits))[:MAX_TIMELINES]
        return {
            video_id: [
                window
                for window, score in self.timeline("caption", vectors_of, [text], video_id).windows()
                if score > 0
            ]
            for video_id in videos
        }

    def _by_meaning(
        self, lanes: Mapping[SpanKind, VectorLane], vector: NDArray[np.float32], scope: Scope, depth: int
    ) -> Mapping[SpanKind, list[Hit]]:
        ranked = {
            kind: rank_spans(lane, vector, scope, depth) for kind, lane in lanes.items() if len(lane.table)
        }
        return span_hits(self._catalog, ranked, "meaning")

    def _vector(self, lanes: Sequence[VectorLane], text: str) -> tuple[NDArray[np.float32] | None, str]:
        """(D,) vector of a text; None, and why, where nothing is embedded or the model is not there."""
        vectors, why_not = self._vectors(lanes, [text])
        return (None if vectors is None else vectors[0]), why_not

    def _vectors(
        self, lanes: Sequence[VectorLane], texts: Sequence[str]
    ) -> tuple[NDArray[np.float32] | None, str]:
        """(n, D) vectors of texts; None, and why, likewise."""
        if not self._words.is_given:
            return None, self._off_meaning
        embedded = [lane for lane in lanes if len(lane.table)]
        if not embedded:
            return None, "the words are not embedded"
        try:
            embedder = self._words.get()
        except ModelUnavailable as error:
            return None, str(error)
        for lane in embedded:
            assert lane.tag is not None
            require_same_model(lane.space, lane.tag, embedder.tag)
        return embedder.encode_queries(list(texts)), ""

    def _coverage(self, kind: SpanKind, items: int, why_no_meaning: str) -> LaneCoverage:
        if items:
            note = f"by the words alone, not by their meaning: {why_no_meaning}" if why_no_meaning else ""
            return LaneCoverage(kind, True, items, note)
        why = self._off.get(kind)
        return LaneCoverage(kind, why is None, 0, why or _WHY_EMPTY[kind])


def _literal_hits(query_words: QueryWords, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that literally hold the words of the query, ranked from 1."""
    held = [hit for hit in hits if query_words.is_held_by(hit.text or "")]
    return [replace(hit, rank=rank) for rank, hit in enumerate(held, start=1)]


def _rank(hit: Hit) -> tuple[int, str, str]:
    return hit.rank, hit.how, hit.ref


def _extent(hit: Hit, stand_out: Mapping[str, Sequence[Window]]) -> Window:
    """The window that a hit argues for: of a caption the best one of its video that holds it, if any does."""
    windows = stand_out.get(hit.video_id, ()) if hit.lane == "caption" else ()
    middle_s = (hit.window.start_s + hit.window.end_s) / 2
    return next((window for window in windows if middle_s in window), hit.window)

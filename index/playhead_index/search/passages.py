"""Moments of speech: windows of a transcript that fit a query, each with the sentence that fits best.

The ranked lists of spans say which videos to search; there all sentences are scored together
(`pooling`). Videos whose transcripts have not been divided into sentences and passages are searched by
their spans alone.
"""

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.reranker import Reranker
from playhead_index.search.dense_lane import MIN_COSINE
from playhead_index.search.fusion import K
from playhead_index.search.moments import ExtendedHit, JoinedHits
from playhead_index.search.pooling import (
    BEST_SENTENCES,
    SentenceArrays,
    context_ranges,
    evidence_windows,
    pool_evidence,
    range_sums,
    sentence_bm25,
    standardise_weighted,
)
from playhead_index.search.query_terms import Tokenizer, chunks, stored_terms
from playhead_index.search.question_topic import QuestionTopic
from playhead_index.search.results import Hit, How, PassageFit, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.store.manifest import space_tag
from playhead_index.store.shards import Shards
from playhead_index.store.spans import read_confidences
from playhead_index.store.speakers import Speaker, display_name, name_of_label
from playhead_index.store.transcript import PASSAGES, TranscriptUnit, read_units, unit_arrays
from playhead_index.store.videos import read_duration_s
from playhead_index.window import Window

MAX_VIDEOS = 10
"""Videos whose sentences are all scored: those of the best spans, or all where the scope is small."""
MAX_CACHED = 64
MAX_RERANKED = 20
"""Windows that a reranker scores: a forward pass each."""
EDGE_S = 1e-3
SPEAKER_WEIGHT = 3.0
"""Standard deviations that a window gains in which only the speaker that the question names speaks."""
SPEAKER_POOLED_S = 30.0


@dataclass(frozen=True)
class SearchedTranscript:
    """The sentences of one video, ready to be searched.

    Args:
        arrays: of its sentences.
        sentences: in the same order.
    """

    arrays: SentenceArrays
    sentences: Sequence[TranscriptUnit]


@dataclass(frozen=True)
class PassageQuery:
    """A query of transcripts.

    Args:
        text: as a person wrote it.
        topic: of the query.
        terms: of the topic's words, with how often the query has each.
        vector: (D,) float32 of length 1; None without a text model.
    """

    text: str
    topic: QuestionTopic
    terms: Mapping[str, float]
    vector: NDArray[np.float32] | None


class PassageSearch:
    """Finds moments in divided transcripts, which it reads when a search first needs them.

    Args:
        catalog: of the library.
        tokenizer: of the catalog's full-text index.
        reranker: scores the best windows anew; None for the pooled evidence alone.
    """

    def __init__(self, catalog: Catalog, tokenizer: Tokenizer, reranker: Reranker | None = None) -> None:
        self._catalog, self._tokenizer, self._reranker = catalog, tokenizer, reranker
        self._cached: OrderedDict[str, tuple[str, SearchedTranscript | None]] = OrderedDict()

    @property
    def tag(self) -> ModelTag | None:
        """The model of the vectors of passages; None where there are none."""
        return space_tag(self._catalog, PASSAGES)

    def transcripts(
        self, video_ids: Iterable[str], signatures: Mapping[str, str]
    ) -> dict[str, SearchedTranscript]:
        """The divided transcripts of some videos; videos without one are left out.

        Args:
            video_ids: of which videos.
            signatures: from `ChangeDetector`; a transcript is read again when its video has changed.
        """
        found = {}
        for video_id in video_ids:
            signature = signatures.get(video_id, "")
            known = self._cached.pop(video_id, None)
            if known is None or known[0] != signature:
                known = signature, self._read(video_id)
            self._cached[video_id] = known
            if known[1] is not None:
                found[video_id] = known[1]
        while len(self._cached) > MAX_CACHED:
            self._cached.popitem(last=False)
        return found

    def moments(
        self,
        query: PassageQuery,
        lists: Sequence[Sequence[ExtendedHit]],
        transcripts: Mapping[str, SearchedTranscript],
        within: Mapping[str, Window],
        scope: Scope,
        speakers: Mapping[str, Sequence[Speaker]],
        limit: int,
    ) -> list[JoinedHits]:
        """The best windows of some transcripts, best first; each has a sentence that fits by itself.

        A moment's first hit is the sentence of it that fits best, by its own window and text, on the span
        that says most of it; the spans of the ranked lists inside follow. Its score is the fused score of a
        moment of that rank in each list that found anything.

        Args:
            query: what is searched.
            lists: ranked lists of what is said, one for each way of searching.
            transcripts: to search, by video id.
            within: the part of each video that is searched.
            scope: with the ids of the spans of its speakers, if it names any.
            speakers: of each video.
            limit: maximum number of moments.
        """
        found = {
            video_id: own
            for video_id, transcript in transcripts.items()
            if video_id in within
            and (own := _clip_transcript(transcript, within[video_id], scope)) is not None
        }
        num_ways = max(1, sum(bool(hits) for hits in lists))
        if not found:
            return []
        hits: dict[str, list[Hit]] = {}
        for one in (one for some in lists for one in some):
            hits.setdefault(one.hit.video_id, []).append(one.hit)
        windows = self._rank_windows(query, found, speakers, limit)
        moments, sentences = [], []
        best = {
            video_id: _best_by_words(query, found[video_id].arrays)
            for video_id in dict.fromkeys(video_id for video_id, *_ in windows)
        }
        for rank, (video_id, first, last, evidence) in enumerate(windows, start=1):
            moment, sentence = _moment(
                query, found[video_id], video_id, first, last, hits.get(video_id, ()), rank, num_ways
            )
            fit = _fit(query, found[video_id], first, last, evidence, best[video_id])
            moments.append(replace(moment, fit=fit))
            sentences.append(sentence)
        confidences = read_confidences(self._catalog, [i for one in sentences for i in one.span_ids])
        return [
            _with_speaker(moment, sentence, speakers.get(moment.video_id, ()), confidences)
            for moment, sentence in zip(moments, sentences, strict=True)
        ]

    def _rank_windows(
        self,
        query: PassageQuery,
        found: Mapping[str, SearchedTranscript],
        speakers: Mapping[str, Sequence[Speaker]],
        limit: int,
    ) -> list[tuple[str, int, int, float]]:
        """(video id, first, last sentence, evidence) of the best windows of all videos, best first."""
        evidence = pool_evidence([one.arrays for one in found.values()], query.terms, query.vector)
        scored = []
        for (video_id, one), own in zip(found.items(), evidence, strict=True):
            own = own + _speaker_evidence(one, query.topic, speakers.get(video_id, ()))
            fitting = _matches_query(query, one, _labels(query.topic, speakers.get(video_id, ())))
            for first, last, score in evidence_windows(one.arrays, own, max(limit, MAX_RERANKED)):
                if fitting[first : last + 1].any():
                    scored.append((-score, video_id, first, last))
        ranked = [(video_id, first, last, -score) for score, video_id, first, last in sorted(scored)]
        if self._reranker is not None:
            best, rest = ranked[:MAX_RERANKED], ranked[MAX_RERANKED:]
            texts = [_text(found[video_id], first, last) for video_id, first, last, _ in best]
            scores = self._reranker.scores(query.text, texts) if texts else np.zeros(0, dtype=np.float32)
            ranked = [*(best[at] for at in np.argsort(-scores, kind="stable").tolist()), *rest]
        return ranked[:limit]

    def _read(self, video_id: str) -> SearchedTranscript | None:
        sentences = read_units(self._catalog, video_id, "sentence")
        passages = unit_arrays(self._catalog, "passage", video_ids=[video_id]).get(video_id)
        duration_s = read_duration_s(self._catalog, video_id)
        if not sentences or passages is None or duration_s is None:
            return None
        starts_s = np.array([one.window.start_s for one in sentences])
        ends_s = np.array([one.window.end_s for one in sentences])
        following = np.append(starts_s[1:], np.inf)
        ends_s = np.maximum(np.minimum(ends_s, following), starts_s + EDGE_S)
        own = np.searchsorted(passages.starts_s, starts_s + EDGE_S, "right") - 1
        rows = unit_arrays(self._catalog, "sentence", video_ids=[video_id])[video_id].rows
        terms, num_terms = self._terms([one.text for one in sentences])
        arrays = SentenceArrays(
            starts_s,
            ends_s,
            num_terms,
            terms,
            duration_s,
            self._vectors(video_id, passages.rows[np.maximum(own, 0)]),
            self._vectors(video_id, rows),
        )
        return SearchedTranscript(arrays, sentences)

    def _vectors(self, video_id: str, rows: NDArray[np.int64]) -> NDArray[np.float32] | None:
        """(n, D) vectors of (n,) rows; None where one is missing, and of a video that is gone."""
        tag = self.tag
        if tag is None or (rows < 0).any():
            return None
        unique, places = np.unique(rows, return_inverse=True)
        vectors = Shards(self._catalog.path.parent, PASSAGES, tag.width).read_rows(video_id, unique)
        return vectors.astype(np.float32)[places] if np.isfinite(vectors).all() else None

    def _terms(
        self, texts: Sequence[str]
    ) -> tuple[dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]], NDArray[np.float64]]:
        """For each term the sentences that hold it and how often, and (n,) how many terms each has."""
        counts = []
        for text in texts:
            tokens = (token for found in self._tokenizer.tokens(chunks(text)) for token in found)
            counts.append(Counter(term for token in tokens for term in stored_terms(token)))
        places: dict[str, list[tuple[int, int]]] = {}
        for row, own in enumerate(counts):
            for term, often in own.items():
                places.setdefault(term, []).append((row, often))
        terms = {
            term: (np.array([row for row, _ in held]), np.array([often for _, often in held], np.float64))
            for term, held in places.items()
        }
        return terms, np.array([float(own.total()) for own in counts])


def best_videos(lists: Sequence[Sequence[ExtendedHit]], limit: int = MAX_VIDEOS) -> list[str]:
    """The videos of the best hits of some lists, best first."""
    hits = sorted((one.hit for some in lists for one in some), key=lambda hit: (hit.rank, hit.how, hit.ref))
    return list(dict.fromkeys(hit.video_id for hit in hits))[:limit]


def _matches_query(
    query: PassageQuery, transcript: SearchedTranscript, labels: Collection[str]
) -> NDArray[np.bool_]:
    """(n,) whether each sentence holds a word of the query, or its embedding is near.

    Where a question names speakers and nothing fits, all that they say does: it may ask for just that.
    """
    fitting = sentence_bm25(transcript.arrays, query.terms) > 0
    vectors = transcript.arrays.sentence_vectors
    if query.vector is not None and vectors is not None:
        fitting |= vectors @ query.vector >= MIN_COSINE
    if labels and not fitting.any():
        return np.array([one.speaker in labels for one in transcript.sentences])
    return fitting


def _labels(topic: QuestionTopic, speakers: Sequence[Speaker]) -> set[str]:
    """The labels of the speakers of a video that a question names."""
    named = {name.casefold() for name in topic.speakers}
    return {one.label for one in speakers if display_name(one).casefold() in named}


def _clip_transcript(
    transcript: SearchedTranscript, within: Window, scope: Scope
) -> SearchedTranscript | None:
    """The sentences of a transcript that lie in a window and hold a span of the scope; None without any."""
    arrays = transcript.arrays
    is_inside = (arrays.starts_s < within.end_s) & (arrays.ends_s > within.start_s)
    if scope.span_ids is not None:
        scope_ids = set(scope.span_ids.tolist())
        is_inside &= np.array([not scope_ids.isdisjoint(one.span_ids) for one in transcript.sentences])
    if is_inside.all():
        return transcript
    at = np.flatnonzero(is_inside)
    if not len(at):
        return None
    new = np.cumsum(is_inside) - 1
    terms = {
        term: (new[rows[is_inside[rows]]], often[is_inside[rows]])
        for term, (rows, often) in arrays.terms.items()
    }
    part = SentenceArrays(
        np.maximum(arrays.starts_s[at], within.start_s),
        np.minimum(arrays.ends_s[at], within.end_s),
        arrays.num_terms[at],
        terms,
        arrays.duration_s,
        None if arrays.vectors is None else arrays.vectors[at],
        None if arrays.sentence_vectors is None else arrays.sentence_vectors[at],
    )
    return SearchedTranscript(part, [transcript.sentences[i] for i in at.tolist()])


def _speaker_evidence(
    transcript: SearchedTranscript, topic: QuestionTopic, speakers: Sequence[Speaker]
) -> NDArray[np.float64]:
    """(n,) what each sentence gains by who speaks around it; 0 where the question names no speaker of it."""
    labels = _labels(topic, speakers)
    arrays = transcript.arrays
    if not labels:
        return np.zeros(len(transcript.sentences))
    own_s = np.array([one.speaker in labels for one in transcript.sentences]) * arrays.lengths_s
    edges = context_ranges(arrays, SPEAKER_POOLED_S * arrays.length_factor)
    share = range_sums(own_s, *edges) / np.maximum(range_sums(arrays.lengths_s, *edges), EDGE_S)
    return np.asarray(SPEAKER_WEIGHT * share)


def _best_by_words(query: PassageQuery, arrays: SentenceArrays) -> Window | None:
    """The best window of a transcript by words alone; None where none of them stands there."""
    (evidence,) = pool_evidence([arrays], query.terms, None)
    windows = evidence_windows(arrays, evidence, 1)
    if not windows:
        return None
    ((first, last, _),) = windows
    return Window(float(arrays.starts_s[first]), float(arrays.ends_s[last]))


def _fit(
    query: PassageQuery,
    transcript: SearchedTranscript,
    first: int,
    last: int,
    evidence: float,
    best: Window | None,
) -> PassageFit:
    arrays, cosine, agreement = transcript.arrays, None, 0.0
    if query.vector is not None and arrays.sentence_vectors is not None:
        cosines = np.sort(arrays.sentence_vectors[first : last + 1] @ query.vector)
        cosine = float(cosines[-BEST_SENTENCES:].mean())
    if best is not None:
        window = Window(float(arrays.starts_s[first]), float(arrays.ends_s[last]))
        agreement = window.overlap_s(best) / min(window.duration_s, best.duration_s)
    return PassageFit(evidence, cosine, agreement)


def _moment(
    query: PassageQuery,
    transcript: SearchedTranscript,
    video_id: str,
    first: int,
    last: int,
    hits: Sequence[Hit],
    rank: int,
    num_ways: int,
) -> tuple[JoinedHits, TranscriptUnit]:
    """A moment and the sentence that its first hit cites."""
    arrays = transcript.arrays
    window = Window(float(arrays.starts_s[first]), float(arrays.ends_s[last]))
    inside = [hit for hit in hits if _middle_s(hit.window) in window]
    cited, sentence = _sentence_hit(query, transcript, video_id, first, last, inside, rank)
    cited = replace(cited, window=cited.window.clamped(window) or window)  # sentences may overlap
    rest = sorted(inside, key=lambda hit: (hit.rank, hit.how, hit.window, hit.ref))
    return JoinedHits(video_id, window, num_ways / (K + rank), (cited, *rest)), sentence


def _with_speaker(
    moment: JoinedHits,
    sentence: TranscriptUnit,
    speakers: Sequence[Speaker],
    confidences: Mapping[int, float],
) -> JoinedHits:
    """A moment whose first hit has its speaker's present name, and the lowest confidence of its spans."""
    names = {one.label: one.name for one in speakers}
    speaker = name_of_label(sentence.speaker, names.get(sentence.speaker or ""))
    confidence = min((confidences[i] for i in sentence.span_ids if i in confidences), default=None)
    first = replace(moment.hits[0], speaker=speaker, confidence=confidence)
    return replace(moment, hits=(first, *moment.hits[1:]))


def _sentence_hit(
    query: PassageQuery,
    transcript: SearchedTranscript,
    video_id: str,
    first: int,
    last: int,
    hits: Sequence[Hit],
    rank: int,
) -> tuple[Hit, TranscriptUnit]:
    """The sentence of a window that fits best, by its words and its embedding, as hit and as unit."""
    at = np.arange(first, last + 1)
    lengths_s = transcript.arrays.lengths_s[at]
    by_words = sentence_bm25(transcript.arrays, query.terms)[at]
    scores = standardise_weighted(by_words, lengths_s)
    cosines = None
    vectors = transcript.arrays.sentence_vectors
    if query.vector is not None and vectors is not None:
        cosines = np.asarray(vectors[at] @ query.vector, dtype=np.float64)
        scores = scores + standardise_weighted(cosines, lengths_s)
    best = int(scores.argmax())
    sentence = transcript.sentences[int(at[best])]
    covering = {hit.ref: hit.window.overlap_s(sentence.window) for hit in hits}
    refs = sorted(
        (f"span:{span_id}" for span_id in sentence.span_ids), key=lambda ref: -covering.get(ref, 0.0)
    )
    score = float(by_words[best]) if cosines is None else float(cosines[best])
    how: How = "lexical" if cosines is None else "meaning"
    return Hit("speech", how, video_id, sentence.window, score, rank, refs[0], sentence.text), sentence


def _text(transcript: SearchedTranscript, first: int, last: int) -> str:
    return " ".join(one.text for one in transcript.sentences[first : last + 1])


def _middle_s(window: Window) -> float:
    return (window.start_s + window.end_s) / 2

"""Searches a library: every lane is ranked, the ranks are fused, and hits are joined in time to moments."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from playhead_index.clean_text import clean_text
from playhead_index.embed.protocol import ImageEncoder, ImageTextEncoder, TextEmbedder
from playhead_index.embed.reranker import Reranker
from playhead_index.search.caption_timeline import Timeline
from playhead_index.search.frame_lanes import FrameLanes
from playhead_index.search.lexical import KINDS
from playhead_index.search.library_facts import LibraryFacts
from playhead_index.search.moments import (
    ExtendedHit,
    JoinedHits,
    join_hits,
    merge_with_passages,
    rank_behind_passages,
)
from playhead_index.search.passages import MAX_VIDEOS, PassageSearch, best_videos
from playhead_index.search.query_terms import has_quoted_words
from playhead_index.search.question_topic import question_topic
from playhead_index.search.results import (
    EXAMPLE_LANES,
    LANES,
    TEXT_LANES,
    Hit,
    Lane,
    LaneCoverage,
    Moment,
    Query,
    Scope,
    SearchResult,
)
from playhead_index.search.text_lanes import WordLanes
from playhead_index.search.vector_lane import EXACT_LIMIT, VectorLane
from playhead_index.store.catalog import Catalog
from playhead_index.store.change_detection import ChangeDetector
from playhead_index.store.speakers import display_name
from playhead_index.words.protocol import SpanKind

MIN_DEPTH = 20
DEPTH_FACTOR = 3
"""A ranked list of spans is this many times longer than `limit`: hits of one place are joined."""
FRAME_DEPTH_FACTOR = 2
"""Likewise for frames, of which each hit is a place of its own."""


class Searcher:
    """Searches one library, also while it is being written to: it sees what is committed.

    What it needs in memory is read at the first search and kept in step from then on. Safe to use from
    several threads; searches come one after the other.

    Args:
        folder: the library's folder.
        catalog: open.
        picture: loads the image-text encoder that the library was made with; None without one.
        appearance: loads the image encoder, likewise.
        words: loads the text embedder, likewise; words are searched without it, by the words alone.
        off: for a lane that cannot be searched, and for `meaning`, why and how to turn it on.
        exact_limit: maximum number of vectors of a lane that are searched one by one.
        reranker: scores the best passages anew; None for their pooled evidence alone.
    """

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        *,
        picture: Callable[[], ImageTextEncoder] | None = None,
        appearance: Callable[[], ImageEncoder] | None = None,
        words: Callable[[], TextEmbedder] | None = None,
        off: Mapping[str, str] = MappingProxyType({}),
        exact_limit: int = EXACT_LIMIT,
        reranker: Reranker | None = None,
    ) -> None:
        self.folder = folder
        self._catalog = catalog
        self._changes = ChangeDetector(catalog)
        self._lock = threading.RLock()
        self._lanes = {lane: VectorLane(catalog, lane, exact_limit=exact_limit) for lane in LANES}
        self._frames = FrameLanes(catalog, picture, appearance, off)
        self._words = WordLanes(catalog, words, off)
        self._passages = PassageSearch(catalog, self._words.lexical.tokenizer, reranker)
        self._seen: Mapping[str, str] = {}
        self._facts: LibraryFacts | None = None

    def search(self, query: Query) -> SearchResult:
        """Moments that answer a query, best first, and what was searched for them.

        A text is searched in frames and spans, one with quoted words in spans alone; an image or an example
        moment of a video (`like`) in frames only. The segment of the example is not among the moments.

        Raises:
            VideoUnknown: the scope or `like` names a video that the library does not hold.
            SpeakerUnknown: the scope names a speaker that no video of the library has.
            NoFrames: `like` names a file with sound alone.
            TimestampOutOfRange: `like` points outside its video.
            LibraryMismatch: vectors of the library were made with another model than the query's.
            ModelUnavailable: the query is for one lane alone whose model cannot be loaded.
        """
        began = perf_counter()
        with self._lock:
            facts = self._refresh()
            if query.like is not None:
                facts.check_has_frames(query.like[0])
            within = facts.windows(query.scope)
            lists, lane_coverage = self._rank_lanes(query, facts)
            passages, divided_ids = self._passage_moments(query, lists, facts)
            other_hits = [[one for one in some if not _is_speech_of(one.hit, divided_ids)] for some in lists]
            divided_hits = [[one for one in some if _is_speech_of(one.hit, divided_ids)] for some in lists]
            passages = [*passages, *rank_behind_passages(passages, join_hits(divided_hits, within))]
            moments = [
                Moment(one.video_id, facts.path(one.video_id), one.window, one.score, one.hits, one.fit)
                for one in _limited(merge_with_passages(passages, join_hits(other_hits, within)), query)
            ]
            coverage = facts.coverage(
                query.scope, _note_undivided(lane_coverage, facts.num_undivided(query.scope))
            )
        return SearchResult(query, moments, coverage, perf_counter() - began)

    def timeline(self, texts: Sequence[str], video_id: str, kind: SpanKind = "caption") -> Timeline:
        """How well the spans of one video fit a text, over time, and the windows that answer it.

        For lanes whose spans follow one another closely, as captions do: all of them are scored
        together, where `search` ranks them one by one.

        Args:
            texts: the query, in the person's words first; more wordings of it make the curve steadier.
            video_id: of which video.
            kind: which spans.

        Raises:
            VideoUnknown: the library holds no such video.
            LibraryMismatch: the spans were embedded with another model than the query's.
            ValueError: no text is given.
        """
        if not texts:
            raise ValueError("a timeline needs at least one text")
        with self._lock:
            self._refresh().video_window(video_id)
            self._words.lexical.refresh(self._seen)
            return self._words.timeline(kind, self._lane, list(map(clean_text, texts)), video_id)

    def frame_scores(
        self, texts: Sequence[str], video_id: str, times_s: NDArray[np.float64]
    ) -> NDArray[np.float64] | None:
        """How well the frames of a video fit the best of some texts, by the picture vectors of the index.

        Args:
            texts: at least one.
            video_id: in which video.
            times_s: (N,) float64 seconds, when each frame is on the screen.

        Returns:
            (N,) float64 cosines; None where the video has no picture vectors.

        Raises:
            VideoUnknown: the library holds no such video.
            LibraryMismatch: the vectors were made with another model than the encoder that is here.
            ModelUnavailable: there is no image-text encoder, or it does not load.
        """
        with self._lock:
            self._refresh().video_window(video_id)
            return self._frames.text_fit(
                self._lane("picture"), list(map(clean_text, texts)), video_id, times_s
            )

    def prepare(self, texts: Sequence[str] = ()) -> None:
        """Loads now what the first search would have to load, and stores it in the library's cache.

        A lane above `exact_limit` is searched through codes from then on; making them takes about a minute
        and a gigabyte of cache a million vectors of 512 dimensions.

        Args:
            texts: queries like those to come, to measure with how well the codes find frames.

        Raises:
            ModelUnavailable: texts are given, and the image-text encoder cannot be loaded.
        """
        with self._lock:
            self._refresh()
            self._words.lexical.refresh(self._seen)
            for lane, vectors in self._lanes.items():
                vectors.refresh(self._seen)
                query_vectors = (
                    self._frames.text_vectors(list(texts)) if texts and lane == "picture" else None
                )
                vectors.prepare(query_vectors)

    def _refresh(self) -> LibraryFacts:
        """Checks once whether the catalog has changed: one search sees one state of it."""
        signatures = self._changes.signatures()
        if self._facts is None or signatures is not self._seen:
            self._facts, self._seen = LibraryFacts(self._catalog), signatures
        return self._facts

    def _rank_lanes(
        self, query: Query, facts: LibraryFacts
    ) -> tuple[list[list[ExtendedHit]], list[LaneCoverage]]:
        fitting = TEXT_LANES if query.text is not None else EXAMPLE_LANES
        lanes = [lane for lane in LANES if lane in (query.lanes or _lanes_of_scope(query.scope, fitting))]
        lists: list[list[ExtendedHit]] = []
        coverage = {
            lane: LaneCoverage(lane, False, 0, _why_unfit(lane)) for lane in lanes if lane not in fitting
        }
        if query.scope.speakers is not None:
            coverage |= {
                lane: LaneCoverage(lane, False, 0, _ONLY_SPEECH) for lane in lanes if lane != "speech"
            }
            fitting = tuple(lane for lane in fitting if lane == "speech")
        is_quoted = query.text is not None and query.lanes is None and has_quoted_words(query.text)
        for lane in (lane for lane in lanes if lane in fitting and lane not in KINDS):
            if is_quoted:
                coverage[lane] = LaneCoverage(lane, False, 0, _ONLY_TEXT)
                continue
            depth = max(MIN_DEPTH, FRAME_DEPTH_FACTOR * query.limit)
            hits, coverage[lane] = self._frames.search(lane, self._lane, facts, query, depth)
            lists.append(hits)
        kinds = [kind for kind in KINDS if kind in lanes and kind in fitting]
        if query.text is not None and kinds:
            self._words.lexical.refresh(self._seen)
            depth = max(MIN_DEPTH, DEPTH_FACTOR * query.limit)
            scope = facts.with_span_ids(query.scope)
            found, covered = self._words.search(kinds, self._lane, query.text, scope, depth)
            lists += found
            coverage |= {line.lane: line for line in covered}
        return lists, [coverage[lane] for lane in lanes]

    def _passage_moments(
        self, query: Query, lists: Sequence[Sequence[ExtendedHit]], facts: LibraryFacts
    ) -> tuple[list[JoinedHits], Collection[str]]:
        """Windows of transcripts that fit a text, and the videos whose complete transcripts were searched.

        Empty where a text must be found literally, or there is no text.
        """
        if query.text is None or "speech" not in (query.lanes or TEXT_LANES):
            return [], ()
        spoken = [some for some in lists if some and some[0].hit.lane == "speech"]
        scope = facts.with_span_ids(query.scope)
        within = facts.windows(scope)
        candidates = _with_named_speakers(query, facts) if not spoken else within
        videos = [v for v in within if v in candidates] if len(within) <= MAX_VIDEOS else best_videos(spoken)
        transcripts = self._passages.transcripts(videos or list(candidates)[:MAX_VIDEOS], self._seen)
        if not transcripts:
            return [], ()
        known = {v: facts.speakers.get(v, []) for v in transcripts} if query.use_speakers else {}
        names = [display_name(one) for own in known.values() for one in own]
        passage_query = self._words.passage_query(query.text, names, self._passages.tag)
        if passage_query is None:
            return [], ()
        moments = self._passages.moments(
            passage_query, spoken, transcripts, within, scope, known, query.limit
        )
        return moments, transcripts.keys()

    def _lane(self, lane: Lane) -> VectorLane:
        self._lanes[lane].refresh(self._seen)
        return self._lanes[lane]


_ONLY_SPEECH = "only speech is searched for what a speaker says"
_ONLY_TEXT = "quoted words are matched in text alone; search without quotation marks, or with this lane named"


def _with_named_speakers(query: Query, facts: LibraryFacts) -> list[str]:
    """The videos in scope of which the text names a speaker: what that speaker says answers it."""
    if query.text is None or not query.use_speakers:
        return []
    text = query.text.casefold()
    named = {
        video_id: [
            name for one in facts.speakers.get(video_id, []) if (name := display_name(one)).casefold() in text
        ]
        for video_id in facts.windows(query.scope)
    }
    return [video_id for video_id, own in named.items() if own and question_topic(query.text, own).speakers]


def _is_speech_of(hit: Hit, video_ids: Collection[str]) -> bool:
    """Whether a hit is a span of speech of one of these videos."""
    return hit.lane == "speech" and hit.video_id in video_ids


def _limited(joined: Sequence[JoinedHits], query: Query) -> list[JoinedHits]:
    return [one for one in joined if one.score >= query.min_score][: query.limit]


def _note_undivided(lines: Sequence[LaneCoverage], num: int) -> list[LaneCoverage]:
    """The lines of the lanes; that of speech says in how many videos single spans are found, not passages."""
    if num == 0:
        return list(lines)
    videos = "1 video has" if num == 1 else f"{num} videos have"
    note = f"{videos} no passages, so that single lines are found there; index again to make them"
    return [
        replace(line, why_not="; ".join(filter(None, (line.why_not, note))))
        if line.lane == "speech" and line.searched and line.items
        else line
        for line in lines
    ]


def _lanes_of_scope(scope: Scope, fitting: tuple[Lane, ...]) -> tuple[Lane, ...]:
    """The lanes that are searched where none are named: of what a speaker says, speech alone."""
    return fitting if scope.speakers is None else tuple(lane for lane in fitting if lane == "speech")


def _why_unfit(lane: Lane) -> str:
    if lane in TEXT_LANES:
        return f"{lane} is text: search with words"
    return f"{lane} compares images: search with an image, or with a moment of a video"

"""The lanes of frames: searched by a text, by an image or by an example moment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ImageEncoder, ImageTextEncoder, ModelTag
from playhead_index.errors import ModelUnavailable, TimestampOutOfRange
from playhead_index.search.encoders import LazyEncoder
from playhead_index.search.frame_ranking import (
    HitRule,
    any_image_vector,
    image_hit_rule,
    rank_frames,
    text_hit_rule,
    text_vector,
)
from playhead_index.search.hits import frame_hits
from playhead_index.search.library_facts import LibraryFacts
from playhead_index.search.moments import ExtendedHit
from playhead_index.search.results import Lane, LaneCoverage, Query
from playhead_index.search.vector_lane import VectorLane
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import has_vectors
from playhead_index.store.segments import segment_window_at
from playhead_index.store.vectors import require_same_model
from playhead_index.window import Window

MAX_TEXT_VECTORS = 64
"""Vectors of texts that are kept for further looks at frames."""


@dataclass(frozen=True, slots=True)
class _FrameQuery:
    """A query of a frame lane: its vector, which frames are hits, and an interval that is not searched."""

    vector: NDArray[np.float32]
    rule: HitRule
    excluded: tuple[str, Window] | None = None


class FrameLanes:
    """Searches `picture`, `appearance` and `layout`.

    Args:
        catalog: of the library.
        picture: encoder of the picture lane.
        appearance: encoder of the appearance lane.
        off: why a lane cannot be searched, and how to turn it on.
    """

    def __init__(
        self,
        catalog: Catalog,
        picture: Callable[[], ImageTextEncoder] | None,
        appearance: Callable[[], ImageEncoder] | None,
        off: Mapping[str, str],
    ) -> None:
        self._catalog, self._off = catalog, off
        self._image_text_encoder = LazyEncoder(picture, "image-text")
        self._image_encoder = LazyEncoder(appearance, "image")
        self._any_image_vector: NDArray[np.float32] | None = None
        self._text_vectors: dict[str, NDArray[np.float32]] = {}

    def search(
        self,
        lane: Lane,
        vectors_of: Callable[[Lane], VectorLane],
        facts: LibraryFacts,
        query: Query,
        depth: int,
    ) -> tuple[list[ExtendedHit], LaneCoverage]:
        """The hits of one lane, best first, and what it covered.

        A model that cannot be loaded turns its lane off, unless the query asks for just this lane.

        Args:
            lane: which.
            vectors_of: gives the refreshed vectors of a lane; called only where they are used.
            facts: of the library.
            query: by text, image or example moment.
            depth: maximum number of hits.

        Raises:
            LibraryMismatch: the lane's vectors are of another model than its encoder.
            ModelUnavailable: the query is for this lane alone, and its model cannot be loaded.
            TimestampOutOfRange: the example moment lies outside its video.
        """
        if not has_vectors(self._catalog, lane):
            return [], self._empty_coverage(lane)
        try:
            self._require_model(lane, query)
            vectors = vectors_of(lane)
            positions = vectors.table.in_scope(query.scope)
            items = len(vectors.table) if positions is None else len(positions)
            if items == 0:
                return [], self._empty_coverage(lane)
            frame_query = self._frame_query(vectors, facts, query)
        except ModelUnavailable as error:
            if query.lanes == (lane,):
                raise
            return [], LaneCoverage(lane, False, 0, str(error))
        if frame_query is None:
            return [], LaneCoverage(lane, False, 0, f"the asked moment has no {lane} vector")
        ranked = rank_frames(
            vectors, frame_query.vector, frame_query.rule, query.scope, depth, frame_query.excluded
        )
        extents = {f"frame:{one.id}": one.extent for one in ranked}
        hits = frame_hits(self._catalog, [(one.id, one.score) for one in ranked], lane)
        return [ExtendedHit(hit, extents[hit.ref]) for hit in hits], LaneCoverage(lane, True, items)

    def text_vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, D) float32 query vectors of texts for the picture lane.

        Raises:
            ModelUnavailable: the encoder cannot be loaded.
        """
        return np.stack([text_vector(self._image_text_encoder.get(), text) for text in texts])

    def text_fit(
        self, vectors: VectorLane, texts: Sequence[str], video_id: str, times_s: NDArray[np.float64]
    ) -> NDArray[np.float64] | None:
        """(N,) cosine of the frame on the screen at each time with the best of some texts.

        Args:
            vectors: the refreshed picture lane.
            texts: at least one.
            video_id: in which video.
            times_s: (N,) float64 seconds.

        Returns:
            None where the video has no picture vectors.

        Raises:
            LibraryMismatch: the vectors are of another model than the encoder.
            ModelUnavailable: there is no encoder for the texts, or it does not load.
        """
        block = vectors.table.block(video_id)
        if len(block) == 0:
            return None
        encoder = self._image_text_encoder.get()
        _require_tag(vectors, encoder.tag)
        rows = np.searchsorted(block.starts_s, times_s, side="right") - 1
        ids = block.ids[np.clip(rows, 0, len(block) - 1)]
        scores = np.stack([vectors.store.scores(self._text_vector(encoder, text), ids) for text in texts])
        best = scores.max(axis=0).astype(np.float64)
        known = np.isfinite(best)
        return np.where(known, best, best[known].min()) if known.any() else None  # some bytes may be lost

    def _text_vector(self, encoder: ImageTextEncoder, text: str) -> NDArray[np.float32]:
        """The vector of a text; those of the last texts are kept, for one question has many looks."""
        if text not in self._text_vectors:
            if len(self._text_vectors) >= MAX_TEXT_VECTORS:
                self._text_vectors.pop(next(iter(self._text_vectors)))
            self._text_vectors[text] = text_vector(encoder, text)
        return self._text_vectors[text]

    def _empty_coverage(self, lane: Lane) -> LaneCoverage:
        why = self._off.get(lane)
        return LaneCoverage(lane, why is None, 0, why or f"no pictures here have {lane} vectors")

    def _require_model(self, lane: Lane, query: Query) -> None:
        """Raises `ModelUnavailable` when no model was given to search this lane with; loads none."""
        model = self._image_encoder if lane == "appearance" else self._image_text_encoder
        if query.like is None and lane != "layout" and not model.is_given:
            raise ModelUnavailable(self._off.get(lane, f"no model was given for {lane}"))

    def _frame_query(self, vectors: VectorLane, facts: LibraryFacts, query: Query) -> _FrameQuery | None:
        if query.like is not None:
            return self._like_query(vectors, facts, *query.like)
        if query.text is not None:
            return self._text_query(vectors, query.text)
        assert query.image is not None
        vector = self._image_vector(vectors, query.image)
        return _FrameQuery(vector, image_hit_rule(vectors, vector))

    def _text_query(self, vectors: VectorLane, text: str) -> _FrameQuery:
        encoder = self._image_text_encoder.get()
        _require_tag(vectors, encoder.tag)
        if self._any_image_vector is None:
            self._any_image_vector = any_image_vector(encoder)
        vector = text_vector(encoder, text)
        return _FrameQuery(vector, text_hit_rule(vectors, vector, self._any_image_vector))

    def _image_vector(self, vectors: VectorLane, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        if vectors.lane == "layout":
            from playhead_index.segment.signature import SIGNATURE_TAG, signature

            _require_tag(vectors, SIGNATURE_TAG)
            return signature(image)
        encoder = (self._image_text_encoder if vectors.lane == "picture" else self._image_encoder).get()
        _require_tag(vectors, encoder.tag)
        encoded: NDArray[np.float32] = encoder.encode_images([image])
        return np.asarray(encoded[0], dtype=np.float32)

    def _like_query(
        self, vectors: VectorLane, facts: LibraryFacts, video_id: str, time_s: float
    ) -> _FrameQuery | None:
        """The vector of the frame on the screen then; its own segment is left out of the search."""
        video_window = facts.video_window(video_id)
        if time_s not in video_window:
            raise TimestampOutOfRange(facts.path(video_id), time_s, video_window.start_s, video_window.end_s)
        block = vectors.table.block(video_id)
        if len(block) == 0:
            return None
        row = max(int(np.searchsorted(block.starts_s, time_s, side="right")) - 1, 0)
        vector = vectors.store.vectors(block.ids[row : row + 1])[0]
        frame_window = Window(float(block.starts_s[row]), float(block.ends_s[row]))
        excluded = segment_window_at(self._catalog, video_id, time_s) or frame_window
        return _FrameQuery(vector, image_hit_rule(vectors, vector), (video_id, excluded.hull(frame_window)))


def _require_tag(vectors: VectorLane, encoder_tag: ModelTag) -> None:
    assert vectors.tag is not None
    require_same_model(vectors.space, vectors.tag, encoder_tag)

"""The lanes that look at frames: what is asked of each by a text, a picture or a moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ImageEncoder, ImageTextEncoder, ModelTag
from playhead_index.errors import ModelUnavailable, TimestampOutOfRange
from playhead_index.search.encoders import Lazy
from playhead_index.search.facts import LibraryFacts
from playhead_index.search.hits import frame_hits
from playhead_index.search.moments import Found
from playhead_index.search.pictures import (
    Keep,
    any_picture_vector,
    keep_alike,
    keep_for_text,
    rank_frames,
    text_vector,
)
from playhead_index.search.results import Lane, LaneCoverage, Query
from playhead_index.search.vector_lane import VectorLane
from playhead_index.store.catalog import Catalog
from playhead_index.store.vectors import require_same_model
from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a frame lane is asked: a vector, which frames count, and a stretch that is not searched."""

    vector: NDArray[np.float32]
    keep: Keep
    left_out: tuple[str, Window] | None = None


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
        self._picture = Lazy(picture, "image-text")
        self._appearance = Lazy(appearance, "image")
        self._any_picture: NDArray[np.float32] | None = None

    def search(
        self,
        lane: Lane,
        vectors_of: Callable[[Lane], VectorLane],
        facts: LibraryFacts,
        query: Query,
        depth: int,
    ) -> tuple[list[Found], LaneCoverage]:
        """The hits of one lane, best first, and what it covered.

        A model that cannot be loaded turns its lane off, unless the query asks for just this lane.

        Args:
            lane: which.
            vectors_of: gives the refreshed vectors of a lane; not asked where they would be of no use.
            facts: of the library.
            query: a text, a picture or a moment.
            depth: most hits.

        Raises:
            LibraryMismatch: the lane's vectors are of another model than its encoder.
            ModelUnavailable: the query is for this lane alone, and its model cannot be loaded.
            TimestampOutOfRange: the asked moment lies outside its video.
        """
        if not self._has_vectors(lane):
            return [], self._nothing(lane)
        try:
            self._require_model(lane, query)
            vectors = vectors_of(lane)
            positions = vectors.table.in_scope(query.scope)
            items = len(vectors.table) if positions is None else len(positions)
            if items == 0:
                return [], self._nothing(lane)
            asked = self._asked(vectors, facts, query)
        except ModelUnavailable as error:
            if query.lanes == (lane,):
                raise
            return [], LaneCoverage(lane, False, 0, str(error))
        if asked is None:
            return [], LaneCoverage(lane, False, 0, f"the asked moment has no {lane} vector")
        ranked = rank_frames(vectors, asked.vector, asked.keep, query.scope, depth, asked.left_out)
        extents = {f"frame:{one.id}": one.extent for one in ranked}
        hits = frame_hits(self._catalog, [(one.id, one.score) for one in ranked], lane)
        return [Found(hit, extents[hit.ref]) for hit in hits], LaneCoverage(lane, True, items)

    def text_vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, D) float32 vectors of texts, as the picture lane asks them.

        Raises:
            ModelUnavailable: the encoder cannot be loaded.
        """
        return np.stack([text_vector(self._picture.get(), text) for text in texts])

    def _has_vectors(self, lane: Lane) -> bool:
        return bool(self._catalog.query("SELECT 1 FROM stage WHERE name = ? AND rows > 0 LIMIT 1", (lane,)))

    def _nothing(self, lane: Lane) -> LaneCoverage:
        why = self._off.get(lane)
        return LaneCoverage(lane, why is None, 0, why or f"no pictures here have {lane} vectors")

    def _require_model(self, lane: Lane, query: Query) -> None:
        """Nothing, when there is a model to ask this lane with, though it may not load yet."""
        model = self._appearance if lane == "appearance" else self._picture
        if query.like is None and lane != "layout" and not model.given:
            raise ModelUnavailable(self._off.get(lane, f"no model was given for {lane}"))

    def _asked(self, vectors: VectorLane, facts: LibraryFacts, query: Query) -> _Asked | None:
        if query.like is not None:
            return self._like(vectors, facts, *query.like)
        if query.text is not None:
            return self._text(vectors, query.text)
        assert query.image is not None
        vector = self._image(vectors, query.image)
        return _Asked(vector, keep_alike(vectors, vector))

    def _text(self, vectors: VectorLane, text: str) -> _Asked:
        encoder = self._picture.get()
        _require(vectors, encoder.tag)
        if self._any_picture is None:
            self._any_picture = any_picture_vector(encoder)
        vector = text_vector(encoder, text)
        return _Asked(vector, keep_for_text(vectors, vector, self._any_picture))

    def _image(self, vectors: VectorLane, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        if vectors.lane == "layout":
            from playhead_index.segment.signature import SIGNATURE_TAG, signature

            _require(vectors, SIGNATURE_TAG)
            return signature(image)
        encoder = (self._picture if vectors.lane == "picture" else self._appearance).get()
        _require(vectors, encoder.tag)
        encoded: NDArray[np.float32] = encoder.encode_images([image])
        return np.asarray(encoded[0], dtype=np.float32)

    def _like(self, vectors: VectorLane, facts: LibraryFacts, video_id: str, time_s: float) -> _Asked | None:
        """The vector of the frame on the screen then; its own segment is left out of the search."""
        whole = facts.whole(video_id)
        if time_s not in whole:
            raise TimestampOutOfRange(facts.path(video_id), time_s, whole.start_s, whole.end_s)
        block = vectors.table.block(video_id)
        if len(block) == 0:
            return None
        row = max(int(np.searchsorted(block.starts_s, time_s, side="right")) - 1, 0)
        vector = vectors.store.vectors(block.ids[row : row + 1])[0]
        shown = Window(float(block.starts_s[row]), float(block.ends_s[row]))
        left_out = self._segment_at(video_id, time_s) or shown
        return _Asked(vector, keep_alike(vectors, vector), (video_id, left_out.hull(shown)))

    def _segment_at(self, video_id: str, time_s: float) -> Window | None:
        rows = self._catalog.query(
            "SELECT start_s, end_s FROM segment WHERE video_id = ? AND start_s <= ? AND end_s > ?",
            (video_id, time_s, time_s),
        )
        return Window(*rows[0]) if rows else None


def _require(vectors: VectorLane, asked: ModelTag) -> None:
    assert vectors.tag is not None
    require_same_model(vectors.space, vectors.tag, asked)

"""Search and answers of the product, by the video names of a benchmark."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead import Library
from playhead.models import encoder_callables
from playhead_bench.evaluate.answerer import AnswererReply
from playhead_bench.evaluate.product_variants import Product, ProductVariant
from playhead_bench.evaluate.strategies.protocol import Call, FinderAnswer, VideoWindow
from playhead_index.embed.protocol import ImageTextEncoder
from playhead_index.errors import ModelUnavailable, VideoUnknown
from playhead_index.paths import text_to_path
from playhead_index.search.frame_ranking import text_vector
from playhead_index.search.results import Lane, Moment
from playhead_index.search.vector_lane import VectorLane
from playhead_index.store.change_detection import ChangeDetector
from playhead_index.store.vectors import require_same_model
from playhead_tools.evidence import Interval
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.frame_sampling import ClipRequest


class LibraryFinder:
    """A `BenchmarkFinder` over a library that holds the videos of a benchmark.

    Args:
        library: indexed.
        videos: where each video is, by the name that samples call it by.
        lanes: search only these lanes; None for all that fit a text.
        picture: the encoder that the picture vectors were made with; the library's own when None.
        product: answers questions; without a video-LLM when None.
    """

    def __init__(
        self,
        library: Library,
        videos: Mapping[str, Path],
        *,
        lanes: Sequence[Lane] | None = None,
        picture: ImageTextEncoder | None = None,
        product: Product | None = None,
    ) -> None:
        self.library, self._videos, self._lanes, self._picture = library, videos, lanes, picture
        self._product = product or Product(library)
        self._last_query: tuple[str, NDArray[np.float32]] | None = None

    def moments(self, text: str, video_ids: Sequence[str], limit: int) -> list[VideoWindow]:
        """Windows that fit a text, best first.

        Raises:
            VideoUnknown: the library does not hold a video.
        """
        library_ids = [self._ids[video_id] for video_id in video_ids]
        result = self.library.search(text, videos=library_ids, lanes=self._lanes, limit=limit)
        return [self._place(moment) for moment in result.moments]

    def require_frame_vectors(self) -> None:
        """Checks that frames can be scored by a text.

        Raises:
            ModelUnavailable: the library has no picture vectors, or no encoder for the query.
            LibraryMismatch: the encoder is not the one that they were made with.
        """
        if self._picture_lane.tag is None:
            raise ModelUnavailable(
                "the library has no picture vectors, so top-frames and aks cannot score frames; "
                "name a picture model, or other strategies"
            )
        require_same_model("picture", self._picture_lane.tag, self._encoder.tag)

    def frame_scores(self, text: str, video_id: str) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """(N,) seconds at which the indexed frames of a video begin, and the cosine of each with a text.

        Raises:
            VideoUnknown: the library does not hold the video.
            ModelUnavailable: the library has no picture vectors, or no encoder for the query.
        """
        self.require_frame_vectors()
        if self._last_query is None or self._last_query[0] != text:
            self._last_query = (text, text_vector(self._encoder, text))
        block = self._picture_lane.table.block(self._ids[video_id])
        return block.starts_s, self._picture_lane.store.scores(self._last_query[1], block.ids)

    def ask(
        self, question: str, video_ids: Sequence[str], options: Sequence[str], variant: ProductVariant
    ) -> FinderAnswer:
        """The answer of one variant of the product.

        Raises:
            VideoUnknown: the library does not hold a video.
            ModelUnavailable: a model that the variant needs is not there.
        """
        reply = self._product.ask(question, [self._ids[video_id] for video_id in video_ids], options, variant)
        found, cited = self._places(reply.answer.intervals), self._places(reply.answer.verified)
        return FinderAnswer(
            reply.answer, found, cited, tuple(map(self._call, reply.observations)), reply.cached_s
        )

    def _places(self, intervals: Sequence[Interval]) -> tuple[VideoWindow, ...]:
        return tuple((self._names[one.video_id], one.window) for one in intervals)

    def _call(self, observation: Observation) -> Call:
        request = ClipRequest(self._names[observation.video_id], observation.times_s, observation.window)
        return Call(
            request,
            AnswererReply(
                observation.text, observation.frames, observation.visual_tokens, 0, observation.seconds
            ),
        )

    def _place(self, moment: Moment) -> VideoWindow:
        return self._names[moment.video_id], moment.window

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        """The library's id of each video that it holds, by the benchmark's name."""
        rows = self.library.catalog.query("SELECT path, video_id FROM place")
        known = {text_to_path(path).resolve(): video_id for path, video_id in rows}
        found = {name: known.get(Path(path).resolve()) for name, path in self._videos.items()}
        return _Known({name: video_id for name, video_id in found.items() if video_id is not None})

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {video_id: name for name, video_id in self._ids.items()}

    @cached_property
    def _picture_lane(self) -> VectorLane:
        lane = VectorLane(self.library.catalog, "picture")
        lane.refresh(ChangeDetector(self.library.catalog).signatures())
        return lane

    @cached_property
    def _encoder(self) -> ImageTextEncoder:
        if self._picture is not None:
            return self._picture
        load = encoder_callables(self.library.models, self.library.folder).picture
        if load is None:
            raise ModelUnavailable("the picture model is switched off; choose one with --picture-model")
        return load()


class _Known(dict[str, str]):
    """Ids by name; a name that is not there raises `VideoUnknown`."""

    def __missing__(self, name: str) -> str:
        raise VideoUnknown(f"the library does not hold video {name!r}; index its file first")

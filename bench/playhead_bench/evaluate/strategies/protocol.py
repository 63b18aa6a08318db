"""Protocol of the compared strategies, their session and their outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.answerer import AnswererReply, ClipAnswerer
from playhead_bench.evaluate.decode_frames import DEFAULT_BUDGET, FrameSource
from playhead_bench.evaluate.product_variants import ProductVariant
from playhead_bench.evaluate.sample import Sample
from playhead_index.errors import LibraryMissing
from playhead_index.window import Window
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.frame_sampling import ClipRequest

OutcomeStatus = Literal["answered", "abstained", "unparsed"]
Needs = Literal["files", "library", "pictures"]
VideoWindow = tuple[str, Window]
"""A window of a video."""


class BenchmarkFinder(Protocol):
    """Searches the videos of a benchmark, by the names that samples call them by."""

    def moments(self, text: str, video_ids: Sequence[str], limit: int) -> list[VideoWindow]:
        """Windows that fit a text, best first."""
        ...

    def require_frame_vectors(self) -> None:
        """Raises `ModelUnavailable` when frames cannot be scored."""
        ...

    def frame_scores(self, text: str, video_id: str) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """(N,) seconds of the indexed frames of a video, ascending, and the score of each for a text."""
        ...

    def ask(
        self, question: str, video_ids: Sequence[str], options: Sequence[str], variant: ProductVariant
    ) -> "FinderAnswer":
        """The answer of one variant of the product."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the answerer: its clip and its reply."""

    request: ClipRequest | None
    reply: AnswererReply


@dataclass(frozen=True, slots=True)
class FinderAnswer:
    """The product's own answer, by the names that samples call their videos by.

    Args:
        answer: as a person gets it.
        found: the windows that it names, in its order, those that are only the closest among them.
        cited: of these, the ones that it says were verified.
        calls: its VLM calls.
        cached_s: seconds that cached VLM calls took originally.
    """

    answer: Answer
    found: tuple[VideoWindow, ...] = ()
    cited: tuple[VideoWindow, ...] = ()
    calls: tuple[Call, ...] = ()
    cached_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StrategyOutcome:
    """The answer of a strategy to one sample.

    Args:
        status: answered; declined (`abstained`); or the replies could not be read (`unparsed`).
        text: the reply that counts, as the model gave it.
        choice: the option chosen, from 0; None for an open question or none.
        calls: calls of the answerer for this question, in order.
        found: the windows that a search put forward, best first; empty for a strategy without one.
        prepared: calls made for the video as a whole, which later questions use again.
        is_sentence: `text` is a sentence that holds the answer, not the answer alone.
        model_calls: calls of other models, where a strategy has its own.
        cited: the windows that the answer stands on, as the strategy tells it; None for one that tells none.
        confidence: from 0 to 1, as the strategy tells it; None for one that tells none.
        cost: VLM calls (`looks`), frames, visual tokens and the like, where a strategy counts them itself.
        cached_s: seconds that cached VLM calls took originally, not measured in this run.
    """

    status: OutcomeStatus
    text: str = ""
    choice: int | None = None
    calls: tuple[Call, ...] = ()
    found: tuple[VideoWindow, ...] = ()
    prepared: tuple[Call, ...] = ()
    is_sentence: bool = False
    model_calls: int = 0
    cited: tuple[VideoWindow, ...] | None = None
    confidence: float | None = None
    cost: Mapping[str, float] | None = None
    cached_s: float = 0.0


@dataclass(slots=True)
class EvaluationSession:
    """The answerer, the files and the search that all strategies share.

    Args:
        answerer: the same for every strategy.
        source: decodes frames.
        finder: searches; None when only strategies without a search are run.
        budget: most frames given for one question, at least 2.
        seed: of whatever is drawn.

    Raises:
        ValueError: the budget is below 2.
    """

    answerer: ClipAnswerer
    source: FrameSource
    finder: BenchmarkFinder | None = None
    budget: int = DEFAULT_BUDGET
    seed: int = 0

    def __post_init__(self) -> None:
        if self.budget < 2:
            raise ValueError(f"a budget is at least 2 frames, one pair, got {self.budget}")

    @property
    def search(self) -> BenchmarkFinder:
        """The search.

        Raises:
            LibraryMissing: none was given.
        """
        if self.finder is None:
            raise LibraryMissing("this strategy searches a library, and none was given; index the videos")
        return self.finder

    def call(self, request: ClipRequest | None, question: str, options: Sequence[str] = ()) -> Call:
        """Asks the answerer about the frames of a request, or by words alone (None)."""
        clip = None if request is None else self.source.lazy_clip(request)
        return Call(request, self.answerer.answer(clip, question, options))


class EvaluationStrategy(Protocol):
    """Answers a sample in one particular way."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def needs(self) -> Needs:
        """What must be there: the files alone, an indexed library, or one with picture vectors."""
        ...

    def answer(self, sample: Sample, session: EvaluationSession) -> StrategyOutcome:
        """The answer to a sample, and what it took."""
        ...

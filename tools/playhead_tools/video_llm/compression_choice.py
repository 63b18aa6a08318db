"""Which compression a video-LLM uses: the method and how much of a look it keeps."""

from dataclasses import dataclass
from typing import Literal, get_args

from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.frames_by_question import QuestionFrames
from playhead_tools.video_llm.protocol import FrameChooser
from playhead_tools.video_llm.text_guided_selection import FrameScores, GuidedTokens, WordVectors
from playhead_tools.video_llm.token_keepers import LongVuTokens, UniformTokens
from playhead_tools.video_llm.token_selection import TokenKeeper
from playhead_tools.video_llm.token_shares import LookBudget

CompressionMethod = Literal["guided", "longvu", "uniform", "none"]
METHODS: tuple[CompressionMethod, ...] = get_args(CompressionMethod)
DEFAULT_METHOD: CompressionMethod = "guided"
WHOLE_TOKENS, DEFAULT_RATIO = 2_048, 0.25
"""A look of at most so many visual tokens is kept whole, and of a larger one this part, but no fewer tokens.
Measured with nano-vlm on the synthetic benchmark (decision 0053)."""


@dataclass(frozen=True, slots=True)
class Compression:
    """How the visual tokens of a look are reduced.

    Args:
        method: `guided` by the question (`GuidedTokens`), `longvu` by LongVU's rules (`LongVuTokens`),
            `uniform` by whole frames evenly spread (`UniformTokens`), `none` not at all.
        ratio: the most tokens kept / given of every look, above 0 and at most 1; None for the default:
            looks of more than `WHOLE_TOKENS` are reduced to `DEFAULT_RATIO`, but not below that number.

    Raises:
        ValueError: there is no such method, the ratio lies outside, or `none` is to keep a part.

    >>> Compression("none").keeps_all, Compression("guided", 1.0).keeps_all, Compression().keeps_all
    (True, True, False)
    """

    method: CompressionMethod = DEFAULT_METHOD
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"a compression method is one of {', '.join(METHODS)}, got {self.method!r}")
        _ = self.budget
        if self.method == "none" and self.ratio not in (None, 1.0):
            raise ValueError(
                f"the method none keeps all tokens, got a part of {self.ratio} to keep; leave one of them out"
            )

    @property
    def keeps_all(self) -> bool:
        """Whether no token is ever left out."""
        return self.method == "none" or self.ratio == 1.0

    @property
    def budget(self) -> LookBudget:
        """The most tokens of a look, by the number that it has."""
        return LookBudget(DEFAULT_RATIO, WHOLE_TOKENS) if self.ratio is None else LookBudget(self.ratio)

    @property
    def frame_ratio(self) -> float:
        """The part of a call's frames that a server is sent: it can be spared frames, not tokens."""
        return 1.0 if self.keeps_all or self.ratio is None else self.ratio

    def keeper(
        self, word_vectors: WordVectors, frame_scores: FrameScores | None = None
    ) -> TokenKeeper | None:
        """The token selection of this compression; None where all tokens are kept.

        Args:
            word_vectors: of the model that the tokens are for.
            frame_scores: of the library, for `guided`; words are compared without them.
        """
        if self.keeps_all:
            return None
        if self.method == "longvu":
            return LongVuTokens(self.budget, word_vectors)
        if self.method == "uniform":
            return UniformTokens(self.budget)
        budget = self.budget
        return GuidedTokens(budget.ratio, word_vectors, frame_scores, budget.whole_tokens)

    def chooser(self, frame_scores: FrameScores | None = None) -> FrameChooser:
        """Chooses frames for a model that takes no tokens, as one behind a server.

        By the question for `guided` and `longvu`, evenly for the others.
        """
        if self.method in ("uniform", "none"):
            return choose_evenly
        return QuestionFrames(frame_scores)


WHOLE = Compression("none")
"""No compression."""

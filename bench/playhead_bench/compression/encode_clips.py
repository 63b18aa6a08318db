"""Clips encoded once for all methods by nano-vlm, nano-clip and nano-dino."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.compression.clips import PaintedClip
from playhead_bench.nano.vlm_model import HEIGHT, PAIR, WIDTH
from playhead_index.embed.dino import load_dino
from playhead_index.embed.openclip import load_open_clip
from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens
from playhead_tools.compression.relevance import frame_scores, word_frame_scores, word_token_scores
from playhead_tools.compression.text_guided import fit_of_words, question_focus
from playhead_tools.video_llm.clip_encoder import ranked
from playhead_tools.video_llm.clip_features import ClipFeatures, encode, prepare_pixels
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.transformers_llm import word_rows

MAX_FRAMES = 128
"""Up to so many frames keep their full size here."""


@dataclass(frozen=True, slots=True, eq=False)
class Guidance:
    """Relevance of the frames of a clip to the text of a question.

    Args:
        image_scores: (N,) how well each step fits, by nano-clip.
        word_scores: (N,) the same by the language model's own word vectors.
        released_word_scores: (N,) likewise as LongVU's released code computes it.
        is_global: the question names no target.
    """

    image_scores: NDArray[np.float64]
    word_scores: NDArray[np.float64]
    released_word_scores: NDArray[np.float64]
    is_global: bool


@dataclass(frozen=True, eq=False)
class EncodedClip:
    """An encoded clip; a step is a pair of frames, which nano-vlm joins.

    Args:
        painted: the clip.
        features: what nano-vlm's encoder makes of it, N steps of T tokens.
        frame_vectors: (2 N, D) nano-clip's vectors of the frames.
        appearance: (N, 1, D) tensor, nano-dino's vectors, the mean of each step.
    """

    painted: PaintedClip
    features: ClipFeatures
    frame_vectors: NDArray[np.float32]
    appearance: Any

    @cached_property
    def tokens(self) -> ClipTokens:
        """The tokens with the mean times of their steps."""
        return ClipTokens(self.features.tokens, self.painted.pts_s.reshape(-1, PAIR).mean(axis=1))

    @cached_property
    def order(self) -> Any:
        """(N, T) int64, the places of each step's tokens by importance, as the product caches it."""
        return ranked(self.features).order

    @property
    def given_tokens(self) -> int:
        """All visual tokens."""
        return len(self.tokens) * self.tokens.tokens_per_frame


class ClipEncoders:
    """The three encoders, loaded from their folders.

    Args:
        video: of nano-vlm.
        picture: of nano-clip.
        appearance: of nano-dino.

    Raises:
        ModelUnavailable: one of them does not load.
    """

    def __init__(self, video: Path | str, picture: Path | str, appearance: Path | str) -> None:
        self.loaded: LoadedModel = load(str(video), LoadOptions(device="cpu"))
        budget = {"shortest_edge": HEIGHT * WIDTH // 4, "longest_edge": HEIGHT * WIDTH * MAX_FRAMES}
        self.loaded.processor.video_processor.size = budget
        self._clip = load_open_clip(f"local-dir:{picture}", device="cpu")
        self._dino = load_dino(str(appearance), device="cpu")

    def encode(self, painted: PaintedClip) -> EncodedClip:
        """The clip encoded.

        Raises:
            ModelUnavailable: the processor refuses its frames.
        """
        lasts_s = float(painted.pts_s[-1] - painted.pts_s[0]) + 1.0
        features = encode(self.loaded, prepare_pixels(self.loaded, painted.small, painted.pts_s, lasts_s))
        squares = list(painted.square)
        vectors = torch().from_numpy(self._dino.encode_images(squares))
        appearance = vectors.reshape(-1, PAIR, 1, vectors.shape[1]).mean(dim=1)
        return EncodedClip(painted, features, self._clip.encode_images(squares), appearance)

    def guidance(self, clip: EncodedClip, text: str) -> Guidance:
        """The relevance of a clip's frames to a question, by images and by words."""
        targets = question_focus(text)
        frames = frame_scores(clip.frame_vectors, self._clip.encode_texts(targets.texts))
        scores = fit_of_words(clip.tokens, self._words(targets.texts))
        compat = {"reference_compat": True}
        released = word_frame_scores(
            word_token_scores(clip.tokens, self._words((text,)), reference_compat=True), **compat
        )
        return Guidance(frames.reshape(-1, PAIR).max(axis=1), scores, released, targets.is_global)

    def _words(self, texts: Sequence[str]) -> Any:
        """(Q, D) the language model's own vectors of the tokens of some texts."""
        return torch().cat([word_rows(self.loaded, text) for text in texts])

"""A clip as all methods see it: encoded once by nano-vlm, nano-clip and nano-dino."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.compression.clips import Painted
from playhead_bench.nano.vlm import HEIGHT, PAIR, WIDTH
from playhead_index.embed.dino import load_dino
from playhead_index.embed.openclip import load_open_clip
from playhead_index.embed.runtime import torch
from playhead_tools.compression.guidance import frame_scores, word_frame_scores, word_token_scores
from playhead_tools.compression.guided import fit_of_words, sought
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.encode_call import ranked
from playhead_tools.video_llm.encoded import ClipFeatures, encode, prepare_pixels
from playhead_tools.video_llm.loading import Loaded, Loading, load
from playhead_tools.video_llm.transformers_llm import word_rows

MOST_FRAMES = 128
"""Up to so many frames keep their full size here."""


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What the text of a question says about a clip.

    Args:
        by_pictures: (N,) how well each step fits, by nano-clip.
        by_words: (N,) the same by the language model's own word vectors.
        by_words_released: (N,) likewise as LongVU's released code reckons.
        of_the_whole: the question names nothing that could be looked for.
    """

    by_pictures: NDArray[np.float64]
    by_words: NDArray[np.float64]
    by_words_released: NDArray[np.float64]
    of_the_whole: bool


@dataclass(frozen=True, eq=False)
class Look:
    """An encoded clip; a step is a pair of frames, which nano-vlm joins.

    Args:
        painted: the clip.
        features: what nano-vlm's encoder makes of it, N steps of T tokens.
        pictures: (2 N, D) nano-clip's vectors of the frames.
        appearance: (N, 1, D) tensor, nano-dino's vectors, the mean of each step.
    """

    painted: Painted
    features: ClipFeatures
    pictures: NDArray[np.float32]
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


class Eyes:
    """The three encoders, loaded from their folders.

    Args:
        video: of nano-vlm.
        picture: of nano-clip.
        appearance: of nano-dino.

    Raises:
        ModelUnavailable: one of them does not load.
    """

    def __init__(self, video: Path | str, picture: Path | str, appearance: Path | str) -> None:
        self.loaded: Loaded = load(str(video), Loading(device="cpu"))
        most = {"shortest_edge": HEIGHT * WIDTH // 4, "longest_edge": HEIGHT * WIDTH * MOST_FRAMES}
        self.loaded.processor.video_processor.size = most
        self._clip = load_open_clip(f"local-dir:{picture}", device="cpu")
        self._dino = load_dino(str(appearance), device="cpu")

    def look(self, painted: Painted) -> Look:
        """The clip encoded.

        Raises:
            ModelUnavailable: the processor refuses its frames.
        """
        lasts_s = float(painted.pts_s[-1] - painted.pts_s[0]) + 1.0
        features = encode(self.loaded, prepare_pixels(self.loaded, painted.small, painted.pts_s, lasts_s))
        squares = list(painted.square)
        seen = torch().from_numpy(self._dino.encode_images(squares))
        appearance = seen.reshape(-1, PAIR, 1, seen.shape[1]).mean(dim=1)
        return Look(painted, features, self._clip.encode_images(squares), appearance)

    def guide(self, look: Look, text: str) -> Guide:
        """What a question says about a clip, by both ways."""
        wanted = sought(text)
        frames = frame_scores(look.pictures, self._clip.encode_texts(wanted.texts))
        scores = fit_of_words(look.tokens, self._words(wanted.texts))
        compat = {"reference_compat": True}
        released = word_frame_scores(
            word_token_scores(look.tokens, self._words((text,)), reference_compat=True), **compat
        )
        return Guide(frames.reshape(-1, PAIR).max(axis=1), scores, released, wanted.of_the_whole)

    def _words(self, texts: Sequence[str]) -> Any:
        """(Q, D) the language model's own vectors of the tokens of some texts."""
        return torch().cat([word_rows(self.loaded, text) for text in texts])

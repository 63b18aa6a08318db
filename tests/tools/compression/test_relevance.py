"""Tests of how well frames and tokens fit a question."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression import slow_oracle
from tests.tools.compression.made_clips import clip_of, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.relevance import frame_scores, word_frame_scores, word_token_scores


def words_of(seed: int, many: int = 3):  # type: ignore[no-untyped-def]
    return torch().from_numpy(np.random.default_rng(seed).normal(size=(many, 6)))


def test_a_frame_fits_as_well_as_its_best_query() -> None:
    frames = np.array([[1.0, 0.0], [0.6, 0.8]])
    assert frame_scores(frames, np.array([[0.0, 1.0], [1.0, 0.0]])).tolist() == [1.0, 0.8]


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=20)
def test_tokens_fit_as_the_formula_says(seed: int) -> None:
    clip, words = random_clip(4, 5, seed=seed), words_of(seed)
    expected = slow_oracle.word_scores(clip.tokens.numpy(), words.numpy())
    assert np.allclose(word_token_scores(clip, words).numpy(), expected, atol=1e-9)


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=20)
def test_longvu_means_raw_products_of_tokens_and_words(seed: int) -> None:
    clip, words = random_clip(4, 5, seed=seed), words_of(seed)
    got = word_frame_scores(word_token_scores(clip, words, reference_compat=True), reference_compat=True)
    pairs = [[slow_oracle.dot(t, w) for t in frame for w in words] for frame in clip.tokens]
    assert np.allclose(got, np.mean(pairs, axis=1), atol=1e-9)


def test_a_small_thing_makes_its_frame_fit() -> None:
    tokens = torch().zeros(3, 16, 4) + torch().tensor([1.0, 0.0, 0.0, 0.0])
    tokens[1, 5:7] = torch().tensor([0.0, 1.0, 0.0, 0.0])
    scores = word_token_scores(clip_of(tokens), torch().tensor([[0.0, 1.0, 0.0, 0.0]]))
    assert scores[1].topk(2).indices.sort().values.tolist() == [5, 6]
    assert word_frame_scores(scores).argmax() == 1


def test_a_word_that_fits_everywhere_alike_says_nothing() -> None:
    clip = clip_of(torch().ones(2, 3, 4))
    assert word_token_scores(clip, torch().ones(1, 4)).tolist() == [[0.0] * 3] * 2


def test_words_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"need \(Q, D\) words for \(2, 3, 6\), got \(1, 4\)"):
        word_token_scores(random_clip(2, 3), torch().ones(1, 4))

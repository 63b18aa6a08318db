"""Tests of LongVU's two resolutions, its grids, and where ours differs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression import slow_oracle
from tests.tools.compression.made_clips import clip_of, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.longvu import MixedTokens, mix_resolutions
from playhead_tools.compression.longvu_grid import unpadded_cells, with_newlines
from playhead_tools.compression.records import ClipTokens
from playhead_tools.compression.relevance import word_frame_scores, word_token_scores


def grids(frames: int, fine: int, coarse: int, seed: int = 0) -> tuple[ClipTokens, ClipTokens]:
    return random_clip(frames, fine, 2, seed, 0.5), random_clip(frames, coarse, 2, seed + 1, 0.5)


def triples(mixed: MixedTokens) -> list[tuple[str, int, int]]:
    both = [
        (frame, name, place)
        for name, kept in (("high", mixed.high), ("low", mixed.low))
        for frame, place in zip(kept.frame_of.tolist(), kept.place_of.tolist(), strict=True)
    ]
    return [(name, frame, place) for frame, name, place in sorted(both)]


@given(
    st.integers(1, 24), st.sampled_from([(156, 72), (84, 40), (132, 56)]), st.integers(30, 3000),
    st.sampled_from([0.6, 0.8]), st.integers(0, 10**6),
)  # fmt: skip
@settings(deadline=None, max_examples=25)
def test_longvus_tokens_are_those_of_its_released_code(
    frames: int, sizes: tuple[int, int], budget: int, threshold: float, seed: int
) -> None:
    high, low = grids(frames, *sizes, seed)
    words = torch().from_numpy(np.random.default_rng(seed).normal(size=(3, 2)))
    scores = word_frame_scores(word_token_scores(low, words, reference_compat=True), reference_compat=True)
    mixed = mix_resolutions(high, low, scores, budget, threshold=threshold, reference_compat=True)
    slow = slow_oracle.longvu_mixed(high.tokens.numpy(), low.tokens.numpy(), words.numpy(), budget, threshold)
    assert triples(mixed) == slow
    rows = [(high if name == "high" else low).tokens[frame, place] for name, frame, place in slow]
    assert torch().equal(mixed.of(high, low), torch().stack(rows))


@given(st.integers(1, 24), st.integers(0, 400), st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_ours_is_never_above_the_budget(frames: int, budget: int, seed: int) -> None:
    high, low = grids(frames, 12, 5, seed)
    mixed = mix_resolutions(high, low, np.random.default_rng(seed).random(frames), budget)
    assert len(mixed) <= budget
    assert budget < frames * 12 or len(mixed) == frames * 12
    assert budget < frames * 5 or len({frame for _, frame, _ in triples(mixed)}) == frames


def test_the_frames_that_fit_best_are_fine() -> None:
    high, low = grids(4, 12, 5)
    mixed = mix_resolutions(high, low, np.array([0.1, 0.9, 0.2, 0.9]), 4 * 5 + 2 * 7)
    assert mixed.high.counts.tolist() == [0, 12, 0, 12]
    assert mixed.low.counts.tolist() == [5, 0, 5, 0]
    assert mixed.regime == "mixed"


@pytest.mark.parametrize(
    ("compat", "budget", "regime"),
    [(False, 1584, "mixed"), (True, 1584, "mixed"), (False, 1585, "mixed"), (True, 1585, "high")],
)
def test_longvu_does_not_count_newlines_when_it_chooses_its_way(
    compat: bool, budget: int, regime: str
) -> None:
    high, low = grids(10, 160, 72)
    mixed = mix_resolutions(high, low, np.zeros(10), budget, reference_compat=compat)
    assert mixed.regime == regime
    assert len(mixed) <= budget


@pytest.mark.parametrize(
    ("width_px", "height_px", "tokens"),
    [(384, 384, (156, 72)), (1280, 720, (84, 40)), (640, 480, (132, 56))],
    ids=["square", "16:9", "4:3"],
)
def test_longvus_frames_have_as_many_tokens_as_its_own(
    width_px: int, height_px: int, tokens: tuple[int, int]
) -> None:
    counts = []
    for side in (12, 8):
        scale = 12 / side
        size = (int(width_px / scale), int(height_px / scale))
        rows, columns = unpadded_cells(side, *size, reference_compat=True)
        grid = torch().zeros(2, side, side, 3)[:, rows, columns]
        counts.append(with_newlines(grid, torch().ones(3)).shape[1])
    assert tuple(counts) == tokens


def test_a_newline_stands_at_the_end_of_every_row() -> None:
    flat = with_newlines(torch().zeros(1, 2, 2, 1), torch().ones(1))
    assert flat[0, :, 0].tolist() == [0, 0, 1, 0, 0, 1]


def test_a_coarse_grid_that_is_not_coarser_is_refused() -> None:
    clip = clip_of(torch().ones(2, 3, 1))
    with pytest.raises(ValueError, match="the second coarser"):
        mix_resolutions(clip, clip, np.zeros(2), 9)

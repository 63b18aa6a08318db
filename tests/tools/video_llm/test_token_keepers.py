"""Evenly spread tokens and LongVU's rules on the tokens of any model, within their budget."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tools.video_llm.seen_clips import exact, noise, vlm_request

from playhead_index.embed.runtime import torch
from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.budget_plan import TokenCosts
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.compression_choice import WHOLE_TOKENS, Compression
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.token_keepers import LongVuTokens, UniformTokens, coarse_places
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.token_shares import LookBudget
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

Checkpoint = Callable[[str], Path]
LAMP = "What colour is the lamp?"
MODELS: dict[Path, TransformersVideoLLM] = {}


def vectors(text: str) -> Any:
    return np.eye(len(text.split()), 6, dtype=np.float32)


def tokenized(tokens: Any, around_frame: int = 0) -> TokenizedClip:
    """A clip of (N, T, 6) tokens whose steps are a second apart."""
    steps, per_step, _ = tokens.shape
    clip = ClipTokens(tokens, np.arange(steps, dtype=np.float64))
    costs, order = TokenCosts(per_step, around_frame), torch().arange(per_step).expand(steps, per_step)
    given: Any = None
    return TokenizedClip(given, given, clip, costs, order, steps * (per_step + around_frame))


def random_clip(steps: int, per_step: int, around_frame: int, seed: int = 0) -> TokenizedClip:
    generator = torch().Generator().manual_seed(seed)
    return tokenized(torch().randn(steps, per_step, 6, generator=generator), around_frame)


def cost_of(clip: TokenizedClip, selected: Any) -> int:
    shown = int((selected.counts > 0).sum())
    return len(selected) + clip.costs.around_frame * shown + clip.costs.around_clip


@given(
    steps=st.integers(1, 40), per_step=st.integers(1, 30), around=st.integers(0, 6),
    ratio=st.floats(0.2, 1.0), seed=st.integers(0, 99),
)  # fmt: skip
@settings(deadline=None)
def test_no_rule_keeps_more_than_its_part_or_out_of_order(
    steps: int, per_step: int, around: int, ratio: float, seed: int
) -> None:
    clip, budget = random_clip(steps, per_step, around, seed), LookBudget(ratio)
    for keep in (UniformTokens(budget), LongVuTokens(budget, vectors)):
        try:
            (selected,) = keep([clip], LAMP, None)
        except TokenBudgetExceeded:
            assert int(ratio * clip.all_tokens) < around + 1
            continue
        assert 0 < cost_of(clip, selected) <= max(1, int(ratio * clip.all_tokens))
        assert bool((selected.indices.diff() > 0).all())


def test_uniform_keeps_whole_steps_in_the_middles_of_equal_parts() -> None:
    (selected,) = UniformTokens(LookBudget(0.25))([random_clip(8, 4, 0)], LAMP, None)
    assert selected.counts.tolist() == [0, 0, 4, 0, 0, 0, 4, 0]


def test_uniform_keeps_an_even_part_of_the_middle_step_where_no_whole_one_fits() -> None:
    (selected,) = UniformTokens(LookBudget(0.125))([random_clip(4, 8, 0)], LAMP, None)
    assert selected.indices.tolist() == [2 * 8 + 1, 2 * 8 + 3, 2 * 8 + 5, 2 * 8 + 7]


def test_longvu_drops_steps_that_look_like_their_window() -> None:
    tokens = torch().zeros(8, 4, 6)
    tokens[..., 0] = 1.0
    tokens[5, :, 0], tokens[5, :, 1] = 0.0, 1.0
    (selected,) = LongVuTokens(LookBudget(0.25), vectors)([tokenized(tokens)], LAMP, None)
    assert np.flatnonzero(selected.counts).tolist() == [4, 5]


def test_longvu_keeps_the_steps_that_fit_the_question_fine_and_the_others_coarse() -> None:
    tokens = torch().eye(6)[:6, None].repeat(1, 9, 1)
    clip = tokenized(tokens)
    (selected,) = LongVuTokens(LookBudget(29 / 54), lambda text: np.eye(6, dtype=np.float32)[3:4])(
        [clip], "x", None
    )
    assert selected.counts.tolist() == [4, 4, 4, 9, 4, 4]
    assert selected.indices[:4].tolist() == coarse_places(9).tolist()


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision", "video_llama_3"])
@pytest.mark.parametrize("method", ["longvu", "uniform", "guided"])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ratio=st.floats(0.5, 0.99), frames=st.integers(4, 10))
def test_a_model_gets_at_most_the_part_of_each_method(
    family: str, method: Any, ratio: float, frames: int, checkpoint: Checkpoint
) -> None:
    llm = MODELS.setdefault(checkpoint(family), exact(checkpoint(family)))
    llm.keep = Compression(method, ratio).keeper(llm.word_vectors)
    prompt = llm.prompt(vlm_request(noise(frames), question=LAMP))
    kept = prune_row(prompt.row, prompt.token_indices).visual_tokens
    assert 0 < kept <= ratio * prompt.row.clips[0].all_tokens


# ---- how much of a look is kept ----


def test_a_look_up_to_the_limit_is_kept_whole_and_a_larger_one_is_not_reduced_below_it() -> None:
    budget = Compression().budget
    assert budget.shares([WHOLE_TOKENS], None) == [WHOLE_TOKENS]
    assert budget.shares([WHOLE_TOKENS + 1], None) == [WHOLE_TOKENS]
    assert budget.shares([8 * WHOLE_TOKENS], None) == [2 * WHOLE_TOKENS]


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=4), st.integers(0, 9000), st.floats(0.05, 1))
def test_the_shares_of_clips_keep_to_every_limit(sizes: list[int], most: int, ratio: float) -> None:
    shares = LookBudget(ratio, 500).shares(sizes, most)
    assert sum(shares) <= min(most, max(500, ratio * sum(sizes)))
    assert all(0 <= share <= size for share, size in zip(shares, sizes, strict=True))


def test_the_default_leaves_a_small_look_as_it_is(checkpoint: Checkpoint) -> None:
    plain, ours = exact(checkpoint("qwen3_vl")), exact(checkpoint("qwen3_vl"))
    ours.keep = Compression().keeper(ours.word_vectors)
    call = vlm_request(noise(6), question=LAMP)
    want, got = (llm.inputs([llm.prompt(call)]) for llm in (plain, ours))
    assert torch().equal(want["input_ids"], got["input_ids"])


@pytest.mark.parametrize("method", ["none", "guided"])
def test_no_keeper_where_all_tokens_are_kept(method: Any) -> None:
    assert Compression(method, None if method == "none" else 1.0).keeper(vectors) is None


def test_the_method_none_cannot_keep_a_part() -> None:
    with pytest.raises(ValueError, match=r"the method none keeps all tokens, got a part of 0\.5"):
        Compression("none", 0.5)


def test_an_unknown_method_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="one of guided, longvu, uniform, none, got 'best'"):
        Compression("best")  # type: ignore[arg-type]

"""LongVU behind the protocol: batches, turns, compression, cached clips, pruned frames."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.longvu.test_longvu_parity import clip_of, request_of
from tests.tools.video_llm.seen_clips import exact, logits

from playhead_index.embed.runtime import torch
from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.compression_choice import Compression
from playhead_tools.video_llm.longvu_selection import two_grid_tokens
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import Budget, PriorTurn, VlmRequest
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM


def roomy(folder: Path, **how: Any) -> TransformersVideoLLM:
    """The model with a context of 700 tokens."""
    llm = exact(folder, **how)
    llm.loaded.model.config.tokenizer_model_max_length = 700
    return llm


@pytest.fixture
def llm(released: Callable[[str], Path]) -> TransformersVideoLLM:
    return roomy(released("qwen"))


def test_without_a_keeper_every_frame_is_shown_in_its_fine_grid(llm: TransformersVideoLLM) -> None:
    response = llm.generate(request_of(clip_of(range(3))))
    fine = llm.prompt(request_of(clip_of(range(3)))).row.clips[0].features.fine_rows
    assert fine == 12 * 9
    assert response.report.visual_tokens_kept == response.report.visual_tokens_given == 3 * fine
    assert response.text


def test_a_long_text_leaves_room_for_fewer_frames(llm: TransformersVideoLLM) -> None:
    request = replace(request_of(clip_of(range(4))), question="What is it? " * 30)
    prompt = llm.prompt(request)
    max_tokens = llm.limits.max_prompt_tokens(request.budget.new_tokens)
    assert max_tokens is not None
    assert len(prune_row(prompt.row, prompt.token_indices).ids) <= max_tokens
    assert 0 < len(prompt.prompt_frames) < 4


def test_a_batch_padded_on_the_left_says_what_single_calls_say(llm: TransformersVideoLLM) -> None:
    calls = [request_of(clip_of(range(1))), request_of(clip_of(range(4), 20, 20))]
    prompts = [llm.prompt(call) for call in calls]
    together = logits(llm.loaded.model, llm.inputs(prompts))[:, -1]
    alone = torch().stack([logits(llm.loaded.model, llm.inputs([one]))[0, -1] for one in prompts])
    np.testing.assert_allclose(together, alone, atol=1e-11)


def test_a_later_turn_goes_on_from_the_first_and_equals_a_fresh_run(
    llm: TransformersVideoLLM, released: Callable[[str], Path]
) -> None:
    first = request_of(clip_of(range(3)))
    answer = llm.generate(first).text
    later = replace(first, turns=(PriorTurn("model", answer), PriorTurn("user", "And after that?")))
    fresh = roomy(released("qwen"), reuse_bytes=0).generate(later)
    reused = llm.generate(later)
    assert reused.text == fresh.text
    assert reused.report.reused_tokens is not None
    assert reused.report.reused_tokens > 3 * 108


@pytest.mark.parametrize("ratio", [0.1, 0.5])
def test_guided_compression_keeps_fine_tokens_within_its_part(
    llm: TransformersVideoLLM, ratio: float
) -> None:
    llm.keep = GuidedTokens(ratio, llm.word_vectors)
    prompt = llm.prompt(request_of(clip_of(range(6))))
    features, kept = prompt.row.clips[0].features, prompt.token_indices[0]
    assert 0 < len(kept) <= ratio * 6 * 108
    assert len(kept) > ratio * 6 * 108 - 6
    assert bool((kept % features.tokens_per_step < 108).all())


def test_longvus_own_rules_show_no_frame_in_both_grids(llm: TransformersVideoLLM) -> None:
    llm.keep = two_grid_tokens(llm)
    prompt = llm.prompt(request_of(clip_of(range(4))))
    features, kept = prompt.row.clips[0].features, prompt.token_indices[0]
    frames, is_fine = kept // features.tokens_per_step, kept % features.tokens_per_step < 108
    fine, coarse = set(frames[is_fine].tolist()), set(frames[~is_fine].tolist())
    assert fine.isdisjoint(coarse)
    assert fine
    assert coarse
    assert len(prompt.row.ids) - len(prompt.row.clips[0].columns) + len(kept) <= 700 - 16


def test_longvus_own_rules_keep_to_a_ratio_and_to_a_budget(llm: TransformersVideoLLM) -> None:
    llm.keep = two_grid_tokens(llm, 0.25)
    assert llm.generate(request_of(clip_of(range(6)))).report.visual_tokens_kept <= 0.25 * 6 * 108
    budget = replace(
        request_of(clip_of(range(6))), budget=Budget(frames=None, visual_tokens=60, new_tokens=2)
    )
    assert llm.generate(budget).report.visual_tokens_kept <= 60


def test_a_ratio_that_leaves_no_token_is_refused(llm: TransformersVideoLLM) -> None:
    llm.keep = two_grid_tokens(llm, 0.001)
    with pytest.raises(TokenBudgetExceeded, match="0 visual tokens are allowed for a clip of 4 frames"):
        llm.generate(request_of(clip_of(range(4))))


def test_redundant_frames_of_a_long_clip_are_never_encoded(llm: TransformersVideoLLM) -> None:
    clip = clip_of(range(32))
    still = replace(clip, frames=np.repeat(clip.frames[:1], 32, axis=0))
    llm.keep = two_grid_tokens(llm)
    features = llm.prompt(request_of(still)).row.clips[0].features
    shown = torch().unique(features.default_indices // features.tokens_per_step).tolist()
    assert shown == [8, 24]
    assert (~features.redundant).nonzero()[:, 0].tolist() == [8, 24]
    assert float(features.tokens[9].abs().max()) == 0.0


def test_features_with_two_grids_come_back_from_a_file(llm: TransformersVideoLLM) -> None:
    features = llm.prompt(request_of(clip_of(range(2)))).row.clips[0].features
    again = ClipFeatures.from_bytes(features.to_bytes())
    assert again.fine_rows == features.fine_rows == 108
    assert torch().equal(again.redundant, features.redundant)
    assert torch().equal(again.default_indices, features.default_indices)


def test_times_may_stand_between_the_frames(released: Callable[[str], Path]) -> None:
    llm = exact(released("qwen"), times="between")
    prompt = llm.prompt(request_of(clip_of(range(2))))
    text = llm.loaded.tokenizer.decode(prompt.row.ids)
    assert "Frame 1 at 0.0 s: <|video_pad|>" in text
    assert "\nFrame 2 at 1.0 s: <|video_pad|>" in text


def test_two_clips_share_the_context(llm: TransformersVideoLLM) -> None:
    llm.keep = two_grid_tokens(llm)
    one, two = clip_of(range(4)), replace(clip_of([4, 5, 6, 7]), video_id="w")
    budget = Budget(frames=None, visual_tokens=None, new_tokens=2)
    kept = llm.prompt(VlmRequest((one, two), "What is it?", budget, plain_prompt=True)).token_indices
    assert sum(map(len, kept)) <= 700 - 16
    assert all(len(indices) for indices in kept)


@pytest.mark.parametrize("method", ["guided", "uniform", "longvu"])
def test_every_compression_by_name_runs_on_two_grids(llm: TransformersVideoLLM, method: str) -> None:
    compression = Compression(method, 0.4)
    llm.keep = compression.keeper(llm.word_vectors, None, two_grid_tokens(llm, compression.ratio))
    report = llm.generate(request_of(clip_of(range(6)))).report
    assert report.visual_tokens_given == 6 * 108
    assert report.visual_tokens_kept is not None
    assert 0.25 * 6 * 108 < report.visual_tokens_kept <= 0.4 * 6 * 108


def test_a_strip_of_a_long_clip_shows_only_encoded_frames_in_their_fine_grid(
    llm: TransformersVideoLLM,
) -> None:
    clip = clip_of([0] * 16 + list(range(1, 17)))
    prompt = llm.prompt(request_of(replace(clip, strip_frames=1)))
    features, kept = prompt.row.clips[0].features, prompt.token_indices[0]
    shown = torch().unique(features.default_indices // features.tokens_per_step)
    assert len(shown) < 32
    assert 0 < len(kept) <= 108
    assert set((kept // features.tokens_per_step).tolist()) == set(shown.tolist())
    assert bool((kept % features.tokens_per_step < 108).all())

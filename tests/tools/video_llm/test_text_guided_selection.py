"""The shipped keeper: never above its part of the tokens, in order, the same at each call, ranked once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tools.video_llm.seen_clips import exact, noise, vlm_request
from tests.tools.video_llm.test_video_llama_3 import half_still

import playhead_tools.video_llm.clip_encoder as looking
from playhead_index.embed.runtime import torch
from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

Checkpoint = Callable[[str], Path]
LAMP, WHOLE = "What colour is the lamp?", "What happens in this video?"


MODELS: dict[Path, TransformersVideoLLM] = {}


def guided(folder: Path, ratio: float, scores: Any = None, **how: Any) -> TransformersVideoLLM:
    """A model with a keeper; the same one again where nothing else is asked for."""
    llm = exact(folder, **how) if how else MODELS.setdefault(folder, exact(folder))
    llm.keep = GuidedTokens(ratio, llm.word_vectors, scores)
    return llm


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision", "video_llama_3"])
@pytest.mark.parametrize("question", [LAMP, WHOLE], ids=["about a thing", "about the whole"])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ratio=st.floats(0.5, 1.0), frames=st.integers(4, 10))
def test_never_more_than_the_part_is_kept_and_all_in_order(
    family: str, question: str, ratio: float, frames: int, checkpoint: Checkpoint
) -> None:
    prompt = guided(checkpoint(family), ratio).prompt(vlm_request(noise(frames), question=question))
    (kept,) = prompt.token_indices
    whole = prompt.row.clips[0].all_tokens
    assert len(kept) > 0
    assert bool((kept.diff() > 0).all())
    assert prune_row(prompt.row, prompt.token_indices).visual_tokens <= ratio * whole


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision", "video_llama_3"])
def test_at_ratio_one_the_call_is_that_of_a_model_without_a_keeper(
    family: str, checkpoint: Checkpoint
) -> None:
    call = vlm_request(half_still() if family == "video_llama_3" else noise(6), question=LAMP)
    plain, ours = exact(checkpoint(family)), guided(checkpoint(family), 1.0)
    want, got = (llm.inputs([llm.prompt(call)]) for llm in (plain, ours))
    assert torch().equal(want["input_ids"], got["input_ids"])
    assert ours.generate(call).text == plain.generate(call).text
    rows = [llm.prompt(call) for llm in (plain, ours)]
    first, second = (prune_row(one.row, one.token_indices).features[0][1] for one in rows)
    assert all(torch().equal(a, b) for a, b in zip(first, second, strict=True))


def test_two_models_keep_the_same_tokens_for_the_same_question(checkpoint: Checkpoint) -> None:
    call = vlm_request(noise(8), question=LAMP)
    kept = [
        guided(checkpoint("qwen3_vl"), 0.6, cache=FeatureCache()).prompt(call).token_indices for _ in range(2)
    ]
    assert torch().equal(kept[0][0], kept[1][0])


def test_a_second_question_pays_for_the_selection_alone(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm, ranked = guided(checkpoint("qwen3_vl"), 0.6, cache=FeatureCache()), list[int]()
    rank = looking.ranked

    def counted(clip: Any) -> Any:
        ranked.append(1)
        return rank(clip)

    monkeypatch.setattr(looking, "ranked", counted)
    for question in (LAMP, WHOLE, "Is there a dog?"):
        llm.prompt(vlm_request(noise(8), question=question))
    assert ranked == [1]


def test_the_ranking_is_kept_on_disk_with_the_clip(checkpoint: Checkpoint, tmp_path: Path) -> None:
    first = guided(checkpoint("qwen3_vl"), 0.6, cache=FeatureCache(folder=tmp_path))
    clip = first.prompt(vlm_request(noise(8))).row.clips[0].features
    again = guided(checkpoint("qwen3_vl"), 0.6, cache=FeatureCache(folder=tmp_path))
    assert torch().equal(again.prompt(vlm_request(noise(8))).row.clips[0].features.order, clip.order)


def test_a_clip_that_was_encoded_without_a_keeper_is_ranked_when_one_asks(checkpoint: Checkpoint) -> None:
    cache = FeatureCache()
    exact(checkpoint("qwen3_vl"), cache=cache).prompt(vlm_request(noise(8)))
    prompt = guided(checkpoint("qwen3_vl"), 0.6, cache=cache).prompt(vlm_request(noise(8)))
    order = prompt.row.clips[0].features.order
    assert torch().equal(order.sort(dim=1).values, torch().arange(6).expand(4, 6))


def test_of_all_clips_together_no_more_than_the_budget_is_kept(checkpoint: Checkpoint) -> None:
    llm = guided(checkpoint("llava_onevision"), 0.9)
    prompt = llm.prompt(vlm_request(noise(4), noise(8, 60.0), question=LAMP, visual_tokens=16))
    assert 12 <= prune_row(prompt.row, prompt.token_indices).visual_tokens <= 16
    assert all(len(kept) for kept in prompt.token_indices)


def test_a_part_that_holds_no_token_is_refused_with_the_reason(checkpoint: Checkpoint) -> None:
    with pytest.raises(TokenBudgetExceeded, match="a budget of 0 tokens does not hold one frame"):
        guided(checkpoint("llava_onevision"), 0.01).prompt(vlm_request(noise(4), question=LAMP))


def test_the_scores_of_pictures_say_which_steps_keep_most(checkpoint: Checkpoint) -> None:
    asked_of: list[tuple[str, list[float], tuple[str, ...]]] = []

    def last(video_id: str, pts_s: Any, texts: Any) -> Any:
        asked_of.append((video_id, pts_s.tolist(), tuple(texts)))
        return np.array([0.0, 0.0, 0.0, 1.0])

    prompt = guided(checkpoint("llava_onevision"), 0.5, last).prompt(vlm_request(noise(4), question=LAMP))
    assert asked_of == [("v1", [10.0, 10.5, 11.0, 11.5], ("lamp",))]
    assert (prompt.token_indices[0] >= 12).sum() == 4


def test_words_are_compared_where_the_index_has_no_pictures(checkpoint: Checkpoint) -> None:
    folder, call = checkpoint("llava_onevision"), vlm_request(noise(4), question=LAMP)
    by_words = guided(folder, 0.5).prompt(call).token_indices[0]
    assert torch().equal(guided(folder, 0.5, lambda *_: None).prompt(call).token_indices[0], by_words)


def test_a_question_about_the_whole_asks_no_scores_and_shares_evenly(checkpoint: Checkpoint) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("nothing was named that could be looked for")

    llm = guided(checkpoint("llava_onevision"), 0.6, never)
    (kept,) = llm.prompt(vlm_request(noise(4), question=WHOLE)).token_indices
    counts = torch().bincount(kept // 4, minlength=4)
    assert counts.max() - counts[counts > 0].min() <= 1


@pytest.mark.parametrize("ratio", [0.0, 1.1, -1.0])
def test_a_part_outside_nought_to_one_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match=f"above 0 and at most 1, got {ratio}"):
        GuidedTokens(ratio, lambda text: np.zeros((1, 4), np.float32))

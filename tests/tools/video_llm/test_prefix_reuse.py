"""What a prompt shares with an earlier one's beginning is not computed again, and nothing else changes."""

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise, vlm_request
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_tools.compression.records import SelectedTokens
from playhead_tools.video_llm.generation import inputs_after_prefix
from playhead_tools.video_llm.prefix_cache import Columns, PrefixCache, columns_of, keeps_all
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import PriorTurn, VlmRequest
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

Checkpoint = Callable[[str], Path]
QWEN = ("qwen3_vl", "qwen2_5_vl")
KEEPERS = [None, Places(1, 4, 5, 11)]
IDS = ["all tokens", "some tokens"]
RED = vlm_request(noise(8), question="Is it red?", new_tokens=6)
BLUE = vlm_request(noise(8), question="Where is the blue one?", new_tokens=6)


def went_on(llm: TransformersVideoLLM, call: VlmRequest) -> tuple[Any, int]:
    """(V,) scores of the first new token on top of what is held, and how many tokens were."""
    prompt = llm.prompt(call)
    cut = prune_row(prompt.row, prompt.token_indices)
    inputs, many = inputs_after_prefix(llm.loaded, cut, columns_of(cut, prompt.keys), llm.prefixes)
    inputs["input_ids"] = inputs["input_ids"][:, many:]
    inputs["position_ids"] = inputs["position_ids"][..., many:]
    return logits(llm.loaded.model, inputs)[0, -1], many


def from_nothing(llm: TransformersVideoLLM, call: VlmRequest) -> Any:
    """(V,) the same scores with nothing held."""
    return logits(llm.loaded.model, llm.inputs([llm.prompt(call)]))[0, -1]


@pytest.mark.parametrize("keep", KEEPERS, ids=IDS)
@pytest.mark.parametrize("family", MAKERS)
def test_a_second_question_has_the_scores_that_it_has_alone(
    family: str, keep: Places | None, checkpoint: Checkpoint
) -> None:
    llm = exact(checkpoint(family), keep=keep)
    with suppress(ModelOutputInvalid):  # random weights may end a reply at once
        llm.generate(RED)
    scores, many = went_on(llm, BLUE)
    assert many >= llm.prefixes._entries[0].columns.clips_end
    np.testing.assert_allclose(scores, from_nothing(llm, BLUE), atol=1e-12)


@pytest.mark.parametrize("keep", KEEPERS, ids=IDS)
@pytest.mark.parametrize("family", QWEN)
def test_replies_with_and_without_reuse_are_the_same(
    family: str, keep: Places | None, checkpoint: Checkpoint
) -> None:
    first, llm = exact(checkpoint(family), keep=keep, reuse_bytes=0), exact(checkpoint(family), keep=keep)
    later = replace(
        RED, turns=(PriorTurn("model", llm.generate(RED).text), PriorTurn("user", "Are you sure?"))
    )
    calls = [BLUE, later, replace(BLUE, yes_no=True)]
    got, expected = [llm.generate(call) for call in calls], [first.generate(call) for call in calls]
    assert [one.text for one in got] == [one.text for one in expected]
    assert got[2].yes_no is not None
    assert expected[2].yes_no is not None
    assert got[2].yes_no.yes == pytest.approx(expected[2].yes_no.yes, abs=1e-6)
    assert all((one.report.reused_tokens or 0) > 100 for one in got)
    assert [one.report.reused_tokens for one in expected] == [None, None, None]


@pytest.mark.parametrize("keep", KEEPERS, ids=IDS)
@pytest.mark.parametrize("family", QWEN)
def test_a_later_turn_goes_on_from_the_whole_talk(
    family: str, keep: Places | None, checkpoint: Checkpoint
) -> None:
    llm = exact(checkpoint(family), keep=keep)
    reply = llm.generate(RED)
    later = replace(RED, turns=(PriorTurn("model", reply.text), PriorTurn("user", "Are you sure?")))
    scores, many = went_on(llm, later)
    assert many >= (reply.report.prompt_tokens or 0)
    np.testing.assert_allclose(scores, from_nothing(llm, later), atol=1e-12)


@pytest.mark.parametrize("family", QWEN)
def test_a_clip_that_comes_after_the_same_ones_is_computed_alone(family: str, checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint(family), keep=Places(0, 3, 8))
    llm.generate(vlm_request(noise(8)))
    longer = vlm_request(noise(8), noise(4, 40.0))
    scores, many = went_on(llm, longer)
    assert many > 100
    np.testing.assert_allclose(scores, from_nothing(llm, longer), atol=1e-12)


class ByLength:
    """Keeps other tokens for longer questions."""

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        return Places(1, 4, 5, 6 + len(question) % 3)(clips, question, max_tokens)


@pytest.mark.parametrize("family", QWEN)
def test_a_question_that_keeps_other_tokens_shares_what_stands_before_them(
    family: str, checkpoint: Checkpoint
) -> None:
    llm = exact(checkpoint(family), keep=ByLength())
    llm.generate(vlm_request(noise(8), question="abc"))
    other = vlm_request(noise(8), question="abcd")
    scores, many = went_on(llm, other)
    assert 100 < many < llm.prefixes._entries[0].columns.clips_end
    np.testing.assert_allclose(scores, from_nothing(llm, other), atol=1e-12)


@pytest.mark.parametrize("change", [{"video_id": "v2"}, {"start_s": 30.0}, {"height": 32}])
def test_another_clip_shares_no_token_of_it(change: dict[str, Any], checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen2_5_vl"))
    llm.generate(vlm_request(noise(8)))
    prompt = llm.prompt(vlm_request(noise(8, **change)))
    columns = columns_of(prune_row(prompt.row, prompt.token_indices), prompt.keys)
    _, many = llm.prefixes.get(columns, llm.loaded.model.config)
    assert many <= int(prompt.row.clips[0].columns[0])


def test_a_batch_is_computed_from_the_beginning(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen2_5_vl"))
    llm.generate(RED)
    assert [one.report.reused_tokens for one in llm.generate_all([RED, BLUE])] == [None, None]


def test_clips_are_held_once_and_the_oldest_go_first(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen2_5_vl"))
    llm.generate(RED)
    one = llm.prefixes.in_memory_bytes
    llm.generate(BLUE)
    assert len(llm.prefixes) == 1
    llm.prefixes.max_bytes = int(1.5 * one)
    llm.generate(vlm_request(noise(8, video_id="v2"), question="Is it red?", new_tokens=6))
    assert len(llm.prefixes) == 1
    assert llm.generate(RED).report.reused_tokens in range(1, 1000)
    assert llm.prefixes.in_memory_bytes <= llm.prefixes.max_bytes


def test_held_keys_and_values_are_not_changed_by_who_goes_on_from_them(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    llm.generate(RED)
    keys = llm.prefixes._entries[0].cache.layers[0].keys.clone()
    held = llm.prefixes._entries[0]
    went_on(llm, BLUE)
    assert torch().equal(held.cache.layers[0].keys, keys)


def test_without_memory_what_is_held_goes_and_the_call_is_made_again(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = exact(checkpoint("qwen2_5_vl"))
    expected = llm.generate(BLUE).text
    real, failed = llm.loaded.model.generate, list[int]()

    def scarce(**how: Any) -> Any:
        if len(llm.prefixes):
            failed.append(1)
            raise torch().OutOfMemoryError("out of memory")
        return real(**how)

    monkeypatch.setattr(llm.loaded.model, "generate", scarce)
    reply = llm.generate(BLUE)
    assert (reply.text, reply.report.reused_tokens, failed) == (expected, 0, [1])


def test_without_memory_and_with_nothing_held_the_message_says_what_to_do(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = exact(checkpoint("qwen2_5_vl"))

    def none(**how: Any) -> Any:
        raise torch().OutOfMemoryError("out of memory")

    monkeypatch.setattr(llm.loaded.model, "generate", none)
    with pytest.raises(ModelUnavailable, match=r"not enough memory for \d frames .*; show less"):
        llm.generate(RED)


def test_a_model_with_sliding_windows_goes_on_from_the_end_of_the_clips(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoint("llava_onevision"), tmp_path / "sliding")
    config = json.loads((folder / "config.json").read_text())
    forgets = {"use_sliding_window": True, "sliding_window": 64, "max_window_layers": 1}
    config["text_config"] |= forgets | {"layer_types": ["full_attention", "sliding_attention"]}
    (folder / "config.json").write_text(json.dumps(config))
    llm = exact(folder)
    assert not keeps_all(llm.loaded.model.config)
    llm.generate(RED)
    scores, many = went_on(llm, BLUE)
    assert many == llm.prefixes._entries[0].columns.clips_end
    np.testing.assert_allclose(scores, from_nothing(llm, BLUE), atol=1e-12)


def test_columns_are_shared_up_to_the_first_that_differs_in_what_or_where_it_is() -> None:
    places = np.array([[0, 1, 2], [0, 1, 2], [0, 1, 2]])
    here = Columns(np.array([5, -7, 6]), places, 2)
    assert here.shared(Columns(np.array([5, -7, 6, 8]), np.pad(places, ((0, 0), (0, 1))), 2)) == 3
    assert here.shared(Columns(np.array([5, -8, 6]), places, 2)) == 1
    assert here.shared(Columns(here.marks, places + np.array([0, 0, 1]), 2)) == 2


def test_words_that_follow_stand_one_place_further_each() -> None:
    places = np.array([[0, 4], [0, 4], [0, 4]])
    longer = Columns(np.array([5, 6]), places, 0).plus([8, 9])
    assert longer.marks.tolist() == [5, 6, 8, 9]
    assert longer.places is not None
    assert longer.places[0].tolist() == [0, 4, 5, 6]


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        PrefixCache(-1)

"""Models with windows and recurrent layers go on from the end of the clips, and nothing else changes."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.video_llm.seen_clips import Places, noise, vlm_request

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.testing import FixedMemory
from playhead_tools.video_llm.first_token import FirstTokenProbe
from playhead_tools.video_llm.generation import PrefixReuse, generate_reusing_prefix
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.prefix_cache import Columns, PrefixCache, cache_size_bytes, copy_cache
from playhead_tools.video_llm.prompt_rows import first_columns, prune_row
from playhead_tools.video_llm.protocol import PriorTurn
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM, greedy_config

Models = Callable[..., TransformersVideoLLM]
HYBRID = ("qwen3_5", "gemma4", "minicpmv4_6", "lfm3_vl", "nemotron_h_omni")
RED = vlm_request(noise(8), question="Is it red?", new_tokens=6)
BLUE = vlm_request(noise(8), question="Where is the blue one?", new_tokens=6)
OTHER_CLIP = vlm_request(noise(8, video_id="v2"), question="Is it red?", new_tokens=6)


@pytest.fixture(scope="module")
def fresh(checkpoint: Callable[[str], Path]) -> Models:
    """`fresh("qwen3_5")` is a tiny model in single precision with nothing held; weights are loaded once."""
    loaded: dict[str, Any] = {}

    def get(family: str, **how: Any) -> TransformersVideoLLM:
        llm = TransformersVideoLLM(checkpoint(family), loading=LoadOptions("cpu", "float32"), **how)
        if family not in loaded:
            found = load(str(checkpoint(family)), LoadOptions(device="cpu", dtype="float32"))
            _write_only(found.model, found.tokenizer.convert_tokens_to_ids(list("abcdefgh")))
            loaded[family] = found
        llm.__dict__["loaded"] = loaded[family]
        return llm

    return get


def _write_only(model: Any, tokens: list[int]) -> None:
    """Silences every other token, so that each reply has text."""
    head = model.get_output_embeddings() or model.language_model.lm_head
    silent = torch().ones(head.weight.shape[0], dtype=torch().bool)
    silent[tokens] = False
    weight = head.weight.detach().clone()
    weight[silent] = 0.0
    head.weight = torch().nn.Parameter(weight)  # of its own, where it was tied to the embedding


@pytest.mark.parametrize("keep", [None, Places(1, 4, 5, 11)], ids=["all tokens", "some tokens"])
@pytest.mark.parametrize("family", HYBRID)
def test_replies_with_and_without_snapshots_are_the_same(
    family: str, keep: Places | None, fresh: Models
) -> None:
    llm, alone = fresh(family, keep=keep), fresh(family, keep=keep, reuse_bytes=0)
    later = replace(RED, turns=(PriorTurn("model", llm.generate(RED).text), PriorTurn("user", "Sure?")))
    got, expected = ([one.generate(call) for call in (BLUE, later)] for one in (llm, alone))
    assert [reply.text for reply in got] == [reply.text for reply in expected]
    assert all((reply.report.reused_tokens or 0) > 100 for reply in got)
    assert [reply.report.reused_tokens for reply in expected] == [None, None]
    assert not any("reused" in note for reply in got for note in reply.report.notes)


@pytest.mark.parametrize("family", HYBRID)
def test_of_a_second_question_on_a_long_clip_at_most_15_percent_is_computed(
    family: str, fresh: Models
) -> None:
    llm, clip = fresh(family), noise(64)
    first = llm.generate(vlm_request(clip, question="Is it red?")).report
    second = llm.generate(vlm_request(clip, question="Where is the blue one?")).report
    assert first.reused_tokens == 0
    computed = (second.prompt_tokens or 0) - (second.reused_tokens or 0)
    assert 0 < computed <= 0.15 * (first.prompt_tokens or 0)


def test_a_snapshot_is_not_changed_by_who_goes_on_from_it(fresh: Models) -> None:
    llm = fresh("qwen3_5")
    first = llm.generate(RED).text
    linear, full = llm.prefixes._entries[0].cache.layers
    before = [one.clone() for one in (linear.recurrent_states[0], linear.conv_states[0], full.keys)]
    assert llm.generate(BLUE).report.reused_tokens
    assert llm.generate(RED).text == first
    after = (linear.recurrent_states[0], linear.conv_states[0], full.keys)
    assert all(torch().equal(*pair) for pair in zip(before, after, strict=True))


def test_snapshots_count_as_bytes_and_the_oldest_go_first(fresh: Models) -> None:
    llm = fresh("qwen3_5")
    llm.generate(RED)
    one = llm.prefixes.in_memory_bytes
    assert one == cache_size_bytes(llm.prefixes._entries[0].cache) > 0
    llm.generate(BLUE)
    assert (len(llm.prefixes), llm.prefixes.in_memory_bytes) == (1, one)
    llm.prefixes.max_bytes = int(1.5 * one)
    llm.generate(OTHER_CLIP)
    assert len(llm.prefixes) == 1
    assert [llm.generate(call).report.reused_tokens == 0 for call in (RED, RED)] == [True, False]


def test_a_snapshot_that_is_larger_than_the_limit_is_not_made(fresh: Models) -> None:
    llm = fresh("qwen3_5", reuse_bytes=1)
    assert [llm.generate(call).report.reused_tokens for call in (RED, BLUE)] == [0, 0]
    assert len(llm.prefixes) == 0


def test_without_free_memory_beside_the_call_no_snapshot_is_made(fresh: Models) -> None:
    llm = fresh("exaone4_5")
    prompt = llm.prompt(RED)
    llm.memory = FixedMemory(llm.limits.prompt_bytes(len(prompt.row.ids), RED.budget.new_tokens) + 1)
    assert llm._snapshot_bytes(len(prompt.row.ids), RED.budget.new_tokens) == 1
    row = prune_row(prompt.row, prompt.token_indices)
    config = greedy_config(llm.loaded.model.generation_config, llm.loaded.tokenizer, 2)
    first = FirstTokenProbe(None, lambda: None)
    generate_reusing_prefix(llm.loaded, row, prompt.keys, config, first, llm.prefixes, 1)
    assert len(llm.prefixes) == 0
    generate_reusing_prefix(llm.loaded, row, prompt.keys, config, first, llm.prefixes, None)
    assert len(llm.prefixes) == 1


def test_a_batch_neither_leaves_nor_takes_snapshots(fresh: Models) -> None:
    llm = fresh("qwen3_5")
    llm.generate_all([RED, BLUE])
    assert len(llm.prefixes) == 0
    llm.generate(RED)
    assert [one.report.reused_tokens for one in llm.generate_all([RED, BLUE])] == [None, None]


def test_a_snapshot_of_a_window_holds_the_window_and_not_the_whole_prompt(fresh: Models) -> None:
    llm = fresh("gemma4")
    llm.generate(RED)
    window = llm.prefixes._entries[0].cache.layers[0]
    assert window.keys.shape[-2] == window.sliding_window - 1
    assert window.keys.untyped_storage().nbytes() == window.keys.nbytes


def test_a_model_that_refuses_a_prefill_in_parts_says_so_in_its_notes(
    fresh: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = fresh("qwen3_5")
    real = llm.loaded.model.prepare_inputs_for_generation

    @wraps(real)
    def refuse(*args: Any, cache: Any, next_sequence_length: int | None = None, **how: Any) -> Any:
        if cache.get_seq_length(1) > 0 and (next_sequence_length or 0) > 1:
            raise ValueError("the cache must be empty")
        return real(*args, cache=cache, next_sequence_length=next_sequence_length, **how)

    monkeypatch.setattr(llm.loaded.model, "prepare_inputs_for_generation", refuse)
    report = llm.generate(RED).report
    assert report.reused_tokens is None
    assert any(
        "nothing is reused of earlier calls: " in note and "must be empty" in note for note in report.notes
    )


def test_a_model_that_loses_state_between_the_parts_of_a_prompt_reuses_nothing(
    fresh: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = fresh("qwen3_5")
    real = llm.loaded.model.forward

    @wraps(real)
    def forgets(*args: Any, cache: Any, **how: Any) -> Any:
        output = real(*args, cache=cache, **how)
        cache.layers[1].keys.zero_()
        return output

    monkeypatch.setattr(llm.loaded.model, "forward", forgets)
    assert llm.reuse.kind == "none"
    assert "a prompt computed in two parts has other scores" in llm.reuse.reason


def test_indexed_attention_that_depends_on_the_length_reuses_nothing(fresh: Models) -> None:
    reason = "its indexed attention chooses among equal tokens by the length of the prompt"
    assert fresh("dots3_note").reuse == PrefixReuse("none", reason)


def test_a_state_of_an_unknown_kind_is_not_copied() -> None:
    cache = transformers().DynamicCache()
    cache.update(torch().zeros(1, 1, 2, 4), torch().zeros(1, 1, 2, 4), 0)
    cache.layers[0].stream = object()
    with pytest.raises(TypeError, match="a DynamicLayer cannot be copied: stream is of type object"):
        copy_cache(cache)


def test_a_copy_changes_independently() -> None:
    layer = transformers().cache_utils.LinearAttentionLayer()
    layer.update_conv_state(torch().ones(1, 2, 3))
    cache = transformers().Cache(layers=[layer])
    copied = copy_cache(cache)
    cache.layers[0].conv_states[0].zero_()
    cache.layers[0].has_previous_state[0] = False
    assert copied.layers[0].conv_states[0].sum() == 6
    assert copied.layers[0].has_previous_state == {0: True}


def test_a_snapshot_serves_only_prompts_that_begin_with_all_of_it() -> None:
    cache, columns = PrefixCache(1000), Columns(np.array([5, -7, 6]), None, 2)
    cache.put_snapshot(columns.first(2), transformers().DynamicCache())
    assert cache.num_known(columns) == 2
    assert cache.num_known(columns.first(2)) == 0  # the last column is computed
    assert cache.num_known(Columns(np.array([5, -8, 6]), None, 2)) == 0


def test_the_end_of_the_clips_does_not_cut_tokens_that_attend_to_later_ones() -> None:
    marks, both_ways = np.array([5, -7, -7, 9, 6]), np.array([False, True, True, True, False])
    assert Columns(marks, None, 3, both_ways).prefix_end == 4
    assert Columns(marks, None, 3).prefix_end == 3


def test_the_beginning_of_a_prompt_must_hold_its_clips(fresh: Models) -> None:
    llm = fresh("qwen3_5")
    prompt = llm.prompt(RED)
    row = prune_row(prompt.row, prompt.token_indices)
    end = int(row.columns[-1][-1]) + 1
    assert first_columns(row, end).ids.tolist() == row.ids[:end].tolist()
    with pytest.raises(ValueError, match=f"at least the {end} columns up to the last clip, got {end - 1}"):
        first_columns(row, end - 1)

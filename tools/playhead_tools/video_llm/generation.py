"""Generation of tokens after prompts, reusing cached keys and values of an equal prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, Literal

from playhead_index.embed.checkpoints import LOAD_ERRORS
from playhead_index.embed.runtime import torch, transformers
from playhead_index.errors import PlayheadError
from playhead_tools.video_llm.cache_name import cache_name
from playhead_tools.video_llm.first_token import FirstTokenProbe
from playhead_tools.video_llm.kernel_errors import MAX_CHARS, is_out_of_memory
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import WHOLE_PROMPT
from playhead_tools.video_llm.prefix_cache import (
    Columns,
    PrefixCache,
    cache_size_bytes,
    columns_of,
    copy_cache,
    keeps_all,
)
from playhead_tools.video_llm.prompt_rows import PrunedRow, batch_inputs, first_columns, prune_row, write_row

_PROBE_TEXT = "Frames by number and time: 1 at 12.0 s, 2 at 12.5 s. Question: what is shown, and where is it?"
_PROBE_TOKENS, _PROBE_REST = 32, 8
_TOLERANCE = {"float64": 1e-8, "float32": 1e-4}
"""Largest difference of the scores of a prompt computed in parts, as a share of the largest score."""
_HALF_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """Generated tokens.

    Args:
        new: (B, N) tokens.
        reused_tokens: tokens of the prompt that were not computed again; None without a prefix cache.
    """

    new: Any
    reused_tokens: int | None


@dataclass(frozen=True, slots=True)
class PrefixReuse:
    """How a model goes on from what an earlier call computed.

    Args:
        kind: `prefix` from any prefix of an earlier prompt, `snapshot` from the state at the end of its
            clips, `none` not at all.
        reason: why not; empty where it does.
    """

    kind: Literal["prefix", "snapshot", "none"]
    reason: str = ""


def prefix_reuse(loaded: LoadedModel) -> PrefixReuse:
    """How a model goes on from earlier calls; one with layers that forget or sum up is tried on a few words.

    Its prompt is computed whole, and in two parts from the state after the first and from a copy of that.

    Raises:
        torch.OutOfMemoryError: the GPU has not enough memory.
    """
    if not getattr(loaded.model, "reuses_prefix", True):
        return PrefixReuse("none", "as released, it gives a generated token other keys than one in a prompt")
    if keeps_all(loaded.model.config):
        return PrefixReuse("prefix")
    if reason := WHOLE_PROMPT.get(loaded.model.config.model_type):
        return PrefixReuse("none", reason)
    try:
        difference = _difference_in_parts(loaded)
    except (*LOAD_ERRORS, PlayheadError) as error:
        if is_out_of_memory(error):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_CHARS]
        return PrefixReuse("none", f"it does not compute a prompt in two parts ({reason})")
    number = str(loaded.model.dtype).removeprefix("torch.")
    if difference > _TOLERANCE.get(number, _HALF_TOLERANCE):
        return PrefixReuse(
            "none", f"a prompt computed in two parts has other scores (by {difference:.1g} of the largest)"
        )
    return PrefixReuse("snapshot")


def generate_tokens(
    loaded: LoadedModel, pruned_rows: Sequence[PrunedRow], config: Any, first_token: FirstTokenProbe
) -> Generated:
    """The tokens that follow each prompt; penalties and sampling of the checkpoint are left aside.

    Args:
        loaded: the model.
        pruned_rows: the prompts.
        config: a `GenerationConfig`.
        first_token: records the first of the new tokens.

    Raises:
        torch.OutOfMemoryError: the GPU has not enough memory.
    """
    return Generated(_new(loaded, batch_inputs(loaded, pruned_rows), config, first_token), None)


def generate_reusing_prefix(
    loaded: LoadedModel,
    pruned_row: PrunedRow,
    keys: Sequence[str],
    config: Any,
    first_token: FirstTokenProbe,
    prefixes: PrefixCache,
    max_snapshot_bytes: int | None = None,
) -> Generated:
    """The tokens that follow one prompt, computed from its cached prefix; then the prompt is cached.

    Of models with layers that forget or sum up, the state at the end of the clips is cached.

    Args:
        loaded: the model, of which `prefix_reuse` says that it goes on from earlier calls.
        pruned_row: the prompt.
        keys: of its clips.
        config: a `GenerationConfig`.
        first_token: records the first of the new tokens.
        prefixes: what earlier calls computed.
        max_snapshot_bytes: that a snapshot may take beside the call; None for what `prefixes` may hold.

    Raises:
        torch.OutOfMemoryError: the GPU has not enough memory.
    """
    columns = columns_of(pruned_row, keys)
    if not keeps_all(loaded.model.config):
        limit = prefixes.max_bytes if max_snapshot_bytes is None else max_snapshot_bytes
        return _generate_from_snapshot(loaded, pruned_row, columns, config, first_token, prefixes, limit)
    inputs, reused = inputs_after_prefix(loaded, pruned_row, columns, prefixes)
    cache = inputs[cache_name()]
    new = _new(loaded, inputs, config, first_token)
    # the last new token was never an input
    prefixes.put(columns.plus(new[0, :-1].tolist()), cache)
    return Generated(new, reused)


def _generate_from_snapshot(
    loaded: LoadedModel,
    pruned_row: PrunedRow,
    columns: Columns,
    config: Any,
    first_token: FirstTokenProbe,
    prefixes: PrefixCache,
    max_bytes: int,
) -> Generated:
    """The tokens that follow one prompt; the state at the end of its clips is computed first and cached."""
    cache, reused = prefixes.get(columns, loaded.model.config)
    computed, end, snapshot = reused, columns.prefix_end, None
    if reused < end < len(columns.marks):
        _prefill(loaded, pruned_row, cache, reused, end)
        computed = end
        if cache_size_bytes(cache) <= min(prefixes.max_bytes, max_bytes):
            snapshot = copy_cache(cache)
    inputs = {**batch_inputs(loaded, [pruned_row], computed=computed), cache_name(): cache}
    new = _new(loaded, inputs, config, first_token)
    if snapshot is not None:
        prefixes.put_snapshot(columns.first(end), snapshot)
    return Generated(new, reused)


def _prefill(loaded: LoadedModel, pruned_row: PrunedRow, cache: Any, start: int, end: int) -> Any:
    """Computes the columns of a prompt from `start` to `end` into a cache, as the prefill of `generate` does.

    Returns:
        (V,) scores of the word after them.
    """
    inputs = batch_inputs(loaded, [first_columns(pruned_row, end)], computed=start)
    model = loaded.model
    if "logits_to_keep" in signature(model.forward).parameters:
        inputs["logits_to_keep"] = 1
    with torch().inference_mode():
        prepared = model.prepare_inputs_for_generation(
            **inputs,
            **{cache_name(): cache},
            next_sequence_length=end - start,
            is_first_iteration=True,
            use_cache=True,
        )
        return model(**prepared, return_dict=True).logits[0, -1]


def _difference_in_parts(loaded: LoadedModel) -> float:
    """By how much the scores after a few words differ in parts, as a share of the largest score."""
    text = write_row(loaded, _PROBE_TEXT, [])
    row = first_columns(prune_row(text, []), min(_PROBE_TOKENS, len(text.ids)))
    length, middle = len(row.ids), len(row.ids) - _PROBE_REST
    cache, whole = (transformers().DynamicCache(config=loaded.model.config) for _ in range(2))
    expected = _prefill(loaded, row, whole, 0, length).float()
    _prefill(loaded, row, cache, 0, middle)
    snapshot = copy_cache(cache)
    in_parts = (_prefill(loaded, row, one, middle, length).float() for one in (cache, copy_cache(snapshot)))
    return max(float((one - expected).abs().max() / expected.abs().max()) for one in in_parts)


def inputs_after_prefix(
    loaded: LoadedModel, pruned_row: PrunedRow, columns: Columns, prefixes: PrefixCache
) -> tuple[dict[str, Any], int]:
    """Arguments of the model's `generate` for one prompt with a cached prefix, and the length of that.

    Ids, mask and places stand there for the whole prompt, as `generate` needs them; features only for those
    columns that are still to be computed.
    """
    cache, num_reused = prefixes.get(columns, loaded.model.config)
    return {**batch_inputs(loaded, [pruned_row], computed=num_reused), cache_name(): cache}, num_reused


def _new(loaded: LoadedModel, inputs: dict[str, Any], config: Any, first_token: FirstTokenProbe) -> Any:
    processors = transformers().LogitsProcessorList([first_token])
    with torch().inference_mode():
        out = loaded.model.generate(**inputs, generation_config=config, logits_processor=processors)
    return out[:, inputs["input_ids"].shape[1] :]

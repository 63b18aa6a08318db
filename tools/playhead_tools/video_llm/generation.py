"""Generation of tokens after prompts, reusing cached keys and values of an equal prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.cache_name import cache_name
from playhead_tools.video_llm.first_token import FirstTokenProbe
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.prefix_cache import Columns, PrefixCache, columns_of
from playhead_tools.video_llm.prompt_rows import PrunedRow, batch_inputs


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """Generated tokens.

    Args:
        new: (B, N) tokens.
        reused_tokens: tokens of the prompt that were not computed again; None without a prefix cache.
    """

    new: Any
    reused_tokens: int | None


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
) -> Generated:
    """The tokens that follow one prompt, computed from its cached prefix; then the prompt is cached.

    Args:
        loaded: the model, of which all layers keep all tokens.
        pruned_row: the prompt.
        keys: of its clips.
        config: a `GenerationConfig`.
        first_token: records the first of the new tokens.
        prefixes: what earlier calls computed.

    Raises:
        torch.OutOfMemoryError: the GPU has not enough memory.
    """
    columns = columns_of(pruned_row, keys)
    inputs, reused = inputs_after_prefix(loaded, pruned_row, columns, prefixes)
    cache = inputs[cache_name()]
    new = _new(loaded, inputs, config, first_token)
    # the last new token was never an input
    prefixes.put(columns.plus(new[0, :-1].tolist()), cache)
    return Generated(new, reused)


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

"""Prompts become words: from what earlier calls computed where one begins like theirs, else from nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.assembling import Cut, batch_inputs
from playhead_tools.video_llm.first_word import FirstWord
from playhead_tools.video_llm.loading import Loaded
from playhead_tools.video_llm.prefix_cache import Columns, PrefixCache, columns_of


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """What came out.

    Args:
        new: (B, N) tokens.
        reused_tokens: tokens of the prompt that were not computed again; None where nothing is held.
    """

    new: Any
    reused_tokens: int | None


def generate(loaded: Loaded, cuts: Sequence[Cut], how: Any, first: FirstWord) -> Generated:
    """The tokens that follow each prompt; penalties and sampling of the checkpoint are left aside.

    Args:
        loaded: the model.
        cuts: the prompts.
        how: a `GenerationConfig`.
        first: sees the first of the new tokens.

    Raises:
        torch.OutOfMemoryError: the GPU has not enough memory.
    """
    return Generated(_new(loaded, batch_inputs(loaded, cuts), how, first), None)


def generate_on(
    loaded: Loaded, cut: Cut, keys: Sequence[str], how: Any, first: FirstWord, held: PrefixCache
) -> Generated:
    """The tokens that follow one prompt, on top of what is held of its beginning; then it is held itself.

    Args:
        loaded: the model, of which all layers keep all tokens.
        cut: the prompt.
        keys: of its clips.
        how: a `GenerationConfig`.
        first: sees the first of the new tokens.
        held: what earlier calls computed.

    Raises:
        torch.OutOfMemoryError: the GPU has not enough memory.
    """
    columns = columns_of(cut, keys)
    inputs, reused = continued(loaded, cut, columns, held)
    cache = inputs[cache_name(loaded)]
    new = _new(loaded, inputs, how, first)
    # the last new token was never an input
    held.put(columns.plus(new[0, :-1].tolist()), cache)
    return Generated(new, reused)


def continued(loaded: Loaded, cut: Cut, columns: Columns, held: PrefixCache) -> tuple[dict[str, Any], int]:
    """Arguments of `generate` for one prompt with what is held of its beginning, and how many tokens that is.

    Ids, mask and places stand there for the whole prompt, as `generate` wants them; features only for those
    columns that are still to be computed.
    """
    cache, many = held.take(columns, loaded.model.config)
    return {**batch_inputs(loaded, [cut], computed=many), cache_name(loaded): cache}, many


def cache_name(loaded: Loaded) -> str:
    """What the model calls its keys and values: `cache` in newer versions of transformers."""
    return "cache" if "cache" in signature(loaded.model.forward).parameters else "past_key_values"


def _new(loaded: Loaded, inputs: dict[str, Any], how: Any, first: FirstWord) -> Any:
    processors = transformers().LogitsProcessorList([first])
    with torch().inference_mode():
        out = loaded.model.generate(**inputs, generation_config=how, logits_processor=processors)
    return out[:, inputs["input_ids"].shape[1] :]

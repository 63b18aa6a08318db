"""CLIP's text tower without the padding.

CLIP pads every text to 77 tokens. Its attention is causal and the vector is read at the end-of-text
token, so what stands after the longest text of a batch cannot change anything: 14 columns in the place
of 77 give the same vectors in a third of the time. This does not hold for SigLIP, whose attention sees
the padding and was trained with it; there the tower is left as it is.
"""

from collections.abc import Callable
from typing import Any

from playhead_index.embed.runtime import torch

MAX_DIFFERENCE = 1e-5
PROBE = ("a red car drives past a house", "a cat")


def trimmed_text_tower(model: Any, tokenizer: Any, device: str) -> Callable[[Any], Any] | None:
    """A function from (N, T) tokens to the features of `model.encode_text`, or None where it cannot be.

    It cannot be when the tower is not causal, does not read the end-of-text token, or when two probe
    texts come out more than 1e-5 from what the model itself gives.
    """
    tower = _causal_tower(model)
    if tower is None:
        return None
    tokens = tokenizer(list(PROBE)).to(device)
    with torch().inference_mode():
        expected, trimmed = unit(model.encode_text(tokens)), unit(_features(model, tower, tokens))
    exact = bool((expected - trimmed).abs().max() < MAX_DIFFERENCE)
    return (lambda tokens: _features(model, tower, tokens)) if exact else None


def unit(features: Any) -> Any:
    """Rows of length 1."""
    return features / features.norm(dim=-1, keepdim=True)


def _causal_tower(model: Any) -> Any | None:
    """The module that holds the causal mask: the model itself (CLIP) or its `text` part, or None."""
    tower = getattr(model, "text", model)
    mask = getattr(tower, "attn_mask", None)
    pool = getattr(tower, "pool_type", getattr(tower, "text_pool_type", None))
    if mask is None or pool not in ("argmax", "eos") or getattr(tower, "cls_emb", None) is not None:
        return None
    above = torch().ones_like(mask, dtype=torch().bool).triu(1)
    return tower if bool((mask[above] == float("-inf")).all()) else None


def _features(model: Any, tower: Any, tokens: Any) -> Any:
    length = _longest(tower, tokens)
    short = {"attn_mask": tower.attn_mask[:length, :length]}
    if tower is not model:
        return torch().func.functional_call(tower, short, (tokens[:, :length],))
    short["positional_embedding"] = model.positional_embedding[:length]
    outputs = torch().func.functional_call(model, short, (None, tokens[:, :length]))
    return outputs["text_features"] if isinstance(outputs, dict) else outputs[1]


def _longest(tower: Any, tokens: Any) -> int:
    """Columns up to and with the end-of-text token that is read last."""
    pool = getattr(tower, "pool_type", getattr(tower, "text_pool_type", None))
    if pool == "argmax":
        ends = tokens.argmax(dim=-1)
    else:
        eos = getattr(tower, "eos_id", getattr(tower, "text_eos_id", None))
        ends = (tokens == eos).int().argmax(dim=-1)
    return int(ends.max()) + 1

"""One vector a text from the states of its tokens, as sentence-transformers computes it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from playhead_index.embed.check_weights import compare_weights
from playhead_index.embed.runtime import torch
from playhead_index.embed.sentence_config import DenseLayer


def pool(states: Any, mask: Any, modes: Sequence[str]) -> Any:
    """(N, D) vectors; of several modes (N, D x modes).

    Args:
        states: (N, T, D) token states.
        mask: (N, T), 1 for a token and 0 for padding, on either side.
        modes: of `POOLING_MODES`.

    Raises:
        KeyError: a mode is not known.
    """
    return torch().cat([_POOLING[mode](states, mask) for mode in modes], dim=-1)


def _mean(states: Any, mask: Any, *, power: float = 1.0) -> Any:
    weights = mask[..., None].to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1) ** power


def _weighted_mean(states: Any, mask: Any) -> Any:
    """Weights grow from 1 by 1 a token (Muennighoff, 2022, arXiv:2202.08904)."""
    weights = (mask.cumsum(dim=1) * mask)[..., None].to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)


def _max(states: Any, mask: Any) -> Any:
    return states.masked_fill(mask[..., None] == 0, float("-inf")).amax(dim=1)


def _first(states: Any, mask: Any) -> Any:
    return _at(states, mask.int().argmax(dim=1))


def _last(states: Any, mask: Any) -> Any:
    return _at(states, mask.shape[1] - 1 - mask.flip(1).int().argmax(dim=1))


def _at(states: Any, places: Any) -> Any:
    return states[torch().arange(len(states), device=states.device), places]


_POOLING: dict[str, Callable[[Any, Any], Any]] = {
    "cls": _first,
    "max": _max,
    "mean": _mean,
    "mean_sqrt_len_tokens": partial(_mean, power=0.5),
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}


def load_dense(layers: Sequence[DenseLayer], device: str) -> Any:
    """The layers behind the pooling as one module, every weight from its file.

    Raises:
        ValueError: a file does not hold exactly the weights of its layer.
    """
    from safetensors.torch import load_file

    modules: list[Any] = []
    for layer in layers:
        linear = torch().nn.Linear(layer.num_inputs, layer.num_outputs, bias=layer.has_bias)
        weights = load_file(layer.folder / "model.safetensors")
        weights = {name.removeprefix("linear."): value.float() for name, value in weights.items()}
        compare_weights(
            {name: value.shape for name, value in weights.items()},
            {name: value.shape for name, value in linear.state_dict().items()},
        )
        linear.load_state_dict(weights)
        modules += [linear, torch().nn.Tanh()] if layer.activation == "tanh" else [linear]
    return torch().nn.Sequential(*modules).eval().to(device)

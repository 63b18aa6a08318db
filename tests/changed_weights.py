"""Checkpoints of the tiny models with a weight taken out, put in, or of another shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Weights = dict[str, Any]
Change = Callable[[Weights], None]


def change_weights(file: Path, change: Change) -> None:
    """Rewrites a safetensors file with its weights changed."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(file, framework="pt") as opened:
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
        about = opened.metadata()
    change(weights)
    save_file(weights, file, metadata=about)


def without(*names: str) -> Change:
    """Takes weights out."""

    def change(weights: Weights) -> None:
        for name in names:
            del weights[name]

    return change


def with_copy(source: str, name: str) -> Change:
    """Puts a copy of a weight in under another name."""

    def change(weights: Weights) -> None:
        weights[name] = weights[source].clone()

    return change


def longer(name: str) -> Change:
    """Puts one more row into a weight."""

    def change(weights: Weights) -> None:
        import torch

        weights[name] = torch.cat([weights[name], weights[name][:1]])

    return change

"""Shared by the trainings of all nano models: optimiser, schedule, log, and states to resume from."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from playhead_index.embed.runtime import torch

WARM_UP, COOL_DOWN = 0.05, 0.4
"""Shares of a run in which the learning rate rises to its peak, and in which it falls to zero."""


class Optimiser:
    """Muon for the matrices, AdamW for the rest, one schedule for both.

    Args:
        matrices: weights of hidden layers, each (out, in, ...); kernels count as matrices.
        others: embeddings, norms, biases, first and last layers.
        steps: of the whole run.
        matrix_rate: peak of Muon's learning rate.
        other_rate: peak of AdamW's.
    """

    def __init__(
        self,
        matrices: Iterable[Any],
        others: Iterable[Any],
        steps: int,
        matrix_rate: float = 0.01,
        other_rate: float = 2e-3,
    ) -> None:
        self.steps, self.steps_done = steps, 0
        self.parts, self.peak_rates = list[Any](), list[float]()
        self.add(matrices, others, matrix_rate, other_rate)

    def add(
        self, matrices: Iterable[Any], others: Iterable[Any], matrix_rate: float, other_rate: float
    ) -> None:
        """Adds weights with their own rates; only before the first step."""
        adam = torch().optim.AdamW(list(others), lr=other_rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.parts += [muon()(list(matrices), lr=matrix_rate), adam]
        self.peak_rates += [matrix_rate, other_rate]

    def step(self, loss: Any) -> None:
        """One step down the gradient of a loss."""
        loss.backward()
        factor = rate_factor(self.steps_done, self.steps)
        for part, peak_rate in zip(self.parts, self.peak_rates, strict=True):
            for group in part.param_groups:
                group["lr"] = peak_rate * factor
                torch().nn.utils.clip_grad_norm_(group["params"], 1.0)
            part.step()
            part.zero_grad(set_to_none=True)
        self.steps_done += 1

    def state(self) -> dict[str, Any]:
        """The state to resume from."""
        return {"done": self.steps_done, "parts": [part.state_dict() for part in self.parts]}

    def load(self, state: dict[str, Any]) -> None:
        """Resumes from a state."""
        self.steps_done = state["done"]
        for part, saved in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(saved)


@cache
def muon() -> Any:
    """The class of an optimiser that orthogonalises the step of each matrix (Jordan et al., 2024).

    Small transformers learn in about half of AdamW's steps with it. torch has one that computes in bfloat16,
    which processors without that type do thirty times slower than float32; this one stays in float32.
    """
    library = torch()

    class Muon(library.optim.Optimizer):  # type: ignore[misc, name-defined]
        def __init__(self, params: list[Any], lr: float, momentum: float = 0.95, decay: float = 0.01) -> None:
            super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

        @library.no_grad()  # type: ignore[untyped-decorator]
        def step(self) -> None:
            for group in self.param_groups:
                for weight in group["params"]:
                    if weight.grad is None:
                        continue
                    mean = self.state[weight].setdefault("mean", library.zeros_like(weight))
                    mean.lerp_(weight.grad, 1 - group["momentum"])
                    lookahead = weight.grad.lerp(mean, group["momentum"])
                    flat = orthogonal(lookahead.flatten(1))
                    step = flat.view_as(weight) * 0.2 * max(flat.shape) ** 0.5
                    weight.mul_(1 - group["lr"] * group["decay"]).add_(step, alpha=-group["lr"])

    return Muon


def orthogonal(matrix: Any, rounds: int = 5) -> Any:
    """Nearly the nearest matrix with singular values of 1, by a quintic Newton-Schulz iteration.

    Args:
        matrix: (m, n) float32.
        rounds: of the iteration.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def rate_factor(done: int, steps: int) -> float:
    """The learning rate as a share of its peak: warm-up, constant, cool-down.

    >>> [round(rate_factor(step, 100), 2) for step in (0, 4, 50, 80, 99)]
    [0.2, 1.0, 1.0, 0.5, 0.03]
    """
    rise = (done + 1) / max(1.0, WARM_UP * steps)
    fall = (steps - done) / max(1.0, COOL_DOWN * steps)
    return min(1.0, rise, fall)


def split(module: Any, first_and_last: Iterable[str] = ()) -> tuple[list[Any], list[Any]]:
    """The matrices of a module's hidden layers, and all other weights, those of `first_and_last` included."""
    matrices, others = list[Any](), list[Any]()
    excluded = tuple(first_and_last)
    for name, weight in module.named_parameters():
        is_hidden_matrix = weight.ndim >= 2 and not any(part in name for part in excluded)
        (matrices if is_hidden_matrix else others).append(weight)
    return matrices, others


class Log:
    """A line of JSON for every few steps, appended to a file and printed."""

    def __init__(self, path: Path) -> None:
        self.path, self.began_s = path, time.monotonic()
        path.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, **values: float | int | str) -> None:
        """Appends a line of these values and the seconds since the log was opened."""
        record = {key: round(v, 4) if isinstance(v, float) else v for key, v in values.items()}
        record["seconds"] = round(time.monotonic() - self.began_s, 1)
        line = json.dumps(record)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)


def save_state(path: Path, **parts: Any) -> None:
    """Writes the state of a training atomically."""
    part = path.with_suffix(".part")
    torch().save(parts, part)
    part.replace(path)


def load_state(path: Path) -> dict[str, Any] | None:
    """The state that a training left, or None when there is none."""
    with suppress(FileNotFoundError):
        state: dict[str, Any] = torch().load(path, weights_only=False)
        return state
    return None

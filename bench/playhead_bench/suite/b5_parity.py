"""B5: what compression and reuse must not change, as the largest differences that are found.

On tiny models of the real classes: all tokens kept beside the stock call, tokens left out beside the whole
prompt with their keys masked, ragged batches beside single calls, a reused prefix beside none; and the masks
of two published methods beside the same written as loops.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.suite.common import Size
from playhead_bench.suite.video_models import TINY, Shape, make
from playhead_bench.suite.watching import Made, about, distinct, moving, stock_inputs
from playhead_index.embed.runtime import torch
from playhead_tools.compression.peers import keep_changed, keep_distinct
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.assembling import batch_inputs, cut_row
from playhead_tools.video_llm.generating import continued
from playhead_tools.video_llm.loading import Loaded
from playhead_tools.video_llm.prefix_cache import columns_of

THREADS = 1
NUMBERS = ("float64", "float32")
FRAMES, RATIO = 8, 0.35
MASKS = {"small": 20, "full": 200}


def run(size: Size) -> dict[str, Any]:
    """Largest differences of logits by model and type of numbers, and how many masks differ.

    Returns:
        differences are absolute; `largest_logit` says what they are small beside.
    """
    models = {shape.title: {number: _differences(shape, number) for number in NUMBERS} for shape in TINY}
    masks = {
        "Efficient Video Sampling": _masks_apart(keep_changed, changed_by_loops, MASKS[size]),
        "VidCom2": _masks_apart(keep_distinct, distinct_by_loops, MASKS[size]),
    }
    goal = {"float64": 1e-10, "float32": 1e-5, "masks_apart": 0}
    return {"models": models, "masks_compared": MASKS[size], "masks_apart": masks, "goal": goal}


def _differences(shape: Shape, number: str) -> dict[str, float]:
    made = make(shape, dtype=number)
    whole, some = Made(made), Made(made, keep=distinct(RATIO))
    call, other = about(moving(FRAMES, shape.side_px)), about(moving(3, shape.side_px, number=1), question=1)
    expected = _logits(made, stock_inputs(made, [call]))
    return {
        "largest_logit": float(expected.abs().max()),
        "all_kept_and_stock": _apart(_logits(made, whole.inputs([whole.prompt(call)])), expected),
        "left_out_and_masked": _masked(some, call),
        "batch_and_single": _batch(some, [call, other]),
        "reused_and_not": _reused(some, call),
        "reused_and_not_all_kept": _reused(whole, call),
    }


def _masked(llm: Made, call: Any) -> float:
    """Tokens left out beside the whole prompt in which nobody may look at them."""
    prompt = llm.prompt(call)
    (placed,), (kept,) = prompt.row.clips, prompt.kept
    stays = torch().ones(len(prompt.row.ids), dtype=torch().bool)
    stays[placed.columns] = False
    stays[placed.columns[kept]] = True
    shown = set((kept // placed.features.tokens_per_step).tolist())
    for step in set(range(placed.features.steps)) - shown:
        stays[list(placed.around[step])] = False
    whole = batch_inputs(llm.loaded, [cut_row(prompt.row, [None])])
    whole["attention_mask"] = stays[None].long().to(llm.loaded.device)
    whole["position_ids"] = whole["position_ids"][1:]
    return _apart(_logits(llm.loaded, llm.inputs([prompt])), _logits(llm.loaded, whole)[:, stays])


def _batch(llm: Made, calls: Sequence[Any]) -> float:
    prompts = [llm.prompt(call) for call in calls]
    together = _logits(llm.loaded, llm.inputs(prompts))[:, -1]
    alone = [_logits(llm.loaded, llm.inputs([prompt]))[0, -1] for prompt in prompts]
    return _apart(together, torch().stack(alone))


def _reused(llm: Made, call: Any) -> float:
    """A second question on top of the first one's keys and values, beside the same from nothing."""
    llm.prefixes.clear()
    llm.watch(about(*call.clips, question=7))
    prompt = llm.prompt(call)
    cut = cut_row(prompt.row, prompt.kept)
    inputs, many = continued(llm.loaded, cut, columns_of(cut, prompt.keys), llm.prefixes)
    inputs |= {"input_ids": inputs["input_ids"][:, many:], "position_ids": inputs["position_ids"][..., many:]}
    expected = _logits(llm.loaded, llm.inputs([prompt]))[:, many:]
    return _apart(_logits(llm.loaded, inputs), expected)


def _logits(made: Loaded, inputs: Mapping[str, Any]) -> Any:
    with torch().inference_mode():
        return made.model(**inputs).logits


def _apart(one: Any, other: Any) -> float:
    if one.shape != other.shape:
        raise ValueError(f"logits must have the same shape, got {one.shape} and {other.shape}")
    return float((one - other).abs().max())


# ---- masks, as their papers say, in loops ----


def changed_by_loops(frames: NDArray[np.float64], ratio: float) -> list[int]:
    """Places kept by Efficient Video Sampling (Bagrov et al., 2025, arXiv:2510.14624)."""
    many, wide, _ = frames.shape
    novelty = [float("inf")] * wide
    for i in range(1, many):
        novelty += [1.0 - _cosine(frames[i, t], frames[i - 1, t]) for t in range(wide)]
    return _first(novelty, max(wide, int(many * wide * ratio)))


def distinct_by_loops(frames: NDArray[np.float64], ratio: float) -> list[int]:
    """Places kept by VidCom2 (Liu et al., 2025, arXiv:2505.14454), made up to the exact total."""
    many, wide, channels = frames.shape
    spread = [
        float(np.var([frames[i, t, c] for i in range(many) for t in range(wide)])) for c in range(channels)
    ]
    quiet = sorted(range(channels), key=lambda c: spread[c])[: channels // 2]
    unit = np.array([[v[quiet] / np.sqrt((v[quiet] ** 2).sum()) for v in frame] for frame in frames])
    centre = unit.reshape(-1, len(quiet)).mean(axis=0)
    to_clip = [[_near(v, centre) for v in frame] for frame in unit]
    importance = [
        -(to_clip[i][t] + _near(unit[i, t], unit[i].mean(axis=0))) for i in range(many) for t in range(wide)
    ]
    unlike = np.array([-sum(row) / wide for row in to_clip])
    unique = np.exp((unlike - unlike.max()) / 0.01)
    unique /= unique.sum()
    kept: set[int] = set()
    for i in range(many):
        part = min(1.0, ratio * (1.0 + unique[i] - unique.mean()))
        count = min(wide, max(1, round(part * wide)))
        kept |= {i * wide + t for t in _first(importance[i * wide : (i + 1) * wide], count)}
    target = max(many, min(int(many * wide * ratio), many * wide))
    if len(kept) > target:
        return _first([importance[p] if p in kept else -np.inf for p in range(many * wide)], target)
    rest = _first([-np.inf if p in kept else importance[p] for p in range(many * wide)], target - len(kept))
    return sorted(kept | set(rest))


def _masks_apart(
    product: Callable[[ClipTokens, float], Any],
    loops: Callable[[NDArray[np.float64], float], list[int]],
    many: int,
) -> int:
    apart = 0
    for seed in range(many):
        rng = np.random.default_rng(seed)
        frames = rng.normal(size=(int(rng.integers(2, 7)), int(rng.integers(2, 10)), 8))
        ratio = float(rng.uniform(0.1, 1.0))
        clip = ClipTokens(torch().from_numpy(frames), np.arange(len(frames), dtype=np.float64))
        apart += product(clip, ratio).indices.tolist() != loops(frames, ratio)
    return apart


def _first(scores: Sequence[float], many: int) -> list[int]:
    return sorted(sorted(range(len(scores)), key=lambda p: (-scores[p], p))[:many])


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def _near(vector: NDArray[np.float64], centre: NDArray[np.float64]) -> float:
    squared = float(((vector - centre) ** 2).sum())
    return sum(float(np.exp(-squared / (2.0 * width))) for width in (0.125, 0.25, 0.5, 1.0, 2.0))

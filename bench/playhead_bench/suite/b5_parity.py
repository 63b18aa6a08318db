"""B5: what compression and reuse must not change, as the largest differences that are found.

On tiny models of the real classes: all tokens retained beside the stock call, tokens left out beside the
complete prompt with their keys masked, ragged batches beside single calls, a reused prefix beside none; and
the masks of two published methods beside the same written as loops.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.suite.random_vlms import TINY, ModelShape, make
from playhead_bench.suite.timing import Size
from playhead_bench.suite.vlm_calls import (
    RandomWeightsVideoLLM,
    keep_distinct_tokens,
    make_request,
    moving_clip,
    stock_inputs,
)
from playhead_index.embed.runtime import torch
from playhead_tools.compression.published_methods import keep_changed, keep_distinct
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.generation import inputs_after_prefix
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.prefix_cache import columns_of
from playhead_tools.video_llm.prompt_rows import batch_inputs, prune_row

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
        "Efficient Video Sampling": _differing_masks(keep_changed, changed_by_loops, MASKS[size]),
        "VidCom2": _differing_masks(keep_distinct, distinct_by_loops, MASKS[size]),
    }
    goal = {"float64": 1e-10, "float32": 1e-5, "masks_apart": 0}
    return {"models": models, "masks_compared": MASKS[size], "masks_apart": masks, "goal": goal}


def _differences(shape: ModelShape, number: str) -> dict[str, float]:
    loaded = make(shape, dtype=number)
    full, some = (
        RandomWeightsVideoLLM(loaded),
        RandomWeightsVideoLLM(loaded, keep=keep_distinct_tokens(RATIO)),
    )
    call, other = (
        make_request(moving_clip(FRAMES, shape.side_px)),
        make_request(moving_clip(3, shape.side_px, number=1), question=1),
    )
    expected = _logits(loaded, stock_inputs(loaded, [call]))
    return {
        "largest_logit": float(expected.abs().max()),
        "all_kept_and_stock": _max_difference(_logits(loaded, full.inputs([full.prompt(call)])), expected),
        "left_out_and_masked": _masked(some, call),
        "batch_and_single": _batch(some, [call, other]),
        "reused_and_not": _reused(some, call),
        "reused_and_not_all_kept": _reused(full, call),
    }


def _masked(llm: RandomWeightsVideoLLM, call: Any) -> float:
    """Tokens left out, against the complete prompt with these tokens masked."""
    prompt = llm.prompt(call)
    (clip_tokens,), (kept,) = prompt.row.clips, prompt.token_indices
    mask = torch().ones(len(prompt.row.ids), dtype=torch().bool)
    mask[clip_tokens.columns] = False
    mask[clip_tokens.columns[kept]] = True
    visible_steps = set((kept // clip_tokens.features.tokens_per_step).tolist())
    for step in set(range(clip_tokens.features.steps)) - visible_steps:
        mask[list(clip_tokens.around[step])] = False
    full = batch_inputs(llm.loaded, [prune_row(prompt.row, [None])])
    full["attention_mask"] = mask[None].long().to(llm.loaded.device)
    full["position_ids"] = full["position_ids"][1:]
    return _max_difference(_logits(llm.loaded, llm.inputs([prompt])), _logits(llm.loaded, full)[:, mask])


def _batch(llm: RandomWeightsVideoLLM, calls: Sequence[Any]) -> float:
    prompts = [llm.prompt(call) for call in calls]
    together = _logits(llm.loaded, llm.inputs(prompts))[:, -1]
    alone = [_logits(llm.loaded, llm.inputs([prompt]))[0, -1] for prompt in prompts]
    return _max_difference(together, torch().stack(alone))


def _reused(llm: RandomWeightsVideoLLM, call: Any) -> float:
    """A second question on top of the first one's keys and values, beside the same from nothing."""
    llm.prefixes.clear()
    llm.generate(make_request(*call.clips, question=7))
    prompt = llm.prompt(call)
    cut = prune_row(prompt.row, prompt.token_indices)
    inputs, num_frames = inputs_after_prefix(llm.loaded, cut, columns_of(cut, prompt.keys), llm.prefixes)
    inputs |= {
        "input_ids": inputs["input_ids"][:, num_frames:],
        "position_ids": inputs["position_ids"][..., num_frames:],
    }
    expected = _logits(llm.loaded, llm.inputs([prompt]))[:, num_frames:]
    return _max_difference(_logits(llm.loaded, inputs), expected)


def _logits(loaded: LoadedModel, inputs: Mapping[str, Any]) -> Any:
    with torch().inference_mode():
        return loaded.model(**inputs).logits


def _max_difference(one: Any, other: Any) -> float:
    if one.shape != other.shape:
        raise ValueError(f"logits must have the same shape, got {one.shape} and {other.shape}")
    return float((one - other).abs().max())


# ---- masks, as their papers say, in loops ----


def changed_by_loops(frames: NDArray[np.float64], ratio: float) -> list[int]:
    """Places retained by Efficient Video Sampling (Bagrov et al., 2025, arXiv:2510.14624)."""
    num_frames, tokens_per_frame, _ = frames.shape
    novelty = [float("inf")] * tokens_per_frame
    for i in range(1, num_frames):
        novelty += [1.0 - _cosine(frames[i, t], frames[i - 1, t]) for t in range(tokens_per_frame)]
    return _best_places(novelty, max(tokens_per_frame, int(num_frames * tokens_per_frame * ratio)))


def distinct_by_loops(frames: NDArray[np.float64], ratio: float) -> list[int]:
    """Places retained by VidCom2 (Liu et al., 2025, arXiv:2505.14454), filled up to the exact total."""
    num_frames, tokens_per_frame, channels = frames.shape
    spread = [
        float(np.var([frames[i, t, c] for i in range(num_frames) for t in range(tokens_per_frame)]))
        for c in range(channels)
    ]
    quiet = sorted(range(channels), key=lambda c: spread[c])[: channels // 2]
    unit = np.array([[v[quiet] / np.sqrt((v[quiet] ** 2).sum()) for v in frame] for frame in frames])
    centre = unit.reshape(-1, len(quiet)).mean(axis=0)
    to_clip = [[_gaussian_similarity(v, centre) for v in frame] for frame in unit]
    importance = [
        -(to_clip[i][t] + _gaussian_similarity(unit[i, t], unit[i].mean(axis=0)))
        for i in range(num_frames)
        for t in range(tokens_per_frame)
    ]
    unlike = np.array([-sum(row) / tokens_per_frame for row in to_clip])
    unique = np.exp((unlike - unlike.max()) / 0.01)
    unique /= unique.sum()
    kept: set[int] = set()
    for i in range(num_frames):
        part = min(1.0, ratio * (1.0 + unique[i] - unique.mean()))
        count = min(tokens_per_frame, max(1, round(part * tokens_per_frame)))
        kept |= {
            i * tokens_per_frame + t
            for t in _best_places(importance[i * tokens_per_frame : (i + 1) * tokens_per_frame], count)
        }
    target = max(num_frames, min(int(num_frames * tokens_per_frame * ratio), num_frames * tokens_per_frame))
    if len(kept) > target:
        return _best_places(
            [importance[p] if p in kept else -np.inf for p in range(num_frames * tokens_per_frame)], target
        )
    rest = _best_places(
        [-np.inf if p in kept else importance[p] for p in range(num_frames * tokens_per_frame)],
        target - len(kept),
    )
    return sorted(kept | set(rest))


def _differing_masks(
    product: Callable[[ClipTokens, float], Any],
    loops: Callable[[NDArray[np.float64], float], list[int]],
    num_frames: int,
) -> int:
    apart = 0
    for seed in range(num_frames):
        rng = np.random.default_rng(seed)
        frames = rng.normal(size=(int(rng.integers(2, 7)), int(rng.integers(2, 10)), 8))
        ratio = float(rng.uniform(0.1, 1.0))
        clip = ClipTokens(torch().from_numpy(frames), np.arange(len(frames), dtype=np.float64))
        apart += product(clip, ratio).indices.tolist() != loops(frames, ratio)
    return apart


def _best_places(scores: Sequence[float], num_frames: int) -> list[int]:
    return sorted(sorted(range(len(scores)), key=lambda p: (-scores[p], p))[:num_frames])


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def _gaussian_similarity(vector: NDArray[np.float64], centre: NDArray[np.float64]) -> float:
    squared = float(((vector - centre) ** 2).sum())
    return sum(float(np.exp(-squared / (2.0 * width))) for width in (0.125, 0.25, 0.5, 1.0, 2.0))

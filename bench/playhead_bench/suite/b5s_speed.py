"""B5s: time saved by fewer visual tokens and cached features, against the stock path of transformers.

Seconds are until the first word of a reply, frames in decoded memory at the start: on the processor in its
own time, on one thread; on a GPU by the wall clock.
"""

from functools import partial
from statistics import median
from typing import Any

from playhead_bench.suite.random_vlms import make, model_shapes
from playhead_bench.suite.timing import Size, TimingComparison, compare
from playhead_bench.suite.vlm_calls import (
    Guided,
    RandomWeightsVideoLLM,
    clock,
    keep_distinct_tokens,
    keep_random,
    make_request,
    moving_clip,
    peak_mb,
    run_stock,
    stock_inputs,
)
from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.clip_features import encode, prepare_pixels
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.protocol import Clip

THREADS = 1
ROUNDS = 7
RATIOS = (0.35, 0.25, 0.10)
LENGTHS = {"small": (8, 32), "full": (64, 256)}
NEW_TOKENS = 33


def run(size: Size) -> dict[str, Any]:
    """Ratios to the stock path of time, memory and speed of reading, for each model and number of frames.

    Returns:
        `..._over_stock` below 1 is faster than stock; `cold` encodes the clip, `cached` has its features,
        `prefix` its keys and values too.
    """
    models = {}
    for shape in model_shapes(size):
        loaded = make(shape)
        models[shape.title] = {"model": shape.record(loaded)} | {
            f"{frames} frames": _measure(loaded, moving_clip(frames, shape.side_px))
            for frames in LENGTHS[size]
        }
        del loaded
    goal = {
        "selector_of_first_token": 0.02, "cold_0.25_of_limit": 0.8, "cached_0.25_over_stock": 0.25,
        "cached_0.1_over_stock": 0.125, "peak_over_stock": 1.0,
    }  # fmt: skip
    return models | {"goal": goal}


def _measure(loaded: LoadedModel, clip: Clip) -> dict[str, Any]:
    features = FeatureCache()
    words = RandomWeightsVideoLLM(loaded).word_vectors
    guided = {
        ratio: RandomWeightsVideoLLM(loaded, keep=Guided(ratio, words), cache=features, reuse_bytes=0)
        for ratio in RATIOS
    }
    full = RandomWeightsVideoLLM(loaded, cache=features, reuse_bytes=0)
    random_subset = RandomWeightsVideoLLM(loaded, keep=keep_random(0.25), cache=features, reuse_bytes=0)
    prefix = {
        1.0: RandomWeightsVideoLLM(loaded, cache=features),
        0.25: RandomWeightsVideoLLM(loaded, keep=keep_distinct_tokens(0.25), cache=features),
    }
    cached = {1.0: full, **guided}
    for llm in (*cached.values(), *prefix.values(), random_subset):
        llm.generate(make_request(clip))
    tasks: dict[str, Any] = {"stock": lambda n: run_stock(loaded, [make_request(clip, question=n)])}
    tasks["cold_1"] = lambda n: RandomWeightsVideoLLM(loaded, reuse_bytes=0).generate(
        make_request(clip, question=n)
    )
    tasks["cold_0.25"] = lambda n: RandomWeightsVideoLLM(
        loaded, keep=Guided(0.25, words), reuse_bytes=0
    ).generate(make_request(clip, question=n))
    for kind, models in (("cached", cached), ("prefix", prefix), ("cached_by_lot", {0.25: random_subset})):
        for ratio, llm in models.items():
            tasks[f"{kind}_{ratio:g}"] = partial(_ask, llm, clip)
    compared = compare(tasks, ROUNDS, clock())
    names = [name for name in tasks if name != "stock"]
    return {
        "tokens": {f"{ratio:g}": _tokens(llm, clip) for ratio, llm in cached.items()},
        "first_token": compared.record(*((name, "stock") for name in names)),
        "cold_0.25_of_limit": _of_limit(compared),
        "selector_of_first_token": _selector_s(guided[0.25], clip) / compared.timings["cached_0.25"].median_s,
        "peak_mb": _peaks(loaded, clip, full, guided[0.25]),
        "tokens_per_s": _decoding(loaded, clip, cached),
        "frames_per_s": _encoding(loaded, clip),
    }


def _ask(llm: RandomWeightsVideoLLM, clip: Clip, number: int) -> None:
    llm.generate(make_request(clip, question=number + 1))


def _tokens(llm: RandomWeightsVideoLLM, clip: Clip) -> dict[str, int | None]:
    report = llm.generate(make_request(clip)).report
    return {"prompt": report.prompt_tokens, "visual": report.visual_tokens_kept}


def _of_limit(compared: TimingComparison) -> float:
    """How near a cold call with a quarter of the tokens comes to encoding, and a quarter of the rest."""
    cold, cached = compared.timings["cold_1"].min_s, compared.timings["cached_1"].min_s
    return ((cold - cached) + 0.25 * cached) / compared.timings["cold_0.25"].min_s


def _selector_s(llm: RandomWeightsVideoLLM, clip: Clip) -> float:
    """Seconds of the selection, without the ranking."""
    call = make_request(clip, question=3)
    seconds = []
    now = clock()
    for _ in range(ROUNDS):
        shown_only = RandomWeightsVideoLLM(llm.loaded, cache=llm.cache, reuse_bytes=0)
        began = now()
        shown_only.prompt(call)
        without_s = now() - began
        began = now()
        llm.prompt(call)
        seconds.append(now() - began - without_s)
    return max(0.0, median(seconds))


def _peaks(
    loaded: LoadedModel, clip: Clip, full: RandomWeightsVideoLLM, quarter: RandomWeightsVideoLLM
) -> dict[str, float | None]:
    call = make_request(clip)
    words = full.word_vectors
    return {
        "cached_0.25": peak_mb(lambda: quarter.generate(call)),
        "cached_1": peak_mb(lambda: full.generate(call)),
        "cold_0.25": peak_mb(
            lambda: RandomWeightsVideoLLM(loaded, keep=Guided(0.25, words), reuse_bytes=0).generate(call)
        ),
        "cold_1": peak_mb(lambda: RandomWeightsVideoLLM(loaded, reuse_bytes=0).generate(call)),
        "stock": peak_mb(lambda: run_stock(loaded, [call])),
    }


def _decoding(
    loaded: LoadedModel, clip: Clip, cached: dict[float, RandomWeightsVideoLLM]
) -> dict[str, float]:
    """Words a second after the first, the best of some interleaved calls."""
    call, best = make_request(clip, new_tokens=NEW_TOKENS), dict[str, float]()
    for _ in range(3):
        seconds = {"stock": run_stock(loaded, [call])[1]}
        for ratio, llm in cached.items():
            llm.generate(call)
            seconds[f"cached_{ratio:g}"] = llm.decode_s
        best = {name: min(took, best.get(name, took)) for name, took in seconds.items()}
    return {name: (NEW_TOKENS - 1) / took for name, took in best.items()}


def _encoding(loaded: LoadedModel, clip: Clip) -> dict[str, Any]:
    """Frames prepared and encoded a second, ours beside the stock processor and encoder."""
    call = make_request(clip)

    def stock_encode(n: int) -> None:
        inputs = stock_inputs(loaded, [call])
        names = [name for name in inputs if name.startswith(("pixel", "video_grid"))]
        encoder = getattr(loaded.base, "get_video_features", loaded.base.get_image_features)
        with torch().inference_mode():
            encoder(**{name: inputs[name] for name in names})

    def ours(n: int) -> None:
        encode(loaded, prepare_pixels(loaded, clip.frames, clip.pts_s, clip.window.duration_s))

    compared = compare({"stock": stock_encode, "ours": ours}, ROUNDS, clock())
    speeds = {name: len(clip) / timing.min_s for name, timing in compared.timings.items()}
    return {"ours": speeds["ours"], "stock": speeds["stock"]} | compared.record(("ours", "stock"))

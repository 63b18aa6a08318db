"""B5s: what fewer visual tokens and kept features save, beside the stock path of transformers.

Seconds are until the first word of a reply, frames in decoded memory at the start: on the processor in its
own time, on one thread; on a GPU by the wall clock.
"""

from functools import partial
from statistics import median
from typing import Any

from playhead_bench.suite.common import Comparison, Size, compare
from playhead_bench.suite.video_models import make, shapes
from playhead_bench.suite.watching import (
    Guided,
    Made,
    about,
    by_lot,
    clock,
    distinct,
    moving,
    peak_mb,
    stock,
    stock_inputs,
)
from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.encoded import encode, prepare_pixels
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.loading import Loaded
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
    for shape in shapes(size):
        made = make(shape)
        models[shape.title] = {"model": shape.record(made)} | {
            f"{frames} frames": _measure(made, moving(frames, shape.side_px)) for frames in LENGTHS[size]
        }
        del made
    goal = {
        "selector_of_first_token": 0.02, "cold_0.25_of_limit": 0.8, "cached_0.25_over_stock": 0.25,
        "cached_0.1_over_stock": 0.125, "peak_over_stock": 1.0,
    }  # fmt: skip
    return models | {"goal": goal}


def _measure(made: Loaded, clip: Clip) -> dict[str, Any]:
    features = FeatureCache()
    words = Made(made).word_vectors
    guided = {ratio: Made(made, keep=Guided(ratio, words), cache=features, reuse_bytes=0) for ratio in RATIOS}
    whole = Made(made, cache=features, reuse_bytes=0)
    lot = Made(made, keep=by_lot(0.25), cache=features, reuse_bytes=0)
    prefix = {1.0: Made(made, cache=features), 0.25: Made(made, keep=distinct(0.25), cache=features)}
    cached = {1.0: whole, **guided}
    for llm in (*cached.values(), *prefix.values(), lot):
        llm.watch(about(clip))
    tasks: dict[str, Any] = {"stock": lambda n: stock(made, [about(clip, question=n)])}
    tasks["cold_1"] = lambda n: Made(made, reuse_bytes=0).watch(about(clip, question=n))
    tasks["cold_0.25"] = lambda n: Made(made, keep=Guided(0.25, words), reuse_bytes=0).watch(
        about(clip, question=n)
    )
    for kind, models in (("cached", cached), ("prefix", prefix), ("cached_by_lot", {0.25: lot})):
        for ratio, llm in models.items():
            tasks[f"{kind}_{ratio:g}"] = partial(_ask, llm, clip)
    compared = compare(tasks, ROUNDS, clock())
    names = [name for name in tasks if name != "stock"]
    return {
        "tokens": {f"{ratio:g}": _tokens(llm, clip) for ratio, llm in cached.items()},
        "first_token": compared.record(*((name, "stock") for name in names)),
        "cold_0.25_of_limit": _of_limit(compared),
        "selector_of_first_token": _selector_s(guided[0.25], clip) / compared.timings["cached_0.25"].median_s,
        "peak_mb": _peaks(made, clip, whole, guided[0.25]),
        "tokens_per_s": _decoding(made, clip, cached),
        "frames_per_s": _encoding(made, clip),
    }


def _ask(llm: Made, clip: Clip, number: int) -> None:
    llm.watch(about(clip, question=number + 1))


def _tokens(llm: Made, clip: Clip) -> dict[str, int | None]:
    report = llm.watch(about(clip)).report
    return {"prompt": report.prompt_tokens, "visual": report.visual_tokens_kept}


def _of_limit(compared: Comparison) -> float:
    """How near a cold call with a quarter of the tokens comes to encoding, and a quarter of the rest."""
    cold, cached = compared.timings["cold_1"].min_s, compared.timings["cached_1"].min_s
    return ((cold - cached) + 0.25 * cached) / compared.timings["cold_0.25"].min_s


def _selector_s(llm: Made, clip: Clip) -> float:
    """Seconds of choosing, the ranking made before."""
    call = about(clip, question=3)
    seconds = []
    now = clock()
    for _ in range(ROUNDS):
        shown_only = Made(llm.loaded, cache=llm.cache, reuse_bytes=0)
        began = now()
        shown_only.prompt(call)
        without_s = now() - began
        began = now()
        llm.prompt(call)
        seconds.append(now() - began - without_s)
    return max(0.0, median(seconds))


def _peaks(made: Loaded, clip: Clip, whole: Made, quarter: Made) -> dict[str, float | None]:
    call = about(clip)
    words = whole.word_vectors
    return {
        "cached_0.25": peak_mb(lambda: quarter.watch(call)),
        "cached_1": peak_mb(lambda: whole.watch(call)),
        "cold_0.25": peak_mb(lambda: Made(made, keep=Guided(0.25, words), reuse_bytes=0).watch(call)),
        "cold_1": peak_mb(lambda: Made(made, reuse_bytes=0).watch(call)),
        "stock": peak_mb(lambda: stock(made, [call])),
    }


def _decoding(made: Loaded, clip: Clip, cached: dict[float, Made]) -> dict[str, float]:
    """Words a second after the first, the best of some calls made in turns."""
    call, best = about(clip, new_tokens=NEW_TOKENS), dict[str, float]()
    for _ in range(3):
        seconds = {"stock": stock(made, [call])[1]}
        for ratio, llm in cached.items():
            llm.watch(call)
            seconds[f"cached_{ratio:g}"] = llm.decode_s
        best = {name: min(took, best.get(name, took)) for name, took in seconds.items()}
    return {name: (NEW_TOKENS - 1) / took for name, took in best.items()}


def _encoding(made: Loaded, clip: Clip) -> dict[str, Any]:
    """Frames prepared and encoded a second, ours beside the stock processor and encoder."""
    call = about(clip)

    def stock_encode(n: int) -> None:
        inputs = stock_inputs(made, [call])
        names = [name for name in inputs if name.startswith(("pixel", "video_grid"))]
        encoder = getattr(made.base, "get_video_features", made.base.get_image_features)
        with torch().inference_mode():
            encoder(**{name: inputs[name] for name in names})

    def ours(n: int) -> None:
        encode(made, prepare_pixels(made, clip.frames, clip.pts_s, clip.window.duration_s))

    compared = compare({"stock": stock_encode, "ours": ours}, ROUNDS, clock())
    speeds = {name: len(clip) / timing.min_s for name, timing in compared.timings.items()}
    return {"ours": speeds["ours"], "stock": speeds["stock"]} | compared.record(("ours", "stock"))

"""B11: several clips of different lengths in one batch, against one after the other.

Padding is what a batch of ragged prompts wastes; the same number of tokens for every clip avoids it.
"""

from collections.abc import Sequence
from typing import Any

from playhead_bench.suite.random_vlms import make, model_shapes
from playhead_bench.suite.timing import Size, compare
from playhead_bench.suite.vlm_calls import (
    RandomWeightsVideoLLM,
    clock,
    keep_same_number,
    make_request,
    moving_clip,
    run_stock,
)
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import VlmRequest

THREADS = 1
ROUNDS = 7
TOGETHER = {"small": (2, 4), "full": (2, 4, 8, 16)}
FRAMES = {"small": (4, 8, 6, 2, 4, 6), "full": (32, 48, 64, 24, 16, 40, 56, 64)}
TOKENS = {"small": 64, "full": 1024}
NEW_TOKENS = 8


def run(size: Size) -> dict[str, Any]:
    """Clips a second in batches of several sizes, beside single calls and the stock batch.

    Returns:
        by model and number of clips; `pad_waste` is the part of a batch that is padding, `of_ideal` how fast
        a batch is beside single calls that took so much longer as padding makes it.
    """
    found = {}
    for shape in model_shapes(size):
        loaded = make(shape)
        lengths = FRAMES[size]
        calls = [
            make_request(
                moving_clip(lengths[n % len(lengths)], shape.side_px, number=n),
                question=n,
                new_tokens=NEW_TOKENS,
            )
            for n in range(max(TOGETHER[size]))
        ]
        found[shape.title] = {"model": shape.record(loaded)} | {
            f"{count} clips": _measure(loaded, calls[:count], TOKENS[size]) for count in TOGETHER[size]
        }
        del loaded
    return found | {"goal": {"of_ideal": 0.9, "pad_waste": 0.1}}


def _measure(loaded: LoadedModel, calls: Sequence[VlmRequest], tokens: int) -> dict[str, Any]:
    """The same calls in four ways, features encoded anew each time."""

    def ours(keep: Any = None) -> RandomWeightsVideoLLM:
        return RandomWeightsVideoLLM(loaded, keep=keep, reuse_bytes=0)

    few = keep_same_number(tokens)
    compared = compare(
        {
            "single": lambda n: [ours().generate(call) for call in calls],
            "batch": lambda n: ours().generate_all(calls),
            "batch_few": lambda n: ours(few).generate_all(calls),
            "stock_batch": lambda n: run_stock(loaded, calls),
        },
        ROUNDS,
        clock(),
    )
    speeds = {name: len(calls) / timing.min_s for name, timing in compared.timings.items()}
    pairs = [
        ("batch", "single"),
        ("batch", "stock_batch"),
        ("batch_few", "stock_batch"),
    ]
    waste = {"all_kept": _waste(ours(), calls), "few_kept": _waste(ours(few), calls)}
    return {
        "clips_per_s": speeds,
        "pad_waste": waste,
        "of_ideal": speeds["batch"] / speeds["single"] / (1 - waste["all_kept"]),
        **compared.record(*pairs),
    }


def _waste(llm: RandomWeightsVideoLLM, calls: Sequence[VlmRequest]) -> float:
    prompts = [llm.prompt(call) for call in calls]
    lengths = [len(prune_row(prompt.row, prompt.token_indices).ids) for prompt in prompts]
    return 1 - sum(lengths) / (len(lengths) * max(lengths))

"""The benchmarks of watching run what they say they run."""

import json
from pathlib import Path

import numpy as np
import pytest

from playhead_bench.suite import b5_parity
from playhead_bench.suite.__main__ import benchmarks, main
from playhead_bench.suite.random_vlms import FULL, SMALL, TINY, ModelShape, make, model_shapes
from playhead_bench.suite.vlm_calls import (
    Guided,
    RandomWeightsVideoLLM,
    keep_distinct_tokens,
    keep_random,
    keep_same_number,
    make_request,
    moving_clip,
    peak_mb,
    run_stock,
)
from playhead_index.embed.runtime import torch

TINY_QWEN = TINY[0]
TINY_SMOL = ModelShape("SmolVLM2, tiny", "smolvlm", 64, 96, 2, (4, 2), 1024, (32, 48, 2, 2), 42)


def test_the_benchmarks_of_watching_are_found_in_their_order() -> None:
    names = benchmarks()
    assert names.index("b5_parity") + 1 == names.index("b5s_speed")
    assert names.index("b10_reuse") + 1 == names.index("b11_batches")


def test_the_stock_path_says_what_ours_says_without_compression() -> None:
    loaded, call = make(TINY_QWEN), make_request(moving_clip(4, TINY_QWEN.side_px), new_tokens=5)
    out, decode_s = run_stock(loaded, [call])
    assert loaded.tokenizer.decode(out[0, -5:]) == RandomWeightsVideoLLM(loaded).generate(call).text
    assert decode_s > 0


def test_a_stock_batch_pads_on_the_left() -> None:
    loaded = make(TINY_QWEN)
    calls = [
        make_request(moving_clip(frames, TINY_QWEN.side_px, number=frames), new_tokens=4) for frames in (2, 6)
    ]
    out, _ = run_stock(loaded, calls)
    alone = [run_stock(loaded, [call])[0][0, -4:].tolist() for call in calls]
    assert out[:, -4:].tolist() == alone


def test_smolvlm_can_be_made_too() -> None:
    loaded, call = make(TINY_SMOL), make_request(moving_clip(3, TINY_SMOL.side_px), new_tokens=4)
    assert (
        loaded.tokenizer.decode(run_stock(loaded, [call])[0][0, -4:])
        == RandomWeightsVideoLLM(loaded).generate(call).text
    )


def test_every_reply_is_as_long_as_it_may_be() -> None:
    report = (
        RandomWeightsVideoLLM(make(TINY_QWEN))
        .generate(make_request(moving_clip(2, TINY_QWEN.side_px), new_tokens=12))
        .report
    )
    assert report.new_tokens == 12


def test_full_shapes_are_asked_for_and_need_a_gpu() -> None:
    assert model_shapes("small") == (SMALL,)
    assert model_shapes("full") == (FULL if torch().cuda.is_available() else (SMALL,))


def test_small_encoder_and_language_model_stand_to_each_other_as_in_the_large_one() -> None:
    def ratio(shape: ModelShape) -> float:
        width, inner, layers, _ = shape.vision
        heads, of_keys = shape.heads
        own = (2 + 2 * of_keys / heads) * shape.hidden**2 + 3 * shape.hidden * shape.inner
        return 4 * layers * (4 * width**2 + 3 * width * inner) / (shape.layers * own)

    assert ratio(SMALL) == pytest.approx(ratio(FULL[0]), rel=0.2)


def test_keepers_keep_as_many_as_they_say() -> None:
    loaded, call = make(TINY_QWEN), make_request(moving_clip(8, TINY_QWEN.side_px))
    words = RandomWeightsVideoLLM(loaded).word_vectors
    keepers = (Guided(0.25, words), keep_distinct_tokens(0.25), keep_random(0.25), keep_same_number(4))
    selected = [RandomWeightsVideoLLM(loaded, keep=keep).prompt(call).token_indices[0] for keep in keepers]
    assert [len(one) for one in selected] == [4, 4, 4, 4]


def test_a_peak_of_memory_is_seen() -> None:
    peak = peak_mb(lambda: np.ones(16 << 20, dtype=np.uint8).sum())
    if peak is None:
        pytest.skip("this system does not tell its memory's high-water mark")
    assert 12 < peak < 40


def test_parity_finds_no_difference() -> None:
    found = b5_parity.run("small")
    assert set(found["masks_apart"].values()) == {0}
    for by_number in found["models"].values():
        for number in ("float64", "float32"):
            apart = {name: value for name, value in by_number[number].items() if name != "largest_logit"}
            assert max(apart.values()) <= found["goal"][number]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["b5s", "b10", "b11"])
def test_a_benchmark_of_watching_runs_and_reports(name: str, tmp_path: Path) -> None:
    assert main(["--only", name, "--out", str(tmp_path / "report.json")]) == 0
    (record,) = json.loads((tmp_path / "report.json").read_text()).values()
    assert record["result"]["goal"]
    assert record["result"]["Qwen2.5-VL, small"]["model"]["parameters"] == 14_538_768

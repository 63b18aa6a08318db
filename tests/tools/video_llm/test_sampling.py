"""Sampling in the backends: a tiny untrained checkpoint of a real class, and requests to a server."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.tools.video_llm.checkpoints import write_checkpoint
from tests.tools.video_llm.made_server import Answer, made_server

from playhead_index.window import Window
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.protocol import Budget, Clip, Sampling, VlmRequest, can_sample
from playhead_tools.video_llm.server import ServerVideoLLM
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

FRAMES = np.random.default_rng(0).integers(0, 255, (4, 56, 56, 3), dtype=np.uint8)
REQUEST = VlmRequest(
    (Clip("v1", Window(0.0, 4.0), np.arange(4.0), FRAMES),), "Describe the clip.", Budget(new_tokens=12)
)
HOT = Sampling(temperature=3.0, top_p=1.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TransformersVideoLLM:
    folder = write_checkpoint("qwen2_5_vl", tmp_path_factory.mktemp("models") / "tiny")
    return TransformersVideoLLM(folder, loading=LoadOptions(device="cpu"))


def sampled(model: TransformersVideoLLM, sampling: Sampling | None) -> str:
    return model.generate(replace(REQUEST, sampling=sampling)).text


def test_a_seed_gives_the_same_reply_again_and_another_one_another(model: TransformersVideoLLM) -> None:
    first = sampled(model, HOT)
    assert sampled(model, HOT) == first
    assert sampled(model, replace(HOT, seed=1)) != first


def test_a_call_without_sampling_is_greedy_also_after_one_with(model: TransformersVideoLLM) -> None:
    greedy = sampled(model, None)
    sampled(model, HOT)
    assert sampled(model, None) == greedy


def test_a_sampled_call_takes_nothing_of_earlier_calls(model: TransformersVideoLLM) -> None:
    sampled(model, None)
    assert model.generate(REQUEST).report.reused_tokens
    assert model.generate(replace(REQUEST, sampling=HOT)).report.reused_tokens is None


def test_random_numbers_of_the_process_are_left_alone(model: TransformersVideoLLM) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    sampled(model, HOT)
    assert torch.equal(torch.rand(3), expected)


def test_equal_calls_of_one_batch_are_different_samples(model: TransformersVideoLLM) -> None:
    replies = model.generate_all([replace(REQUEST, sampling=replace(HOT, seed=seed)) for seed in range(4)])
    assert len({reply.text for reply in replies}) > 1


def test_calls_that_are_sampled_otherwise_are_no_batch(model: TransformersVideoLLM) -> None:
    with pytest.raises(ValueError, match="the calls of one batch must be sampled alike, got 2 ways"):
        model.generate_all([REQUEST, replace(REQUEST, sampling=HOT)])


def test_a_server_is_sent_temperature_top_p_and_seed() -> None:
    with made_server(Answer("A dog.")) as server:
        model = ServerVideoLLM(server.base_url, "made", "vllm")
        model.generate(REQUEST)
        model.generate(replace(REQUEST, sampling=Sampling(0.7, 0.95, seed=3)))
        greedy, hot = server.requests
    assert (greedy["temperature"], "seed" in greedy) == (0.0, False)
    assert (hot["temperature"], hot["top_p"], hot["seed"]) == (0.7, 0.95, 3)
    assert can_sample(model)


@pytest.mark.parametrize("values", [{"temperature": 0.0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_sampling_outside_its_ranges_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="temperature must be above 0, and top_p above 0 and at most 1"):
        Sampling(**values)  # type: ignore[arg-type]

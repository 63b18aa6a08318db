"""Batches grow while memory allows, and are halved for good where it ran out."""

from collections.abc import Sequence

import pytest
from tests.tools.captions.made_segments import segment

from playhead_index.errors import ModelUnavailable
from playhead_tools.captions.captioner import VideoCaptioner
from playhead_tools.captions.growing_batch import GrowingBatch
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.protocol import VlmRequest, VlmResponse


class OutOfMemoryError(RuntimeError):
    """As torch names it."""


class Device(ScriptedVideoLLM):
    """A model with memory for so many calls at a time."""

    num_fitting = 20
    memory_headroom: float | None = None

    def generate_all(self, calls: Sequence[VlmRequest]) -> list[VlmResponse]:
        if len(calls) > self.num_fitting:
            raise ModelUnavailable("not enough memory") from OutOfMemoryError("CUDA out of memory")
        self.sizes = [*getattr(self, "sizes", []), len(calls)]
        self.memory_headroom = self.num_fitting / len(calls)
        return [self.generate(call) for call in calls]


def device(num_fitting: int) -> Device:
    model = Device(lambda request, shown: f"at {request.clips[0].window.start_s:.0f}")
    model.num_fitting = num_fitting
    return model


def captioned(captioner: VideoCaptioner, num: int) -> list[str]:
    """The captions of so many segments, given as many at a time as the captioner asks for."""
    texts: list[str] = []
    while len(texts) < num:
        size = min(captioner.batch, num - len(texts))
        part = [segment(float(len(texts) + i), len(texts) + i + 1.0) for i in range(size)]
        texts += [one.text for one in captioner.caption(part)]
    return texts


def test_batches_double_while_the_memory_of_the_next_one_is_free() -> None:
    model = device(100)
    texts = captioned(VideoCaptioner(model, forms=False), 120)
    assert texts == [f"at {i}" for i in range(120)]
    assert model.sizes == [8, 16, 32, 64]


def test_a_batch_that_does_not_fit_is_halved_and_nothing_is_lost() -> None:
    model = device(3)
    assert captioned(VideoCaptioner(model, forms=False), 12) == [f"at {i}" for i in range(12)]
    assert max(model.sizes) <= 2
    assert VideoCaptioner(model, forms=False).batch == 8


def test_a_single_call_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ModelUnavailable, match="not enough memory"):
        captioned(VideoCaptioner(device(0), forms=False), 4)


def test_without_known_memory_the_size_stays() -> None:
    batch = GrowingBatch(8)
    assert not batch.grow(8, None)
    assert batch.size == 8


def test_a_batch_that_was_not_full_says_nothing_of_a_larger_one() -> None:
    batch = GrowingBatch(8)
    assert not batch.grow(3, 50.0)

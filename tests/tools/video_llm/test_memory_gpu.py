"""Full-size models with random weights keep to the memory that is computed for them, below 22 GB."""

from collections.abc import Iterator

import pytest
from tests.app.test_video_memory import CEILING_GB, LARGE
from tests.tools.video_llm.sized_models import from_meta, language_model, run_look, vision_tower

from playhead.known_video_models import KnownModel
from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.device_memory import DeviceMemory
from playhead_tools.video_llm.model_memory import LARGEST_LOOK, Precision, memory_needed

pytestmark = pytest.mark.gpu


@pytest.fixture
def ceiling() -> Iterator[None]:
    """torch may take so much of the GPU as `CEILING_GB` says."""
    cuda = torch().cuda
    cuda.empty_cache()
    cuda.set_per_process_memory_fraction(CEILING_GB * 1e9 / cuda.get_device_properties(0).total_memory)
    yield
    cuda.set_per_process_memory_fraction(1.0)
    cuda.empty_cache()


@pytest.mark.parametrize("four_bit", [False, True])
@pytest.mark.parametrize("model", LARGE, ids=lambda model: model.name)
def test_a_look_of_a_large_model_keeps_to_its_memory(
    model: KnownModel, four_bit: bool, ceiling: None
) -> None:
    if four_bit:
        pytest.importorskip("bitsandbytes")
    parts = [language_model(model.size.text, "meta", torch().bfloat16)]
    parts += [vision_tower(tower, "meta", torch().bfloat16) for tower in model.size.towers]
    text, *towers = [from_meta(part, "cuda", four_bit=four_bit) for part in parts]
    torch().cuda.reset_peak_memory_stats()
    assert run_look(model.size, LARGEST_LOOK, text, towers, new_tokens=8) == 8
    need = memory_needed(model.size, Precision(2, four_bit))
    assert torch().cuda.max_memory_allocated() < 1.05 * need.total


def test_free_memory_keeps_to_the_limit_of_the_process(ceiling: None) -> None:
    before = DeviceMemory().free_bytes("cuda")
    held = torch().zeros(1_000_000_000, dtype=torch().uint8, device="cuda")
    after = DeviceMemory().free_bytes("cuda:0")
    assert before is not None
    assert after is not None
    assert after < before <= CEILING_GB * 1e9
    assert before - after == pytest.approx(held.nbytes, rel=0.01)

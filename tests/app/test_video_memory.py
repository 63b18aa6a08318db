"""The models that are known by name: their sizes, and whether they fit a ceiling of 22 GB."""

import pytest

from playhead.default_models import loaded_beside_gb
from playhead.known_video_models import KNOWN, NAMED, KnownModel, known_video_model
from playhead.video_models import MachineFacts, choose_video_model, memory_gb_needed, offers

HUB_GB = {
    "Qwen/Qwen3-VL-8B-Instruct": 17.5,
    "Qwen/Qwen2.5-VL-7B-Instruct": 16.6,
    "OpenGVLab/InternVL3-8B-hf": 15.9,
    "Qwen/Qwen3-VL-4B-Instruct": 8.9,
    "Qwen/Qwen2.5-VL-3B-Instruct": 7.5,
    "Qwen/Qwen3-VL-2B-Instruct": 4.3,
    "HuggingFaceTB/SmolVLM2-2.2B-Instruct": 4.5,
    "llava-hf/llava-onevision-qwen2-7b-ov-hf": 16.1,
    "LanguageBind/Video-LLaVA-7B-hf": 14.9,
    "HuggingFaceTB/SmolVLM2-500M-Video-Instruct": 1.0,
    "HuggingFaceTB/SmolVLM2-256M-Video-Instruct": 0.5,
}
"""What the hub states of the files of each, rounded to 0.1 GB."""
CEILING_GB = 22.0
LARGE = (KNOWN[0], *(model for model in (*KNOWN, *NAMED) if "LLaVA-7B" in model.name or model in NAMED))


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_the_weights_of_a_known_model_are_those_of_its_files(model: KnownModel) -> None:
    assert model.weights_gb == pytest.approx(HUB_GB[model.name], rel=0.015, abs=0.05)


def test_longvu_and_owl3_have_the_parameters_of_their_parts() -> None:
    qwen2_7b, siglip, dinov2_giant = 7.616, 0.413, 1.136
    longvu, owl3 = (model.size.parameters.total / 1e9 for model in NAMED)
    assert longvu == pytest.approx(qwen2_7b + siglip + dinov2_giant + 0.055, rel=0.01)
    assert owl3 == pytest.approx(qwen2_7b + siglip + 0.032, rel=0.01)


@pytest.mark.parametrize("four_bit", [False, True])
@pytest.mark.parametrize("model", LARGE, ids=lambda model: model.name)
def test_the_default_and_the_7b_models_stay_below_22_gb_with_a_look_and_all_other_models(
    model: KnownModel, four_bit: bool
) -> None:
    assert loaded_beside_gb(on_gpu=True) == pytest.approx(2.4, abs=0.05)
    needed_gb = memory_gb_needed(model.size, on_gpu=True, four_bit=four_bit)
    assert needed_gb < (CEILING_GB / 2 if four_bit else CEILING_GB)


def test_four_large_models_are_checked() -> None:
    names = [model.name.rpartition("/")[2] for model in LARGE]
    assert names == ["Qwen3-VL-8B-Instruct", "Video-LLaVA-7B-hf", "LongVU_Qwen2_7B", "mPLUG-Owl3-7B-241101"]


def test_a_large_gpu_is_offered_a_small_model_first_and_the_best_second() -> None:
    first, second, *others = offers(MachineFacts(gpu_gb=24.0))
    assert (first.model.name, second.model.name) == ("Qwen/Qwen3-VL-2B-Instruct", "Qwen/Qwen3-VL-8B-Instruct")
    assert first.sentence.startswith("Qwen/Qwen3-VL-2B-Instruct: 4.3 GB to download, Apache-2.0; ")
    assert len({offer.model.name for offer in (first, second, *others)}) == len(KNOWN)


def test_a_model_that_fits_in_4_bits_alone_is_offered_so() -> None:
    best = offers(MachineFacts(gpu_gb=12.0))[1]
    assert (best.model.name, best.four_bit) == ("Qwen/Qwen3-VL-8B-Instruct", True)
    assert best.sentence.endswith("in 4 bits (needs: pip install bitsandbytes accelerate)")


def test_a_cpu_is_offered_what_it_can_bear() -> None:
    assert [offer.model.name for offer in offers(MachineFacts(memory_gb=8.0))] == [
        "HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
        "HuggingFaceTB/SmolVLM2-256M-Video-Instruct",
    ]
    assert offers(MachineFacts(memory_gb=2.0)) == []


@pytest.mark.parametrize(("wants", "expected"), [(None, False), (True, True), (False, False)])
def test_4_bits_are_taken_as_they_are_asked_for(wants: bool | None, expected: bool) -> None:
    facts = MachineFacts(gpu_gb=80.0, cached=(KNOWN[0].name,), four_bit=True, wants_four_bit=wants)
    assert choose_video_model(facts).four_bit is expected


def test_a_model_that_needs_4_bits_is_not_taken_where_they_are_refused() -> None:
    facts = MachineFacts(gpu_gb=12.0, cached=(KNOWN[0].name,), four_bit=True, wants_four_bit=False)
    assert choose_video_model(facts).backend == "off"


def test_a_known_model_is_found_by_its_name() -> None:
    longvu = known_video_model("Vision-CAIR/LongVU_Qwen2_7B")
    assert longvu is not None
    assert longvu.licence == "Apache-2.0"
    assert known_video_model("someone/nothing") is None

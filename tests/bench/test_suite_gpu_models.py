"""The benchmark of models of full size on a GPU, with tiny sizes on the processor."""

import json
from pathlib import Path
from typing import Any

import pytest

from playhead_bench.suite import random_encoders, random_longvu, random_owl3
from playhead_bench.suite.b14_gpu_models import FULL, PARTS, THINGS, TINY, main, measure_parts
from playhead_bench.suite.random_encoders import make_encoders
from playhead_bench.suite.random_longvu import make_longvu
from playhead_bench.suite.random_owl3 import make_owl3
from playhead_index.embed.runtime import open_clip, torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.compression.text_guided import question_focus


def no_gpu() -> bool:
    return not torch().cuda.is_available()


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return measure_parts(TINY, PARTS, lambda so_far: None)


def test_every_part_is_measured(record: dict[str, Any]) -> None:
    assert (record["failed"], record["did_not_fit"]) == ({}, {})
    assert list(record["parts"]) == ["two_hour_video", "longvu", "owl3", "indexing"]
    json.dumps(record)


def test_a_question_is_a_skim_and_looks_from_kept_features_at_a_quarter_of_the_tokens(
    record: dict[str, Any],
) -> None:
    for way in ("guided", "uniform"):
        skim, *looks = record["parts"]["two_hour_video"][way]["question"]
        assert [call["frames_shown"] for call in (skim, *looks)] == [8 * 4 + 2, 4, 4]
        assert [(call["visual_tokens_given"], call["visual_tokens_kept"]) for call in looks] == [(8, 2)] * 2


def test_what_is_kept_is_used(record: dict[str, Any]) -> None:
    for name in ("longvu", "owl3"):
        part = record["parts"][name]
        first, following = part["from_features"]["call"], part["next_question"]["call"]
        assert part["from_pixels"]["call"]["encode_s"] > first["encode_s"]
        assert first["reused_tokens"] == 0 < following["reused_tokens"]


def test_video_hours_an_hour_are_frames_a_second_at_one_frame_a_second(record: dict[str, Any]) -> None:
    found = record["parts"]["indexing"]
    assert found["video_hours_per_gpu_hour"] == found["frames_per_s"]["both"] > 0


def test_successive_questions_name_different_things() -> None:
    focused = [question_focus(f"What does the {thing} do at place number 3?") for thing in THINGS]
    assert len({focus.texts for focus in focused}) == len(THINGS)
    assert not any(focus.is_global for focus in focused)


def lacking(*_: object) -> dict[str, Any]:
    raise torch().OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


def refused(*_: object) -> dict[str, Any]:
    raise ModelUnavailable("made: its device has not enough memory for 8 frames")


def broken(*_: object) -> dict[str, Any]:
    raise ValueError("shapes do not fit")


def slow(*_: object) -> dict[str, Any]:
    return {"video_hours_per_gpu_hour": 99.0}


def test_a_part_that_does_not_fit_or_fails_is_named_and_the_others_go_on() -> None:
    seen: list[list[str]] = []
    parts = {"longvu": lacking, "owl3": refused, "two_hour_video": broken, "indexing": slow}
    record = measure_parts(TINY, parts, lambda so_far: seen.append(list(so_far["parts"])))
    assert seen[0] == ["longvu"]
    assert len(seen) == 4
    assert record["did_not_fit"]["longvu"].startswith("OutOfMemoryError: CUDA out of memory")
    assert record["did_not_fit"]["owl3"].startswith("ModelUnavailable: made")
    assert record["failed"] == {"two_hour_video": "ValueError: shapes do not fit"}
    assert record["missed_goals"] == {"indexing.video_hours_per_gpu_hour": {"value": 99.0, "goal": 100.0}}


def test_the_report_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    assert main(["--size", "small", "--parts", "indexing", "--out", str(path)]) == 0
    part, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert json.loads(path.read_text())["parts"] == part
    assert summary["did_not_fit"] == {}


@pytest.mark.skipif("not no_gpu()", reason="a GPU is there")
def test_full_size_without_a_gpu_is_refused_in_one_line() -> None:
    with pytest.raises(SystemExit, match=r"^b14 --size full needs an NVIDIA GPU and torch sees none; use .+"):
        main([])


def test_full_sizes_are_those_of_the_released_models() -> None:
    with torch().device("meta"):
        longvu = make_longvu(FULL.longvu, device="meta").model
        owl3 = make_owl3(FULL.owl3, device="meta").model
        picture, dino = random_encoders.FULL.picture, random_encoders.FULL.appearance
    billions = [sum(weight.numel() for weight in model.parameters()) / 1e9 for model in (longvu, owl3)]
    assert billions == pytest.approx([9.2, 8.1], abs=0.1)
    named = open_clip().get_model_config("ViT-B-32")
    assert {name: named[name] for name in picture} == picture
    assert dino["hidden_size"] == 384
    assert random_longvu.FULL.layers == random_owl3.FULL.layers == 28


def test_models_are_made_in_the_type_of_the_device() -> None:
    for loaded in (make_longvu(TINY.longvu, device="cpu"), make_owl3(TINY.owl3)):
        assert {weight.dtype for weight in loaded.model.parameters()} == {torch().float32}
    picture, _ = make_encoders(TINY.encoders, device="cpu", batch_size=2)
    assert picture.trims_text

"""A clip is encoded once, also when a file of the cache was damaged."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.video_llm.seen_clips import Places, exact, vlm_request

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.clip_features import ClipFeatures, clip_key
from playhead_tools.video_llm.feature_cache import FeatureCache

Checkpoint = Callable[[str], Path]


def features(value: float = 1.0) -> ClipFeatures:
    """256 bytes of rows and as many of one deeper layer."""
    rows = torch().full((8, 8), value)
    return ClipFeatures(rows, (rows * 2,), 2, 0, "<v>" * 8, "video", (2, 4, 4), 0.5)


def counted(encoder: Any) -> list[int]:
    """A list that grows when the encoder runs."""
    runs: list[int] = []
    encoder.register_forward_hook(lambda *_: runs.append(1))
    return runs


def test_a_second_question_does_not_run_the_encoder(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"), keep=Places(0, 5))
    runs = counted(llm.loaded.base.visual)
    first = llm.prompt(vlm_request(question="What is it?"))
    second = llm.prompt(vlm_request(question="Is it red?"))
    assert len(runs) == 1
    assert torch().equal(first.row.clips[0].features.rows, second.row.clips[0].features.rows)


def test_another_process_finds_the_clip_on_disk(checkpoint: Checkpoint, tmp_path: Path) -> None:
    exact(checkpoint("qwen3_vl"), cache=FeatureCache(folder=tmp_path)).prompt(vlm_request())
    llm = exact(checkpoint("qwen3_vl"), cache=FeatureCache(folder=tmp_path))
    runs = counted(llm.loaded.base.visual)
    llm.prompt(vlm_request())
    assert runs == []


@pytest.mark.parametrize("damage", [lambda b: b[:100], lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b""],
                         ids=["cut short", "one bit changed", "empty"])  # fmt: skip
def test_a_damaged_file_is_reported_and_encoded_anew(
    damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    FeatureCache(folder=tmp_path).put("k", features())
    path = tmp_path / "k.features"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="is damaged; it is removed and the clip encoded again"):
        assert FeatureCache(folder=tmp_path).get("k") is None
    assert not path.exists()


def test_what_comes_from_disk_is_what_was_put(tmp_path: Path) -> None:
    FeatureCache(folder=tmp_path).put("k", features())
    found = FeatureCache(folder=tmp_path).get("k")
    assert found is not None
    assert torch().equal(found.rows, features().rows)
    assert torch().equal(found.deep[0], features().deep[0])
    assert (found.steps, found.expansion, found.grid, found.step_s) == (2, "<v>" * 8, (2, 4, 4), 0.5)


def test_half_precision_survives_the_disk(tmp_path: Path) -> None:
    half = ClipFeatures(torch().ones(4, 2, dtype=torch().bfloat16), (), 2, 0, "", "image")
    FeatureCache(folder=tmp_path).put("k", half)
    found = FeatureCache(folder=tmp_path).get("k")
    assert found is not None
    assert found.rows.dtype == torch().bfloat16


def test_memory_is_bounded_and_the_longest_unused_goes_first() -> None:
    cache = FeatureCache(max_bytes=1100)
    cache.put("a", features())
    cache.put("b", features())
    cache.get("a")
    cache.put("c", features())
    assert cache.in_memory_bytes == 1024
    assert [cache.get(key) is not None for key in "abc"] == [True, False, True]


def test_a_clip_larger_than_the_limit_is_not_kept() -> None:
    cache = FeatureCache(max_bytes=100)
    cache.put("a", features())
    assert len(cache) == 0


def test_the_folder_keeps_its_limit(tmp_path: Path) -> None:
    cache = FeatureCache(max_bytes=0, folder=tmp_path, max_disk_bytes=2500)
    for key in "abc":
        cache.put(key, features())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2500
    assert cache.get("c") is not None


def test_a_folder_that_cannot_be_written_to_harms_only_speed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="an encoded clip could not be kept on disk"):
        FeatureCache(folder=tmp_path / "file").put("k", features())


def test_many_threads_share_a_cache(tmp_path: Path) -> None:
    cache = FeatureCache(max_bytes=1100, folder=tmp_path)
    threads = [threading.Thread(target=cache.put, args=(f"{i % 5}", features(i % 5))) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.in_memory_bytes <= 1100
    found = [cache.get(f"{i}") for i in range(5)]
    assert [None if clip is None else float(clip.rows[0, 0]) for clip in found] == [0, 1, 2, 3, 4]


def test_another_revision_time_or_picture_is_another_clip() -> None:
    frames, pts_s = np.zeros((2, 32, 32, 3), np.uint8), np.array([0.0, 1.0])
    painted = frames.copy()
    painted[1, 16:] = 255
    keys = {
        clip_key("r1", "v", frames, pts_s, 2.0),
        clip_key("r2", "v", frames, pts_s, 2.0),
        clip_key("r1", "v", frames, pts_s + 1, 2.0),
        clip_key("r1", "v", painted, pts_s, 2.0),
    }
    assert len(keys) == 4


def test_a_negative_limit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="limits must not be negative"):
        FeatureCache(max_bytes=-1)

"""Fine-tuning of exported weights: visual tokens are cached, hard clips are drawn, both halves train."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.bench.learnt import LEAST, apart

from playhead_bench.nano.answer_loss import (
    HARD_KINDS,
    MAX_HARD_SAMPLES,
    BlocksBySource,
    draw_rows,
    training_blocks,
)
from playhead_bench.nano.batched_vision import features
from playhead_bench.nano.cached_features import VisualFeatureCache
from playhead_bench.nano.finetune import finetune_vlm, fit_heads, from_weights
from playhead_bench.nano.paint_frames import paint_block
from playhead_bench.nano.profile import FOLDERS, WEIGHTS
from playhead_bench.nano.track_targets import LAYER
from playhead_bench.nano.train_answers import capture_output, train_answers
from playhead_bench.nano.training import load_state
from playhead_bench.nano.training_samples import MAX_SAMPLES, RowWriter
from playhead_bench.nano.vlm_model import make_model, new_checkpoint
from playhead_bench.world.random_scene import PAIRS
from playhead_index.embed.runtime import torch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips and two crowds, all pairs."""
    folder = tmp_path_factory.mktemp("painted")
    paint_block(folder, "clips", 0, 8, "train", "iid")
    paint_block(folder, "crowds", 0, 2, "train", "iid")
    for source in ("clips", "crowds"):
        paint_block(folder, source, 0, 1, "train", "compositional")
    return folder


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory, words: Any) -> Path:
    """Weights as they ship, with random numbers, and a log of two runs."""
    folder = tmp_path_factory.mktemp("shipped")
    new_checkpoint(folder, words)
    (folder / "training.jsonl").write_text('{"step": 3}\n{"step": 0}\n')
    return folder


@pytest.fixture(scope="module")
def found(data: Path) -> BlocksBySource:
    """What is painted there."""
    return training_blocks(data, "iid", 1, 1)


# ---- what is drawn ----


def test_only_clips_with_enough_hard_questions_are_drawn(found: BlocksBySource, words: Any) -> None:
    drawn = draw_rows(found, RowWriter(words), Random(0), {"clips": 12}, PAIRS, "iid", hard=3)
    hard = [sum(sample.kind in HARD_KINDS for sample in row.samples) for row in drawn.rows]
    assert len(drawn.rows) == len(drawn.clips) == 12
    assert min(hard) >= 3
    assert max(hard) <= MAX_HARD_SAMPLES
    assert max(len(row.samples) for row in drawn.rows) <= MAX_SAMPLES


def test_without_a_wish_every_clip_is_taken_as_it_comes(found: BlocksBySource, words: Any) -> None:
    drawn = draw_rows(found, RowWriter(words), Random(0), {"clips": 12}, PAIRS, "iid")
    assert min(sum(sample.kind in HARD_KINDS for sample in row.samples) for row in drawn.rows) < 3


def test_pictures_and_what_they_show_go_side_by_side(found: BlocksBySource, words: Any) -> None:
    drawn = draw_rows(found, RowWriter(words), Random(1), {"clips": 2, "crowds": 1}, PAIRS, "iid")
    assert tuple(drawn.pairs.shape) == (4 + 4 + 1, 2, 100, 180, 3)
    assert [pair for _, pair in drawn.labelled_pairs] == [0, 1, 2, 3, 0, 1, 2, 3, 0]
    block, number = drawn.places[1]
    assert np.array_equal(drawn.pairs[4].numpy(), block.small[number, :2])


# ---- cached visual tokens ----


def test_cached_visual_tokens_are_those_of_the_vision_half(
    found: BlocksBySource, words: Any, tmp_path: Path
) -> None:
    visual = make_model(words).model.visual
    drawn = draw_rows(found, RowWriter(words), Random(1), {"clips": 2, "crowds": 1}, PAIRS, "iid")
    with torch().no_grad():
        fresh = features(visual, drawn.pairs)
    for feature_cache, now in zip(VisualFeatureCache(visual, tmp_path).of(drawn), fresh, strict=True):
        assert feature_cache.shape == now.shape
        assert torch().allclose(feature_cache, now, atol=2e-3)


def test_visual_tokens_are_cached_once(found: BlocksBySource, words: Any, tmp_path: Path) -> None:
    drawn = draw_rows(found, RowWriter(words), Random(1), {"clips": 2}, PAIRS, "iid")
    first, _ = VisualFeatureCache(make_model(words).model.visual, tmp_path).of(drawn)
    again, _ = VisualFeatureCache(make_model(words, seed=1).model.visual, tmp_path).of(drawn)
    assert torch().equal(first, again)
    assert not list(tmp_path.glob("*.part"))


def test_a_vision_half_that_learns_is_not_kept(data: Path, words: Any, tmp_path: Path) -> None:
    model = make_model(words)
    feature_cache = VisualFeatureCache(model.model.visual, tmp_path)
    with pytest.raises(ValueError, match=r"sight_rate=0\.1"):
        train_answers(
            model,
            words,
            data,
            tmp_path,
            steps=1,
            name="x",
            heads_from="y",
            vision_rate=0.1,
            feature_cache=feature_cache,
        )


# ---- from weights on ----


def test_weights_are_taken_as_they_ship(begin: Path, words: Any) -> None:
    model, shipped = from_weights(begin, words), make_model(words)
    for name, value in shipped.state_dict().items():
        assert torch().equal(value, model.state_dict()[name]), name


def test_weights_of_another_model_are_refused(words: Any, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"head.weight": torch().zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"unknown \['head.weight'\]"):
        from_weights(tmp_path, words)


def test_heads_are_fitted_to_what_a_model_shows(data: Path, words: Any, tmp_path: Path) -> None:
    model = from_weights(WEIGHTS / FOLDERS["video"], words)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    right = fit_heads(model, words, data, tmp_path / "heads.state", "iid", rounds=3)
    assert right["where"] < 0.3, "the column and the row of a token are in what it holds"
    assert right["colour"] > 0.8
    assert all(torch().equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())
    assert fit_heads(model, words, data, tmp_path / "heads.state", "iid") == {}, "they are fitted once"
    assert set(load_state(tmp_path / "heads.state") or {}) == {"nothing", "scale", "directions", "tracks"}


def test_a_hook_that_is_removed_keeps_nothing_more(words: Any) -> None:
    layer = make_model(words).model.language_model.layers[LAYER].mlp
    held, hook = capture_output(layer)
    layer(torch().zeros(1, 192))
    first = held[0]
    hook.remove()
    layer(torch().ones(1, 192))
    assert held[0] is first


@pytest.mark.slow
def test_the_language_half_learns_on_and_goes_on_where_it_stopped(
    data: Path, begin: Path, words: Any, tmp_path: Path
) -> None:
    def train(out: Path, steps: int) -> Any:
        return finetune_vlm(
            begin, data, out, steps=steps, vision_steps=1, vision_batch=2, clips=1, fit_rounds=1
        )

    cut = train(tmp_path / "cut", 2)
    resumed, straight = train(tmp_path / "cut", 3), train(tmp_path / "straight", 3)
    shipped = from_weights(begin, words).state_dict()
    assert apart(resumed, straight, cut) < LEAST
    for half in ("model.language_model.layers.0.mlp.up_proj", "model.visual.blocks.0.mlp.linear_fc1"):
        assert not torch().equal(straight.state_dict()[f"{half}.weight"], shipped[f"{half}.weight"])
    assert (tmp_path / "cut" / "before.jsonl").read_text() == (begin / "training.jsonl").read_text()

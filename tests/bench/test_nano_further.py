"""Going on from weights that ship: what is seen is kept, hard clips are drawn, both halves learn on."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.bench.learnt import LEAST, apart

from playhead_bench.nano.answers import HARD, MOST_HARD, Painted, draw_rows, painted
from playhead_bench.nano.cached_features import KeptSight
from playhead_bench.nano.finetune import fit_heads, from_weights, train_further
from playhead_bench.nano.pictures import paint_many
from playhead_bench.nano.profile import FOLDERS, WEIGHTS
from playhead_bench.nano.see import features
from playhead_bench.nano.tracks import LAYER
from playhead_bench.nano.train_answers import keep_output, train_answers
from playhead_bench.nano.training import load_state
from playhead_bench.nano.training_samples import MOST_LESSONS, Writer
from playhead_bench.nano.vlm import make_model, new_checkpoint
from playhead_bench.world.stage import PAIRS
from playhead_index.embed.runtime import torch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips and two crowds, all pairs."""
    folder = tmp_path_factory.mktemp("painted")
    paint_many(folder, "clips", 0, 8, "train", "iid")
    paint_many(folder, "crowds", 0, 2, "train", "iid")
    for source in ("clips", "crowds"):
        paint_many(folder, source, 0, 1, "train", "compositional")
    return folder


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory, words: Any) -> Path:
    """Weights as they ship, with random numbers, and a log of two runs."""
    folder = tmp_path_factory.mktemp("shipped")
    new_checkpoint(folder, words)
    (folder / "training.jsonl").write_text('{"step": 3}\n{"step": 0}\n')
    return folder


@pytest.fixture(scope="module")
def found(data: Path) -> Painted:
    """What is painted there."""
    return painted(data, "iid", 1, 1)


# ---- what is drawn ----


def test_only_clips_with_enough_hard_questions_are_drawn(found: Painted, words: Any) -> None:
    drawn = draw_rows(found, Writer(words), Random(0), {"clips": 12}, PAIRS, "iid", hard=3)
    hard = [sum(lesson.kind in HARD for lesson in row.lessons) for row in drawn.rows]
    assert len(drawn.rows) == len(drawn.clips) == 12
    assert min(hard) >= 3
    assert max(hard) <= MOST_HARD
    assert max(len(row.lessons) for row in drawn.rows) <= MOST_LESSONS


def test_without_a_wish_every_clip_is_taken_as_it_comes(found: Painted, words: Any) -> None:
    drawn = draw_rows(found, Writer(words), Random(0), {"clips": 12}, PAIRS, "iid")
    assert min(sum(lesson.kind in HARD for lesson in row.lessons) for row in drawn.rows) < 3


def test_pictures_and_what_they_show_go_side_by_side(found: Painted, words: Any) -> None:
    drawn = draw_rows(found, Writer(words), Random(1), {"clips": 2, "crowds": 1}, PAIRS, "iid")
    assert tuple(drawn.pairs.shape) == (4 + 4 + 1, 2, 100, 180, 3)
    assert [pair for _, pair in drawn.told] == [0, 1, 2, 3, 0, 1, 2, 3, 0]
    block, number = drawn.places[1]
    assert np.array_equal(drawn.pairs[4].numpy(), block.small[number, :2])


# ---- sight that is kept ----


def test_kept_sight_is_what_the_vision_half_sees(found: Painted, words: Any, tmp_path: Path) -> None:
    visual = make_model(words).model.visual
    drawn = draw_rows(found, Writer(words), Random(1), {"clips": 2, "crowds": 1}, PAIRS, "iid")
    with torch().no_grad():
        fresh = features(visual, drawn.pairs)
    for kept, now in zip(KeptSight(visual, tmp_path).of(drawn), fresh, strict=True):
        assert kept.shape == now.shape
        assert torch().allclose(kept, now, atol=2e-3)


def test_sight_is_kept_once(found: Painted, words: Any, tmp_path: Path) -> None:
    drawn = draw_rows(found, Writer(words), Random(1), {"clips": 2}, PAIRS, "iid")
    first, _ = KeptSight(make_model(words).model.visual, tmp_path).of(drawn)
    again, _ = KeptSight(make_model(words, seed=1).model.visual, tmp_path).of(drawn)
    assert torch().equal(first, again)
    assert not list(tmp_path.glob("*.part"))


def test_a_vision_half_that_learns_is_not_kept(data: Path, words: Any, tmp_path: Path) -> None:
    model = make_model(words)
    kept = KeptSight(model.model.visual, tmp_path)
    with pytest.raises(ValueError, match=r"sight_rate=0\.1"):
        train_answers(
            model, words, data, tmp_path, steps=1, name="x", heads_from="y", sight_rate=0.1, kept=kept
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
    held, hook = keep_output(layer)
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
        return train_further(
            begin, data, out, steps=steps, sight_steps=1, sight_batch=2, clips=1, fit_rounds=1
        )

    cut = train(tmp_path / "cut", 2)
    resumed, straight = train(tmp_path / "cut", 3), train(tmp_path / "straight", 3)
    shipped = from_weights(begin, words).state_dict()
    assert apart(resumed, straight, cut) < LEAST
    for half in ("model.language_model.layers.0.mlp.up_proj", "model.visual.blocks.0.mlp.linear_fc1"):
        assert not torch().equal(straight.state_dict()[f"{half}.weight"], shipped[f"{half}.weight"])
    assert (tmp_path / "cut" / "before.jsonl").read_text() == (begin / "training.jsonl").read_text()

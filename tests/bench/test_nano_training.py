"""What trains the nano models: optimiser, targets, lessons, and trainings that go on where they stopped."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.bench.learnt import LEAST, apart

from playhead_bench.nano.answer_loss import answer_loss
from playhead_bench.nano.attention_guidance import attention_loss, time_loss
from playhead_bench.nano.paint_frames import clip_of, crowd_of, paint_block
from playhead_bench.nano.token_labels import HEADS, IGNORED, cells_at, labels_of
from playhead_bench.nano.tokenizer import PAD
from playhead_bench.nano.train_answers import train_answers
from playhead_bench.nano.train_clip import targets_of, texts_of, train_clip, visible_pairs
from playhead_bench.nano.train_dino import train_dino
from playhead_bench.nano.train_vision import WordHeads, train_vision
from playhead_bench.nano.training import Optimiser, orthogonal, rate_factor, split
from playhead_bench.nano.training_samples import (
    MAX_PER_CROWD_KIND,
    RowWriter,
    TrainingSample,
    batch_of,
    make_samples,
    options_of,
)
from playhead_bench.nano.vlm_model import make_model
from playhead_bench.world.clip_questions import clip_questions
from playhead_bench.world.random_scene import Pair
from playhead_bench.world.story import Scene, SceneObject
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES
from playhead_index.embed.runtime import torch
from playhead_index.window import Window

NIGHT = Scene(
    "park 1",
    "park",
    Window(0.0, 2.0),
    night=True,
    things=(SceneObject("star", "red", 0.3, (0.5, 0.5)), SceneObject("cup", "blue", 0.3, (0.02, 0.5))),
)
"""A red star in the middle and a blue cup at the edge, in a park by night."""
PAIRS: list[Pair] = [("red", "star"), ("blue", "cup"), ("green", "boat")]


# ---- the optimiser ----


@pytest.mark.parametrize("shape", [(16, 32), (32, 16)])
def test_an_orthogonal_matrix_has_singular_values_near_one(shape: tuple[int, int]) -> None:
    matrix = torch().randn(shape, generator=torch().Generator().manual_seed(0))
    values = torch().linalg.svdvals(orthogonal(matrix))
    assert float(values.min()) > 0.6
    assert float(values.max()) < 1.25


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    assert [round(rate_factor(done, 40), 3) for done in (0, 1, 10, 24, 32, 39)] == [
        0.5,
        1.0,
        1.0,
        1.0,
        0.5,
        0.062,
    ]


def test_a_training_of_one_step_has_its_full_rate() -> None:
    assert rate_factor(0, 1) == 1.0


def _down(weights: Any, optimiser: Optimiser, steps: int) -> None:
    points = torch().linspace(-1, 1, 12).reshape(3, 4)
    for _ in range(steps):
        optimiser.step((weights(points) ** 2).sum())


def _small() -> tuple[Any, Optimiser]:
    torch().manual_seed(0)
    weights = torch().nn.Linear(4, 3)
    return weights, Optimiser(*split(weights), steps=10)


def test_an_optimiser_goes_on_from_its_state_to_the_same_weights() -> None:
    straight, optimiser = _small()
    _down(straight, optimiser, 4)
    cut, first = _small()
    _down(cut, first, 2)
    second = Optimiser(*split(cut), steps=10)
    second.load(first.state())
    _down(cut, second, 2)
    assert second.steps_done == 4
    assert torch().equal(cut.weight, straight.weight)
    assert torch().equal(cut.bias, straight.bias)


# ---- what is to be learnt ----


def test_a_thing_marks_its_own_cell_and_leaves_those_around_it_unsure() -> None:
    scene = Scene("hall 1", "hall", Window(0.0, 2.0), things=(SceneObject("ring", "green", 0.5, (0.5, 0.5)),))
    kind, colour, motion = cells_at(scene, (0.5, 1.0), 5, 9)
    assert (kind[2, 4], colour[2, 4], motion[2, 4]) == (
        OBJECT_SHAPES.index("ring"),
        OBJECT_COLOURS.index("green"),
        0,
    )
    around = kind[1:4, 3:6].copy()
    around[1, 1] = IGNORED
    assert (around == IGNORED).all()
    assert (kind == len(OBJECT_SHAPES)).sum() == 5 * 9 - 9


def test_a_picture_surely_shows_what_is_inside_it_and_perhaps_what_is_at_its_edge() -> None:
    assert visible_pairs(NIGHT, 1.0) == ({("red", "star")}, {("blue", "cup")})


def test_targets_say_what_is_there_and_what_is_in_doubt() -> None:
    targets = targets_of([(NIGHT, 1.0)], PAIRS)
    assert targets.present.shape == targets.certain.shape == (1, 3 + 18 + 10 + 3 * 11 + 1)
    assert targets.cells.shape == (1, 3, 4, 4)
    assert targets.present[0, :3].tolist() == [1, 0, 0]
    assert targets.certain[0, :3].tolist() == [1, 0, 1]


def test_targets_tell_the_place_with_its_time_of_day() -> None:
    present = targets_of([(NIGHT, 1.0)], PAIRS).present[0]
    park = 3 + 18 + 10 + 3 * 2  # the third place: by day, at night, at any time
    assert present[park : park + 3].tolist() == [0, 1, 1]
    assert present[park - 3 : park].tolist() == [0, 0, 0]
    assert present[-1] == 0.5


def test_every_target_has_a_text_that_names_it() -> None:
    texts = texts_of(Random(0), PAIRS)
    assert len(texts) == 3 + 18 + 10 + 3 * 11 + 1
    assert all(colour in text and kind in text for text, (colour, kind) in zip(texts, PAIRS, strict=False))
    assert all(kind in text for text, kind in zip(texts[3:21], OBJECT_SHAPES, strict=True))
    assert all(colour in text for text, colour in zip(texts[21:31], OBJECT_COLOURS, strict=True))


# ---- training samples ----


@pytest.mark.parametrize("seed", range(6))
def test_options_are_different_and_have_the_answer_once(seed: int) -> None:
    clip, rng = clip_of(seed), Random(seed)
    questions = clip_questions(clip.scene, clip.window, clip.times_s, clip.printed_s, rng)
    offered = [(one, options_of(one, clip, rng)) for one in questions if one.kind != "caption"]
    assert all(options.count(one.answer) == 1 for one, options in offered)
    assert all(2 <= len(options) == len(set(options)) <= 4 for _, options in offered)


def test_every_word_that_a_head_can_say_is_one_token(words: Any) -> None:
    spelt = {word: words.encode(word) for head in HEADS.values() for word in head}
    assert {word: ids for word, ids in spelt.items() if len(ids) != 1} == {}


def test_a_sample_attends_to_the_clip_and_itself_and_to_no_other_sample(words: Any) -> None:
    writer = RowWriter(words)
    samples = [
        TrainingSample("colour", "What colour is the cup?", answer, False) for answer in ("red", "blue")
    ]
    row = writer.row(("0.2", "1.2"), samples)
    batch = batch_of([row], words.convert_tokens_to_ids(PAD), writer.pad)
    sees, block = batch.attention_mask[0, 0].numpy(), batch.block[0].numpy()
    seen = [{int(b) for b in block[sees[block == number].any(axis=0)]} for number in range(3)]
    assert seen == [{0}, {0, 1}, {0, 2}]
    assert not np.triu(sees, 1).any()


def test_padding_sees_itself_and_the_clip_at_most_and_teaches_nothing(words: Any) -> None:
    writer = RowWriter(words)
    sample = TrainingSample("colour", "What colour is the cup?", "red", False)
    rows = [writer.row(("0.2",), []), writer.row(("0.2",), [sample])]
    batch = batch_of(rows, words.convert_tokens_to_ids(PAD), writer.pad)
    padding = batch.block[0].numpy() == -1
    assert padding.sum() == len(rows[1].ids) - len(rows[0].ids)
    assert batch.attention_mask[0, 0].numpy()[padding].any(axis=1).all()
    assert (batch.targets[0].numpy() == -1).all()


def test_questions_about_a_crowd_are_answered_by_lookup() -> None:
    questions = make_samples(crowd_of(0), Random(0), kinds=MAX_PER_CROWD_KIND)
    assert {sample.kind for sample in questions} == {"colour", "thing", "exists", "side"}
    assert len(questions) > 12


def test_a_reply_counts_by_the_root_of_its_length(words: Any) -> None:
    writer, model = RowWriter(words), make_model(words)
    replies = ("red", "the red cup, the blue star")
    row = writer.row(("0.2",), [TrainingSample("colour", "Which?", reply, False) for reply in replies])
    batch = batch_of([row], words.convert_tokens_to_ids(PAD), writer.pad)
    width = model.config.text_config.hidden_size
    hidden = torch().randn(1, len(row.ids), width, generator=torch().Generator().manual_seed(0))
    loss, _ = answer_loss(model.model.language_model, hidden, batch, [row])
    scores = (hidden @ model.model.language_model.embed_tokens.weight.T)[0].log_softmax(-1)
    each = [
        np.mean([-float(scores[at, batch.targets[0, at]].detach()) for at in _replies_of(batch, number)])
        for number in (1, 2)
    ]
    roots = [len(_replies_of(batch, number)) ** 0.5 for number in (1, 2)]
    assert float(loss.detach()) == pytest.approx(np.average(each, weights=roots), rel=1e-5)


def _replies_of(batch: Any, sample: int) -> list[int]:
    """Where the tokens of a lesson's reply are predicted."""
    at = np.nonzero((batch.targets[0] >= 0).numpy())[0]
    return [int(i) for i in at if int(batch.block[0, i + 1]) == sample]


# ---- guided attention ----


def _guided(words: Any, model: Any) -> Any:
    """The loss of guided attention on a crowd whose visual tokens are the words of what they show."""
    language, writer = model.model.language_model, RowWriter(words)
    heads, clip = WordHeads(words, language.embed_tokens), crowd_of(1)
    batch = batch_of([writer.row(clip.printed_s, [])], words.convert_tokens_to_ids(PAD), writer.pad)
    labels = labels_of(clip, 0)
    kinds = torch().from_numpy(labels.cells[0].flatten()).clamp(min=0)
    shown = torch().cat([language.embed_tokens(heads.ids["kind"]), heads.nothing["kind"]])
    return attention_loss(language, heads, batch, shown[kinds][None], [labels])


def _lowered(model: Any, loss: Callable[[], Any]) -> float:
    """What is left of a loss, as a share, after sixty steps of the first layer's attention."""
    before = float(loss().detach())
    attention = model.model.language_model.layers[0].self_attn
    norms = [attention.q_norm.weight, attention.k_norm.weight]
    optimiser = Optimiser([attention.q_proj.weight, attention.k_proj.weight], norms, 60, 0.02)
    for _ in range(60):
        optimiser.step(loss())
    return float(loss().detach()) / before


def test_guided_attention_is_learnt_where_tokens_are_words(words: Any) -> None:
    model = make_model(words)
    assert _lowered(model, lambda: _guided(words, model)) < 0.6


def _timed(words: Any, model: Any) -> Any:
    """The loss of times on a clip whose visual tokens all look alike."""
    language, writer = model.model.language_model, RowWriter(words)
    batch = batch_of([writer.row(("7.8", "1030.2"), [])], words.convert_tokens_to_ids(PAD), writer.pad)
    seen = torch().ones(2, 45, model.config.text_config.hidden_size)
    digits = torch().tensor(words.convert_tokens_to_ids(list("0123456789")))
    return time_loss(language, batch, seen, digits)


def test_visual_tokens_learn_to_attend_to_the_digits_of_their_time(words: Any) -> None:
    model = make_model(words)
    assert _lowered(model, lambda: _timed(words, model)) < 0.6


# ---- whole trainings, of two and three steps ----


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips and two crowds."""
    folder = tmp_path_factory.mktemp("painted")
    for source in ("clips", "crowds"):
        paint_block(folder, source, 0, 2, "train", "compositional")
    return folder


def _same(one: Any, other: Any) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return all(torch().equal(value, theirs[name]) for name, value in ours.items())


Train = Callable[..., Any]


def _vision(data: Path, out: Path, words: Any, steps: int) -> Any:
    return train_vision(data, out, words, steps=steps, batch=2, mode="compositional")


def _clip(data: Path, out: Path, words: Any, steps: int) -> Any:
    return train_clip(data, out, steps=steps, batch=2)


def _dino(data: Path, out: Path, words: Any, steps: int) -> Any:
    return train_dino(data, out, steps=steps, batch=2)


@pytest.mark.slow
@pytest.mark.parametrize("train", [_vision, _clip, _dino])
def test_a_training_that_goes_on_ends_where_one_without_a_stop_ends(
    train: Train, painted: Path, words: Any, tmp_path: Path
) -> None:
    cut = train(painted, tmp_path / "cut", words, 2)
    resumed = train(painted, tmp_path / "cut", words, 3)
    straight = train(painted, tmp_path / "straight", words, 3)
    assert apart(resumed, straight, cut) < LEAST


@pytest.mark.slow
@pytest.mark.parametrize("vision_rate", [0.0, 0.001])
def test_answers_that_are_learnt_are_not_learnt_again(
    vision_rate: float, painted: Path, words: Any, tmp_path: Path
) -> None:
    model = train_vision(painted, tmp_path, words, steps=1, batch=2, mode="compositional")
    saw = model.model.visual.blocks[0].mlp.linear_fc1.weight.detach().clone()
    read = model.model.language_model.layers[0].mlp.up_proj.weight.detach().clone()
    again = make_model(words, seed=1)
    for one in (model, again):
        train_answers(
            one, words, painted, tmp_path, steps=2, name="answers", heads_from="sight", clips=1, crowds=1,
            vision_rate=vision_rate,
        )  # fmt: skip
    assert not torch().equal(read, model.model.language_model.layers[0].mlp.up_proj.weight)
    assert torch().equal(saw, model.model.visual.blocks[0].mlp.linear_fc1.weight) is (vision_rate == 0)
    assert _same(model, again)


@pytest.mark.slow
def test_answers_without_a_scorer_say_what_to_run(painted: Path, words: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run it first"):
        train_answers(
            make_model(words), words, painted, tmp_path, steps=1, name="answers", heads_from="sight"
        )

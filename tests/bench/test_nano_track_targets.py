"""Where things are and how they move, as tokens are taught it."""

from typing import Any

import numpy as np
import pytest

from playhead_bench.nano.paint_frames import SceneClip, crowd_of
from playhead_bench.nano.token_labels import MOTIONS, labels_of
from playhead_bench.nano.tokenizer import PAD
from playhead_bench.nano.track_targets import ABSENT_TRACK, TrackHeads, tracks_of
from playhead_bench.nano.train_vision import SPREAD, WordHeads, losses
from playhead_bench.nano.training import Optimiser
from playhead_bench.nano.training_samples import RowWriter, TrainingSample, batch_of
from playhead_bench.nano.vlm_model import make_model
from playhead_bench.world.story import Action, Scene, SceneObject
from playhead_index.embed.runtime import torch
from playhead_index.window import Window

MOVES = Action("move", Window(2.0, 4.0), (0.2, 0.5), (0.8, 0.5))
LEAVES = Action("leave", Window(0.0, 2.0), (0.8, 0.8), (1.3, 0.8))
SCENE = Scene(
    "hall 1", "hall", Window(0.0, 4.0),
    things=(
        SceneObject("car", "red", 0.2, (0.2, 0.5), (MOVES,)),
        SceneObject("cup", "blue", 0.2, (0.2, 0.2)),
        SceneObject("star", "green", 0.2, (0.8, 0.8), (LEAVES,)),
    ),
)  # fmt: skip
CLIP = SceneClip(SCENE, Window(0.0, 4.0), tuple(0.5 * i for i in range(8)), 0.0, False)


def test_a_track_follows_a_thing_through_the_pairs() -> None:
    shown = tracks_of(CLIP)
    car = shown.objects[shown.named["red", "car"]]
    assert car.visible.all()
    across = car.at[:, 0]
    assert across[0] == across[1] == pytest.approx(-0.6)
    assert across[1] < across[2] < across[3]
    assert [list(MOTIONS)[m] for m in car.motion] == ["stand", "stand", "right", "right"]


def test_what_has_left_is_no_longer_there() -> None:
    shown = tracks_of(CLIP)
    star = shown.objects[shown.named["green", "star"]]
    assert star.visible[0]
    assert not star.visible[-1]
    assert (star.at[~star.visible] == 0).all()


def test_visual_tokens_know_their_thing() -> None:
    shown = tracks_of(CLIP)
    assert shown.cells.shape == (4, 45)
    assert shown.cells[0].reshape(5, 9)[1, 1] == shown.named["blue", "cup"]
    assert {int(number) for number in np.unique(shown.cells)} == {-1, 0, 1, 2}


def test_a_crowd_is_one_pair() -> None:
    shown = tracks_of(crowd_of(1))
    assert shown.cells.shape == (1, 45)
    assert all(not obj.visible[1:].any() for obj in shown.objects)


def _put(words: Any) -> Any:
    questions = [
        TrainingSample("action", "What does the red car do?", "it moves right", False),
        TrainingSample("exists", "Is there a red cup?", "no", False),
    ]
    writer = RowWriter(words)
    return batch_of([writer.row(CLIP.printed_s, questions)], words.convert_tokens_to_ids(PAD), writer.pad)


def test_names_are_taught_the_track_of_their_thing_and_absent_ones_an_empty_one(words: Any) -> None:
    batch, shown = _put(words), tracks_of(CLIP)
    rows, places, wanted, known = TrackHeads(words, 8)._targets(batch, [shown])
    named = [i for i, place in enumerate(places) if not batch.visual[0, place]]
    assert [words.decode([int(batch.ids[0, places[i]])]).strip() for i in named] == ["car", "cup"]
    assert wanted[named[0]] is shown.objects[shown.named["red", "car"]]
    assert wanted[named[1]] is ABSENT_TRACK
    assert set(rows) == {0}
    assert all(known[i].all() for i in named)


def test_a_visual_token_is_not_asked_for_what_comes_after_it(words: Any) -> None:
    batch = _put(words)
    _, places, _, known = TrackHeads(words, 8)._targets(batch, [tracks_of(CLIP)])
    visual = np.nonzero(batch.visual[0].numpy())[0]
    for place, pairs in zip(places, known, strict=True):
        if batch.visual[0, place]:
            pair = int(np.searchsorted(visual, place)) // 45
            assert pairs.tolist() == [i <= pair for i in range(4)]


def test_tracks_are_learnt_from_vectors_that_hold_them(words: Any) -> None:
    batch, heads = _put(words), TrackHeads(words, 64)
    hidden = torch().randn(1, batch.ids.shape[1], 64, generator=torch().Generator().manual_seed(0))
    tracks = [tracks_of(CLIP)]
    before = float(heads.loss(hidden, batch, tracks)[0].detach())
    optimiser = Optimiser([heads.linear.weight], [heads.linear.bias], 100, 0.03, 0.03)
    for _ in range(100):
        optimiser.step(heads.loss(hidden, batch, tracks)[0])
    loss, parts = heads.loss(hidden, batch, tracks)
    assert float(loss.detach()) < 0.2 * before
    assert parts["track_motion"] == 1.0


def test_where_a_token_lies_is_read_along_two_directions(words: Any) -> None:
    heads = WordHeads(words, make_model(words).model.language_model.embed_tokens)
    across, down = torch().meshgrid(torch().linspace(-1, 1, 9), torch().linspace(-1, 1, 5), indexing="xy")
    token_positions = torch().stack([across.flatten(), down.flatten()], dim=1)
    with torch().no_grad():
        heads.directions.copy_(torch().eye(2, heads.directions.shape[1]) * 3)
        seen = torch().zeros(1, 45, heads.directions.shape[1])
        seen[0, :, :2] = token_positions * SPREAD
        assert losses(heads, seen, [labels_of(CLIP, 0)])[1]["where"] < 1e-6
        assert losses(heads, -seen, [labels_of(CLIP, 0)])[1]["where"] > 0.5

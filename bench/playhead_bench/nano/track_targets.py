"""Tracks: auxiliary targets of tokens that name or show an object: its position and motion, pair by pair.

What an object does in a clip follows from its places and moves in all pairs, and so does on which side of
another it stands, when it starts, and who carries whom. A small model does not learn that from answers, so it
is supervised: behind a middle layer a linear reading of each word that names an object, and of each visual
token that shows one, has to give the object's track. Words for absent objects give an empty one. The readings
are used in training alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.paint_frames import CLIP_FRAMES, SceneClip
from playhead_bench.nano.token_labels import IGNORED, MOTIONS, motion_between, tokens_of
from playhead_bench.nano.training_samples import Batch
from playhead_bench.nano.vlm_model import COLUMNS, ROWS
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES
from playhead_index.embed.runtime import torch

LAYER = 2
"""The track is read behind this layer of the language half, from 0."""
PAIRS_A_CLIP = CLIP_FRAMES // 2
PLACE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Track:
    """An object in the pairs of frames of a clip.

    Args:
        visible: (P,) bool, it is in the frame.
        at: (P, 2) across and down, from -1 to 1; 0 where it is not there.
        motion: (P,) index into `MOTIONS`; -1 where two pictures cannot tell.
    """

    visible: NDArray[np.bool_]
    at: NDArray[np.float32]
    motion: NDArray[np.int64]


ABSENT_TRACK = Track(
    np.zeros(PAIRS_A_CLIP, bool),
    np.zeros((PAIRS_A_CLIP, 2), np.float32),
    np.full(PAIRS_A_CLIP, IGNORED),
)
"""The track of what is not there."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """What a clip shows, object by object.

    Args:
        objects: their tracks; of crowds, which are one pair, that pair alone.
        named: the objects by colour and kind, in each colour that they have in the clip.
        cells: (P, 45) the number of the object that a visual token shows; -1 for none, or uncertain.
    """

    objects: list[Track]
    named: dict[tuple[str, str], int]
    cells: NDArray[np.int64]


def tracks_of(clip: SceneClip) -> Tracks:
    """The tracks of all objects of a clip."""
    times = [clip.times_s[i : i + 2] for i in range(0, len(clip.times_s), 2)]
    objects, named = [], dict[tuple[str, str], int]()
    cells = np.full((len(times), ROWS * COLUMNS), IGNORED)
    for number, obj in enumerate(clip.scene.things):
        track = Track(ABSENT_TRACK.visible.copy(), ABSENT_TRACK.at.copy(), ABSENT_TRACK.motion.copy())
        for pair, (first_s, second_s) in enumerate(times):
            poses = [pose for time_s in (first_s, second_s) if (pose := obj.pose(time_s)) is not None]
            if not poses or not -0.02 < poses[-1].at[0] < 1.02:
                continue
            track.visible[pair] = True
            track.at[pair] = 2 * np.array(poses[-1].at) - 1
            track.motion[pair] = motion_between(obj, (first_s, second_s), len(poses))
            named[poses[-1].colour, obj.shape] = number
            cells[pair][tokens_of(poses).flatten()] = number
        objects.append(track)
    return Tracks(objects, named, cells)


class TrackHeads:
    """Linear readings of hidden vectors as tracks.

    Args:
        tokenizer: in which colours and kinds are one token each.
        width: of the hidden vectors.
    """

    def __init__(self, tokenizer: Any, width: int) -> None:
        self.colours = {tokenizer.encode(f" {colour}")[0]: colour for colour in OBJECT_COLOURS}
        self.kinds = {tokenizer.encode(f" {kind}")[0]: kind for kind in OBJECT_SHAPES}
        self.linear = torch().nn.Linear(width, PAIRS_A_CLIP * (3 + len(MOTIONS)))

    def loss(self, hidden: Any, batch: Batch, tracks: Sequence[Tracks]) -> tuple[Any, dict[str, float]]:
        """How far the readings of a batch are from the truth, and how far by part.

        Args:
            hidden: (B, T, D) behind `LAYER`.
            batch: the batch.
            tracks: of each row.
        """
        rows, places, targets, known_pairs = self._targets(batch, tracks)
        functional, library = torch().nn.functional, torch()
        normalised = functional.rms_norm(hidden[rows, places], hidden.shape[-1:])
        read = self.linear(normalised).view(len(rows), PAIRS_A_CLIP, -1)
        is_visible = library.from_numpy(np.stack([track.visible for track in targets]))
        at = library.from_numpy(np.stack([track.at for track in targets]))
        motion = library.from_numpy(np.stack([track.motion for track in targets]))
        is_known = library.from_numpy(np.stack(known_pairs))
        presence_loss = functional.binary_cross_entropy_with_logits(
            read[..., 0], is_visible.float(), reduction="none"
        )
        visible_and_known = is_visible & is_known
        distance = (read[..., 1:3] - at).abs().mean(-1)[visible_and_known]
        moves = is_known & (motion != IGNORED)
        guess, truth = read[..., 3:][moves], motion[moves]
        motion_loss = functional.cross_entropy(guess, truth)
        loss = presence_loss[is_known].mean() + PLACE_WEIGHT * (distance**2).mean() + motion_loss
        parts = {"track_away": distance.mean(), "track_motion": (guess.argmax(-1) == truth).float().mean()}
        return loss, {name: float(value.detach()) for name, value in parts.items()}

    def _targets(
        self, batch: Batch, tracks: Sequence[Tracks]
    ) -> tuple[list[int], list[int], list[Track], list[NDArray[np.bool_]]]:
        """The row and place of each token that is read, its track, and which pairs it can know of."""
        rows, places, targets, known_pairs = (
            list[int](),
            list[int](),
            list[Track](),
            list[NDArray[np.bool_]](),
        )
        ids, visual = batch.ids.numpy(), batch.visual.numpy()
        for row, clip in enumerate(tracks):
            pairs = np.arange(PAIRS_A_CLIP)
            for place in np.nonzero(np.isin(ids[row], list(self.kinds)) & (batch.block[row].numpy() > 0))[0]:
                colour = self.colours.get(int(ids[row, place - 1]))
                if colour is not None:
                    number = clip.named.get((colour, self.kinds[int(ids[row, place])]))
                    rows.append(row)
                    places.append(int(place))
                    targets.append(ABSENT_TRACK if number is None else clip.objects[number])
                    known_pairs.append(pairs < len(clip.cells))
            for at, obj in zip(np.nonzero(visual[row])[0], clip.cells.flatten().tolist(), strict=True):
                if obj != IGNORED:
                    rows.append(row)
                    places.append(int(at))
                    targets.append(clip.objects[obj])
                    known_pairs.append(pairs <= visual[row, :at].sum() // (ROWS * COLUMNS))
        return rows, places, targets, known_pairs

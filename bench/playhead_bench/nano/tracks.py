"""Tracks: tokens that name or show a thing are taught where it is and how it moves, picture pair by pair.

What a thing does in a clip follows from its places and moves in all pairs, and so does on which side of
another it stands, when it starts, and who carries whom. A small model finds no way from the answer back to
that, so it is asked for it: behind a middle layer a linear reading of each word that names a thing, and of
each visual token that shows one, has to give the thing's track. Words that name what is not there give an
empty one. The readings are used in training alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.labels import IGNORED, MOTIONS, motion_between, tokens_of
from playhead_bench.nano.pictures import CLIP_FRAMES, Clip
from playhead_bench.nano.training_samples import Batch
from playhead_bench.nano.vlm import COLUMNS, ROWS
from playhead_bench.world.kinds import PAINTS, THINGS
from playhead_index.embed.runtime import torch

LAYER = 2
"""The track is read behind this layer of the language half, from 0."""
PAIRS_A_CLIP = CLIP_FRAMES // 2
PLACE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Track:
    """A thing in the pairs of pictures of a clip.

    Args:
        there: (P,) bool, it is in the picture.
        at: (P, 2) across and down, from -1 to 1; 0 where it is not there.
        motion: (P,) index into `MOTIONS`; -1 where two pictures cannot tell.
    """

    there: NDArray[np.bool_]
    at: NDArray[np.float32]
    motion: NDArray[np.int64]


NEVER = Track(
    np.zeros(PAIRS_A_CLIP, bool),
    np.zeros((PAIRS_A_CLIP, 2), np.float32),
    np.full(PAIRS_A_CLIP, IGNORED),
)
"""The track of what is not there."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """What a clip shows, thing by thing.

    Args:
        things: their tracks; of crowds, which are one pair, that pair alone.
        named: the things by colour and kind, in each colour that they have in the clip.
        cells: (P, 45) the number of the thing that a visual token shows; -1 for none, or unsure.
    """

    things: list[Track]
    named: dict[tuple[str, str], int]
    cells: NDArray[np.int64]


def tracks_of(clip: Clip) -> Tracks:
    """The tracks of all things of a clip."""
    times = [clip.times_s[i : i + 2] for i in range(0, len(clip.times_s), 2)]
    things, named = [], dict[tuple[str, str], int]()
    cells = np.full((len(times), ROWS * COLUMNS), IGNORED)
    for number, thing in enumerate(clip.scene.things):
        track = Track(NEVER.there.copy(), NEVER.at.copy(), NEVER.motion.copy())
        for pair, (first_s, second_s) in enumerate(times):
            poses = [pose for time_s in (first_s, second_s) if (pose := thing.pose(time_s)) is not None]
            if not poses or not -0.02 < poses[-1].at[0] < 1.02:
                continue
            track.there[pair] = True
            track.at[pair] = 2 * np.array(poses[-1].at) - 1
            track.motion[pair] = motion_between(thing, (first_s, second_s), len(poses))
            named[poses[-1].colour, thing.shape] = number
            cells[pair][tokens_of(poses).flatten()] = number
        things.append(track)
    return Tracks(things, named, cells)


class TrackHeads:
    """Linear readings of hidden vectors as tracks.

    Args:
        tokenizer: in which colours and kinds are one token each.
        width: of the hidden vectors.
    """

    def __init__(self, tokenizer: Any, width: int) -> None:
        self.colours = {tokenizer.encode(f" {colour}")[0]: colour for colour in PAINTS}
        self.kinds = {tokenizer.encode(f" {kind}")[0]: kind for kind in THINGS}
        self.linear = torch().nn.Linear(width, PAIRS_A_CLIP * (3 + len(MOTIONS)))

    def loss(self, hidden: Any, put: Batch, tracks: Sequence[Tracks]) -> tuple[Any, dict[str, float]]:
        """How far the readings of a batch are from the truth, and how far by part.

        Args:
            hidden: (B, T, D) behind `LAYER`.
            put: the batch.
            tracks: of each row.
        """
        rows, places, wanted, shown = self._wanted(put, tracks)
        functional, library = torch().nn.functional, torch()
        known = functional.rms_norm(hidden[rows, places], hidden.shape[-1:])
        read = self.linear(known).view(len(rows), PAIRS_A_CLIP, -1)
        there = library.from_numpy(np.stack([track.there for track in wanted]))
        at = library.from_numpy(np.stack([track.at for track in wanted]))
        motion = library.from_numpy(np.stack([track.motion for track in wanted]))
        counts = library.from_numpy(np.stack(shown))
        missed = functional.binary_cross_entropy_with_logits(read[..., 0], there.float(), reduction="none")
        seen = there & counts
        away = (read[..., 1:3] - at).abs().mean(-1)[seen]
        moves = counts & (motion != IGNORED)
        guess, truth = read[..., 3:][moves], motion[moves]
        moved = functional.cross_entropy(guess, truth)
        loss = missed[counts].mean() + PLACE_WEIGHT * (away**2).mean() + moved
        parts = {"track_away": away.mean(), "track_motion": (guess.argmax(-1) == truth).float().mean()}
        return loss, {name: float(value.detach()) for name, value in parts.items()}

    def _wanted(
        self, put: Batch, tracks: Sequence[Tracks]
    ) -> tuple[list[int], list[int], list[Track], list[NDArray[np.bool_]]]:
        """The row and place of each token that is read, its track, and which pairs it can know of."""
        rows, places, wanted, shown = list[int](), list[int](), list[Track](), list[NDArray[np.bool_]]()
        ids, visual = put.ids.numpy(), put.visual.numpy()
        for row, clip in enumerate(tracks):
            pairs = np.arange(PAIRS_A_CLIP)
            for place in np.nonzero(np.isin(ids[row], list(self.kinds)) & (put.block[row].numpy() > 0))[0]:
                colour = self.colours.get(int(ids[row, place - 1]))
                if colour is not None:
                    number = clip.named.get((colour, self.kinds[int(ids[row, place])]))
                    rows.append(row)
                    places.append(int(place))
                    wanted.append(NEVER if number is None else clip.things[number])
                    shown.append(pairs < len(clip.cells))
            for at, thing in zip(np.nonzero(visual[row])[0], clip.cells.flatten().tolist(), strict=True):
                if thing != IGNORED:
                    rows.append(row)
                    places.append(int(at))
                    wanted.append(clip.things[thing])
                    shown.append(pairs <= visual[row, :at].sum() // (ROWS * COLUMNS))
        return rows, places, wanted, shown

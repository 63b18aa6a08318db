"""Labels of visual tokens from the scene: the targets of the vision halves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.paint_frames import SceneClip
from playhead_bench.nano.vlm_model import COLUMNS, ROWS
from playhead_bench.world.movements import ASPECT
from playhead_bench.world.story import Pose, Scene, SceneObject
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES, PLACES

MOTIONS: dict[str, str] = {
    "stand": " stands", "left": " left", "right": " right", "up": " up", "down": " down", "jump": " jumps",
    "spin": " spins", "blink": " blinks", "grow": " grows", "shrink": " shrinks", "recolour": " turns",
}  # fmt: skip
"""What an object does between two frames, and the token that says so."""
HEADS: dict[str, tuple[str, ...]] = {
    "kind": tuple(f" {kind}" for kind in OBJECT_SHAPES),
    "colour": tuple(f" {colour}" for colour in OBJECT_COLOURS),
    "motion": tuple(MOTIONS.values()),
    "place": tuple(f" {place}" for place in PLACES),
    "night": (" day", " night"),
}
"""The tokens among which each head decides; `kind`, `colour`, `motion` may also say that nothing is there."""
IGNORED = -1
CORE, FRINGE = 0.3, 0.75
"""Distances from the middle of an object, over its size, up to which a token is certain or uncertain."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Targets for the (5, 9) tokens of one pair of frames, each an index into its head.

    Args:
        cells: (3, 5, 9) int64: kind, colour, motion; one past the last word is nothing, -1 uncertain.
        place: index into `HEADS["place"]`.
        night: 1 at night.
    """

    cells: NDArray[np.int64]
    place: int
    night: int


def labels_of(clip: SceneClip, pair: int) -> Labels:
    """The labels of one pair of frames of a clip."""
    scene, times = clip.scene, clip.times_s[2 * pair : 2 * pair + 2]
    return Labels(cells_at(scene, times, ROWS, COLUMNS), list(PLACES).index(scene.place), int(scene.night))


def cells_at(scene: Scene, times_s: tuple[float, ...], rows: int, columns: int) -> NDArray[np.int64]:
    """What stands where in frames taken at some times.

    Args:
        scene: in which they are taken.
        times_s: one or two times.
        rows: of the grid of tokens.
        columns: likewise.

    Returns:
        (3, rows, columns) int64: kind, colour, motion; one past the last word is nothing, -1 uncertain.
    """
    cells = np.stack([np.full((rows, columns), len(HEADS[head])) for head in ("kind", "colour", "motion")])
    for obj in scene.things:
        poses = [pose for time_s in times_s if (pose := obj.pose(time_s)) is not None]
        if poses:
            _mark(cells, obj, poses, motion_between(obj, (times_s[0], times_s[-1]), len(poses)))
    return cells


def _mark(cells: NDArray[np.int64], obj: SceneObject, poses: list[Pose], motion: int) -> None:
    rows, columns = cells.shape[1:]
    last = poses[-1]
    colour = (
        IGNORED
        if last.into is not None or last.colour not in OBJECT_COLOURS
        else OBJECT_COLOURS.index(last.colour)
    )
    known = (OBJECT_SHAPES.index(obj.shape), colour, motion)
    for pose in poses:
        core, fringe = _covered(pose, rows, columns)
        for layer, value in enumerate(known):
            cells[layer][fringe] = IGNORED
            cells[layer][core] = value


def _covered(pose: Pose, rows: int, columns: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(rows, columns) which tokens certainly show an object, and which are uncertain."""
    ys = (np.arange(rows) + 0.5) / rows
    xs = (np.arange(columns) + 0.5) / columns
    x, y = pose.at
    away = np.maximum(np.abs(xs[None, :] - x) * ASPECT, np.abs(ys[:, None] - y)) / pose.size
    core = away < CORE
    if -0.02 < x < 1.02 and -0.02 < y < 1.02:
        core[min(rows - 1, max(0, int(y * rows))), min(columns - 1, max(0, int(x * columns)))] = True
    return core, (away < FRINGE) & ~core


def tokens_of(poses: list[Pose]) -> NDArray[np.bool_]:
    """(5, 9) which tokens of a pair of frames certainly show an object."""
    shown: NDArray[np.bool_] = np.any([_covered(pose, ROWS, COLUMNS)[0] for pose in poses], axis=0)
    return shown


def motion_between(obj: SceneObject, times: tuple[float, float], seen: int) -> int:
    """What the object does between two times, or IGNORED where two frames cannot tell."""
    names = list(MOTIONS)
    first, second = obj.pose(times[0]), obj.pose(times[1])
    acts = [action.kind for action in obj.actions if any(t in action.window for t in times)]
    if "blink" in acts:
        return names.index("blink") if seen == 1 else IGNORED
    if first is None or second is None:
        return IGNORED
    for kind in ("spin", "grow", "shrink", "jump", "recolour"):
        if kind in acts:
            return names.index(kind)
    across, down = (second.at[0] - first.at[0]) * ASPECT, second.at[1] - first.at[1]
    if max(abs(across), abs(down)) < 0.01:
        return names.index("stand")
    if abs(across) >= abs(down):
        return names.index("right" if across > 0 else "left")
    return names.index("down" if down > 0 else "up")

"""Scenes in which objects act at random, laid out so that none hides another.

A stage has two rows and three columns of cells. Whatever happens is given the cells that it needs for the
whole scene, so a question about one object never depends on what another one covers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, get_args

from playhead_bench.world.change_pace import snap
from playhead_bench.world.movements import ASPECT, Side, enter, leave, outside
from playhead_bench.world.object_outlines import ROTATION_INVARIANT
from playhead_bench.world.story import Action, Move, Point, Scene, SceneObject, Writing
from playhead_bench.world.vocabulary import (
    OBJECT_COLOURS,
    OBJECT_SHAPES,
    OUTDOORS,
    PLACES,
    Colour,
    PlaceKind,
    Shape,
)
from playhead_index.window import Window

Pair = tuple[Colour, Shape]
Cell = tuple[int, int]
Act = Literal["stand", "come", "pass", "shift", "climb", "carry", "collide", "chase"]
SplitMode = Literal["iid", "compositional"]
Part = Literal["train", "dev", "test"]

ROWS, COLUMNS = (0.42, 0.78), (0.17, 0.5, 0.83)
SIZES = (0.2, 0.24, 0.28, 0.32)
PAIRS: tuple[Pair, ...] = tuple((colour, shape) for colour in OBJECT_COLOURS for shape in OBJECT_SHAPES)
HELD_OUT: tuple[Pair, ...] = tuple(
    (colour, shape)
    for i, colour in enumerate(OBJECT_COLOURS)
    for j, shape in enumerate(OBJECT_SHAPES)
    if (i * 2 + j) % 5 == 0
)
"""The pairs of colour and kind that training never sees under the compositional split: one in five."""
ACTS: dict[Act, float] = {
    "stand": 5, "come": 2, "pass": 1.5, "shift": 1.5, "climb": 1.5, "carry": 1, "collide": 1, "chase": 1,
}  # fmt: skip
STATIONARY_ACTIONS = ("jump", "spin", "blink", "grow", "shrink", "recolour")
SIGNS = (
    "BAKERY",
    "LIBRARY",
    "MUSEUM",
    "STATION",
    "HOTEL",
    "MARKET",
    "CINEMA",
    "PHARMACY",
    "HARBOUR",
    "SCHOOL",
)


def pairs_of(part: Part, mode: SplitMode = "iid") -> tuple[Pair, ...]:
    """The pairs of colour and kind that a part of the data may show.

    In `iid` all parts show all pairs; in `compositional` training shows none of `HELD_OUT`, and dev and
    test show only those beside others.
    """
    if mode == "iid" or part != "train":
        return PAIRS
    return tuple(pair for pair in PAIRS if pair not in HELD_OUT)


@dataclass(slots=True)
class SceneBuilder:
    """Builds a scene; knows which cells and which pairs are still free.

    Args:
        rng: the random generator.
        window: of the scene.
        pairs: what may still come on; a pair is used once, so that it says which object is meant.
    """

    rng: Random
    window: Window
    pairs: list[Pair]
    free: set[Cell] = field(
        default_factory=lambda: {(row, column) for row in range(2) for column in range(3)}
    )
    objects: list[SceneObject] = field(default_factory=list)

    def add(self, act: Act) -> bool:
        """Lets one act happen; False when there is no room or time for it."""
        handler = {
            "stand": self._stand, "come": self._come, "pass": self._pass, "shift": self._shift,
            "climb": self._climb, "carry": self._carry, "collide": self._collide, "chase": self._chase,
        }[act]  # fmt: skip
        return handler()

    # ---- one object ----

    def _stand(self) -> bool:
        if not self.free:
            return False
        row, column = self._take(self.rng.choice(sorted(self.free)))
        at, size, (colour, shape) = self._point(row, column), self._size(), self.pairs.pop()
        actions = self._spot_actions(self.window, at, shape, self.rng.choice((0, 1, 1, 2)))
        self.objects.append(SceneObject(shape, colour, size, at, actions))
        return True

    def _come(self) -> bool:
        """It comes in at the side of a free row, may do something, and may leave again."""
        row = self._free_row()
        if row is None or self.window.duration_s < 5:
            return False
        size, (colour, shape) = self._size(), self.pairs.pop()
        at = self._point(row, self.rng.randrange(3))
        how = self.rng.choice(("in", "out", "both") if self.window.duration_s >= 8 else ("in", "out"))
        start_s, end_s = self.window.start_s + 0.5, self.window.end_s
        come = enter(start_s, start_s + 2, self._side(), at, size)
        if how != "out" and self.window.duration_s >= 6:
            later_s = self._time(start_s, end_s - (5 if how == "both" else 3))
            come = enter(later_s, later_s + 2, self._side(), at, size)
        gone_s = self._time(come.window.end_s + 0.5 if how != "out" else start_s, end_s - 2)
        go = leave(gone_s, gone_s + 2, self._side(), at, size)
        actions = {"in": (come,), "out": (go,), "both": (come, go)}[how]
        self.objects.append(SceneObject(shape, colour, size, at if how == "out" else None, actions))
        return True

    def _pass(self) -> bool:
        row = self._free_row()
        if row is None or self.window.duration_s < 5:
            return False
        size, (colour, shape) = self._size(), self.pairs.pop()
        start_s = self._time(self.window.start_s + 0.5, self.window.end_s - 4)
        lasts_s, side, y = self.rng.choice((3.0, 3.5)), self._side(), ROWS[row]
        from_, to = outside(side, y, size * 1.6), outside(_other(side), y, size * 1.6)
        action = Action("cross", Window(start_s, start_s + lasts_s), from_, to)
        self.objects.append(SceneObject(shape, colour, size, None, (action,)))
        return True

    def _shift(self) -> bool:
        """It moves along a free row, to the left or to the right."""
        row = self._free_row()
        if row is None or self.window.duration_s < 4:
            return False
        columns = self.rng.choice(((0, 2), (2, 0), (0, 1), (1, 0), (1, 2), (2, 1)))
        return self._move(self._point(row, columns[0]), self._point(row, columns[1]))

    def _climb(self) -> bool:
        """It moves up or down in a free column."""
        columns = [column for column in range(3) if {(0, column), (1, column)} <= self.free]
        if not columns or self.window.duration_s < 4:
            return False
        column, (start, end) = self.rng.choice(columns), self.rng.choice(((0, 1), (1, 0)))
        self.free -= {(0, column), (1, column)}
        x = self._point(0, column)[0]
        return self._move((x, ROWS[start]), (x, ROWS[end]))

    def _move(self, start: Point, end: Point) -> bool:
        colour, shape = self.pairs.pop()
        start_s = self._time(self.window.start_s + 0.5, self.window.end_s - 2.5)
        action = Action("move", Window(start_s, start_s + 2), start, end)
        self.objects.append(SceneObject(shape, colour, self._size(), start, (action,)))
        return True

    # ---- two objects ----

    def _carry(self) -> bool:
        """One object with another on top of it crosses the lower row to another place."""
        if len(self.free) < 6 or self.window.duration_s < 5 or len(self.pairs) < 2:
            return False
        self.free.clear()
        (colour, shape), (loads, load) = self.pairs.pop(), self.pairs.pop()
        size = self.rng.choice(SIZES[1:])
        small = 0.2
        start, end = self.rng.choice(((0, 2), (2, 0)))
        below = self._point(1, start)[0], 0.8
        to = self._point(1, end)[0], 0.8
        lift = size / 2 + small / 2 + 0.01
        start_s = self._time(self.window.start_s + 0.5, self.window.end_s - 3.5)
        when = Window(start_s, start_s + 3)
        carried, carrier = f"{loads} {load}", f"{colour} {shape}"
        over = ((below[0], below[1] - lift), (to[0], to[1] - lift))
        self.objects += [
            SceneObject(shape, colour, size, below, (Action("carry", when, below, to, partner=carried),)),
            SceneObject(load, loads, small, over[0], (Action("carried", when, *over, partner=carrier),)),
        ]
        return True

    def _collide(self) -> bool:
        """Two objects of one row run into each other and back."""
        row = self._free_row()
        if row is None or self.window.duration_s < 4 or len(self.pairs) < 2:
            return False
        (colour, shape), (other_colour, other) = self.pairs.pop(), self.pairs.pop()
        size = self.rng.choice(SIZES[:3])
        start_s = self._time(self.window.start_s + 0.5, self.window.end_s - 2.5)
        when, left, right = Window(start_s, start_s + 2), self._point(row, 0), self._point(row, 2)
        gap = size * 0.62 / ASPECT * 1.35
        meets = ((0.5 - gap, left[1]), (0.5 + gap, right[1]))
        first, second = f"{colour} {shape}", f"{other_colour} {other}"
        self.objects += [
            SceneObject(
                shape, colour, size, left, (Action("collide", when, left, meets[0], partner=second),)
            ),
            SceneObject(
                other, other_colour, size, right, (Action("collided", when, right, meets[1], partner=first),)
            ),
        ]
        return True

    def _chase(self) -> bool:
        """One object crosses a row and another runs after it."""
        row = self._free_row()
        if row is None or self.window.duration_s < 6 or len(self.pairs) < 2:
            return False
        (colour, shape), (other_colour, other) = self.pairs.pop(), self.pairs.pop()
        size, side, y = self.rng.choice(SIZES[:3]), self._side(), ROWS[row]
        start_s = self._time(self.window.start_s + 0.5, self.window.end_s - 5)
        from_, to = outside(side, y, size * 1.6), outside(_other(side), y, size * 1.6)
        chased, chaser = f"{other_colour} {other}", f"{colour} {shape}"
        runs, follows = Window(start_s, start_s + 3.5), Window(start_s + 1, start_s + 4.5)
        self.objects += [
            SceneObject(
                other, other_colour, size, None, (Action("chased", runs, from_, to, partner=chaser),)
            ),
            SceneObject(shape, colour, size, None, (Action("chase", follows, from_, to, partner=chased),)),
        ]
        return True

    # ---- what acts are made of ----

    def _spot_actions(self, within: Window, at: Point, shape: Shape, max_actions: int) -> tuple[Action, ...]:
        """Up to `max_actions` actions on the spot, one after the other with a pause between."""
        actions: list[Action] = []
        clock_s = within.start_s + 0.5
        for _ in range(max_actions):
            kind = self.rng.choice(
                [k for k in STATIONARY_ACTIONS if k != "spin" or shape not in ROTATION_INVARIANT]
            )
            lasts_s = {"recolour": 1.0, "blink": 4.5, "spin": 4.0}.get(kind, 2.0)
            if clock_s + lasts_s + 0.5 > within.end_s or any(a.kind == kind for a in actions):
                break
            start_s = self._time(clock_s, within.end_s - lasts_s - 0.5)
            scale = {"grow": 1.5, "shrink": 0.62}.get(kind, 1.0)
            new = self._other_colour(shape) if kind == "recolour" else None
            if kind == "recolour" and new is None:
                break
            when = Window(start_s, start_s + lasts_s)
            actions.append(Action(kind, when, at, at, scale, new))  # type: ignore[arg-type]
            clock_s = start_s + lasts_s + 1.0
        return tuple(actions)

    def _other_colour(self, shape: Shape) -> Colour | None:
        """A colour in which the same kind of object may appear and does not yet."""
        same = [pair for pair in self.pairs if pair[1] == shape]
        if not same:
            return None
        pair = self.rng.choice(same)
        self.pairs.remove(pair)
        return pair[0]

    def _take(self, cell: Cell) -> Cell:
        self.free.discard(cell)
        return cell

    def _free_row(self) -> int | None:
        rows = [row for row in range(2) if {(row, column) for column in range(3)} <= self.free]
        if not rows:
            return None
        row = self.rng.choice(rows)
        self.free -= {(row, column) for column in range(3)}
        return row

    def _point(self, row: int, column: int) -> Point:
        return (COLUMNS[column] + self.rng.uniform(-0.03, 0.03), ROWS[row])

    def _size(self) -> float:
        return self.rng.choice(SIZES)

    def _side(self) -> Side:
        return self.rng.choice(get_args(Side))

    def _time(self, from_s: float, to_s: float) -> float:
        """A time of the grid between two others, or the first where there is none."""
        return snap(self.rng.uniform(from_s, max(from_s, to_s)))


def random_scene(
    rng: Random,
    window: Window,
    pairs: Sequence[Pair] = PAIRS,
    *,
    max_objects: int = 4,
    place: PlaceKind | None = None,
    name: str = "",
) -> Scene:
    """A scene of a random video: up to `max_objects` objects that act in a place, by day or by night.

    Args:
        rng: random generator; the same state gives the same scene.
        window: of the scene, at least 4 s.
        pairs: what may appear.
        max_objects: upper limit of objects; 0 for an empty place.
        place: which, or any.
        name: of the place, or one made of its kind and a number.

    Raises:
        ValueError: the window is shorter than 4 s.
    """
    if window.duration_s < 4:
        raise ValueError(f"a scene takes at least 4 s, got {window}")
    where = rng.choice(tuple(PLACES)) if place is None else place
    chosen = rng.sample(list(pairs), len(pairs))
    stage = SceneBuilder(rng, window, chosen)
    target_count = rng.choice((1, 1, 2, 2, 3, 4)) if max_objects else 0
    for _ in range(8):
        if len(stage.objects) >= min(target_count, max_objects):
            break
        stage.add(rng.choices(list(ACTS), list(ACTS.values()))[0])
    moves: tuple[Move, ...] = ("still", "still", "still", "pan", "zoom")
    return Scene(
        name or f"{where} {rng.randint(1, 40)}",
        where,
        window,
        where in OUTDOORS and rng.random() < 0.4,
        tuple(stage.objects),
        (_sign(rng, window),) if rng.random() < 0.2 else (),
        rng.choice(moves),
        0.5 if rng.random() < 0.15 else 0.0,
        rng.choice((0, 0, 2, 4)),
        rng.choice((0, 0, 0, 1)),
        rng.choice((0.0, 0.0, 0.0, 4.0)),
    )


def _sign(rng: Random, window: Window) -> Writing:
    faces: tuple[Colour, ...] = ("white", "grey")
    text = rng.choice(SIGNS) if rng.random() < 0.5 else f"EXIT {rng.randint(2, 99)}"
    return Writing("sign", (text,), window, (rng.choice((0.3, 0.5, 0.7)), 0.12), 0.12, rng.choice(faces))


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left"

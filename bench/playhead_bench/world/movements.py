"""Predefined movements: objects enter, leave and cross along a horizontal line."""

from typing import Literal

from playhead_bench.world.story import Action, Point
from playhead_index.window import Window

Side = Literal["left", "right"]
ASPECT = 16 / 9


def outside(side: Side, y: float, size: float) -> Point:
    """Where the middle of an object is when it touches the border of a 16:9 frame from outside."""
    half = size / 2 / ASPECT
    return (-half, y) if side == "left" else (1.0 + half, y)


def enter(start_s: float, end_s: float, side: Side, to: Point, size: float) -> Action:
    """It comes in from a side and stops."""
    return Action("enter", Window(start_s, end_s), outside(side, to[1], size), to)


def leave(start_s: float, end_s: float, side: Side, start: Point, size: float) -> Action:
    """It goes out at a side."""
    return Action("leave", Window(start_s, end_s), start, outside(side, start[1], size))


def cross(start_s: float, end_s: float, side: Side, y: float, size: float) -> Action:
    """It comes in from a side and goes out at the other without a stop."""
    other: Side = "right" if side == "left" else "left"
    return Action("cross", Window(start_s, end_s), outside(side, y, size), outside(other, y, size))


def jump(start_s: float, end_s: float, at: Point) -> Action:
    """It hops on the spot, once a second."""
    return Action("jump", Window(start_s, end_s), at, at)


def move(start_s: float, end_s: float, start: Point, to: Point) -> Action:
    """It moves inside the frame."""
    return Action("move", Window(start_s, end_s), start, to)

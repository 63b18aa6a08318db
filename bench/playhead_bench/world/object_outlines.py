"""The outlines of the objects of the synthetic benchmark, around (0, 0), y pointing down."""

from functools import cache
from math import cos, pi, sin

from playhead_bench.world.vocabulary import Shape

Corners = tuple[tuple[float, float], ...]
Part = tuple[tuple[Corners, ...], float]
"""Rings of one part (a ring inside another is a hole), and how light it is beside the object's colour."""
SIDES = {"triangle": 3, "diamond": 4, "pentagon": 5, "hexagon": 6}
ROTATION_INVARIANT: frozenset[Shape] = frozenset({"circle", "ring", "square", "diamond"})
"""Shapes of which nobody sees that they turn, or which turned are another."""


@cache
def parts(shape: Shape) -> tuple[Part, ...]:
    """What a shape is painted of, from back to front; the first part is its silhouette.

    The silhouette is 1 high, from -0.5 to 0.5, and its middle is inside it except for a ring and a moon.

    Raises:
        ValueError: a person has no outline of its own; see `people`.
    """
    if shape in OUTLINES:
        return OUTLINES[shape]
    if shape in SIDES:
        sides = SIDES[shape]
        turns = [2 * pi * i / sides for i in range(sides)]
        return (((_normalise([(sin(turn), -cos(turn)) for turn in turns]),), 1.0),)
    raise ValueError(f"no outline for {shape!r}")


def _normalise(points: list[tuple[float, float]]) -> Corners:
    """The points moved and scaled so that y spans -0.5 to 0.5."""
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    return tuple((x / (bottom - top), (y - top) / (bottom - top) - 0.5) for x, y in points)


def _oval(x: float, y: float, wide: float, high: float, corners: int = 64) -> Corners:
    turns = [2 * pi * i / corners for i in range(corners)]
    return tuple((x + wide * cos(turn), y + high * sin(turn)) for turn in turns)


def _arc(x: float, y: float, wide: float, high: float, start: float, stop: float) -> Corners:
    """Part of an oval; 0 is at the right, 0.25 at the bottom, in turns."""
    turns = [2 * pi * (start + (stop - start) * i / 32) for i in range(33)]
    return tuple((x + wide * cos(turn), y + high * sin(turn)) for turn in turns)


def _box(left: float, top: float, right: float, bottom: float) -> Corners:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _star() -> Corners:
    radii = (1.0, 0.45)
    return _normalise([(radii[i % 2] * sin(pi * i / 5), -radii[i % 2] * cos(pi * i / 5)) for i in range(10)])


def _cross() -> Corners:
    arm = [(-0.17, -0.5), (0.17, -0.5), (0.17, -0.17)]
    quarters = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))
    return tuple((a * x + b * y, c * x + d * y) for a, b, c, d in quarters for x, y in arm)


def _heart() -> Corners:
    turns = [2 * pi * i / 96 for i in range(96)]
    return _normalise(
        [(16 * sin(t) ** 3, -13 * cos(t) + 5 * cos(2 * t) + 2 * cos(3 * t) + cos(4 * t)) for t in turns]
    )


def _moon() -> Corners:
    """A crescent that is open to the right."""
    outer = [(0.5 * cos(t), 0.5 * sin(t)) for t in (pi / 4 + 3 * pi / 2 * i / 48 for i in range(49))]
    inner = [
        (0.2 + 0.39 * cos(t), 0.385 * sin(t)) for t in (-pi * 0.63 - pi * 0.74 * i / 48 for i in range(49))
    ]
    return _normalise([(x + 0.1, y) for x, y in (*outer, *inner)])


DARK, PALE = 0.45, 1.6
OUTLINES: dict[Shape, tuple[Part, ...]] = {
    "circle": (((_oval(0, 0, 0.5, 0.5, 96),), 1.0),),
    "square": (((_box(-0.5, -0.5, 0.5, 0.5),), 1.0),),
    "star": (((_star(),), 1.0),),
    "cross": (((_cross(),), 1.0),),
    "heart": (((_heart(),), 1.0),),
    "ring": (((_oval(0, 0, 0.5, 0.5, 96), _oval(0, 0, 0.27, 0.27)),  1.0),),
    "moon": (((_moon(),), 1.0),),
    "arrow": (
        (
            (
                (
                    (-0.7, -0.17), (0.05, -0.17), (0.05, -0.5), (0.7, 0.0), (0.05, 0.5), (0.05, 0.17),
                    (-0.7, 0.17),
                ),
            ),
            1.0,
        ),
    ),
    "car": (
        (
            (
                (
                    (-0.78, 0.3), (-0.78, -0.02), (-0.45, -0.08), (-0.25, -0.5), (0.28, -0.5), (0.48, -0.06),
                    (0.78, 0.02), (0.78, 0.3), (0.62, 0.5), (0.3, 0.5), (0.2, 0.3), (-0.2, 0.3), (-0.3, 0.5),
                    (-0.62, 0.5),
                ),
            ),
            1.0,
        ),
        ((((-0.31, -0.08), (-0.17, -0.38), (0.2, -0.38), (0.33, -0.08)),), PALE),
        ((_oval(-0.46, 0.31, 0.19, 0.19),), DARK),
        ((_oval(0.46, 0.31, 0.19, 0.19),), DARK),
    ),
    "house": (
        (
            (
                (
                    (0.0, -0.5), (0.55, -0.08), (0.42, -0.08), (0.42, 0.5), (-0.42, 0.5), (-0.42, -0.08),
                    (-0.55, -0.08),
                ),
            ),
            1.0,
        ),
        ((_box(-0.12, 0.16, 0.12, 0.5),), DARK),
        ((_box(-0.32, -0.04, -0.16, 0.12),), PALE),
        ((_box(0.16, -0.04, 0.32, 0.12),), PALE),
    ),
    "fish": (
        (((*_arc(0.12, 0.0, 0.58, 0.42, -0.44, 0.44), (-0.75, 0.5), (-0.6, 0.0), (-0.75, -0.5)),), 1.0),
        ((_oval(0.42, -0.1, 0.07, 0.07),), DARK),
    ),
    "boat": (
        (
            (
                (
                    (-0.7, 0.2), (-0.04, 0.2), (-0.04, 0.12), (-0.5, 0.12), (-0.02, -0.5), (0.04, -0.5),
                    (0.5, 0.12), (0.04, 0.12), (0.04, 0.2), (0.7, 0.2), (0.45, 0.5), (-0.45, 0.5),
                ),
            ),
            1.0,
        ),
        ((((-0.58, 0.3), (0.58, 0.3), (0.52, 0.37), (-0.52, 0.37)),), DARK),
    ),
    "cup": (
        (
            (
                (
                    (-0.5, -0.5), (0.32, -0.5), (0.32, -0.34), *_arc(0.32, -0.02, 0.34, 0.32, -0.25, 0.25),
                    (0.25, 0.42), (0.17, 0.5), (-0.35, 0.5), (-0.43, 0.42),
                ),
                _oval(0.34, -0.02, 0.17, 0.16, 32),
            ),
            1.0,
        ),
        ((_box(-0.5, -0.5, 0.32, -0.4),), DARK),
    ),
    "umbrella": (
        (
            (
                (
                    *_arc(0.0, 0.08, 0.62, 0.58, -0.5, 0.0), (0.31, -0.02), (0.045, 0.08), (0.045, 0.38),
                    *_arc(-0.09, 0.36, 0.135, 0.14, 0.0, 0.5), (-0.13, 0.36), (-0.045, 0.38), (-0.045, 0.08),
                    (-0.31, -0.02),
                ),
            ),
            1.0,
        ),
    ),
    "mushroom": (
        (
            (
                (
                    *_arc(0.0, 0.06, 0.55, 0.56, -0.5, 0.0), (0.18, 0.06), (0.22, 0.5), (-0.22, 0.5),
                    (-0.18, 0.06),
                ),
            ),
            1.0,
        ),
        ((_oval(-0.22, -0.16, 0.1, 0.1),), PALE),
        ((_oval(0.2, -0.12, 0.09, 0.09),), PALE),
        ((_oval(0.0, -0.34, 0.08, 0.08),), PALE),
        ((((-0.18, 0.06), (0.18, 0.06), (0.22, 0.5), (-0.22, 0.5)),), PALE),
    ),
    "flag": (
        (
            (
                (
                    (-0.42, -0.5), (0.6, -0.5), (0.42, -0.22), (0.6, 0.06), (-0.34, 0.06), (-0.34, 0.5),
                    (-0.42, 0.5),
                ),
            ),
            1.0,
        ),
        ((_box(-0.42, -0.5, -0.34, 0.5),), DARK),
    ),
}  # fmt: skip

"""Distractors: grey clutter behind the objects, and posts in front of them."""

from math import cos, pi, sin

import numpy as np

from playhead_bench.world.canvas import Canvas
from playhead_bench.world.sprites import RGB, Sprite, shade

GREYS: tuple[RGB, ...] = (
    (132, 128, 122), (118, 122, 126), (148, 140, 128), (126, 112, 98), (104, 106, 104), (158, 156, 150),
)  # fmt: skip
"""None is near a colour that objects have."""
MIN_POST_PX = 2
POST_WIDTHS = (0.02, 0.03)
"""Least and greatest width of a post as a share of the frame's width."""


def scatter_clutter(canvas: Canvas, count: int) -> None:
    """Lays so many stones, boards, crates and barrels on a place, the farther ones first."""
    rng = canvas.rng
    kinds = (_stone, _boards, _crate, _barrel)
    spots = sorted((0.5 + 0.44 * rng.random(), (i + rng.random()) / count) for i in range(count))
    for y, x in spots:
        colour = GREYS[int(rng.integers(len(GREYS)))]
        colour = shade(colour, 0.55) if canvas.night else colour
        kinds[int(rng.integers(len(kinds)))](canvas, x, y, 0.07 + 0.06 * rng.random(), colour)


def posts(count: int, size: tuple[int, int], seed: int, night: bool) -> list[tuple[int, Sprite]]:
    """Where so many posts stand (their left edge in pixels), and what they look like, one in each strip.

    Args:
        count: how many.
        size: (width, height) of the frame in pixels.
        seed: which posts.
        night: darker.
    """
    rng, (width, height) = np.random.default_rng([seed, 2]), size
    placed_posts = []
    for i in range(count):
        wide = max(MIN_POST_PX, round(width * rng.uniform(*POST_WIDTHS)))
        left = round((0.06 + 0.88 * (i + rng.uniform(0.1, 0.9)) / count) * width) - wide // 2
        colour = shade(GREYS[int(rng.integers(len(GREYS)))], 0.5 if night else 0.8)
        placed_posts.append((left, _post(wide, height, colour)))
    return placed_posts


def _post(wide: int, height: int, colour: RGB) -> Sprite:
    """A round post from the top to the bottom, lit from the left."""
    across = np.linspace(0, 1, wide)[:, None]
    light = 0.7 + 0.5 * np.sin(pi * (0.25 + 0.7 * across))
    row = np.clip(np.array(colour) * light, 0, 255).astype(np.uint8)
    return Sprite(row[None].repeat(height, axis=0), np.full((height, wide, 1), 255, np.uint8))


def _stone(canvas: Canvas, x: float, y: float, size: float, colour: RGB) -> None:
    """A lump with eight uneven corners, wider than it is high."""
    reach = size * (0.55 + 0.25 * canvas.rng.random(8))
    turns = [2 * pi * i / 8 for i in range(8)]
    lump = [
        (x + 0.9 * r * cos(t), y + 0.55 * r * min(sin(t), 0.4)) for t, r in zip(turns, reach, strict=True)
    ]
    canvas.polygon(lump, colour)
    canvas.polygon([(a + 0.1 * (x - a), b) for a, b in lump if b < y], shade(colour, 1.15))


def _boards(canvas: Canvas, x: float, y: float, size: float, colour: RGB) -> None:
    """Three long boards thrown across one another."""
    for i in range(3):
        lean = (canvas.rng.random() - 0.5) * size
        ends = [(x - size, y - 0.02 * i + lean / 2), (x + size, y - 0.02 * i - lean / 2)]
        canvas.stroke(ends, 0.022, shade(colour, 0.8 + 0.12 * i))


def _crate(canvas: Canvas, x: float, y: float, size: float, colour: RGB) -> None:
    """A flat crate of four slats, twice as wide as it is high."""
    wide, high = 0.62 * size, 0.9 * size
    canvas.box(x - wide, y - high / 2, x + wide, y + high / 2, shade(colour, 0.62))
    for i in range(4):
        top = y - high / 2 + high * i / 4
        canvas.box(x - wide, top, x + wide, top + high * 0.19, colour)
    for side in (-1, 1):
        canvas.box(
            x + side * wide * 0.84 - 0.006,
            y - high / 2,
            x + side * wide * 0.84 + 0.006,
            y + high / 2,
            shade(colour, 0.8),
        )


def _barrel(canvas: Canvas, x: float, y: float, size: float, colour: RGB) -> None:
    """A barrel with two hoops, higher than it is wide."""
    wide, high = 0.36 * size, 1.3 * size
    side = [(wide * (0.8 + 0.2 * sin(pi * t)), y - high / 2 + high * t) for t in np.linspace(0, 1, 9)]
    canvas.polygon([(x - w, h) for w, h in side] + [(x + w, h) for w, h in reversed(side)], colour)
    for t in (0.22, 0.72):
        canvas.box(
            x - wide, y - high / 2 + high * t, x + wide, y - high / 2 + high * (t + 0.07), shade(colour, 0.6)
        )

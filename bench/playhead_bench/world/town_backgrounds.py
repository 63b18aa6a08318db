"""Streets and parks, by day and by night."""

import numpy as np

from playhead_bench.world.canvas import Canvas
from playhead_bench.world.sprites import RGB, shade

GROUND = 0.62
"""Where the ground of a street or park begins, as a share of the height."""


def sky(canvas: Canvas) -> None:
    """The sky of a town, down to the ground."""
    if canvas.night:
        canvas.gradient(0, GROUND + 0.02, (8, 12, 34), (38, 44, 84))
        for x, y in canvas.rng.random((60, 2)):
            canvas.disc(x, y * 0.5, 0.0025, (210, 215, 235))
        canvas.glow(0.1 + 0.15 * canvas.rng.random(), 0.14, 0.12, (226, 226, 214), 0.9)
    else:
        canvas.gradient(0, GROUND + 0.02, (96, 164, 226), (214, 232, 244))
        sun = 0.1 + 0.15 * canvas.rng.random()
        canvas.glow(sun, 0.14, 0.25, (255, 246, 200))
        canvas.glow(sun, 0.14, 0.1, (255, 248, 224), 0.9)


def street(canvas: Canvas) -> None:
    """A row of houses behind a pavement with lamps and a road."""
    sky(canvas)
    left = -0.02
    while left < 1.0:
        right = left + 0.09 + 0.08 * canvas.rng.random()
        _house(canvas, left, right, GROUND - 0.22 - 0.24 * canvas.rng.random())
        left = right
    pavement: RGB = (58, 60, 72) if canvas.night else (178, 174, 166)
    canvas.box(0, GROUND, 1, 0.69, pavement)
    road: RGB = (38, 40, 50) if canvas.night else (104, 106, 110)
    canvas.gradient(0.69, 1.0, shade(road, 0.9), road)
    canvas.texture(GROUND, 1.0, 7.0, (5, 3))
    canvas.box(0, 0.685, 1, 0.695, shade(pavement, 0.7))
    for x in np.arange(0.02, 1.0, 0.14):
        canvas.box(x, 0.838, x + 0.07, 0.85, shade((240, 238, 220), 0.6 if canvas.night else 1.0))
    for x in (0.16, 0.56, 0.96):
        _lamp(canvas, x)


def _house(canvas: Canvas, left: float, right: float, top: float) -> None:
    wall = canvas.pick([(186, 110, 88), (204, 184, 150), (150, 160, 176), (170, 140, 112), (126, 138, 128)])
    canvas.box(left, top, right, GROUND, wall)
    canvas.box(left, top, right, top + 0.018, shade(wall, 0.72))
    across = max(2, round((right - left) / 0.04))
    step = (right - left) / across
    for y in np.arange(top + 0.045, GROUND - 0.06, 0.075):
        for i in range(across):
            is_lit = canvas.night and canvas.rng.random() < 0.45
            glass: RGB = (250, 214, 120) if is_lit else shade(wall, 0.75)
            x = left + (i + 0.28) * step
            canvas.box(x, y, x + 0.44 * step, y + 0.042, glass)


def _lamp(canvas: Canvas, x: float) -> None:
    canvas.box(x - 0.003, 0.36, x + 0.003, 0.67, (30, 32, 38))
    canvas.disc(x, 0.355, 0.018, (255, 236, 170) if canvas.night else (90, 92, 96))
    if canvas.night:
        canvas.glow(x, 0.36, 0.2, (255, 226, 150), 0.6)
        canvas.glow(x, 0.72, 0.16, (255, 216, 140), 0.3)


def park(canvas: Canvas) -> None:
    """Trees on grass before hills."""
    sky(canvas)
    hill = canvas.pick([(122, 168, 104), (140, 180, 130), (108, 150, 110)])
    for x in canvas.rng.random(3) * 1.1:
        canvas.disc(x, GROUND + 0.05, 0.35 + 0.2 * canvas.rng.random(), hill, 0.42)
    grass: RGB = (30, 58, 40) if canvas.night else (104, 160, 74)
    canvas.gradient(GROUND, 1.0, shade(grass, 0.85), grass)
    canvas.texture(GROUND, 1.0, 9.0, (4, 7))
    trees = sorted(
        zip(canvas.rng.random(7), 0.63 + 0.05 * canvas.rng.random(7), strict=True), key=lambda t: t[1]
    )
    for x, y in trees:
        _tree(canvas, x, y)


def _tree(canvas: Canvas, x: float, y: float) -> None:
    leaf = canvas.pick([(58, 120, 62), (76, 136, 58), (50, 104, 76), (150, 140, 60)])
    canvas.box(x - 0.006, y - 0.14, x + 0.006, y, shade((96, 66, 44), 0.45 if canvas.night else 1.0))
    for dx, dy, radius in ((-0.022, 0.15, 0.055), (0.022, 0.15, 0.055), (0, 0.21, 0.065)):
        canvas.disc(x + dx, y - dy, radius, leaf)
    canvas.disc(x - 0.01, y - 0.225, 0.032, shade(leaf, 1.12))

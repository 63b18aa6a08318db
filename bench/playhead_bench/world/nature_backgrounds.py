"""Beaches, forests, snow, deserts and the sea, by day and by night, in muted colours."""

from math import cos, pi, sin

import numpy as np

from playhead_bench.world.canvas import Canvas
from playhead_bench.world.sprites import RGB, shade

Curve = list[tuple[float, float]]


def beach(canvas: Canvas) -> None:
    """Sand before the sea, with palms."""
    wide_sky(canvas, 0.4, (150, 180, 204), (206, 216, 218))
    canvas.gradient(0.4, 0.58, canvas.tint((104, 144, 158)), canvas.tint((140, 170, 174)))
    _waves(canvas, 0.42, 0.56, 26)
    sand = canvas.tint((208, 192, 158))
    canvas.gradient(0.56, 1.0, canvas.tint((182, 168, 142)), sand)
    shore = _curve(canvas, 0.57, 0.012, 2)
    canvas.polygon([(0, 0.53), *shore, (1, 0.53)], canvas.tint((134, 164, 170)))
    canvas.stroke(shore, 0.014, canvas.tint((222, 224, 220)))
    canvas.texture(0.6, 1.0, 7.0, (14, 4))
    for x in (0.06 + 0.1 * canvas.rng.random(), 0.84 + 0.1 * canvas.rng.random()):
        _palm(canvas, x, 0.66 + 0.05 * canvas.rng.random())


def forest(canvas: Canvas) -> None:
    """Trunks behind trunks under a roof of leaves."""
    canvas.gradient(0, 0.7, canvas.tint((150, 164, 146)), canvas.tint((116, 128, 108)))
    ground = canvas.tint((104, 98, 76))
    canvas.gradient(0.68, 1.0, shade(ground, 0.82), ground)
    layers: tuple[tuple[int, float, float, RGB], ...] = (
        (16, 0.69, 0.005, (122, 128, 112)),
        (9, 0.74, 0.01, (100, 98, 84)),
        (5, 0.82, 0.019, (82, 72, 62)),
    )
    for count, foot, wide, bark in layers:
        for i in range(count):
            x = (i + 0.1 + 0.8 * canvas.rng.random()) / count
            _trunk(canvas, x, foot + 0.03 * canvas.rng.random(), wide, canvas.tint(bark))
        for _ in range(24):
            x, y, r = canvas.rng.random(3)
            leaf = _leaf(canvas, [(92, 116, 84), (80, 104, 80), (104, 120, 84)])
            canvas.disc(x, 0.13 * y - wide * 2, 0.04 + 0.06 * r, leaf, 0.7)
    canvas.texture(0, 0.3, 6.0, (4, 4))
    canvas.texture(0.68, 1.0, 9.0, (5, 4))
    for x, y in canvas.rng.random((26, 2)):
        _fern(canvas, x, 0.74 + 0.26 * y)


def snow(canvas: Canvas) -> None:
    """White hills with firs before mountains, and flakes."""
    wide_sky(canvas, 0.62, (158, 170, 186), (200, 206, 214))
    _ridge(canvas, 0.5, 0.2, (150, 160, 176), 7)
    for height, tone in ((0.52, 0.92), (0.6, 1.0)):
        hill = _curve(canvas, height, 0.035, 1.3)
        canvas.polygon([(0, 1), *hill, (1, 1)], shade(canvas.tint((206, 214, 224)), tone))
    canvas.texture(0.56, 1.0, 4.0, (30, 6))
    for x, y in sorted(canvas.rng.random((9, 2)), key=lambda at: float(at[1])):
        _fir(canvas, x, 0.6 + 0.1 * y, 0.16 + 0.1 * y)
    for x, y in canvas.rng.random((90, 2)):
        canvas.disc(x, y, 0.0045, (140, 146, 164) if canvas.night else (232, 236, 240))


def desert(canvas: Canvas) -> None:
    """Dunes with cacti before flat mountains."""
    wide_sky(canvas, 0.6, (176, 190, 198), (226, 214, 192))
    for x in canvas.rng.random(3):
        wide, top = 0.08 + 0.08 * canvas.rng.random(), 0.36 + 0.08 * canvas.rng.random()
        foot = [(x - wide, 0.6), (x - wide * 0.7, top), (x + wide * 0.7, top), (x + wide, 0.6)]
        canvas.polygon(foot, canvas.tint((176, 138, 116)))
        canvas.box(x - wide * 0.76, top + 0.05, x + wide * 0.76, top + 0.062, canvas.tint((160, 122, 102)))
    for height, sand in ((0.55, (196, 170, 130)), (0.64, (206, 180, 140)), (0.8, (212, 188, 150))):
        crest = _curve(canvas, height, 0.05, 1.2)
        canvas.polygon([(0, 1), *crest, (1, 1)], canvas.tint(sand))
        canvas.stroke([(x, y + 0.006) for x, y in crest], 0.012, shade(canvas.tint(sand), 0.88))
    canvas.texture(0.55, 1.0, 6.0, (40, 3))
    for x in (0.07 + 0.12 * canvas.rng.random(), 0.34 + 0.3 * canvas.rng.random(), 0.93):
        _cactus(canvas, x, 0.66 + 0.1 * canvas.rng.random(), 0.2 + 0.07 * canvas.rng.random())


def sea(canvas: Canvas) -> None:
    """Waves up to a high horizon, with an island and clouds."""
    wide_sky(canvas, 0.32, (158, 184, 204), (208, 216, 218))
    for x, y, r in canvas.rng.random((5, 3)):
        for dx in (-0.05, 0.0, 0.045):
            canvas.disc(x + dx, 0.06 + 0.14 * y, 0.028 + 0.02 * r, canvas.tint((214, 220, 222)), 0.5)
    x = 0.15 + 0.7 * canvas.rng.random()
    island = [(x + 0.16 * cos(t), 0.325 - 0.08 * sin(t) ** 2) for t in np.linspace(pi, 0, 24)]
    canvas.polygon(island, canvas.tint((122, 136, 130)))
    canvas.gradient(0.32, 1.0, canvas.tint((122, 154, 166)), canvas.tint((74, 108, 126)))
    canvas.texture(0.32, 1.0, 6.0, (50, 4))
    _waves(canvas, 0.34, 0.98, 90)
    if canvas.night:
        for y in np.linspace(0.34, 0.8, 14):
            shift = 0.02 * canvas.rng.random()
            canvas.box(0.2 - 0.03 * y + shift, y, 0.2 + 0.04 * y + shift, y + 0.008, (96, 104, 122))


def wide_sky(canvas: Canvas, horizon: float, above: RGB, below: RGB) -> None:
    """A pale sky down to a horizon; at night with stars and the light of the moon."""
    sun = 0.15 + 0.2 * canvas.rng.random()
    if not canvas.night:
        canvas.gradient(0, horizon + 0.02, above, below)
        canvas.glow(sun, 0.12, 0.26, (255, 246, 220), 0.8)
        return
    canvas.gradient(0, horizon + 0.02, (12, 16, 40), (48, 56, 92))
    for x, y in canvas.rng.random((50, 2)):
        canvas.disc(x, y * horizon * 0.9, 0.0025, (190, 196, 216))
    canvas.glow(sun, 0.12, 0.14, (220, 222, 214), 0.85)


def _curve(canvas: Canvas, y: float, swing: float, waves: float) -> Curve:
    """A line from left to right that swings about a height."""
    phase, other = 2 * pi * canvas.rng.random(2)
    xs = np.linspace(0, 1, 41)
    swings = np.sin(2 * pi * waves * xs + phase) + 0.5 * np.sin(4.6 * pi * waves * xs + other)
    return [(float(x), float(y + swing * 0.7 * s)) for x, s in zip(xs, swings, strict=True)]


def _ridge(canvas: Canvas, foot: float, high: float, rock: RGB, peaks: int) -> None:
    """Mountains with white tops on the horizon."""
    for i in range(peaks):
        x, top = (i + canvas.rng.random()) / peaks, foot - high * (0.5 + 0.5 * canvas.rng.random())
        wide = 0.09 + 0.08 * canvas.rng.random()
        canvas.polygon([(x - wide, foot + 0.1), (x, top), (x + wide, foot + 0.1)], canvas.tint(rock))
        cap, cut = wide * 0.3, (foot + 0.1 - top) * 0.3
        jag = [(x - cap, top + cut), (x - cap / 3, top + cut * 0.7), (x + cap / 3, top + cut * 1.2)]
        canvas.polygon([(x, top), *jag, (x + cap, top + cut)], canvas.tint((200, 206, 216)))


def _waves(canvas: Canvas, top: float, bottom: float, count: int) -> None:
    """Short bright lines on water, longer and thicker towards the front."""
    for x, y in canvas.rng.random((count, 2)):
        at, scale = top + (bottom - top) * y, 0.4 + y
        long = 0.02 * scale + 0.02 * canvas.rng.random()
        bow = [(x - long, at), (x, at - 0.008 * scale), (x + long, at)]
        canvas.stroke(bow, 0.005 * scale, canvas.tint((168, 192, 198)))


def _palm(canvas: Canvas, x: float, foot: float) -> None:
    lean, top = 0.03 * (1 if x < 0.5 else -1), foot - 0.36
    trunk = [(x + lean * t * t, foot - 0.36 * t) for t in np.linspace(0, 1, 8)]
    canvas.stroke(trunk, 0.02, canvas.tint((130, 112, 92)))
    for turn in np.linspace(-pi * 1.1, pi * 0.1, 7):
        reach = 0.17
        frond = [
            (x + lean + 0.5625 * reach * t * cos(turn), top + reach * (t * sin(turn) * 0.6 + 0.55 * t * t))
            for t in np.linspace(0, 1, 7)
        ]
        canvas.stroke(frond, 0.018, canvas.tint((88, 116, 88)))


def _trunk(canvas: Canvas, x: float, foot: float, wide: float, bark: RGB) -> None:
    corners = [
        (x - wide * 0.8, -0.02),
        (x + wide * 0.8, -0.02),
        (x + wide * 1.3, foot),
        (x - wide * 1.3, foot),
    ]
    canvas.polygon(corners, bark)
    canvas.polygon(
        [(x + wide * 0.2, -0.02), (x + wide * 0.8, -0.02), (x + wide * 1.3, foot), (x + wide * 0.4, foot)],
        shade(bark, 0.85),
    )


def _fern(canvas: Canvas, x: float, y: float) -> None:
    leaf = _leaf(canvas, [(96, 116, 76), (84, 104, 72), (112, 118, 78)])
    for dx in (-0.022, -0.01, 0.01, 0.022):
        canvas.stroke([(x, y), (x + dx * 0.6, y - 0.03), (x + dx, y - 0.035 + abs(dx))], 0.006, leaf)


def _fir(canvas: Canvas, x: float, foot: float, high: float) -> None:
    canvas.box(x - 0.004, foot - 0.03, x + 0.004, foot, canvas.tint((92, 82, 74)))
    for i, tier in enumerate((1.0, 0.75, 0.5)):
        base, wide = foot - high * (0.12 + 0.27 * i), high * 0.26 * tier
        top = base - high * 0.42
        canvas.polygon([(x - wide, base), (x, top), (x + wide, base)], canvas.tint((84, 100, 98)))
        edge = [(x - wide * 0.5, base - high * 0.2), (x, top), (x + wide * 0.5, base - high * 0.2)]
        canvas.stroke(edge, 0.008, canvas.tint((206, 214, 222)))


def _cactus(canvas: Canvas, x: float, foot: float, high: float) -> None:
    green = canvas.tint((106, 122, 94))
    canvas.stroke([(x, foot), (x, foot - high)], 0.04, green)
    canvas.disc(x, foot - high, 0.02, green)
    for side, up in ((-1, 0.45), (1, 0.6)):
        elbow, y = x + side * 0.035, foot - high * up
        canvas.stroke([(x, y), (elbow, y), (elbow, y - high * 0.3)], 0.026, green)
        canvas.disc(elbow, y - high * 0.3, 0.013, green)


def _leaf(canvas: Canvas, greens: list[RGB]) -> RGB:
    return canvas.tint(greens[int(canvas.rng.integers(len(greens)))])

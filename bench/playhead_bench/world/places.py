"""Where scenes happen: backgrounds with gradients and textures, by day and by night."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from playhead_bench.world.draw import RGB, shade
from playhead_bench.world.kinds import PlaceKind

SUPER = 2
"""Backgrounds are drawn this many times too large and shrunk."""
GROUND = 0.62
"""Where the ground of a street or park begins, as a share of the height."""


def background(place: PlaceKind, size: tuple[int, int], seed: int, night: bool = False) -> NDArray[np.uint8]:
    """A place without anything in it, the same for the same arguments.

    Args:
        place: which kind; a `slide` gives empty paper.
        size: (width, height) in pixels.
        seed: which street, park or table of its kind.
        night: dark sky, lit windows and lamps; rooms know no night.

    Returns:
        (H, W, 3) uint8.
    """
    width, height = size
    canvas = Canvas(width * SUPER, height * SUPER, np.random.default_rng(seed), night)
    PAINTERS[place](canvas)
    return np.asarray(canvas.image.reduce(SUPER), dtype=np.uint8).copy()


class Canvas:
    """An image being painted, with its own dice; places are given as shares of width and height."""

    def __init__(self, width: int, height: int, rng: np.random.Generator, night: bool) -> None:
        self.width, self.height, self.rng, self.night = width, height, rng, night
        self.image = Image.new("RGB", (width, height))
        self.draw = ImageDraw.Draw(self.image)

    def gradient(self, top: float, bottom: float, above: RGB, below: RGB) -> None:
        """Colours running from `above` to `below` between two heights."""
        y0, y1 = round(top * self.height), round(bottom * self.height)
        rows = np.linspace(above, below, y1 - y0).astype(np.uint8)[:, None, :]
        self._paste(rows.repeat(self.width, axis=1), 0, y0)

    def texture(self, top: float, bottom: float, strength: float, stretch: tuple[int, int] = (6, 6)) -> None:
        """Roughens a band: soft blotches of `stretch` pixels (across, down) and a fine grain."""
        y0, y1 = round(top * self.height), round(bottom * self.height)
        across, down = stretch
        coarse = self._dice((y1 - y0) // down + 2, self.width // across + 2)
        rough = np.array(Image.fromarray(coarse).resize((self.width, y1 - y0), Image.Resampling.BICUBIC))
        rough = strength * (rough + 0.5 * self._dice(y1 - y0, self.width))
        band = np.asarray(self.image.crop((0, y0, self.width, y1)))
        self._paste(np.clip(band + rough[:, :, None], 0, 255).astype(np.uint8), 0, y0)

    def blur(self, radius: float) -> None:
        """Softens everything painted so far; the radius is a share of the height."""
        self.image.paste(self.image.filter(ImageFilter.GaussianBlur(radius * self.height)))

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float = 0.75) -> None:
        """Light around a point that fades with distance; the radius is a share of the height."""
        cx, cy, reach = x * self.width, y * self.height, radius * self.height
        x0, x1 = max(0, int(cx - reach)), min(self.width, int(cx + reach) + 1)
        y0, y1 = max(0, int(cy - reach)), min(self.height, int(cy + reach) + 1)
        ys, xs = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        share = strength * np.clip(1.0 - np.hypot(xs - cx, ys - cy) / reach, 0.0, 1.0)[:, :, None] ** 2
        patch = np.asarray(self.image.crop((x0, y0, x1, y1)))
        self._paste((patch * (1.0 - share) + np.array(colour, np.float32) * share).astype(np.uint8), x0, y0)

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB) -> None:
        """A filled rectangle, at least one pixel wide and high."""
        x0, y0 = left * self.width, top * self.height
        x1, y1 = max(x0, right * self.width - 1), max(y0, bottom * self.height - 1)
        self.draw.rectangle([x0, y0, x1, y1], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: RGB, flat: float = 1.0) -> None:
        """A filled ellipse; the radius is a share of the height, `flat` its height over its width."""
        cx, cy, r = x * self.width, y * self.height, radius * self.height
        self.draw.ellipse([cx - r, cy - r * flat, cx + r, cy + r * flat], fill=fill)

    def pick(self, choices: list[RGB]) -> RGB:
        """One of some colours; darker at night."""
        colour = choices[int(self.rng.integers(len(choices)))]
        return shade(colour, 0.34) if self.night else colour

    def _dice(self, rows: int, columns: int) -> NDArray[np.float32]:
        return self.rng.standard_normal((rows, columns), dtype=np.float32)

    def _paste(self, patch: NDArray[np.uint8], left: int, top: int) -> None:
        self.image.paste(Image.fromarray(patch), (left, top))


def _sky(canvas: Canvas) -> None:
    if canvas.night:
        canvas.gradient(0, GROUND + 0.02, (8, 12, 34), (38, 44, 84))
        for x, y in canvas.rng.random((60, 2)):
            canvas.disc(x, y * 0.5, 0.0025, (210, 215, 235))
        canvas.disc(0.1 + 0.15 * canvas.rng.random(), 0.14, 0.055, (238, 236, 214))
    else:
        canvas.gradient(0, GROUND + 0.02, (96, 164, 226), (214, 232, 244))
        sun = 0.1 + 0.15 * canvas.rng.random()
        canvas.glow(sun, 0.14, 0.25, (255, 246, 200))
        canvas.disc(sun, 0.14, 0.06, (255, 236, 150))


def _street(canvas: Canvas) -> None:
    _sky(canvas)
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
            lit = canvas.night and canvas.rng.random() < 0.45
            glass: RGB = (250, 214, 120) if lit else shade(wall, 0.75)
            x = left + (i + 0.28) * step
            canvas.box(x, y, x + 0.44 * step, y + 0.042, glass)


def _lamp(canvas: Canvas, x: float) -> None:
    canvas.box(x - 0.003, 0.36, x + 0.003, 0.67, (30, 32, 38))
    canvas.disc(x, 0.355, 0.018, (255, 236, 170) if canvas.night else (90, 92, 96))
    if canvas.night:
        canvas.glow(x, 0.36, 0.2, (255, 226, 150), 0.6)
        canvas.glow(x, 0.72, 0.16, (255, 216, 140), 0.3)


def _park(canvas: Canvas) -> None:
    _sky(canvas)
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


def _table(canvas: Canvas) -> None:
    canvas.gradient(0, 0.42, (206, 212, 214), (228, 228, 222))
    canvas.texture(0, 0.42, 2.5, (9, 9))
    wood = canvas.pick([(206, 164, 116), (190, 146, 104), (216, 182, 140)])
    canvas.gradient(0.42, 1.0, shade(wood, 0.82), wood)
    canvas.texture(0.42, 1.0, 9.0, (90, 3))
    canvas.box(0, 0.415, 1, 0.43, shade(wood, 0.6))


def _hall(canvas: Canvas) -> None:
    canvas.gradient(0, 0.66, (126, 138, 150), (164, 174, 182))
    for x in np.arange(0.0, 1.0, 0.125):
        canvas.box(x, 0, x + 0.004, 0.66, (112, 122, 134))
    canvas.gradient(0.66, 1.0, (96, 100, 106), (70, 74, 80))
    canvas.texture(0, 1.0, 4.0, (7, 7))
    canvas.box(0, 0.86, 1, 0.93, (44, 46, 52))
    canvas.box(0, 0.855, 1, 0.868, (120, 124, 130))
    for x in np.arange(0.03, 1.0, 0.08):
        canvas.disc(x, 0.895, 0.026, (150, 154, 160))
        canvas.disc(x, 0.895, 0.010, (60, 62, 68))


def _studio(canvas: Canvas) -> None:
    canvas.gradient(0, 1.0, (30, 58, 72), (60, 92, 100))
    for x, y, r in canvas.rng.random((14, 3)):
        canvas.disc(
            x, y * 0.7, 0.03 + 0.06 * r, canvas.pick([(70, 108, 116), (96, 122, 112), (150, 128, 84)])
        )
    canvas.blur(0.025)
    canvas.texture(0, 1.0, 2.0, (8, 8))


def _desk(canvas: Canvas) -> None:
    canvas.gradient(0, 1.0, (253, 252, 248), (238, 240, 243))


PAINTERS: dict[PlaceKind, Callable[[Canvas], None]] = {
    "slide": _desk,
    "table": _table,
    "street": _street,
    "park": _park,
    "hall": _hall,
    "studio": _studio,
}

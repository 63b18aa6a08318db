"""Where scenes happen: backgrounds with gradients and textures, by day and by night."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from playhead_bench.world.canvas import Canvas
from playhead_bench.world.clutter import scatter_clutter
from playhead_bench.world.nature_backgrounds import beach, desert, forest, sea, snow
from playhead_bench.world.sprites import RGB, shade
from playhead_bench.world.town_backgrounds import park, street
from playhead_bench.world.vocabulary import PlaceKind

SUPER = 2
"""Backgrounds are drawn this many times too large and shrunk."""


def background(
    place: PlaceKind, size: tuple[int, int], seed: int, night: bool = False, clutter: int = 0
) -> NDArray[np.uint8]:
    """A place without anything in it that acts, the same for the same arguments.

    Args:
        place: which kind; a `slide` gives empty paper.
        size: (width, height) in pixels.
        seed: which street, park or table of its kind.
        night: dark sky, lit windows and lamps; rooms know no night.
        clutter: so many grey odds and ends lie about.

    Returns:
        (H, W, 3) uint8.
    """
    width, height = size
    canvas = Canvas(width * SUPER, height * SUPER, seed, night)
    PAINTERS[place](canvas)
    scatter_clutter(canvas, clutter)
    return np.asarray(canvas.image.reduce(SUPER), dtype=np.uint8).copy()


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


def _kitchen(canvas: Canvas) -> None:
    canvas.gradient(0, 0.6, (204, 204, 196), (214, 212, 202))
    canvas.texture(0, 0.6, 2.0, (9, 9))
    for x in np.arange(0.0, 1.0, 0.05):
        canvas.box(x, 0.26, x + 0.002, 0.6, (186, 186, 178))
    for y in np.arange(0.26, 0.6, 0.085):
        canvas.box(0, y, 1, y + 0.003, (186, 186, 178))
    front = canvas.pick([(158, 150, 138), (146, 152, 154), (164, 156, 150)])
    _cupboards(canvas, 0.0, 0.25, front, 0.21)
    hob = 0.25 * int(canvas.rng.integers(1, 4))
    canvas.polygon([(hob, 0.25), (hob + 0.05, 0.1), (hob + 0.2, 0.1), (hob + 0.25, 0.25)], (126, 130, 134))
    canvas.box(hob + 0.1, 0, hob + 0.15, 0.1, (116, 120, 124))
    _cupboards(canvas, 0.65, 0.97, shade(front, 0.92), 0.69)
    canvas.box(0, 0.97, 1, 1, (78, 76, 74))
    _oven(canvas, hob)
    stone = canvas.pick([(112, 108, 104), (122, 112, 100), (98, 102, 106)])
    canvas.gradient(0.585, 0.655, shade(stone, 1.25), stone)
    canvas.texture(0.585, 0.655, 8.0, (3, 3))


def _cupboards(canvas: Canvas, top: float, bottom: float, front: RGB, handle: float) -> None:
    canvas.box(0, top, 1, bottom, shade(front, 0.74))
    for x in np.arange(0.0, 1.0, 0.125):
        canvas.box(x + 0.004, top + 0.012, x + 0.121, bottom - 0.012, front)
        canvas.box(x + 0.018, top + 0.04, x + 0.107, bottom - 0.04, shade(front, 0.93))
        canvas.box(x + 0.045, handle, x + 0.08, handle + 0.012, (92, 94, 96))


def _oven(canvas: Canvas, left: float) -> None:
    canvas.box(left + 0.006, 0.655, left + 0.244, 0.97, (104, 108, 112))
    canvas.box(left + 0.03, 0.76, left + 0.22, 0.93, (66, 68, 72))
    canvas.box(left + 0.03, 0.725, left + 0.22, 0.74, (150, 154, 158))
    for x in (0.05, 0.09, 0.16, 0.2):
        canvas.box(left + x - 0.008, 0.675, left + x + 0.008, 0.7, (70, 72, 76))


PAINTERS: dict[PlaceKind, Callable[[Canvas], None]] = {
    "slide": _desk,
    "table": _table,
    "street": street,
    "park": park,
    "hall": _hall,
    "studio": _studio,
    "beach": beach,
    "forest": forest,
    "snow": snow,
    "desert": desert,
    "sea": sea,
    "kitchen": _kitchen,
}

"""People as heads and shoulders: two images of each, silent and talking."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from playhead_bench.world.sprites import RGB, SUPERSAMPLING, Sprite, downsample, shade
from playhead_bench.world.vocabulary import COLOURS, Colour

SKINS: tuple[RGB, ...] = ((236, 188, 152), (198, 142, 104), (142, 92, 62), (246, 208, 180))
HAIRS: tuple[RGB, ...] = ((52, 34, 24), (120, 76, 40), (30, 28, 32), (176, 160, 150), (168, 90, 44))


@lru_cache(maxsize=16)
def person_sprite(colour: Colour, height_px: int, seed: int, talking: bool) -> Sprite:
    """Head and shoulders of a person in clothes of a colour; skin and hair follow the seed."""
    rng = np.random.default_rng(seed)
    skin, hair = SKINS[rng.integers(len(SKINS))], HAIRS[rng.integers(len(HAIRS))]
    sketch = _Sketch(height_px)
    if rng.integers(2):
        sketch.oval(0, 0.31, 0.24, 0.27, hair)
        sketch.block(0.24, 0.3, 0.7, 0.1, hair)
    sketch.block(0.44, 0.68, 1.4, 0.22, COLOURS[colour])
    sketch.neck(shade(skin, 0.86))
    for side in (-1, 1):
        sketch.oval(side * 0.185, 0.36, 0.03, 0.045, shade(skin, 0.92))
    sketch.oval(0, 0.34, 0.185, 0.23, skin)
    sketch.fringe(hair)
    for side in (-1, 1):
        sketch.oval(side * 0.075, 0.345, 0.027, 0.022, (250, 250, 250))
        sketch.oval(side * 0.075, 0.346, 0.015, 0.018, (44, 34, 30))
        sketch.oval(side * 0.075, 0.30, 0.036, 0.007, shade(hair, 0.8))
    sketch.oval(0, 0.405, 0.02, 0.018, shade(skin, 0.86))
    sketch.mouth(talking)
    return Sprite.of(downsample(sketch.image))


class _Sketch:
    """A drawing whose unit is the person's height; x runs from the middle, y from the top."""

    def __init__(self, height_px: int) -> None:
        self.unit = height_px * SUPERSAMPLING
        self.image = Image.new("RGBA", (round(height_px * 1.1) * SUPERSAMPLING, height_px * SUPERSAMPLING))
        self.draw = ImageDraw.Draw(self.image)

    def oval(self, x: float, y: float, wide: float, high: float, fill: RGB) -> None:
        self.draw.ellipse(self._box(x - wide, y - high, x + wide, y + high), fill=fill)

    def block(self, wide: float, top: float, bottom: float, corner: float, fill: RGB) -> None:
        self.draw.rounded_rectangle(self._box(-wide, top, wide, bottom), corner * self.unit, fill=fill)

    def neck(self, fill: RGB) -> None:
        self.draw.rectangle(self._box(-0.075, 0.48, 0.075, 0.7), fill=fill)
        left, top, right, bottom = self._box(-0.12, 0.68, 0.12, 0.82)
        self.draw.polygon([(left, top), (right, top), ((left + right) / 2, bottom)], fill=fill)

    def fringe(self, fill: RGB) -> None:
        self.draw.chord(self._box(-0.2, 0.07, 0.2, 0.5), 182, 334, fill=fill)

    def mouth(self, talking: bool) -> None:
        if talking:
            self.oval(0, 0.475, 0.05, 0.034, (128, 40, 44))
        else:
            width = max(1, round(0.014 * self.unit))
            self.draw.arc(self._box(-0.06, 0.42, 0.06, 0.49), 30, 150, fill=(150, 58, 58), width=width)

    def _box(self, left: float, top: float, right: float, bottom: float) -> list[float]:
        middle = self.image.width / 2
        return [
            middle + left * self.unit,
            top * self.unit,
            middle + right * self.unit,
            bottom * self.unit,
        ]

"""Anti-aliased shapes and writing, as sprites that can be put on a frame.

Everything is drawn with Pillow at four times its size and scaled down. Sprites are cached.
The font is Pillow's built-in scalable one, so no font file is needed and only ASCII can be written.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from math import cos, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from playhead_bench.world.object_outlines import Corners, parts
from playhead_bench.world.vocabulary import COLOURS, Colour, Shape

RGB = tuple[int, int, int]
SUPERSAMPLING = 4
"""A sprite is drawn this many times too large, and placed to one `FINE`-th of a pixel."""
CARD_FACE: RGB = (20, 22, 30)
MARGIN = 1.6
"""Least side of a shape's sprite in heights of the shape, with room for outline and shadow."""


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A small image with transparency.

    Args:
        rgb: (H, W, 3) uint8.
        alpha: (H, W, 1) uint8, 0 where nothing is and 255 where nothing shines through.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    _weighted_rgb: NDArray[np.uint16] = field(init=False, repr=False)
    _inverse_alpha: NDArray[np.uint16] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        alpha = self.alpha.astype(np.uint16)
        object.__setattr__(self, "_weighted_rgb", self.rgb * alpha + np.uint16(128))
        object.__setattr__(self, "_inverse_alpha", 255 - alpha)

    @staticmethod
    def of(image: Image.Image) -> "Sprite":
        """A sprite of an RGBA image."""
        pixels = np.asarray(image)
        return Sprite(pixels[:, :, :3].copy(), pixels[:, :, 3:].copy())

    def stamp(self, canvas: NDArray[np.uint8], left: int, top: int) -> None:
        """Puts it on an (H, W, 3) frame, in place; what lies outside is cut off."""
        height, width = self.alpha.shape[:2]
        y0, y1 = max(0, top), min(canvas.shape[0], top + height)
        x0, x1 = max(0, left), min(canvas.shape[1], left + width)
        if y0 >= y1 or x0 >= x1:
            return
        part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        patch = canvas[y0:y1, x0:x1]
        mixed = patch * self._inverse_alpha[part]
        mixed += self._weighted_rgb[part]
        mixed += mixed >> 8  # with the shift below: divided by 255 and rounded
        np.right_shift(mixed, 8, out=patch, casting="unsafe")


def downsample(large: Image.Image) -> Image.Image:
    """An image that was drawn `SUPERSAMPLING` times too large, at its own size, with smooth edges."""
    return large.resize((large.width // SUPERSAMPLING, large.height // SUPERSAMPLING), Image.Resampling.BOX)


def shade(colour: RGB, factor: float) -> RGB:
    """A colour made darker (below 1) or lighter (above 1, towards white)."""
    if factor <= 1.0:
        return (int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor))
    red, green, blue = (int(255 - (255 - part) * (2.0 - factor)) for part in colour)
    return (red, green, blue)


@lru_cache(maxsize=256)
def shape_sprite(
    shape: Shape,
    colour: Colour | RGB,
    height_px: int,
    dx: int,
    dy: int,
    turn_deg: int = 0,
    light: float = 1.0,
) -> Sprite:
    """A shape with a dark rim and a soft shadow, offset by `dx` and `dy` subpixels.

    The sprite is square with an odd number of pixels a side, so that there is a middle pixel.

    Args:
        shape: which; not a person.
        colour: by name, or red, green and blue.
        height_px: from the top to the bottom of the shape before it is turned.
        dx: `SUPERSAMPLING`-ths of a pixel to the right.
        dy: `SUPERSAMPLING`-ths of a pixel down.
        turn_deg: turned clockwise by so many degrees.
        light: how bright, 1 in daylight.
    """
    fill = shade(COLOURS[colour] if isinstance(colour, str) else colour, light)
    reach = height_px * SUPERSAMPLING
    side = int(height_px * _span(shape, turn_deg != 0)) | 1
    x, y = side * SUPERSAMPLING / 2 + dx, side * SUPERSAMPLING / 2 + dy
    large = Image.new("RGBA", (side * SUPERSAMPLING, side * SUPERSAMPLING))
    thick = max(SUPERSAMPLING, round(reach * 0.05))
    for rings, tone in parts(shape):
        outline = [_transform(ring, turn_deg, x, y, reach) for ring in rings]
        _fill(large, outline, fill if tone == 1.0 else _tone(fill, tone))
    draw = ImageDraw.Draw(large)
    rim = _rim(fill)
    for ring in parts(shape)[0][0]:
        corners = _transform(ring, turn_deg, x, y, reach)
        draw.line([*corners, corners[0], corners[1]], fill=rim, width=thick)
    return Sprite.of(
        Image.alpha_composite(
            _shadow(side, dx // SUPERSAMPLING, dy // SUPERSAMPLING, height_px), downsample(large)
        )
    )


def _span(shape: Shape, turned: bool) -> float:
    """Side of a shape's sprite in heights of the shape, with room for outline and shadow."""
    corners = [corner for rings, _ in parts(shape) for ring in rings for corner in ring]
    far = max(hypot(x, y) for x, y in corners) if turned else max(abs(x) for x, _ in corners)
    return max(MARGIN, 2 * far + 0.12)


def _transform(ring: Corners, turn_deg: int, x: float, y: float, reach: float) -> list[tuple[float, float]]:
    c, s = cos(radians(turn_deg)), sin(radians(turn_deg))
    return [(x + (a * c - b * s) * reach, y + (a * s + b * c) * reach) for a, b in ring]


def _fill(image: Image.Image, rings: list[list[tuple[float, float]]], fill: RGB) -> None:
    draw = ImageDraw.Draw(image)
    draw.polygon(rings[0], fill=fill)
    for hole in rings[1:]:
        draw.polygon(hole, fill=(0, 0, 0, 0))


def _tone(fill: RGB, tone: float) -> RGB:
    """A part of an object that is set off from its colour: of a very dark object all parts are lighter."""
    if sum(fill) < 150:
        return shade(fill, 1.35 if tone < 1 else 1.7)
    return shade(fill, tone)


def _rim(fill: RGB) -> RGB:
    return shade(fill, 0.62 if sum(fill) > 150 else 1.45)


@lru_cache(maxsize=256)
def _shadow(side: int, x: int, y: int, height_px: int) -> Image.Image:
    image = Image.new("RGBA", (side, side))
    middle_x, middle_y = side / 2 + x, side / 2 + y
    flat = [
        middle_x - 0.45 * height_px, middle_y + 0.42 * height_px,
        middle_x + 0.5 * height_px, middle_y + 0.6 * height_px,
    ]  # fmt: skip
    ImageDraw.Draw(image).ellipse(flat, fill=(0, 0, 0, 90))
    return image.filter(ImageFilter.GaussianBlur(height_px * 0.035))


@lru_cache(maxsize=64)
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """Pillow's built-in font at a size."""
    found = ImageFont.load_default(size=size_px)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def fit_font(lines: tuple[str, ...], size_px: float, width_px: float) -> ImageFont.FreeTypeFont:
    """The font at `size_px`, or as much smaller as the longest line needs to fit into `width_px`."""
    preferred = font(round(size_px))
    longest = max(preferred.getlength(line) for line in lines)
    return preferred if longest <= width_px else font(int(size_px * width_px / longest))


@lru_cache(maxsize=16)
def panel(lines: tuple[str, ...], line_px: int, face: RGB, ink: RGB, rim: RGB, opacity: int = 255) -> Sprite:
    """Lines in the middle of a rounded panel with a rim: a sign, a display, a name plate."""
    letters, bold = font(round(line_px * 0.78 * SUPERSAMPLING)), 0.02 * line_px * SUPERSAMPLING
    inner = round(max(letters.getlength(line) for line in lines))
    pad = round(line_px * 0.55) * SUPERSAMPLING
    width = -(-(inner + 2 * pad) // SUPERSAMPLING) * SUPERSAMPLING
    height = round(line_px * (len(lines) + 0.5)) * SUPERSAMPLING
    large = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(large)
    thick = max(SUPERSAMPLING, round(line_px * 0.07 * SUPERSAMPLING))
    box = [thick // 2, thick // 2, width - 1 - thick // 2, height - 1 - thick // 2]
    draw.rounded_rectangle(
        box, line_px * 0.25 * SUPERSAMPLING, fill=(*face, opacity), outline=(*rim, 255), width=thick
    )
    for i, line in enumerate(lines):
        middle = height / 2 + (i - (len(lines) - 1) / 2) * line_px * SUPERSAMPLING
        draw.text((width / 2, middle), line, font=letters, fill=ink, anchor="mm", stroke_width=bold)
    return Sprite.of(downsample(large))


@lru_cache(maxsize=4)
def card(lines: tuple[str, ...], size: tuple[int, int]) -> Sprite:
    """A title card that fills a frame: large centred lines on a dark, slightly transparent panel.

    Args:
        lines: one to three.
        size: (width, height) in pixels.

    Raises:
        ValueError: more than three lines.
    """
    if len(lines) > 3:
        raise ValueError(f"a title card has one to three lines, got {len(lines)}")
    width, height = size
    image = Image.new("RGBA", size, (*CARD_FACE, 225))
    draw = ImageDraw.Draw(image)
    letters = fit_font(lines, height * 0.17, width * 0.9)
    for i, line in enumerate(lines):
        y = height * (0.5 + 0.23 * (i - (len(lines) - 1) / 2))
        draw.text(
            (width / 2, y), line, font=letters, fill=(248, 248, 244), anchor="mm", stroke_width=height / 300
        )
    return Sprite.of(image)


def slide(lines: tuple[str, ...], size: tuple[int, int]) -> Image.Image:
    """A title and its lines on light paper, as a lecturer shows them.

    Args:
        lines: the title, then up to five lines.
        size: (width, height) in pixels.

    Raises:
        ValueError: more than six lines: they would be too small to be read.
    """
    if len(lines) > 6:
        raise ValueError(f"a slide has a title and at most five lines, got {len(lines)}")
    width, height = size
    accent = list(COLOURS.values())[sum(map(ord, lines[0])) % 7]
    paper = np.linspace((253, 252, 248), (238, 240, 243), height)[:, None, :].repeat(width, axis=1)
    image = Image.fromarray(paper.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, round(width * 0.018), height], fill=accent)
    left, ink = width * 0.06, (24, 30, 44)
    dark, bold = shade(accent, 0.5), height / 400
    title = fit_font(lines[:1], height * 0.112, width * 0.88)
    draw.text(
        (left, height * 0.135),
        lines[0],
        font=title,
        fill=dark,
        anchor="lm",
        stroke_width=bold,
        stroke_fill=dark,
    )
    draw.rectangle([left, height * 0.222, width * 0.94, height * 0.222 + max(1, height // 160)], fill=accent)
    body = fit_font(lines[1:], height * 0.086, width * 0.84) if lines[1:] else title
    for i, line in enumerate(lines[1:]):
        y = height * (0.325 + 0.138 * i)
        dot = height * 0.014
        draw.ellipse([left, y - dot, left + 2 * dot, y + dot], fill=accent)
        draw.text((left + height * 0.06, y), line, font=body, fill=ink, anchor="lm")
    return image

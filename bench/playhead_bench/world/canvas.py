"""An image being painted in shares of its width and height, with gradients, textures and light."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from playhead_bench.world.sprites import RGB, shade


class Canvas:
    """An image being painted, with its own random generator; places are given as shares of width and height.

    Layout and texture grain have a random generator each, so that a place has the same houses in every size.

    Args:
        width: of the image, in pixels.
        height: of the image, in pixels.
        seed: of the random generator.
        night: whether it is painted dark.
    """

    def __init__(self, width: int, height: int, seed: int, night: bool) -> None:
        self.width, self.height, self.night = width, height, night
        self.rng, self._grain = np.random.default_rng(seed), np.random.default_rng([seed, 1])
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

    def polygon(self, corners: list[tuple[float, float]], fill: RGB) -> None:
        """A filled polygon; x is a share of the width and y of the height."""
        self.draw.polygon([(x * self.width, y * self.height) for x, y in corners], fill=fill)

    def stroke(self, corners: list[tuple[float, float]], thick: float, fill: RGB) -> None:
        """A line through some points; its thickness is a share of the height."""
        pixels = [(x * self.width, y * self.height) for x, y in corners]
        self.draw.line(pixels, fill=fill, width=max(1, round(thick * self.height)), joint="curve")

    def tint(self, colour: RGB) -> RGB:
        """A colour as it appears by day or night: at night dark and a little blue."""
        if not self.night:
            return colour
        middle = sum(colour) / 3
        red, green, blue = (0.42 * (middle + 1.5 * (part - middle)) for part in colour)
        return (max(0, int(red)), max(0, int(green) + 3), max(0, int(blue) + 14))

    def _dice(self, rows: int, columns: int) -> NDArray[np.float32]:
        return self._grain.standard_normal((rows, columns), dtype=np.float32)

    def _paste(self, patch: NDArray[np.uint8], left: int, top: int) -> None:
        self.image.paste(Image.fromarray(patch), (left, top))

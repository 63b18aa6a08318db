"""Camera effects on a whole frame: pan, zoom, fade and grain."""

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_bench.world.story import Scene

PAN_FACTOR, ZOOM_FACTOR = 1.25, 1.2
"""Width of a panned place over the width of the frame, and the final factor of a zoom."""
ZOOM_STEPS = 200
ROLL_PX = 64
"""The noise field is this many pixels larger than the frame, which takes a random part of it."""
Pixels = NDArray[np.uint8]
"""(H, W, 3)."""


def painted_size(scene: Scene, size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) in pixels in which the place of a scene has to be painted; even numbers."""
    return (round(size[0] * PAN_FACTOR / 2) * 2 if scene.camera == "pan" else size[0], size[1])


def camera_offset(scene: Scene, size: tuple[int, int], time_s: float) -> int:
    """How far the camera of a scene has come: pixels of a pan, or 0 to `ZOOM_STEPS` of a zoom."""
    share = (time_s - scene.window.start_s) / scene.window.duration_s
    if scene.camera == "pan":
        return round(share * (painted_size(scene, size)[0] - size[0]))
    return round(share * ZOOM_STEPS) if scene.camera == "zoom" else 0


def view(place: Pixels, scene: Scene, size: tuple[int, int], at: int, leftwards: bool) -> Pixels:
    """The part of a painted place that the camera sees, as an array of its own.

    Args:
        place: (H, W, 3) uint8 of `painted_size`.
        scene: whose camera it is.
        size: (width, height) of the frame in pixels.
        at: how far the camera has come, from `camera_offset`.
        leftwards: a pan begins at the right end.
    """
    width, height = size
    if scene.camera == "pan":
        left = place.shape[1] - width - at if leftwards else at
        return place[:, left : left + width].copy()
    if at == 0:
        return place.copy()
    cut = (1.0 - 1.0 / (1.0 + (ZOOM_FACTOR - 1.0) * at / ZOOM_STEPS)) / 2
    box = (cut * width, cut * height, (1 - cut) * width, (1 - cut) * height)
    return np.asarray(Image.fromarray(place).resize(size, Image.Resampling.BILINEAR, box)).copy()


def brightness_at(scene: Scene, time_s: float) -> int:
    """How bright a frame of a scene is, from 0 (black) to 255: less near its ends where it fades."""
    past_s, left_s = time_s - scene.window.start_s, scene.window.end_s - time_s
    if scene.fade_s == 0.0 or min(past_s, left_s) >= scene.fade_s:
        return 255
    return round(255 * min(past_s, left_s) / scene.fade_s)


def dim(image: Pixels, brightness: int) -> Pixels:
    """A frame at a brightness from 0 to 255."""
    return (np.arange(256) * brightness // 255).astype(np.uint8)[image]


def add_grain(image: Pixels, deviation: float, seed: int, time_s: float) -> Pixels:
    """A frame with the grain of one moment: grey noise of a standard deviation of so many of 255.

    The noise is cut at a random place, which only seed and millisecond decide, out of one larger field.
    """
    height, width = image.shape[:2]
    field = _field(width, height, seed, deviation)
    down, across = divmod(crc32(f"{seed}/{round(time_s * 1000)}".encode()) % ROLL_PX**2, ROLL_PX)
    grain = field[down : down + height, across : across + width]
    grained: Pixels = np.clip(image + grain, 0, 255).astype(np.uint8)
    return grained


@lru_cache(maxsize=2)
def _field(width: int, height: int, seed: int, deviation: float) -> NDArray[np.int16]:
    rng = np.random.default_rng([seed, 3])
    field = rng.standard_normal((height + ROLL_PX, width + ROLL_PX, 1), dtype=np.float32)
    rounded: NDArray[np.int16] = np.rint(field * deviation).astype(np.int16)
    return rounded

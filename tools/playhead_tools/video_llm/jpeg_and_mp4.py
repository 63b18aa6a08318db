"""Frames as servers take them: JPEG pictures and short MP4 videos, in base64."""

import base64
import io
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

QUALITY = 90
"""JPEG quality; above it files grow faster than pictures get better."""


def resize_to_fit(
    frame: NDArray[np.uint8], long_side_px: int | None, *, even: bool = False
) -> NDArray[np.uint8]:
    """The picture with its longer side at most so long; never enlarged, its shape kept.

    Args:
        frame: (H, W, 3) uint8.
        long_side_px: None leaves the size as it is.
        even: both sides are made even, as most video codecs need.

    Returns:
        (H', W', 3) uint8.
    """
    from PIL import Image

    width, height = fitted_size(frame.shape[1], frame.shape[0], long_side_px)
    if even:
        width, height = max(2, width // 2 * 2), max(2, height // 2 * 2)
    if (height, width) == frame.shape[:2]:
        return frame
    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))


def fitted_size(width_px: int, height_px: int, long_side_px: int | None) -> tuple[int, int]:
    """Width and height after `resize_to_fit`.

    >>> fitted_size(1920, 1080, 768)
    (768, 432)
    """
    scale = min(1.0, (long_side_px or max(width_px, height_px)) / max(width_px, height_px))
    return max(1, round(width_px * scale)), max(1, round(height_px * scale))


def jpeg_bytes(frame: NDArray[np.uint8], long_side_px: int | None = None) -> bytes:
    """One picture, (H, W, 3) uint8, as JPEG."""
    from PIL import Image

    buffer = io.BytesIO()
    image = np.ascontiguousarray(resize_to_fit(frame, long_side_px))
    Image.fromarray(image).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def jpeg_base64(frame: NDArray[np.uint8], long_side_px: int | None = None) -> str:
    """One picture as JPEG in base64, without a prefix."""
    return base64.b64encode(jpeg_bytes(frame, long_side_px)).decode("ascii")


def mp4_base64(frames: Sequence[NDArray[np.uint8]], fps: float, long_side_px: int | None = None) -> str:
    """Pictures as an H.264 video in base64, each as long on the screen as the others, first one at 0 s.

    Args:
        frames: (H, W, 3) uint8 each, all of one size, at least one.
        fps: pictures a second, above 0.
        long_side_px: see `resize_to_fit`.
    """
    import av

    buffer = io.BytesIO()
    rate = Fraction(fps).limit_denominator(1000) or Fraction(1, 1000)
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "veryfast"})
        images = [resize_to_fit(frame, long_side_px, even=True) for frame in frames]
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return base64.b64encode(buffer.getvalue()).decode("ascii")

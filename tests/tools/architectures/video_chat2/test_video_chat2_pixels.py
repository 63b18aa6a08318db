"""Frames as the released demos prepare them."""

import numpy as np
import pytest
from PIL import Image

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.video_chat2.pixels import clip_pixels, tile_grid, tiles, views_of

NOISE = np.random.default_rng(0).integers(0, 256, (2, 36, 64, 3), dtype=np.uint8)


def test_the_shorter_side_is_resized_and_the_centre_cut_out() -> None:
    expected = np.asarray(Image.fromarray(NOISE[1]).resize((28, 16), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(clip_pixels(NOISE, 16)[1], expected[:, 6:22])


def test_the_centre_of_tall_frames_is_cut_out_too() -> None:
    tall = NOISE.transpose(0, 2, 1, 3)
    expected = np.asarray(Image.fromarray(tall[0]).resize((16, 28), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(clip_pixels(tall, 16)[0], expected[6:22])


def test_a_single_frame_is_squashed() -> None:
    expected = np.asarray(Image.fromarray(NOISE[0]).resize((16, 16), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(clip_pixels(NOISE[:1], 16)[0], expected)


@pytest.mark.parametrize(
    ("size", "grid"),
    [
        ((640, 360), (2, 1)), ((360, 640), (1, 2)), ((224, 224), (1, 1)), ((448, 448), (2, 2)),
        ((300, 300), (1, 1)), ((1500, 500), (3, 1)), ((600, 400), (3, 2)), ((2000, 200), (6, 1)),
    ],
)  # fmt: skip
def test_the_grid_has_the_nearest_aspect_and_not_more_tiles_than_the_frame_fills(
    size: tuple[int, int], grid: tuple[int, int]
) -> None:
    assert tile_grid(*size, 224, 6) == grid


def test_tiles_go_row_by_row_and_the_whole_frame_comes_last() -> None:
    frames = np.zeros((1, 8, 16, 3), dtype=np.uint8)
    frames[:, :, 8:] = 200
    views = tiles(frames, 8, 2, lambda pixels: pixels)
    assert tuple(views.shape) == (3, 1, 3, 8, 8)
    assert (float(views[0].max()), float(views[1].min())) == (0.0, 200.0)
    assert float(views[2, 0, 0, 4, 0]) < 50 < 150 < float(views[2, 0, 0, 4, 7])


def test_pixels_are_normalised_by_channel() -> None:
    frames = np.full((2, 16, 16, 3), 255, dtype=np.uint8)
    views = views_of(frames, 16, 0, (0.5, 0.0, 1.0), (0.5, 0.25, 1.0))
    assert tuple(views.shape) == (1, 2, 3, 16, 16)
    torch().testing.assert_close(views[0, 0, :, 0, 0], torch().tensor([1.0, 4.0, 0.0]))

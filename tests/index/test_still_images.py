"""An image file is read as a viewer shows it: upright, 8 bits a colour, transparency over white."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.decode.still_images import as_rgb, read_image
from playhead_index.errors import ImageUnreadable

GREY = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (16, 1))
RED = (200, 30, 10)
ORIENTATION = 0x0112
TURNS = {
    1: lambda rgb: rgb,
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.swapaxes(0, 1),
    6: lambda rgb: np.rot90(rgb, -1),
    7: lambda rgb: rgb.swapaxes(0, 1)[::-1, ::-1],
    8: lambda rgb: np.rot90(rgb),
}


def half_clear_red(mode: str) -> Image.Image:
    """Two pixels: red that covers, and red that is wholly transparent."""
    return Image.fromarray(np.array([[[*RED, 255], [*RED, 0]]], np.uint8)).convert(mode)


@pytest.mark.parametrize("orientation", TURNS, ids=lambda number: f"EXIF orientation {number}")
def test_the_orientation_that_a_camera_noted_is_applied(tmp_path: Path, orientation: int) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(stored).save(tmp_path / "photo.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "photo.png"), TURNS[orientation](stored))


@pytest.mark.parametrize(
    ("mode", "pixels"),
    [
        ("L", GREY),
        ("I;16", GREY.astype(np.uint16) * 257),
        ("I", GREY.astype(np.int32) * 257),
        ("F", GREY.astype(np.float32)),
        ("F", GREY.astype(np.float32) / 255),
    ],
    ids=["8 bits", "16 bits", "16 of 32 bits", "floats up to 255", "floats up to 1"],
)
def test_grey_of_any_depth_is_read_as_its_8_bits(tmp_path: Path, mode: str, pixels: Any) -> None:
    Image.fromarray(pixels).save(tmp_path / "grey.tiff")
    assert Image.open(tmp_path / "grey.tiff").mode == mode
    assert np.array_equal(read_image(tmp_path / "grey.tiff"), np.dstack([GREY] * 3))


@pytest.mark.parametrize(
    "pixels", [np.array([[-5, 0, 5]], np.int32), np.array([[9e5, 1e6, 1.1e6]], np.float32)]
)
def test_numbers_without_an_agreed_white_are_stretched(pixels: Any) -> None:
    assert as_rgb(Image.fromarray(pixels))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("mode", ["RGBA", "PA", "RGBa"])
def test_transparent_pixels_show_white(mode: str) -> None:
    assert as_rgb(half_clear_red(mode)).tolist() == [[[*RED], [255, 255, 255]]]


def test_transparent_grey_shows_white() -> None:
    assert as_rgb(half_clear_red("LA"))[0, :, 0].tolist() == [79, 255]


def test_a_transparent_colour_of_a_palette_shows_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([*RED, 0, 0, 0])
    image.save(tmp_path / "icon.gif", transparency=1)
    assert read_image(tmp_path / "icon.gif").tolist() == [[[*RED], [255, 255, 255]]]


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "1"])
def test_other_modes_are_converted(mode: str) -> None:
    shown = as_rgb(Image.new("RGB", (4, 4), (255, 255, 255)).convert(mode))
    assert shown.shape == (4, 4, 3)
    assert shown.min() >= 250


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n"], ids=len)
def test_what_is_no_image_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(
        ImageUnreadable, match=r"x\.png: cannot be read as a picture: it is no image of a known"
    ):
        read_image(tmp_path / "x.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_an_image_that_is_cut_off_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(ImageUnreadable, match=r"cut\.\w+: cannot be read as a picture: \w"):
        read_image(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageUnreadable, match="this is no regular file"):
        read_image(tmp_path / "pipe.png")


def test_a_photo_of_a_turned_camera_is_like_the_upright_video() -> None:
    photo = read_image(shared("cases/10_exif6.jpg"))
    frame = next(open_reader(shared("cases/10_grad.mp4")).frames_at([0.0]))
    assert photo.shape == frame.rgb.shape
    assert np.abs(photo.astype(int) - frame.rgb).mean() < 4


def test_a_16_bit_image_keeps_its_brightness() -> None:
    read = read_image(shared("cases/10_grey16.png"))
    assert (int(read.min()), int(read.max())) == (7453 // 257, 19532 // 257)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match="this is a folder; name an image file in it"):
        read_image(tmp_path)

"""Tests of what pictures look like from afar, and of when two of them are the same."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tests.made_videos import stills
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.segment import (
    CHANGED,
    CUT,
    SIGNATURE_TAG,
    change,
    is_same_image,
    signature,
    thumbnail,
)

Picture = NDArray[np.uint8]


def plain(*rgb: int) -> Picture:
    return np.full((90, 160, 3), rgb, dtype=np.uint8)


def scene(seed: int, contrast: float = 1.0) -> Picture:
    """A picture of a few large soft patches of colour, as footage has them."""
    few = np.random.default_rng(seed).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    whole = np.asarray(Image.fromarray(few).resize((320, 180), Image.Resampling.BICUBIC), dtype=np.float64)
    return np.asarray(128 + (whole - 128) * contrast, dtype=np.uint8)


def slide(extra: str = "", *, paper: int = 255, ink: int = 20, size_px: int = 9) -> Picture:
    """A slide of 320 x 180 with a title and three lines, and one more line if there is any."""
    image = Image.new("RGB", (320, 180), (paper,) * 3)
    draw = ImageDraw.Draw(image)
    draw.text((20, 10), "Results of the second year", fill=(ink,) * 3, font_size=20)
    for line in range(3):
        draw.text((24, 50 + 20 * line), "a point that was made", fill=(ink,) * 3, font_size=11)
    draw.text((24, 120), extra, fill=(ink,) * 3, font_size=size_px)
    return np.asarray(image, dtype=np.uint8)


@given(
    st.integers(1, 70), st.integers(1, 70), st.sampled_from([0, 1, 128, 255]), st.sampled_from([0, 1, 255])
)
def test_every_picture_has_a_direction(height_px: int, width_px: int, level: int, noise: int) -> None:
    rng = np.random.default_rng(0)
    rgb = np.clip(level + rng.integers(0, noise + 1, (height_px, width_px, 3)), 0, 255).astype(np.uint8)
    vector = signature(rgb)
    assert vector.shape == (SIGNATURE_TAG.width,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "min_change", "max_change"),
    [
        pytest.param(scene(0), scene(0)[::2, ::2], 0.0, 0.02, id="its own half size is the same"),
        pytest.param(scene(0), scene(0, 0.8), 0.0, 0.1, id="paler is nearly the same"),
        pytest.param(scene(0), scene(1), CUT, 1.0, id="another scene is a cut"),
        pytest.param(plain(0, 0, 0), plain(255, 255, 255), CUT, 1.0, id="black to white is a cut"),
        pytest.param(plain(0, 0, 0), plain(3, 3, 3), 0.0, CHANGED, id="noise on black is no change"),
        pytest.param(plain(200, 30, 30), plain(30, 30, 200), CUT, 1.0, id="red to blue is a cut"),
        pytest.param(
            slide(), slide("a small remark"), CHANGED, CUT, id="a line of text is a change and no cut"
        ),
    ],
)
def test_how_far_two_pictures_are_apart(a: Picture, b: Picture, min_change: float, max_change: float) -> None:
    assert min_change <= change(signature(a), signature(b)) <= max_change


@pytest.mark.parametrize("size_px", [8, 9, 12])
@pytest.mark.parametrize(("paper", "ink"), [(255, 20), (20, 220), (255, 150)])
def test_a_slide_with_one_more_line_is_not_the_same_picture(size_px: int, paper: int, ink: int) -> None:
    before = slide(paper=paper, ink=ink)
    after = slide("a small remark", paper=paper, ink=ink, size_px=size_px)
    assert is_same_image(before, before)
    assert not is_same_image(before, after)


def test_a_change_of_colour_alone_is_not_the_same_picture() -> None:
    assert not is_same_image(plain(100, 100, 100), plain(130, 85, 100))


@pytest.mark.parametrize("sigma", [0.0, 2.0, 5.0], ids=["drawn", "filmed", "filmed in the dark"])
def test_what_a_codec_makes_of_a_still_picture_is_the_same_picture(tmp_path: Path, sigma: float) -> None:
    rng = np.random.default_rng(0)
    noisy = [
        np.clip(slide() + rng.normal(0, sigma, (180, 320, 3)), 0, 255).astype(np.uint8) for _ in range(20)
    ]
    made = stills(tmp_path / "still.mp4", [(p, 0.2) for p in noisy], gop=10, options={"crf": "34"})
    frames = [frame.rgb for frame in open_reader(made.path).sample(5.0)]
    assert len(frames) == 20
    assert all(is_same_image(frames[0], frame) for frame in frames)


def test_an_empty_road_stays_the_same_picture_until_the_car_comes() -> None:
    reader = open_reader(shared("videos/free/sample-videos__car-detection.mp4"))
    road, still, car = reader.frames_at([0.0, 4.0, 7.0], short_side_px=180)
    assert is_same_image(road.rgb, still.rgb)
    assert not is_same_image(road.rgb, car.rgb)


def test_a_thumbnail_may_stand_for_its_picture() -> None:
    picture = scene(3)
    assert thumbnail(picture).shape == (32, 32, 3)
    np.testing.assert_array_equal(signature(picture), signature(thumbnail(picture)))


def test_a_picture_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(H, W, 3\) uint8, got \(4, 4, 3\) float32"):
        signature(np.zeros((4, 4, 3), np.float32))

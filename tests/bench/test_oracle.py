"""Tests of encoders that know the ground truth, through the product's own store and search."""

from pathlib import Path

import numpy as np
import pytest

from playhead_bench.oracle.attributes import ATTRIBUTES, image_attributes, text_attributes
from playhead_bench.oracle.encoder import OracleEncoder
from playhead_bench.oracle.experiment import needles, recall_against_noise
from playhead_bench.oracle.library import fill_library, oracle_searcher, write_oracle_library
from playhead_bench.world.story import Scene, SceneObject, Story
from playhead_index.errors import LibraryMismatch, ModelUnavailable
from playhead_index.search.results import Query
from playhead_index.window import Window


def scene(start_s: float, end_s: float, place: str, *things: tuple[str, str]) -> Scene:
    made = tuple(SceneObject(shape, colour, 0.2, (0.5, 0.5)) for colour, shape in things)  # type: ignore[arg-type]
    return Scene(place, place, Window(start_s, end_s), False, made)  # type: ignore[arg-type]


STORY = Story(
    "walk", 0,
    (
        scene(0, 40, "beach", ("red", "star"), ("blue", "car")),
        scene(40, 80, "hall", ("red", "car"), ("blue", "star")),
        scene(80, 120, "forest", ("green", "moon")),
    ),
)  # fmt: skip


def names(weights: np.ndarray) -> list[str]:
    return [ATTRIBUTES[i] for i in weights.nonzero()[0]]


def test_a_picture_shows_its_things_its_place_and_its_light() -> None:
    assert names(image_attributes(STORY.scenes[2], 90.0)) == ["green moon", "green", "moon", "forest", "day"]


def test_a_text_names_a_pair_its_parts_and_nothing_else() -> None:
    assert names(text_attributes("a photo of two green moons.")) == ["green moon", "green", "moon"]
    assert not text_attributes("a photo of something.").any()


def test_colour_and_kind_are_bound() -> None:
    red_star = text_attributes("red star")
    assert red_star @ image_attributes(STORY.scenes[0], 1.0) > 2 * (
        red_star @ image_attributes(STORY.scenes[1], 50.0)
    )


def test_rows_have_length_one_and_the_gap_parts_pictures_from_texts() -> None:
    oracle = OracleEncoder(noise=1.0, gap=0.8)
    pictures, texts = oracle.image_vectors(STORY, [1.0, 50.0]), oracle.encode_texts(["red star", "hello"])
    assert np.allclose(np.linalg.norm(np.vstack([pictures, texts]), axis=1), 1.0, atol=1e-6)
    assert float((pictures @ texts.T).max()) < 0.36 + 1e-6
    assert float((pictures @ texts[1]).max()) == 0.0


def test_noise_is_of_the_length_asked_for_and_the_same_every_time() -> None:
    times_s = np.arange(0.0, 100.0, 0.5).tolist()
    clean, noisy = (OracleEncoder(noise, gap=0.0).image_vectors(STORY, times_s) for noise in (0.0, 1.0))
    assert float((clean * noisy).sum(axis=1).mean()) == pytest.approx(1 / 2**0.5, abs=0.02)
    assert np.array_equal(noisy, OracleEncoder(1.0, gap=0.0).image_vectors(STORY, times_s))


def test_pixels_are_not_encoded() -> None:
    with pytest.raises(ModelUnavailable, match="told what pictures show"):
        OracleEncoder().encode_images([np.zeros((4, 4, 3), np.uint8)])


@pytest.mark.parametrize(("noise", "gap"), [(-1.0, 0.5), (0.0, 1.0)])
def test_noise_and_gap_have_limits(noise: float, gap: float) -> None:
    with pytest.raises(ValueError, match="noise must be 0 or more"):
        OracleEncoder(noise, gap)


def test_the_products_search_finds_the_window_of_a_thing(tmp_path: Path) -> None:
    oracle = OracleEncoder()
    catalog = write_oracle_library(tmp_path, [STORY], oracle)
    moments = oracle_searcher(catalog, oracle).search(Query(text="red star")).moments
    assert moments[0].window == Window(0.0, 40.0)
    assert moments[0].lanes == ("picture",)


def test_filling_again_changes_nothing_and_another_oracle_is_refused(tmp_path: Path) -> None:
    catalog = write_oracle_library(tmp_path, [STORY], OracleEncoder())
    before = {path.name: path.stat().st_size for path in tmp_path.rglob("*") if "picture" in str(path)}
    fill_library(catalog, {"walk": STORY}, OracleEncoder())
    assert {
        path.name: path.stat().st_size for path in tmp_path.rglob("*") if "picture" in str(path)
    } == before
    with pytest.raises(LibraryMismatch, match="oracle:attributes"):
        fill_library(catalog, {"walk": STORY}, OracleEncoder(noise=1.0))


def test_needles_are_the_things_seen_just_once() -> None:
    twice = Story("again", 0, (scene(0, 10, "hall", ("green", "moon")),))
    assert [one.label for one in needles([STORY, twice])] == ["blue car", "blue star", "red car", "red star"]


def test_more_noise_finds_less(tmp_path: Path) -> None:
    few, many = recall_against_noise(tmp_path, [STORY], [0.0, 30.0])
    assert few.recall_at[1] == 1.0
    assert many.recall_at[1] < 0.7
    assert few.cosine == pytest.approx(1.0)
    assert many.cosine < 0.2

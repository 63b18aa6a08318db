"""Tests of the encoders with known truth that search is tested with."""

import numpy as np
import pytest
from numpy.typing import NDArray

from playhead_index.testing import COLOURS, FakeEmbedder, FakeReranker, FakeTextEmbedder


def plain(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).integers(-15, 16, (48, 64, 3))
    return np.asarray(np.clip(noise + np.asarray(colour), 0, 255), dtype=np.uint8)


@pytest.mark.parametrize("name", COLOURS)
def test_of_all_plain_pictures_a_colour_word_finds_its_own(name: str) -> None:
    fake = FakeEmbedder()
    pictures = fake.encode_images([plain(colour) for colour in COLOURS.values()])
    scores = pictures @ fake.encode_texts([f"a {name} car drives past"])[0]
    assert list(COLOURS)[int(scores.argmax())] == name


def test_a_half_red_picture_is_less_red_than_a_red_one_and_more_than_a_blue_one() -> None:
    fake = FakeEmbedder()
    red, blue = plain(COLOURS["red"]), plain(COLOURS["blue"])
    half = np.concatenate([red, blue], axis=1)
    scores = fake.encode_images([red, half, blue]) @ fake.encode_texts(["red"])[0]
    np.testing.assert_allclose(scores, [1.0, 0.707, 0.0], atol=0.01)


def test_words_that_are_no_colours_are_near_no_picture() -> None:
    fake = FakeEmbedder()
    scores = fake.encode_images([plain(c) for c in COLOURS.values()]) @ fake.encode_texts(["a dog", ""]).T
    np.testing.assert_allclose(scores, 0.0, atol=1e-6)


def test_texts_are_alike_that_share_words() -> None:
    vectors = FakeTextEmbedder().encode_texts(["the dog eats the cake", "a cake", "somebody drives"])
    assert float(vectors[0] @ vectors[1]) > 0.4 > 0.2 > abs(float(vectors[0] @ vectors[2]))


@pytest.mark.parametrize("fake", [FakeEmbedder(), FakeTextEmbedder()], ids=["pictures", "words"])
def test_text_vectors_have_length_1_and_nothing_gives_no_rows(fake: FakeEmbedder | FakeTextEmbedder) -> None:
    np.testing.assert_allclose(
        np.linalg.norm(fake.encode_texts(["", "a", "red dog"]), axis=1), 1.0, atol=1e-6
    )
    assert fake.encode_texts([]).shape == (0, fake.tag.width)


def test_the_fake_reranker_scores_the_share_of_the_query_words() -> None:
    scores = FakeReranker().scores("a red car", ["the red car", "a red dog", "cake"])
    np.testing.assert_allclose(scores, [1.0, 0.5, 0.0])

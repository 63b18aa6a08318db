"""Tests of the open_clip encoder against open_clip itself, on tiny random models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny_models import make_tiny_open_clip, save_open_clip

from playhead_index.embed.openclip import OpenClipEncoder, load_open_clip
from playhead_index.embed.preprocess import Preprocessing
from playhead_index.embed.runtime import open_clip, torch
from playhead_index.errors import ModelError, ModelUnavailable

TEXTS = ["a red car", "the dog eats a cake on the street while someone drives past", ""]


def picture(height_px: int, width_px: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_open_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OpenClipEncoder:
    return load_open_clip(f"local-dir:{folder}", device="cpu", batch_size=2)


@pytest.fixture(scope="module")
def stock(folder: Path) -> Any:
    return open_clip().create_model_from_pretrained(f"local-dir:{folder}")


def test_pictures_come_out_as_open_clip_itself_gives_them(encoder: OpenClipEncoder, stock: Any) -> None:
    from PIL import Image

    model, transform = stock
    images = [picture(40, 60), picture(32, 56, 1), picture(90, 45, 2)]
    with torch().inference_mode():
        batch = torch().stack([transform(Image.fromarray(image)) for image in images])
        expected = model.encode_image(batch, normalize=True).numpy()
    np.testing.assert_allclose(encoder.encode_images(images), expected, atol=1e-5)


def test_texts_come_out_as_open_clip_itself_gives_them(
    encoder: OpenClipEncoder, stock: Any, folder: Path
) -> None:
    tokens = open_clip().get_tokenizer(f"local-dir:{folder}")(TEXTS)
    with torch().inference_mode():
        expected = stock[0].encode_text(tokens, normalize=True).numpy()
    assert encoder.trims_text
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("height_px", "width_px"),
    [
        pytest.param(224, 398, id="already at the right size"),
        pytest.param(398, 224, id="upright, already at the right size"),
        pytest.param(720, 1280, id="larger"),
        pytest.param(90, 121, id="smaller, odd"),
        pytest.param(225, 225, id="one pixel more"),
    ],
)
@pytest.mark.parametrize("mode", ["shortest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_preprocessing_equals_that_of_open_clip(
    height_px: int, width_px: int, mode: Any, interpolation: Any
) -> None:
    from PIL import Image

    mean, std = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
    image = picture(height_px, width_px)
    theirs = open_clip().image_transform(
        224, is_train=False, mean=mean, std=std, resize_mode=mode, interpolation=interpolation
    )
    ours = Preprocessing(224, (224, 224), mean, std, interpolation, mode).tensor([image], "cpu")[0]
    np.testing.assert_allclose(ours.numpy(), theirs(Image.fromarray(image)).numpy(), atol=1e-6)


def test_vectors_are_float32_of_length_1_whatever_the_batches(encoder: OpenClipEncoder) -> None:
    vectors = encoder.encode_images([picture(32, 40, seed) for seed in range(5)])
    assert vectors.shape == (5, encoder.tag.width)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_nothing_in_gives_no_rows(encoder: OpenClipEncoder) -> None:
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, encoder.tag.width)


def test_the_revision_of_a_folder_is_that_of_its_weights(encoder: OpenClipEncoder, tmp_path: Path) -> None:
    other = load_open_clip(f"local-dir:{make_tiny_open_clip(tmp_path / 'm', seed=1)}", device="cpu")
    assert encoder.image_size_px == 32
    assert len(encoder.tag.revision) == 128
    assert other.tag.revision != encoder.tag.revision


def test_a_picture_of_the_wrong_shape_is_refused(encoder: OpenClipEncoder) -> None:
    with pytest.raises(ValueError, match=r"must be \(H, W, 3\) uint8, got \(4, 4\)"):
        encoder.encode_images([np.zeros((4, 4), np.uint8)])


@pytest.mark.parametrize(
    ("text_cfg", "trims"),
    [
        pytest.param({}, True, id="a causal tower of its own is trimmed"),
        pytest.param(
            {"pool_type": "eos", "eos_id": 49407}, True, id="so is one that looks for the end token"
        ),
        pytest.param({"no_causal_mask": True, "pool_type": "last"}, False, id="SigLIP's sees the padding"),
        pytest.param({"pool_type": "last"}, False, id="one that reads the last place reads padding"),
        pytest.param({"embed_cls": True}, False, id="CoCa's has a token after the text"),
    ],
)
def test_text_is_trimmed_only_where_that_changes_nothing(
    tmp_path: Path, text_cfg: dict[str, Any], trims: bool
) -> None:
    config = json.loads((make_tiny_open_clip(tmp_path) / "open_clip_config.json").read_text())["model_cfg"]
    config["text_cfg"] |= text_cfg
    model = open_clip().CustomTextCLIP(**config).half().float()
    save_open_clip(tmp_path, config | {"custom_text": True}, model)
    encoder = load_open_clip(f"local-dir:{tmp_path}", device="cpu")
    with torch().inference_mode():
        expected = model.eval().encode_text(open_clip().tokenize(TEXTS), normalize=True).numpy()
    assert encoder.trims_text is trims
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), expected, atol=1e-5)


def cut_weights(folder: Path) -> None:
    path = folder / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


def change_config(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        config = json.loads((folder / "open_clip_config.json").read_text())
        change(config)
        (folder / "open_clip_config.json").write_text(json.dumps(config))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(
            lambda folder: (folder / "open_clip_config.json").unlink(),
            r"open_clip_config.json is missing in .*; put it there", id="no config",
        ),
        pytest.param(
            lambda folder: (folder / "open_clip_model.safetensors").unlink(),
            r"open_clip_model.safetensors is missing", id="no weights",
        ),
        pytest.param(cut_weights, "loading failed: .*", id="weights cut short"),
        pytest.param(
            lambda folder: (folder / "open_clip_config.json").write_text("{"),
            "loading failed: Could not load valid config", id="a config that is no JSON",
        ),
        pytest.param(
            change_config(lambda config: config.pop("model_cfg")), "missing 'model_cfg'",
            id="a config without a model"
        ),
        pytest.param(
            change_config(lambda config: config["model_cfg"].pop("text_cfg")), "loading failed: 'text_cfg'",
            id="a config without a text tower",
        ),
        pytest.param(
            change_config(lambda config: config["model_cfg"]["vision_cfg"].update(width=48)),
            "loading failed: Error.* in loading state_dict for CLIP: size mismatch",
            id="weights of another shape",
        ),
        pytest.param(
            change_config(lambda config: config.update(preprocess_cfg={"resize_mode": "longest"})),
            "resize mode 'longest' with 'bicubic' is not supported", id="a resize mode nobody uses",
        ),
    ],
)  # fmt: skip
def test_a_broken_folder_is_said_to_be_so(
    tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(make_tiny_open_clip(tmp_path))
    with pytest.raises(ModelUnavailable, match=message):
        load_open_clip(f"local-dir:{tmp_path}", device="cpu")


def test_weights_that_give_no_direction_are_refused(tmp_path: Path) -> None:
    make_tiny_open_clip(tmp_path)
    config = json.loads((tmp_path / "open_clip_config.json").read_text())["model_cfg"]
    model = open_clip().CLIP(**config)
    model.visual.proj.data.fill_(float("nan"))
    save_open_clip(tmp_path, config, model)
    encoder = load_open_clip(f"local-dir:{tmp_path}", device="cpu")
    with pytest.raises(ModelError, match="gave a vector of no direction"):
        encoder.encode_images([picture(32, 32)])

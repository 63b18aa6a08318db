"""No encoder is loaded from files that lack a weight, hold another one, or hold one of another shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.changed_weights import Change, change_weights, longer, with_copy, without
from tests.tiny_models import make_tiny_dino, make_tiny_open_clip, make_tiny_text_model

from playhead_index.embed.check_weights import compare_weights
from playhead_index.embed.dino import load_dino
from playhead_index.embed.minilm import load_text_embedder
from playhead_index.embed.openclip import load_open_clip
from playhead_index.errors import ModelUnavailable

Door = tuple[Callable[[Path], Path], Callable[[str], Any], str]
OPEN_CLIP: Door = (
    make_tiny_open_clip,
    lambda f: load_open_clip(f"local-dir:{f}"),
    "open_clip_model.safetensors",
)
DINO: Door = (make_tiny_dino, load_dino, "model.safetensors")
WORDS: Door = (make_tiny_text_model, load_text_embedder, "model.safetensors")
LAYER = "encoder.layer.1.attention.output.LayerNorm"
BLOCK = "visual.transformer.resblocks.1.ln_1"
PROJECTION = "embeddings.patch_embeddings.projection.bias"
CASES: dict[str, tuple[Door, Change, str]] = {
    "words, one less": (WORDS, without(f"{LAYER}.bias"), f"lack 1 weight: {LAYER}.bias"),
    "words, one more": (
        WORDS, with_copy(f"{LAYER}.bias", "encoder.layer.2.bias"), "no place for 1 weight: encoder.layer.2",
    ),
    "words, another shape": (WORDS, longer(f"{LAYER}.bias"), rf"another shape 1 weight: {LAYER}.bias \[33\]"),
    "dino, one less": (DINO, without(PROJECTION), f"lack 1 weight: {PROJECTION}"),
    "dino, one more": (DINO, with_copy(PROJECTION, "encoder.extra"), "no place for 1 weight: encoder.extra"),
    "dino, another shape": (DINO, longer(PROJECTION), rf"another shape 1 weight: {PROJECTION} \[33\]"),
    "open_clip, one less": (OPEN_CLIP, without(f"{BLOCK}.bias"), f"lack 1 weight: {BLOCK}.bias"),
    "open_clip, one more": (
        OPEN_CLIP, with_copy(f"{BLOCK}.bias", "visual.extra"), "no place for 1 weight: visual.extra",
    ),
    "open_clip, another shape": (OPEN_CLIP, longer(f"{BLOCK}.bias"), f"size mismatch for {BLOCK}.bias"),
    "open_clip, other positions": (
        OPEN_CLIP, longer("positional_embedding"), r"another shape 1 weight: positional_embedding \[78, 8\]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_changed_weights_are_refused_by_name(tmp_path: Path, case: str) -> None:
    (make, load, file), change, why = CASES[case]
    change_weights(make(tmp_path / "model") / file, change)
    with pytest.raises(ModelUnavailable, match=why):
        load(str(tmp_path / "model"))


def test_many_missing_weights_are_counted_and_the_first_named(tmp_path: Path) -> None:
    names = [f"encoder.layer.1.{part}.dense.{kind}" for part in ("intermediate", "output", "attention.output")
             for kind in ("weight", "bias")]  # fmt: skip
    change_weights(make_tiny_text_model(tmp_path / "model") / "model.safetensors", without(*names))
    with pytest.raises(ModelUnavailable, match=r"lack 6 weights: encoder\.layer\.1\.\S+, .*, … and 2 more"):
        load_text_embedder(str(tmp_path / "model"))


HARMLESS: dict[str, Change] = {
    "no pooler": without("pooler.dense.bias", "pooler.dense.weight"),
    "positions as a buffer": with_copy("embeddings.LayerNorm.bias", "embeddings.position_ids"),
    "a head for masked words": with_copy("embeddings.LayerNorm.bias", "cls.predictions.bias"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_is_no_fault(tmp_path: Path, name: str) -> None:
    folder = make_tiny_text_model(tmp_path / "model")
    before = load_text_embedder(str(folder)).encode_texts(["the red car"])
    change_weights(folder / "model.safetensors", HARMLESS[name])
    assert load_text_embedder(str(folder)).encode_texts(["the red car"]).tolist() == before.tolist()


def test_nothing_is_logged_while_a_whole_model_loads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_tiny_open_clip(tmp_path / "model")
    load_open_clip(f"local-dir:{folder}")
    assert [record.message for record in caplog.records if "open_clip" in record.pathname] == []


def test_a_tokenizer_that_cannot_be_read_is_a_model_that_is_not_there(tmp_path: Path) -> None:
    folder = make_tiny_text_model(tmp_path / "model")
    (folder / "tokenizer.json").write_text('{"version": "1.0", "model": {"type": "none"}}')
    with pytest.raises(ModelUnavailable, match="loading failed"):
        load_text_embedder(str(folder))


def test_weights_are_compared_by_name_and_shape() -> None:
    with pytest.raises(ValueError, match=r"lack 1 weight: a; they hold in another shape 1 weight: b \[3\]"):
        compare_weights({"b": [3]}, {"a": [1], "b": [2]})

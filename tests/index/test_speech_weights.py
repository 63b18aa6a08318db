"""No speech model is loaded from a file that lacks a weight, holds another, or goes on behind its end."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from playhead_index.errors import ModelUnavailable
from playhead_index.words.whisper_files import (
    AROUND,
    LAYER,
    OWN_OUTPUT,
    _expected,
    check_whisper,
    read_shapes,
)
from playhead_index.words.whisper_transcriber import FasterWhisperTranscriber

Shapes = dict[str, tuple[int, ...]]
WIDTH, TOKENS = 384, 100
FFN = "decoder/layer_1/ffn/linear_0"
EMPTY = {
    "decoder/embeddings/weight": (TOKENS, WIDTH),
    "encoder/conv1/weight": (WIDTH, 80, 3),
    "encoder/position_encodings/encodings": (1500, WIDTH),
    "decoder/position_encodings/encodings": (448, WIDTH),
}


def whole() -> Shapes:
    """The weights of a Whisper of the smallest size with four layers on each side, and two settings."""
    return {**_expected(EMPTY, 4), "decoder/num_heads": (), "decoder/alignment_heads": (6, 2)}


def write(folder: Path, shapes: Shapes, behind: bytes = b"") -> Path:
    """A model folder with these weights in it, their bytes left out."""

    def text(words: str) -> bytes:
        return struct.pack("<H", len(words) + 1) + words.encode() + b"\0"

    parts = [struct.pack("<I", 6), text("WhisperSpec"), struct.pack("<II", 3, len(shapes))]
    for name, shape in shapes.items():
        parts += [text(name), struct.pack(f"<B{len(shape)}I", len(shape), *shape), struct.pack("<BI", 4, 0)]
    parts += [
        struct.pack("<I", 1),
        text("decoder/projection/weight"),
        text("decoder/embeddings/weight"),
        behind,
    ]
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"".join(parts))
    (folder / "config.json").write_text(json.dumps({"alignment_heads": [[1, 0], [3, 5]]}))
    (folder / "tokenizer.json").write_text("{}")
    return folder


def test_a_whole_file_is_no_fault(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", whole())
    check_whisper(folder)
    assert (len(LAYER["encoder"]), len(LAYER["decoder"]), len(AROUND)) == (12, 20, 11)
    assert read_shapes(folder / "model.bin") == whole()


def test_output_weights_of_its_own_must_have_the_shape_of_the_token_embeddings(tmp_path: Path) -> None:
    own = {**whole(), OWN_OUTPUT: (TOKENS, WIDTH)}
    check_whisper(write(tmp_path / "untied", own))
    with pytest.raises(ValueError, match=r"projection/weight \[100, 64\] instead of \[100, 384\]"):
        check_whisper(write(tmp_path / "narrow", {**own, OWN_OUTPUT: (TOKENS, 64)}))


def less(*beginnings: str) -> Callable[[Shapes], Shapes]:
    return lambda shapes: {name: shape for name, shape in shapes.items() if not name.startswith(beginnings)}


CHANGES: dict[str, tuple[Callable[[Shapes], Shapes], str]] = {
    "a bias less": (less(f"{FFN}/bias"), f"lack 1 weight: {FFN}/bias"),
    "a bias less everywhere": (
        lambda shapes: {n: s for n, s in shapes.items() if not n.endswith("ffn/linear_0/bias")}, "lack 8 w",
    ),
    "the last layer less": (less("decoder/layer_3/"), r"lack 20 weights: decoder/layer_3/.* and 16 more"),
    "the last layer of the encoder less": (less("encoder/layer_3/"), "lack 12 weights: encoder/layer_3/"),
    "a layer in the middle less": (less("encoder/layer_1/"), "lack 12 weights: encoder/layer_1/"),
    "another weight": (lambda s: {**s, "decoder/extra/weight": (2, 2)}, "no place for 1 weight: decoder/ex"),
    "another shape": (lambda s: {**s, f"{FFN}/weight": (WIDTH, 4 * WIDTH)}, r"instead of \[1536, 384\]"),
    "another kernel": (lambda s: {**s, "encoder/conv1/weight": (WIDTH, 80, 5)}, r"of \[384, 80, 3\]"),
    "nothing": (lambda s: {}, "lack 91 weights"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_changed_weights_are_refused_by_name(tmp_path: Path, name: str) -> None:
    change, why = CHANGES[name]
    with pytest.raises(ValueError, match=why):
        check_whisper(write(tmp_path / "model", change(whole())))


def test_weights_in_eight_bits_have_scales_beside_them(tmp_path: Path) -> None:
    scales = {f"{FFN}/weight_scale": (4 * WIDTH,)}
    check_whisper(write(tmp_path / "model", {**whole(), **scales}))


def test_what_stands_behind_the_end_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"model\.bin has \d+ bytes, expected \d+"):
        check_whisper(write(tmp_path / "model", whole(), behind=b"more"))


@pytest.mark.parametrize("left", [0, 3, 10, 100, 1000])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, left: int) -> None:
    folder = write(tmp_path / "model", whole())
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:left])
    with pytest.raises(ValueError, match=f"is cut off at {left} bytes"):
        check_whisper(folder)


def test_a_folder_without_a_tokenizer_is_refused_and_none_is_fetched(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper")
    folder = write(tmp_path / "model", whole())
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"does not load: tokenizer\.json is missing in"):
        FasterWhisperTranscriber(str(folder))

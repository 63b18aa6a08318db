"""Encoders of real sizes with random weights: right for speed, worth nothing for accuracy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playhead_index.embed.dino import DinoEncoder
from playhead_index.embed.openclip import OpenClipEncoder
from playhead_index.index_settings import Models


@dataclass(frozen=True, slots=True)
class EncoderShapes:
    """How large both encoders of frames are.

    Args:
        picture: arguments of open_clip's `CLIP`.
        appearance: fields of a `Dinov2Config`.
        appearance_px: the shorter side that DINOv2's frames are resized to, and the square cut out of them.
    """

    picture: Mapping[str, Any]
    appearance: Mapping[str, Any]
    appearance_px: tuple[int, int]


FULL = EncoderShapes(
    {
        "embed_dim": 512,
        "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12},
    },
    {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "patch_size": 14,
     "image_size": 518},
    (256, 224),
)  # fmt: skip
"""CLIP ViT-B/32 and DINOv2-S."""


def make_encoders(
    shapes: EncoderShapes, *, device: str, batch_size: int
) -> tuple[OpenClipEncoder, DinoEncoder]:
    """The product's encoders over models made on a device; they compute as loaded ones do.

    Args:
        shapes: how large.
        device: where the weights are made.
        batch_size: frames a pass.
    """
    from playhead_index.embed.preprocess import Preprocessing
    from playhead_index.embed.protocol import ModelTag
    from playhead_index.embed.runtime import open_clip, torch, transformers

    side_px = int(shapes.picture["vision_cfg"]["image_size"])
    with torch().device(device):
        clip = open_clip().CLIP(**shapes.picture).eval()
        dino = transformers().Dinov2Model(transformers().Dinov2Config(**shapes.appearance)).eval()
    picture = OpenClipEncoder(
        clip.to(device), open_clip().get_tokenizer("ViT-B-32"),
        Preprocessing(side_px, (side_px, side_px), (0.481, 0.458, 0.408), (0.269, 0.261, 0.276)),
        ModelTag("made-clip", "made", int(shapes.picture["embed_dim"])), device, batch_size,
    )  # fmt: skip
    resize_px, crop_px = shapes.appearance_px
    appearance = DinoEncoder(
        dino.to(device),
        Preprocessing(resize_px, (crop_px, crop_px), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ModelTag("made-dino", "made", int(dino.config.hidden_size)), device, batch_size,
    )  # fmt: skip
    return picture, appearance


@cache
def full_size(folder: Path) -> Models:
    """ViT-B-32 and DINOv2-S, saved with random weights and loaded as a person's own models are.

    Args:
        folder: where the checkpoints are written, about 690 MB, if they are not there.
    """
    from playhead_index.embed.dino import load_dino
    from playhead_index.embed.openclip import load_open_clip

    picture, appearance = folder / "vit-b-32", folder / "dinov2-small"
    if not (picture / "open_clip_model.safetensors").exists():
        _write_picture(picture)
    if not (appearance / "model.safetensors").exists():
        _write_appearance(appearance)
    return Models(
        load_open_clip(f"local-dir:{picture}"), load_dino(str(appearance)), off={"words": "not measured"}
    )


def _write_picture(folder: Path) -> None:
    import json

    from safetensors.torch import save_file

    from playhead_index.embed.runtime import open_clip

    library = open_clip()
    folder.mkdir(parents=True, exist_ok=True)
    model = library.create_model("ViT-B-32", pretrained=None)
    config = {"model_cfg": library.get_model_config("ViT-B-32"), "preprocess_cfg": {"size": 224}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")


def _write_appearance(folder: Path) -> None:
    from playhead_index.embed.runtime import transformers

    library = transformers()
    config = library.Dinov2Config(
        hidden_size=384, num_hidden_layers=12, num_attention_heads=6, patch_size=14, image_size=518
    )
    library.Dinov2Model(config).save_pretrained(folder)
    library.BitImageProcessor(
        size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224}
    ).save_pretrained(folder)

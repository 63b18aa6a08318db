"""Encoders of real sizes with random weights: right for speed, worth nothing for accuracy."""

from functools import cache
from pathlib import Path

from playhead_index.index_settings import Models


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

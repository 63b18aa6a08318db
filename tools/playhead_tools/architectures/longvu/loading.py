"""LongVU from its released files, with the towers that are not in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_index.embed.checkpoints import Checkpoint, find_checkpoint
from playhead_index.embed.digests import digest_of
from playhead_index.embed.runtime import transformers
from playhead_index.embed.transformer import LOCAL_ONLY, load_complete, read_json
from playhead_tools.architectures.architecture import ModelParts
from playhead_tools.architectures.longvu.config import longvu_config
from playhead_tools.architectures.longvu.modeling import LongVUModel
from playhead_tools.architectures.longvu.processing import LongVUProcessor
from playhead_tools.architectures.splice import load_released, stop_at
from playhead_tools.architectures.splice_processor import CHATML, LLAMA_3
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.model_families import FRAME_LABEL, Family

SIGLIP, DINOV2 = "google/siglip-so400m-patch14-384", "facebook/dinov2-giant"
"""The towers of all releases, whatever their `config.json` calls them."""
DINOV2_SIDE_PX = 378
"""The releases run DINOv2 on 27 x 27 patches of 14 pixels, as SigLIP on its own 384."""
FAMILY = Family("LongVU", opens=f"(?:{FRAME_LABEL})?", between=True, fits_context=True, image_as_clip=True)
RENAMES = {
    r"^model\.embed_tokens\.": "language_model.embed_tokens.",
    r"^model\.layers\.": "language_model.layers.",
    r"^model\.norm\.": "language_model.norm.",
    r"^model\.": "",
}
"""Beginnings of the released names, in this order, and what stands for them in `LongVUModel`."""
_TEMPLATES = {"qwen2": (CHATML, "<|im_end|>"), "llama": (LLAMA_3, "<|eot_id|>")}


@dataclass(frozen=True, slots=True, eq=False)
class Tower:
    """A vision tower from its own release.

    Args:
        checkpoint: where it is.
        model: of transformers.
        side_px: of its square pictures.
        mean: of its pixels in [0, 1], for each channel.
        std: likewise.
    """

    checkpoint: Checkpoint
    model: Any
    side_px: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def load_longvu(folder: Path, options: LoadOptions, arguments: Mapping[str, Any]) -> ModelParts:
    """LongVU with its towers, tokenizer and chat template.

    Raises:
        ModelUnavailable: a tower is neither beside the checkpoint nor in the local cache.
        ValueError: the release is of another kind, or weights are missing or left over.
    """
    siglip, dinov2 = _siglip(folder, arguments), _dinov2(folder, arguments)
    config = longvu_config(
        read_json(folder / "config.json"),
        siglip_hidden_size=siglip.model.config.hidden_size,
        dinov2_hidden_size=dinov2.model.config.hidden_size,
        reference_compat=options.reference_compat,
    )
    template, stop = _TEMPLATES[config.text_config.model_type]
    tokenizer = transformers().AutoTokenizer.from_pretrained(folder, config=config.text_config, **LOCAL_ONLY)
    processor = LongVUProcessor(
        tokenizer, template, config, (siglip.side_px, dinov2.side_px), (siglip.mean, dinov2.mean)
    )
    model = load_released(LongVUModel, config, folder, RENAMES, **arguments)
    model.attach_towers(siglip.model, dinov2.model, ((siglip.mean, siglip.std), (dinov2.mean, dinov2.std)))
    stop_at(model.generation_config, tokenizer, stop)
    revision = f"{siglip.checkpoint.revision[:8]}{dinov2.checkpoint.revision[:8]}"
    return ModelParts(model, processor, FAMILY, revision)


def find_tower(folder: Path, name: str) -> Checkpoint:
    """A tower in a folder of its name in or beside the checkpoint's, else in the local cache.

    Args:
        folder: of the checkpoint.
        name: of the tower on the hub.

    Raises:
        ModelUnavailable: it is in none of them.
    """
    short = name.split("/")[1]
    for place in (folder / short, folder.parent / short):
        if (place / "config.json").is_file():
            weights = sorted(place.glob("*.safetensors"))
            return Checkpoint(place, digest_of(weights))
    advice = f"hf download {name}, or put its files into {folder / short}"
    return find_checkpoint(name, ["config.json"], ["*.safetensors"], advice=advice)


def _siglip(folder: Path, arguments: Mapping[str, Any]) -> Tower:
    found = find_tower(folder, SIGLIP)
    model = load_complete(
        transformers().SiglipVisionModel, found.folder, may_hold=("text_model.", "logit_"),
        **_tower_arguments(arguments),
    )  # fmt: skip
    return _tower(found, model, int(model.config.image_size), (0.5,) * 3, (0.5,) * 3)


def _dinov2(folder: Path, arguments: Mapping[str, Any]) -> Tower:
    found = find_tower(folder, DINOV2)
    model = load_complete(transformers().Dinov2Model, found.folder, **_tower_arguments(arguments))
    patch = int(model.config.patch_size)
    side = min(DINOV2_SIDE_PX, int(model.config.image_size)) // patch * patch
    return _tower(found, model, side, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def _tower(
    found: Checkpoint, model: Any, side_px: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> Tower:
    """The tower with the statistics of its own image processor, where its folder has one."""
    settings = read_json(found.folder / "preprocessor_config.json")
    return Tower(
        found,
        model.eval(),
        side_px,
        tuple(settings.get("image_mean", mean)),
        tuple(settings.get("image_std", std)),
    )


def _tower_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of `from_pretrained`; towers are not quantised: few weights, on which every token depends."""
    return {name: value for name, value in arguments.items() if name != "quantization_config"}

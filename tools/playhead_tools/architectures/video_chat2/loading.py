"""VideoChat2 from the released files: a `.pth` or safetensors file, Mistral beside it, and BERT's vocabulary.

The released files hold tower, Q-Former, projector, and of the language model mostly only what training
changed: LoRA pairs (Hu et al., 2021, arXiv:2106.09685), which are added into the weights here. Names are
compared before anything is loaded, and a name too few or too many is an error; the released code ignores
both, and then answers with random numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_index.embed.check_weights import compare_weights
from playhead_index.embed.checkpoints import Checkpoint, cached_file, find_checkpoint
from playhead_index.embed.runtime import torch, transformers
from playhead_index.embed.transformer import read_json
from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.architecture import ModelParts
from playhead_tools.architectures.video_chat2.config import (
    HD_TILES,
    IMAGE_INSTRUCTION,
    IMAGENET_MEAN,
    IMAGENET_STD,
    VIDEO_INSTRUCTION,
    VideoChat2Config,
)
from playhead_tools.architectures.video_chat2.modeling import VideoChat2Model
from playhead_tools.architectures.video_chat2.processing import FAMILY, VideoChat2Processor
from playhead_tools.video_llm.load_options import LoadOptions

TEXT_MODEL = "mistralai/Mistral-7B-Instruct-v0.2"
BERT = "google-bert/bert-base-uncased"
CHECKPOINTS = ("videochat2*.safetensors", "model*.safetensors", "videochat2*.pth")
"""The first pattern that fits any file counts."""
QFORMER_SETTINGS = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "max_position_embeddings", "layer_norm_eps",
)  # fmt: skip
"""Of BERT's `config.json`."""
TEXT = "mistral_model."
IGNORED = ("qformer.bert.embeddings.position_ids",)
"""A buffer that counts from 0, written by older versions of transformers."""
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")
_LORA = re.compile(r"(?P<target>.+)\.lora_(?P<half>[AB])(?:\.\w+)?\.weight")
_RENAMED = (
    (r"^qformer\.", "qformer.bert."),
    (r"^(qformer\.bert\.embeddings)\.layernorm\.", r"\1.LayerNorm."),
    (r"^(qformer\.bert\.encoder\.layer\.\d+\.(?:cross)?attention)\.attention\.", r"\1.self."),
    (r"^language_model\.", f"{TEXT}model."),
    (r"^lm_head\.", f"{TEXT}lm_head."),
)
"""In this order, from our names to the released ones."""
Weights = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the parts of a model are on this machine.

    Args:
        checkpoint: files of the released weights, in the order in which they are read.
        settings: the `model` part of the released `config.json`; empty where there is none.
        text_model: the language model.
        bert: BERT's `config.json` and `vocab.txt`.
    """

    checkpoint: tuple[Path, ...]
    settings: Mapping[str, Any]
    text_model: Checkpoint
    bert: Checkpoint


def load_video_chat2(folder: Path, _: LoadOptions, arguments: Mapping[str, Any]) -> ModelParts:
    """The model and its processor from a folder in the released layout.

    Raises:
        ModelUnavailable: the language model or BERT's vocabulary is not on this machine, or the settings ask
            for what the released models do not have.
        ValueError: weights are missing, left over, or of another shape; it names them as the files do.
    """
    library, sources = transformers(), find_sources(folder)
    words = library.AutoTokenizer.from_pretrained(sources.text_model.folder, local_files_only=True)
    if words.pad_token_id is None:
        words.pad_token = words.eos_token
    bert = library.BertTokenizerFast.from_pretrained(sources.bert.folder, local_files_only=True)
    bert.add_special_tokens({"bos_token": "[DEC]"})
    config = read_config(folder, sources, len(bert))
    processor = VideoChat2Processor(words, bert, config)
    config.video_token_id, config.image_token_id = processor.video_token_id, processor.image_token_id
    state = _read_weights(config, sources, arguments["dtype"])
    model = VideoChat2Model.from_pretrained(None, config=config, state_dict=state, **arguments)
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.bos_token_id = words.bos_token_id
    return ModelParts(
        model, processor, FAMILY, f"{sources.text_model.revision[:8]}{sources.bert.revision[:8]}"
    )


def find_sources(folder: Path) -> Sources:
    """The parts of a model.

    The language model and BERT may stand in the folder under the names that they have on the hub, at the path
    that `mistral_model_path` of the released `config.json` gives, or in the local cache of the hub.

    Raises:
        ModelUnavailable: one of them is not on this machine, or the folder holds several checkpoints.
    """
    settings = _released_settings(folder)
    named = str(settings.get("mistral_model_path") or TEXT_MODEL)
    text_model = _find_part(folder, (named, TEXT_MODEL), ("*.safetensors",), f"hf download {TEXT_MODEL}")
    if text_model is None:
        raise ModelUnavailable(
            f"VideoChat2 in {folder}: its language model {TEXT_MODEL} is not on this machine; run:"
            f" hf download {TEXT_MODEL}, or put it into {folder / _leaf(TEXT_MODEL)}"
        )
    advice = f"hf download {BERT} config.json vocab.txt"
    bert = _find_part(folder, (BERT, _leaf(BERT)), ("vocab.txt",), advice)
    if bert is None:
        raise ModelUnavailable(
            f"VideoChat2 in {folder}: the vocabulary of its Q-Former, config.json and vocab.txt of {BERT},"
            f" is not on this machine; run: {advice}, or put both into {folder / _leaf(BERT)}"
        )
    return Sources(_checkpoint_files(folder), settings, text_model, bert)


def read_config(folder: Path, sources: Sources, num_instruction_tokens: int) -> VideoChat2Config:
    """The configuration of a model: the released settings where there are any, else those of the paper.

    `video_instruction` and `image_instruction`, which the released settings do not have, may stand there too.

    Args:
        folder: of the model.
        sources: its parts.
        num_instruction_tokens: in the vocabulary of the Q-Former.

    Raises:
        ModelUnavailable: the settings ask for what the released models do not have.
    """
    settings = sources.settings
    bert = read_json(sources.bert.folder / "config.json")
    qformer = {name: bert[name] for name in QFORMER_SETTINGS if name in bert}
    return VideoChat2Config(
        text_config=transformers().AutoConfig.from_pretrained(
            sources.text_model.folder, local_files_only=True
        ),
        vision_config=_vision_settings(settings.get("vision_encoder") or {}),
        qformer_config={**qformer, "vocab_size": num_instruction_tokens},
        num_query_tokens=int(settings.get("num_query_token", 32)),
        num_extra_query_tokens=int(settings.get("extra_num_query_token", 64)),
        max_instruction_tokens=min(
            int(settings.get("max_txt_len", 512)), int(qformer.get("max_position_embeddings", 512))
        ),
        lora_alpha=settings.get("lora_alpha", 32),
        video_instruction=settings.get("video_instruction", VIDEO_INSTRUCTION),
        image_instruction=settings.get("image_instruction", IMAGE_INSTRUCTION),
        **_pixel_settings(folder, sources),
    )


def _vision_settings(vision: Mapping[str, Any]) -> dict[str, int]:
    """Of the tower; `return_index` says which of the blocks is the last that is computed."""
    width = int(vision.get("encoder_embed_dim", 1024))
    last_block = int(vision.get("encoder_depth", 24)) + int(vision.get("return_index", -2))
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": last_block + 1,
        "num_attention_heads": int(vision.get("encoder_num_heads", 16)),
        "image_size": int(vision.get("img_size", 224)),
        "patch_size": int(vision.get("patch_size", 16)),
        "pretrained_frames": int(vision.get("ckpt_num_frame", 4)),
    }


def _pixel_settings(folder: Path, sources: Sources) -> dict[str, Any]:
    """Of the tiles, for an HD model by its settings or by the name of its file; the others have none."""
    tiling = sources.settings.get("dynamic_config")
    if tiling is None and not any("_hd_" in path.name for path in sources.checkpoint):
        return {}
    tiling = tiling or {}
    if tiling.get("padding") or not tiling.get("add_global", True):
        raise ModelUnavailable(
            f"VideoChat2 in {folder}: tiles with padding or without a global view are not known here, got"
            f" dynamic_config {dict(tiling)}"
        )
    return {
        "max_tiles": int(tiling.get("hd_num", HD_TILES)),
        "image_mean": IMAGENET_MEAN,
        "image_std": IMAGENET_STD,
    }


def released_name(name: str) -> str:
    """What the released files call a weight of ours, those of the language model without LoRA's wrappers.

    >>> released_name("qformer.encoder.layer.0.crossattention.attention.key.weight")
    'qformer.bert.encoder.layer.0.crossattention.self.key.weight'
    >>> released_name("language_model.layers.3.mlp.up_proj.weight")
    'mistral_model.model.layers.3.mlp.up_proj.weight'
    >>> released_name("vision_layernorm.weight")
    'vision_layernorm.weight'
    """
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def unwrapped_name(name: str) -> str:
    """A name in a checkpoint without what PEFT wraps around the modules of the language model.

    >>> unwrapped_name("mistral_model.base_model.model.model.layers.0.mlp.up_proj.base_layer.weight")
    'mistral_model.model.layers.0.mlp.up_proj.weight'
    """
    return name.replace(f"{TEXT}base_model.model.", TEXT).replace(".base_layer.", ".")


def merge_lora(weights: Weights, alpha: float, dtype: Any) -> Weights:
    """The weights with each pair of LoRA added into its layer: W + alpha / r * B A.

    The sum is computed in at least float32.

    Args:
        weights: by name; pairs `X.lora_A[.adapter].weight` (r, in) and `X.lora_B[.adapter].weight` (out, r).
        alpha: their scale.
        dtype: number type of the sums.

    Raises:
        ValueError: half of a pair is missing, or there is no layer for it.
    """
    halves: dict[str, dict[str, Any]] = {}
    merged: Weights = {}
    for name, tensor in weights.items():
        found = _LORA.fullmatch(name)
        if found is None:
            merged[name] = tensor
        else:
            halves.setdefault(found["target"], {})[found["half"]] = tensor
    for target, pair in halves.items():
        name = f"{target}.weight"
        if len(pair) != 2 or name not in merged:
            held = " and ".join(sorted(pair))
            raise ValueError(f"its files hold LoRA weights {held} of {target}, expected A, B and {name}")
        weight = merged[name]
        kind = torch().promote_types(weight.dtype, torch().float32)
        down, up = pair["A"].to(kind), pair["B"].to(kind)
        merged[name] = (weight.to(kind) + alpha / len(down) * (up @ down)).to(dtype)
    return merged


def _read_weights(config: VideoChat2Config, sources: Sources, dtype: Any) -> Weights:
    """By our names, LoRA merged, exactly those of the model.

    Raises:
        ValueError: weights are missing, left over, or of another shape.
    """
    weights: Weights = {}
    for path in sources.checkpoint:
        weights |= {unwrapped_name(name): tensor for name, tensor in _read_file(path).items()}
    for name in IGNORED:
        weights.pop(name, None)
    shapes = _shapes(config)
    expected = {released_name(name): shape for name, shape in shapes.items()}
    if any(name.startswith(TEXT) and name not in weights for name in expected):
        base = _read_text_model(sources.text_model.folder)
        weights = {f"{TEXT}{name}": tensor for name, tensor in base.items()} | weights
    merged = merge_lora(weights, float(config.lora_alpha), dtype)
    compare_weights({name: tuple(tensor.shape) for name, tensor in merged.items()}, expected)
    return {name: merged[released_name(name)] for name in shapes}


def _shapes(config: VideoChat2Config) -> dict[str, tuple[int, ...]]:
    """Of the model's weights, by our names."""
    with torch().device("meta"):
        model = VideoChat2Model(config)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _read_file(path: Path) -> Weights:
    """The tensors of a file; those of a `.pth` without running what else may stand in it."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    content = torch().load(path, map_location="cpu", weights_only=True)
    weights = content.get("model", content) if isinstance(content, Mapping) else None
    if not isinstance(weights, Mapping) or not all(torch().is_tensor(one) for one in weights.values()):
        raise ValueError(f"{path.name} does not hold weights by name, nor under 'model'")
    return dict(weights)


def _read_text_model(folder: Path) -> Weights:
    """Of the files with the names that transformers writes, where the folder holds others too."""
    weights: Weights = {}
    for path in sorted(folder.glob("model*.safetensors")) or sorted(folder.glob("*.safetensors")):
        weights |= _read_file(path)
    return weights


def _released_settings(folder: Path) -> Mapping[str, Any]:
    model = read_json(folder / "config.json").get("model", {})
    return model if isinstance(model, Mapping) else {}


def _checkpoint_files(folder: Path) -> tuple[Path, ...]:
    """The files of one checkpoint, that of tower and Q-Former alone before it where both are there."""
    found = next((files for pattern in CHECKPOINTS if (files := sorted(folder.glob(pattern)))), [])
    if len(found) > 1 and found[0].suffix == ".pth":
        raise ModelUnavailable(
            f"VideoChat2 in {folder}: expected one checkpoint, got {', '.join(path.name for path in found)};"
            " keep one of them there"
        )
    first = folder / "umt_l16_qformer.pth"
    return (first, *found) if first.is_file() else tuple(found)


def _find_part(folder: Path, names: Sequence[str], weights: Sequence[str], advice: str) -> Checkpoint | None:
    """A part in the model's folder, at a path, or in the cache of the hub; None where it is nowhere.

    Raises:
        ModelUnavailable: its folder is there, and a file in it is not.
    """
    for name in names:
        for place in (folder / _leaf(name), Path(name).expanduser()):
            if place.is_dir():
                return find_checkpoint(str(place), ["config.json"], weights, advice=advice)
    for name in names:
        if _HUB_NAME.fullmatch(name) and cached_file(name, "config.json") is not None:
            return find_checkpoint(name, ["config.json"], weights, advice=advice)
    return None


def _leaf(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]

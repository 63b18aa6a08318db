"""Slow-Fast checkpoints of random weights in the released layout, written without the product's classes."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tests.tools.video_llm.tiny_models import tokenizer

SPECIAL = ("<|im_start|>", "<|im_end|>")
HIDDEN, INNER, LAYERS, HEADS, KV_HEADS = 32, 48, 4, 4, 2
DEPTHS, WIDTHS = (1, 1, 2, 1), (8, 8, 12, 16)
IMAGE = 128
"""Pixels a side: 4 x 4 tokens of the tower, 2 x 2 slow tokens a frame."""
Shapes = dict[str, tuple[int, ...]]


def settings(vocabulary: int, **more: Any) -> dict[str, Any]:
    """A released `config.json`: all models in one list of fields."""
    return {
        "architectures": ["LlavaQwenSlowFastForCausalLM"], "model_type": "llava_qwen_slow_fast",
        "vocab_size": vocabulary, "hidden_size": HIDDEN, "intermediate_size": INNER,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "hidden_act": "silu", "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
        "rope_scaling": None, "use_sliding_window": False, "sliding_window": None, "max_window_layers": 28,
        "tie_word_embeddings": False, "attention_dropout": 0.0, "torch_dtype": "bfloat16",
        "bos_token_id": 0, "eos_token_id": 1, "transformers_version": "4.45.1", "use_cache": True,
        "cross_attn_every_n_layers": 2, "cross_attn_implementation": "text-only-vanilla-flashattn",
        "cross_attn_gating_type": "whole-dynamic-tanh-warmup", "cross_attn_min_layer_depth": None,
        "cross_attn_max_layer_depth": None, "initialize_cross_attn_kv_from_lm": True,
        "fast_token_spatial_stride": 1, "fast_token_temporal_stride": 4,
        "fast_token_temporal_sampling_stride": 1, "min_fast_frames": 2, "tile_image_input": False,
        "mm_hidden_size": WIDTHS[-1], "mm_patch_merge_type": "flat", "mm_projector_type": "mlp2x_gelu",
        "mm_use_im_patch_token": False, "mm_use_im_start_end": False, "mm_video_pooling_stride": 2,
        "mm_vision_select_layer": -2, "mm_vision_tower": f"convnext-{IMAGE}",
        "tokenizer_model_max_length": 4096, "tokenizer_padding_side": "right", "use_mm_proj": True, **more,
    }  # fmt: skip


def released_shapes(config: dict[str, Any]) -> Shapes:
    """The weights of a released checkpoint of these settings, as the specification lists them."""
    hidden, inner, words = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    keys = config["num_key_value_heads"] * hidden // config["num_attention_heads"]
    shapes: Shapes = {"model.embed_tokens.weight": (words, hidden)}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        shapes |= {f"{at}self_attn.{name}_proj.weight": (rows, hidden) for name, rows in
                   (("q", hidden), ("k", keys), ("v", keys), ("o", hidden))}  # fmt: skip
        shapes |= {f"{at}self_attn.{name}_proj.bias": (rows,) for name, rows in
                   (("q", hidden), ("k", keys), ("v", keys))}  # fmt: skip
        shapes |= {f"{at}mlp.{name}_proj.weight": (inner, hidden) for name in ("gate", "up")}
        shapes[f"{at}mlp.down_proj.weight"] = (hidden, inner)
        shapes |= {f"{at}{name}_layernorm.weight": (hidden,) for name in ("input", "post_attention")}
        if layer % config["cross_attn_every_n_layers"] == 0:
            shapes |= {
                f"{at}self_attn.cross_attn_kv_proj.weight": (2 * keys, hidden),
                f"{at}self_attn.cross_attn_kv_proj.bias": (2 * keys,),
                f"{at}self_attn.cross_attn_gate_proj.0.weight": (1, hidden),
                f"{at}self_attn.cross_attn_gate_proj.0.bias": (1,),
                f"{at}self_attn.cross_attn_warm_up_gate": (1,),
            }
    shapes |= {
        "model.norm.weight": (hidden,), "lm_head.weight": (words, hidden),
        "model.mm_projector.0.weight": (hidden, WIDTHS[-1]), "model.mm_projector.0.bias": (hidden,),
        "model.mm_projector.2.weight": (hidden, hidden), "model.mm_projector.2.bias": (hidden,),
    }  # fmt: skip
    return shapes | {f"model.vision_tower.vision_tower.{name}": shape for name, shape in tower().items()}


def tower() -> Shapes:
    """The weights of the tower, as timm names them but for the layer scale."""
    first = WIDTHS[0]
    shapes: Shapes = {
        "stem.0.weight": (first, 3, 4, 4), "stem.0.bias": (first,), "stem.1.weight": (first,),
        "stem.1.bias": (first,),
    }  # fmt: skip
    for stage, (depth, width) in enumerate(zip(DEPTHS, WIDTHS, strict=True)):
        if stage:
            before, at = WIDTHS[stage - 1], f"stages.{stage}.downsample."
            shapes |= {
                f"{at}0.weight": (before,), f"{at}0.bias": (before,),
                f"{at}1.weight": (width, before, 2, 2), f"{at}1.bias": (width,),
            }  # fmt: skip
        for block in range(depth):
            at = f"stages.{stage}.blocks.{block}."
            shapes |= {
                f"{at}conv_dw.weight": (width, 1, 7, 7), f"{at}conv_dw.bias": (width,),
                f"{at}norm.weight": (width,), f"{at}norm.bias": (width,),
                f"{at}mlp.fc1.weight": (4 * width, width), f"{at}mlp.fc1.bias": (4 * width,),
                f"{at}mlp.fc2.weight": (width, 4 * width), f"{at}mlp.fc2.bias": (width,),
                f"{at}weight": (width,),
            }  # fmt: skip
    return shapes


def random_weights(shapes: Shapes, seed: int = 0) -> dict[str, torch.Tensor]:
    """Numbers large enough that gates, norms and layer scales all show in the result."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes.items():
        numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
        is_scale = name.endswith(("norm.weight", "stem.1.weight", "downsample.0.weight")) or len(shape) == 0
        weights[name] = 1 + 0.2 * numbers if is_scale else 0.4 * numbers
    return weights


def write_slow_fast(
    folder: Path, shapes: Shapes | None = None, *, seed: int = 0, **more: Any
) -> dict[str, torch.Tensor]:
    """Writes a checkpoint in the released layout and returns its weights.

    Args:
        folder: made when missing.
        shapes: weights that it holds; None for those of its settings.
        seed: of the weights.
        more: settings that differ from those of `settings`.
    """
    words = tokenizer(SPECIAL)
    words.eos_token = "<|im_end|>"
    config = settings(len(words), eos_token_id=words.convert_tokens_to_ids("<|im_end|>"), **more)
    weights = random_weights(released_shapes(config) if shapes is None else shapes, seed)
    folder.mkdir(parents=True, exist_ok=True)
    words.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return weights

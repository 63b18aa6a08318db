"""Tiny checkpoints of mPLUG-Owl3 with random weights in the layout of the released ones."""

import json
from pathlib import Path
from typing import Any, Literal

from tests.tools.video_llm.tiny_models import tokenizer

from playhead_index.embed.runtime import torch

Generation = Literal["240728", "241101"]
GENERATIONS: tuple[Generation, ...] = ("240728", "241101")
TEXT = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_theta": 10_000.0,
    "hidden_act": "silu", "tie_word_embeddings": False, "use_sliding_window": False,
}  # fmt: skip
VISION = {
    "model_type": "siglip_vision_model", "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3,
    "num_attention_heads": 2, "patch_size": 4, "image_size": 18,
}  # fmt: skip
"""4 x 4 patches of frames of 18 pixels, of which the later generation shows 16."""
SPECIAL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
FRAME, VIDEO = ("<|image|>",), ("<|start_video_frame|>", "<|end_video_frame|>")


def shapes(generation: Generation, words: int, hyper_layers: tuple[int, ...] = (1, 3)) -> dict[str, Any]:
    """Names and shapes of the weights, from the specification."""
    h, inner, kv, d = 32, 48, 16, 24
    found: dict[str, tuple[int, ...]] = {
        "language_model.model.embed_tokens.weight": (words, h),
        "language_model.model.norm.weight": (h,),
        "language_model.lm_head.weight": (words, h),
        "vision_model.embeddings.patch_embedding.weight": (d, 3, 4, 4),
        "vision_model.embeddings.patch_embedding.bias": (d,),
        "vision_model.embeddings.position_embedding.weight": (16, d),
        "vision_model.post_layernorm.weight": (d,),
        "vision_model.post_layernorm.bias": (d,),
    }
    for i in range(4):
        layer = f"language_model.model.layers.{i}"
        found |= {
            f"{layer}.input_layernorm.weight": (h,), f"{layer}.post_attention_layernorm.weight": (h,),
            f"{layer}.self_attn.q_proj.weight": (h, h), f"{layer}.self_attn.q_proj.bias": (h,),
            f"{layer}.self_attn.k_proj.weight": (kv, h), f"{layer}.self_attn.k_proj.bias": (kv,),
            f"{layer}.self_attn.v_proj.weight": (kv, h), f"{layer}.self_attn.v_proj.bias": (kv,),
            f"{layer}.self_attn.o_proj.weight": (h, h), f"{layer}.mlp.gate_proj.weight": (inner, h),
            f"{layer}.mlp.up_proj.weight": (inner, h), f"{layer}.mlp.down_proj.weight": (h, inner),
        }  # fmt: skip
    for i in hyper_layers:
        attention = f"language_model.model.layers.{i - 1}.self_attn"
        found |= {f"{attention}.v_kv_proj.weight": (2 * kv, h), f"{attention}.v_kv_proj.bias": (2 * kv,)}
        if generation == "240728":
            found[f"{attention}.gate"] = (h,)
    for i in range(3):
        layer = f"vision_model.encoder.layers.{i}"
        for name in ("layer_norm1", "layer_norm2"):
            found |= {f"{layer}.{name}.weight": (d,), f"{layer}.{name}.bias": (d,)}
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            found |= {f"{layer}.self_attn.{name}.weight": (d, d), f"{layer}.self_attn.{name}.bias": (d,)}
        found |= {
            f"{layer}.mlp.fc1.weight": (40, d), f"{layer}.mlp.fc1.bias": (40,),
            f"{layer}.mlp.fc2.weight": (d, 40), f"{layer}.mlp.fc2.bias": (d,),
        }  # fmt: skip
    if generation == "240728":
        return found | {"vision2text_model.weight": (h, d), "vision2text_model.bias": (h,)}
    return found | {
        "vision2text_model.0.weight": (h, d), "vision2text_model.0.bias": (h,),
        "vision2text_model.2.weight": (h, h), "vision2text_model.2.bias": (h,),
    }  # fmt: skip


def random_weights(generation: Generation, words: int, hyper_layers: tuple[int, ...] = (1, 3)) -> Any:
    """float64 weights by their released names; norms around 1."""
    generator = torch().Generator().manual_seed(7)
    made = {}
    for name, shape in shapes(generation, words, hyper_layers).items():
        noise = torch().randn(shape, generator=generator, dtype=torch().float64)
        is_norm = "norm" in name and name.endswith("weight")
        made[name] = 1 + 0.1 * noise if is_norm else noise * (1.0 if "gate" in name else 0.25)
    return made


def write_owl3(
    folder: Path,
    generation: Generation,
    *,
    hyper_layers: tuple[int, ...] = (1, 3),
    knows_frame_token: bool = True,
    change: Any = None,
) -> Path:
    """A folder as it would come from a hub.

    Args:
        folder: made when missing.
        generation: of the model.
        hyper_layers: counted from 1.
        knows_frame_token: the tokenizer has `<|image|>`.
        change: changes the weights before they are written.
    """
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True, parents=True)
    special = SPECIAL + (FRAME if knows_frame_token else ())
    words = tokenizer([*special, *(VIDEO if generation == "241101" else ())])
    words.save_pretrained(folder)
    weights = random_weights(generation, len(words), hyper_layers)
    if change is not None:
        change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "model_type": "mplugowl3", "architectures": ["mPLUGOwl3Model"], "vocab_size": len(words), **TEXT,
        "hyper_layers": list(hyper_layers), "vision_config": VISION, "eos_token_id": None,
        "bos_token_id": None, "torch_dtype": "bfloat16",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return folder

"""LongVU of a few thousand random weights in the layout of its releases, written out by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.tools.video_llm.tiny_models import tokenizer

from playhead_index.embed.runtime import torch, transformers

WIDTH, HIDDEN, MLP, SIGLIP_WIDTH, DINOV2_WIDTH = 32, 32, 48, 16, 24
SPECIAL = {
    "qwen": ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    "llama": ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
}
TEXT_LAYER = """
input_layernorm.weight 32
self_attn.q_proj.weight 32 32
self_attn.k_proj.weight 16 32
self_attn.v_proj.weight 16 32
self_attn.o_proj.weight 32 32
post_attention_layernorm.weight 32
mlp.gate_proj.weight 48 32
mlp.up_proj.weight 48 32
mlp.down_proj.weight 32 48
"""
QWEN_BIASES = """
self_attn.q_proj.bias 32
self_attn.k_proj.bias 16
self_attn.v_proj.bias 16
"""
SAMPLER_LAYER = """
pos_embed_0 4 32
pos_embed_1 4 32
proj_context.weight 32 32
proj_in.weight 32 64
proj_out.linear_1.weight 32 32
proj_out.linear_2.weight 32 32
norm.weight 32
norm.bias 32
cross_attn.q_proj.0.weight 32
cross_attn.q_proj.0.bias 32
cross_attn.q_proj.1.weight 32 32
cross_attn.k_proj_0.0.weight 32
cross_attn.k_proj_0.0.bias 32
cross_attn.k_proj_0.1.weight 32 32
cross_attn.k_proj_1.0.weight 32
cross_attn.k_proj_1.0.bias 32
cross_attn.k_proj_1.1.weight 32 32
cross_attn.v_proj_0.0.weight 32
cross_attn.v_proj_0.0.bias 32
cross_attn.v_proj_0.1.weight 32 32
cross_attn.v_proj_1.0.weight 32
cross_attn.v_proj_1.0.bias 32
cross_attn.v_proj_1.1.weight 32 32
cross_attn.o_proj.weight 32 32
"""
CONNECTOR = """
model.mm_projector_aux_0.0.weight 32 16
model.mm_projector_aux_0.0.bias 32
model.mm_projector_aux_0.2.weight 32 32
model.mm_projector_aux_0.2.bias 32
model.mm_projector_aux_0.3.weight 32
model.mm_projector_aux_0.3.bias 32
model.mm_projector_aux_1.0.weight 32 24
model.mm_projector_aux_1.0.bias 32
model.mm_projector_aux_1.2.weight 32 32
model.mm_projector_aux_1.2.bias 32
model.mm_projector_aux_1.3.weight 32
model.mm_projector_aux_1.3.bias 32
model.vision_query 1 32
model.mm_projector.0.weight 32 32
model.mm_projector.0.bias 32
model.mm_projector.2.weight 32 32
model.mm_projector.2.bias 32
model.image_newline 32
model.norm.weight 32
"""


def _shapes(block: str, prefix: str = "") -> dict[str, tuple[int, ...]]:
    lines = [line.split() for line in block.strip().splitlines()]
    return {prefix + name: tuple(map(int, sizes)) for name, *sizes in lines}


def released_shapes(kind: str, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Every weight of a release with two text layers: its name and its shape."""
    shapes = {"model.embed_tokens.weight": (vocabulary, HIDDEN), **_shapes(CONNECTOR)}
    if kind == "qwen":
        shapes["lm_head.weight"] = (vocabulary, HIDDEN)
    for layer in range(2):
        shapes |= _shapes(TEXT_LAYER, f"model.layers.{layer}.")
        shapes |= _shapes(QWEN_BIASES, f"model.layers.{layer}.") if kind == "qwen" else {}
    for layer in range(3):
        shapes |= _shapes(SAMPLER_LAYER, f"model.vision_sampler_0.layers.{layer}.")
    return shapes


def released_config(kind: str, words: Any, context: int) -> dict[str, Any]:
    """The flat `config.json` of a release; Llama 3.2's small ones tie their word head."""
    stop = {"qwen": "<|im_end|>", "llama": "<|eot_id|>"}[kind]
    return {
        "model_type": f"cambrian_{kind}", "architectures": [f"Cambrian{kind.title()}ForCausalLM"],
        "vocab_size": len(words), "hidden_size": HIDDEN, "intermediate_size": MLP, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6, "rope_theta": 1e6, "rope_scaling": None, "torch_dtype": "bfloat16",
        "tie_word_embeddings": kind == "llama", "eos_token_id": words.convert_tokens_to_ids(stop),
        "mm_vision_tower_aux_list": ["siglip/CLIP-ViT-SO400M-14-384", "facebook/dinov2-giant-res378"],
        "mm_vision_tower_aux_token_len_list": [576, 576], "mm_projector_type": "sva",
        "vision_hidden_size": WIDTH, "num_query_group": 1, "query_num_list": [144], "image_token_len": 144,
        "connector_only": True, "connector_depth": 3, "highres": True, "lowres_token": 8,
        "frame_pos": False, "dino_threshold": 0.83, "drop_threshold": 0.8, "is_image_newline": True,
        "tokenizer_model_max_length": context, "mm_use_im_start_end": False,
        "tokenizer_padding_side": "right", "unfreeze_mm_vision_tower": False,
    }  # fmt: skip


def random_weights(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, Any]:
    """Weights of a size at which layers neither vanish nor saturate; norms near 1."""
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in shapes.items():
        values = generator.normal(size=shape) * (0.6 if len(shape) == 1 else 1.5 / np.sqrt(shape[-1]))
        is_norm = len(shape) == 1 and name.endswith("weight")
        weights[name] = torch().from_numpy(values * 0.2 + 1.0 if is_norm else values)
    return weights


def write_towers(folder: Path) -> None:
    """SigLIP with its text half and DINOv2, as their hubs have them; 13 x 13 patches each."""
    library = transformers()
    sizes = {"intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    siglip = library.SiglipModel(
        library.SiglipConfig(
            text_config={"hidden_size": SIGLIP_WIDTH, "vocab_size": 32, **sizes},
            vision_config={"hidden_size": SIGLIP_WIDTH, "image_size": 26, "patch_size": 2, **sizes},
        )
    )
    dinov2 = library.Dinov2Model(
        library.Dinov2Config(
            hidden_size=DINOV2_WIDTH, num_hidden_layers=2, num_attention_heads=2, image_size=26, patch_size=2,
            mlp_ratio=2, use_swiglu_ffn=True,
        )
    )  # fmt: skip
    for tower, name in ((siglip, "siglip-so400m-patch14-384"), (dinov2, "dinov2-giant")):
        with torch().no_grad():
            for weight in tower.parameters():
                weight.normal_(0.0, 0.3)
        tower.double().save_pretrained(folder / name)
    (folder / "siglip-so400m-patch14-384" / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})
    )
    (folder / "dinov2-giant" / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]})
    )


def write_longvu(folder: Path, kind: str = "qwen", *, context: int = 1400, seed: int = 0) -> Path:
    """A folder with a release: weights, configuration and tokenizer, both towers in folders in it."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    torch().manual_seed(seed)
    words = tokenizer(SPECIAL[kind])
    shapes = released_shapes(kind, len(words))
    save_file(random_weights(shapes, seed), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(released_config(kind, words, context)))
    words.save_pretrained(folder)
    write_towers(folder)
    return folder

"""An oracle from a released folder, read without the product's loader."""

from pathlib import Path

from safetensors.torch import load_file
from tests.tools.architectures.longvu.oracle import Oracle, Sizes
from tests.tools.architectures.longvu.tiny_longvu import HIDDEN, MLP

from playhead_index.embed.runtime import torch, transformers


def oracle_of(folder: Path, kind: str, context: int) -> Oracle:
    """The oracle with the folder's weights and towers in double precision."""
    library = transformers()
    weights = load_file(folder / "model.safetensors")
    double = {"dtype": torch().float64, "local_files_only": True}
    siglip = library.SiglipModel.from_pretrained(folder / "siglip-so400m-patch14-384", **double)
    dinov2 = library.Dinov2Model.from_pretrained(folder / "dinov2-giant", **double)
    config_class, text_class = {
        "qwen": (library.Qwen2Config, library.Qwen2ForCausalLM),
        "llama": (library.LlamaConfig, library.LlamaForCausalLM),
    }[kind]
    vocabulary = len(weights["model.embed_tokens.weight"])
    text = text_class(
        config_class(
            vocab_size=vocabulary, hidden_size=HIDDEN, intermediate_size=MLP, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32768, rms_norm_eps=1e-6,
            rope_theta=1e6,
        )
    ).double()  # fmt: skip
    head = weights.get("lm_head.weight", weights["model.embed_tokens.weight"])
    known = {name: tensor for name, tensor in weights.items() if name in text.state_dict()}
    text.load_state_dict({**known, "lm_head.weight": head})
    towers = (siglip.vision_model.eval(), dinov2.eval())
    return Oracle(weights, towers, text.eval(), Sizes(context))

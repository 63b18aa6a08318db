"""Stock language models and vision towers of given sizes with random weights, and what a look takes."""

import weakref
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.model_memory import Look, ModelSize, TextSize, TowerSize


def language_model(text: TextSize, device: str, dtype: Any) -> Any:
    """A stock decoder of these sizes: Qwen3 with norms of heads, Qwen2 with biases, else Llama."""
    library = transformers()
    kind = "qwen3" if text.has_qk_norm else "qwen2" if text.has_qkv_bias else "llama"
    config = library.AutoConfig.for_model(
        kind, hidden_size=text.hidden, num_hidden_layers=text.layers, intermediate_size=text.intermediate,
        num_attention_heads=text.heads, num_key_value_heads=text.kv_heads, head_dim=text.head_dim,
        vocab_size=text.vocab, tie_word_embeddings=text.is_tied, max_position_embeddings=32_768,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    with torch().device(device):
        return library.AutoModelForCausalLM.from_config(config, dtype=dtype).eval()


def vision_tower(tower: TowerSize, device: str, dtype: Any) -> Any:
    """A stock vision transformer of these sizes: DINOv2 with gated layers, else SigLIP."""
    library = transformers()
    sizes = {
        "hidden_size": tower.hidden, "num_hidden_layers": tower.layers, "num_attention_heads": tower.heads,
        "patch_size": tower.patch_px, "image_size": tower.image_px or 24 * tower.patch_px,
    }  # fmt: skip
    with torch().device(device):
        if tower.is_gated:
            ratio = round(tower.intermediate * 3 / (2 * tower.hidden))
            config = library.Dinov2Config(**sizes, use_swiglu_ffn=True, mlp_ratio=ratio)
            return library.Dinov2Model._from_config(config, dtype=dtype).eval()
        config = library.SiglipVisionConfig(
            **sizes, intermediate_size=tower.intermediate, vision_use_head=False
        )
        return library.SiglipVisionModel._from_config(config, dtype=dtype).eval()


def run_look(size: ModelSize, look: Look, text: Any, towers: list[Any], new_tokens: int) -> int:
    """Encodes the frames of a look and generates after a prompt of its length; the length of the reply."""
    device, dtype = text.device, text.dtype
    with torch().inference_mode():
        for tower in towers:
            px = tower.config.image_size
            tower(pixel_values=torch().zeros(look.shown(size), 3, px, px, device=device, dtype=dtype))
        prompt = torch().zeros(1, look.prompt_tokens(size), size.text.hidden, device=device, dtype=dtype)
        mask = torch().ones(prompt.shape[:2], dtype=torch().int64, device=device)
        new = text.generate(
            inputs_embeds=prompt, attention_mask=mask, max_new_tokens=new_tokens, min_new_tokens=new_tokens,
            do_sample=False,
        )  # fmt: skip
    return int(new.shape[1])


class PeakBytes(TorchDispatchMode):
    """Inside, counts the bytes of all tensors that are made and still held; `peak` is their most."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        tree_map_only(torch().Tensor, self._add, output)
        return output

    def _add(self, tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._known:
            self._known.add(storage._cdata)
            self.live += storage.nbytes()
            self.peak = max(self.peak, self.live)
            weakref.finalize(storage, self._remove, storage._cdata, storage.nbytes())
        return tensor

    def _remove(self, key: int, num_bytes: int) -> None:
        self._known.discard(key)
        self.live -= num_bytes


def from_meta(model: Any, device: str, *, four_bit: bool) -> Any:
    """A model of the meta device on another one, zeros in it; linear layers but the word head in NF4."""
    if four_bit:
        _quantise(model, device)
    filled: dict[int, Any] = {}
    for module in model.modules():
        for part in (module._parameters, module._buffers):
            for name, tensor in part.items():
                if tensor is not None and tensor.is_meta:
                    own = torch().zeros_like(tensor, device=device)
                    own = torch().nn.Parameter(own) if part is module._parameters else own
                    part[name] = filled.setdefault(id(tensor), own)
    return model.eval()


def _quantise(model: Any, device: str) -> None:
    import bitsandbytes

    for name, module in list(model.named_modules()):
        if not isinstance(module, torch().nn.Linear) or name.endswith("lm_head"):
            continue
        dtype, has_bias = module.weight.dtype, module.bias is not None
        layer = bitsandbytes.nn.Linear4bit(
            module.in_features, module.out_features, has_bias, compute_dtype=dtype, quant_type="nf4"
        )
        weight = torch().randn(module.weight.shape, dtype=dtype)
        layer.weight = bitsandbytes.nn.Params4bit(weight, requires_grad=False, quant_type="nf4")
        if has_bias:
            layer.bias = torch().nn.Parameter(torch().zeros(module.bias.shape, dtype=dtype))
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, layer.to(device))

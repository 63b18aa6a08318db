"""Configuration of mPLUG-Owl3, made from the released `config.json` and the names of the weights."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from playhead_index.embed.runtime import transformers
from playhead_tools.architectures.splice import SpliceConfig

_library = transformers()
MODEL_TYPE = "mplugowl3"
TEXT_FIELDS = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "hidden_act", "max_position_embeddings", "initializer_range", "rms_norm_eps",
    "use_cache", "rope_theta", "rope_parameters", "rope_scaling", "use_sliding_window", "sliding_window",
    "max_window_layers", "attention_dropout", "tie_word_embeddings", "bos_token_id", "eos_token_id",
    "pad_token_id",
)  # fmt: skip
"""Fields of the text model, which the released configuration has beside those of the whole."""
VISION_DEFAULTS: Mapping[str, Any] = {
    "hidden_size": 1152, "image_size": 384, "intermediate_size": 4304, "num_attention_heads": 16,
    "num_hidden_layers": 27, "patch_size": 14,
}  # fmt: skip
"""SigLIP so400m at 384 pixels, for a configuration without a vision tower."""
DEFAULT_HYPER_LAYERS = (1, 9, 17, 25)
GATE, TWO_LAYERS, HEAD = ".self_attn.gate", "vision2text_model.0.weight", "vision_model.head."


class Owl3Config(SpliceConfig):
    """Configuration of an `Owl3Model`.

    Args:
        vision_config: of the SigLIP tower.
        hyper_layers: the layers with cross-attention, counted from 1.
        has_gate: self-attention and cross-attention are mixed by a gate (240728); else they share a softmax.
        two_layer_projector: Linear, GELU, Linear between tower and text; else one Linear.
        placeholder_ids: tokens that the checkpoint's tokenizer makes of `<|image|>`, mostly one.
        reference_compat: compute as the released code does, its faults with padding and kept prefixes too.
    """

    model_type = MODEL_TYPE
    sub_configs: ClassVar[dict[str, Any]] = {
        "text_config": _library.AutoConfig,
        "vision_config": _library.SiglipVisionConfig,
    }

    vision_config: Any = None
    hyper_layers: Any = DEFAULT_HYPER_LAYERS
    has_gate: bool = False
    two_layer_projector: bool = True
    placeholder_ids: Any = ()
    reference_compat: bool = False

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.vision_config, _library.SiglipVisionConfig):
            self.vision_config = _library.SiglipVisionConfig(
                **{**VISION_DEFAULTS, **(self.vision_config or {})}
            )
        super().__post_init__(**kwargs)

    @property
    def frame_side_px(self) -> int:
        """Side of the square frames: as configured for 240728, whole patches for the later generation."""
        side, patch = int(self.vision_config.image_size), int(self.vision_config.patch_size)
        return side if self.has_gate else side // patch * patch

    @property
    def rows_per_frame(self) -> int:
        """Patches of a frame, 729 as released."""
        return int(self.vision_config.image_size // self.vision_config.patch_size) ** 2


def released_config(
    settings: Mapping[str, Any], names: Collection[str], *, reference_compat: bool = False
) -> Owl3Config:
    """The configuration of a released checkpoint.

    Args:
        settings: its `config.json`.
        names: of its weights; they say which generation it is.
        reference_compat: see `Owl3Config`.

    Raises:
        ValueError: a hyper layer is not a layer of the text model.
    """
    text = {field: settings[field] for field in TEXT_FIELDS if settings.get(field) is not None}
    vision = dict(settings.get("vision_config") or {})
    vision.pop("model_type", None)
    layers = tuple(settings.get("hyper_layers") or DEFAULT_HYPER_LAYERS)
    num_layers = int(text.get("num_hidden_layers", 0))
    if not all(1 <= layer <= num_layers for layer in layers):
        raise ValueError(f"hyper_layers must be from 1 to {num_layers}, got {list(layers)}")
    return Owl3Config(
        text_config={"model_type": "qwen2", **text},
        vision_config={**vision, "vision_use_head": any(name.startswith(HEAD) for name in names)},
        tie_word_embeddings=bool(text.get("tie_word_embeddings", False)),
        hyper_layers=layers,
        has_gate=any(name.endswith(GATE) for name in names),
        two_layer_projector=TWO_LAYERS in names,
        reference_compat=reference_compat,
    )

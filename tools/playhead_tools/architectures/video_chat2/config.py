"""Configuration of VideoChat2."""

from typing import Any, ClassVar

from transformers import AutoConfig, InstructBlipVideoQFormerConfig, MistralConfig, PreTrainedConfig

from playhead_tools.architectures.splice import SpliceConfig

VIDEO_INSTRUCTION = "Watch the video and answer the question. {question}"
IMAGE_INSTRUCTION = "Observe the image and answer the question. {question}"
HD_TILES = 6
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class UmtConfig(PreTrainedConfig):  # type: ignore[misc]
    """The vision tower; defaults are those of UMT-L/16 as VideoChat2 uses it.

    Args:
        hidden_size: width.
        intermediate_size: of the feed-forward layers.
        num_hidden_layers: blocks that are computed: 23, the last of the 24 is left out.
        num_attention_heads: of each block.
        image_size: side of a frame, in pixels.
        patch_size: side of a patch, in pixels.
        pretrained_frames: frames for which the table of positions is made.
    """

    model_type = "videochat2_umt"
    base_config_key = "vision_config"

    hidden_size: int = 1024
    intermediate_size: int = 4096
    num_hidden_layers: int = 23
    num_attention_heads: int = 16
    image_size: int = 224
    patch_size: int = 16
    pretrained_frames: int = 4


class VideoChat2Config(SpliceConfig):
    """A tower, a Q-Former and a language model; defaults are those of VideoChat2-Mistral, stage 3.

    Args:
        vision_config: of the tower.
        qformer_config: of the Q-Former.
        num_query_tokens: learned queries of the first training stage.
        num_extra_query_tokens: those added for the second; 96 in all.
        lora_alpha: scale of the LoRA weights in a checkpoint; their rank stands in their shapes.
        video_instruction: text that the Q-Former reads beside a clip; `{question}` is replaced.
        image_instruction: the same for a single frame.
        max_instruction_tokens: tokens of it that are read, the last ones.
        max_tiles: tiles into which a frame of the HD model is cut; 0 for models that see it whole.
        image_mean: of the pixels, RGB in [0, 1].
        image_std: likewise.
    """

    model_type = "videochat2"
    sub_configs: ClassVar[dict[str, Any]] = {
        "text_config": AutoConfig,
        "vision_config": UmtConfig,
        "qformer_config": InstructBlipVideoQFormerConfig,
    }

    vision_config: Any = None
    qformer_config: Any = None
    num_query_tokens: int = 32
    num_extra_query_tokens: int = 64
    lora_alpha: float | int = 32
    video_instruction: str = VIDEO_INSTRUCTION
    image_instruction: str = IMAGE_INSTRUCTION
    max_instruction_tokens: int = 512
    max_tiles: int = 0
    image_mean: list[float] | tuple[float, ...] = CLIP_MEAN
    image_std: list[float] | tuple[float, ...] = CLIP_STD

    def __post_init__(self, **kwargs: Any) -> None:
        if self.text_config is None:
            self.text_config = MistralConfig(sliding_window=None)
        self.vision_config = _config(self.vision_config, UmtConfig)
        self.qformer_config = _config(
            self.qformer_config or {"vocab_size": 30_523}, InstructBlipVideoQFormerConfig
        )
        self.qformer_config.encoder_hidden_size = self.vision_config.hidden_size
        super().__post_init__(**kwargs)


def _config(settings: Any, config_class: Any) -> Any:
    if isinstance(settings, PreTrainedConfig):
        return settings
    return config_class(**{name: value for name, value in (settings or {}).items() if name != "model_type"})

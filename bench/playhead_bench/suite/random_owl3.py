"""mPLUG-Owl3 of the real class with random weights."""

from dataclasses import asdict, dataclass
from typing import Any

from playhead_bench.suite.random_vlms import prompt_tokenizer, write_only_letters
from playhead_index.embed.runtime import pick_dtype, torch
from playhead_tools.video_llm.loaded_model import LoadedModel

SPECIAL = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|image|>", "<|start_video_frame|>",
    "<|end_video_frame|>",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owl3Shape:
    """How large a model is; the widths stand to each other as in the model of 7 billion weights.

    Args:
        hidden: width of the text model.
        inner: width between the layers of its feed-forward parts.
        layers: how many.
        heads: of queries.
        key_heads: of keys and values.
        hyper_layers: counted from 1; every eighth as released.
        words: in the vocabulary.
        vision: width, inner width, layers and heads of the tower.
        has_gate: generation 240728; else the joint softmax of the later ones.
    """

    hidden: int = 256
    inner: int = 1352
    layers: int = 8
    heads: int = 8
    key_heads: int = 1
    hyper_layers: tuple[int, ...] = (1,)
    words: int = 10_862
    vision: tuple[int, int, int, int] = (144, 384, 4, 4)
    has_gate: bool = False

    def record(self) -> dict[str, Any]:
        """What stands in a report."""
        return asdict(self)


FULL = Owl3Shape(
    3584, 18_944, 28, 28, key_heads=4, hyper_layers=(1, 9, 17, 25), words=151_851, vision=(1152, 4304, 27, 16)
)
"""The model of 7 billion weights, generation 241101."""


def make_owl3(shape: Owl3Shape, *, device: str = "cpu") -> LoadedModel:
    """A model in bfloat16 on a GPU or in float32 on the processor; 729 rows a frame of 378 pixels.

    The frames of generation 240728 have 384 pixels.

    Args:
        shape: how large.
        device: where the weights are made.
    """
    from playhead_tools.architectures.mplug_owl3.config import Owl3Config
    from playhead_tools.architectures.mplug_owl3.modeling import Owl3Model
    from playhead_tools.architectures.mplug_owl3.processing import FAMILY, Owl3Processor, placeholder_ids

    tokenizer = prompt_tokenizer(SPECIAL)
    width, inner, depth, heads = shape.vision
    config = Owl3Config(
        text_config={
            "model_type": "qwen2", "vocab_size": shape.words, "hidden_size": shape.hidden,
            "intermediate_size": shape.inner, "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads, "num_key_value_heads": shape.key_heads,
            "max_position_embeddings": 131_072, "rope_theta": 1e6, "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "bos_token_id": None,
        },
        vision_config={
            "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": depth,
            "num_attention_heads": heads, "image_size": 384, "patch_size": 14, "vision_use_head": False,
        },
        hyper_layers=shape.hyper_layers,
        has_gate=shape.has_gate,
        two_layer_projector=not shape.has_gate,
        placeholder_ids=placeholder_ids(tokenizer),
    )  # fmt: skip
    processor = Owl3Processor(
        tokenizer, side_px=config.frame_side_px, rows_per_frame=config.rows_per_frame,
        num_placeholders=len(config.placeholder_ids), marks_videos=not shape.has_gate,
    )  # fmt: skip
    config.video_token_id = processor.video_token_id
    torch().manual_seed(0)
    with torch().device(device):
        model = Owl3Model._from_config(config, dtype=pick_dtype(device)).eval()
    write_only_letters(model, tokenizer)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    tokenizer.padding_side = "left"
    return LoadedModel(model, processor, FAMILY, f"made-owl3-{shape.has_gate}", device)

"""LongVU of the real class with random weights, its two towers too."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from playhead_bench.suite.random_vlms import prompt_tokenizer, write_only_letters
from playhead_index.embed.runtime import pick_dtype, torch, transformers
from playhead_tools.video_llm.loaded_model import LoadedModel

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
STATISTICS = (((0.5,) * 3, (0.5,) * 3), ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
"""Mean and standard deviation of SigLIP's and DINOv2's pixels."""


@dataclass(frozen=True, slots=True)
class LongVUShape:
    """How large a model is.

    Args:
        hidden: width of the text model.
        inner: width between the layers of its feed-forward parts.
        layers: how many.
        heads: of queries, and of keys and values.
        words: in the vocabulary.
        aggregator: width of the layers between towers and text.
        context: tokens that the model was trained on.
        siglip: width, inner width, layers and heads of SigLIP.
        dinov2: width, layers and heads of DINOv2.
        side_px: of SigLIP's and DINOv2's square frames.
        patch_px: of both.
    """

    hidden: int
    inner: int
    layers: int
    heads: tuple[int, int]
    words: int
    aggregator: int
    context: int
    siglip: tuple[int, int, int, int]
    dinov2: tuple[int, int, int]
    side_px: tuple[int, int]
    patch_px: int

    def record(self) -> dict[str, Any]:
        """What stands in a report."""
        return asdict(self)


FULL = LongVUShape(
    3584, 18_944, 28, (28, 4), 152_064, 1024, 8192, (1152, 4304, 27, 16), (1536, 40, 24), (384, 378), 14
)
"""LongVU on Qwen2-7B with SigLIP so400m and DINOv2-giant, as released."""


def make_longvu(shape: LongVUShape, *, device: str) -> LoadedModel:
    """A model in bfloat16 on a GPU or in float32 on the processor, 144 and 64 cells a frame.

    Args:
        shape: how large.
        device: where the weights are made.
    """
    from playhead_tools.architectures.longvu.config import longvu_config
    from playhead_tools.architectures.longvu.loading import FAMILY
    from playhead_tools.architectures.longvu.modeling import LongVUModel
    from playhead_tools.architectures.longvu.processing import LongVUProcessor
    from playhead_tools.architectures.splice_processor import CHATML

    tokenizer, dtype = prompt_tokenizer(SPECIAL), pick_dtype(device)
    config = longvu_config(
        _settings(shape, tokenizer), siglip_hidden_size=shape.siglip[0], dinov2_hidden_size=shape.dinov2[0]
    )
    means = (STATISTICS[0][0], STATISTICS[1][0])
    processor = LongVUProcessor(tokenizer, CHATML, config, shape.side_px, means)
    torch().manual_seed(0)
    with torch().device(device):
        model = LongVUModel._from_config(config, dtype=dtype)
        model.attach_towers(*_towers(shape, dtype), STATISTICS)
    write_only_letters(model, tokenizer)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    tokenizer.padding_side = "left"
    return LoadedModel(model.eval(), processor, FAMILY, "made-longvu", device)


def _settings(shape: LongVUShape, tokenizer: Any) -> Mapping[str, Any]:
    """The released `config.json`, as far as it is read."""
    return {
        "model_type": "cambrian_qwen", "vocab_size": shape.words, "hidden_size": shape.hidden,
        "intermediate_size": shape.inner, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads[0], "num_key_value_heads": shape.heads[1],
        "max_position_embeddings": 32_768, "rope_theta": 1e6, "tie_word_embeddings": False,
        "eos_token_id": tokenizer.eos_token_id, "vision_hidden_size": shape.aggregator,
        "image_token_len": 144, "lowres_token": 8, "tokenizer_model_max_length": shape.context,
        "dino_threshold": 0.83, "drop_threshold": 0.8,
    }  # fmt: skip


def _towers(shape: LongVUShape, dtype: Any) -> tuple[Any, Any]:
    library = transformers()
    width, inner, layers, heads = shape.siglip
    siglip = library.SiglipVisionConfig(
        hidden_size=width, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads,
        image_size=shape.side_px[0], patch_size=shape.patch_px,
    )  # fmt: skip
    width, layers, heads = shape.dinov2
    dinov2 = library.Dinov2Config(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, mlp_ratio=4,
        use_swiglu_ffn=True, image_size=shape.side_px[1], patch_size=shape.patch_px,
    )  # fmt: skip
    towers = (library.SiglipVisionModel, siglip), (library.Dinov2Model, dinov2)
    made = [kind._from_config(config, dtype=dtype).eval() for kind, config in towers]
    return made[0], made[1]

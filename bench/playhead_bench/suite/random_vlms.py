"""Video-LLMs of the real classes with random weights: right for speed and for parity, never for accuracy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from playhead_bench.suite.timing import Size
from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_families import known_family
from playhead_tools.video_llm.number_words import provide_number_words
from playhead_tools.video_llm.prompt import RULES
from playhead_tools.video_llm.video_probe import family_without_row, probe_family

MAX_PIXELS = 1 << 30
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}"
    "{% if part.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_QWEN = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_SMOL = (
    "<image>",
    "<video>",
    "<fake_token_around_image>",
    "<global-img>",
    "<end_of_utterance>",
    "<|im_start|>",
)
_WORDS = (
    "Frames by number and time: 1 at 12.0 s, 2 at 12.5 s <clip number= from= to= frames= </clip> Question:"
)


@dataclass(frozen=True, slots=True)
class ModelShape:
    """How large a model is.

    Args:
        title: for people.
        kind: `model_type` of its class.
        hidden: width of the language model.
        inner: width between the layers of its feed-forward parts.
        layers: how many.
        heads: of attention; the last number those of keys and values.
        words: in the vocabulary.
        vision: width, inner width, layers and heads of the vision encoder.
        side_px: of the square frames that it is shown.
    """

    title: str
    kind: str
    hidden: int
    inner: int
    layers: int
    heads: tuple[int, int]
    words: int
    vision: tuple[int, int, int, int]
    side_px: int

    def record(self, loaded: LoadedModel) -> dict[str, Any]:
        """What stands in a report."""
        num_parameters = sum(weight.numel() for weight in loaded.model.parameters())
        return {
            "class": type(loaded.model).__name__, "title": self.title, "parameters": num_parameters,
            "hidden": self.hidden, "layers": self.layers, "vision_hidden": self.vision[0],
            "vision_layers": self.vision[2], "frame_px": self.side_px, "device": loaded.device,
            "dtype": str(loaded.model.dtype).removeprefix("torch."),
        }  # fmt: skip


SMALL = ModelShape(
    "Qwen2.5-VL, small", "qwen2_5_vl", 384, 1056, 6, (6, 2), 4096, (144, 384, 4, 4), 224
)  # fmt: skip
"""Encoder and language model stand to each other as in the model of 7 billion weights."""
HYBRID = ModelShape(
    "Qwen3.5, small", "qwen3_5", 384, 1056, 8, (6, 2), 4096, (144, 384, 4, 4), 224
)  # fmt: skip
"""Three layers of linear attention before each of full attention, as in the released models."""
FULL = (
    ModelShape("Qwen2.5-VL-7B", "qwen2_5_vl", 3584, 18_944, 28, (28, 4), 152_064, (1280, 3420, 32, 16), 448),
    ModelShape("SmolVLM2-2.2B", "smolvlm", 2048, 8192, 24, (32, 32), 49_280, (1152, 4304, 27, 16), 384),
)
TINY = (
    ModelShape("Qwen2.5-VL, tiny", "qwen2_5_vl", 64, 96, 2, (4, 2), 1024, (32, 48, 2, 2), 56),
    ModelShape("Qwen3-VL, tiny", "qwen3_vl", 64, 96, 2, (4, 2), 1024, (32, 48, 2, 2), 56),
)


def model_shapes(size: Size) -> tuple[ModelShape, ...]:
    """Those that a benchmark of speed runs: the full ones only where asked for and a GPU is there."""
    return FULL if size == "full" and torch().cuda.is_available() else (SMALL,)


def make(shape: ModelShape, *, dtype: str | None = None) -> LoadedModel:
    """A model on the GPU in bfloat16 where there is one, else in float32 on the processor.

    Of the words only letters can come out, so that every reply is as long as it may be.

    Args:
        shape: how large.
        dtype: torch's name of another type of numbers.
    """
    device = "cuda" if torch().cuda.is_available() else "cpu"
    number = dtype or ("bfloat16" if device == "cuda" else "float32")
    config, processor = _MAKERS[shape.kind](shape)
    torch().manual_seed(0)
    with torch().device(device):
        model = transformers().AutoModelForImageTextToText.from_config(config, dtype=getattr(torch(), number))
    write_only_letters(model, processor.tokenizer)
    model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
    processor.tokenizer.padding_side = "left"
    family = known_family(shape.kind)
    first = family or family_without_row(shape.kind, processor)
    loaded = LoadedModel(model.eval(), processor, first, f"made-{shape.title}-{number}", device)
    return loaded if family else replace(loaded, family=probe_family(loaded, shape.kind))


def write_only_letters(model: Any, tokenizer: Any) -> None:
    """Silences every word of a model but letters, so that every reply is as long as it may be."""
    letters = tokenizer.convert_tokens_to_ids(list("abcdefghijklmnopqrstuvwxyz"))
    silent = torch().ones(model.lm_head.weight.shape[0], dtype=torch().bool)
    silent[letters] = False
    with torch().no_grad():
        model.lm_head.weight[silent.to(model.lm_head.weight.device)] = 0.0


def prompt_tokenizer(special: tuple[str, ...], **more: Any) -> Any:
    """Bytes merged as the prompt's own words ask for, so that a token is about as long as elsewhere."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=["<pad>", "</s>", *special], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    bpe.train_from_iterator([RULES, _WORDS] * 4, trainer)
    return transformers().PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token="<pad>",
        eos_token="</s>",
        additional_special_tokens=list(special),
        **more,
    )


def _text(shape: ModelShape, tokenizer: Any, **more: Any) -> dict[str, Any]:
    return {
        "vocab_size": shape.words, "hidden_size": shape.hidden, "intermediate_size": shape.inner,
        "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads[0],
        "num_key_value_heads": shape.heads[1], "max_position_embeddings": 131_072,
        "pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None, **more,
    }  # fmt: skip


def _rope(shape: ModelShape, **more: Any) -> dict[str, Any]:
    half = shape.hidden // shape.heads[0] // 2
    section = [half - 2 * (half * 3 // 8), half * 3 // 8, half * 3 // 8]
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": section, **more}}


def _qwen(shape: ModelShape) -> tuple[Any, Any]:
    library, tokenizer = transformers(), prompt_tokenizer(_QWEN)
    is_qwen3 = shape.kind == "qwen3_vl"
    width, inner, depth, heads = shape.vision
    vision = {
        "hidden_size": width, "intermediate_size": inner, "depth": depth, "num_heads": heads,
        "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": shape.hidden,
    }  # fmt: skip
    last = [layer for layer in range(depth) if layer % 8 == 7] or [depth - 1]
    own = (
        {"num_position_embeddings": 2304, "deepstack_visual_indexes": last}
        if is_qwen3
        else {"window_size": 112, "fullatt_block_indexes": last, "tokens_per_second": 2}
    )
    text = (
        _text(
            shape, tokenizer, head_dim=shape.hidden // shape.heads[0], **_rope(shape, mrope_interleaved=True)
        )
        if is_qwen3
        else _text(shape, tokenizer, **_rope(shape))
    )
    ids = {
        f"{key}_token_id": tokenizer.convert_tokens_to_ids(f"<|{name}|>")
        for key, name in (
            ("image", "image_pad"),
            ("video", "video_pad"),
            ("vision_start", "vision_start"),
            ("vision_end", "vision_end"),
        )
    }
    kind = library.Qwen3VLConfig if is_qwen3 else library.Qwen2_5_VLConfig
    config = kind(text_config=text, vision_config={**vision, **own}, **ids)
    sizes = {
        "patch_size": 14, "merge_size": 2, "temporal_patch_size": 2,
        "size": {"shortest_edge": 28 * 28, "longest_edge": MAX_PIXELS},
    }  # fmt: skip
    image = library.Qwen2VLImageProcessor(**sizes)
    if is_qwen3:
        video = library.Qwen3VLVideoProcessor(do_sample_frames=False, **sizes)
        return config, library.Qwen3VLProcessor(image, tokenizer, video, chat_template=CHATML)
    video = library.Qwen2VLVideoProcessor(do_sample_frames=False, **sizes)
    return config, library.Qwen2_5_VLProcessor(image, tokenizer, video, chat_template=CHATML)


def _qwen3_5(shape: ModelShape) -> tuple[Any, Any]:
    qwen3_vl, processor = _qwen(replace(shape, kind="qwen3_vl"))
    head_dim = shape.hidden // shape.heads[0]
    text = {
        "head_dim": head_dim, **_rope(shape, mrope_interleaved=True, partial_rotary_factor=1.0),
        "layer_types": ["full_attention" if layer % 4 == 3 else "linear_attention"
                        for layer in range(shape.layers)],
        "linear_key_head_dim": head_dim, "linear_value_head_dim": head_dim,
        "linear_num_key_heads": shape.heads[0] // 2, "linear_num_value_heads": shape.heads[0],
        "linear_conv_kernel_dim": 4,
    }  # fmt: skip
    vision = qwen3_vl.vision_config.to_dict()
    names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    config = transformers().Qwen3_5Config(
        text_config=_text(shape, processor.tokenizer, **text),
        vision_config={name: vision[name] for name in _VISION_SIZES},
        **{name: getattr(qwen3_vl, name) for name in names},
    )
    return config, processor


_VISION_SIZES = (
    "hidden_size", "intermediate_size", "depth", "num_heads", "patch_size", "spatial_merge_size",
    "temporal_patch_size", "out_hidden_size", "num_position_embeddings",
)  # fmt: skip


def _smolvlm(shape: ModelShape) -> tuple[Any, Any]:
    library, tokenizer = transformers(), prompt_tokenizer(_SMOL)
    width, inner, depth, heads = shape.vision
    config = library.SmolVLMConfig(
        vision_config={
            "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": depth,
            "num_attention_heads": heads, "image_size": shape.side_px, "patch_size": 14,
        },
        text_config={"model_type": "llama", **_text(shape, tokenizer)},
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"), scale_factor=3,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    edge = {"longest_edge": shape.side_px}
    provide_number_words()
    processor = library.SmolVLMProcessor(
        image_processor=library.SmolVLMImageProcessor(size=edge, max_image_size=edge),
        tokenizer=tokenizer,
        video_processor=library.SmolVLMVideoProcessor(
            size=edge, max_image_size=edge, video_sampling={"max_frames": 4096, "fps": 1, "video_size": edge}
        ),
        image_seq_len=(shape.side_px // 14 // 3) ** 2,
    )
    return config, processor


_MAKERS: Mapping[str, Callable[[ModelShape], tuple[Any, Any]]] = {
    "qwen2_5_vl": _qwen,
    "qwen3_vl": _qwen,
    "qwen3_5": _qwen3_5,
    "smolvlm": _smolvlm,
}

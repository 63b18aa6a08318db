"""Checkpoints of the real classes with random weights, as a hub would have them, small enough for a test."""

from collections.abc import Callable, Sequence
from typing import Any

from playhead_index.embed.runtime import transformers
from playhead_tools.video_llm.number_words import provide_number_words

QWEN_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}"
    "{% if part.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML as Qwen's checkpoints have it."""
MEDIA_FIRST = (
    "{% for message in messages %}{{ message.role.upper() }}: "
    "{% for part in message.content if part.type == 'video' %}<video>\n{% endfor %}"
    "{% for part in message.content if part.type == 'text' %}{{ part.text }}{% endfor %} {% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
"""As LLaVA's checkpoints have it: all media before all texts."""
_QWEN = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_QWEN_VISION = {
    "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 4,
    "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": 32,
}  # fmt: skip
_VISION = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}


def tokenizer(special: Sequence[str], **more: Any) -> Any:
    """Bytes, the words Yes and No, and special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    names = ["<pad>", "</s>", *special]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=names, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(["Yes", "No", "Frame", "frames"] * 20, trainer)
    return transformers().PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", eos_token="</s>",
        additional_special_tokens=list(special), **more,
    )  # fmt: skip


def text_config(words: Any, **more: Any) -> dict[str, Any]:
    """A language model of two layers."""
    return {
        "vocab_size": len(words), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 8192,
        "pad_token_id": words.pad_token_id, "eos_token_id": words.eos_token_id, "bos_token_id": None, **more,
    }  # fmt: skip


def _qwen_ids(words: Any) -> dict[str, int]:
    names = {
        "image": "image_pad",
        "video": "video_pad",
        "vision_start": "vision_start",
        "vision_end": "vision_end",
    }
    return {f"{key}_token_id": words.convert_tokens_to_ids(f"<|{name}|>") for key, name in names.items()}


def _rope(**more: Any) -> dict[str, Any]:
    return {
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [2, 1, 1],
            **more,
        }
    }


def qwen3_vl() -> tuple[Any, Any]:
    """Qwen3-VL with one deepstack layer; 16 x 24 pixels are 2 x 3 tokens a pair of frames."""
    library, words = transformers(), tokenizer(_QWEN)
    sizes = {"patch_size": 4, "merge_size": 2, "temporal_patch_size": 2}
    config = library.Qwen3VLConfig(
        text_config=text_config(words, head_dim=8, **_rope(mrope_interleaved=True)),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
        **_qwen_ids(words),
    )  # fmt: skip
    image = library.Qwen2VLImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **sizes)
    video = library.Qwen3VLVideoProcessor(
        size={"shortest_edge": 64, "longest_edge": 65_536}, do_sample_frames=False, **sizes
    )
    processor = library.Qwen3VLProcessor(image, words, video, chat_template=QWEN_TEMPLATE)
    return library.Qwen3VLForConditionalGeneration(config), processor


def qwen2_5_vl() -> tuple[Any, Any]:
    """Qwen2.5-VL with windowed vision attention."""
    library, words = transformers(), tokenizer(_QWEN)
    sizes = {"patch_size": 4, "merge_size": 2, "temporal_patch_size": 2}
    config = library.Qwen2_5_VLConfig(
        text_config=text_config(words, **_rope()),
        vision_config={
            **_QWEN_VISION, "window_size": 16, "fullatt_block_indexes": [1], "tokens_per_second": 4
        },
        **_qwen_ids(words),
    )  # fmt: skip
    image = library.Qwen2VLImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **sizes)
    video = library.Qwen2VLVideoProcessor(
        size={"shortest_edge": 64, "longest_edge": 4096}, do_sample_frames=False, **sizes
    )
    processor = library.Qwen2_5_VLProcessor(image, words, video, chat_template=QWEN_TEMPLATE)
    return library.Qwen2_5_VLForConditionalGeneration(config), processor


def video_llava(image_px: int = 28, context: int = 8192) -> tuple[Any, Any]:
    """Video-LLaVA: 2 x 2 patches and a class token a frame; the class token of images is dropped."""
    library = transformers()
    words = tokenizer(["<image>", "<video>"])
    vision = {**_VISION, "image_size": image_px, "patch_size": 14, "model_type": "clip_vision_model"}
    text = text_config(words, max_position_embeddings=context)
    config = library.VideoLlavaConfig(
        vision_config=vision,
        text_config={"model_type": "llama", **text},
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_seq_length=(image_px // 14) ** 2,
        video_seq_length=8 * ((image_px // 14) ** 2 + 1),
    )
    edge = {"size": {"shortest_edge": image_px}, "crop_size": {"height": image_px, "width": image_px}}
    processor = library.VideoLlavaProcessor(
        image_processor=library.VideoLlavaImageProcessor(**edge),
        video_processor=library.VideoLlavaVideoProcessor(**edge),
        tokenizer=words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    return library.VideoLlavaForConditionalGeneration(config), processor


def llava_onevision() -> tuple[Any, Any]:
    """LLaVA-OneVision: 4 x 4 patches pooled to 2 x 2 a frame, and a newline after the video."""
    library = transformers()
    words = tokenizer(["<image>", "<video>"])
    config = library.LlavaOnevisionConfig(
        vision_config={**_VISION, "image_size": 32, "patch_size": 8, "model_type": "siglip_vision_model"},
        text_config={"model_type": "qwen2", **text_config(words)},
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=[[32, 32]],
    )
    edge = {"size": {"height": 32, "width": 32}}
    processor = library.LlavaOnevisionProcessor(
        image_processor=library.LlavaOnevisionImageProcessor(**edge, image_grid_pinpoints=[[32, 32]]),
        video_processor=library.LlavaOnevisionVideoProcessor(**edge),
        tokenizer=words,
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=MEDIA_FIRST,
    )
    return library.LlavaOnevisionForConditionalGeneration(config), processor


def llava_next_video() -> tuple[Any, Any]:
    """LLaVA-NeXT-Video: 4 x 4 patches pooled to 2 x 2 a frame."""
    library = transformers()
    words = tokenizer(["<image>", "<video>"])
    config = library.LlavaNextVideoConfig(
        vision_config={**_VISION, "image_size": 32, "patch_size": 8, "model_type": "clip_vision_model"},
        text_config={"model_type": "llama", **text_config(words)},
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=[[32, 32]],
    )
    edge = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    processor = library.LlavaNextVideoProcessor(
        video_processor=library.LlavaNextVideoVideoProcessor(**edge),
        image_processor=library.LlavaNextImageProcessor(**edge, image_grid_pinpoints=[[32, 32]]),
        tokenizer=words,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=MEDIA_FIRST,
    )
    return library.LlavaNextVideoForConditionalGeneration(config), processor


def smolvlm() -> tuple[Any, Any]:
    """SmolVLM2: 4 x 4 patches shuffled to 2 x 2 a frame."""
    library = transformers()
    words = tokenizer(
        [
            "<image>",
            "<video>",
            "<fake_token_around_image>",
            "<global-img>",
            "<end_of_utterance>",
            "<|im_start|>",
        ]
    )
    config = library.SmolVLMConfig(
        vision_config={**_VISION, "image_size": 32, "patch_size": 8},
        text_config={"model_type": "llama", **text_config(words)},
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=words.pad_token_id,
    )
    edge = {"size": {"longest_edge": 32}, "max_image_size": {"longest_edge": 32}}
    sampling = {"max_frames": 64, "fps": 1, "video_size": {"longest_edge": 32}}
    provide_number_words()
    processor = library.SmolVLMProcessor(
        image_processor=library.SmolVLMImageProcessor(**edge),
        tokenizer=words,
        video_processor=library.SmolVLMVideoProcessor(**edge, video_sampling=sampling),
        image_seq_len=4,
    )
    return library.SmolVLMForConditionalGeneration(config), processor


def internvl() -> tuple[Any, Any]:
    """InternVL3: 4 x 4 patches shuffled to 2 x 2 a frame."""
    library = transformers()
    extra = {
        "start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }  # fmt: skip
    words = tokenizer(["<|im_start|>", "<|im_end|>", *extra.values()], extra_special_tokens=extra)
    config = library.InternVLConfig(
        vision_config={
            **_VISION,
            "image_size": [32, 32],
            "patch_size": [8, 8],
            "model_type": "internvl_vision",
        },
        text_config={"model_type": "qwen2", **text_config(words)},
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    edge = {"size": {"height": 32, "width": 32}}
    template = QWEN_TEMPLATE.replace("<|vision_start|><|video_pad|><|vision_end|>", "<video>\n")
    processor = library.InternVLProcessor(
        image_processor=library.GotOcr2ImageProcessor(**edge),
        tokenizer=words,
        video_processor=library.InternVLVideoProcessor(**edge),
        image_seq_length=4,
        chat_template=template.replace("<|vision_start|><|image_pad|><|vision_end|>", "<IMG_CONTEXT>\n"),
    )
    return library.InternVLForConditionalGeneration(config), processor


def perception_lm() -> tuple[Any, Any]:
    """PerceptionLM on a tower of timm: 4 x 4 patches pooled to 2 x 2 a frame."""
    library = transformers()
    extra = {"image_token": "<|image|>", "video_token": "<|video|>"}
    words = tokenizer(["<|im_start|>", "<|im_end|>", *extra.values()], extra_special_tokens=extra)
    tower = {"embed_dim": 32, "depth": 1, "num_heads": 2, "img_size": (56, 56), "global_pool": "",
             "use_post_transformer_norm": False, "init_values": 0.1, "ref_feat_shape": (4, 4)}  # fmt: skip
    config = library.PerceptionLMConfig(
        vision_config={
            "model_type": "timm_wrapper",
            "architecture": "vit_pe_core_large_patch14_336",
            "model_args": tower,
        },
        text_config={"model_type": "llama", **text_config(words)},
        image_token_id=words.convert_tokens_to_ids("<|image|>"),
        video_token_id=words.convert_tokens_to_ids("<|video|>"),
        projector_pooling_ratio=2,
    )
    template = QWEN_TEMPLATE.replace("<|vision_start|><|video_pad|><|vision_end|>", "<|video|>")
    processor = library.PerceptionLMProcessor(
        video_processor=library.PerceptionLMVideoProcessor(size={"height": 56, "width": 56}),
        image_processor=library.PerceptionLMImageProcessor(tile_size=56, size={"height": 56, "width": 56}),
        tokenizer=words,
        patch_size=14,
        pooling_ratio=2,
        chat_template=template.replace("<|vision_start|><|image_pad|><|vision_end|>", "<|image|>"),
    )
    return library.PerceptionLMForConditionalGeneration(config), processor


def video_llama_3() -> tuple[Any, Any]:
    """VideoLLaMA3: 2 x 2 tokens a frame, those that stay as they were left out by its processor."""
    library, words = transformers(), tokenizer(_QWEN)
    sizes = {"patch_size": 8, "size": {"shortest_edge": 1024, "longest_edge": 1024 * 64}}
    config = library.VideoLlama3Config(
        vision_config={**_VISION, "patch_size": 8},
        text_config={"model_type": "qwen2", **text_config(words)},
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=words.convert_tokens_to_ids("<|video_pad|>"),
    )
    processor = library.VideoLlama3Processor(
        library.VideoLlama3ImageProcessor(**sizes),
        words,
        library.VideoLlama3VideoProcessor(**sizes),
        chat_template=QWEN_TEMPLATE.replace("<|vision_start|>", "").replace("<|vision_end|>", ""),
    )
    return library.VideoLlama3ForConditionalGeneration(config), processor


MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "qwen3_vl": qwen3_vl, "qwen2_5_vl": qwen2_5_vl, "smolvlm": smolvlm, "video_llava": video_llava,
    "llava_onevision": llava_onevision, "llava_next_video": llava_next_video, "internvl": internvl,
    "perception_lm": perception_lm, "video_llama_3": video_llama_3,
}  # fmt: skip

"""Tiny checkpoints of the families that are probed: real classes, random weights, one tokenizer for all."""

from collections.abc import Callable
from typing import Any

from tests.tools.video_llm.tiny_models import (
    _QWEN,
    _QWEN_VISION,
    QWEN_TEMPLATE,
    _rope,
    text_config,
    tokenizer,
)

from playhead_index.embed.runtime import transformers

SPECIAL = (
    *_QWEN, "<bos>", "<|image|>", "<|video|>", "<|audio|>", "<|begin_of_image|>", "<|end_of_image|>",
    "<|begin_of_video|>", "<|end_of_video|>", "<|IMAGE_PAD|>", "<|VIDEO_PAD|>", "<|VISION_START|>",
    "<|VISION_END|>", "<|media_pad|>", "<|kimi_k25_video_placeholder|>", "<|media_begin|>",
    "<|media_content|>", "<|media_end|>", "]<]image[>[", "]<]video[>[", "]<]start of image[>[",
    "]<]end of image[>[", "<im_patch>",
    "<im_col>", "<im_start>", "<low_res_im_start>", "<frame_start>", "<im_end>", "<frame_end>", "<im_low>",
    "<|patch|>", "<|image_start|>", "<|image_end|>", "<|vid_frame_separator|>", "<|vid_start|>",
    "<|vid_end|>", "<image>", "</image>", "<slice>", "</slice>", "<image_id>", "</image_id>", "<img>",
    "</img>",
    "<|imgpad|>", "<|audio_comp_pad|>", "<|soft_audio_start|>", "<|soft_audio_end|>", "<video>",
)  # fmt: skip
_PATCHES = {"patch_size": 4, "merge_size": 2, "temporal_patch_size": 2}
_SIDES = {"shortest_edge": 64, "longest_edge": 65_536}
_VISION = {
    "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 4,
    "spatial_merge_size": 2,
}  # fmt: skip
_TOWER = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
_MLA = {
    "q_lora_rank": 16, "kv_lora_rank": 16, "qk_nope_head_dim": 8, "v_head_dim": 8, "num_key_value_heads": 4,
}  # fmt: skip
_ROUTED = {"n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1}
_INDEX = {"index_topk": 64, "index_head_dim": 8, "index_n_heads": 2}


def words(**extra: str) -> Any:
    """The tokenizer of all families, with the named tokens of one."""
    return tokenizer(SPECIAL, extra_special_tokens=extra)


def number(names: Any, token: str) -> int:
    """A token's number."""
    found: int = names.convert_tokens_to_ids(token)
    return found


def chat(clip: str, image: str = "<|image_pad|>") -> str:
    """ChatML with the tokens that a family's template writes for a clip."""
    template = QWEN_TEMPLATE.replace("<|vision_start|><|video_pad|><|vision_end|>", clip)
    return template.replace("<|vision_start|><|image_pad|><|vision_end|>", image)


def pad_ids(names: Any) -> dict[str, int]:
    """Qwen's tokens by the names that configurations give them."""
    return {
        f"{key}_token_id": number(names, f"<|{name}|>")
        for key, name in (
            ("image", "image_pad"), ("video", "video_pad"), ("vision_start", "vision_start"),
            ("vision_end", "vision_end"),
        )
    }  # fmt: skip


def qwen_processors(**video: Any) -> tuple[Any, Any]:
    """Qwen's image processor, and Qwen3's video processor."""
    library = transformers()
    image = library.Qwen2VLImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **_PATCHES)
    return image, library.Qwen3VLVideoProcessor(size=_SIDES, do_sample_frames=False, **_PATCHES, **video)


def _qwen3(config: Any, model: str, names: Any) -> tuple[Any, Any]:
    library = transformers()
    image, video = qwen_processors()
    processor = library.Qwen3VLProcessor(image, names, video, chat_template=QWEN_TEMPLATE)
    return getattr(library, model)(config), processor


_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
_LINEAR = {
    "layer_types": ["linear_attention", "full_attention"], "linear_key_head_dim": 8,
    "linear_value_head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
    "linear_conv_kernel_dim": 4, "head_dim": 8,
}  # fmt: skip
_MROPE = _rope(mrope_interleaved=True)
_WHOLE_MROPE = _rope(mrope_interleaved=True, partial_rotary_factor=1.0)


def qwen3_vl_moe() -> tuple[Any, Any]:
    """Qwen3-VL with two of four experts a token."""
    names = words()
    config = transformers().Qwen3VLMoeConfig(
        text_config=text_config(names, head_dim=8, **_EXPERTS, **_MROPE),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
        **pad_ids(names),
    )
    return _qwen3(config, "Qwen3VLMoeForConditionalGeneration", names)


def qwen2_vl() -> tuple[Any, Any]:
    """Qwen2-VL: one block of placeholders a clip."""
    library, names = transformers(), words()
    vision = {"embed_dim": 32, "hidden_size": 32, "depth": 2, "num_heads": 2, "mlp_ratio": 2, "patch_size": 4}
    config = library.Qwen2VLConfig(
        text_config=text_config(names, **_rope()), vision_config=vision, **pad_ids(names)
    )
    image, _ = qwen_processors()
    video = library.Qwen2VLVideoProcessor(size=_SIDES, do_sample_frames=False, **_PATCHES)
    processor = library.Qwen2VLProcessor(image, names, video, chat_template=QWEN_TEMPLATE)
    return library.Qwen2VLForConditionalGeneration(config), processor


def qwen3_5() -> tuple[Any, Any]:
    """Qwen3.5: one layer of linear attention, one of full attention."""
    names = words()
    config = transformers().Qwen3_5Config(
        text_config=text_config(names, **_LINEAR, **_WHOLE_MROPE),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64},
        **pad_ids(names),
    )
    return _qwen3(config, "Qwen3_5ForConditionalGeneration", names)


def qwen3_5_moe() -> tuple[Any, Any]:
    """Qwen3.5 with experts."""
    names = words()
    experts = {**_EXPERTS, "shared_expert_intermediate_size": 16}
    config = transformers().Qwen3_5MoeConfig(
        text_config=text_config(names, **_LINEAR, **experts, **_WHOLE_MROPE),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64},
        **pad_ids(names),
    )
    return _qwen3(config, "Qwen3_5MoeForConditionalGeneration", names)


def qwen4_exp() -> tuple[Any, Any]:
    """Qwen4-Exp: hyper-connections, hashed n-grams of the prompt, indexed attention."""
    names = words()
    text = {
        **_LINEAR, **_EXPERTS, "shared_expert_intermediate_size": 16, "hc_count": 2, "hc_lowrank": 4,
        "layer_types": ["linear_attention", "indexed_attention"], "ple_layer_ids": [1], "ple_embed_dim": 32,
        "ngram_size": 2, "heads_per_ngram": 2, "ngram_vocab_size_base": 64, "split_ngram_parts": 2,
        "make_ngram_vocab_size_divisible_by": 8, "indexer_n_heads": 2, "indexer_kv_heads": 1,
        "indexer_head_dim": 8, "indexer_budget": 64, "indexer_compress_ratio": 4,
    }  # fmt: skip
    config = transformers().Qwen4ExpConfig(
        text_config=text_config(names, **text, **_WHOLE_MROPE),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64},
        **pad_ids(names),
    )
    return _qwen3(config, "Qwen4ExpForConditionalGeneration", names)


def cosmos3_omni() -> tuple[Any, Any]:
    """Cosmos 3 Omni on the parts of Qwen3-VL."""
    names = words()
    config = transformers().Cosmos3OmniConfig(
        text_config=text_config(names, head_dim=8, **_MROPE),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
        **pad_ids(names),
    )
    return _qwen3(config, "Cosmos3OmniForConditionalGeneration", names)


def cosmos3_edge() -> tuple[Any, Any]:
    """Cosmos 3 Edge: the placeholder of a clip is three tokens, a step is one frame."""
    library, names = transformers(), words()
    config = library.Cosmos3EdgeConfig(
        text_config=text_config(names, head_dim=8, **_rope()),
        vision_config={**_TOWER, "patch_size": 4, "num_patches": 64},
        projector_hidden_size=32,
        **pad_ids(names),
    )
    sizes = {**_PATCHES, "temporal_patch_size": 1}
    processor = library.Cosmos3EdgeProcessor(
        library.Cosmos3EdgeImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **sizes),
        names,
        library.Cosmos3EdgeVideoProcessor(size=_SIDES, do_sample_frames=False, **sizes),
        chat_template=QWEN_TEMPLATE,
    )
    return library.Cosmos3EdgeForConditionalGeneration(config), processor


def cohere_compass() -> tuple[Any, Any]:
    """North Vision: deeper features, times before steps."""
    library, names = transformers(), words()
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 1, 1]}
    config = library.CohereCompassConfig(
        text_config=text_config(
            names, layer_types=["full_attention"] * 2, rope_parameters={"full_attention": rope}
        ),
        vision_config={**_QWEN_VISION, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
        image_token_id=number(names, "<|IMAGE_PAD|>"),
        video_token_id=number(names, "<|VIDEO_PAD|>"),
        vision_start_token_id=number(names, "<|VISION_START|>"),
        vision_end_token_id=number(names, "<|VISION_END|>"),
    )
    processor = library.CohereCompassProcessor(
        library.CohereCompassImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **_PATCHES),
        names,
        library.CohereCompassVideoProcessor(size=_SIDES, do_sample_frames=False, **_PATCHES),
        chat_template=chat("<|VIDEO_PAD|>", "<|IMAGE_PAD|>"),
    )
    return library.CohereCompassForConditionalGeneration(config), processor


def lfm3_vl() -> tuple[Any, Any]:
    """LFM3-VL: convolutions and attention in both parts."""
    library, names = transformers(), words()
    text = {"head_dim": 8, "conv_L_cache": 3, "layer_types": ["conv", "full_attention"]}
    vision = {**_TOWER, "patch_size": 4, "num_key_value_heads": 1, "layer_types": ["conv", "full_attention"]}
    config = library.Lfm3VlConfig(
        text_config=text_config(names, **text),
        vision_config=vision,
        projector_hidden_size=32,
        **pad_ids(names),
    )
    image, video = qwen_processors()
    processor = library.Lfm3VlProcessor(image, names, video, chat_template=QWEN_TEMPLATE)
    return library.Lfm3VlForConditionalGeneration(config), processor


def exaone4_5() -> tuple[Any, Any]:
    """EXAONE 4.5: a layer of sliding attention, one of full attention."""
    library, names = transformers(), words()
    config = library.Exaone4_5_Config(
        text_config={
            "model_type": "exaone4",
            **text_config(names, sliding_window=64, layer_types=["sliding_attention", "full_attention"]),
        },
        vision_config={
            **_QWEN_VISION,
            "window_size": 16,
            "fullatt_block_indexes": [1],
            "num_key_value_heads": 1,
        },
        image_token_id=number(names, "<|image_pad|>"),
        video_token_id=number(names, "<|video_pad|>"),
    )
    image, _ = qwen_processors()
    video = library.Qwen2VLVideoProcessor(size=_SIDES, do_sample_frames=False, **_PATCHES)
    processor = library.Exaone4_5_Processor(image, names, video, chat_template=QWEN_TEMPLATE)
    return library.Exaone4_5_ForConditionalGeneration(config), processor


def hyperclovax_vision_v2() -> tuple[Any, Any]:
    """HyperCLOVA X: its template tells how long a video is."""
    library, names = transformers(), words()
    config = library.HyperCLOVAXVisionV2Config(
        text_config=text_config(names),
        vision_config={**_QWEN_VISION, "window_size": 16, "fullatt_block_indexes": [1]},
        image_token_id=number(names, "<|image_pad|>"),
        video_token_id=number(names, "<|video_pad|>"),
    )
    image, _ = qwen_processors()
    video = library.Qwen2VLVideoProcessor(size=_SIDES, do_sample_frames=False, **_PATCHES)
    duration = "{{ part.video_duration if part.video_duration is defined else '<|video_duration|>' }}"
    processor = library.HyperCLOVAXVisionV2Processor(
        image, names, video, chat_template=chat(f"{duration} s <|video_pad|>")
    )
    return library.HyperCLOVAXVisionV2ForConditionalGeneration(config), processor


def _glm_ids(names: Any) -> dict[str, int]:
    tokens = {
        "image": "<|image|>", "video": "<|video|>", "image_start": "<|begin_of_image|>",
        "image_end": "<|end_of_image|>", "video_start": "<|begin_of_video|>", "video_end": "<|end_of_video|>",
    }  # fmt: skip
    return {f"{key}_token_id": number(names, token) for key, token in tokens.items()}


def _glm(config: str, model: str, processor: str, prefix: str, **text: Any) -> tuple[Any, Any]:
    library, names = transformers(), words()
    made = getattr(library, config)(
        text_config=text_config(names, **{**_rope(partial_rotary_factor=1.0), **text}),
        vision_config={**_VISION, "image_size": 32, "out_hidden_size": 32, "temporal_patch_size": 2},
        **_glm_ids(names),
    )
    sizes = {"size": {"shortest_edge": 64, "longest_edge": 65_536}, **_PATCHES}
    together = getattr(library, processor)(
        getattr(library, f"{prefix}ImageProcessor")(**sizes),
        names,
        getattr(library, f"{prefix}VideoProcessor")(**sizes, do_sample_frames=False),
        chat_template=chat("<|begin_of_video|><|video|><|end_of_video|>", "<|image|>"),
    )
    return getattr(library, model)(made), together


def glm4v() -> tuple[Any, Any]:
    """GLM-4.1V: videos are written with the image token."""
    return _glm("Glm4vConfig", "Glm4vForConditionalGeneration", "Glm4vProcessor", "Glm4v")


def glm46v() -> tuple[Any, Any]:
    """GLM-4.6V, likewise."""
    return _glm("Glm46VConfig", "Glm46VForConditionalGeneration", "Glm46VProcessor", "Glm46V")


def glmga() -> tuple[Any, Any]:
    """GLM-GA: GLM-4.6V with processors of its own."""
    return _glm("GlmgaConfig", "Glm46VForConditionalGeneration", "Glm46VProcessor", "Glmga")


def glm4v_moe() -> tuple[Any, Any]:
    """GLM-4.5V: GLM-4.1V with experts."""
    experts = {
        "head_dim": 8, "first_k_dense_replace": 1, "n_shared_experts": 1, "moe_intermediate_size": 16,
        **_ROUTED,
    }  # fmt: skip
    model = "Glm4vMoeForConditionalGeneration"
    return _glm("Glm4vMoeConfig", model, "Glm4vProcessor", "Glm4v", **experts)


def glm5_next() -> tuple[Any, Any]:
    """GLM-5.3: a layer of linear attention, one of indexed attention without places."""
    library, names = transformers(), words()
    text = {
        **_MLA, **_ROUTED, **_INDEX, "moe_intermediate_size": 16, "n_shared_experts": 1,
        "mlp_layer_types": ["dense", "sparse"], "layer_types": ["linear_attention", "indexed_attention"],
        "linear_head_dim": 8, "linear_num_heads": 4, "hc_mult": 2, "hc_sinkhorn_iters": 2, "index_kpool": 4,
        "indexer_types": ["full", "full"],
    }  # fmt: skip
    config = library.Glm5NextConfig(
        text_config=text_config(names, **text),
        vision_config={
            **_VISION, "image_size": 32, "out_hidden_size": 32, "temporal_patch_size": 2,
            "projection_intermediate_size": 32,
        },
        **_glm_ids(names),
    )  # fmt: skip
    sizes = {"min_image_tokens": 1, "max_image_tokens": 64, **_PATCHES}
    processor = library.Glm5NextProcessor(
        library.Glm5NextImageProcessor(**sizes),
        names,
        library.Glm5NextVideoProcessor(**sizes, do_sample_frames=False),
        chat_template=chat("<|begin_of_video|><|video|><|end_of_video|>", "<|image|>"),
    )
    return library.Glm5NextForConditionalGeneration(config), processor


def ernie4_5_vl_moe() -> tuple[Any, Any]:
    """ERNIE-4.5-VL: experts of words and experts of pictures; two frames become one step in the projector."""
    tokens = {
        "image_token": "<|image|>", "image_end_token": "<|end_of_image|>",
        "image_start_token": "<|begin_of_image|>", "video_token": "<|video|>",
        "video_end_token": "<|end_of_video|>", "video_start_token": "<|begin_of_video|>",
    }  # fmt: skip
    library, names = transformers(), words(**tokens)
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [1, 1, 2]}}
    text = {
        "moe_num_experts": 4, "moe_k": 2, "moe_intermediate_size": [16, 16], "moe_num_shared_experts": 1,
        **rope,
    }  # fmt: skip
    config = library.Ernie4_5_VLMoeConfig(
        text_config=text_config(names, **text), vision_config=_VISION, **_glm_ids(names)
    )
    processor = library.Ernie4_5_VLMoeProcessor(
        library.Ernie4_5_VLMoeImageProcessor(
            size={"shortest_edge": 64, "longest_edge": 4096}, patch_size=4, merge_size=2
        ),
        names,
        library.Ernie4_5_VLMoeVideoProcessor(
            size={"shortest_edge": 64, "longest_edge": 4096}, do_sample_frames=False, draw_on_frames=False,
            **_PATCHES,
        ),
        chat_template=chat("<|begin_of_video|><|video|><|end_of_video|>", "<|image|>"),
    )  # fmt: skip
    return library.Ernie4_5_VLMoeForConditionalGeneration(config), processor


_GEMMA = {
    "image_token": "<|image|>", "boi_token": "<|begin_of_image|>", "eoi_token": "<|end_of_image|>",
    "audio_token": "<|audio|>", "boa_token": "<|soft_audio_start|>", "eoa_token": "<|soft_audio_end|>",
}  # fmt: skip


def _gemma_ids(names: Any) -> dict[str, int]:
    numbers = {f"{key}_id": number(names, token) for key, token in _GEMMA.items() if key != "eoa_token"}
    return {
        **numbers, "video_token_id": number(names, "<|video|>"),
        "eoa_token_index": number(names, _GEMMA["eoa_token"]),
    }  # fmt: skip


_GEMMA_TEXT = {
    "head_dim": 8, "global_head_dim": 8, "sliding_window": 64, "use_bidirectional_attention": "vision",
    "layer_types": ["sliding_attention", "full_attention"],
}  # fmt: skip


def gemma4() -> tuple[Any, Any]:
    """Gemma 4: a frame's tokens attend to each other both ways; every layer has embeddings of its own."""
    library, names = transformers(), words(**_GEMMA)
    text = {**_GEMMA_TEXT, "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": len(names)}
    vision = {
        **_TOWER,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "patch_size": 4,
        "position_embedding_size": 128,
    }
    config = library.Gemma4Config(
        text_config=text_config(names, **text), vision_config=vision, **_gemma_ids(names)
    )
    processor = library.Gemma4Processor(
        library.Gemma4AudioFeatureExtractor(),
        library.Gemma4ImageProcessor(patch_size=4, max_soft_tokens=70),
        names,
        library.Gemma4VideoProcessor(patch_size=4, max_soft_tokens=70, do_sample_frames=False),
        chat_template=chat("<|video|>", "<|image|>"),
    )
    return library.Gemma4ForConditionalGeneration(config), processor


def gemma4_unified() -> tuple[Any, Any]:
    """Gemma 4 Unified: patches go into the language model without a tower."""
    library, names = transformers(), words(**_GEMMA)
    vision = {"patch_size": 4, "mm_embed_dim": 32, "mm_posemb_size": 128, "output_proj_dims": 32}
    config = library.Gemma4UnifiedConfig(
        text_config=text_config(names, **_GEMMA_TEXT), vision_config=vision, **_gemma_ids(names)
    )
    processor = library.Gemma4UnifiedProcessor(
        library.Gemma4UnifiedAudioFeatureExtractor(),
        library.Gemma4UnifiedImageProcessor(patch_size=4, max_soft_tokens=70),
        names,
        library.Gemma4UnifiedVideoProcessor(patch_size=4, max_soft_tokens=70, do_sample_frames=False),
        chat_template=chat("<|video|>", "<|image|>"),
    )
    return library.Gemma4UnifiedForConditionalGeneration(config), processor


def hy_v4_vl() -> tuple[Any, Any]:
    """Hy4-VL: a newline feature after every row of a frame."""
    library, names = transformers(), words()
    text = {
        **_MLA, **_ROUTED, **_INDEX, "qk_rope_head_dim": 8, "moe_intermediate_size": 16,
        "n_shared_experts": 1, "mlp_layer_types": ["dense", "sparse"], "hc_mult": 2,
        "indexer_types": ["full", "full"], **_rope(),
    }  # fmt: skip
    config = library.HYV4VLConfig(
        text_config=text_config(names, **text),
        vision_config={**_TOWER, "patch_size": 4, "out_hidden_size": 32, "max_image_size": 64},
        image_token_id=number(names, "<|image_pad|>"),
        video_token_id=number(names, "<|video_pad|>"),
    )
    sizes = {**_PATCHES, "temporal_patch_size": 1}
    processor = library.HYV4VLProcessor(
        library.HYV4VLImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **sizes),
        names,
        library.HYV4VLVideoProcessor(size=_SIDES, do_sample_frames=False, **sizes),
        chat_template=QWEN_TEMPLATE,
    )
    return library.HYV4VLForConditionalGeneration(config), processor


def kimi_k25() -> tuple[Any, Any]:
    """Kimi K2.5: four frames a step, a grid for each."""
    library, names = transformers(), words()
    text = {
        **_MLA, **_ROUTED, "qk_rope_head_dim": 8, "moe_intermediate_size": 16, "n_shared_experts": 1,
        "first_k_dense_replace": 1, "num_mtp_layers": 0,
    }  # fmt: skip
    config = library.Kimi_K25Config(
        text_config=text_config(names, **text),
        vision_config={**_TOWER, "patch_size": 4, "pos_emb_height": 8, "pos_emb_width": 8},
        projection_hidden_size=32,
        image_token_id=number(names, "<|media_pad|>"),
        video_token_id=number(names, "<|kimi_k25_video_placeholder|>"),
    )
    size = {"max_height": 64, "max_width": 64}
    processor = library.Kimi_K25Processor(
        library.Kimi_K25ImageProcessor(size=size, patch_size=4),
        names,
        library.Kimi_K25VideoProcessor(size=size, patch_size=4, do_sample_frames=False),
        chat_template=chat("<|kimi_k25_video_placeholder|>", "<|media_pad|>"),
    )
    return library.Kimi_K25ForConditionalGeneration(config), processor


_MINICPM = {
    "image_token": "<|image_pad|>", "video_token": "<|video_pad|>", "image_start_token": "<image>",
    "image_end_token": "</image>", "slice_start_token": "<slice>", "slice_end_token": "</slice>",
    "image_id_start_token": "<image_id>", "image_id_end_token": "</image_id>",
}  # fmt: skip


def _minicpm(prefix: str, processors: str, mode: str, **ids: Any) -> tuple[Any, Any]:
    library, names = transformers(), words(**_MINICPM)
    config = getattr(library, f"{prefix}Config")(
        text_config=text_config(names, **_LINEAR, **_WHOLE_MROPE),
        vision_config={**_TOWER, "patch_size": 4, "image_size": 32},
        insert_layer_id=0,
        downsample_mode=mode,
        image_token_id=number(names, "<|image_pad|>"),
        video_token_id=number(names, "<|video_pad|>"),
        **{key: number(names, token) for key, token in ids.items()},
    )
    sizes = {"patch_size": 4, "scale_resolution": 32, "downsample_mode": mode}
    processor = getattr(library, f"{prefix}Processor")(
        getattr(library, f"{processors}ImageProcessor")(**sizes),
        getattr(library, f"{processors}VideoProcessor")(**sizes, do_sample_frames=False),
        names,
        chat_template=chat("<|video_pad|>", "<|image_pad|>"),
    )
    return getattr(library, f"{prefix}ForConditionalGeneration")(config), processor


def minicpmv4_6() -> tuple[Any, Any]:
    """MiniCPM-V 4.6: frames in slices, a number before every clip, Qwen3.5's language model."""
    return _minicpm("MiniCPMV4_6", "MiniCPMV4_6", "16x")


def minicpmv4_7() -> tuple[Any, Any]:
    """MiniCPM-V 4.7: the slices of a frame have their places in it."""
    marks = {
        "image_start_id": "<image>", "image_end_id": "</image>", "slice_start_id": "<slice>",
        "slice_end_id": "</slice>",
    }  # fmt: skip
    return _minicpm("MiniCPMV4_7", "MiniCPMV4_6", "16x", **marks)


def minicpm_ocr() -> tuple[Any, Any]:
    """MiniCPM-OCR: four times the tokens."""
    return _minicpm("MiniCPMOcr", "MiniCPMOcr", "4x")


def minimax_m3_vl() -> tuple[Any, Any]:
    """MiniMax-M3-VL: a clip in segments of four frames, a grid for each."""
    library, names = transformers(), words()
    text = {
        "head_dim": 8, "rotary_dim": 8, "num_local_experts": 4, "num_experts_per_tok": 2,
        "dense_intermediate_size": 48, "shared_intermediate_size": 16, "mlp_layer_types": ["dense", "sparse"],
    }  # fmt: skip
    config = library.MiniMaxM3VLConfig(
        text_config=text_config(names, **text),
        vision_config={**_TOWER, "patch_size": 4, "image_size": 64},
        projector_hidden_size=32,
        image_token_index=number(names, "]<]image[>["),
        video_token_index=number(names, "]<]video[>["),
    )
    processor = library.MiniMaxM3VLProcessor(
        library.MiniMaxM3VLImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **_PATCHES),
        names,
        library.MiniMaxM3VLVideoProcessor(
            size={"height": 32, "width": 32}, do_sample_frames=False, **_PATCHES
        ),
        chat_template=chat("]<]video[>[", "]<]image[>["),
    )
    return library.MiniMaxM3SparseForConditionalGeneration(config), processor


def molmo2() -> tuple[Any, Any]:
    """Molmo2: 2 x 2 pooled tokens a frame that all attend to each other; a BOS that its processor writes."""
    tokens = {"image_token": "<|image|>", "video_token": "<|video|>"}
    library, names = transformers(), words(**tokens)
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16}
    config = library.Molmo2Config(
        text_config=text_config(names, head_dim=8, additional_vocab_size=16),
        vision_config={**_TOWER, **heads, "patch_size": 4, "image_size": [24, 24]},
        adapter_config={
            **heads, "hidden_size": 32, "vision_feature_layer": [1, 0], "intermediate_size": 48,
            "text_hidden_size": 32,
        },
        image_start_token_id=number(names, "<im_start>"),
        low_res_image_start_token_id=number(names, "<low_res_im_start>"),
        image_end_token_id=number(names, "<im_end>"),
        image_patch_id=number(names, "<im_patch>"),
        frame_start_token_id=number(names, "<frame_start>"),
        frame_end_token_id=number(names, "<frame_end>"),
    )  # fmt: skip
    size = {"size": {"height": 24, "width": 24}, "patch_size": 4}
    processor = library.Molmo2Processor(
        library.Molmo2ImageProcessor(**size, overlap_margins=[1, 1]),
        library.Molmo2VideoProcessor(**size, do_sample_frames=False),
        names,
        chat_template=chat("<|video|>", "<|image|>"),
    )
    return library.Molmo2ForConditionalGeneration(config), processor


_MUSE_VISION = {
    **_TOWER, "patch_size": 4, "pos_emb_height": 8, "pos_emb_width": 8, "max_position_embeddings": 64,
}  # fmt: skip
_MUSE_SIZES = {"patch_size": 4}


def muse_glimmer() -> tuple[Any, Any]:
    """Muse Glimmer: a mark between steps, one layer of sliding attention."""
    library, names = transformers(), words()
    text = {"head_dim": 8, "sliding_window": 64, "layer_types": ["sliding_attention", "full_attention"]}
    config = library.MuseGlimmerConfig(
        text_config=text_config(names, **text),
        vision_config=_MUSE_VISION,
        out_hidden_size=128,
        projector_hidden_size=32,
        image_token_id=number(names, "<|patch|>"),
        video_token_id=number(names, "<|video|>"),
    )
    processor = library.MuseGlimmerProcessor(
        library.MuseGlimmerImageProcessor(**_MUSE_SIZES),
        library.MuseGlimmerVideoProcessor(**_MUSE_SIZES, do_sample_frames=False),
        names,
        chat_template=chat("<|video|>", "<|patch|>"),
    )
    return library.MuseGlimmerForConditionalGeneration(config), processor


def muse_spark() -> tuple[Any, Any]:
    """Muse Spark: Muse Glimmer's pictures, experts, a tower for sound."""
    tokens = {
        "image_token": "<|patch|>", "image_start_token": "<|image_start|>",
        "image_end_token": "<|image_end|>", "video_token": "<|video|>", "audio_token": "<|audio|>",
    }  # fmt: skip
    library, names = transformers(), words(**tokens)
    text = {
        "head_dim": 8, "sliding_window": 64, "layer_types": ["sliding_attention", "full_attention"],
        "moe_intermediate_size": 16, "num_local_experts": 4, "num_experts_per_tok": 2, "moe_hidden_size": 16,
    }  # fmt: skip
    audio = {"patch_sizes": [4, 4], "hidden_sizes": [8, 16], "depths": [1, 1], "num_hidden_layers": 2}
    config = library.MuseSparkConfig(
        text_config=text_config(names, **text),
        vision_config=_MUSE_VISION,
        audio_config={**audio, "out_hidden_size": 32},
        out_hidden_size=128,
        projector_hidden_size=32,
        image_token_id=number(names, "<|patch|>"),
        video_token_id=number(names, "<|video|>"),
        audio_token_id=number(names, "<|audio|>"),
    )
    processor = library.MuseSparkProcessor(
        library.MuseGlimmerImageProcessor(**_MUSE_SIZES),
        library.MuseGlimmerVideoProcessor(**_MUSE_SIZES, do_sample_frames=False),
        names,
        library.MuseSparkFeatureExtractor(samples_per_token=16),
        chat_template=chat("<|video|>", "<|patch|>"),
    )
    return library.MuseSparkForConditionalGeneration(config), processor


def nemotron_h_omni() -> tuple[Any, Any]:
    """Nemotron Omni: videos written with the image token, by a processor that does not say so; Mamba."""
    tokens = {"image_token": "<image>", "video_token": "<video>", "audio_token": "<|audio|>"}
    library, names = transformers(), words(**tokens)
    text = {
        "head_dim": 8, "layers_block_type": ["linear_attention", "full_attention", "mlp"],
        "ssm_state_size": 8, "mamba_num_heads": 4, "mamba_head_dim": 8, "n_groups": 1, "chunk_size": 16,
    }  # fmt: skip
    sizes = text_config(names, **text)
    del sizes["num_hidden_layers"]
    config = library.NemotronH_Omni_Reasoning_V3_Config(
        text_config=sizes,
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 4,
            "image_size": 16, "max_img_size": 64, "num_cls_tokens": 1, "num_registers": 1,
            "summary_idxs": [0], "video_temporal_patch_size": 2,
        },
        projector_hidden_size=32,
        vision_hidden_size=32,
        image_token_id=number(names, "<image>"),
        video_token_id=number(names, "<video>"),
        audio_token_id=number(names, "<|audio|>"),
    )  # fmt: skip
    norm = {"norm_mean": [0.5] * 3, "norm_std": [0.5] * 3}
    processor = library.NemotronH_Omni_Reasoning_V3Processor(
        library.NemotronH_Omni_Reasoning_V3ImageProcessor(
            patch_size=4, min_num_patches=16, max_num_patches=64
        ),
        library.NemotronH_Omni_Reasoning_V3VideoProcessor(patch_size=4, video_target_num_patches=16, **norm),
        names,
        library.ParakeetFeatureExtractor(),
        chat_template=chat("<video>", "<image>"),
    )
    return library.NemotronH_Omni_Reasoning_V3(config), processor


def dots3_note() -> tuple[Any, Any]:
    """dots3 Note: experts in the tower, indexed and sliding attention."""
    library, names = transformers(), words()
    text = {
        **_MLA, **_ROUTED, **_INDEX, "qk_rope_head_dim": 8, "head_dim": 16, "moe_intermediate_size": 16,
        "n_shared_experts": 1, "shared_experts_intermediate_size": 16, "mlp_layer_types": ["dense", "sparse"],
        "layer_types": ["indexed_attention", "sliding_attention"], "sliding_window": 64,
        "swa_num_attention_heads": 4, "swa_num_key_value_heads": 4, "swa_q_lora_rank": 16,
        "swa_kv_lora_rank": 16, "swa_head_dim": 16, "swa_qk_nope_head_dim": 8, "swa_v_head_dim": 8,
    }  # fmt: skip
    config = library.Dots3NoteConfig(
        text_config=text_config(names, **text),
        vision_config={
            **_TOWER, "patch_size": 4, "mlp_layer_types": ["dense", "sparse"], "num_local_experts": 4,
            "num_experts_per_tok": 2, "moe_intermediate_size": 16, "adapter_in_dim": 32,
            "adapter_out_dim": 32,
        },
        audio_config={
            **_TOWER, "feature_size": 16, "downsample_hidden_size": 8, "adapter_input_size": 32,
            "adapter_out_dim": 32,
        },
        image_token_id=number(names, "<|imgpad|>"),
        video_token_id=number(names, "<|video_pad|>"),
        audio_token_id=number(names, "<|audio_comp_pad|>"),
    )  # fmt: skip
    image = library.Qwen2VLImageProcessor(size={"shortest_edge": 64, "longest_edge": 4096}, **_PATCHES)
    video = library.Qwen3VLVideoProcessor(
        size=_SIDES, do_sample_frames=False, **{**_PATCHES, "temporal_patch_size": 1}
    )
    processor = library.Dots3NoteProcessor(
        image,
        names,
        video,
        library.Dots3NoteFeatureExtractor(feature_size=16),
        chat_template=chat("<|video_pad|>", "<|imgpad|>"),
    )
    return library.Dots3NoteForConditionalGeneration(config), processor


_OMNI = {
    "image_token": "<|image_pad|>", "audio_token": "<|audio|>", "video_token": "<|video_pad|>",
    "vision_bos_token": "<|vision_start|>", "vision_eos_token": "<|vision_end|>",
    "audio_bos_token": "<|soft_audio_start|>", "audio_eos_token": "<|soft_audio_end|>",
}  # fmt: skip


def _omni_ids(names: Any, ending: str) -> dict[str, int]:
    tokens = {"image": "<|image_pad|>", "video": "<|video_pad|>", "audio": "<|audio|>"}
    numbers = {f"{key}_token_{ending}": number(names, token) for key, token in tokens.items()}
    return {
        **numbers, "vision_start_token_id": number(names, "<|vision_start|>"),
        "vision_end_token_id": number(names, "<|vision_end|>"),
        "audio_start_token_id": number(names, "<|soft_audio_start|>"),
        "audio_end_token_id": number(names, "<|soft_audio_end|>"),
    }  # fmt: skip


_OMNI_AUDIO = {
    "num_mel_bins": 16, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16,
    "d_model": 16, "n_window": 4, "output_dim": 32,
}  # fmt: skip


def qwen2_5_omni() -> tuple[Any, Any]:
    """Qwen2.5-Omni: of its parts the thinker answers about videos."""
    library, names = transformers(), words(**_OMNI)
    config = library.Qwen2_5OmniConfig(
        thinker_config={
            "text_config": text_config(names, **_rope()),
            "vision_config": {
                **_QWEN_VISION,
                "patch_size": 14,
                "window_size": 56,
                "fullatt_block_indexes": [1],
            },
            "audio_config": _OMNI_AUDIO,
            **_omni_ids(names, "index"),
        },
        enable_audio_output=False,
    )
    sizes = {**_PATCHES, "patch_size": 14}
    image = library.Qwen2VLImageProcessor(size=_SIDES, **sizes)
    video = library.Qwen2VLVideoProcessor(size=_SIDES, do_sample_frames=False, **sizes)
    sound = library.WhisperFeatureExtractor(feature_size=16)
    processor = library.Qwen2_5OmniProcessor(image, video, sound, names, chat_template=QWEN_TEMPLATE)
    return library.Qwen2_5OmniForConditionalGeneration(config), processor


def qwen3_omni_moe() -> tuple[Any, Any]:
    """Qwen3-Omni: likewise, with experts and deeper features."""
    library, names = transformers(), words(**_OMNI)
    audio = {**_OMNI_AUDIO, "n_window_infer": 8, "conv_chunksize": 8, "downsample_hidden_size": 8}
    config = library.Qwen3OmniMoeConfig(
        thinker_config={
            "text_config": text_config(names, head_dim=8, **_EXPERTS, **_MROPE),
            "vision_config": {
                **_QWEN_VISION, "patch_size": 14, "num_position_embeddings": 64,
                "deepstack_visual_indexes": [0],
            },
            "audio_config": audio,
            **_omni_ids(names, "id"),
        },
        enable_audio_output=False,
    )  # fmt: skip
    sizes = {**_PATCHES, "patch_size": 14}
    image = library.Qwen2VLImageProcessor(size=_SIDES, **sizes)
    video = library.Qwen2VLVideoProcessor(size=_SIDES, do_sample_frames=False, **sizes)
    sound = library.WhisperFeatureExtractor(feature_size=16)
    processor = library.Qwen3OmniMoeProcessor(image, video, sound, names, chat_template=QWEN_TEMPLATE)
    return library.Qwen3OmniMoeForConditionalGeneration(config), processor


FAMILY_MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    maker.__name__: maker
    for maker in (
        cohere_compass, cosmos3_edge, cosmos3_omni, dots3_note, ernie4_5_vl_moe, exaone4_5, gemma4,
        gemma4_unified, glm46v, glm4v, glm4v_moe, glm5_next, glmga, hy_v4_vl, hyperclovax_vision_v2, kimi_k25,
        lfm3_vl, minicpm_ocr, minicpmv4_6, minicpmv4_7, minimax_m3_vl, molmo2, muse_glimmer, muse_spark,
        nemotron_h_omni, qwen2_5_omni, qwen2_vl, qwen3_5, qwen3_5_moe, qwen3_omni_moe, qwen3_vl_moe,
        qwen4_exp,
    )
}  # fmt: skip
"""By `model_type`."""


def _instructblip(prefix: str, **processors: Any) -> tuple[Any, Any]:
    library, names = transformers(), words()
    config = getattr(library, f"{prefix}Config")(
        vision_config={**_TOWER, "image_size": 16, "patch_size": 8},
        qformer_config={**_TOWER, "vocab_size": len(names)},
        text_config={"model_type": "llama", **text_config(names)},
        num_query_tokens=2,
    )
    processor = getattr(library, f"{prefix}Processor")(
        **processors, tokenizer=names, qformer_tokenizer=words(), num_query_tokens=2
    )
    return getattr(library, f"{prefix}ForConditionalGeneration")(config), processor


def instructblip() -> tuple[Any, Any]:
    """InstructBLIP: a Q-Former reads the question with the picture; only pictures go in."""
    return _instructblip("InstructBlip", image_processor=transformers().BlipImageProcessor())


def instructblipvideo() -> tuple[Any, Any]:
    """InstructBLIP for videos: a Q-Former reads the question with each of four frames."""
    video = transformers().InstructBlipVideoVideoProcessor(size={"height": 16, "width": 16})
    return _instructblip("InstructBlipVideo", video_processor=video)


REFUSED_MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "instructblip": instructblip,
    "instructblipvideo": instructblipvideo,
}

"""A Qwen3-VL of a few thousand random weights over a tokenizer of bytes, written as a hub would have it."""

from pathlib import Path
from typing import Any

from playhead_index.embed.runtime import torch, transformers

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|video_pad|>",
    "<|image_pad|>",
)  # fmt: skip
PATCH, MERGE = 8, 2
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}"
    "{% if part.type == 'video' %}<|video_pad|>{% elif part.type == 'text' %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer() -> Any:
    """Bytes and the special tokens of Qwen's models, nothing merged."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: i for i, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return transformers().PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=SPECIAL[0], eos_token=SPECIAL[2],
        additional_special_tokens=list(SPECIAL[1:]), clean_up_tokenization_spaces=False,
    )  # fmt: skip


def make_tiny_video_llm(folder: Path, *, seed: int = 0, tied: bool = False) -> Path:
    """A folder with a two-layer Qwen3-VL of random weights, its processor and its chat template."""
    library, tokenizer = transformers(), make_tokenizer()
    token = {name: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in
             ("image_pad", "video_pad", "vision_start", "vision_end", "im_end")}  # fmt: skip
    config = library.Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64,
            "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 2, 2],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": PATCH,
            "spatial_merge_size": MERGE, "temporal_patch_size": 2, "out_hidden_size": 32,
            "num_position_embeddings": 16, "deepstack_visual_indexes": [0],
        },
        image_token_id=token["image_pad"], video_token_id=token["video_pad"],
        vision_start_token_id=token["vision_start"], vision_end_token_id=token["vision_end"],
        tie_word_embeddings=tied,
    )  # fmt: skip
    with torch().random.fork_rng():
        torch().manual_seed(seed)
        model = library.Qwen3VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = token["im_end"]
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    sizes = {"patch_size": PATCH, "merge_size": MERGE, "temporal_patch_size": 2}
    most = {"shortest_edge": 32 * 32, "longest_edge": 64 * 64 * 16}
    library.Qwen3VLProcessor(
        library.Qwen2VLImageProcessor(size=most, **sizes),
        tokenizer,
        library.Qwen3VLVideoProcessor(size=most, cap_pixels_per_frame=False, **sizes),
        chat_template=CHAT_TEMPLATE,
    ).save_pretrained(folder)
    return folder

"""nano-vlm: a Qwen3-VL of four million numbers, with its processor, in transformers' own format.

Every part is the stock class; only the sizes are ours. Frames of 100 x 180 become 5 x 9 tokens a pair of
frames, and the processor writes the time of each pair before its tokens.
"""

from pathlib import Path
from typing import Any

from playhead_bench.nano.tokenizer import CHAT_TEMPLATE, END, PAD, VOCABULARY
from playhead_index.embed.runtime import torch, transformers

PATCH, MERGE, PAIR = 10, 2, 2
HEIGHT, WIDTH = 100, 180
ROWS, COLUMNS = HEIGHT // (PATCH * MERGE), WIDTH // (PATCH * MERGE)
TOKENS_A_PAIR = ROWS * COLUMNS
MAX_FRAMES = 64
"""Up to so many frames keep their full size; more share what these would take."""


def make_config(tokenizer: Any) -> Any:
    """The configuration: four vision layers with one deepstack, six text layers, embeddings tied."""
    ids = {name: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in
           ("image_pad", "video_pad", "vision_start", "vision_end")}  # fmt: skip
    return transformers().Qwen3VLConfig(
        text_config={
            "vocab_size": VOCABULARY, "hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 6,
            "num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 32,
            "max_position_embeddings": 32_768, "tie_word_embeddings": True,
            "pad_token_id": tokenizer.convert_tokens_to_ids(PAD),
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [8, 4, 4],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 4, "hidden_size": 128, "intermediate_size": 384, "num_heads": 4, "patch_size": PATCH,
            "spatial_merge_size": MERGE, "temporal_patch_size": PAIR, "out_hidden_size": 192,
            "num_position_embeddings": 100, "deepstack_visual_indexes": [1],
        },
        image_token_id=ids["image_pad"],
        video_token_id=ids["video_pad"],
        vision_start_token_id=ids["vision_start"],
        vision_end_token_id=ids["vision_end"],
        tie_word_embeddings=True,
    )  # fmt: skip


def make_model(tokenizer: Any, seed: int = 0) -> Any:
    """A Qwen3-VL with random weights."""
    torch().manual_seed(seed)
    model = transformers().Qwen3VLForConditionalGeneration(make_config(tokenizer))
    end = tokenizer.convert_tokens_to_ids(END)
    model.generation_config = transformers().GenerationConfig(
        eos_token_id=end,
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
        do_sample=False,
        max_new_tokens=48,
    )
    return model


def make_processor(tokenizer: Any) -> Any:
    """The stock processor, its frame sizes set to those of nano-vlm."""
    library = transformers()
    sizes = {"patch_size": PATCH, "merge_size": MERGE, "temporal_patch_size": PAIR}
    video_size = {"shortest_edge": HEIGHT * WIDTH // 4, "longest_edge": HEIGHT * WIDTH * MAX_FRAMES}
    image = library.Qwen2VLImageProcessor(
        size={"shortest_edge": HEIGHT * WIDTH // 4, "longest_edge": HEIGHT * WIDTH},
        image_mean=[0.5] * 3, image_std=[0.5] * 3, **sizes,
    )  # fmt: skip
    video = library.Qwen3VLVideoProcessor(
        size=video_size,
        cap_pixels_per_frame=True,
        max_video_tokens=TOKENS_A_PAIR,
        do_sample_frames=False,
        **sizes,
    )
    return library.Qwen3VLProcessor(image, tokenizer, video, chat_template=CHAT_TEMPLATE)


def new_checkpoint(folder: Path, tokenizer: Any, seed: int = 0) -> tuple[Any, Any]:
    """A model with random weights and its processor, written to a folder as a hub would have it."""
    model, processor = make_model(tokenizer, seed), make_processor(tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor

"""nano-clip: an open_clip model of a million numbers, with a tokenizer of whole words."""

import json
from pathlib import Path
from typing import Any

from playhead_bench.world.kinds import COLOURS, PLACES, THINGS
from playhead_index.embed.runtime import open_clip, torch, transformers

HEIGHT, WIDTH, PATCH = 100, 180, 10
CONTEXT = 16
PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[START]", "[END]"
WORDS = tuple(
    dict.fromkeys(
        " ".join(
            [
                *COLOURS, *THINGS, *(f"{kind}s" for kind in THINGS), *PLACES, *PLACES.values(),
                "a an the of with and no is are there at by day night dark light photo image picture frame video clip scene",
                "shows showing shown see seen visible thing things something nothing everything what which when",
                "where how many who does do did happens appear appears enter enters leave leaves cross crosses",
                "move moves jump jumps spin spins blink blinks grow grows shrink shrinks turn turns change changes",
                "colour carry carries collide collides chase chases left right up down first last time",
            ]
        ).split()
    )
)  # fmt: skip
"""The words that nano-clip knows; any other is `[UNK]`."""
CONFIG: dict[str, Any] = {
    "embed_dim": 192,
    "vision_cfg": {
        "image_size": [HEIGHT, WIDTH], "patch_size": PATCH, "layers": 4, "width": 128, "head_width": 32,
        "mlp_ratio": 3.0, "pool_type": "avg", "final_ln_after_pool": True, "no_ln_pre": True,
    },
    "text_cfg": {
        "context_length": CONTEXT, "vocab_size": len(WORDS) + 4, "width": 96, "heads": 4, "layers": 3,
        "hf_tokenizer_name": "nano-clip", "tokenizer_kwargs": {"clean": "whitespace"},
    },
}  # fmt: skip
PREPROCESSING = {
    "size": [HEIGHT, WIDTH], "mode": "RGB", "mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear",
    "resize_mode": "squash", "fill_color": 0,
}  # fmt: skip


def make_tokenizer() -> Any:
    """Whole words in lower case between a start and an end; the end has the highest number, as CLIP expects."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate([PAD, UNKNOWN, START, *WORDS, END])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split("[^a-z ]+", "removed"), pre_tokenizers.Whitespace()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}",
        special_tokens=[(START, vocabulary[START]), (END, vocabulary[END])],
    )
    return transformers().PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, unk_token=UNKNOWN, bos_token=START, eos_token=END,
        model_max_length=CONTEXT,
    )  # fmt: skip


def make_model(seed: int = 0) -> Any:
    """An open_clip CLIP with random weights: a small vision transformer and a small text tower."""
    torch().manual_seed(seed)
    model_cfg = {**CONFIG, "text_cfg": dict(CONFIG["text_cfg"])}
    for name in ("hf_tokenizer_name", "tokenizer_kwargs"):
        model_cfg["text_cfg"].pop(name)
    return open_clip().CLIP(**model_cfg)


def begin_from(model: Any, visual: Any) -> None:
    """Gives the vision tower the weights of nano-vlm's vision half, which has the same sizes.

    What has no counterpart there stays as it is; rotary positions have none here and have to be made up for
    in training, which takes a fraction of the steps that beginning from nothing takes.

    Args:
        model: the open_clip model, changed in place.
        visual: a trained `Qwen3VLVisionModel` of `vlm.make_config`.
    """
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    ours, library = model.visual, torch()
    grid = library.tensor([[1, HEIGHT // PATCH, WIDTH // PATCH]])
    indices, weights = stock.get_vision_interpolation_indices_and_weights(
        grid, num_grid_per_side=visual.num_grid_per_side, mode=visual.interpolation_mode,
        align_corners=visual.interpolation_align_corners, spatial_merge_size=1, kwargs={},
    )  # fmt: skip
    with library.no_grad():
        ours.conv1.weight.copy_(visual.patch_embed.proj.weight.sum(2))
        places = (visual.pos_embed(indices) * weights[:, :, None]).sum(1) + visual.patch_embed.proj.bias
        ours.positional_embedding[1:].copy_(places)
        for mine, theirs in zip(ours.transformer.resblocks, visual.blocks, strict=True):
            pairs = (
                (mine.ln_1, theirs.norm1), (mine.ln_2, theirs.norm2), (mine.attn.out_proj, theirs.attn.proj),
                (mine.mlp.c_fc, theirs.mlp.linear_fc1), (mine.mlp.c_proj, theirs.mlp.linear_fc2),
            )  # fmt: skip
            for to, source in pairs:
                to.load_state_dict(source.state_dict())
            mine.attn.in_proj_weight.copy_(theirs.attn.qkv.weight)
            mine.attn.in_proj_bias.copy_(theirs.attn.qkv.bias)
        ours.ln_post.load_state_dict(visual.merger.norm.state_dict())


def tokens_of(tokenizer: Any, texts: list[str]) -> Any:
    """(N, CONTEXT) int64 token ids of texts, as open_clip's wrapper of the tokenizer makes them."""
    return tokenizer(
        texts, return_tensors="pt", max_length=CONTEXT, padding="max_length", truncation=True
    ).input_ids


def save(folder: Path, model: Any, tokenizer: Any, metadata: dict[str, str]) -> None:
    """Writes the folder that `local-dir:` loads: configuration, weights in half precision, tokenizer."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": CONFIG, "preprocess_cfg": PREPROCESSING}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    save_file(weights, folder / "open_clip_model.safetensors", metadata)
    tokenizer.save_pretrained(folder)

"""nano-clip: an open_clip model of two million numbers, with a tokenizer of whole words."""

import json
from pathlib import Path
from typing import Any

from playhead_bench.world.vocabulary import COLOURS, OBJECT_SHAPES, PLACES
from playhead_index.embed.runtime import open_clip, torch, transformers

SIDE = 128
CONTEXT = 16
PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[START]", "[END]"
WORDS = tuple(
    dict.fromkeys(
        " ".join(
            [
                *COLOURS, *OBJECT_SHAPES, *(f"{kind}s" for kind in OBJECT_SHAPES), *PLACES, *PLACES.values(),
                "a an the of with and no is are there at by day night dark light",
                "photo image picture frame video clip scene",
                "shows showing shown see seen visible thing things something nothing everything",
                "what which when",
                "where how many who does do did happens appear appears enter enters leave leaves",
                "cross crosses",
                "move moves jump jumps spin spins blink blinks grow grows shrink shrinks",
                "turn turns change changes",
                "colour carry carries collide collides chase chases left right up down first last time",
            ]
        ).split()
    )
)  # fmt: skip
"""The words that nano-clip knows; any other is `[UNK]`."""
CONFIG: dict[str, Any] = {
    "embed_dim": 192,
    "vision_cfg": {"image_size": SIDE, "layers": [1, 2, 2, 2], "width": 16, "head_width": 64},
    "text_cfg": {
        "context_length": CONTEXT, "vocab_size": len(WORDS) + 4, "width": 96, "heads": 4, "layers": 3,
        "hf_tokenizer_name": "nano-clip", "tokenizer_kwargs": {"clean": "whitespace"},
    },
}  # fmt: skip
PREPROCESSING = {
    "size": [SIDE, SIDE], "mode": "RGB", "mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear",
    "resize_mode": "squash", "fill_color": 0,
}  # fmt: skip


def make_tokenizer() -> Any:
    """Whole words in lower case between a start and an end, which has the highest number, as CLIP expects."""
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
    """An open_clip CLIP with random weights: a small ResNet with attention pooling and a small text tower."""
    torch().manual_seed(seed)
    model_cfg = {**CONFIG, "text_cfg": dict(CONFIG["text_cfg"])}
    for name in ("hf_tokenizer_name", "tokenizer_kwargs"):
        model_cfg["text_cfg"].pop(name)
    return open_clip().CLIP(**model_cfg)


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

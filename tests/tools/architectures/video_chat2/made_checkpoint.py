"""Tiny VideoChat2 checkpoints of random weights, as the released files hold them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch, transformers
from playhead_index.window import Window
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest

SIDE, PATCH, VISION, VISION_HEADS = 32, 16, 16, 2
TEXT, TEXT_HEADS, GROUPS, TEXT_LAYERS = 32, 4, 2, 2
BERT, BERT_HEADS, BERT_LAYERS = 24, 3, 3
QUERIES, EXTRA, RANK, ALPHA = 20, 12, 4, 8
CHARACTERS = "▁\n" + "".join(chr(code) for code in range(33, 127))
BERT_WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "watch", "observe", "the", "video", "image", "and",
    "answer", "question", ".", "?", "what", "is", "it", "where", "red",
]  # fmt: skip
CONFIG = {
    "model": {
        "model_cls": "VideoChat2_it_mistral",
        "mistral_model_path": "your_model_path/llm//Mistral-7B-Instruct-v0.2",
        "max_txt_len": 512,
        "vision_encoder": {
            "img_size": SIDE, "patch_size": PATCH, "encoder_embed_dim": VISION, "encoder_depth": 3,
            "encoder_num_heads": VISION_HEADS, "return_index": -2, "ckpt_num_frame": 4,
        },
        "num_query_token": QUERIES, "extra_num_query_token": EXTRA, "lora_r": RANK, "lora_alpha": ALPHA,
    },
    "device": "cuda",
}  # fmt: skip
STAGE_3, STAGE_2 = "videochat2_mistral_7b_stage3.pth", "videochat2_mistral_7b_stage2.pth"
HD = "videochat2_hd_mistral_7b_stage4.pth"
KEYS = Path(__file__).with_name("released_keys.txt")


def released_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a stage 3 checkpoint, from a list that was written by hand."""
    lines = [line.split() for line in KEYS.read_text("utf-8").splitlines()]
    return {name: tuple(int(number) for number in shape.split("x")) for name, shape in lines}


def random_weights(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Any]:
    """float64 weights near those of a trained model: norms near one, layers that keep the scale."""
    numbers = torch().Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes.items():
        noise = torch().randn(*shape, generator=numbers, dtype=torch().float64)
        is_norm = name.endswith("norm.weight") or "LayerNorm.weight" in name or "norm1.weight" in name
        fan_in = math.prod(shape[1:]) if len(shape) > 1 else 100
        weights[name] = 1 + 0.1 * noise if is_norm or "norm2.weight" in name else noise / math.sqrt(fan_in)
    return weights


def text_tokenizer() -> Any:
    """A sentencepiece-like tokenizer of single characters, with a BOS and a space before every text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    vocabulary = {token: i for i, token in enumerate(["<unk>", "<s>", "</s>", *CHARACTERS])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    return transformers().PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def make_text_model(folder: Path) -> None:
    """A stock Mistral of two layers in float64, with its tokenizer."""
    config = transformers().MistralConfig(
        vocab_size=3 + len(CHARACTERS), hidden_size=TEXT, intermediate_size=40, num_hidden_layers=TEXT_LAYERS,
        num_attention_heads=TEXT_HEADS, num_key_value_heads=GROUPS, sliding_window=None,
        max_position_embeddings=4096, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    with torch().random.fork_rng():
        torch().manual_seed(3)
        model = transformers().MistralForCausalLM(config).double()
    with torch().no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(8)
    model.save_pretrained(folder)
    text_tokenizer().save_pretrained(folder)


def make_bert(folder: Path) -> None:
    """The two files of BERT that the Q-Former is read from."""
    folder.mkdir(parents=True)
    settings = {
        "model_type": "bert", "hidden_size": BERT, "num_hidden_layers": BERT_LAYERS, "vocab_size": 20,
        "num_attention_heads": BERT_HEADS, "intermediate_size": 28, "hidden_act": "gelu",
        "max_position_embeddings": 512, "layer_norm_eps": 1e-12,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "vocab.txt").write_text("\n".join(BERT_WORDS) + "\n")


def make_checkpoint(folder: Path, name: str = STAGE_3, config: Mapping[str, Any] = CONFIG) -> dict[str, Any]:
    """Writes a folder as a user has it after the downloads, and returns the weights of the checkpoint."""
    weights = random_weights(released_shapes())
    make_text_model(folder / "Mistral-7B-Instruct-v0.2")
    make_bert(folder / "bert-base-uncased")
    (folder / "config.json").write_text(json.dumps(config))
    torch().save({"model": weights}, folder / name)
    return weights


def square_frames(num_frames: int, seed: int = 0) -> NDArray[np.uint8]:
    """Noise of the size that the tower takes, so that nothing is resized."""
    numbers = np.random.default_rng(seed)
    return numbers.integers(0, 256, (num_frames, SIDE, SIDE, 3), dtype=np.uint8)


def clip_of(num_frames: int, seed: int = 0) -> Clip:
    """A clip of noise, two frames a second."""
    pts_s = np.arange(num_frames) * 0.5
    return Clip(f"v{seed}", Window(0.0, num_frames * 0.5), pts_s, square_frames(num_frames, seed))


def plain_request(
    *clips: Clip, question: str = "What is it?", new_tokens: int = 8, **more: Any
) -> VlmRequest:
    """The question alone, as the released code asks it."""
    return VlmRequest(clips, question, Budget(new_tokens=new_tokens), plain_prompt=True, **more)

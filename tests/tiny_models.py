"""Real model classes at a tiny size with random weights, written in the formats that the loaders read."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from playhead_index.embed.runtime import open_clip, torch, transformers

OPEN_CLIP_WIDTH, DINO_WIDTH, TEXT_WIDTH = 16, 32, 32
TEXT_WORDS = [
    "a",
    "the",
    "red",
    "blue",
    "car",
    "dog",
    "man",
    "cake",
    "drives",
    "eats",
    "on",
    "street",
    "[SEP]",
]


def make_tiny_open_clip(folder: Path, *, image_size_px: int = 32, seed: int = 0) -> Path:
    """A folder for `local-dir:`: a two-layer CLIP over open_clip's own tokenizer, 0.9 MB."""
    config = {
        "embed_dim": OPEN_CLIP_WIDTH,
        "vision_cfg": {
            "image_size": image_size_px, "layers": 2, "width": 32, "patch_size": 16, "head_width": 16,
        },
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 2},
    }  # fmt: skip
    with torch().random.fork_rng():
        torch().manual_seed(seed)
        model = open_clip().CLIP(**config)
    return save_open_clip(folder, config, model)


def save_open_clip(folder: Path, config: dict[str, object], model: object) -> Path:
    """Writes an open_clip model as a folder for `local-dir:`, in half precision."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}  # type: ignore[attr-defined]
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


def make_tiny_dino(folder: Path, *, registers: int = 0, seed: int = 0) -> Path:
    """A folder with a two-layer DINOv2 (with registers if any are asked for), 0.1 MB."""
    library = transformers()
    sizes = {
        "hidden_size": DINO_WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 56,
        "patch_size": 14,
    }  # fmt: skip
    with torch().random.fork_rng():
        torch().manual_seed(seed)
        if registers:
            config = library.Dinov2WithRegistersConfig(**sizes, num_register_tokens=registers)
            model = library.Dinov2WithRegistersModel(config)
        else:
            model = library.Dinov2Model(library.Dinov2Config(**sizes))
    model.save_pretrained(folder)
    library.BitImageProcessor(
        size={"shortest_edge": 64}, crop_size={"height": 56, "width": 56},
        image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225],
    ).save_pretrained(folder)  # fmt: skip
    return folder


def make_tiny_text_model(folder: Path, *, seed: int = 0) -> Path:
    """A folder with a two-layer BERT and a vocabulary of a few words, 0.1 MB."""
    library = transformers()
    vocab_size = make_tiny_tokenizer(folder)
    with torch().random.fork_rng():
        torch().manual_seed(seed)
        model = library.BertModel(
            library.BertConfig(
                vocab_size=vocab_size, hidden_size=TEXT_WIDTH, num_hidden_layers=2,
                num_attention_heads=2, intermediate_size=64, max_position_embeddings=64,
            )
        )  # fmt: skip
    model.save_pretrained(folder)
    return folder


TINY_SIZES = {
    "hidden_size": TEXT_WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 64,
}  # fmt: skip


def make_tiny_reranker(folder: Path, family: str = "bert", *, num_labels: int = 1, seed: int = 0) -> Path:
    """A folder with a two-layer sequence classifier over the vocabulary of `make_tiny_text_model`, 0.1 MB."""
    library = transformers()
    make_tiny_tokenizer(folder)
    config = library.AutoConfig.for_model(
        family, **TINY_SIZES, vocab_size=len(TEXT_WORDS) + 4, num_labels=num_labels, pad_token_id=0,
        cls_token_id=2, sep_token_id=16, bos_token_id=2, eos_token_id=16,
    )  # fmt: skip
    with torch().random.fork_rng():
        torch().manual_seed(seed)
        model = library.AutoModelForSequenceClassification.from_config(config)
        for parameter in model.parameters():  # the initial weights of a head give nearly equal scores
            torch().nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return folder


def make_tiny_tokenizer(folder: Path) -> int:
    """Writes the word tokenizer of the tiny text models into a folder; the size of its vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", *TEXT_WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    transformers().BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return len(vocabulary)


def make_tiny_sentence_model(
    folder: Path,
    family: str = "bert",
    *,
    pooling: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    transformer_settings: Mapping[str, object] | None = None,
    dense: Sequence[tuple[int, str]] = (),
    is_normalised: bool = True,
    seed: int = 0,
) -> Path:
    """A folder of sentence-transformers with a two-layer encoder, 0.1 MB.

    Args:
        folder: to write.
        family: model type of transformers.
        pooling: settings of the module `1_Pooling`; the mean by default.
        settings: of `config_sentence_transformers.json`.
        transformer_settings: of `sentence_bert_config.json`.
        dense: (outputs, activation function) of each dense layer.
        is_normalised: whether the last module is a normalisation.
        seed: of the weights.
    """
    from safetensors.torch import save_file

    library = transformers()
    vocab_size = make_tiny_tokenizer(folder)
    config = library.AutoConfig.for_model(
        family, **TINY_SIZES, vocab_size=vocab_size, pad_token_id=0, cls_token_id=2, sep_token_id=16,
        bos_token_id=2, eos_token_id=16, num_key_value_heads=1, head_dim=16,
    )  # fmt: skip
    modules = ["Transformer", "Pooling", *("Dense" for _ in dense), *(["Normalize"] if is_normalised else [])]
    paths = [f"{i}_{kind}" if i else "" for i, kind in enumerate(modules)]
    listed = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(modules, paths, strict=True))
    ]
    _write_json(folder / "modules.json", listed)
    for path in paths[1:]:
        (folder / path).mkdir()
    _write_json(
        folder / "1_Pooling" / "config.json", {"word_embedding_dimension": TEXT_WIDTH, **(pooling or {})}
    )
    _write_json(folder / "config_sentence_transformers.json", settings or {})
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": 32, **(transformer_settings or {})})
    with torch().random.fork_rng():
        torch().manual_seed(seed)
        library.AutoModel.from_config(config).save_pretrained(folder)
        width = TEXT_WIDTH
        for i, (outputs, activation) in enumerate(dense, start=2):
            _write_json(
                folder / f"{i}_Dense" / "config.json",
                {
                    "in_features": width,
                    "out_features": outputs,
                    "bias": True,
                    "activation_function": activation,
                },
            )
            weights = {"linear.weight": torch().randn(outputs, width), "linear.bias": torch().randn(outputs)}
            save_file(weights, folder / f"{i}_Dense" / "model.safetensors")
            width = outputs
    return folder


def _write_json(path: Path, settings: object) -> None:
    path.write_text(json.dumps(settings))

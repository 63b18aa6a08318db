"""Loading a transformers model from a folder, whole or not at all."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playhead_index.embed.check_weights import refuse_other_weights
from playhead_index.embed.checkpoints import Checkpoint
from playhead_index.embed.runtime import transformers

LOCAL_ONLY = {"local_files_only": True, "trust_remote_code": False}
REPORTING = ("modeling_utils", "utils.loading_report")
"""The loggers of transformers by which its table of weights comes."""
UNUSED = ("pooler.",)
"""Weights of encoders that nothing here computes with; a file may lack them."""
HEADS = (
    "cls.",
    "classifier.",
    "lm_head.",
    "qa_outputs.",
    "vocab_layer_norm.",
    "vocab_projector.",
    "vocab_transform.",
)
"""Heads for other tasks, which stand on the same encoder; a file may have them."""


_OFFSET_FAMILIES = ("camembert", "mpnet", "roberta", "xlm-roberta")
"""Families whose first position is the one behind the padding token's."""


def read_json(path: Path) -> dict[str, Any]:
    """The settings in a JSON file; none where there is no file.

    Raises:
        ValueError: it holds something else than a JSON object.
    """
    settings = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if not isinstance(settings, dict):
        got = type(settings).__name__
        raise ValueError(f"{path.name} holds a {got}, expected a JSON object")  # noqa: TRY004
    return settings


def max_positions(config: Any, default: int) -> int:
    """Tokens that a model has positions for; `default` for one that states no maximum."""
    positions = int(getattr(config, "max_position_embeddings", None) or default)
    if config.model_type in _OFFSET_FAMILIES:
        positions -= int(config.pad_token_id or 0) + 1
    return positions


def load_transformer(found: Checkpoint, families: Sequence[str]) -> Any:
    """A transformers encoder in evaluation mode on the CPU, every weight from its files.

    Raises:
        ValueError: it is of another family, or its files do not hold exactly its weights.
    """
    library = transformers()
    config = library.AutoConfig.from_pretrained(found.folder, **LOCAL_ONLY)
    if config.model_type not in families:
        raise ValueError(f"it is a {config.model_type!r}, expected one of {', '.join(families)}")
    model = load_complete(library.AutoModel, found.folder, may_lack=UNUSED, may_hold=HEADS, config=config)
    return model.float().eval()


def load_complete(
    auto_class: Any,
    folder: Path,
    *,
    may_lack: Sequence[str] = (),
    may_hold: Sequence[str] = (),
    **options: Any,
) -> Any:
    """A transformers model, every weight from its files, for each weight in them a place.

    transformers fills what is missing or of another shape with random numbers, drops what it has no place
    for, and only logs both. What it knows to be harmless (tied weights, buffers such as `position_ids`, what
    a class lists in `_keys_to_ignore_on_load_*`) it leaves out of its report, and so it is fine here.

    Args:
        auto_class: an auto class, or the class of a model.
        folder: with the model's files.
        may_lack: beginnings of the names of weights that may be missing.
        may_hold: beginnings of the names of weights that may be left over.
        options: of `from_pretrained`.

    Raises:
        ValueError: weights are missing, left over, or of another shape; it names them.
    """
    with _without_report():
        model, report = auto_class.from_pretrained(
            folder,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            **LOCAL_ONLY,
            **options,
        )
    refuse_other_weights(
        [name for name in report["missing_keys"] if not _begins(name, may_lack)],
        [name for name in report["unexpected_keys"] if not _begins(name, may_hold)],
        [(name, file_shape, shape) for name, file_shape, shape in report["mismatched_keys"]],
    )
    return model


def _begins(name: str, beginnings: Sequence[str]) -> bool:
    """Whether a name, or what is left of it without the name of its model in front, begins so."""
    return name.startswith(tuple(beginnings)) or name.partition(".")[2].startswith(tuple(beginnings))


@contextmanager
def _without_report() -> Iterator[None]:
    """Inside, transformers logs no table of weights: it is in the error."""
    loggers = [logging.getLogger(f"transformers.{name}") for name in REPORTING]

    def is_other(record: logging.LogRecord) -> bool:
        return "LOAD REPORT" not in record.getMessage()

    for logger in loggers:
        logger.addFilter(is_other)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_other)

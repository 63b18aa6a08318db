"""Loading a transformers model from a folder, whole or not at all."""

from collections.abc import Sequence
from typing import Any

from playhead_index.embed.checkpoints import Checkpoint
from playhead_index.embed.runtime import transformers

LOCAL_ONLY = {"local_files_only": True, "trust_remote_code": False}


def load_transformer(found: Checkpoint, families: Sequence[str]) -> Any:
    """A transformers model in evaluation mode on the CPU, every weight from its files.

    Raises:
        ValueError: it is of another family, or the files do not hold all its weights (transformers
            would fill those with random numbers and only log it).
    """
    library = transformers()
    config = library.AutoConfig.from_pretrained(found.folder, **LOCAL_ONLY)
    if config.model_type not in families:
        raise ValueError(f"it is a {config.model_type!r}, expected one of {', '.join(families)}")
    model, report = library.AutoModel.from_pretrained(
        found.folder, config=config, use_safetensors=True, output_loading_info=True, **LOCAL_ONLY
    )
    missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
    if missing:
        raise ValueError(f"its files lack {len(missing)} weights, such as {missing[0]}")
    return model.float().eval()

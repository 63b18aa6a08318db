"""A folder with a tiny checkpoint of any family."""

from pathlib import Path

from tests.tools.video_llm.tiny_families import FAMILY_MAKERS, REFUSED_MAKERS
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch

ALL_MAKERS = {**MAKERS, **FAMILY_MAKERS, **REFUSED_MAKERS}


def write_checkpoint(family: str, folder: Path) -> Path:
    """A folder with weights, processor and template of a family."""
    torch().manual_seed(0)
    model, processor = ALL_MAKERS[family]()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder

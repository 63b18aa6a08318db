"""A tiny VideoChat2 that is written and loaded once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.tools.architectures.video_chat2.made_checkpoint import make_checkpoint
from tests.tools.video_llm.seen_clips import exact

from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM


@dataclass(frozen=True)
class Made:
    """A checkpoint in the released layout.

    Args:
        folder: where it is.
        weights: of the released file, by its names.
        base: of the language model, by the names of transformers.
        llm: the model in float64; it holds no keys and values between calls.
    """

    folder: Path
    weights: dict[str, Any]
    base: dict[str, Any]
    llm: TransformersVideoLLM


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A stage 3 model: tower, Q-Former, projector and LoRA in one `.pth`, Mistral and BERT beside it."""
    from safetensors.torch import load_file

    folder = tmp_path_factory.mktemp("video_chat2")
    weights = make_checkpoint(folder)
    base = load_file(folder / "Mistral-7B-Instruct-v0.2" / "model.safetensors")
    return Made(folder, weights, base, exact(folder, reuse_bytes=0))

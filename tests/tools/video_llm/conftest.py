"""Tiny checkpoints, each written once a run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tools.video_llm.checkpoints import write_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`checkpoint("qwen3_vl")` is a folder with a tiny Qwen3-VL; tests must not change it."""
    written: dict[str, Path] = {}

    def make(family: str) -> Path:
        if family not in written:
            written[family] = write_checkpoint(family, tmp_path_factory.mktemp(family))
        return written[family]

    return make

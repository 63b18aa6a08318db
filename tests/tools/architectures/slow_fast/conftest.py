"""Tiny Slow-Fast checkpoints, each written once a run, with their oracle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tools.architectures.slow_fast.asked import Checkpoint, write

Make = Callable[..., Checkpoint]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """`made(min_fast_frames=3)` is a checkpoint with these settings; tests must not change it."""
    written: dict[str, Checkpoint] = {}

    def make(**more: Any) -> Checkpoint:
        name = repr(sorted(more.items()))
        if name not in written:
            written[name] = write(Path(tmp_path_factory.mktemp("slow_fast")), **more)
        return written[name]

    return make

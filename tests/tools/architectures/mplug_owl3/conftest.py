"""Tiny checkpoints of mPLUG-Owl3, each written once a run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tools.architectures.mplug_owl3.released import Generation, write_owl3


@pytest.fixture(scope="session")
def owl3(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Generation], Path]:
    """`owl3("240728")` is a folder; tests must not change it."""
    written: dict[Generation, Path] = {}

    def make(generation: Generation) -> Path:
        if generation not in written:
            written[generation] = write_owl3(tmp_path_factory.mktemp(f"owl3-{generation}"), generation)
        return written[generation]

    return make

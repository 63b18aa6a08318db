"""Released folders, each written once a run, and oracles of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tools.architectures.longvu.made_oracle import oracle_of
from tests.tools.architectures.longvu.oracle import Oracle
from tests.tools.architectures.longvu.tiny_longvu import write_longvu

CONTEXT = 416


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`released("qwen")` is a folder in the released layout; tests must not change it."""
    written: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in written:
            written[kind] = write_longvu(tmp_path_factory.mktemp("longvu") / kind, kind, context=CONTEXT)
        return written[kind]

    return make


@pytest.fixture(scope="session")
def oracle(released: Callable[[str], Path]) -> Callable[[str], Oracle]:
    """`oracle("qwen")` computes what that folder should give."""
    made: dict[str, Oracle] = {}

    def make(kind: str) -> Oracle:
        if kind not in made:
            made[kind] = oracle_of(released(kind), kind, CONTEXT)
        return made[kind]

    return make

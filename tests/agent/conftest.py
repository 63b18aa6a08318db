"""Made libraries for all tests that only read."""

import pytest
from tests.agent.filmed import make_filmed
from tests.tools.made_library import make_library

from playhead_index.store.catalog import Catalog


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The made library; nobody writes to it."""
    return make_library(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The made library with files that can be decoded; nobody writes to it."""
    return make_filmed(tmp_path_factory.mktemp("filmed"))

"""One made library for the tests of the planner of the synthetic benchmark; nobody writes to it."""

import pytest
from tests.tools.made_library import make_library

from playhead_index.store.catalog import Catalog


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The made library."""
    return make_library(tmp_path_factory.mktemp("made"))

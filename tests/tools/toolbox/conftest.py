"""Toolboxes over made libraries."""

import pytest
from tests.tools.made_library import WordFinder
from tests.tools.toolbox.coloured import make_wall, wall_client

from playhead_index.store.catalog import Catalog
from playhead_tools.toolbox import Toolbox


@pytest.fixture
def box(made: Catalog) -> Toolbox:
    """Words of two videos; no model looks."""
    return Toolbox(made, WordFinder(made))


@pytest.fixture(scope="session")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The video whose wall changes colour."""
    return make_wall(tmp_path_factory.mktemp("wall"))


@pytest.fixture
def seeing(wall: Catalog) -> Toolbox:
    """The wall, with a model that sees colours."""
    return Toolbox(wall, WordFinder(wall), wall_client(wall)[0])

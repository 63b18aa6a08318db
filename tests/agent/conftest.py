"""One made library for all tests that only read."""

import pytest
from tests.made_videos import colours
from tests.tools.made_library import VIDEOS, make_library

from playhead_index.store.catalog import Catalog


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The made library; nobody writes to it."""
    return make_library(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The made library with its files: plain colours, one picture a second."""
    folder = tmp_path_factory.mktemp("filmed")
    catalog = make_library(folder)
    for name, duration_s in VIDEOS.values():
        colours(folder / name, [((200, 30, 30), duration_s / 2), ((30, 30, 200), duration_s / 2)], fps=1.0)
    return catalog

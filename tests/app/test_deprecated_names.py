"""Old names of `Library` work for one more release and warn of the new one; the project uses none of them."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.repository_paths import ROOT

from playhead.deprecated_names import renamed_argument
from playhead.library import Library
from playhead.models import ModelNames

OLD_METHODS = re.compile(r"\.(forget_looks|keep_model|recipe)\(|(?<!_)library\.eyes\b|\bmay_ask\b")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    opened = Library(tmp_path / "library", ModelNames())
    opened.__dict__["vlm_client"] = "the client"
    return opened


def warning(old: str, new: str) -> Any:
    """Expects the warning that names both."""
    return pytest.warns(DeprecationWarning, match=rf"{old}.* is now .*{new}; the old name goes with the next")


def test_eyes_is_vlm_client(library: Library) -> None:
    with warning("Library.eyes", "Library.vlm_client"):
        assert library.eyes == "the client"


def test_eyes_can_be_set(library: Library) -> None:
    with warning("Library.eyes", "Library.vlm_client"):
        library.eyes = None
    assert library.vlm_client is None


def test_forget_looks_is_clear_observations(library: Library) -> None:
    library.__dict__["vlm_client"] = None
    with warning("Library.forget_looks", "Library.clear_observations"):
        library.forget_looks()


def test_keep_model_is_store_model(library: Library) -> None:
    with warning("Library.keep_model", "Library.store_model"):
        assert library.keep_model(has_failed=True) == ""


def test_recipe_is_index_settings(library: Library) -> None:
    with warning("Library.recipe", "Library.index_settings"):
        assert library.recipe({"fps": 4.0}) == library.index_settings({"fps": 4.0})


def test_the_argument_recipe_of_index_is_settings(library: Library) -> None:
    with warning("the argument recipe of Library.index", "settings"):
        assert list(library.index([], recipe={"fps": 4.0})) == []


def test_the_argument_may_ask_of_stream_is_may_clarify(library: Library) -> None:
    with warning("the argument may_ask of Library.stream", "may_clarify"):
        steps: Any = library.stream("Which video is it?", may_ask=True)
    assert steps.gi_frame.f_locals["self"].may_clarify


def test_a_warning_points_at_the_line_that_uses_the_old_name(library: Library) -> None:
    with warning("eyes", "vlm_client") as by_attribute:
        _ = library.eyes
    with warning("recipe", "settings") as by_argument:
        library.index([], recipe={})
    assert {found.filename for found in (*by_attribute, *by_argument)} == {__file__}


def test_the_old_and_the_new_argument_together_are_refused() -> None:
    @renamed_argument("frames", "num_frames")
    def sample(num_frames: int) -> int:
        return num_frames

    with pytest.raises(TypeError, match="sample got num_frames and, under its old name, frames"):
        sample(num_frames=1, frames=2)


def test_no_code_notebook_or_page_of_the_project_uses_an_old_name() -> None:
    folders = ("index", "tools", "agent", "app", "bench", "notebooks", "docs", "tests")
    files = [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    pages = [ROOT / "README.md", *(path for path in files if path.suffix in (".py", ".md", ".ipynb"))]
    ours = (Path(__file__), ROOT / "app/playhead/library.py")
    texts = {path: path.read_text("utf-8") for path in pages if path not in ours}
    assert [path for path, text in texts.items() if OLD_METHODS.search(text)] == []

"""The reranker of a search: named by an option, an argument or the environment, never chosen by itself."""

from pathlib import Path

import pytest
from tests.made_videos import colours
from tests.tiny_models import make_tiny_reranker

from playhead.default_models import DEFAULTS, RERANKER
from playhead.doctor import check_reranker
from playhead.library import Library
from playhead.models import ModelNames, reranker_name, search_reranker
from playhead.prepare import chosen_models
from playhead_index.embed.reranker import load_reranker
from playhead_index.errors import ModelUnavailable

OFF = ModelNames("off", "off", "off", "off", "off")
SENTENCES = ("The man drives a red car.", "The dog eats a cake on the street.", "A man eats the red cake.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of one video with three sentences that are far from each other."""
    cues = [(at * 18.0 + 1.0, at * 18.0 + 5.0, text) for at, text in enumerate(SENTENCES)]
    colours(tmp_path / "talk.mp4", [((200, 30, 30), 60.0)], fps=5.0, subtitles=cues)
    (report,) = Library(tmp_path / "library", OFF).index(tmp_path / "talk.mp4")
    assert report.status == "indexed"
    return tmp_path / "library"


def test_a_named_reranker_ranks_the_passages(folder: Path, tmp_path: Path) -> None:
    name = str(make_tiny_reranker(tmp_path / "reranker"))
    library = Library(folder, OFF, rerank_model=name)
    texts = [hit.text for moment in library.search("the red cake").moments for hit in moment.hits[:1]]
    reranker = library.searcher._passages._reranker
    assert texts
    assert reranker is not None
    assert reranker.scores("a", SENTENCES).tolist() == load_reranker(name).scores("a", SENTENCES).tolist()


def test_a_named_reranker_that_is_missing_ends_the_search(folder: Path) -> None:
    with pytest.raises(
        ModelUnavailable, match=r"'nobody/nothing' is not on this machine; run: playhead prep"
    ):
        Library(folder, OFF, rerank_model="nobody/nothing").search("the red cake")


def test_the_environment_names_a_reranker_and_an_option_is_stronger(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (reranker_name(ModelNames()), search_reranker(ModelNames())) == (None, None)
    monkeypatch.setenv("PLAYHEAD_RERANK_MODEL", "BAAI/bge-reranker-v2-m3")
    assert reranker_name(ModelNames()) == "BAAI/bge-reranker-v2-m3"
    assert reranker_name(ModelNames(rerank="other/model")) == "other/model"
    assert reranker_name(ModelNames(rerank="off")) is None


def test_a_reranker_is_prepared_where_it_is_asked_for_alone() -> None:
    assert chosen_models(["rerank"]) == [RERANKER]
    assert chosen_models(["all"]) == list(DEFAULTS.values())
    assert chosen_models(["all", "rerank"]) == [*DEFAULTS.values(), RERANKER]
    (own,) = chosen_models(["rerank"], ModelNames(rerank="BAAI/bge-reranker-v2-m3"))
    assert (own.role, own.name, own.size_mb) == ("rerank", "BAAI/bge-reranker-v2-m3", 0)


def test_the_report_says_which_reranker_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PLAYHEAD_RERANK_MODEL", raising=False)
    assert check_reranker().detail.startswith(
        "off; --rerank-model NAME or the variable PLAYHEAD_RERANK_MODEL"
    )
    monkeypatch.setenv("PLAYHEAD_RERANK_MODEL", str(make_tiny_reranker(tmp_path)))
    assert (check_reranker().ok, str(tmp_path) in check_reranker().detail) == (True, True)
    monkeypatch.setenv("PLAYHEAD_RERANK_MODEL", "nobody/nothing")
    assert not check_reranker().ok

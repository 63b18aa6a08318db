"""The baselines behind the library's own door."""

from pathlib import Path

import pytest
from tests.made_videos import colours
from tests.tools.made_library import DEMO, VIDEOS, make_library
from typer.testing import CliRunner

from playhead.cli import app
from playhead.compare_strategies import compare
from playhead.library import Library
from playhead.models import ModelNames
from playhead_agent.models.chat_model import LangChainChat
from playhead_agent.strategies import strategy_names
from playhead_agent.testing import ScriptedChatModel
from playhead_index.errors import ModelUnavailable, VideoUnknown
from playhead_index.window import Window
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.client import VlmClient


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """The made library with its videos and a model that says that all is red."""
    make_library(tmp_path)
    for name, duration_s in VIDEOS.values():
        colours(tmp_path / name, [((200, 30, 30), duration_s)], fps=1.0)
    opened = Library(tmp_path, ModelNames(video="off"))
    opened.__dict__["vlm_client"] = VlmClient(
        opened.catalog, ScriptedVideoLLM(lambda request, frames: "It is red."), plain_prompt=True
    )
    return opened


def test_the_strategies_are_a_planner_rules_all_baselines_and_those_of_entry_points() -> None:
    baselines = ["uniform", "retrieve-once", "captions", "confidence-loop", "skim"]
    assert list(strategy_names()) == ["auto", "planner", "rules", *baselines, "synthetic"]


def test_a_strategy_is_one_word_of_the_question(library: Library) -> None:
    answer = library.ask("Which colour is it?", videos=["demo.mp4"], strategy="uniform")
    assert (answer.text, answer.cost["frames"], answer.intervals[0].video_id) == ("It is red.", 8, DEMO)


def test_compared_strategies_each_pay_for_their_own_looks(library: Library) -> None:
    rows = list(compare(library, "Which colour is the house?", ["uniform", "uniform"], videos=["demo.mp4"]))
    assert [row.answer and row.answer.cost["looks"] for row in rows] == [1, 1]


def test_a_strategy_that_cannot_run_says_why_and_the_others_run(library: Library) -> None:
    library.__dict__["vlm_client"] = None
    names = ["uniform", "rules", "retrieve-once"]
    rows = {row.strategy: row for row in compare(library, "When is Bayes mentioned?", names)}
    assert list(rows) == names
    assert rows["rules"].answer is not None
    assert rows["uniform"].answer is None
    assert rows["uniform"].error.startswith("uniform needs a video-LLM, and there is none: ")
    assert rows["uniform"].error_type == "ModelUnavailable"


def test_a_video_that_is_not_there_ends_a_comparison(library: Library) -> None:
    with pytest.raises(VideoUnknown, match="no video 'nowhere' in this library"):
        list(compare(library, "When is Bayes mentioned?", ["rules"], videos=["nowhere"]))


def test_a_baseline_without_a_video_model_says_why(library: Library) -> None:
    library.__dict__["vlm_client"] = None
    with pytest.raises(ModelUnavailable, match="uniform needs a video-LLM, and there is none"):
        library.ask("Which colour is it?", strategy="uniform")


def test_captions_answer_without_a_video_model_where_the_library_has_some(library: Library) -> None:
    library.__dict__["vlm_client"] = None
    summary = {"summary": "A red car passes.", "ids": ["C1"]}
    chat = ScriptedChatModel(replies=[summary, {"answerable": True, "answer": "A red car.", "ids": ["C1"]}])
    library.__dict__["chat_model"] = lambda llm, base_url: LangChainChat(chat)
    answer = library.ask("What drives past the house?", strategy="captions")
    assert (answer.text, answer.cost["looks"]) == ("A red car.", 0)
    assert [interval.window for interval in answer.intervals] == [Window(60.0, 90.0)]


def test_captions_without_a_video_model_and_a_chat_model_say_what_is_missing(library: Library) -> None:
    library.__dict__["vlm_client"] = None
    with pytest.raises(ModelUnavailable, match="captions needs a chat model to read the captions"):
        library.ask("Which colour is it?", strategy="captions")


def test_an_unknown_strategy_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["ask", "Which?", "--library", str(tmp_path), "--strategy", "magic"])
    assert result.exit_code == 2

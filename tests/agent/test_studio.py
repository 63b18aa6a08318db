"""The graph as LangGraph Studio opens it."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from tests.agent.seen_world import World
from tests.tools.made_library import make_library

from playhead_agent.bound_graph import studio_graph
from playhead_agent.rules.graph import build_graph
from playhead_agent.state import Context
from playhead_index.errors import LibraryMissing
from playhead_index.search.engine import Searcher
from playhead_index.store.catalog import Catalog

ROOT = Path(__file__).parents[2]
IN_THREAD: Any = {"configurable": {"thread_id": "a"}}


def factory() -> Any:
    """The function that langgraph.json names, loaded from its file as the server does."""
    path, _, name = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["playhead"].partition(":")
    spec = importlib.util.spec_from_file_location("studio_of_langgraph_json", ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def test_the_factory_of_langgraph_json_opens_the_library_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path)
    monkeypatch.setenv("PLAYHEAD_LIBRARY", str(tmp_path))
    monkeypatch.setenv("PLAYHEAD_VIDEO_MODEL", "off")
    answer = factory()().invoke({"question": "When does he mention the exam?"})["answer"]
    assert (answer["status"], answer["intervals"][0]["start_s"]) == ("answered", 240.0)


def test_without_a_library_the_factory_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYHEAD_LIBRARY", raising=False)
    with pytest.raises(LibraryMissing, match="PLAYHEAD_LIBRARY is not set; set it to the folder"):
        factory()()


def test_studio_shows_the_graph_that_the_agent_runs(made: Catalog) -> None:
    graph = studio_graph(Context(Searcher(made.path.parent, made), made))
    ours, theirs = build_graph().get_graph(), graph.get_graph()
    assert (theirs.nodes.keys(), theirs.edges) == (ours.nodes.keys(), ours.edges)
    assert list(graph.get_input_jsonschema()["properties"]) == ["question", "options"]


def test_looks_are_sent_side_by_side_there_too(made: Catalog) -> None:
    world = World(made, moments=3)
    answer = studio_graph(world.context()).invoke({"question": "When does the dog jump?"})["answer"]
    assert (answer["status"], answer["cost"]["looks"]) == ("answered", len(world.looks))


def test_every_question_of_a_thread_has_limits_of_its_own(made: Catalog) -> None:
    world = World(made, moments=3)
    graph = studio_graph(world.context()).copy({"checkpointer": InMemorySaver()})
    questions = ("When does the dog jump?", "What does he say about the exam?")
    costs = [graph.invoke({"question": one}, IN_THREAD)["answer"]["cost"]["steps"] for one in questions]
    assert costs[1] <= costs[0]


def test_studio_is_asked_which_video_is_meant(made: Catalog) -> None:
    graph = studio_graph(World(made).context()).copy({"checkpointer": InMemorySaver()})
    waits = graph.invoke({"question": "What is said at 0:51?"}, IN_THREAD)["__interrupt__"]
    assert waits[0].value["action_request"]["action"] == "clarify"
    again = Command(resume=[{"type": "response", "args": "demo.mp4"}])
    assert graph.invoke(again, IN_THREAD)["answer"]["status"] == "answered"

"""Pictures: a short scope is looked at once, planners that take images see frames, calls go side by side."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from tests.agent.planner.runs import context_of, finish, run_script
from tests.tools.made_library import WordFinder
from tests.tools.toolbox.coloured import colour_reply, make_wall

from playhead_agent.limits import Limits
from playhead_agent.planner.brief import Brief
from playhead_agent.planner.brief_images import NUM_THUMBNAILS, thumbnail_places, with_thumbnails
from playhead_agent.planner.strategy import PLANNER
from playhead_agent.progress import Progress
from playhead_agent.run import ask, resume, stream
from playhead_agent.testing import ScriptedChat, agree_with_all
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.evidence import Answer
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.toolbox import Toolbox, VlmCallCounter
from playhead_tools.video_llm.client import Observation, VlmClient

QUESTION = "What colour is the wall?"
UNKNOWN = ("abstain", {"reason": "unknown"})


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_wall(tmp_path_factory.mktemp("wall"))


def blocks_of(chat: ScriptedChat, kind: str) -> list[dict[str, Any]]:
    """The content blocks of a kind in the first message of the user."""
    content: Any = chat.sent[0][1].content
    return [block for block in content if block["type"] == kind]


def test_a_short_scope_is_looked_at_once_as_a_whole(wall: Catalog) -> None:
    run = run_script(wall, QUESTION, [UNKNOWN] * 2, seeing=True)
    assert "asked of the frames: What colour is the wall?" in run.prompt()
    assert "The wall is " in run.prompt()
    assert run.answer.cost["looks"] == 1


def test_the_look_can_be_cited_at_once(wall: Catalog) -> None:
    def cite(messages: list[Any]) -> Any:
        line = next(line for line in str(messages[1].content).splitlines() if "The wall is" in line)
        return finish((f"The wall is {line.split('The wall is ')[1].split()[0]}.", [line.split(" |")[0]]))

    run = run_script(wall, QUESTION, [cite], seeing=True)
    assert (run.answer.status, run.answer.evidence[0].kind) == ("answered", "picture")


def test_a_planner_that_takes_images_sees_the_frames_of_a_short_scope(wall: Catalog) -> None:
    chat = ScriptedChat([UNKNOWN] * 2, takes_images=True, host="api.example.test")
    run = run_script(wall, QUESTION, chat, seeing=True)
    images = blocks_of(chat, "image_url")
    assert len(images) == 16
    assert images[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert (run.answer.cost["looks"], run.answer.cost["frames"]) == (1, 16)


def test_a_planner_that_takes_images_needs_no_video_model(wall: Catalog) -> None:
    chat = ScriptedChat([UNKNOWN] * 2, takes_images=True, host="api.example.test")
    steps = list(stream(QUESTION, context=context_of(wall, chat), strategy=PLANNER))
    assert isinstance(steps[0], Progress)
    assert steps[0].message == "sends text and frames to api.example.test"
    assert "look" in chat.offered[0]


def test_no_picture_is_in_the_state(wall: Catalog) -> None:
    chat = ScriptedChat([UNKNOWN] * 2, takes_images=True)
    run = run_script(wall, QUESTION, chat, seeing=True)
    assert "base64" not in repr(run.state)


def test_caps_hold_for_the_first_look_and_for_thumbnails(wall: Catalog) -> None:
    limits = Limits(steps=96, model_calls=6, frames=8)
    chat = ScriptedChat([UNKNOWN] * 2, takes_images=True)
    run = run_script(wall, QUESTION, chat, seeing=True, limits=limits)
    assert run.answer.cost["frames"] == 0
    assert any("no look is left" in note for note in run.answer.notes)


def test_thumbnails_are_spread_over_the_scope_and_counted(wall: Catalog) -> None:
    meter = VlmCallCounter()
    toolbox = Toolbox(wall, WordFinder(wall), meter=meter)
    shown, why = with_thumbnails(Brief(), toolbox.context)
    assert (len(shown.thumbnails), why, meter.frames) == (NUM_THUMBNAILS, "", NUM_THUMBNAILS)
    assert {name for _, _, name in shown.thumbnails} == set(toolbox.context.table.records)


def test_thumbnails_of_several_videos_share_the_number() -> None:
    places = thumbnail_places({"a": Window(0.0, 30.0), "b": Window(10.0, 100.0)})
    assert [video for video, _ in places].count("a") == 3
    assert all(10.0 <= time_s < 100.0 for video, time_s in places if video == "b")
    assert len(places) == NUM_THUMBNAILS


# ---- calls that use a model go side by side ----

TWO_LOOKS = [
    ("look", {"question": "What colour is it first?", "ranges": ["0:01-0:05"]}),
    ("search", {"query": "wall"}),
    ("look", {"question": "What colour is it then?", "ranges": ["0:12-0:20"]}),
]


def test_results_of_calls_side_by_side_come_in_their_order(wall: Catalog) -> None:
    run = run_script(wall, QUESTION, [TWO_LOOKS, UNKNOWN, UNKNOWN], seeing=True)
    results = run.state["rounds"][0]["results"]
    assert [bool(given["ids"]) for given in results] == [True, True, True]
    first, last = (int(results[i]["ids"][0][1:]) for i in (0, 2))
    assert first < last
    assert run.answer.cost["looks"] == 3  # one of the whole scope, and two that were asked for


def test_an_observation_that_no_cap_is_left_for_is_reported(wall: Catalog) -> None:
    limits = Limits(steps=96, model_calls=8, looks=1)
    run = run_script(wall, QUESTION, [TWO_LOOKS[0], UNKNOWN, UNKNOWN], seeing=True, limits=limits)
    assert "no look is left" in run.state["rounds"][0]["results"][0]["error"]
    assert run.answer.cost["looks"] == 1


class FailingVlmClient(VlmClient):
    """Ends the process, as it were, instead of the nth look."""

    vlm_calls_left = 99

    def observe(self, *args: Any, **how: Any) -> Observation:
        if self.vlm_calls_left == 0:
            raise KeyboardInterrupt("the machine went off")
        self.vlm_calls_left -= 1
        return super().observe(*args, **how)


REPLIES = [TWO_LOOKS, finish(("The wall is red (0:01).", ["E5"])), UNKNOWN]
DEATHS = [("look", n) for n in range(3)] + [("reply", n) for n in range(2)] + [("judge", 0)]


@pytest.mark.parametrize(("of", "at"), DEATHS)
def test_a_run_that_died_goes_on_and_nothing_is_looked_at_twice(wall: Catalog, of: str, at: int) -> None:
    whole = run_script(wall, QUESTION, list(REPLIES), seeing=True)
    model = ScriptedVideoLLM(colour_reply)
    vlm_client = FailingVlmClient(wall, model, frames=4)
    replies: list[Any] = list(REPLIES)
    if of == "look":
        vlm_client.vlm_calls_left = at
    elif of == "reply":
        replies.insert(at, KeyboardInterrupt("the machine went off"))
    chat = ScriptedChat(replies)
    if of == "judge":
        chat.fill_with = lambda messages, form: (
            agree_with_all(messages, form)
            if len(chat.filled) > 1
            else KeyboardInterrupt("the machine went off")
        )
    context = context_of(wall, chat, vlm_client=vlm_client)
    how: Any = {"context": context, "strategy": PLANNER, "checkpointer": InMemorySaver()}
    with pytest.raises(KeyboardInterrupt, match="the machine went off"):
        ask(QUESTION, thread_id="a", **how)
    vlm_client.vlm_calls_left = 99
    *_, answer = resume("a", **how)
    assert isinstance(answer, Answer)
    assert (answer.text, answer.status) == (whole.answer.text, whole.answer.status)
    assert len(model.requests) == 3


@pytest.mark.parametrize("steps", [2, 3])
def test_a_limit_that_ends_calls_side_by_side_is_raised_once_and_in_silence(
    wall: Catalog, caplog: pytest.LogCaptureFixture, steps: int
) -> None:
    looks = [("look", {"question": f"Is it {n}?", "ranges": [f"0:0{n}-0:1{n}"]}) for n in range(6)]
    limits = Limits(steps=steps, model_calls=8)
    run = run_script(wall, QUESTION, [looks, UNKNOWN, UNKNOWN], seeing=True, limits=limits)
    assert run.answer.reason == "budget"
    assert run.answer.fallback == f"stopped before 'collect': {steps} steps were allowed"
    assert [one for one in caplog.records if one.name.startswith("concurrent")] == []

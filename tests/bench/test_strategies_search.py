"""Tests of strategies that search: which frames, which moments, captions, and the agent's sentences."""

from pathlib import Path

import numpy as np
import pytest
from tests.bench.made_eval import ScriptedFinder, desk_of, sample, three_colours

from playhead_bench.evaluate.answerer import ScriptedAnswerer
from playhead_bench.evaluate.product import Way
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.agent import ABLATIONS, AGENT, AGENT_WORDS, BASES
from playhead_bench.evaluate.strategies.captions import CAPTIONS
from playhead_bench.evaluate.strategies.plain import GOLD, UNIFORM
from playhead_bench.evaluate.strategies.registry import STRATEGIES, strategies_named
from playhead_bench.evaluate.strategies.searched import (
    AKS,
    SEARCH,
    SEARCH_3,
    TOP_FRAMES,
)
from playhead_index.errors import LibraryMissing
from playhead_index.window import Window
from playhead_tools.evidence import Answer

RED, GREEN, BLUE = Window(0, 6), Window(6, 12), Window(12, 18)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_colours(tmp_path_factory.mktemp("videos"))


def test_top_frames_shows_the_best_scored_frames_twice(video: Path) -> None:
    finder = ScriptedFinder([], (np.array([1.0, 7.0, 8.0, 13.0]), np.array([0.1, 0.8, 0.9, 0.2])))
    outcome = TOP_FRAMES.answer(sample("q", "green"), desk_of({"v": video}, finder, budget=4))
    assert outcome.calls[0].request is not None
    assert outcome.calls[0].request.times_s == (7.0, 7.0, 8.0, 8.0)
    assert outcome.choice == 1


def test_a_video_of_few_frames_is_shown_whole(video: Path) -> None:
    finder = ScriptedFinder([], (np.array([1.0]), np.array([0.1])))
    outcome = AKS.answer(sample("q", "red"), desk_of({"v": video}, finder))
    assert outcome.calls[0].reply.frames == 2


def test_search_asks_about_the_best_moment_alone(video: Path) -> None:
    finder = ScriptedFinder([("v", GREEN), ("v", BLUE)])
    outcome = SEARCH.answer(sample("q", "green"), desk_of({"v": video}, finder))
    assert (outcome.choice, len(outcome.calls)) == (1, 1)
    assert outcome.found == (("v", GREEN), ("v", BLUE))


def test_search_3_goes_on_to_the_next_moment_and_shares_the_budget(video: Path) -> None:
    finder = ScriptedFinder([("v", RED), ("v", GREEN), ("v", BLUE)])
    desk = desk_of({"v": video}, finder, budget=12)
    desk.answerer = ScriptedAnswerer(["not visible", "no idea", "C"])
    outcome = SEARCH_3.answer(sample("q", "blue"), desk)
    assert [call.reply.frames for call in outcome.calls] == [4, 4, 4]
    assert outcome.choice == 2


def test_a_search_that_finds_nothing_declines_without_a_call(video: Path) -> None:
    outcome = SEARCH.answer(sample("q", "red"), desk_of({"v": video}, ScriptedFinder([])))
    assert (outcome.status, outcome.calls) == ("abstained", ())


def test_a_search_without_a_library_says_so(video: Path) -> None:
    with pytest.raises(LibraryMissing, match="index the videos"):
        SEARCH.answer(sample("q", "red"), desk_of({"v": video}))


def captions_desk(video: Path, *said: str):  # type: ignore[no-untyped-def]
    desk = desk_of({"v": video}, ScriptedFinder([], parts=(RED, GREEN, BLUE)))
    desk.answerer = ScriptedAnswerer(said)
    return desk


SAID = ("on a beach: a red star jumps", "in a hall: a green car stands still", "on a table: nothing")


def test_captions_choose_the_option_that_the_nearest_caption_speaks_of(video: Path) -> None:
    asked = Sample("q", ("v",), "What does the green car do?", ("it jumps", "stands still", "it spins"))
    outcome = CAPTIONS.answer(asked, captions_desk(video, *SAID))
    assert (outcome.status, outcome.choice, outcome.found) == ("answered", 1, (("v", GREEN),))
    assert [call.reply.frames for call in outcome.prepared] == [8, 8, 8]


def test_segments_are_described_once_for_all_questions(video: Path) -> None:
    desk = captions_desk(video, *SAID, "green")
    CAPTIONS.answer(Sample("a", ("v",), "Where is the star?", ("on a beach", "in a hall")), desk)
    outcome = CAPTIONS.answer(Sample("b", ("v",), "Which colour has the car?"), desk)
    assert (outcome.prepared, outcome.text) == ((), "green")
    assert (
        desk.answerer.asked[-1][1]
        == "6.0 seconds: in a hall: a green car stands still\nWhich colour has the car?"
    )


def test_captions_decline_what_they_do_not_speak_of(video: Path) -> None:
    asked = Sample("q", ("v",), "What does the purple moon do?", ("it jumps", "it spins"))
    assert CAPTIONS.answer(asked, captions_desk(video, *SAID)).status == "abstained"


CHOICES = ("red", "green", "the video does not show it")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("It is green [E1].", "answered", choice=1), ("answered", 1)),
        (Answer("Nothing matches.", "abstained", "absent"), ("abstained", None)),
        (Answer("It is not there.", "answered", choice=2), ("abstained", 2)),
        (Answer("It is mauve.", "partial", "unknown"), ("unparsed", None)),
        (Answer("Green", "answered"), ("answered", 1)),
    ],
    ids=["choice", "declined", "declining option", "no choice", "an option word for word"],
)
def test_the_agents_choice_is_read(answer: Answer, expected: tuple[str, int | None], video: Path) -> None:
    finder = ScriptedFinder([("v", GREEN)], told=answer)
    outcome = AGENT.answer(sample("q", "green", options=CHOICES), desk_of({"v": video}, finder))
    assert (outcome.status, outcome.choice) == expected
    assert outcome.found == outcome.cited == (("v", GREEN),)
    assert finder.asked == [(CHOICES, AGENT.way)]


def test_looks_are_calls_of_a_model(video: Path) -> None:
    cost = {"looks": 3, "frames": 24, "visual_tokens": 540, "model_calls": 1}
    answer = Answer("red", "answered", confidence=0.6, cost=cost, choice=0)
    outcome = AGENT.answer(sample("q", "red"), desk_of({"v": video}, ScriptedFinder([], told=answer)))
    assert (outcome.cost, outcome.confidence) == ({**cost, "model_calls": 4}, 0.6)


def test_what_a_strategy_stands_on_is_cited(video: Path) -> None:
    finder = ScriptedFinder([("v", RED), ("v", GREEN)], (np.array([1.0, 8.0]), np.array([0.1, 0.9])))
    desk = desk_of({"v": video}, finder, budget=4)
    asked = sample("q", "green", (7, 9))
    cited = [one.answer(asked, desk).cited for one in (UNIFORM, SEARCH, GOLD)]
    assert cited == [None, (("v", RED),), (("v", Window(7, 9)),)]
    assert TOP_FRAMES.answer(asked, desk_of({"v": video}, finder, budget=2)).cited == (
        ("v", Window(8.0, 8.5)),
    )


def test_strategies_come_in_the_order_of_the_table() -> None:
    assert [one.name for one in strategies_named(["gold", "blind"])] == ["blind", "gold"]
    usual = [one.name for one in strategies_named([])]
    assert usual == [name for name in STRATEGIES if not name.startswith(("agent-no", "agent-quarter"))]
    assert {one.name for one in (*BASES, AGENT_WORDS)} < set(usual)


def test_the_agent_can_be_asked_without_its_parts() -> None:
    assert "agent-no-pictures" in {one.name for one in ABLATIONS}
    assert not Way(switches=(("nothing_of_the_kind", False),)).possible


def test_the_agent_keeps_all_tokens_and_one_beside_it_a_quarter() -> None:
    parts = {one.name: one.way.keep_tokens for one in (*BASES, AGENT, *ABLATIONS)}
    assert {name: part for name, part in parts.items() if part < 1} == {"agent-quarter-tokens": 0.25}


def test_a_strategy_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="no strategy is called 'magic'; there are blind, random"):
        strategies_named(["magic"])

"""Tests of strategies that search: which frames, which moments, and the agent's sentences."""

from pathlib import Path

import numpy as np
import pytest
from tests.bench.made_eval import ScriptedFinder, sample, session_of, three_colours

from playhead_bench.evaluate.product_variants import ProductVariant, strategy_of
from playhead_bench.evaluate.strategies.agent import ABLATIONS, AGENT, AGENT_WORDS, PRODUCT_BASELINES
from playhead_bench.evaluate.strategies.frame_search import (
    AKS,
    TOP_FRAMES,
)
from playhead_bench.evaluate.strategies.registry import STRATEGIES, strategies_named
from playhead_bench.evaluate.strategies.without_search import BLIND, GOLD
from playhead_index.errors import LibraryMissing
from playhead_index.window import Window
from playhead_tools.evidence import Answer

RED, GREEN, BLUE = Window(0, 6), Window(6, 12), Window(12, 18)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_colours(tmp_path_factory.mktemp("videos"))


def test_top_frames_shows_the_best_scored_frames_twice(video: Path) -> None:
    finder = ScriptedFinder([], (np.array([1.0, 7.0, 8.0, 13.0]), np.array([0.1, 0.8, 0.9, 0.2])))
    outcome = TOP_FRAMES.answer(sample("q", "green"), session_of({"v": video}, finder, budget=4))
    assert outcome.calls[0].request is not None
    assert outcome.calls[0].request.times_s == (7.0, 7.0, 8.0, 8.0)
    assert outcome.choice == 1


def test_a_video_of_few_frames_is_shown_whole(video: Path) -> None:
    finder = ScriptedFinder([], (np.array([1.0]), np.array([0.1])))
    outcome = AKS.answer(sample("q", "red"), session_of({"v": video}, finder))
    assert outcome.calls[0].reply.frames == 2


def test_the_ranking_of_the_search_is_measured_with_the_products_own_baseline(video: Path) -> None:
    finder = ScriptedFinder([("v", GREEN), ("v", BLUE)], answer=Answer("green", "answered", choice=1))
    (once,) = [one for one in PRODUCT_BASELINES if one.name == "retrieve-once"]
    outcome = once.answer(sample("q", "green"), session_of({"v": video}, finder))
    assert (outcome.choice, outcome.found) == (1, (("v", GREEN), ("v", BLUE)))
    assert finder.calls == [(sample("q", "green").options, ProductVariant("retrieve-once"))]


def test_a_search_without_a_library_says_so(video: Path) -> None:
    with pytest.raises(LibraryMissing, match="index the videos"):
        PRODUCT_BASELINES[0].answer(sample("q", "red"), session_of({"v": video}))


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
    finder = ScriptedFinder([("v", GREEN)], answer=answer)
    outcome = AGENT.answer(sample("q", "green", options=CHOICES), session_of({"v": video}, finder))
    assert (outcome.status, outcome.choice) == expected
    assert outcome.found == outcome.cited == (("v", GREEN),)
    assert finder.calls == [(CHOICES, AGENT.variant)]


def test_looks_are_calls_of_a_model(video: Path) -> None:
    cost = {"looks": 3, "frames": 24, "visual_tokens": 540, "model_calls": 1}
    answer = Answer("red", "answered", confidence=0.6, cost=cost, choice=0)
    outcome = AGENT.answer(sample("q", "red"), session_of({"v": video}, ScriptedFinder([], answer=answer)))
    assert (outcome.cost, outcome.confidence) == ({**cost, "model_calls": 4}, 0.6)


def test_what_a_strategy_stands_on_is_cited(video: Path) -> None:
    finder = ScriptedFinder([("v", RED), ("v", GREEN)], (np.array([1.0, 8.0]), np.array([0.1, 0.9])))
    session = session_of({"v": video}, finder, budget=4)
    question = sample("q", "green", (7, 9))
    cited = [one.answer(question, session).cited for one in (BLIND, GOLD)]
    assert cited == [None, (("v", Window(7, 9)),)]
    assert TOP_FRAMES.answer(question, session_of({"v": video}, finder, budget=2)).cited == (
        ("v", Window(8.0, 8.5)),
    )


def test_strategies_come_in_the_order_of_the_table() -> None:
    assert [one.name for one in strategies_named(["gold", "blind"])] == ["blind", "gold"]
    usual = [one.name for one in strategies_named([])]
    assert usual == [name for name in STRATEGIES if not name.startswith(("agent-no", "agent-quarter"))]
    assert {one.name for one in (*PRODUCT_BASELINES, AGENT_WORDS)} < set(usual)


def test_the_agent_can_be_asked_without_its_parts() -> None:
    assert "agent-no-pictures" in {one.name for one in ABLATIONS}
    assert not ProductVariant(switches=(("nothing_of_the_kind", False),)).is_available


def test_the_agent_keeps_all_tokens_and_one_beside_it_a_quarter() -> None:
    parts = {one.name: one.variant.keep_ratio for one in (*PRODUCT_BASELINES, AGENT, *ABLATIONS)}
    assert {name: part for name, part in parts.items() if part < 1} == {"agent-quarter-tokens": 0.25}


def test_a_strategy_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="no strategy is called 'magic'; there are blind, random"):
        strategies_named(["magic"])


def test_a_planner_without_a_part_is_the_one_that_is_asked() -> None:
    procedures = {one.name: strategy_of(one.variant).rules.observe for one in (AGENT, *ABLATIONS[:2])}  # type: ignore[attr-defined]
    switched = {name: procedure.keywords for name, procedure in procedures.items()}
    assert switched["agent"] == {"critic": True, "algebra": True}
    assert switched["agent-no-critic"]["critic"] is False
    assert switched["agent-no-algebra"]["algebra"] is False

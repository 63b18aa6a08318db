"""Questions about what is shown, worked out on a world whose truth is known: every answer is exact."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.bench.synthetic_planner.truth import TruthfulVlmClient, truthful
from tests.tools.made_library import LECTURE

from playhead_agent.limits import Limits, Meter
from playhead_agent.perception.results import PerceptionResult
from playhead_agent.rules.verify import verdict_on_perception
from playhead_agent.run import ask
from playhead_bench.synthetic_planner import rules
from playhead_bench.synthetic_planner.question import parse_question
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.call_deadline import remaining_s
from playhead_tools.evidence import Answer
from playhead_tools.verdict_rules import SearchedExtent
from playhead_tools.video_llm.client import Observation

MAX_PARALLEL = min(32, (os.cpu_count() or 1) + 4)
"""Threads of the pool in which LangGraph makes VLM calls side by side."""
NO = "the video does not show it"
OBJECT_SHAPES = ("the red car", "the green star", "the pink fish", NO)


def answer_to(made: Catalog, question: str, options: Sequence[str] = ()) -> Answer:
    context, _ = truthful(made)
    return ask(question, context=context, scope=Scope((LECTURE,)), options=options)


SEEN = ("yes", "no, though it is seen", "no, it is never seen")
OFTEN = ("yes, in one scene", "yes, in several scenes", "no")
NEXT = ("the pink fish", "the blue cup", NO)
CHOICES = [
    ("Where does the green star spin?", ("on a beach", "in a hall", "in a park", NO), "in a hall"),
    ("What does the green star do?", ("it jumps", "it spins", "it stands still", NO), "it spins"),
    ("When does the green star spin?", ("at 0:02", "at 0:12", "at 0:33", NO), "at 0:12"),
    ("Which thing is the first to jump?", OBJECT_SHAPES, "the red car"),
    ("Which thing jumps last?", OBJECT_SHAPES, "the pink fish"),
    ("What does the blue cup carry?", ("the green star", "the red car", "the pink fish", NO), "the red car"),
    ("What colour is the star that spins?", ("red", "green", "pink", NO), "green"),
    (
        "Put into order what happens: the pink fish jumps, the green star spins.",
        ("the pink fish jumps, the green star spins", "the green star spins, the pink fish jumps", NO),
        "the green star spins, the pink fish jumps",
    ),
    (
        "Which thing is the first to act after the green star spins?",
        ("the pink fish", "the blue cup", NO),
        "the blue cup",
    ),
    ("In how many scenes does the red car jump?", ("1", "2", "3", "4"), "2"),
    (
        "Does the red car ever jump?",
        ("yes, in one scene", "yes, in several scenes", "no"),
        "yes, in several scenes",
    ),
    (
        "Does the red car ever spin?",
        ("yes", "no, though it is seen", "no, it is never seen"),
        "no, though it is seen",
    ),
    (
        "Does the black moon ever spin?",
        ("yes", "no, though it is seen", "no, it is never seen"),
        "no, it is never seen",
    ),
]


@pytest.mark.parametrize(("question", "options", "right"), CHOICES, ids=[case[0] for case in CHOICES])
def test_the_option_that_is_true_is_chosen(
    made: Catalog, question: str, options: tuple[str, ...], right: str
) -> None:
    answer = answer_to(made, question, options)
    assert answer.choice is not None
    assert options[answer.choice] == right


KINDS = ("no, only in another colour", "no, not in any colour", "yes, in one scene")


@pytest.mark.parametrize(("thing", "right"), [("green car", 0), ("green moon", 1), ("green star", 2)])
def test_a_kind_is_visible_where_its_colour_can_be_named(made: Catalog, thing: str, right: int) -> None:
    assert answer_to(made, f"Is there a {thing}?", KINDS).choice == right


def test_an_action_without_a_detection_is_absent(made: Catalog) -> None:
    answer = answer_to(made, "Where does the green star jump?", ("on a beach", "in a hall", NO))
    assert answer.choice == 2


def test_segments_next_to_an_anchor_are_checked_before_distant_ones(made: Catalog) -> None:
    context, vlm_client = truthful(made)
    options = ("the pink fish", "the blue cup", NO)
    question = "Which thing is the first to act after the green star spins?"
    answer = ask(question, context=context, scope=Scope((LECTURE,)), options=options)
    assert answer.choice == 1
    assert all(
        window.start_s < 40 for window, asked_of in vlm_client.requests if asked_of.startswith("What does")
    )


def test_the_words_of_an_anchor_that_is_nowhere_leave_the_likeliest_option(made: Catalog) -> None:
    options = ("the pink fish", "the blue cup")
    answer = answer_to(made, "Which thing is the first to act after the black moon spins?", options)
    assert answer.choice is not None


ABSENT = [
    ("What does the black moon do?", ("it jumps", "it spins", NO)),
    ("When does the green star jump?", ("at 0:02", "at 0:12", NO)),
    ("What is said while the pink fish spins?", ("hello", "goodbye", NO)),
]


@pytest.mark.parametrize(("question", "options"), ABSENT, ids=[case[0] for case in ABSENT])
def test_what_is_not_there_is_declined(made: Catalog, question: str, options: tuple[str, ...]) -> None:
    answer = answer_to(made, question, options)
    assert (answer.status, answer.intervals) == ("abstained", ())
    assert answer.choice is not None
    assert options[answer.choice] == NO


def test_when_is_narrowed_to_the_action(made: Catalog) -> None:
    (interval,) = answer_to(made, "When does the green star spin?").intervals
    assert interval.window.overlap_s(Window(12, 14)) >= 0.5 * interval.window.duration_s


def test_what_is_said_is_read_where_the_anchor_was_seen(made: Catalog) -> None:
    answer = answer_to(made, "What is said while the red car jumps?")
    assert "Welcome to the course on probability" in answer.text
    assert answer.status == "answered"


def test_a_thing_that_is_nowhere_is_absent_with_what_was_searched(made: Catalog) -> None:
    answer = answer_to(made, "What does the black moon do?")
    assert (answer.status, answer.reason) == ("abstained", "absent")
    assert "by pictures" in answer.text


def test_an_object_must_be_visible_before_its_actions_are_checked(made: Catalog) -> None:
    context, vlm_client = truthful(made)
    ask("When does the black moon spin?", context=context, scope=Scope((LECTURE,)))
    assert {question for _, question in vlm_client.requests} == {"Is there a black moon?"}


def test_no_vlm_call_is_repeated(made: Catalog) -> None:
    context, vlm_client = truthful(made)
    ask("Which thing jumps last?", context=context, scope=Scope((LECTURE,)), options=OBJECT_SHAPES)
    assert len(vlm_client.requests) == len(set(vlm_client.requests))


def test_a_budget_of_vlm_calls_is_respected_and_noted(made: Catalog) -> None:
    context, vlm_client = truthful(made, limits=Limits(looks=3))
    answer = ask("In how many scenes does the red car jump?", context=context, scope=Scope((LECTURE,)))
    assert len(vlm_client.requests) == 3
    assert any("budget of looks" in note for note in answer.notes)
    assert answer.status != "answered"


def test_an_answer_in_text_needs_no_vlm_call(made: Catalog) -> None:
    context, vlm_client = truthful(made)
    answer = ask("When does he mention Bayes?", context=context)
    assert (answer.status, vlm_client.requests) == ("answered", [])


def test_without_the_critic_nothing_is_asked_openly(made: Catalog) -> None:
    context, vlm_client = truthful(made, rules=rules(critic=False))
    ask("When does the green star spin?", context=context, scope=Scope((LECTURE,)))
    assert not any(question.startswith("What does") for _, question in vlm_client.requests)


def test_a_video_model_that_is_away_leaves_the_answer_that_there_is_without_it(made: Catalog) -> None:
    context, vlm_client = truthful(made)
    vlm_client.away = True
    answer = ask("When does the red car jump?", context=context, scope=Scope((LECTURE,)))
    assert answer.status != "answered"
    assert "the video-LLM could not be used: the server is away; nothing was looked at" in answer.notes


class HangingVlmClient(TruthfulVlmClient):
    """Waits as long as it may, and then gives up."""

    def observe(self, *args: Any, **options: Any) -> Observation:
        self.requests.append((args[1], args[2]))
        time.sleep(remaining_s())
        raise ModelUnavailable("the server did not answer")


def test_a_failed_vlm_call_ends_all_calls_and_leaves_time_for_the_answer(made: Catalog) -> None:
    context, _ = truthful(made)
    vlm_client, seconds = HangingVlmClient(), 6.0
    hanging = replace(context, limits=Limits(seconds=seconds), open_vlm_client=lambda: vlm_client)
    began_s = time.monotonic()
    answer = ask("How often does the red car jump?", context=hanging, scope=Scope((LECTURE,)))
    assert time.monotonic() - began_s < seconds + 2
    assert 0 < len(vlm_client.requests) <= MAX_PARALLEL
    assert (answer.reason == "budget", any("did not answer" in note for note in answer.notes)) == (
        False,
        True,
    )


def test_a_money_limit_stops_vlm_calls() -> None:
    meter = Meter(Limits(money=1.0))
    meter.add_vlm_call(8, 100, money=0.4)
    assert meter.vlm_calls_left(8) == 1
    meter.add_vlm_call(8, 100, money=0.6)
    assert (meter.vlm_calls_left(8), meter.cost()["money"]) == (0, 1.0)


@pytest.mark.parametrize(("whole", "status"), [(True, "answered"), (False, "partial")])
def test_an_order_is_an_answer_only_where_everything_was_viewed(whole: bool, status: str) -> None:
    spec = parse_question("Put into order what happens: the pink fish jumps, the green star spins.")
    extent = SearchedExtent(Coverage(1, 3, 60.0, ()), pictures_viewed=whole)
    found = PerceptionResult("order", "pink fish, green star", p=0.9, is_complete=whole)
    assert verdict_on_perception(found, spec, extent).status == status

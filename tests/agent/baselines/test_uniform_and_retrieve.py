"""One look at frames spread evenly, and one search with a look at what it found."""

from typing import Any

import pytest
from tests.tools.made_library import DEMO, LECTURE

from playhead_agent.limits import Limits
from playhead_index.errors import ToolError
from playhead_index.search.results import Scope
from playhead_index.window import Window

COLOURS = ("red", "blue")
IN_DEMO = Scope((DEMO,))


def test_uniform_shows_frames_spread_over_the_video_and_cites_them(asking: Any) -> None:
    answer = asking("uniform", "Which colour is it?", ["It is red."], scope=IN_DEMO)
    assert asking.shown_s == [[15.0, 45.0, 75.0, 105.0]]
    assert (answer.status, answer.text, answer.claims[0].evidence_ids) == (
        "answered", "It is red.", ("E1", "E2", "E3", "E4"),
    )  # fmt: skip
    assert answer.intervals[0].window == Window(15.0, 15.5)


def test_the_bill_counts_frames_tokens_and_calls(asking: Any) -> None:
    cost = asking("uniform", "Which colour is it?", ["red"], scope=IN_DEMO).cost
    assert (cost["frames"], cost["visual_tokens"], cost["model_calls"], cost["looks"]) == (8, 128, 0, 1)
    assert cost["prompt_tokens"] == 0
    assert cost["seconds"] >= 0


def test_a_stretch_in_scope_is_all_that_is_shown(asking: Any) -> None:
    asking("uniform", "Which colour?", ["red"], scope=Scope((DEMO,), Window(40.0, 80.0)))
    assert asking.shown_s == [[45.0, 55.0, 65.0, 75.0]]


def test_the_frames_of_a_look_are_shared_among_videos(asking: Any) -> None:
    answer = asking("uniform", "Which colour is it?", ["not visible", "blue"])
    assert asking.shown_s == [[75.0, 225.0], [30.0, 90.0]]
    assert {interval.video_id for interval in answer.intervals} == {DEMO}


def test_a_letter_becomes_the_words_of_its_option(asking: Any) -> None:
    answer = asking("uniform", "Which colour?", ["B"], options=COLOURS, scope=IN_DEMO)
    assert (answer.status, answer.text, answer.choice) == ("answered", "blue", 1)
    assert asking.model.requests[0].question == "Which colour?\nA. red\nB. blue"


@pytest.mark.parametrize("reply", ["C", "perhaps red or blue", "D. green"])
def test_a_reply_that_cannot_be_read_is_given_as_it_is_and_nothing_is_chosen(asking: Any, reply: str) -> None:
    answer = asking("uniform", "Which colour?", [reply], options=COLOURS, scope=IN_DEMO)
    assert (answer.status, answer.reason, answer.text) == ("partial", "unknown", reply)
    assert answer.choice is None


def test_a_model_that_declines_makes_no_answer_and_cites_nothing(asking: Any) -> None:
    answer = asking("uniform", "Which colour?", ["not visible"], scope=IN_DEMO)
    assert (answer.status, answer.reason, answer.intervals, answer.confidence) == (
        "abstained", "unknown", (), 0.0,
    )  # fmt: skip
    assert len(answer.evidence) == 4


def test_an_option_that_declines_is_a_refusal_in_its_own_words(asking: Any) -> None:
    answer = asking("uniform", "Which colour?", ["B"], options=("red", "not visible"), scope=IN_DEMO)
    assert (answer.status, answer.text, answer.choice) == ("abstained", "not visible", 1)


def test_retrieve_once_looks_at_the_best_moment_of_one_search(asking: Any) -> None:
    answer = asking("retrieve-once", "What drives past the house?", ["A red car."], scope=IN_DEMO)
    assert (answer.text, [i.window for i in answer.intervals]) == ("A red car.", [Window(60.0, 90.0)])
    assert (answer.cost["searches"], answer.cost["looks"]) == (1, 1)


def test_the_next_moment_is_asked_when_the_first_one_declines(asking: Any) -> None:
    answer = asking(
        "retrieve-once", "Who is Bayes?", ["not visible", "no", "A man."], scope=Scope((LECTURE,))
    )
    assert (answer.text, len(asking.model.requests), answer.evidence[0].id) == ("A man.", 3, "E1")


def test_a_no_counts_when_no_moment_says_more(asking: Any) -> None:
    says = lambda asked, shown: "No." if len(asking.model.requests) == 1 else "not visible"  # noqa: E731
    answer = asking("retrieve-once", "Is Bayes shown?", says, scope=Scope((LECTURE,)))
    assert (answer.status, answer.reason, answer.text) == ("partial", "unknown", "No.")
    assert "not all of it was seen" in answer.notes[-1]


def test_nothing_found_is_nothing_looked_at(asking: Any) -> None:
    answer = asking("retrieve-once", "zebra quagga?", [])
    assert (answer.status, answer.text, answer.cost["looks"]) == (
        "abstained", "The search found nothing to look at.", 0,
    )  # fmt: skip


def test_a_baseline_out_of_time_says_so(asking: Any) -> None:
    answer = asking("uniform", "Which colour?", [], limits=Limits(seconds=1e-9))
    assert (answer.status, answer.reason) == ("abstained", "budget")
    assert answer.notes == ("stopped at 'prepare': 1e-09 s were allowed",)


def test_an_unknown_strategy_names_those_that_there_are(asking: Any) -> None:
    with pytest.raises(ValueError, match="no strategy is called 'magic'; there are auto, planner, rules"):
        asking("magic", "Which colour?", [])


def test_nothing_in_scope_is_an_error_and_no_answer(asking: Any) -> None:
    with pytest.raises(ToolError, match="no video in scope"):
        asking("uniform", "Which colour?", [], scope=Scope(window=Window(900.0, 910.0)))

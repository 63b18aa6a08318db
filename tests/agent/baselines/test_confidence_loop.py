"""The loop of looking, answering, rating and looking again."""

from typing import Any

import pytest
from tests.tools.made_library import DEMO

from playhead_agent.baselines.frame_gaps import frame_of
from playhead_index.search.results import Hit, Moment, Scope
from playhead_index.window import Window
from playhead_tools.video_llm.protocol import YesNo

IN_DEMO = Scope((DEMO,))
QUESTION = "What drives past?"
FIRST_S = [12.0, 36.0, 60.0, 84.0, 108.0]


def tell(asked: Any, shown: Any) -> str:
    """A car behind 60 s, an empty street elsewhere."""
    return "A red car." if 62.0 < shown[0].pts_s < 84.0 else "An empty street."


def answer_of(text: str, *ids: str, answerable: bool = True, **more: str) -> dict[str, Any]:
    return {"answerable": answerable, "answer": text, "ids": list(ids), **more}


def wanted(*rows: tuple[str, str]) -> dict[str, Any]:
    return {"wanted": [{"segment": segment, "description": text} for segment, text in rows]}


RATED = [{"confidence": 1}, {"confidence": 2}, {"confidence": 3}]


def test_a_sure_answer_takes_one_round_of_five_frames(asking: Any) -> None:
    answer = asking(
        "confidence-loop", QUESTION, tell, chat=[answer_of("A car.", "F3"), RATED[2]], scope=IN_DEMO
    )
    assert sorted(frame for look in asking.shown_s for frame in look) == FIRST_S
    assert (answer.status, answer.text, [i.window for i in answer.intervals]) == (
        "answered", "A car.", [Window(60.0, 60.5)],
    )  # fmt: skip
    assert (answer.cost["looks"], answer.cost["model_calls"], answer.cost["frames"]) == (5, 2, 10)


def test_an_unsure_one_looks_inside_the_segment_that_the_model_names(asking: Any) -> None:
    chat = [
        answer_of("", answerable=False), RATED[0], wanted(("S4", "a red car drives")),
        answer_of("A red car.", "F4"), RATED[2],
    ]  # fmt: skip
    answer = asking("confidence-loop", QUESTION, tell, chat=chat, scope=IN_DEMO)
    assert asking.shown_s[5:] == [[75.0]]
    assert (answer.status, answer.intervals[0].window) == ("answered", Window(75.0, 75.5))
    assert answer.notes[-1] == "round 2: 6 frames seen, the answer is rated 3 of 3"


def test_it_ends_with_the_third_round_however_unsure(asking: Any) -> None:
    chat = [
        answer_of("Nothing?", "F1"), RATED[0], wanted(("S4", "a car drives")),
        answer_of("A car?", "F2"), RATED[0], wanted(("S1", "demo of the program")),
        answer_of("A car.", "F2"), RATED[1],
    ]  # fmt: skip
    answer = asking("confidence-loop", QUESTION, tell, chat=chat, scope=IN_DEMO)
    assert (answer.text, len(asking.chat.seen)) == ("A car.", 8)
    assert answer.confidence == pytest.approx(0.30 * 2 / 3)


def test_a_segment_without_anything_to_find_ends_the_loop(asking: Any) -> None:
    chat = [answer_of("A car?", "F1"), RATED[0], wanted(("S2", "zebra"))]
    answer = asking("confidence-loop", QUESTION, tell, chat=chat, scope=IN_DEMO)
    assert answer.notes[-1] == "no frame was found where something is missing"


def test_a_rating_that_cannot_be_read_leaves_the_answer_without_confidence(asking: Any) -> None:
    chat = [answer_of("A car.", "F1"), {"confidence": 9}, "sure"]
    answer = asking("confidence-loop", QUESTION, tell, chat=chat, scope=IN_DEMO)
    assert (answer.status, answer.text, answer.confidence) == ("answered", "A car.", 0.0)


def test_an_answer_without_an_option_is_no_choice(asking: Any) -> None:
    chat = [answer_of("Hard to say.", "F1", option=""), RATED[2]]
    answer = asking("confidence-loop", QUESTION, tell, chat=chat, scope=IN_DEMO, options=("a car", "a bus"))
    assert (answer.status, answer.reason, answer.text) == ("partial", "unknown", "Hard to say.")


def test_without_a_chat_model_the_models_own_yes_is_the_rating(asking: Any) -> None:
    answer = asking("confidence-loop", QUESTION, ["A car.", YesNo(-0.1, -3.0)], scope=IN_DEMO)
    assert asking.shown_s == [FIRST_S, FIRST_S]
    assert asking.model.requests[1].question == "What drives past? Is it right to answer: A car.?"
    assert answer.confidence == pytest.approx(0.30 * 0.948, abs=1e-3)


def test_without_a_chat_model_the_best_unseen_moment_is_added(asking: Any) -> None:
    says = ["Nothing.", YesNo(-3.0, -0.1), "A red car.", YesNo(-0.1, -3.0)]
    answer = asking("confidence-loop", "What red car drives past?", says, scope=IN_DEMO)
    assert asking.shown_s[2] == sorted([*FIRST_S, 75.0])
    assert (answer.text, answer.cost["searches"], answer.cost["looks"]) == ("A red car.", 2, 4)


def test_the_frame_of_a_moment_is_its_best_picture() -> None:
    hit = Hit("picture", "vector", DEMO, Window(70.0, 71.0), 0.3, 1, "frame:1")
    moment = Moment(DEMO, None, Window(60.0, 90.0), 0.5, (hit,))  # type: ignore[arg-type]
    assert frame_of(moment, moment.window) == (DEMO, 70.5)

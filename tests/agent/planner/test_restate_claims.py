"""Claims that say nothing are written again from what they cite alone."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from tests.agent.planner.runs import context_of, finish, run_script
from tests.tools.made_library import LECTURE

from playhead_agent.planner.restate_claims import repeats_question
from playhead_agent.planner.strategy import PLANNER
from playhead_agent.run import ask, resume
from playhead_agent.testing import ScriptedChat
from playhead_index.errors import ModelOutputInvalid
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer

ONE = Scope((LECTURE,))
ASKED = "What does he say about the idea?"
QUOTE = "This is the idea of Thomas Bayes"
ANSWER = "The idea is that of Thomas Bayes."


def writes(quote: str, answer: str) -> Any:
    """Fills the form of a claim; as a judge it cannot tell."""

    def fill(messages: list[Any], form: type[Any]) -> Any:
        if "quote" in form.model_fields:
            return {"quote": quote, "answer": answer}
        return ModelOutputInvalid("it judges nothing", "")

    return fill


def said(messages: list[Any]) -> Any:
    """A claim that hands the question back, citing the right line."""
    lines = "\n".join(str(message.content) for message in messages).splitlines()
    line = next(line for line in lines if "Thomas Bayes" in line and line.startswith("E"))
    return finish(("He says something about the idea.", [line.split()[0]]))


def test_a_claim_that_repeats_the_question_is_written_again(made: Catalog) -> None:
    run = run_script(made, ASKED, ScriptedChat([said], fill_with=writes(QUOTE, ANSWER)), scope=ONE)
    (claim,) = run.answer.claims
    assert (claim.text, claim.quote, claim.status) == (ANSWER, QUOTE, "supported")
    assert (run.answer.status, run.answer.ended_by) == ("answered", "finish")
    assert run.answer.intervals[0].window.start_s <= 62.0 <= run.answer.intervals[0].window.end_s
    prompt = str(run.chat.filled[-1][-1].content)
    assert "Thomas Bayes" in prompt
    assert "goodbye" not in prompt


@pytest.mark.parametrize(
    ("quote", "answer"),
    [
        ("The walrus sold his bicycle", "A walrus sold his bicycle."),
        ("", ""),
        (QUOTE, "He says something about the idea."),
    ],
)
def test_what_does_not_hold_changes_nothing(made: Catalog, quote: str, answer: str) -> None:
    run = run_script(made, ASKED, ScriptedChat([said], fill_with=writes(quote, answer)), scope=ONE)
    (claim,) = run.answer.claims
    assert claim.text == "He says something about the idea."
    assert run.answer.intervals


def test_a_model_that_fails_costs_no_claim(made: Catalog) -> None:
    def fail(messages: list[Any], form: type[Any]) -> Any:
        return ModelOutputInvalid("no JSON", "")

    run = run_script(made, ASKED, ScriptedChat([said], fill_with=fail), scope=ONE)
    assert len(run.answer.claims) == 1


def test_a_claim_that_says_something_and_holds_is_left_alone(made: Catalog) -> None:
    def good(messages: list[Any]) -> Any:
        name, args = said(messages)
        args["claims"][0]["text"] = "The idea is that of Thomas Bayes."
        return name, args

    run = run_script(made, ASKED, ScriptedChat([good], fill_with=writes("x", "y")), scope=ONE)
    assert run.answer.claims[0].status == "supported"
    assert len(run.chat.filled) == 1  # the judge


def test_what_a_claim_adds() -> None:
    assert repeats_question(
        "The team said that they had new requirements.", "What new requirements did the team have?"
    )
    assert not repeats_question(
        "The team said the project was good.", "What did the team say about the project?"
    )


def test_a_run_that_dies_while_a_claim_is_written_again_goes_on_there(made: Catalog) -> None:
    whole = run_script(made, ASKED, ScriptedChat([said], fill_with=writes(QUOTE, ANSWER)), scope=ONE)
    forms: list[str] = []

    def dies_once(messages: list[Any], form: type[Any]) -> Any:
        forms.append("quote" if "quote" in form.model_fields else "verdict")
        if forms.count("quote") == 1 and forms[-1] == "quote":
            return KeyboardInterrupt("the machine went off")
        return writes(QUOTE, ANSWER)(messages, form)

    chat = ScriptedChat([said], fill_with=dies_once)
    how: Any = {
        "context": context_of(made, chat),
        "strategy": PLANNER,
        "checkpointer": InMemorySaver(),
    }
    with pytest.raises(KeyboardInterrupt):
        ask(ASKED, scope=ONE, thread_id="a", **how)
    *_, answer = resume("a", **how)
    assert isinstance(answer, Answer)
    assert (answer.text, answer.status) == (whole.answer.text, whole.answer.status)
    assert (forms, len(chat.sent)) == (["verdict", "quote", "quote"], 1)

"""An ambiguous question is asked about where somebody can answer, and refused where nobody can."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from tests.tools.made_library import DEMO, LECTURE, WordFinder

from playhead_agent.clarify import Clarify
from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.progress import Progress
from playhead_agent.run import ask, reply, resume, stream
from playhead_agent.state import Context
from playhead_index.errors import LibraryError
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer

AMBIGUOUS = "What is said at 0:51?"
REFUSED = "“at 0:51” is in 2 videos: lecture.mp4, demo.mp4. Name the file in the question, or set --video."


@pytest.fixture
def context(made: Catalog) -> Context:
    return Context(WordFinder(made), made, may_clarify=True)


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[SqliteSaver]:
    with open_checkpointer(tmp_path) as opened:
        yield opened


def waiting(context: Context, saver: SqliteSaver) -> Clarify:
    *_, which = stream(AMBIGUOUS, context=context, checkpointer=saver, thread_id="a")
    assert isinstance(which, Clarify)
    return which


def test_without_anybody_to_ask_an_ambiguous_question_is_refused(context: Context) -> None:
    answer = ask(AMBIGUOUS, context=context)
    assert (answer.status, answer.reason, answer.text) == ("abstained", "ambiguous", REFUSED)


def test_the_person_is_asked_which_video_is_meant(context: Context) -> None:
    asked: list[Clarify] = []
    answer = ask(AMBIGUOUS, context=context, on_question=lambda which: (asked.append(which), "demo.mp4")[1])
    assert [which.message for which in asked] == ["“at 0:51” is in 2 videos. Which one is meant?"]
    assert asked[0].choices == ((LECTURE, "lecture.mp4"), (DEMO, "demo.mp4"))
    assert (answer.status, {i.video_id for i in answer.intervals}) == ("answered", {DEMO})


@pytest.mark.parametrize(
    "said", ["", "the green one", "3"], ids=["nothing", "no name", "no number of the list"]
)
def test_a_reply_that_means_no_video_leaves_the_refusal(context: Context, said: str) -> None:
    answer = ask(AMBIGUOUS, context=context, on_question=lambda which: said)
    assert (answer.reason, answer.text) == ("ambiguous", REFUSED)


def test_a_clear_question_asks_nothing_back(context: Context) -> None:
    def never(which: Clarify) -> str:
        raise AssertionError(which.message)

    answer = ask(AMBIGUOUS, context=context, scope=Scope((DEMO,)), on_question=never)
    assert answer.status == "answered"


def test_the_run_waits_on_the_disk(context: Context, saver: SqliteSaver, made: Catalog) -> None:
    which = waiting(context, saver)
    assert (which.node, which.thread_id) == ("parse", "a")
    another = Context(WordFinder(made), made)
    *steps, answer = reply(which.thread_id, "2", context=another, checkpointer=saver)
    assert [step.node for step in steps if isinstance(step, Progress)][:2] == ["parse", "plan"]
    assert isinstance(answer, Answer)
    assert {i.video_id for i in answer.intervals} == {DEMO}


def test_a_waiting_run_that_is_resumed_asks_again(context: Context, saver: SqliteSaver) -> None:
    which = waiting(context, saver)
    assert list(resume("a", context=context, checkpointer=saver)) == [which]


def test_another_question_ends_the_waiting(context: Context, saver: SqliteSaver) -> None:
    waiting(context, saver)
    *_, answer = stream("Does he mention the exam?", context=context, checkpointer=saver, thread_id="a")
    assert isinstance(answer, Answer)
    assert answer.status == "answered"
    with pytest.raises(LibraryError, match="no run of thread 'a' waits for an answer"):
        next(reply("a", "1", context=context, checkpointer=saver))


def test_a_run_that_may_ask_needs_a_place_to_wait(context: Context) -> None:
    with pytest.raises(ValueError, match="needs a checkpointer"):
        next(stream(AMBIGUOUS, context=context))


# ---- the record ----

WHICH = Clarify(
    "parse", "Which?", choices=(("a1", "talks/day.mp4"), ("b2", "old/day.mp4"), ("c3", "End.mkv"))
)


def test_the_record_is_what_an_agent_inbox_reads() -> None:
    assert Clarify("parse", "Which?", choices=(("a1", "talk.mp4"),)).to_json() == {
        "action_request": {
            "action": "clarify",
            "args": {"question": "Which?", "videos": [{"video_id": "a1", "name": "talk.mp4"}]},
        },
        "config": {"allow_ignore": True, "allow_respond": True, "allow_edit": False, "allow_accept": False},
        "description": "Which?",
    }
    assert Clarify.from_json(WHICH.to_json()) == WHICH


REPLIES: list[tuple[str, object, tuple[str, ...]]] = [
    ("an id", "b2", ("b2",)),
    ("a name", "“End.mkv”.", ("c3",)),
    ("a name without its ending", "end", ("c3",)),
    ("a path", "old/day.mp4", ("b2",)),
    ("a name that two have", "day.mp4", ()),
    ("a number", "1", ("a1",)),
    ("all", "All of them", ("a1", "b2", "c3")),
    ("an inbox's response", {"type": "response", "args": "3"}, ("c3",)),
    ("an inbox's list", [{"type": "response", "args": "3"}], ("c3",)),
    ("an inbox's ignore", {"type": "ignore", "args": None}, ()),
    ("nothing", None, ()),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "ids"), [row[1:] for row in REPLIES], ids=[row[0] for row in REPLIES])
def test_a_reply_means(reply: object, ids: tuple[str, ...]) -> None:
    assert WHICH.video_ids_of(reply) == ids

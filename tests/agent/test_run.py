"""Runs: limits, progress, threads, checkpoints."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from tests.tools.made_library import LECTURE, SPANS, WordFinder, make_library

from playhead_agent.limits import Limits, Meter
from playhead_agent.persistence.checkpoints import (
    CHECKPOINTS_NAME,
    open_checkpointer,
    prune_checkpoints,
    thread_ids,
)
from playhead_agent.progress import Progress
from playhead_agent.rules.graph import build_graph
from playhead_agent.run import ask, resume, stream
from playhead_agent.state import Context
from playhead_agent.testing import ScriptedChatModel
from playhead_index.errors import AgentStopped, CostLimit, LibraryError, StepLimit, TimeLimit
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer

RecordingSaver = tuple[Context, SqliteSaver]
QUESTION = "When does he mention Bayes?"
NODES = ["parse", "plan", "retrieve", "inspect", "triage", "reason", "verify", "compose", "check"]


def with_limits(made: Catalog, limits: Limits, **more: object) -> Context:
    return Context(WordFinder(made), made, limits=limits, **more)  # type: ignore[arg-type]


def test_every_node_tells_what_it_did(made: Catalog) -> None:
    *steps, answer = stream(QUESTION, context=with_limits(made, Limits()))
    assert [step.node for step in steps if isinstance(step, Progress)] == NODES
    assert isinstance(answer, Answer)
    inspect = next(s for s in steps if isinstance(s, Progress) and s.node == "inspect")
    assert (inspect.message, [e["id"] for e in inspect.evidence]) == ("2 pieces of evidence", ["E1", "E2"])
    assert inspect.seconds >= 0
    assert list(inspect.to_json()) == ["node", "message", "evidence", "seconds"]


def test_a_lane_that_holds_nothing_sends_the_run_back_to_the_plan(made: Catalog) -> None:
    steps = stream("When do they talk about the outline?", context=with_limits(made, Limits()))
    nodes = [step.node for step in steps if isinstance(step, Progress)]
    assert nodes == NODES[:7] + NODES[1:]


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_run_that_is_stopped_anywhere_gives_its_best(made: Catalog, steps: int) -> None:
    answer = ask(QUESTION, context=with_limits(made, Limits(steps=steps)))
    found = steps >= 4
    assert (answer.status, answer.reason) == ("partial" if found else "abstained", "budget")
    assert f"{steps} steps were allowed" in answer.notes[-1]
    assert len(answer.intervals) == (2 if found else 0)


def test_a_stopped_run_can_be_raised_with_its_best_answer(made: Catalog) -> None:
    with pytest.raises(StepLimit, match="stopped before 'verify': 6 steps were allowed") as stopped:
        ask(QUESTION, context=with_limits(made, Limits(steps=6)), raise_on_limit=True)
    assert isinstance(stopped.value.best, Answer)
    assert len(stopped.value.best.intervals) == 2


def test_the_seconds_of_a_run_are_limited(made: Catalog) -> None:
    clock = itertools.count(0.0, 1.0)
    context = with_limits(made, Limits(seconds=14.0), meter=Meter(clock=lambda: next(clock)))
    answer = ask(QUESTION, context=context)
    assert (answer.status, answer.reason) == ("partial", "budget")
    assert "14 s were allowed" in answer.text


def test_the_model_calls_of_a_run_are_limited(made: Catalog) -> None:
    model = ScriptedChatModel(replies=["no json"])
    answer = ask(QUESTION, context=with_limits(made, Limits(model_calls=1), llm=model))
    assert (answer.status, answer.reason, answer.cost["model_calls"]) == ("partial", "budget", 1)
    assert "1 model calls were allowed" in answer.text


@pytest.mark.parametrize("name", list(Limits.__slots__))
def test_a_limit_is_above_0(name: str) -> None:
    with pytest.raises(ValueError, match=f"got {name} = 0"):
        Limits(**{name: 0})


def test_the_meter_stops_at_each_limit() -> None:
    meter = Meter(Limits(steps=1, model_calls=1))
    meter.step("parse")
    meter.model_call()
    with pytest.raises(StepLimit, match="stopped before 'plan': 1 steps were allowed"):
        meter.step("plan")
    with pytest.raises(CostLimit, match="1 model calls were allowed"):
        meter.model_call()
    late = Meter(Limits(seconds=1.0), clock=iter([0.0, 2.0]).__next__)
    with pytest.raises(TimeLimit, match="stopped at 'plan': 1 s were allowed"):
        late.check_time("plan")
    assert issubclass(TimeLimit, AgentStopped)


# ---- threads and checkpoints ----


@pytest.fixture
def kept(made: Catalog, tmp_path: Path) -> Iterator[RecordingSaver]:
    with open_checkpointer(tmp_path) as saver:
        yield Context(WordFinder(made), made), saver


def test_a_thread_keeps_its_scope(kept: RecordingSaver) -> None:
    context, saver = kept
    first = ask(QUESTION, context=context, checkpointer=saver, thread_id="a", scope=Scope((LECTURE,)))
    second = ask("What is said at 0:51?", context=context, checkpointer=saver, thread_id="a")
    other = ask("What is said at 0:51?", context=context, checkpointer=saver, thread_id="b")
    assert (first.status, second.reason, other.reason) == ("answered", "absent", "ambiguous")
    assert second.coverage is not None
    assert second.coverage.videos == 1


def test_a_second_question_starts_with_an_empty_table(kept: RecordingSaver) -> None:
    context, saver = kept
    ask(QUESTION, context=context, checkpointer=saver, thread_id="a")
    second = ask("When does he mention the exam?", context=context, checkpointer=saver, thread_id="a")
    assert [e.id for e in second.evidence] == ["E1"]
    assert second.evidence[0].text == "The exam is on the ninth of May, okay?"


def test_a_question_that_stops_at_once_does_not_answer_the_one_before(kept: RecordingSaver) -> None:
    context, saver = kept
    ask(QUESTION, context=context, checkpointer=saver, thread_id="a")
    tight = Context(context.finder, context.catalog, limits=Limits(seconds=1e-9))
    answer = ask("When does he mention the exam?", context=tight, checkpointer=saver, thread_id="a")
    assert (answer.question, answer.reason, answer.intervals) == (
        "When does he mention the exam?",
        "budget",
        (),
    )


def test_a_run_that_was_cut_short_goes_on_where_it_was(kept: RecordingSaver) -> None:
    context, saver = kept
    tight = Context(context.finder, context.catalog, limits=Limits(steps=5))
    assert ask(QUESTION, context=tight, checkpointer=saver, thread_id="a").reason == "budget"
    *steps, answer = resume("a", context=context, checkpointer=saver)
    assert [step.node for step in steps if isinstance(step, Progress)] == [
        "reason",
        "verify",
        "compose",
        "check",
    ]
    assert isinstance(answer, Answer)
    assert (answer.status, len(answer.intervals)) == ("answered", 2)


def test_a_new_question_after_a_cut_short_one_is_answered_anew(kept: RecordingSaver) -> None:
    context, saver = kept
    tight = Context(context.finder, context.catalog, limits=Limits(steps=5))
    ask(QUESTION, context=tight, checkpointer=saver, thread_id="a")
    answer = ask("When does he mention the exam?", context=context, checkpointer=saver, thread_id="a")
    assert (answer.status, [i.window.start_s for i in answer.intervals]) == ("answered", [240.0])


def test_a_finished_thread_resumes_to_its_answer(kept: RecordingSaver) -> None:
    context, saver = kept
    answer = ask(QUESTION, context=context, checkpointer=saver, thread_id="a")
    assert list(resume("a", context=context, checkpointer=saver)) == [answer]
    with pytest.raises(LibraryError, match="no run is kept for thread 'b'"):
        list(resume("b", context=context, checkpointer=saver))


def bytes_kept(saver: SqliteSaver) -> tuple[int, int]:
    """Bytes of all rows together, and of the largest checkpoint."""
    rows = saver.conn.execute("SELECT length(checkpoint), length(metadata) FROM checkpoints").fetchall()
    (writes,) = saver.conn.execute("SELECT sum(length(value)) FROM writes").fetchone()
    return sum(a + b for a, b in rows) + writes, max(a for a, _ in rows)


def test_all_checkpoints_of_a_run_stay_small(kept: RecordingSaver) -> None:
    context, saver = kept
    ask("What is on the slide when he mentions Bayes?", context=context, checkpointer=saver)
    assert bytes_kept(saver)[0] < 60_000


def test_a_checkpoint_with_a_full_table_and_long_words_stays_small(tmp_path: Path) -> None:
    many = [(LECTURE, "speech", i * 4.0, i * 4.0 + 1, "okay " + "word " * 400) for i in range(74)]
    catalog = make_library(tmp_path, [*SPANS, *many])
    with open_checkpointer(tmp_path) as saver:
        answer = ask("When does he say okay?", context=with_limits(catalog, Limits()), checkpointer=saver)
        assert len(answer.evidence) == Limits().evidence
        assert bytes_kept(saver)[1] < 60_000


def test_no_words_of_a_video_are_kept_before_the_answer(kept: RecordingSaver) -> None:
    context, saver = kept
    tight = Context(context.finder, context.catalog, limits=Limits(steps=6))
    ask(QUESTION, context=tight, checkpointer=saver, thread_id="a")
    rows = saver.conn.execute(
        "SELECT type, checkpoint FROM checkpoints UNION ALL SELECT type, value FROM writes"
        " WHERE task_id != 'playhead-stop'"  # the answer itself
    ).fetchall()
    kept_values = [repr(saver.serde.loads_typed(row)) for row in rows]
    assert any(QUESTION in value for value in kept_values)
    assert not [value for value in kept_values if "Thomas" in value]


def test_pruning_keeps_the_last_checkpoint_of_each_turn_of_the_newest_threads(kept: RecordingSaver) -> None:
    context, saver = kept
    for name in "abc":
        ask(QUESTION, context=context, checkpointer=saver, thread_id=name)
    assert prune_checkpoints(saver, keep_threads=2, keep_histories=0) > 0
    assert thread_ids(saver) == ["c", "b"]
    assert saver.conn.execute("SELECT count(*) FROM checkpoints").fetchone() == (2,)
    follow_up = ask("What is said at 0:51?", context=context, checkpointer=saver, thread_id="c")
    assert follow_up.question == "What is said at 0:51?"
    with pytest.raises(ValueError, match="must not be below 0"):
        prune_checkpoints(saver, keep_threads=-1)


def test_pruning_keeps_all_steps_of_the_last_turn_of_some_threads(kept: RecordingSaver) -> None:
    context, saver = kept
    for question in (QUESTION, "When does he mention the exam?"):
        ask(question, context=context, checkpointer=saver, thread_id="a")
    prune_checkpoints(saver, keep_histories=1)
    history = list(build_graph(saver).get_state_history({"configurable": {"thread_id": "a"}}))
    assert len(history) == len(NODES) + 3  # the input, its first step, and the turn before
    assert [row.values["question"] for row in history[-2:]] == [QUESTION, QUESTION]


def test_a_damaged_checkpoint_file_is_a_library_error(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINTS_NAME).write_bytes(b"no database at all " * 100)
    with pytest.raises(LibraryError, match=r"checkpoints\.sqlite"), open_checkpointer(tmp_path):
        pass


def test_the_state_is_plain_json(kept: RecordingSaver) -> None:
    context, saver = kept
    ask(QUESTION, context=context, checkpointer=saver, thread_id="a")
    values = build_graph(saver).get_state({"configurable": {"thread_id": "a"}}).values
    assert json.loads(json.dumps(values)) == values


def test_the_graph_has_the_nodes_of_the_house() -> None:
    assert [name for name in build_graph().nodes if name != "__start__"] == [*NODES[:5], "watch", *NODES[5:]]


def test_a_row_that_sqlite_does_not_read_does_not_keep_a_library_from_being_asked(
    made: Catalog, tmp_path: Path
) -> None:
    with open_checkpointer(tmp_path) as saver:
        ask("When is Bayes mentioned?", context=Context(WordFinder(made), made), checkpointer=saver)
        with saver.cursor() as cursor:
            cursor.execute("UPDATE checkpoints SET metadata = '{\"money\": NaN}'")
        assert prune_checkpoints(saver) >= 0
        again = ask("When is Bayes mentioned?", context=Context(WordFinder(made), made), checkpointer=saver)
    assert again.status == "answered"

"""A run that is killed anywhere is gone on with: the same answer, and no look that was kept is made again."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from tests.agent.seen_world import World

from playhead_agent.limits import Limits
from playhead_agent.perception.observation_request import observation_of_row
from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.run import ask, resume
from playhead_index.errors import LibraryError
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.evidence import Answer

QUESTION = "Does the dog ever swim in lecture.mp4?"
FIRST_STEP, LAST_STEP = -1, 14
NODES = ["parse", "plan", "retrieve", "inspect", "triage", "reason", "verify", "compose", "check"]
WRITES = [
    *((node, 0) for node in NODES),
    ("triage", 1),
    ("triage", 2),
    *(("watch", n) for n in (0, 1, 2, 3, 5, 6)),
]
WHENS = ["before", "after"]
Place = Callable[[str, str], bool]


class Killed(BaseException):
    """The process is gone; nothing can catch this."""


class DyingSaver(SqliteSaver):
    """Keeps checkpoints until the nth time that a place is written; then nothing more, as after a kill.

    Args:
        saver: whose file it writes.
        place: `write of X` with the node that wrote, or `step N` with the number of the checkpoint.
        nth: which of its writes, from 0.
        when: the process dies `before` it is on the disk, or `after`.
    """

    def __init__(self, saver: SqliteSaver, place: str, nth: int, when: str) -> None:
        super().__init__(saver.conn, serde=saver.serde)
        self.is_setup = True
        self.place, self.left, self.when, self.dead = place, nth, when, False
        self.counting = threading.RLock()  # looks are written side by side

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """A checkpoint, unless the process is gone."""
        return self._kept(f"step {metadata['step']}", super().put, config, checkpoint, metadata, new_versions)

    def put_writes(self, config: Any, writes: Sequence[Any], task_id: str, task_path: str = "") -> None:
        """What a node wrote, unless the process is gone."""
        node = "watch" if "push" in task_path else task_path.rpartition(" ")[2]
        self._kept(f"write of {node}", super().put_writes, config, writes, task_id, task_path)

    def _kept(self, place: str, put: Callable[..., Any], *arguments: Any) -> Any:
        with self.counting:
            hit = place == self.place and self.left == 0
            self.left -= place == self.place
            if self.dead or (hit and self.when == "before"):
                self.dead = True
                raise Killed
            kept = put(*arguments)
            if hit:
                self.dead = True
                raise Killed
            return kept


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[SqliteSaver]:
    with open_checkpointer(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(made: Catalog) -> tuple[Answer, list[tuple[Window, str]]]:
    """The answer and the looks of a run that nothing interrupts."""
    world = World(made, moments=3)
    return ask(QUESTION, context=world.context()), world.looks


def answer_fields(answer: Answer) -> tuple[object, ...]:
    """What a person gets to see of an answer, without its cost."""
    return answer.text, answer.status, answer.reason, answer.intervals, answer.choice, answer.notes


def kill(world: World, saver: SqliteSaver, place: str, nth: int, when: str) -> None:
    dying = DyingSaver(saver, place, nth, when)
    with pytest.raises(Killed):
        ask(QUESTION, context=world.context(), checkpointer=dying, thread_id="a")


def stored_observations(saver: SqliteSaver) -> set[tuple[Window, str]]:
    """The looks that are on the disk: in the last state, and written behind it."""
    last = saver.get_tuple({"configurable": {"thread_id": "a"}})
    assert last is not None
    rows = list(last.checkpoint["channel_values"].get("looks", []))
    for _, channel, value in last.pending_writes or []:
        rows += value if channel == "looks" and value else []
    return {(request.window, request.question) for request, _ in map(observation_of_row, rows)}


def resumed(world: World, saver: SqliteSaver) -> Answer:
    *_, answer = resume("a", context=world.context(), checkpointer=saver)
    assert isinstance(answer, Answer)
    return answer


def test_the_run_looks_side_by_side_twice(whole: tuple[Answer, list[tuple[Window, str]]]) -> None:
    answer, looks = whole
    assert (answer.status, len(looks), len(set(looks))) == ("answered", len(looks), len(looks))
    assert len(looks) >= 8


def check_resumed(made: Catalog, saver: SqliteSaver, whole: Any, place: str, nth: int, when: str) -> None:
    world = World(made, moments=3)
    kill(world, saver, place, nth, when)
    kept, before = stored_observations(saver), len(world.looks)
    answer = resumed(world, saver)
    again = world.looks[before:]
    assert answer_fields(answer) == answer_fields(whole[0])
    assert kept.isdisjoint(again)
    assert set(again) | kept == set(whole[1])
    assert len(again) == len(set(again))


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize(("node", "nth"), WRITES)
def test_a_run_killed_when_a_node_writes_goes_on_to_the_same_answer(
    made: Catalog, saver: SqliteSaver, whole: Any, node: str, nth: int, when: str
) -> None:
    check_resumed(made, saver, whole, f"write of {node}", nth, when)


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("step", range(FIRST_STEP + 1, LAST_STEP))
def test_a_run_killed_between_two_nodes_goes_on_to_the_same_answer(
    made: Catalog, saver: SqliteSaver, whole: Any, step: int, when: str
) -> None:
    check_resumed(made, saver, whole, f"step {step}", 0, when)


def test_a_run_killed_before_its_question_was_kept_is_asked_anew(made: Catalog, saver: SqliteSaver) -> None:
    world = World(made, moments=3)
    kill(world, saver, f"step {FIRST_STEP}", 0, "before")
    with pytest.raises(LibraryError, match="no run is kept for thread 'a'"):
        resumed(world, saver)


def test_a_run_killed_many_times_is_still_the_same_run(made: Catalog, saver: SqliteSaver, whole: Any) -> None:
    world = World(made, moments=3)
    kill(world, saver, "write of watch", 0, "after")
    for place in ("write of watch", "write of triage", "write of reason", "write of check"):
        dying = DyingSaver(saver, place, 0, "after")
        with pytest.raises(Killed):
            list(resume("a", context=world.context(), checkpointer=dying))
    assert answer_fields(resumed(world, saver)) == answer_fields(whole[0])
    assert set(world.looks) == set(whole[1])


def test_looks_made_before_the_kill_count_against_the_limits(made: Catalog, saver: SqliteSaver) -> None:
    limits, world = Limits(looks=5), World(made, moments=3)
    unbroken = ask(QUESTION, context=World(made, moments=3).context(limits=limits))
    dying = DyingSaver(saver, "step 6", 0, "after")
    with pytest.raises(Killed):
        ask(QUESTION, context=world.context(limits=limits), checkpointer=dying, thread_id="a")
    *_, answer = resume("a", context=world.context(limits=limits), checkpointer=saver)
    assert isinstance(answer, Answer)
    assert (answer_fields(answer), answer.cost["looks"], len(world.looks)) == (answer_fields(unbroken), 5, 5)


def test_a_procedure_that_is_run_again_does_not_search_again(made: Catalog) -> None:
    world = World(made, moments=3)
    ask(QUESTION, context=world.context())
    assert len(world.finder.queries) == len({(q.text, q.lanes, q.limit) for q in world.finder.queries})

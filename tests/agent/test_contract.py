"""What holds for every strategy, also those of entry points: a new one is tested once it is registered."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from tests.agent.contract_world import OPTIONS, QUESTION, START, ContractWorld, limits_of
from tests.tools.made_library import DEMO, LECTURE

from playhead_agent.clarify import Clarify
from playhead_agent.limits import Limits
from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.persistence.conversations import last_checkpoint, read_turns
from playhead_agent.persistence.run_record import record_of
from playhead_agent.progress import Progress
from playhead_agent.run import ask, complete, reply, resume, stream
from playhead_agent.strategies import AUTO, load_strategy, strategy_names
from playhead_index.errors import LibraryError
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.calibration import Calibration
from playhead_tools.evidence import Answer

STRATEGIES = [name for name in strategy_names() if name != AUTO]
TWO_VIDEOS = "What is said at 0:03?"
ALWAYS_7 = Calibration((0.0, 1.0), (0.07, 0.07), 20)


@pytest.fixture(params=STRATEGIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(filmed: Catalog) -> ContractWorld:
    return ContractWorld(filmed)


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[SqliteSaver]:
    with open_checkpointer(tmp_path) as opened:
        yield opened


def ask_strategy(world: ContractWorld, name: str, question: str = QUESTION, **more: Any) -> Answer:
    """The answer of a strategy about the first minute of the lecture."""
    context = more.pop("context", None) or world.context(name)
    return ask(question, context=context, strategy=load_strategy(name), **{"scope": START, **more})


# ---- what is given arrives ----


def test_options_reach_a_model_and_the_choice_is_one_of_them(world: ContractWorld, name: str) -> None:
    answer = ask_strategy(world, name, options=OPTIONS)
    assert (answer.status != "abstained", answer.choice) == (True, 1)


def test_only_the_scope_is_looked_at_and_cited(world: ContractWorld, name: str) -> None:
    answer = ask_strategy(world, name)
    cited = {(one.video_id, one.window.end_s <= 60.0) for one in answer.intervals}
    shown = {
        (ask_strategy.clips[0].video_id, ask_strategy.clips[0].pts_s.max() <= 60.0)
        for ask_strategy in world.video.requests
    }
    assert cited | shown == {(LECTURE, True)}


def test_progress_comes_as_the_run_goes(world: ContractWorld, name: str) -> None:
    reports: list[Progress] = []
    answer = ask_strategy(world, name, on_progress=reports.append)
    assert answer.status != "abstained"
    assert len(reports) >= 2
    assert all(one.node for one in reports)
    assert any(one.message for one in reports)
    assert reports[-1].seconds <= answer.cost["seconds"] + 0.1


def test_confidence_is_calibrated(world: ContractWorld, name: str) -> None:
    answer = ask_strategy(world, name, context=world.context(name, calibration=ALWAYS_7))
    assert (answer.status != "abstained", answer.confidence) == (True, 0.07)


# ---- caps ----

CAPS: list[dict[str, Any]] = [
    {"looks": 1}, {"frames": 2}, {"frames": 8}, {"visual_tokens": 40}, {"model_calls": 1}, {"evidence": 1},
    {"looks": 1, "frames": 2, "model_calls": 1},
]  # fmt: skip


@pytest.mark.parametrize("caps", CAPS, ids=str)
def test_caps_hold_at_the_models(world: ContractWorld, name: str, caps: dict[str, Any]) -> None:
    answer = ask_strategy(world, name, context=world.context(name, limits=limits_of(name, **caps)))
    assert len(world.video.requests) <= caps.get("looks", 5_000)
    assert world.num_frames <= caps.get("frames", 40_000)
    assert len(world.chat.prompts) <= caps.get("model_calls", 64)
    assert len(answer.evidence) <= caps.get("evidence", 5_000)


def test_the_bill_is_what_the_models_were_asked(world: ContractWorld, name: str) -> None:
    cost = ask_strategy(world, name).cost
    assert (cost["looks"], cost["frames"]) == (len(world.video.requests), world.num_frames)
    assert cost["model_calls"] == len(world.chat.prompts)


def test_a_limit_gives_a_partial_or_abstained_answer_that_says_so(world: ContractWorld, name: str) -> None:
    for limits in (limits_of(name, seconds=1e-9), limits_of(name, steps=1), limits_of(name, steps=2)):
        answer = ask_strategy(world, name, context=world.context(name, limits=limits))
        assert (answer.status in ("partial", "abstained"), answer.reason) == (True, "budget")
        assert any("allowed" in note for note in answer.notes)
        assert answer.question == QUESTION


def test_the_defaults_of_a_strategy_are_limits(name: str) -> None:
    assert isinstance(load_strategy(name).limits, Limits)


# ---- threads ----


def test_a_follow_up_sees_the_turn_before_it(world: ContractWorld, saver: SqliteSaver, name: str) -> None:
    first = "When is a cup mentioned?"
    ask_strategy(world, name, first, checkpointer=saver, thread_id="a")
    second = ask_strategy(
        world, name, "Show me the second one.", checkpointer=saver, thread_id="a", scope=None
    )
    read = any(note.startswith("interpreted as: ") and "cup" in note for note in second.notes)
    sent = any(first in text for text in world.chat.prompts[-2:])
    assert read or sent
    assert {one.video_id for one in second.intervals} <= {LECTURE}


def test_turns_are_read_back_in_order_whoever_answered(
    world: ContractWorld, saver: SqliteSaver, name: str
) -> None:
    first = ask_strategy(world, name, checkpointer=saver, thread_id="a")
    ask_strategy(world, "rules", "Who is Bayes?", checkpointer=saver, thread_id="a", scope=Scope((LECTURE,)))
    third = ask_strategy(world, name, "Who waves?", checkpointer=saver, thread_id="a", options=OPTIONS)
    turns = read_turns(saver, "a")
    assert [turn.question for turn in turns] == [QUESTION, "Who is Bayes?", "Who waves?"]
    assert [turn.strategy for turn in turns] == [name, "rules", name]
    assert [turn.answer and turn.answer.text for turn in turns[::2]] == [first.text, third.text]
    assert ([turn.status for turn in turns], turns[2].options) == (["finished"] * 3, OPTIONS)


def test_a_turn_that_a_limit_ended_is_read_back_with_its_answer(
    world: ContractWorld, saver: SqliteSaver, name: str
) -> None:
    context = world.context(name, limits=limits_of(name, steps=1))
    answer = ask_strategy(world, name, context=context, checkpointer=saver, thread_id="a")
    (turn,) = read_turns(saver, "a")
    assert turn.answer is not None
    assert (turn.status, turn.answer.text, turn.answer.reason) == ("stopped", answer.text, "budget")


# ---- questions back ----


def test_a_question_that_fits_two_videos_is_asked_back(
    world: ContractWorld, saver: SqliteSaver, name: str
) -> None:
    context = world.context(name, may_clarify=True)
    how: dict[str, Any] = {"context": context, "strategy": load_strategy(name), "checkpointer": saver}
    *_, which = stream(TWO_VIDEOS, thread_id="a", **how)
    assert isinstance(which, Clarify)
    assert [video_id for video_id, _ in which.choices] == [LECTURE, DEMO]
    assert read_turns(saver, "a")[0].status == "waiting"
    *_, answer = reply("a", "2", **how)
    assert isinstance(answer, Answer)
    assert {one.video_id for one in answer.intervals} <= {DEMO}
    assert {ask_strategy.clips[0].video_id for ask_strategy in world.video.requests} <= {DEMO}


def test_where_nobody_says_which_video_it_is_refused(world: ContractWorld, name: str) -> None:
    answer = ask_strategy(world, name, TWO_VIDEOS, scope=None, on_question=lambda which: "")
    assert (answer.status, answer.reason) == ("abstained", "ambiguous")


# ---- kills ----


class Killed(BaseException):
    """The process is gone; nothing can catch this."""


class DyingSaver(SqliteSaver):
    """Keeps what a run writes until its nth write is on the disk; then nothing more, as after a kill.

    Args:
        saver: whose file it writes.
        nth: the last write that is kept, from 0.
        steps_only: only whole steps count as writes, not what single nodes wrote within one.
    """

    def __init__(self, saver: SqliteSaver, nth: int, *, steps_only: bool = True) -> None:
        super().__init__(saver.conn, serde=saver.serde)
        self.is_setup, self.nth, self.steps_only, self.num_writes = True, nth, steps_only, 0

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """A checkpoint, and after the nth write the end."""
        self._refuse_if_dead()
        kept = super().put(config, checkpoint, metadata, new_versions)
        self._count()
        return kept

    def put_writes(self, config: Any, writes: Sequence[Any], task_id: str, task_path: str = "") -> None:
        """What a node wrote, likewise."""
        self._refuse_if_dead()
        super().put_writes(config, writes, task_id, task_path)
        if not self.steps_only:
            self._count()

    def _refuse_if_dead(self) -> None:
        if self.num_writes > self.nth:
            raise Killed

    def _count(self) -> None:
        self.num_writes += 1
        if self.num_writes > self.nth:
            raise Killed


def killed(world: ContractWorld, name: str, saver: SqliteSaver, thread_id: str) -> bool:
    """Whether a run was killed before it came to its end."""
    try:
        ask_strategy(world, name, checkpointer=saver, thread_id=thread_id)
    except Killed:
        return True
    return False


def shown_of(answer: Answer) -> tuple[object, ...]:
    """What a person gets to see of an answer, without its cost."""
    return answer.text, answer.status, answer.reason, answer.intervals, answer.choice


def test_a_run_killed_behind_any_step_is_resumed_without_looking_or_calling_twice(
    filmed: Catalog, saver: SqliteSaver, name: str
) -> None:
    whole = ContractWorld(filmed)
    answer = ask_strategy(whole, name)
    for nth in range(100):
        world, thread_id = ContractWorld(filmed), f"killed behind {nth}"
        if not killed(world, name, DyingSaver(saver, nth), thread_id):
            assert nth >= 3
            return
        more = complete(
            thread_id, context=world.context(name), strategy=load_strategy(name), checkpointer=saver
        )
        assert shown_of(more) == shown_of(answer)
        assert sorted(world.observed) == sorted(whole.observed)
        spent = ("looks", "frames", "model_calls")
        assert [more.cost[key] for key in spent] == [answer.cost[key] for key in spent]
    raise AssertionError("the run never ended")


@pytest.mark.slow
def test_a_run_killed_behind_any_node_gives_the_same_answer_and_repeats_only_what_was_not_kept(
    filmed: Catalog, saver: SqliteSaver, name: str
) -> None:
    answer = ask_strategy(ContractWorld(filmed), name)
    for nth in range(200):
        world, thread_id = ContractWorld(filmed), f"killed behind {nth}"
        if not killed(world, name, DyingSaver(saver, nth, steps_only=False), thread_id):
            return
        before = list(world.observed)
        more = complete(
            thread_id, context=world.context(name), strategy=load_strategy(name), checkpointer=saver
        )
        again = [one for one in world.observed if world.observed.count(one) > 1]
        assert shown_of(more) == shown_of(answer)
        assert len(set(again)) <= 8, before  # side by side with the one whose write was the last
    raise AssertionError("the run never ended")


def test_a_finished_run_resumes_to_its_answer(world: ContractWorld, saver: SqliteSaver, name: str) -> None:
    answer = ask_strategy(world, name, checkpointer=saver, thread_id="a")
    before = list(world.observed)
    *_, again = resume("a", context=world.context(name), strategy=load_strategy(name), checkpointer=saver)
    assert isinstance(again, Answer)
    assert (shown_of(again), world.observed) == (shown_of(answer), before)


def test_a_run_that_a_limit_ended_goes_on_with_more(
    world: ContractWorld, saver: SqliteSaver, filmed: Catalog, name: str
) -> None:
    whole = ask_strategy(ContractWorld(filmed), name)
    context = world.context(name, limits=limits_of(name, steps=1))
    ask_strategy(world, name, context=context, checkpointer=saver, thread_id="a")
    more = complete("a", context=world.context(name), strategy=load_strategy(name), checkpointer=saver)
    assert shown_of(more) == shown_of(whole)


def test_a_run_is_not_resumed_by_another_strategy(
    world: ContractWorld, saver: SqliteSaver, name: str
) -> None:
    other = "uniform" if name != "uniform" else "rules"
    ask_strategy(world, name, checkpointer=saver, thread_id="a")
    with pytest.raises(LibraryError, match=f"was asked with the strategy '{name}', not with '{other}'"):
        list(resume("a", context=world.context(other), strategy=load_strategy(other), checkpointer=saver))


def test_each_step_says_which_run_it_belongs_to_and_what_was_used(
    world: ContractWorld, saver: SqliteSaver, name: str
) -> None:
    answer = ask_strategy(world, name, checkpointer=saver, thread_id="a")
    found = last_checkpoint(saver, "a")
    assert found is not None
    record = record_of(found)
    assert (record.strategy, record.turn) == (name, 1)
    assert record.used is not None
    assert record.used.get("looks", 0) == answer.cost["looks"]

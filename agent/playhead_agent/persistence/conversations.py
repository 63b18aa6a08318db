"""Conversations read back from their checkpoints: question and answer of each turn, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from playhead_agent.persistence.checkpoints import thread_ids
from playhead_agent.persistence.run_record import record_of
from playhead_index.short_repr import short_repr
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
    from langgraph.checkpoint.sqlite import SqliteSaver


TurnStatus = Literal["finished", "stopped", "waiting", "unfinished"]


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """One question of a conversation and its answer.

    Args:
        number: in the conversation, from 1.
        question: in the person's words.
        options: of a multiple choice.
        strategy: name of the strategy that answered; empty where an earlier version did.
        asked_at: when its last step was kept, ISO 8601 in UTC.
        status: `finished`; `stopped` by a limit, with the best answer; `waiting` for a reply to a question
            back; or `unfinished`, when its process ended before it.
        answer: without the words of its evidence; None where there is none yet.
        asks: the question back that it waits with, as `Clarify.to_json` wrote it; None otherwise.
    """

    number: int
    question: str
    options: tuple[str, ...]
    strategy: str
    asked_at: str
    status: TurnStatus
    answer: Answer | None
    asks: dict[str, Any] | None = None
    __repr__ = short_repr

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, as `Strategy.begin` is given it too."""
        return {
            "number": self.number,
            "question": self.question,
            "options": list(self.options),
            "strategy": self.strategy,
            "asked_at": self.asked_at,
            "status": self.status,
            "answer": None if self.answer is None else self.answer.to_json(compact=True),
        }


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation, as a list of them shows it.

    Args:
        id: by which it is continued.
        num_turns: questions in it.
        question: the first one.
        asked_at: when its last step was kept, ISO 8601 in UTC.
        status: of its last turn.
    """

    id: str
    num_turns: int
    question: str
    asked_at: str
    status: TurnStatus
    __repr__ = short_repr

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def read_threads(saver: "SqliteSaver") -> list[Thread]:
    """The stored conversations, the newest first.

    Raises:
        LibraryError: the file is damaged or locked.
    """
    turns = {thread_id: read_turns(saver, thread_id) for thread_id in thread_ids(saver)}
    return [
        Thread(
            thread_id,
            len(thread_turns),
            thread_turns[0].question,
            thread_turns[-1].asked_at,
            thread_turns[-1].status,
        )
        for thread_id, thread_turns in turns.items()
        if thread_turns
    ]


def last_checkpoint(saver: "BaseCheckpointSaver[Any]", thread_id: str) -> "CheckpointTuple | None":
    """The newest checkpoint of a thread, with its pending writes; None for a new thread."""
    return saver.get_tuple(config_of(thread_id))


def config_of(thread_id: str) -> Any:
    """The config by which LangGraph finds a thread."""
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}


def read_turns(saver: "BaseCheckpointSaver[Any]", thread_id: str) -> list[ConversationTurn]:
    """The turns of a conversation, oldest first; empty for an unknown one.

    A turn whose answer a later question did not wait for is among them, without an answer.
    """
    turns = [_turn(found, index) for index, found in enumerate(_newest_of_each_turn(saver, thread_id))]
    in_order = [turn for turn in reversed(turns) if turn is not None]
    return [replace(turn, number=number) for number, turn in enumerate(in_order, 1)]


def _newest_of_each_turn(saver: "BaseCheckpointSaver[Any]", thread_id: str) -> "Iterator[CheckpointTuple]":
    seen: set[int] = set()
    for found in saver.list(config_of(thread_id)):
        turn = record_of(found).turn
        if turn not in seen:
            seen.add(turn)
            yield found


def _turn(found: "CheckpointTuple", index: int) -> ConversationTurn | None:
    """The turn that ends with a checkpoint; None where not even its question was stored."""
    values, record = found.checkpoint["channel_values"], record_of(found)
    start = values.get("__start__")
    state = {**values, **start} if isinstance(start, dict) else values
    if not state.get("question"):
        return None
    pending = found.pending_writes or ()
    asks = next((value for _, channel, value in pending if channel == "__interrupt__"), None)
    answer = (None if isinstance(start, dict) else values.get("answer")) or record.stopped
    status: TurnStatus = "waiting" if asks and index == 0 else "unfinished"
    if answer:
        status = "stopped" if answer is record.stopped else "finished"
    return ConversationTurn(
        record.turn,
        state["question"],
        tuple(state.get("options") or ()),
        record.strategy,
        str(found.checkpoint["ts"]),
        status,
        Answer.from_json(answer) if answer else None,
        _question_back(asks) if status == "waiting" else None,
    )


def _question_back(interrupts: Any) -> dict[str, Any] | None:
    first = interrupts[0] if isinstance(interrupts, Sequence) and interrupts else interrupts
    value = getattr(first, "value", None)
    return value if isinstance(value, dict) else None

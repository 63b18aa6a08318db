"""Conversations read back from their checkpoints: question and answer of each turn, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from playhead_agent.recording import record_of

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and what was answered.

    Args:
        number: in the conversation, from 1.
        question: as it was asked.
        options: of a multiple choice.
        strategy: name of the strategy that answered; empty where an earlier version did.
        asked_at: when its last step was kept, ISO 8601 in UTC.
        status: `finished`; `stopped` by a limit, with the best answer; `waiting` for a reply to a question
            back; or `unfinished`, when its process ended before it.
        answer: `Answer.to_json(compact=True)`; None where there is none yet.
        asks: the question back that it waits with, as `Clarify.to_json` wrote it; None otherwise.
    """

    number: int
    question: str
    options: tuple[str, ...]
    strategy: str
    asked_at: str
    status: str
    answer: dict[str, Any] | None
    asks: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, as `Strategy.begin` is given it too."""
        return {
            "number": self.number,
            "question": self.question,
            "options": list(self.options),
            "strategy": self.strategy,
            "asked_at": self.asked_at,
            "status": self.status,
            "answer": self.answer,
        }


def last_checkpoint(saver: "BaseCheckpointSaver[Any]", thread_id: str) -> "CheckpointTuple | None":
    """The newest checkpoint of a thread, with all that is kept behind it; None for a new thread."""
    return saver.get_tuple(config_of(thread_id))


def config_of(thread_id: str) -> Any:
    """The config by which LangGraph finds a thread."""
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}


def read_turns(saver: "BaseCheckpointSaver[Any]", thread_id: str) -> list[Turn]:
    """The turns of a conversation, oldest first; empty for an unknown one.

    A turn whose answer a later question did not wait for is among them, without an answer.
    """
    turns = [_turn(found, index) for index, found in enumerate(_newest_of_each_turn(saver, thread_id))]
    numbered = [turn for turn in reversed(turns) if turn is not None]
    return [_numbered(turn, number) for number, turn in enumerate(numbered, 1)]


def _numbered(turn: Turn, number: int) -> Turn:
    return replace(turn, number=number)


def _newest_of_each_turn(saver: "BaseCheckpointSaver[Any]", thread_id: str) -> "Iterator[CheckpointTuple]":
    seen: set[int] = set()
    for found in saver.list(config_of(thread_id)):
        turn = record_of(found).turn
        if turn not in seen:
            seen.add(turn)
            yield found


def _turn(found: "CheckpointTuple", index: int) -> Turn | None:
    """The turn that ends with a checkpoint; None where not even its question was kept."""
    values, record = found.checkpoint["channel_values"], record_of(found)
    start = values.get("__start__")
    state = {**values, **start} if isinstance(start, dict) else values
    if not state.get("question"):
        return None
    asks = next(
        (value for _, channel, value in found.pending_writes or () if channel == "__interrupt__"), None
    )
    answer = (None if isinstance(start, dict) else values.get("answer")) or record.stopped
    status = (
        "finished" if answer and answer is not record.stopped
        else "stopped" if answer
        else "waiting" if asks and index == 0
        else "unfinished"
    )  # fmt: skip
    return Turn(
        record.turn, state["question"], tuple(state.get("options") or ()), record.strategy,
        str(found.checkpoint["ts"]), status, answer, _asked(asks) if status == "waiting" else None,
    )  # fmt: skip


def _asked(interrupts: Any) -> dict[str, Any] | None:
    first = interrupts[0] if isinstance(interrupts, Sequence) and interrupts else interrupts
    value = getattr(first, "value", None)
    return value if isinstance(value, dict) else None

"""The record of a run beside its state: strategy, number of the turn, usage, and where a limit ended it.

It is in the metadata of checkpoints and in hidden writes behind them, so every LangGraph checkpointer stores
it; it is written together with the step that it belongs to, and never changes what a graph does next.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from playhead_agent.limits import Meter

CHANNEL = "__playhead__"
"""Writes under this name are this module's own; no graph has such a channel."""
STOP_TASK = "playhead-stop"
STRATEGY, TURN, USED, IMAGES = "playhead_strategy", "playhead_turn", "playhead_used", "playhead_images"
"""Keys of the metadata of a checkpoint."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of the last run of a thread, beside its state.

    Args:
        strategy: its name; empty for a checkpoint of an earlier version.
        turn: its number in the thread, from 1; 0 for a checkpoint of an earlier version.
        used: what it has used, as `Meter.cost` gives it.
        stopped: its best answer as plain JSON types, where a limit ended it; else None.
        images: paths of the images that were given with its question.
    """

    strategy: str = ""
    turn: int = 0
    used: Mapping[str, float] | None = None
    stopped: dict[str, Any] | None = None
    images: tuple[str, ...] = ()


class RunRecorder(BaseCheckpointSaver[Any]):
    """A checkpointer that adds to each step which run it belongs to and what the run has used so far.

    Args:
        saver: keeps the checkpoints.
        strategy: name of the strategy of the run.
        turn: number of the run's question in its thread, from 1.
        meter: counts the run.
        images: paths of the images that were given with its question.
    """

    def __init__(
        self,
        saver: BaseCheckpointSaver[Any],
        strategy: str = "",
        turn: int = 0,
        meter: Meter | None = None,
        images: Sequence[str] = (),
    ) -> None:
        super().__init__(serde=saver.serde)
        self.saver, self.strategy, self.turn, self.meter = saver, strategy, turn, meter
        self.images = list(images)
        self._last_spent: dict[str, float] = {}

    @property
    def config_specs(self) -> list[Any]:
        """Those of the checkpointer behind it."""
        return self.saver.config_specs

    def get_next_version(self, current: Any, channel: None) -> Any:
        """The version of a channel after a change, as the checkpointer behind it counts."""
        return self.saver.get_next_version(current, channel)

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """A checkpoint without what this class wrote behind it."""
        found = self.saver.get_tuple(config)
        if found is None or not found.pending_writes:
            return found
        return found._replace(pending_writes=[one for one in found.pending_writes if one[1] != CHANNEL])

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Checkpoints, the newest first."""
        return self.saver.list(config, filter=filter, before=before, limit=limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Stores a checkpoint with strategy, turn and usage."""
        record: Any = {**metadata, STRATEGY: self.strategy, TURN: self.turn, USED: self._used()}
        if self.images:
            record[IMAGES] = self.images
        self._last_spent = self._spent()
        return self.saver.put(config, checkpoint, record, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Stores the writes of a task, and the usage of the run where that has grown."""
        spent = self._spent()
        if spent != self._last_spent and not all(channel in WRITES_IDX_MAP for channel, _ in writes):
            writes, self._last_spent = [*writes, (CHANNEL, {"used": spent})], spent
        self.saver.put_writes(config, writes, task_id, task_path)

    def put_stop(self, config: RunnableConfig, answer: Mapping[str, Any]) -> None:
        """Notes behind the last checkpoint of a thread that a limit ended its run, and the best answer.

        The run can still be resumed: what comes next is not changed.
        """
        last = self.saver.get_tuple(config)
        if last is not None:
            value = {"used": self._used(), "stopped": dict(answer)}
            self.saver.put_writes(last.config, [(CHANNEL, value)], STOP_TASK)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As `get_tuple`."""
        return self.get_tuple(config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """As `list`."""
        for one in self.list(config, filter=filter, before=before, limit=limit):
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """As `put`."""
        return self.put(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """As `put_writes`."""
        self.put_writes(config, writes, task_id, task_path)

    def _used(self) -> dict[str, float]:
        cost = {} if self.meter is None else self.meter.cost()
        return {name: amount for name, amount in cost.items() if amount}

    def _spent(self) -> dict[str, float]:
        return {name: amount for name, amount in self._used().items() if name not in ("seconds", "steps")}


def record_of(found: CheckpointTuple) -> RunRecord:
    """The record of a run from its checkpoint and the writes behind it."""
    metadata: Mapping[str, Any] = found.metadata or {}
    used: dict[str, float] = dict(metadata.get(USED) or {})
    stopped = None
    for _, channel, value in found.pending_writes or ():
        if channel == CHANNEL:  # a run counts up, so the largest is the latest
            used = {name: max(used.get(name, 0), value["used"].get(name, 0)) for name in used | value["used"]}
            stopped = value.get("stopped", stopped)
    images = tuple(metadata.get(IMAGES) or ())
    return RunRecord(metadata.get(STRATEGY, ""), metadata.get(TURN, 0), used, stopped, images)

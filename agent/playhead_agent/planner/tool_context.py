"""The toolbox of a run, made of its context, and copies of it for calls that are made side by side."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from playhead_agent.planner.reader import ChatReader
from playhead_agent.state import Context
from playhead_tools.toolbox import Toolbox
from playhead_tools.toolbox.context import ToolLimits

MAX_LOOK_S = 180.0
"""Seconds of one stretch that is looked at: a short scope is looked at as a whole."""


@dataclass(slots=True)
class ToolboxSlot:
    """Holds the toolbox of one run once it is made."""

    toolbox: Toolbox | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class PlannerContext(Context):
    """The context of one run, with its toolbox.

    Args:
        slot: holds the toolbox, so that nodes of one process do not read everything again.
    """

    slot: ToolboxSlot = field(default_factory=ToolboxSlot, repr=False, compare=False)


def with_toolbox(context: Context) -> PlannerContext:
    """The same context for one run, with a place for its toolbox."""
    values: dict[str, Any] = {one.name: getattr(context, one.name) for one in fields(Context) if one.init}
    return PlannerContext(**values)


def new_toolbox(context: Context) -> Toolbox:
    """A toolbox over the library of a context, counted by its meter."""
    limits = ToolLimits(max_evidence=context.limits.evidence, max_look_s=MAX_LOOK_S)
    reader = None if context.chat is None else ChatReader(context.chat, context.meter)
    return Toolbox(
        context.catalog,
        context.finder,
        context.open_eyes(),
        limits=limits,
        meter=context.meter,
        reader=reader,
    )


def toolbox_of(context: Context, box: dict[str, Any] | None = None) -> Toolbox:
    """The toolbox of a run, as a snapshot has it; a new one in a context that has no place for it."""
    if not isinstance(context, PlannerContext):
        toolbox = new_toolbox(context)
    else:
        with context.slot.lock:
            if context.slot.toolbox is None:
                context.slot.toolbox = new_toolbox(context)
            toolbox = context.slot.toolbox
    if box is not None:
        toolbox.restore(box)
    return toolbox


# ---- what models replied to calls that were made side by side ----

_REPLIES = ("looks", "browsed")
"""Parts of a snapshot that hold what models replied, by a hash of what they were asked."""


def new_replies(toolbox: Toolbox, before: Mapping[str, Any]) -> dict[str, Any]:
    """What models have replied since a snapshot."""
    now = toolbox.snapshot()
    return {
        part: {key: row for key, row in now[part].items() if key not in before[part]} for part in _REPLIES
    }


def adopt(toolbox: Toolbox, replies: Mapping[str, Any]) -> None:
    """Gives a toolbox what models replied in a copy of it, so that the same calls ask none again."""
    toolbox.context.looks.update(replies["looks"])
    toolbox.context.browsed.update(replies["browsed"])

"""The toolbox of a run, made from its context, and copies of it for calls that run in parallel."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from playhead_agent.planner.passage_reader import ChatReader
from playhead_agent.state import Context
from playhead_tools.toolbox import Toolbox
from playhead_tools.toolbox.context import ToolLimits

MAX_VLM_CALL_S = 180.0
"""Maximum seconds of one window that a VLM call shows: a short scope is viewed completely."""


@dataclass(slots=True)
class ToolboxSlot:
    """Holds the toolbox of one run once it is made."""

    toolbox: Toolbox | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class PlannerContext(Context):
    """The context of one run, with its toolbox.

    Args:
        slot: holds the toolbox, so that the nodes of a process do not read everything again.
    """

    slot: ToolboxSlot = field(default_factory=ToolboxSlot, repr=False, compare=False)


def with_toolbox(context: Context) -> PlannerContext:
    """The same context for one run, with a place for its toolbox."""
    values: dict[str, Any] = {one.name: getattr(context, one.name) for one in fields(Context) if one.init}
    return PlannerContext(**values)


def new_toolbox(context: Context) -> Toolbox:
    """A toolbox over the library of a context, counted by its meter."""
    limits = ToolLimits(max_evidence=context.limits.evidence, max_observed_s=MAX_VLM_CALL_S)
    reader = None if context.chat is None else ChatReader(context.chat, context.meter)
    return Toolbox(
        context.catalog,
        context.finder,
        context.open_vlm_client(),
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


# ---- replies of models to parallel calls ----

_REPLY_PARTS = ("looks", "browsed")
"""Parts of a snapshot that hold replies of models, by a hash of the request."""


def new_replies(toolbox: Toolbox, before: Mapping[str, Any]) -> dict[str, Any]:
    """The replies of models since a snapshot."""
    snapshot = toolbox.snapshot()
    return {
        part: {key: row for key, row in snapshot[part].items() if key not in before[part]}
        for part in _REPLY_PARTS
    }


def adopt_replies(toolbox: Toolbox, replies: Mapping[str, Any]) -> None:
    """Adds the replies of models in a copy to a toolbox, so that the same calls make no request again."""
    toolbox.context.observations.update(replies["looks"])
    toolbox.context.browse_results.update(replies["browsed"])

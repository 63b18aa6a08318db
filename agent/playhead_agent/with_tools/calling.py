"""One call of a chat model that is offered tools: what it wants to call, or what it said instead."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playhead_agent.limits import Meter
from playhead_agent.models.invoke import checked_depth, described, invoke, keys_of, late
from playhead_index.errors import ModelUnavailable
from playhead_tools.redaction import redact_keys, redact_values
from playhead_tools.toolbox import ToolSpec

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

MOST_CALLS = 6
MOST_ARGUMENT_CHARS = 6_000
SAID_CHARS = 400


@dataclass(frozen=True, slots=True)
class Said:
    """A reply: its prose, cut, the calls in it in plain JSON types, and how many calls were too many.

    A call is `{name, args}`, and has `bad` where its arguments could not be read.
    """

    text: str
    calls: tuple[dict[str, Any], ...]
    dropped: int = 0


def ask_with_tools_bound(
    model: "BaseChatModel",
    messages: Sequence["BaseMessage"],
    tools: Sequence[ToolSpec],
    meter: Meter,
    reserve_s: float = 0.0,
) -> Said:
    """What a model that is offered tools replies.

    Args:
        model: the chat model.
        messages: what it is sent.
        tools: what it is offered.
        meter: counts the call and gives the seconds that are left.
        reserve_s: of these, kept for what comes after the call.

    Raises:
        CostLimit: no call is left.
        TimeLimit: the run's seconds are used up.
        ModelUnavailable: it takes no tools, is away, refuses, fails, or takes too long.
    """
    try:
        bound = model.bind_tools([tool.to_json() for tool in tools])
    except NotImplementedError as error:
        raise ModelUnavailable(
            f"{described(model)} takes no tools; choose a model that can call them"
        ) from error
    meter.model_call()
    allowed_s = min(meter.limits.model_call_s, meter.remaining_s - reserve_s)
    raw = invoke(model, lambda: bound.invoke(list(messages)), allowed_s)
    if raw is None:
        raise late(model, allowed_s)
    usage = getattr(raw, "usage_metadata", None) or {}
    meter.tokens(usage.get("input_tokens", 0), usage.get("output_tokens", 0))
    return _said(raw, keys_of(model))


def _said(raw: Any, keys: Sequence[str]) -> Said:
    text = redact_keys(raw.text if isinstance(raw.text, str) else str(raw.content), keys)
    calls = [_call(redact_keys(one["name"], keys), one["args"], keys) for one in raw.tool_calls]
    bad = "its arguments are no JSON object"
    calls += [
        {"name": redact_keys(str(one.get("name") or "?"), keys)[:64], "args": {}, "bad": bad}
        for one in raw.invalid_tool_calls
    ]
    return Said(
        " ".join(text.split())[:SAID_CHARS], tuple(calls[:MOST_CALLS]), max(0, len(calls) - MOST_CALLS)
    )


def _call(name: str, args: Any, keys: Sequence[str]) -> dict[str, Any]:
    if not isinstance(args, dict):
        return {"name": name[:64], "args": {}, "bad": "its arguments are no JSON object"}
    try:
        args = redact_values(checked_depth(args), keys)
    except RecursionError:
        return {"name": name[:64], "args": {}, "bad": "its arguments are nested too deeply"}
    size = len(json.dumps(args, default=str))
    if size > MOST_ARGUMENT_CHARS:
        why = f"its arguments have {size} characters, at most {MOST_ARGUMENT_CHARS} are taken"
        return {"name": name[:64], "args": {}, "bad": why}
    return {"name": name[:64], "args": args}

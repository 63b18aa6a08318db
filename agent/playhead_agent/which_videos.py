"""Asks back which video is meant where a question fits several, for strategies that do not parse it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langgraph.types import interrupt

from playhead_agent.state import Context
from playhead_index.errors import ToolError
from playhead_index.search.results import Scope

_MAY_NAME_TIME = re.compile(r"\d|\b(?:hours?|minutes?|seconds?)\b", re.IGNORECASE)
"""Only what happens at a time, and nothing else, is asked back about."""


@dataclass(frozen=True, slots=True)
class MeantScope:
    """The videos that a question is about.

    Args:
        scope: which videos, which stretch of each.
        refusal: why it cannot be told which of several videos is meant; empty when it can.
    """

    scope: Scope
    refusal: str = ""


def ask_which_videos(question: str, scope: Scope, options: Sequence[str], context: Context) -> MeantScope:
    """The scope of a question, narrowed by the reply to a question back where it fits several videos.

    To be called in a node, which waits here and runs again with the reply. Where nobody can reply the scope
    stays as it is.

    Args:
        question: in the person's words.
        scope: that was set.
        options: of a multiple choice.
        context: whether somebody can reply, and how questions are read.
    """
    if not context.may_ask or not _MAY_NAME_TIME.search(question):
        return MeantScope(scope)
    from playhead_agent.rules.inspect import place  # the rules are loaded only where it may be asked back

    try:
        _, placed = place(question, scope, context, tuple(options))
    except ToolError:
        return MeantScope(scope)
    if placed.which is None:
        return MeantScope(scope)
    meant = placed.which.meant(interrupt(placed.which.to_json()))
    if not meant:
        return MeantScope(scope, placed.refusal[1] if placed.refusal is not None else placed.which.message)
    return MeantScope(replace(scope, video_ids=meant))

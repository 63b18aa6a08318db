"""Clarification which video is meant where a question fits several, for strategies that do not parse it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langgraph.types import interrupt

from playhead_agent.state import Context
from playhead_index.errors import ToolError
from playhead_index.search.results import Scope

_MAY_NAME_TIME = re.compile(r"\d|\b(?:hours?|minutes?|seconds?)\b", re.IGNORECASE)
"""Only questions that name a time and nothing else lead to a clarification."""


@dataclass(frozen=True, slots=True)
class ClarifiedScope:
    """The videos that a question is about.

    Args:
        scope: which videos, which window of each.
        refusal: why it is unclear which of several videos is meant; empty when it is clear.
    """

    scope: Scope
    refusal: str = ""


def ask_which_videos(question: str, scope: Scope, options: Sequence[str], context: Context) -> ClarifiedScope:
    """The scope of a question, narrowed by the reply to a question back where it fits several videos.

    To be called in a node, which waits here and runs again with the reply. Where nobody can reply the scope
    stays as it is.

    Args:
        question: in the person's words.
        scope: that was set.
        options: of a multiple choice.
        context: whether somebody can reply, and how questions are read.
    """
    if not context.may_clarify or not _MAY_NAME_TIME.search(question):
        return ClarifiedScope(scope)
    from playhead_agent.rules.parse import (
        resolve_scope,
    )  # the rules are loaded only where it may be asked back

    try:
        _, resolved = resolve_scope(question, scope, context, tuple(options))
    except ToolError:
        return ClarifiedScope(scope)
    if resolved.clarification is None:
        return ClarifiedScope(scope)
    video_ids = resolved.clarification.video_ids_of(interrupt(resolved.clarification.to_json()))
    if not video_ids:
        return ClarifiedScope(
            scope, resolved.refusal[1] if resolved.refusal is not None else resolved.clarification.message
        )
    return ClarifiedScope(replace(scope, video_ids=video_ids))

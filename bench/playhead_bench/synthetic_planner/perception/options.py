"""Turns each option of a question into an action that can be grounded."""

import re
from dataclasses import dataclass

from playhead_tools.spec import ActionTriple, QuestionSpec
from playhead_tools.video_llm.parse_response import is_abstention

ACTS = "acts"
"""Does something, whatever it is."""
_ARTICLE = re.compile(r"^(?:the|an?|some)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OptionAction:
    """An option as an action.

    Args:
        option: which one, from 0.
        action: what is seen if it is the right one.
    """

    option: int
    action: ActionTriple


def option_actions(spec: QuestionSpec, options: tuple[str, ...]) -> list[OptionAction]:
    """The options as actions, where the question leaves a place for them; none else."""
    named = [(i, _ARTICLE.sub("", option)) for i, option in enumerate(options) if not is_abstention(option)]
    if not spec.deeds:
        beside = spec.asks == "thing" and spec.relation is not None and spec.relation.kind != "during"
        return [OptionAction(i, ActionTriple(name, ACTS)) for i, name in named] if beside else []
    action = spec.deeds[0]
    if spec.asks == "colour":
        return [OptionAction(i, _coloured(action, name)) for i, name in named] if action.subject else []
    if spec.asks != "thing":
        return []
    if not action.subject:
        return [OptionAction(i, ActionTriple(name, action.verb, action.object)) for i, name in named]
    if action.verb and not action.object:
        return [OptionAction(i, ActionTriple(action.subject, action.verb, name)) for i, name in named]
    return []


def _coloured(action: ActionTriple, colour: str) -> ActionTriple:
    return ActionTriple(f"{colour} {action.subject}", action.verb, action.object)

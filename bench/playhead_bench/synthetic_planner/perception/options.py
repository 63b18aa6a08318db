"""What a question says of each of its options: every option becomes a deed that can be looked for."""

import re
from dataclasses import dataclass

from playhead_tools.spec import ActionTriple, QuestionSpec
from playhead_tools.video_llm.parse_response import is_abstention

ACTS = "acts"
"""Does something, whatever it is."""
_ARTICLE = re.compile(r"^(?:the|an?|some)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """An option as a deed.

    Args:
        option: which one, from 0.
        deed: what is seen if it is the right one.
    """

    option: int
    deed: ActionTriple


def claims_of(spec: QuestionSpec, options: tuple[str, ...]) -> list[Claim]:
    """The options as deeds, where the question leaves a place for them; none else."""
    named = [(i, _ARTICLE.sub("", option)) for i, option in enumerate(options) if not is_abstention(option)]
    if not spec.deeds:
        beside = spec.asks == "thing" and spec.relation is not None and spec.relation.kind != "during"
        return [Claim(i, ActionTriple(name, ACTS)) for i, name in named] if beside else []
    deed = spec.deeds[0]
    if spec.asks == "colour":
        return [Claim(i, _coloured(deed, name)) for i, name in named] if deed.subject else []
    if spec.asks != "thing":
        return []
    if not deed.subject:
        return [Claim(i, ActionTriple(name, deed.verb, deed.object)) for i, name in named]
    if deed.verb and not deed.object:
        return [Claim(i, ActionTriple(deed.subject, deed.verb, name)) for i, name in named]
    return []


def _coloured(deed: ActionTriple, colour: str) -> ActionTriple:
    return ActionTriple(f"{colour} {deed.subject}", deed.verb, deed.object)

"""Which strategy `auto` is, from the models that there are."""

from dataclasses import dataclass

from playhead_agent.strategies import PLANNER, RULES

MIN_PLANNER_TOKENS = 16_000
"""Positions that a video-LLM must have to plan: the brief, the tools and a dozen results fit in them."""


@dataclass(frozen=True, slots=True)
class VideoPlanner:
    """Properties of a video-LLM that may plan.

    Args:
        name: of the model.
        keeps_schema: its replies keep to a JSON schema.
        context_tokens: of a prompt and its reply together; 0 where it is not known.
    """

    name: str
    keeps_schema: bool
    context_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """The strategy that `auto` is for a question.

    Args:
        strategy: its name.
        plans_by_video: the video-LLM is also the chat model.
        note: why, where that is not obvious; else empty.
    """

    strategy: str
    plans_by_video: bool = False
    note: str = ""


def route(*, has_chat: bool, video: VideoPlanner | None) -> Route:
    """The planner where a model can plan, else the rules.

    Args:
        has_chat: a chat model was given.
        video: the video-LLM; None where there is none.

    >>> route(has_chat=False, video=VideoPlanner("vlm", keeps_schema=True, context_tokens=32_768)).strategy
    'planner'
    >>> route(has_chat=False, video=None)
    Route(strategy='rules', plans_by_video=False, note='')
    """
    if has_chat:
        return Route(PLANNER)
    if video is None or not video.keeps_schema:
        return Route(RULES)
    if video.context_tokens >= MIN_PLANNER_TOKENS:
        return Route(PLANNER, plans_by_video=True, note=f"strategy planner: the video-LLM {video.name} plans")
    tokens = f"has {video.context_tokens:,} positions" if video.context_tokens else "has an unknown context"
    return Route(
        RULES,
        note=f"strategy rules: {video.name} {tokens}, to plan it takes {MIN_PLANNER_TOKENS:,};"
        " name a chat model by --llm",
    )

"""A reply becomes a checked object, is repaired once, or is refused; never guessed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.reasoning_content import split_thoughts
from playhead_tools.video_llm.protocol import PriorTurn, VideoLLM, VlmRequest, VlmResponse
from playhead_tools.video_llm.usage import Report

Form = TypeVar("Form", bound=BaseModel)
_FENCE = re.compile(r"```(?:json)?(.*)```", re.DOTALL)
_MOST_RAW_CHARS = 2_000
_MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Filled(Generic[Form]):
    """A form as the model filled it, checked.

    Args:
        value: the object.
        reply: the reply that held it; its `shown` is what the object may cite.
        report: what all calls took, the repair's among them.
        repaired: the first reply did not keep to the form.
    """

    value: Form
    reply: VlmResponse
    report: Report
    repaired: bool


def ask_form(
    model: VideoLLM,
    asked: VlmRequest,
    form: type[Form],
    check: Callable[[Form, VlmResponse], None] | None = None,
) -> Filled[Form]:
    """A filled form; a reply that does not keep to it is sent back once with what is wrong.

    Args:
        model: what is asked.
        asked: the call; its `form` is set here.
        form: the pydantic model to fill.
        check: raises `ModelOutputInvalid` when the object cannot stand, such as when `cited_frames` does.

    Raises:
        ModelOutputInvalid: the second reply does not hold either, or there is none; the raw text is kept.
        ModelUnavailable: the model cannot be asked.
        TokenBudgetExceeded: the call does not fit its budget.
    """
    asked = replace(asked, form=form)
    first = model.watch(asked)
    try:
        return Filled(_checked(form, first, check), first, first.report, repaired=False)
    except ModelOutputInvalid as error:
        problem = str(error)
    said = PriorTurn("model", first.text[:_MOST_RAW_CHARS] or "(empty)")
    again = replace(asked, turns=(*asked.turns, said, PriorTurn("user", repair_text(problem))))
    second = model.watch(again)
    note = "the model's first reply did not keep to the form; it was asked again"
    report = replace(first.report.plus(second.report), frames_given=second.report.frames_given,
                     frames_shown=second.report.frames_shown)  # fmt: skip
    try:
        value = _checked(form, second, check)
    except ModelOutputInvalid as error:
        raise ModelOutputInvalid(
            f"{model.name} was asked twice for a {form.__name__} and gave none: {error}", second.text
        ) from error
    return Filled(value, second, replace(report, notes=(*report.notes, note)), repaired=True)


def read_form(form: type[Form], text: str) -> Form:
    """The object that a text holds as JSON, checked strictly.

    Raises:
        ModelOutputInvalid: it holds none, or one that does not keep to the form; `.raw_text` is the text.
    """
    try:
        return form.model_validate_json(bare_json(text), strict=True)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc'])) or 'reply'}: {p['msg']}"
            for p in error.errors(include_url=False)[:_MOST_PROBLEMS]
        )
        raise ModelOutputInvalid(
            f"the reply does not keep to {form.__name__}: {problems}; got {text[:200]!r}", text
        ) from error


def bare_json(text: str) -> str:
    """The text without what models are known to put around JSON: thoughts before it, a code fence.

    >>> bare_json("<think>is it red?</think> ```json\\n{}\\n```")
    '{}'
    """
    after = split_thoughts(text)[1]
    fence = _FENCE.fullmatch(after)
    return fence[1].strip() if fence else after


def repair_text(problem: str) -> str:
    """What a model is told when its reply does not hold."""
    return f"That does not hold: {problem[:800]}\nReply again with the JSON object only."


def _checked(form: type[Form], reply: VlmResponse, check: Callable[[Form, VlmResponse], None] | None) -> Form:
    try:
        value = read_form(form, reply.text)
    except ModelOutputInvalid as error:
        if not reply.cut:
            raise
        raise ModelOutputInvalid(
            f"the reply was cut off when its new tokens were used up; be shorter, or raise"
            f" budget.new_tokens: {error}",
            reply.text,
        ) from error
    if check is not None:
        check(value, reply)
    return value

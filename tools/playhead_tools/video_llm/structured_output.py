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
_MAX_RAW_CHARS = 2_000
_MAX_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class StructuredOutput(Generic[Form]):
    """A form as the model filled it, checked.

    Args:
        value: the object.
        reply: the reply that held it; its `frames_shown` are what the object may cite.
        report: what all calls took, the repair's among them.
        repaired: the first reply did not keep to the form.
    """

    value: Form
    reply: VlmResponse
    report: Report
    repaired: bool


def ask_form(
    model: VideoLLM,
    request: VlmRequest,
    form: type[Form],
    check: Callable[[Form, VlmResponse], None] | None = None,
) -> StructuredOutput[Form]:
    """A filled form; a reply that does not keep to it is sent back once with what is wrong.

    Args:
        model: the video-LLM.
        request: the call; its `form` is set here.
        form: the pydantic model to fill.
        check: raises `ModelOutputInvalid` when the object cannot stand, such as when `cited_frames` does.

    Raises:
        ModelOutputInvalid: the second reply does not hold either, or there is none; the raw text is kept, and
            what both calls took.
        ModelUnavailable: the model cannot be asked.
        TokenBudgetExceeded: the call does not fit its budget.
    """
    request = replace(request, form=form)
    first_response = model.generate(request)
    try:
        return StructuredOutput(
            _checked(form, first_response, check), first_response, first_response.report, repaired=False
        )
    except ModelOutputInvalid as error:
        problem = str(error)
    prior_turn = PriorTurn("model", first_response.text[:_MAX_RAW_CHARS] or "(empty)")
    again = replace(request, turns=(*request.turns, prior_turn, PriorTurn("user", repair_text(problem))))
    try:
        second_response = model.generate(again)
    except ModelOutputInvalid as error:
        error.report = first_response.report.plus(error.report) if isinstance(error.report, Report) else None
        raise
    note = "the model's first reply did not keep to the form; it was asked again"
    last = second_response.report
    report = replace(
        first_response.report.plus(last), frames_given=last.frames_given, frames_shown=last.frames_shown
    )
    try:
        value = _checked(form, second_response, check)
    except ModelOutputInvalid as error:
        raise ModelOutputInvalid(
            f"{model.name} was asked twice for a {form.__name__} and gave none: {error}",
            second_response.text,
            report,
        ) from error
    return StructuredOutput(
        value, second_response, replace(report, notes=(*report.notes, note)), repaired=True
    )


def parse_form(form: type[Form], text: str) -> Form:
    """The object that a text holds as JSON, checked strictly.

    Raises:
        ModelOutputInvalid: it holds none, or one that does not keep to the form; `.raw_text` is the text.
    """
    try:
        return form.model_validate_json(strip_json(text), strict=True)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc'])) or 'reply'}: {p['msg']}"
            for p in error.errors(include_url=False)[:_MAX_PROBLEMS]
        )
        raise ModelOutputInvalid(
            f"the reply does not keep to {form.__name__}: {problems}; got {text[:200]!r}", text
        ) from error


def strip_json(text: str) -> str:
    """The text without what models are known to put around JSON: thoughts before it, a code fence.

    >>> strip_json("<think>is it red?</think> ```json\\n{}\\n```")
    '{}'
    """
    after = split_thoughts(text)[1]
    fence = _FENCE.fullmatch(after)
    return fence[1].strip() if fence else after


def repair_text(problem: str) -> str:
    """The message to the model when its reply is invalid."""
    return f"That does not hold: {problem[:800]}\nReply again with the JSON object only."


def _checked(form: type[Form], reply: VlmResponse, check: Callable[[Form, VlmResponse], None] | None) -> Form:
    try:
        value = parse_form(form, reply.text)
    except ModelOutputInvalid as error:
        if not reply.truncated:
            raise
        raise ModelOutputInvalid(
            f"the reply was cut off when its new tokens were used up; be shorter, or raise"
            f" budget.new_tokens: {error}",
            reply.text,
        ) from error
    if check is not None:
        check(value, reply)
    return value

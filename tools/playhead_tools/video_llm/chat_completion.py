"""A chat completion as a server sends it, whole or streamed, read into one record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from playhead_index.errors import ModelUnavailable
from playhead_tools.reasoning_content import answer_start
from playhead_tools.video_llm.http_post import Lines, ReplyInterrupted
from playhead_tools.video_llm.protocol import MIN_PROBABILITY, YesNo

_AROUND_WORD = " \t\r\n\"'`*.,:;!(▁Ġ"


class Likely(BaseModel):
    """A token and its natural log-probability."""

    token: str
    logprob: float


class Token(Likely):
    """A generated token, and what was likeliest in its place."""

    top_logprobs: list[Likely] = Field(default_factory=list)


class _Logprobs(BaseModel):
    content: list[Token] | None = None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None


class Usage(BaseModel):
    """Tokens as the server counted them."""

    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None

    @property
    def cached_tokens(self) -> int:
        """Tokens of the prompt that the server had in its cache; 0 where it does not say."""
        return (self.prompt_tokens_details and self.prompt_tokens_details.cached_tokens) or 0

    @property
    def visual_tokens(self) -> int | None:
        """Tokens of pictures and videos; None where the server does not tell them from words."""
        details = self.prompt_tokens_details
        counts = (details.image_tokens, details.video_tokens) if details else (None, None)
        return sum(count or 0 for count in counts) if any(counts) else None


class _Timings(BaseModel):
    prompt_ms: float | None = None
    predicted_ms: float | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(default_factory=list)
    usage: Usage | None = None
    timings: _Timings | None = None
    error: Any = None


@dataclass(slots=True)
class CompletionResult:
    """A completion as read from the server.

    Args:
        text: the message, empty when there was none.
        finish: why generation ended: `stop`, `length`, `content_filter`, …
        refusal: the model's refusal, where the server keeps it apart.
        usage: tokens, where the server counts them.
        tokens: generated tokens with log-probabilities, where they were asked for and given.
        prefill_s: seconds to the first token, where they could be seen.
        decode_s: seconds from there to the last.
    """

    text: str = ""
    finish: str = ""
    refusal: str = ""
    usage: Usage | None = None
    tokens: list[Token] = field(default_factory=list)
    prefill_s: float | None = None
    decode_s: float | None = None


def read_complete(lines: Lines) -> CompletionResult:
    """What a reply that comes in one piece says.

    Raises:
        ReplyInterrupted: it reports an error.
        ModelUnavailable: it is no chat completion.
    """
    completion, result = _parsed("\n".join(lines.lines)), CompletionResult()
    _take(result, completion)
    if not completion.choices or completion.choices[0].message is None:
        raise ModelUnavailable("the server answered with a chat completion that has no message")
    if completion.timings is not None:
        prompt_ms, predicted_ms = completion.timings.prompt_ms, completion.timings.predicted_ms
        result.prefill_s = None if prompt_ms is None else prompt_ms / 1000
        result.decode_s = None if predicted_ms is None else predicted_ms / 1000
    return result


def read_stream(lines: Lines) -> CompletionResult:
    """What a reply that comes as server-sent events says; a server that sends it whole is read as well.

    Raises:
        ReplyInterrupted: the stream ended before the reply did, or reported an error.
        ModelUnavailable: it is no chat completion.
    """
    result = CompletionResult()
    is_complete = False
    other_lines: list[str] = []
    for line in lines.lines:
        if not line.startswith("data:"):
            other_lines.append(line)
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            is_complete = True
            break
        if _take(result, _parsed(data)) and result.prefill_s is None:
            result.prefill_s = lines.elapsed_s
        is_complete = is_complete or bool(result.finish)
    rest = "\n".join(
        line for line in other_lines if not line.startswith((":", "event:", "id:", "retry:"))
    ).strip()
    if not is_complete and result.prefill_s is None and rest:
        return read_complete(Lines(iter([rest]), lines.began_s, lines.clock))
    if not is_complete:
        raise ReplyInterrupted(f"the stream was cut off after {len(result.text)} characters")
    if result.prefill_s is not None:
        result.decode_s = lines.elapsed_s - result.prefill_s
    return result


def _take(result: CompletionResult, completion: _Completion) -> bool:
    """Adds a completion or a piece of one; True when it brought text."""
    if completion.error is not None:
        raise ReplyInterrupted(f"the server told of an error: {str(completion.error)[:300]}")
    result.usage = completion.usage or result.usage
    if not completion.choices:
        return False
    choice = completion.choices[0]
    message = choice.delta or choice.message or _Message()
    result.text += message.content or ""
    result.refusal += message.refusal or ""
    result.finish = choice.finish_reason or result.finish
    result.tokens += (choice.logprobs and choice.logprobs.content) or []
    return bool(message.content)


def _parsed(text: str) -> _Completion:
    try:
        return _Completion.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ModelUnavailable(
            f"the server answered something that is no chat completion ({first['msg']}): {text[:200]!r};"
            " is the address right, with its /v1?"
        ) from error


def yes_no_of(tokens: Sequence[Token]) -> YesNo | None:
    """Log-probabilities of Yes and No at the first word of a reply, thoughts before it skipped.

    Tokens that say the same word are added up. When one of the words is not among the likeliest, it can
    have at most what these leave over, and `at_most` names it.

    Returns:
        None when there are no log-probabilities, or neither word is listed.
    """
    first = _first_word(tokens)
    if first is None:
        return None
    listed = {likely.token: likely.logprob for likely in [*first.top_logprobs, first]}
    mass = {"yes": 0.0, "no": 0.0}
    for token, logprob in listed.items():
        word = token.strip(_AROUND_WORD).lower()
        if word in mass:
            mass[word] += exp(logprob)
    if not any(mass.values()):
        return None
    left = max(1.0 - sum(exp(logprob) for logprob in listed.values()), MIN_PROBABILITY)
    values = {word: min(0.0, log(p or left)) for word, p in mass.items()}
    return YesNo(values["yes"], values["no"], "" if all(mass.values()) else "no" if mass["yes"] else "yes")


def _first_word(tokens: Sequence[Token]) -> Token | None:
    """The first token that is no white space, after the last end of thoughts."""
    text = "".join(token.token for token in tokens)
    begin = answer_start(text)
    for token, start in zip(tokens, _starts(tokens), strict=True):
        if start >= begin and token.token.strip(_AROUND_WORD):
            return token
    return None


def _starts(tokens: Sequence[Token]) -> Iterator[int]:
    at = 0
    for token in tokens:
        yield at
        at += len(token.token)

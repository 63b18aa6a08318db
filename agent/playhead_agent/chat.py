"""One call of a chat model that must keep to a schema; the one place where a model's errors are mapped."""

import contextvars
import json
import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Literal

from playhead_agent.limits import Meter
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

Method = Literal["json_schema", "function_calling"]
_CLIENT_ERRORS = (
    ("openai", "OpenAIError"),
    ("anthropic", "AnthropicError"),
    ("httpx", "HTTPError"),
    ("httpx2", "HTTPError"),
    ("requests", "RequestException"),
    ("ollama", "ResponseError"),
    ("langchain_core.exceptions", "ModelError"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the object that the model wrote, not checked yet, and the text it came in."""

    values: Any
    raw_text: str


def described(model: "BaseChatModel") -> str:
    """A model for people: its class, its name and, where it has one, the address it is asked at."""
    attributes = ("openai_api_base", "base_url", "anthropic_api_url", "endpoint", "endpoint_url")
    url = next((str(v) for name in attributes if (v := getattr(model, name, None))), "")
    url = re.sub(r"//[^/@]*@", "//", url)  # never a password
    name = next((str(v) for a in ("model_name", "model") if (v := getattr(model, a, None))), "")
    return " ".join(part for part in (type(model).__name__, name, f"at {url}" if url else "") if part)


def call_model(
    model: "BaseChatModel",
    messages: Sequence["BaseMessage"],
    schema: dict[str, Any],
    method: Method,
    meter: Meter,
) -> Reply:
    """The object that a model wrote for a schema.

    Args:
        model: the chat model.
        messages: what it is sent.
        schema: JSON schema with a title, that the reply must keep to; the caller checks it.
        method: how the model is made to keep to it.
        meter: counts the call and gives the seconds that are left.

    Raises:
        CostLimit: no call is left.
        TimeLimit: the run's seconds are used up, before the call or while it went on.
        ModelUnavailable: the server is away, refuses, fails, or takes longer than one call may.
        ModelOutputInvalid: the reply is no JSON object.
    """
    meter.model_call()
    bound = model.with_structured_output(schema, method=method, include_raw=True)
    allowed_s = min(meter.limits.model_call_s, meter.remaining_s)
    answered = _within(lambda: _invoke(model, lambda: bound.invoke(list(messages))), allowed_s)
    if answered is None:
        meter.check_time("model call")
        raise ModelUnavailable(
            f"{described(model)} did not answer within {allowed_s:.1f} s;"
            " raise limits.model_call_s or ask a faster model"
        )
    raw = answered["raw"]
    usage = getattr(raw, "usage_metadata", None) or {}
    meter.tokens(usage.get("input_tokens", 0), usage.get("output_tokens", 0))
    return _reply(raw)


def _invoke(model: "BaseChatModel", call: Callable[[], Any]) -> Any:
    """The call, with the errors of whatever client library stands behind it mapped."""
    try:
        return call()
    except _known_errors() as error:
        raise ModelUnavailable(
            f"{described(model)}: {_first_line(error)}; is it up, and the key right?"
        ) from error
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        raise ModelUnavailable(
            f"{described(model)} answered something that is no chat completion: {_first_line(error)}"
        ) from error


def _known_errors() -> tuple[type[BaseException], ...]:
    """The error trees of the client libraries that are loaded, and the operating system's."""
    found = [getattr(sys.modules.get(module), name, None) for module, name in _CLIENT_ERRORS]
    return (OSError, *(error for error in found if isinstance(error, type)))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no message'}"


def _within(call: Callable[[], Any], seconds: float) -> Any:
    """What a call gives, or None when it takes longer; the call is then left to end by itself."""
    done: Queue[tuple[Any, BaseException | None]] = Queue()

    def work() -> None:
        try:
            done.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, which raises it
            done.put((None, error))

    threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    try:
        value, error = done.get(timeout=max(0.001, seconds))
    except Empty:
        return None
    if error is not None:
        raise error
    return value


def _reply(raw: Any) -> Reply:
    calls = getattr(raw, "tool_calls", None)
    if calls:
        return Reply(calls[0]["args"], json.dumps(calls[0]["args"], ensure_ascii=False))
    text = raw.text if isinstance(raw.text, str) else str(raw.content)
    try:
        return Reply(json.loads(text), text)
    except json.JSONDecodeError as error:
        raise ModelOutputInvalid(f"the reply is no JSON object: {error}; got {text[:200]!r}", text) from error

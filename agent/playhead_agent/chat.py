"""One call of a chat model that must keep to a schema; the one place where a model's errors are mapped."""

import contextvars
import json
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Literal

from playhead_agent.limits import Meter
from playhead_index.errors import ModelError, ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import call_deadline
from playhead_tools.redaction import passwords, redact, redact_keys, redact_values, safe_cause

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
_ADDRESSES = ("openai_api_base", "base_url", "anthropic_api_url", "endpoint", "endpoint_url")
MAX_DEPTH = 64
"""Of JSON that a model writes; no schema here nests deeper than ten, and what stores it has limits too."""
_MAX_ERROR_CHARS = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the object that the model wrote, not checked yet, and the text it came in."""

    values: Any
    raw_text: str


def described(model: "BaseChatModel") -> str:
    """A model for people: its class, its name and, where it has one, the address it is asked at."""
    name = next((str(v) for a in ("model_name", "model") if (v := getattr(model, a, None))), "")
    url = redact(_address(model), keys_of(model))
    return " ".join(part for part in (type(model).__name__, name, f"at {url}" if url else "") if part)


def keys_of(model: "BaseChatModel") -> tuple[str, ...]:
    """The keys that a model is asked with: its secret fields, and a password in its address."""
    fields = (getattr(one, "get_secret_value", None) for one in getattr(model, "__dict__", {}).values())
    values = (get() for get in fields if callable(get))
    secrets = (value.strip() for value in values if isinstance(value, str))
    return (*secrets, *passwords(_address(model)))


def _address(model: "BaseChatModel") -> str:
    return next((str(v) for name in _ADDRESSES if (v := getattr(model, name, None))), "")


def failure_of(error: ModelError) -> str:
    """What happened to a chat model, for a note; its first words say it."""
    if isinstance(error, ModelOutputInvalid):
        return f"the chat model's reply could not be used: {error}"
    return str(error)


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
        ModelUnavailable: the server is away, refuses, fails, or takes longer than one call may; the
            message begins with which of them it was.
        ModelOutputInvalid: the reply is no JSON, nested too deeply, or too large.
    """
    meter.model_call()
    bound = model.with_structured_output(schema, method=method, include_raw=True)
    allowed_s = min(meter.limits.model_call_s, meter.remaining_s)
    answered = _within(lambda: _invoke(model, lambda: bound.invoke(list(messages))), allowed_s)
    if answered is None:
        meter.check_time("model call")
        raise _late(model, allowed_s)
    raw = answered["raw"]
    usage = getattr(raw, "usage_metadata", None) or {}
    meter.tokens(usage.get("input_tokens", 0), usage.get("output_tokens", 0))
    return _reply(raw, keys_of(model))


def _invoke(model: "BaseChatModel", call: Callable[[], Any]) -> Any:
    """The call, with the errors of whatever client library stands behind it mapped, and no key in them."""
    keys = keys_of(model)
    try:
        return call()
    except ModelOutputInvalid as error:
        raise ModelOutputInvalid(redact(str(error), keys), "") from safe_cause(error, keys)
    except ModelUnavailable as error:
        said = f"the chat model could not be reached: {described(model)}: {redact(str(error), keys)}"
        raise ModelUnavailable(said) from safe_cause(error, keys)
    except _known_errors() as error:
        status = getattr(error, "status_code", None)
        what = "could not be reached" if status is None else f"refused or failed (HTTP {status})"
        raise ModelUnavailable(
            f"the chat model {what}: {described(model)}: {_first_line(error, keys)};"
            " is it up, and the key right?"
        ) from safe_cause(error, keys)
    except RecursionError:
        raise ModelOutputInvalid(f"{described(model)} sent JSON that is nested too deeply", "") from None
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        raise ModelUnavailable(
            "the chat model's server answered something that is no chat completion:"
            f" {described(model)}: {_first_line(error, keys)}"
        ) from safe_cause(error, keys)


def _late(model: "BaseChatModel", allowed_s: float) -> ModelUnavailable:
    return ModelUnavailable(
        f"the chat model did not answer within {allowed_s:.1f} s: {described(model)};"
        " raise limits.model_call_s or ask a faster model"
    )


def _known_errors() -> tuple[type[BaseException], ...]:
    """The error trees of the client libraries that are loaded, and the operating system's."""
    found = [getattr(sys.modules.get(module), name, None) for module, name in _CLIENT_ERRORS]
    return (OSError, *(error for error in found if isinstance(error, type)))


def _first_line(error: BaseException, keys: Sequence[str]) -> str:
    lines = redact(str(error), keys).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:_MAX_ERROR_CHARS] if lines else 'no message'}"


def _within(call: Callable[[], Any], seconds: float) -> Any:
    """What a call gives, or None when it takes longer.

    It is then left behind; one through a `BoundedClient` ends at that moment too.
    """
    done: Queue[tuple[Any, BaseException | None]] = Queue()

    def work() -> None:
        try:
            with call_deadline(seconds):
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


def _reply(raw: Any, keys: Sequence[str]) -> Reply:
    calls = getattr(raw, "tool_calls", None)
    text = redact_keys(raw.text if isinstance(raw.text, str) else str(raw.content), keys)
    try:
        values = redact_values(checked_depth(calls[0]["args"] if calls else json.loads(text)), keys)
        return Reply(values, json.dumps(values, ensure_ascii=False) if calls else text)
    except RecursionError:
        raise ModelOutputInvalid(f"the reply is nested too deeply; got {text[:200]!r}", text) from None
    except ValueError as error:
        raise ModelOutputInvalid(f"the reply is no JSON object: {error}; got {text[:200]!r}", text) from None


def checked_depth(value: Any) -> Any:
    """JSON values that are nested at most `MAX_DEPTH` deep, as they are.

    Raises:
        RecursionError: they are nested deeper.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        inside = [list(one.values()) if isinstance(one, dict) else one for one in level]
        level = [one for part in inside if isinstance(part, list) for one in part]
        if not level:
            return value
    raise RecursionError(f"nested more than {MAX_DEPTH} deep")

"""One request to a chat model: bounded in time, its errors mapped, no key in any message."""

import contextvars
import json
import sys
import threading
from collections.abc import Callable, Sequence
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playhead_index.errors import ModelError, ModelOutputInvalid, ModelUnavailable
from playhead_tools.call_deadline import call_deadline, remaining_s
from playhead_tools.redaction import passwords, redact, safe_cause

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

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
_PROVIDER_ADDRESSES = {
    "ChatOpenAI": "https://api.openai.com/v1",
    "ChatAnthropic": "https://api.anthropic.com",
    "ChatGoogleGenerativeAI": "https://generativelanguage.googleapis.com",
    "ChatMistralAI": "https://api.mistral.ai",
    "ChatGroq": "https://api.groq.com",
    "ChatDeepSeek": "https://api.deepseek.com",
    "ChatXAI": "https://api.x.ai",
    "ChatOllama": "http://127.0.0.1:11434",
}
"""Where a LangChain class asks that was given no address, by the class's name."""
MAX_DEPTH = 64
"""Maximum nesting of JSON that a model writes; no schema here nests deeper than ten."""
_MAX_ERROR_CHARS = 300
_MIN_WAIT_S = 0.001
_HTTP_PROBLEMS = {
    400: ("refused the request", "is the model's name right, and does it take such requests?"),
    401: ("refused the key", "set the key of this server (docs/providers.md names the variables)"),
    402: ("refused: it wants to be paid", "add credit, or choose another model"),
    403: ("refused the key", "the key is not allowed to use this model"),
    404: ("was not found", "is its name right, and the address with its /v1?"),
    413: (
        "refused the request as too large",
        "lower limits.prompt_chars or choose a model with more context",
    ),
    429: ("is over its rate limit or quota", "wait and ask again, or choose another model"),
}


_KEY_WORDS = ("api key not valid", "api_key_invalid", "invalid api key", "incorrect api key")
_CONTEXT_WORDS = ("context length", "context size", "context window", "exceed_context_size")


class RequestRefused(ModelUnavailable):
    """The server answered with an HTTP error; `.status` is its number."""

    status: int = 0


def describe_model(model: "BaseChatModel") -> str:
    """A description of a model for people: its class, its name and, where it has one, its address."""
    url = redact(_address(model), keys_of(model))
    return " ".join(
        part for part in (type(model).__name__, name_of(model), f"at {url}" if url else "") if part
    )


def name_of(model: "BaseChatModel") -> str:
    """The name that the server knows the model by; empty where the class keeps none."""
    return next((str(v) for a in ("model_name", "model") if (v := getattr(model, a, None))), "")


def address_of(model: "BaseChatModel") -> str:
    """The address that requests go to; empty for a model in this process."""
    return _address(model) or _PROVIDER_ADDRESSES.get(type(model).__name__, "")


def host_of(model: "BaseChatModel") -> str:
    """The host, with its port where it is not the usual one, that requests go to; empty for this process."""
    try:
        parts = urlsplit(address_of(model))
        return parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""


def keys_of(model: "BaseChatModel") -> tuple[str, ...]:
    """The API keys of a model: its secret fields, and a password in its address."""
    fields = (getattr(one, "get_secret_value", None) for one in getattr(model, "__dict__", {}).values())
    values = (get() for get in fields if callable(get))
    secrets = (value.strip() for value in values if isinstance(value, str))
    return (*secrets, *passwords(_address(model)))


def _address(model: "BaseChatModel") -> str:
    return next((str(v) for name in _ADDRESSES if (v := getattr(model, name, None))), "")


def failure_of(error: ModelError) -> str:
    """The failure of a chat model as the text of a note."""
    if isinstance(error, ModelOutputInvalid):
        return f"the chat model's reply could not be used: {error}"
    return str(error)


def invoke(model: "BaseChatModel", call: Callable[[], Any], seconds: float) -> Any:
    """The result of a call, or None when it takes longer than so many seconds.

    Raises:
        RequestRefused: the server answered with an HTTP error.
        ModelUnavailable: it cannot be reached, or answered something that is no chat completion.
        ModelOutputInvalid: the reply is larger than allowed, or nested too deeply.
    """
    return _call_with_timeout(lambda: _call_with_mapped_errors(model, call), seconds)


def _call_with_mapped_errors(model: "BaseChatModel", call: Callable[[], Any]) -> Any:
    """The result of a call, with the errors of its client library mapped, and no key in them."""
    keys = keys_of(model)
    try:
        return call()
    except ModelOutputInvalid as error:
        raise ModelOutputInvalid(redact(str(error), keys), "") from safe_cause(error, keys)
    except ModelUnavailable as error:
        message = f"the chat model could not be reached: {describe_model(model)}: {redact(str(error), keys)}"
        raise ModelUnavailable(message) from safe_cause(error, keys)
    except _known_errors() as error:
        raise _error_of_client(model, error, keys) from safe_cause(error, keys)
    except RecursionError:
        raise ModelOutputInvalid(f"{describe_model(model)} sent JSON that is nested too deeply", "") from None
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        if (refusal := _error_in_body(model, error, keys)) is not None:
            raise refusal from safe_cause(error, keys)
        raise ModelUnavailable(
            "the chat model's server answered something that is no chat completion:"
            f" {describe_model(model)}: {_first_line(error, keys)}"
        ) from safe_cause(error, keys)


def _error_of_client(model: "BaseChatModel", error: BaseException, keys: Sequence[str]) -> ModelUnavailable:
    status = getattr(error, "status_code", None)
    if not isinstance(status, int):
        message = f"the chat model could not be reached: {describe_model(model)}: {_first_line(error, keys)}"
        return ModelUnavailable(f"{message}; is its server up, and the address right?")
    listed = _listed_message(error)
    message = f"{type(error).__name__}: {redact(listed, keys)[:_MAX_ERROR_CHARS]}" if listed else ""
    return _request_refused(model, status, message or _first_line(error, keys))


def _listed_message(error: BaseException) -> str:
    """The message of an error that came in a list, as Google's do; the `openai` package leaves it out."""
    try:
        body = json.loads(getattr(error, "response").text)  # noqa: B009 - of several classes
        return str(body[0]["error"]["message"]) if isinstance(body, list) else ""
    except (AttributeError, RuntimeError, ValueError, RecursionError, LookupError, TypeError):
        return ""


def _request_refused(model: "BaseChatModel", status: int, message: str) -> RequestRefused:
    problem, advice = _HTTP_PROBLEMS.get(
        status, ("refused" if status < 500 else "failed", "is its server well?")
    )
    lowered = message.casefold()
    if status == 400 and any(words in lowered for words in _KEY_WORDS):
        problem, advice = _HTTP_PROBLEMS[401]
    if status in (400, 413, 500) and any(words in lowered for words in _CONTEXT_WORDS):
        problem = "refused the prompt as longer than its context"
        advice = "shorten it, or give the server more context"
    refusal = RequestRefused(
        f"the chat model {problem} (HTTP {status}): {describe_model(model)}: {message}; {advice}"
    )
    refusal.status = status
    return refusal


def _error_in_body(model: "BaseChatModel", error: Exception, keys: Sequence[str]) -> RequestRefused | None:
    """The error of a server that answered with HTTP 200 and an error in the body, as OpenRouter does."""
    body = error.args[0] if error.args and isinstance(error, ValueError) else None
    if not isinstance(body, dict) or "message" not in body:
        return None
    code = body.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 502
    return _request_refused(model, status, redact(str(body["message"]), keys)[:_MAX_ERROR_CHARS])


def timeout_error(model: "BaseChatModel", allowed_s: float) -> ModelUnavailable:
    """The error of a model that took longer than it was allowed."""
    return ModelUnavailable(
        f"the chat model did not answer within {allowed_s:.1f} s: {describe_model(model)};"
        " raise limits.model_call_s or ask a faster model"
    )


def _known_errors() -> tuple[type[BaseException], ...]:
    """The error trees of the client libraries that are loaded, and the operating system's."""
    classes = [getattr(sys.modules.get(module), name, None) for module, name in _CLIENT_ERRORS]
    return (OSError, *(error for error in classes if isinstance(error, type)))


def _first_line(error: BaseException, keys: Sequence[str]) -> str:
    lines = redact(str(error), keys).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:_MAX_ERROR_CHARS] if lines else 'no message'}"


def _call_with_timeout(call: Callable[[], Any], seconds: float) -> Any:
    """The result of a call, or None when it takes longer.

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
        value, error = done.get(timeout=max(_MIN_WAIT_S, min(seconds, remaining_s())))
    except Empty:
        return None
    if error is not None:
        raise error
    return value


def check_depth(value: Any) -> Any:
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

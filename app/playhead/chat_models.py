"""Chat models: anything that LangChain's `init_chat_model` knows."""

import os
from typing import TYPE_CHECKING, Any

from playhead.api_keys import key_for, provider_variable
from playhead_index.errors import ModelUnavailable
from playhead_index.extras import install_command
from playhead_tools.local_hosts import NotLocal, is_loopback, require_local
from playhead_tools.redaction import redact, safe_cause

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

TIMEOUT_S = 600.0
"""At most; a call of the agent ends at `limits.model_call_s` and with the run's seconds."""
RETRIES = 2
OPENAI = "openai"
OPENAI_URL = "https://api.openai.com/v1"
OPENAI_NAMES = ("gpt-", "o1", "o3", "chatgpt", "text-davinci")
"""Beginnings of names without a provider from which LangChain infers OpenAI."""
OPENAI_ADDRESSES = ("OPENAI_API_BASE", "OPENAI_BASE_URL")
"""Variables with another address for OpenAI's clients, in the order in which LangChain reads them."""


def load_chat_model(
    name: str, base_url: str | None = None, *, local_only: bool = False, key: str | None = None
) -> "BaseChatModel":
    """The chat model of a name such as `openai:gpt-5`; with `base_url` on any OpenAI-compatible server.

    No request is sent yet. Models of the `openai` package use a `BoundedClient`. A
    provider's key is sent to its own host alone; any other server gets that of `PLAYHEAD_API_KEY`, if it is
    set (`keys.key_for`).

    Args:
        name: `PROVIDER:NAME`.
        base_url: of an OpenAI-compatible server, up to and with `/v1`.
        local_only: refuse a model that is not on this machine.
        key: for a compatible server; that of `keys.key_for` when None.

    Raises:
        ModelUnavailable: the packages for it are not installed, the name is unknown, its key is missing, the
            address is none, or the model is not on this machine and must be.
    """
    try:
        from langchain.chat_models import init_chat_model
        from langchain_core.exceptions import LangChainException
        from openai import OpenAIError
    except ImportError as error:
        raise ModelUnavailable(
            f"a chat model needs langchain-openai; run: {install_command('llm')}"
        ) from error
    if base_url is not None and ":" not in name:
        name = f"{OPENAI}:{name}"
    if local_only:
        require_local(base_url or (_openai_address() if _is_openai(name) else ""), f"the chat model {name}")
    options: dict[str, Any] = {"timeout": TIMEOUT_S, "max_retries": RETRIES, "temperature": 0.0}
    keys: list[str] = []
    try:
        if _is_openai(name):
            options |= _openai_options(base_url or _openai_address(), keys, key)
        elif base_url is not None:
            keys += [key_for(base_url) or "none"]
            options |= {"base_url": base_url, "api_key": keys[0]}
        model: BaseChatModel = init_chat_model(name, **options)
    except (ImportError, ValueError, LangChainException, OpenAIError) as error:
        reason = redact(str(error), keys)
        raise ModelUnavailable(f"the chat model {name!r} cannot be made: {reason}") from safe_cause(
            error, keys
        )
    return model


def refuse_tracing() -> None:
    """Refuses a run whose prompts LangChain would send to a tracing service, as its environment says.

    Raises:
        NotLocal: tracing is on, and its service is not on this machine.
    """
    names = [
        f"{space}_{suffix}" for space in ("LANGSMITH", "LANGCHAIN") for suffix in ("TRACING_V2", "TRACING")
    ]
    found = next((name for name in names if os.environ.get(name, "").strip().casefold() == "true"), "")
    endpoint = os.environ.get("LANGSMITH_ENDPOINT") or os.environ.get("LANGCHAIN_ENDPOINT") or ""
    if found and not is_loopback(endpoint):
        raise NotLocal(f"--local-only: {found} sends every prompt to a tracing service; unset it")


def _is_openai(name: str) -> bool:
    """Whether `init_chat_model` makes a client of the `openai` package for a name."""
    provider, colon, _ = name.lower().partition(":")
    return (bool(colon) and provider == OPENAI) or provider.startswith(OPENAI_NAMES)


def _openai_address() -> str:
    return next((url for variable in OPENAI_ADDRESSES if (url := os.environ.get(variable))), OPENAI_URL)


def _openai_options(base_url: str, keys: list[str], explicit_key: str | None = None) -> dict[str, Any]:
    """The address, the key for it and the client, all given, so that nothing else of the environment counts.

    Raises:
        ModelUnavailable: the address is none, or it is the provider's and its key is missing.
    """
    from playhead_tools.bounded_http import BoundedClient

    key, variable = explicit_key or key_for(base_url), provider_variable(base_url)
    if key is None and variable is not None:
        raise ModelUnavailable(f"{redact(base_url)} needs a key; set {variable}")
    keys += [key] if key is not None else []
    return {
        "base_url": base_url,
        "api_key": key or "none",
        "use_responses_api": False,
        "http_client": BoundedClient(total_s=TIMEOUT_S, bearer=None if variable is not None else key or ""),
    }

"""Chat models that word answers: anything LangChain's `init_chat_model` knows."""

import os
from typing import TYPE_CHECKING

from playhead_index.errors import ModelUnavailable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

TIMEOUT_S = 60.0
RETRIES = 2


def load_chat_model(name: str, base_url: str | None = None) -> "BaseChatModel":
    """The chat model of a name such as `openai:gpt-5`; with `base_url` on any OpenAI-compatible server.

    Nothing is asked of the server yet.

    Raises:
        ModelUnavailable: the packages for it are not installed, the name is unknown, or its key is missing.
    """
    try:
        from langchain.chat_models import init_chat_model
        from langchain_core.exceptions import LangChainException
        from openai import OpenAIError
    except ImportError as error:
        raise ModelUnavailable('chat models need: pip install "playhead[llm]"') from error
    options: dict[str, object] = {"timeout": TIMEOUT_S, "max_retries": RETRIES, "temperature": 0.0}
    if base_url is not None:
        name = name if ":" in name else f"openai:{name}"
        options |= {"base_url": base_url} | _local_key()
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except (ImportError, ValueError, LangChainException, OpenAIError) as error:
        raise ModelUnavailable(f"the chat model {name!r} cannot be made: {error}") from error
    return model


def _local_key() -> dict[str, object]:
    return {} if os.environ.get("OPENAI_API_KEY") else {"api_key": "none"}

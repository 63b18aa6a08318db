"""`--model`: one chat model for planning, answers, judging, and for frames where it takes images."""

import os
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playhead.chat_models import load_chat_model
from playhead.video_models import AUTO, OFF
from playhead_index.errors import LibraryError, ModelUnavailable
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.disk import exists
from playhead_index.store.settings import CHAT_MODEL, read_settings, write_settings
from playhead_tools.redaction import passwords, redact

if TYPE_CHECKING:
    from playhead_agent.models.chat_model import LangChainChat

MODEL = "PLAYHEAD_MODEL"
"""The variable that names a model where `--model` does not."""
PROVIDERS = {
    "openai": "https://api.openai.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "openrouter": "https://openrouter.ai/api/v1",
    "ollama": "http://127.0.0.1:11434/v1",
}
"""Prefixes of `--model` with their OpenAI-compatible address."""
_SYNTAX_HELP = (
    "write openai:NAME, gemini:NAME, openrouter:NAME, ollama:NAME, or URL#NAME of an OpenAI-compatible server"
)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A chat model that somebody named.

    Args:
        text: as it was written.
        llm: as `load_chat_model` takes it.
        base_url: of its server; None for a provider that LangChain knows the address of.
    """

    text: str
    llm: str
    base_url: str | None = None

    @property
    def video(self) -> str:
        """The same model as a video-LLM, `URL#NAME`; `off` where it stands behind no compatible server."""
        return OFF if self.base_url is None else f"{self.base_url}#{self.llm.partition(':')[2]}"

    def load(self, *, local_only: bool = False) -> "LangChainChat":
        """The model as the agent asks it; nothing is sent yet.

        Raises:
            ModelUnavailable: it cannot be made, its key is missing, or it is not on this machine and must be.
        """
        return load_chat(self.llm, self.base_url, name=self.text, local_only=local_only)


def parse_model(text: str) -> ModelChoice:
    """The model that `--model` names.

    Raises:
        ModelUnavailable: it is none of the forms that there are.

    >>> parse_model("http://127.0.0.1:8000/v1#qwen3").video
    'http://127.0.0.1:8000/v1#qwen3'
    >>> parse_model("gemini:gemini-2.5-flash").base_url
    'https://generativelanguage.googleapis.com/v1beta/openai'
    """
    text = text.strip()
    if "://" in text:
        url, mark, name = text.partition("#")
        if not mark or not name:
            raise ModelUnavailable(f"--model {redact(text)!r} names no model; {_SYNTAX_HELP}")
        return ModelChoice(text, f"openai:{name}", url.rstrip("/"))
    provider, colon, name = text.partition(":")
    if not colon or not provider or not name:
        raise ModelUnavailable(f"--model {text!r} names no provider and no server; {_SYNTAX_HELP}")
    if provider in PROVIDERS:
        return ModelChoice(text, f"openai:{name}", PROVIDERS[provider])
    return ModelChoice(text, text)


def load_chat(
    llm: str, base_url: str | None = None, *, name: str = "", local_only: bool = False
) -> "LangChainChat":
    """A chat model as the agent asks it.

    Raises:
        ModelUnavailable: it cannot be made, its key is missing, or it is not on this machine and must be.
    """
    from playhead_agent.models.chat_model import LangChainChat

    return LangChainChat(load_chat_model(llm, base_url, local_only=local_only), name=name or llm)


def chosen_model(name: str, folder: Path) -> ModelChoice | None:
    """The model of a run: as named, else as the environment sets it, else as the library stores it.

    Args:
        name: what `--model` says: a model, `auto` or `off`.
        folder: of the library.

    Raises:
        ModelUnavailable: what is named is no model.
    """
    if name == AUTO:
        name = os.environ.get(MODEL, "").strip() or library_model(folder) or OFF
    return None if name == OFF else parse_model(name)


def library_model(folder: Path) -> str:
    """The model that a library stores; empty where there is none, or the library cannot be read."""
    with suppress(LibraryError):
        if exists(folder / CATALOG_NAME):
            with closing(Catalog(folder)) as catalog:
                found = read_settings(catalog).get(CHAT_MODEL)
                return found if isinstance(found, str) and found != OFF else ""
    return ""


def store_model(catalog: Catalog, name: str, *, has_failed: bool = False) -> str:
    """Stores a model as the default of a library; `off` removes it.

    Returns:
        Why it is not stored, for a note; empty where it is.
    """
    if name == AUTO:
        return ""
    if passwords(name.partition("#")[0]):
        return "the model is not kept by the library: its address holds a password"
    if has_failed and name != OFF:
        return "the model is not kept by the library: it gave no answer"
    try:
        write_settings(catalog, {CHAT_MODEL: name})
    except LibraryError as error:
        return f"the model is not kept by the library: {error}"
    return ""

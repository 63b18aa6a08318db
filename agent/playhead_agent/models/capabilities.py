"""Capabilities of a chat model: known by its name, from its server, or by probing."""

import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from playhead_agent.models.prices import Price
from playhead_agent.models.protocol import Transport

DEFAULT_CONTEXT_TOKENS = 8_192
"""The default context: what most open models take at least."""
FILE = "chat_models.json"
MEMORY = "PLAYHEAD_CHAT_MODELS"
"""Names another file for it."""
VERSION = 1
"""Version of the probe; results of other versions are ignored."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do; None and 0 where it is not known.

    Args:
        context_tokens: of a prompt and its reply together.
        takes_images: whether messages may hold pictures.
        thinks: it writes thoughts before its answer, and needs room for them.
        transport: how it makes tool calls.
        calls: whether it made both calls of the probe as they were asked for.
        schema: how it is made to fill a form.
        takes_temperature: False for models that refuse a temperature.
        max_tokens_field: under which name the server takes the limit of new tokens.
        system_role: False for models that refuse a system message.
        price: in US dollars; None where it is not known.
        kind: of the server, such as `vllm`; empty where it is not known.
        fingerprint: of the server's description of the model; another one means another model.
    """

    context_tokens: int = 0
    takes_images: bool | None = None
    thinks: bool | None = None
    transport: Transport | None = None
    calls: bool | None = None
    schema: Transport | None = None
    takes_temperature: bool | None = None
    max_tokens_field: str = ""
    system_role: bool | None = None
    price: Price | None = None
    kind: str = ""
    fingerprint: str = ""

    def with_defaults(self, other: "Capabilities") -> "Capabilities":
        """These where they are known, else the other ones."""
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        known: dict[str, Any] = {
            name: value for name, value in values.items() if value is False or value not in (None, 0, "")
        }
        return replace(other, **known)


_LEARNED = ("takes_images", "thinks", "transport", "calls", "schema", "takes_temperature",
            "max_tokens_field", "system_role")  # fmt: skip
"""Fields that are stored across processes; the rest is requested again, or known."""


def known_capabilities(name: str) -> Capabilities:
    """The capabilities that follow from a model's name alone, without a provider's prefix.

    Contexts come from stored copies of public pages, each named beside its row, most of them not the
    providers' own; the other fields are defaults that what a server says and what a probe finds replace. Open
    models are not in the table for their context: what a server was started with counts, not what the model
    could do.

    >>> known_capabilities("gpt-5-mini").context_tokens, known_capabilities("my-own-model").context_tokens
    (400000, 0)
    """
    short_name = name.rpartition("/")[2].casefold().removeprefix("models/")
    for pattern, known in _KNOWN:
        if pattern.match(short_name):
            return known
    return Capabilities(
        takes_images=True if _TAKES_IMAGES.search(short_name) else None,
        thinks=True if _THINKS.search(short_name) else None,
    )


_THINKING = Capabilities(thinks=True, takes_temperature=False, max_tokens_field="max_completion_tokens")
_KNOWN: tuple[tuple[re.Pattern[str], Capabilities], ...] = tuple(
    (re.compile(pattern), known)
    for pattern, known in (
        # github.com/labring/fastgpt-plugin/pull/297
        (r"gpt-5(?:\.\d)?-chat", Capabilities(128_000, takes_images=True, transport="tools")),
        # developers.openai.com/api/docs/models/gpt-5-nano; later ones take more
        (r"gpt-5", replace(_THINKING, context_tokens=400_000, takes_images=True, transport="tools")),
        # vercel.com/ai-gateway/models/gpt-4.1-fast.md
        (r"gpt-4\.1", Capabilities(1_047_576, takes_images=True, transport="tools")),
        # vercel.com/ai-gateway/models/gpt-4o-fast.md
        (r"gpt-4o|chatgpt-4o", Capabilities(128_000, takes_images=True, transport="tools")),
        # docs.rs/matrixcode-core/0.4.43, fn.context_window_for; also for o1, o3, claude and deepseek
        (r"gpt-4-turbo", Capabilities(128_000, takes_images=True, transport="tools")),
        # newreleases.io/project/github/longy2k/obsidian-bmo-chatbot/release/1.6.2
        (r"gpt-3\.5", Capabilities(16_385, takes_images=False, transport="tools")),
        # vercel.com/ai-gateway/models/o3-mini/faq and o4-mini.md
        (r"o3-mini", replace(_THINKING, context_tokens=200_000, takes_images=False, transport="tools")),
        (r"o1-(?:mini|preview)", replace(_THINKING, context_tokens=128_000, takes_images=False)),
        (r"o[134](?:-|$)", replace(_THINKING, context_tokens=200_000, takes_images=True, transport="tools")),
        # getmaxim.ai/bifrost/llm-cost-calculator/provider/gemini.md; not those for robots or for one image
        (r"gemini-2\.0-flash", Capabilities(1_048_576, takes_images=True, transport="tools")),
        (
            r"gemini-[\d.]+-(?:pro|flash)",
            Capabilities(1_048_576, takes_images=True, thinks=True, transport="tools"),
        ),
        (r"claude", Capabilities(200_000, takes_images=True, transport="tools")),
        (r"deepseek-chat", Capabilities(128_000, takes_images=False, transport="tools")),
        (r"deepseek-reasoner", Capabilities(128_000, takes_images=False, thinks=True, transport="tools")),
    )
)
_TAKES_IMAGES = re.compile(
    r"(?:^|[-_])vl(?:m?\d*)(?:[-_:.]|$)|vision|llava|pixtral|internvl|minicpm-v|qwen2\.5vl|qwen3-vl"
)
_THINKS = re.compile(r"deepseek-r1|qwq|thinking|magistral|gpt-oss|reason")


class CapabilityMemory:
    """Probed capabilities of models, stored in a file across processes.

    Args:
        path: of the file; None for `chat_models.json` in the cache folder of Playhead.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._lock = path or memory_path(), threading.Lock()

    def recall(self, host: str, name: str, fingerprint: str) -> Capabilities:
        """The stored capabilities of a model; empty ones where its name now means another model."""
        record = self._read().get(_key(host, name), {})
        if record.get("version") != VERSION or record.get("fingerprint") != fingerprint:
            return Capabilities()
        return Capabilities(**{name: record[name] for name in _LEARNED if name in record})

    def remember(self, host: str, name: str, found: Capabilities) -> None:
        """Stores the capabilities of a model; where the file cannot be written, they are probed again."""
        learned = {name: value for name in _LEARNED if (value := getattr(found, name)) not in (None, "")}
        record = {"version": VERSION, "fingerprint": found.fingerprint, **learned}
        self._write(host, name, record)

    def forget(self, host: str, name: str) -> None:
        """Deletes the stored capabilities of a model."""
        self._write(host, name, None)

    def _write(self, host: str, name: str, record: Mapping[str, Any] | None) -> None:
        with self._lock:
            records = {key: value for key, value in self._read().items() if key != _key(host, name)}
            if record is not None:
                records[_key(host, name)] = dict(record)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                temporary = self._path.with_suffix(f".{os.getpid()}")
                temporary.write_text(json.dumps(records, indent=1, sort_keys=True), "utf-8")
                temporary.replace(self._path)
            except OSError:
                return

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            records = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        records = records if isinstance(records, dict) else {}
        return {key: value for key, value in records.items() if isinstance(value, dict)}


def memory_path() -> Path:
    """Where the file is: as `PLAYHEAD_CHAT_MODELS` says, else in the user's cache folder."""
    if named := os.environ.get(MEMORY):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "playhead" / FILE


def _key(host: str, name: str) -> str:
    return f"{host} {name}"

"""What a model server says about a model: its context, whether it takes pictures, its price.

Shapes, with where they are described:

- vLLM: `GET /v1/models`, `max_model_len` (vllm/entrypoints/openai/protocol.py, `ModelCard`)
- llama.cpp: `GET /v1/models`, `meta.n_ctx` and `architecture.input_modalities`; older ones `GET /props`,
  `default_generation_settings.n_ctx` and `modalities.vision` (tools/server/README.md)
- OpenRouter: `GET /api/v1/models`, `context_length`, `pricing`, `architecture.input_modalities`,
  `supported_parameters` (openrouter.ai/docs/models)
- Ollama: `GET /api/ps`, `context_length` of what is loaded; `POST /api/show`, `capabilities` and `num_ctx` in
  `parameters` (docs.ollama.com/api)
- Google: `GET /v1beta/models/NAME`, `inputTokenLimit` (ai.google.dev/api/models)
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from playhead_agent.models.capabilities import Capabilities
from playhead_agent.models.prices import FREE, Price
from playhead_tools.local_hosts import is_loopback

TIMEOUT_S = 3.0
OLLAMA_CONTEXT_TOKENS = 4_096
"""Of a model that neither its user nor its own file gives another (docs.ollama.com/context-length)."""
_NUM_CTX = re.compile(r"^num_ctx +(\d{1,9})$", re.MULTILINE)
Ask = Callable[..., Any]
"""`ask(url)` gets JSON, `ask(url, {...})` posts it; None where the server does not answer with any."""


def server_capabilities(base_url: str, name: str, key: str = "") -> Capabilities:
    """What the server at an address says about a model; nothing known where it says nothing.

    It is asked for a few seconds at most, by GET and Ollama's `/api/show` alone, so nothing is generated and
    no prompt is sent.

    Args:
        base_url: up to and with `/v1`.
        name: of the model at the server.
        key: as a bearer token; empty for none.
    """
    from playhead_tools.bounded_http import BoundedClient

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with BoundedClient(total_s=TIMEOUT_S) as client:

        def ask(url: str, body: Mapping[str, Any] | None = None) -> Any:
            with suppress(Exception):  # what a server does not say is not known, whatever it answers
                if body is None:
                    response = client.get(url, headers=headers)
                else:
                    response = client.post(url, headers=headers, json=dict(body))
                return response.json() if response.status_code == 200 else None
            return None

        return _told(ask, base_url.rstrip("/"), name)


def _told(ask: Ask, url: str, name: str) -> Capabilities:
    root = url.removesuffix("/v1")
    if url.endswith("/openai"):
        about = ask(f"{url.removesuffix('/openai')}/models/{quote(name.removeprefix('models/'))}")
        return _google(about) if isinstance(about, dict) else Capabilities()
    listed = ask(f"{url}/models")
    entry = _entry(listed, name)
    if entry is None:
        return Capabilities()
    kind, found = str(entry.get("owned_by") or ""), Capabilities(fingerprint=_fingerprint(entry))
    if "max_model_len" in entry:
        return Capabilities(_whole(entry["max_model_len"]), kind="vllm", price=_local(url)).over(found)
    if "context_length" in entry:
        return _openrouter(entry).over(found)
    if kind == "llamacpp" or isinstance(entry.get("meta"), dict):
        return _llama_cpp(ask, root, entry, url).over(found)
    if kind in ("library", "ollama") or (entry.get("object") == "model" and ":" in str(entry.get("id"))):
        return _ollama(ask, root, name, url).over(found)
    return found


def _entry(listed: Any, name: str) -> dict[str, Any] | None:
    """The model in a list, by its name; the only one there is where the server serves it under any name."""
    rows = listed.get("data") if isinstance(listed, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    names = (name, f"{name}:latest", f"models/{name}")
    exact = [row for row in rows if row.get("id") in names or name in _aliases(row)]
    return exact[0] if exact else rows[0] if len(rows) == 1 else None


def _aliases(row: Mapping[str, Any]) -> list[Any]:
    aliases = row.get("aliases")
    return aliases if isinstance(aliases, list) else []


def _openrouter(entry: Mapping[str, Any]) -> Capabilities:
    parameters = entry.get("supported_parameters")
    parameters = parameters if isinstance(parameters, list) else []
    takes = "tools" in parameters
    keeps = "structured_outputs" in parameters
    return Capabilities(
        _whole(entry["context_length"]),
        takes_images=_sees(entry),
        thinks=True if "reasoning" in parameters else None,
        transport="tools" if takes else "json_schema" if keeps else None,
        schema="json_schema" if keeps else "tools" if takes else None,
        takes_temperature=None if "temperature" in parameters or not parameters else False,
        price=_price(entry.get("pricing")),
        kind="openrouter",
    )


def _price(pricing: Any) -> Price | None:
    """OpenRouter's prices, in US dollars a token as text, for a million."""
    try:
        prompt, new = (float(pricing[key]) * 1e6 for key in ("prompt", "completion"))
        cached = float(pricing["input_cache_read"]) * 1e6 if "input_cache_read" in pricing else None
        return Price(prompt, new, cached, "the server's price list")
    except (KeyError, TypeError, ValueError):
        return None


def _llama_cpp(ask: Ask, root: str, entry: Mapping[str, Any], url: str) -> Capabilities:
    meta = entry.get("meta") if isinstance(entry.get("meta"), dict) else {}
    context, sees = _whole((meta or {}).get("n_ctx")), _sees(entry)
    if not context or sees is None:
        props = ask(f"{root}/props")
        props = props if isinstance(props, dict) else {}
        settings = props.get("default_generation_settings")
        context = context or _whole(settings.get("n_ctx") if isinstance(settings, dict) else None)
        modalities = props.get("modalities")
        vision = modalities.get("vision") if isinstance(modalities, dict) else None
        sees = vision if isinstance(vision, bool) else sees
    return Capabilities(context, takes_images=sees, kind="llama.cpp", price=_local(url))


def _ollama(ask: Ask, root: str, name: str, url: str) -> Capabilities:
    shown = ask(f"{root}/api/show", {"model": name})
    if not isinstance(shown, dict):
        return Capabilities()
    abilities = shown.get("capabilities")
    abilities = abilities if isinstance(abilities, list) else None
    running = ask(f"{root}/api/ps")
    rows = running.get("models") if isinstance(running, dict) else None
    names = (name, f"{name}:latest")
    loaded = [row for row in rows or [] if isinstance(row, dict) and row.get("name") in names]
    context = _whole(loaded[0].get("context_length")) if loaded else 0
    told = _NUM_CTX.search(str(shown.get("parameters", "")))
    return Capabilities(
        context or (int(told[1]) if told else OLLAMA_CONTEXT_TOKENS),
        takes_images=None if abilities is None else "vision" in abilities,
        thinks=None if abilities is None else "thinking" in abilities,
        kind="ollama",
        price=_local(url),
        fingerprint=_fingerprint([shown.get("details"), shown.get("modified_at"), shown.get("template")]),
    )


def _google(about: Mapping[str, Any]) -> Capabilities:
    known = about.get("thinking")
    return Capabilities(
        _whole(about.get("inputTokenLimit")),
        thinks=known if isinstance(known, bool) else None,
        kind="google",
        fingerprint=_fingerprint([about.get("name"), about.get("version")]),
    )


def _sees(entry: Mapping[str, Any]) -> bool | None:
    about = entry.get("architecture")
    kinds = about.get("input_modalities") if isinstance(about, dict) else None
    return "image" in kinds if isinstance(kinds, list) else None


def _local(url: str) -> Price | None:
    return FREE if is_loopback(url) else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _fingerprint(value: Any) -> str:
    kept = (
        {k: v for k, v in value.items() if k not in ("created", "permission")}
        if isinstance(value, dict)
        else value
    )
    return hashlib.blake2b(json.dumps(kept, sort_keys=True, default=str).encode(), digest_size=6).hexdigest()

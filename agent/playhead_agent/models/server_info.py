"""Capabilities of a model as its server reports them: its context, whether it takes images, its price.

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
    """The capabilities of a model that the server at an address reports; empty ones where it reports nothing.

    It is queried for a few seconds at most, by GET and Ollama's `/api/show` alone: nothing is generated, and
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
            with suppress(
                Exception
            ):  # without a usable response nothing is known, whatever the server answers
                if body is None:
                    response = client.get(url, headers=headers)
                else:
                    response = client.post(url, headers=headers, json=dict(body))
                return response.json() if response.status_code == 200 else None
            return None

        return _reported_capabilities(ask, base_url.rstrip("/"), name)


def _reported_capabilities(ask: Ask, url: str, name: str) -> Capabilities:
    root = url.removesuffix("/v1")
    if url.endswith("/openai"):
        description = ask(f"{url.removesuffix('/openai')}/models/{quote(name.removeprefix('models/'))}")
        return _google(description) if isinstance(description, dict) else Capabilities()
    listed = ask(f"{url}/models")
    entry = _entry(listed, name)
    if entry is None:
        return Capabilities()
    kind, found = str(entry.get("owned_by") or ""), Capabilities(fingerprint=_fingerprint(entry))
    if "max_model_len" in entry:
        return Capabilities(
            _positive_int(entry["max_model_len"]), kind="vllm", price=_price_if_local(url)
        ).with_defaults(found)
    if "context_length" in entry:
        return _openrouter(entry).with_defaults(found)
    if kind == "llamacpp" or isinstance(entry.get("meta"), dict):
        return _llama_cpp(ask, root, entry, url).with_defaults(found)
    if kind in ("library", "ollama") or (entry.get("object") == "model" and ":" in str(entry.get("id"))):
        return _ollama(ask, root, name, url).with_defaults(found)
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
    takes_tools = "tools" in parameters
    keeps_schema = "structured_outputs" in parameters
    return Capabilities(
        _positive_int(entry["context_length"]),
        takes_images=_takes_images(entry),
        thinks=True if "reasoning" in parameters else None,
        transport="tools" if takes_tools else "json_schema" if keeps_schema else None,
        schema="json_schema" if keeps_schema else "tools" if takes_tools else None,
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
    context, takes_images = _positive_int((meta or {}).get("n_ctx")), _takes_images(entry)
    if not context or takes_images is None:
        props = ask(f"{root}/props")
        props = props if isinstance(props, dict) else {}
        settings = props.get("default_generation_settings")
        context = context or _positive_int(settings.get("n_ctx") if isinstance(settings, dict) else None)
        modalities = props.get("modalities")
        vision = modalities.get("vision") if isinstance(modalities, dict) else None
        takes_images = vision if isinstance(vision, bool) else takes_images
    return Capabilities(context, takes_images=takes_images, kind="llama.cpp", price=_price_if_local(url))


def _ollama(ask: Ask, root: str, name: str, url: str) -> Capabilities:
    details = ask(f"{root}/api/show", {"model": name})
    if not isinstance(details, dict):
        return Capabilities()
    abilities = details.get("capabilities")
    abilities = abilities if isinstance(abilities, list) else None
    running = ask(f"{root}/api/ps")
    rows = running.get("models") if isinstance(running, dict) else None
    names = (name, f"{name}:latest")
    loaded = [row for row in rows or [] if isinstance(row, dict) and row.get("name") in names]
    context = _positive_int(loaded[0].get("context_length")) if loaded else 0
    num_ctx = _NUM_CTX.search(str(details.get("parameters", "")))
    return Capabilities(
        context or (int(num_ctx[1]) if num_ctx else OLLAMA_CONTEXT_TOKENS),
        takes_images=None if abilities is None else "vision" in abilities,
        thinks=None if abilities is None else "thinking" in abilities,
        kind="ollama",
        price=_price_if_local(url),
        fingerprint=_fingerprint(
            [details.get("details"), details.get("modified_at"), details.get("template")]
        ),
    )


def _google(description: Mapping[str, Any]) -> Capabilities:
    thinks = description.get("thinking")
    return Capabilities(
        _positive_int(description.get("inputTokenLimit")),
        thinks=thinks if isinstance(thinks, bool) else None,
        kind="google",
        fingerprint=_fingerprint([description.get("name"), description.get("version")]),
    )


def _takes_images(entry: Mapping[str, Any]) -> bool | None:
    description = entry.get("architecture")
    kinds = description.get("input_modalities") if isinstance(description, dict) else None
    return "image" in kinds if isinstance(kinds, list) else None


def _price_if_local(url: str) -> Price | None:
    return FREE if is_loopback(url) else None


def _positive_int(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _fingerprint(value: Any) -> str:
    stable = (
        {k: v for k, v in value.items() if k not in ("created", "permission")}
        if isinstance(value, dict)
        else value
    )
    return hashlib.blake2b(
        json.dumps(stable, sort_keys=True, default=str).encode(), digest_size=6
    ).hexdigest()

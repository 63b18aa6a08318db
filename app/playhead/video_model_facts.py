"""Reads names, environment and hardware for the choice of a video-LLM, and loads it."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playhead.api_keys import key_for, provider_variable
from playhead.video_models import (
    AUTO,
    FORM_GB,
    KNOWN,
    OFF,
    PLAIN_GB,
    MachineFacts,
    ServerFacts,
    VideoChoice,
    choose_video_model,
    off_choice,
    server_choice,
)
from playhead_index.errors import ModelError, ModelUnavailable
from playhead_index.extras import has_gpu, missing_module
from playhead_tools.local_hosts import require_local
from playhead_tools.redaction import passwords, redact, redact_keys, safe_cause

if TYPE_CHECKING:
    from playhead_tools.captions.captioner import VideoCaptioner
    from playhead_tools.video_llm.protocol import VideoLLM
    from playhead_tools.video_llm.server import Prices

MODEL, SERVER, KEY = "PLAYHEAD_VIDEO_MODEL", "PLAYHEAD_VIDEO_SERVER", "PLAYHEAD_VIDEO_KEY"
PRICES = "PLAYHEAD_VIDEO_PRICES"
"""What a server charges for a million tokens of prompt and a million generated ones: `0.15/0.60`."""
KEEP_TOKENS = "PLAYHEAD_KEEP_TOKENS"
ANSWER_S = 3.0
MAX_REASON_CHARS = 300
AT_ONCE = 4
KINDS_BY_OWNER = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "library": "ollama"}
"""The kind of a server by the `owned_by` of its models."""


NO_LIST_STATUSES = (404, 405, 501)
"""What servers answer that have no list of models."""


class NoModelList(ModelUnavailable):
    """The server answers and has no list of its models."""


def is_address(name: str) -> bool:
    """Whether the name of a model is the address of a server."""
    return name.startswith(("http://", "https://"))


def video_model_of_environment() -> bool:
    """Whether the environment names a video-LLM or its server."""
    return bool(os.environ.get(MODEL) or os.environ.get(SERVER))


def video_choice(name: str = AUTO, *, local_only: bool = False) -> VideoChoice:
    """The video-LLM that a name means: with `auto` what the environment or the machine gives.

    Args:
        name: `auto`, `off`, a server's address with or without `#MODEL`, a plugin's `NAME:`, a folder, or a
            name on the hub that is in the local cache.
        local_only: refuse a server that is not on this machine, before any request.

    Raises:
        ModelUnavailable: a model that was named is not there, or the server does not answer.
        NotLocal: the server is not on this machine and must be.
    """
    if name == AUTO and (env_name := os.environ.get(MODEL)):
        return named_choice(env_name, f"{MODEL} names it", local_only=local_only)
    if name == AUTO:
        return choose_video_model(machine_facts(local_only=local_only))
    return named_choice(name, "it was asked for", local_only=local_only)


def named_choice(name: str, reason: str, *, local_only: bool = False) -> VideoChoice:
    """The choice of a model that somebody named.

    Raises:
        ModelUnavailable: it is not there, or the server does not answer.
        NotLocal: the server is not on this machine and must be.
    """
    if name == OFF:
        return off_choice("it was switched off")
    if is_address(name):
        if local_only:
            require_local(name.partition("#")[0], "the video model")
        server = ask_server(name)
        if server.unavailable_reason:
            raise ModelUnavailable(
                f"{server.unavailable_reason}; is it up, and the address (up to and with /v1) right?"
            )
        return server_choice(server, reason)
    folder = named_folder(name)
    weights_gb = sum(file.stat().st_size for file in folder.glob("*.safetensors")) / 1e9
    how = "plugin" if name.endswith(":") else "local"
    forms, plain = weights_gb >= FORM_GB, weights_gb < PLAIN_GB
    return VideoChoice(how, name, reason, forms=forms, plain_prompt=plain)  # type: ignore[arg-type]


def machine_facts(*, local_only: bool = False) -> MachineFacts:
    """GPU, memory, cached models and the server that the environment names, looked up now.

    Raises:
        NotLocal: that server is not on this machine and must be.
    """
    url = os.environ.get(SERVER)
    if url and local_only:
        require_local(url.partition("#")[0], "the video model")
    missing = [module for module in ("torch", "transformers") if find_spec(module) is None]
    return MachineFacts(
        gpu_gb=_gpu_gb() if has_gpu() and not missing else None,
        memory_gb=memory_gb(),
        cached=() if missing else tuple(model.name for model in KNOWN if _is_complete(model.name)),
        four_bit=all(find_spec(package) is not None for package in ("bitsandbytes", "accelerate")),
        server=None if url is None else ask_server(url),
        missing_extra=missing_module(missing[0]) if missing else "",
    )


def memory_gb() -> float:
    """The machine's memory in 10^9 bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def ask_server(address: str) -> ServerFacts:
    """What a server says that it serves, with the model named behind `#` first; why not when it does not."""
    url, _, model_name = address.partition("#")
    url = url.rstrip("/")
    try:
        owners = served_models(url, key_for(url, KEY))
    except ModelUnavailable as error:
        return ServerFacts(url, unavailable_reason=str(error))
    return _server_facts(url, model_name, owners)


def served_models(url: str, key: str | None) -> dict[str, str]:
    """The models that an OpenAI-compatible server lists, each with its owner; with a short timeout.

    Args:
        url: up to and with `/v1`.
        key: sent to it; None for none.

    Raises:
        NoModelList: it answers, and not with a list of models.
        ModelUnavailable: it does not answer, or refuses.
    """
    import httpx

    from playhead_tools.bounded_http import BoundedClient

    keys = (*(() if key is None else (key,)), *passwords(url))
    redacted_url = redact(url, keys)
    try:
        with BoundedClient(total_s=ANSWER_S, bearer=key or "") as client:
            reply = client.get(f"{url}/models")
        reply.raise_for_status()
        listed = [(str(model["id"]), str(model.get("owned_by", ""))) for model in reply.json()["data"]]
    except ModelError as error:
        reason = redact(str(error), keys)
        raise ModelUnavailable(f"{redacted_url} gives no list of models ({reason})") from safe_cause(
            error, keys
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = redact(f"{type(error).__name__}: {error}", keys)
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in NO_LIST_STATUSES:
            raise NoModelList(f"{redacted_url} gives no list of models ({reason})") from safe_cause(
                error, keys
            )
        raise ModelUnavailable(f"{redacted_url} does not answer ({reason})") from safe_cause(error, keys)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = redact(repr(error), keys)[:MAX_REASON_CHARS]
        raise NoModelList(
            f"{redacted_url} does not list its models as OpenAI does ({reason})"
        ) from safe_cause(error, keys)
    return {redact_keys(model, keys): owner for model, owner in listed}


def keep_ratio(requested_ratio: float | None = None) -> float:
    """The share of visual tokens to keep: as requested, else as the environment sets it, else 1.

    Raises:
        ValueError: the requested share is not above 0 and at most 1.
        ModelUnavailable: that of the environment is not.
    """
    if requested_ratio is None and (env_value := os.environ.get(KEEP_TOKENS)):
        try:
            return keep_ratio(float(env_value))
        except ValueError as error:
            raise ModelUnavailable(
                f"{KEEP_TOKENS} must be above 0 and at most 1, such as 0.25; got {env_value!r}"
            ) from error
    part = 1.0 if requested_ratio is None else requested_ratio
    if not 0 < part <= 1:
        raise ValueError(f"the part of the tokens to keep must be above 0 and at most 1, got {part}")
    return part


def load_video_llm(choice: VideoChoice, device: str = AUTO, keep_tokens: float = 1.0) -> "VideoLLM":
    """The model of a choice; weights are loaded, and the server is called, at the first request.

    Args:
        choice: the model.
        device: as `ModelNames` names it.
        keep_tokens: the share of the visual tokens of a call that is kept, chosen by the words of the
            question (`GuidedTokens`); behind a server the part of the frames, evenly spread.

    Raises:
        ModelUnavailable: the choice is no model, or its plugin has none.
        ValueError: the part is not above 0 and at most 1.
    """
    part = keep_ratio(keep_tokens)
    if choice.backend == OFF:
        raise ModelUnavailable(f"there is no video-LLM: {choice.reason}")
    if choice.backend == "server":
        from playhead_tools.video_llm.server import ServerVideoLLM

        return ServerVideoLLM(
            choice.url, choice.name, choice.kind, api_key=key_for(choice.url, KEY),
            prices=_prices() or _known_prices(choice),
            keep_frames=part,
        )  # fmt: skip
    from playhead_tools.video_llm.loading import LoadOptions
    from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

    name: Path | str = _plugin_folder(choice.name) if choice.backend == "plugin" else choice.name
    model = TransformersVideoLLM(
        name,
        loading=LoadOptions(device=device, four_bit=choice.four_bit),
        plain_prompt=choice.plain_prompt,
    )
    if part < 1:
        from playhead_tools.video_llm.text_guided_selection import GuidedTokens

        model.keep = GuidedTokens(part, model.word_vectors)
    return model


def load_captioner(choice: VideoChoice, device: str = AUTO) -> "VideoCaptioner":
    """The captioner that indexing uses; a server's captions are stored by its model's name alone.

    Raises:
        ModelUnavailable: the choice is no model, or its plugin has none.
    """
    from playhead_tools.captions.captioner import VideoCaptioner

    at_once = AT_ONCE if choice.backend == "server" else 1
    name = Path(choice.name).name if choice.backend == "local" else choice.name.removesuffix(":")
    model = load_video_llm(choice, device)
    return VideoCaptioner(model, forms=choice.forms, at_once=at_once, model_name=name)


def _server_facts(url: str, model_name: str, owners: dict[str, str]) -> ServerFacts:
    redacted_url, listed = redact(url), ", ".join(list(owners)[:8])
    if not owners:
        return ServerFacts(url, unavailable_reason=f"{redacted_url} serves no model")
    if f"models/{model_name}" in owners:  # as Google lists them
        model_name = f"models/{model_name}"
    if model_name and model_name not in owners:
        return ServerFacts(
            url, unavailable_reason=f"{redacted_url} does not serve {model_name!r}; it serves {listed}"
        )
    if not model_name and len(owners) > 1:
        return ServerFacts(
            url,
            unavailable_reason=f"{redacted_url} serves {len(owners)} models ({listed}), "
            f"name one as {redacted_url}#MODEL",
        )
    model = model_name or next(iter(owners))
    kind = "openai" if _is_openai(url) else KINDS_BY_OWNER.get(owners[model], "other")
    return ServerFacts(url, (model,), kind)


def named_folder(name: str) -> Path:
    """Where a named model's files are.

    Raises:
        ModelUnavailable: they are not on this machine.
    """
    from playhead_index.embed.checkpoints import cached_file, local_folder

    if name.endswith(":"):
        return _plugin_folder(name)
    if (folder := local_folder(name)) is not None:
        return folder
    config = cached_file(name, "config.json")
    if config is None:
        raise ModelUnavailable(f"the video model {name!r} is not on this machine; run: hf download {name}")
    return config.parent


def _plugin_folder(name: str) -> Path:
    from playhead.models import find_plugin

    return Path(find_plugin(name.removesuffix(":")).name_of("video"))


def _is_complete(name: str) -> bool:
    import json

    from playhead_index.embed.checkpoints import cached_file

    if cached_file(name, "config.json") is None:
        return False
    index = cached_file(name, "model.safetensors.index.json")
    if index is None:
        return cached_file(name, "model.safetensors") is not None
    shards: dict[str, Any] = json.loads(index.read_text())["weight_map"]
    return all((index.parent / shard).is_file() for shard in set(shards.values()))


def _gpu_gb() -> float | None:
    from playhead_index.embed.runtime import torch

    if not torch().cuda.is_available():
        return None
    total: int = torch().cuda.get_device_properties(0).total_memory
    return total / 1e9


def _prices() -> "Prices | None":
    """The price table of the environment; None without one.

    Raises:
        ModelUnavailable: it is not two numbers.
    """
    from playhead_tools.video_llm.server import Prices

    env_value = os.environ.get(PRICES)
    if not env_value:
        return None
    try:
        prompt, new = (float(part) for part in env_value.split("/"))
        return Prices(prompt, new)
    except ValueError as error:
        raise ModelUnavailable(
            f"{PRICES} must be PROMPT/NEW per million tokens, got {env_value!r}"
        ) from error


def _known_prices(choice: VideoChoice) -> "Prices | None":
    """What the server of a choice charges, by the table of known prices; None where nobody knows."""
    from playhead_agent.models.prices import price_of
    from playhead_tools.video_llm.server import Prices

    price = price_of(urlsplit(choice.url).netloc.rpartition("@")[2], choice.name)
    return None if price is None else Prices(price.prompt, price.new, price.cached)


def _is_openai(url: str) -> bool:
    return provider_variable(url) == "OPENAI_API_KEY"

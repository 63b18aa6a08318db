"""The video-LLM that a name, the environment or the hardware chooses."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playhead.api_keys import key_for, provider_variable
from playhead.model_plugins import find_plugin
from playhead.model_servers import is_address, served_models
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
from playhead_index.errors import ModelUnavailable
from playhead_index.extras import has_gpu, missing_module
from playhead_tools.local_hosts import require_local
from playhead_tools.redaction import redact

MODEL, SERVER, KEY = "PLAYHEAD_VIDEO_MODEL", "PLAYHEAD_VIDEO_SERVER", "PLAYHEAD_VIDEO_KEY"
KINDS_BY_OWNER = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "library": "ollama"}
"""The kind of a server by the `owned_by` of its models."""


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
        return Path(find_plugin(name.removesuffix(":")).name_of("video"))
    if (folder := local_folder(name)) is not None:
        return folder
    config = cached_file(name, "config.json")
    if config is None:
        raise ModelUnavailable(f"the video model {name!r} is not on this machine; run: hf download {name}")
    return config.parent


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


def _is_openai(url: str) -> bool:
    return provider_variable(url) == "OPENAI_API_KEY"

"""The video-LLM that a name, the environment or the hardware chooses."""

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playhead.api_keys import key_for, provider_variable
from playhead.known_video_models import KNOWN, known_video_model
from playhead.model_plugins import find_plugin
from playhead.model_servers import is_address, served_models
from playhead.video_loading import VideoLoading
from playhead.video_models import (
    AUTO,
    FORM_GB,
    OFF,
    PLAIN_GB,
    MachineFacts,
    ServerFacts,
    VideoChoice,
    choose_video_model,
    fits_gpu,
    off_choice,
    server_choice,
)
from playhead_index.errors import ModelUnavailable
from playhead_index.extras import has_gpu, missing_module
from playhead_tools.local_hosts import require_local
from playhead_tools.redaction import redact
from playhead_tools.video_llm.model_memory import ModelSize, model_size

MODEL, SERVER, KEY = "PLAYHEAD_VIDEO_MODEL", "PLAYHEAD_VIDEO_SERVER", "PLAYHEAD_VIDEO_KEY"
KINDS_BY_OWNER = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "library": "ollama"}
"""The kind of a server by the `owned_by` of its models."""


def video_model_of_environment() -> bool:
    """Whether the environment names a video-LLM or its server."""
    return bool(os.environ.get(MODEL) or os.environ.get(SERVER))


def video_choice(name: str = AUTO, *, local_only: bool = False, four_bit: bool | None = None) -> VideoChoice:
    """The video-LLM that a name means: with `auto` what the environment or the machine gives.

    Args:
        name: `auto`, `off`, a server's address with or without `#MODEL`, a plugin's `NAME:`, a folder, or a
            name on the hub that is in the local cache.
        local_only: refuse a server that is not on this machine, before any request.
        four_bit: 4 bits were asked for, or refused; None to take them where nothing else fits the GPU.

    Raises:
        ModelUnavailable: a model that was named is not there, or the server does not answer.
        NotLocal: the server is not on this machine and must be.
    """
    four_bit = VideoLoading(four_bit=four_bit).resolved().four_bit
    if name == AUTO and (env_name := os.environ.get(MODEL)):
        reason = f"{MODEL} names it"
        return named_choice(env_name, reason, local_only=local_only, four_bit=four_bit)
    if name == AUTO:
        facts = machine_facts(local_only=local_only)
        return choose_video_model(replace(facts, wants_four_bit=four_bit))
    return named_choice(name, "it was asked for", local_only=local_only, four_bit=four_bit)


def named_choice(
    name: str, reason: str, *, local_only: bool = False, four_bit: bool | None = None
) -> VideoChoice:
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
    is_four_bit = _fits_in_four_bits_alone(name, folder, weights_gb) if four_bit is None else four_bit
    if is_four_bit and four_bit is None:
        reason += ", in 4 bits, as it does not fit the GPU otherwise"
    return VideoChoice(how, name, reason, forms=forms, plain_prompt=plain, four_bit=is_four_bit)  # type: ignore[arg-type]


def _fits_in_four_bits_alone(name: str, folder: Path, weights_gb: float) -> bool:
    """Whether a named model fits the GPU of this machine in 4 bits and in no other way."""
    if weights_gb < FORM_GB or not has_gpu() or not has_four_bit_packages():
        return False
    gpu_gb, known = _gpu_gb(), known_video_model(name)
    size = read_model_size(folder) if known is None else known.size
    if gpu_gb is None or size is None:
        return False
    return not fits_gpu(size, gpu_gb, four_bit=False) and fits_gpu(size, gpu_gb, four_bit=True)


def read_model_size(folder: Path) -> ModelSize | None:
    """The sizes of a checkpoint by its configuration; None where that does not state them."""
    from playhead_index.embed.checkpoints import map_load_errors
    from playhead_index.embed.runtime import transformers

    try:
        with map_load_errors(folder.name, "reading its configuration"):
            config = transformers().AutoConfig.from_pretrained(folder, local_files_only=True)
        return model_size(config.to_dict())
    except (ModelUnavailable, ValueError):
        return None


def has_four_bit_packages() -> bool:
    """Whether the packages for loading in 4 bits are installed."""
    return all(find_spec(package) is not None for package in ("bitsandbytes", "accelerate"))


def machine_facts(*, local_only: bool = False, asks_server: bool = True) -> MachineFacts:
    """GPU, memory, cached models and the server that the environment names, looked up now.

    Args:
        local_only: refuse a server that is not on this machine, before any request.
        asks_server: ask that server; else only this machine is looked at.

    Raises:
        NotLocal: that server is not on this machine and must be.
    """
    url = os.environ.get(SERVER) if asks_server else None
    if url and local_only:
        require_local(url.partition("#")[0], "the video model")
    missing = [module for module in ("torch", "transformers") if find_spec(module) is None]
    return MachineFacts(
        gpu_gb=_gpu_gb() if has_gpu() and not missing else None,
        memory_gb=memory_gb(),
        cached=() if missing else tuple(model.name for model in KNOWN if _is_complete(model.name)),
        four_bit=has_four_bit_packages(),
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
        command = prepare_command(name)
        raise ModelUnavailable(f"the video model {name!r} is not on this machine; run: {command}")
    return config.parent


def prepare_command(name: str) -> str:
    """The command that downloads a video-LLM."""
    return f"playhead prepare video --video-model {name}"


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

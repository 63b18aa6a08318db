"""The architectures that are loaded here and not by transformers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playhead_index.embed.checkpoints import HUB_PREFIX, cached_file, local_folder
from playhead_index.embed.transformer import read_json
from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.architecture import Architecture

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        "LongVU",
        licence="Apache-2.0; the Llama models also under the Llama 3.2 Community License",
        model_types=("cambrian_qwen", "cambrian_llama"),
        loader="playhead_tools.architectures.longvu.loading:load_longvu",
        beside=("google/siglip-so400m-patch14-384", "facebook/dinov2-giant"),
    ),
    Architecture(
        "Slow-Fast",
        licence="CC BY-NC 4.0: no commercial use",
        model_types=("llava_qwen_slow_fast",),
        loader="playhead_tools.architectures.slow_fast.loading:load_slow_fast",
    ),
    Architecture(
        "VideoChat2",
        licence="MIT; its language model Mistral-7B-Instruct-v0.2 Apache-2.0",
        model_types=("videochat2", "VideoChat2_it_mistral", "VideoChat2_it_hd_mistral"),
        loader="playhead_tools.architectures.video_chat2.loading:load_video_chat2",
        weights=("*.safetensors", "videochat2*.pth"),
        marker_files=(
            "videochat2_mistral_7b_stage3.pth",
            "videochat2_hd_mistral_7b_stage4.pth",
            "videochat2_hd_mistral_stage4.pth",
            "videochat2_mistral_7b_stage2.pth",
        ),
    ),
    Architecture(
        "mPLUG-Owl3",
        licence="Apache-2.0 by its README, MIT by its licence file",
        model_types=("mplugowl3",),
        loader="playhead_tools.architectures.mplug_owl3.loading:load_mplug_owl3",
    ),
)


def find_architecture(name: str) -> Architecture | None:
    """The architecture of a checkpoint on this machine; None for one of transformers, or where there is none.

    Args:
        name: a folder, or a name on the hub that is looked up in the local cache.

    Raises:
        ModelUnavailable: the name is a path and there is no such folder, or its `config.json` is unreadable.
    """
    config = checkpoint_file(name, "config.json")
    try:
        settings = read_json(config) if config is not None else {}
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"model {name!r}: config.json cannot be read: {error}") from error
    for architecture in ARCHITECTURES:
        if not _model_types(settings).isdisjoint(architecture.model_types):
            return architecture
    for architecture in ARCHITECTURES:
        if any(checkpoint_file(name, file) is not None for file in architecture.marker_files):
            return architecture
    return None


def needed_files(architecture: Architecture, name: str) -> Sequence[str]:
    """Files of a checkpoint without which it is not loaded, one of them at least.

    Raises:
        ModelUnavailable: the name is a path and there is no such folder.
    """
    markers = [file for file in architecture.marker_files if checkpoint_file(name, file) is not None]
    return markers[:1] or ["config.json"]


def _model_types(settings: Mapping[str, Any]) -> set[str]:
    """What a `config.json` calls the model: as transformers does, or as the code of VideoChat2 does."""
    model = settings.get("model")
    named = (settings.get("model_type"), model.get("model_cls") if isinstance(model, Mapping) else None)
    return {name for name in named if isinstance(name, str)}


def checkpoint_file(name: str, filename: str) -> Path | None:
    """A file of a checkpoint in a folder or in the local cache; None where it is not.

    Raises:
        ModelUnavailable: the name is a path and there is no such folder.
    """
    folder = local_folder(name)
    if folder is None:
        return cached_file(name.removeprefix(HUB_PREFIX), filename)
    return folder / filename if (folder / filename).is_file() else None

"""The architectures that are loaded here and not by transformers."""

from pathlib import Path

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
        if settings.get("model_type") in architecture.model_types:
            return architecture
    for architecture in ARCHITECTURES:
        if any(checkpoint_file(name, file) is not None for file in architecture.marker_files):
            return architecture
    return None


def checkpoint_file(name: str, filename: str) -> Path | None:
    """A file of a checkpoint in a folder or in the local cache; None where it is not.

    Raises:
        ModelUnavailable: the name is a path and there is no such folder.
    """
    folder = local_folder(name)
    if folder is None:
        return cached_file(name.removeprefix(HUB_PREFIX), filename)
    return folder / filename if (folder / filename).is_file() else None

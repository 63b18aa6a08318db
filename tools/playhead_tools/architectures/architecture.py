"""The record of an architecture: how its checkpoints are recognised and loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.model_families import Family


@dataclass(frozen=True, slots=True, eq=False)
class ModelParts:
    """What a loader of an architecture returns.

    Args:
        model: a `SpliceModel` with all its weights and towers.
        processor: a `SpliceProcessor`, or one of transformers.
        family: how its clips stand in a prompt.
        revision: changes with whatever was loaded from elsewhere than the checkpoint, such as towers.
    """

    model: Any
    processor: Any
    family: Family
    revision: str = ""


ArchitectureLoader = Callable[[Path, LoadOptions, Mapping[str, Any]], ModelParts]
"""Loads the checkpoint in a folder; the mapping holds the arguments of `from_pretrained` (dtype, attention,
4 bits). It raises `ModelUnavailable`, or what the libraries raise, which the caller maps."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture that is not in transformers.

    Args:
        title: for people.
        licence: of the released weights, said before a download.
        model_types: `model_type` of the released `config.json`, or its `model.model_cls`.
        loader: `module:function` of an `ArchitectureLoader`; imported when a model is loaded.
        weights: patterns of the files that hold the weights; the first that fits any file counts.
        marker_files: files by any of which a release is recognised that has no such `config.json`.
        beside: further checkpoints that it needs, by their names on the hub, such as towers.
    """

    title: str
    licence: str
    model_types: tuple[str, ...]
    loader: str
    weights: tuple[str, ...] = ("*.safetensors",)
    marker_files: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def load(self, folder: Path, options: LoadOptions, arguments: Mapping[str, Any]) -> ModelParts:
        """The model in a folder; see `ArchitectureLoader`."""
        module, function = self.loader.split(":")
        loader: ArchitectureLoader = getattr(import_module(module), function)
        return loader(folder, options, arguments)

"""Playhead answers questions over libraries of hour-long videos, finds moments, and shows where.

>>> import playhead
>>> library = playhead.Library("talks")                               # doctest: +SKIP
>>> print(library.ask("what is on the slide when he mentions Bayes?"))  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playhead.library import Library, VideoSummary
    from playhead.models import ModelNames
    from playhead_index.errors import PlayheadError
    from playhead_index.recipe import IndexSettings
    from playhead_index.window import Window, format_time, parse_time

__version__ = "0.1.0"
__all__ = [
    "IndexSettings",
    "Library",
    "ModelNames",
    "PlayheadError",
    "VideoSummary",
    "Window",
    "format_time",
    "parse_time",
]

_HOMES = {
    "Library": "playhead.library",
    "VideoSummary": "playhead.library",
    "ModelNames": "playhead.models",
    "PlayheadError": "playhead_index.errors",
    "IndexSettings": "playhead_index.recipe",
    "Window": "playhead_index.window",
    "format_time": "playhead_index.window",
    "parse_time": "playhead_index.window",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'playhead' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)

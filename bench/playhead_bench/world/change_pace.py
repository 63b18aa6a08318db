"""Changes the pace of a story, with times on a grid that every even frame rate shows exactly."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from playhead_index.window import Window

T = TypeVar("T")
GRID_PER_S = 2
"""Times of stories are whole multiples of one in this many seconds."""


def snap(time_s: float) -> float:
    """The nearest time on the grid."""
    return round(time_s * GRID_PER_S) / GRID_PER_S


def change_pace(value: T, pace: float) -> T:
    """The same record with every window in it `pace` times as long and as late, on the grid.

    Raises:
        ValueError: a window would become empty.
    """
    faster: T = _change_pace(value, pace)
    return faster


def _change_pace(value: Any, pace: float) -> Any:
    if isinstance(value, Window):
        return Window(snap(value.start_s * pace), snap(value.end_s * pace))
    if is_dataclass(value):
        kind: Any = type(value)
        return kind(**{part.name: _change_pace(getattr(value, part.name), pace) for part in fields(value)})
    if isinstance(value, tuple):
        return tuple(_change_pace(part, pace) for part in value)
    return value

"""A `repr` of records that shows sizes and leaves the data out."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

MAX_TEXT_CHARS = 60
MAX_ITEMS = 3
"""Longer tuples, lists and dictionaries are shown by their number of items."""
MAX_RECORD_CHARS = 100
"""A record inside a record is shown as `Name(...)` where its own `repr` is longer."""


def short_repr(record: Any) -> str:
    """The class of a dataclass and its fields in short: texts are cut, arrays are shown by shape and dtype.

    Fields with their default value are left out. Give it to a class as `__repr__ = short_repr`.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Clip:
    ...     name: str
    ...     times_s: tuple[float, ...] = ()
    ...     frames: object = None
    ...     __repr__ = short_repr
    >>> Clip("talk", tuple(map(float, range(90))), np.zeros((90, 180, 320, 3), np.uint8))
    Clip(name='talk', times_s=<90 items>, frames=<(90, 180, 320, 3) uint8>)
    """
    shown = ((field, getattr(record, field.name)) for field in fields(record) if field.repr)
    rows = (f"{field.name}={_short(value)}" for field, value in shown if not _is_default(field, value))
    return f"{type(record).__name__}({', '.join(rows)})"


def _short(value: Any) -> str:
    """A value in short."""
    if isinstance(value, np.ndarray):
        return f"<{value.shape} {value.dtype}>"
    if isinstance(value, str | Path):
        text = str(value)
        return repr(text if len(text) <= MAX_TEXT_CHARS else f"{text[: MAX_TEXT_CHARS - 1]}…")
    if isinstance(value, tuple | list | Mapping):
        return _short_items(value)
    text = repr(value)
    return text if len(text) <= MAX_RECORD_CHARS else f"{type(value).__name__}(...)"


def _short_items(items: tuple[Any, ...] | list[Any] | Mapping[Any, Any]) -> str:
    """Items in full where they are few and short, else their number and, of records, their class."""
    kinds = {type(item).__name__ if is_dataclass(item) else "items" for item in items}
    if kinds <= {"items"} and len(items) <= MAX_ITEMS and len(text := repr(items)) <= MAX_RECORD_CHARS:
        return text
    return f"<{len(items)} {kinds.pop() if len(kinds) == 1 else 'items'}>"


def _is_default(field: Field[Any], value: Any) -> bool:
    """Whether a field has its default value and so says nothing; an array never does."""
    if isinstance(value, np.ndarray):
        return False
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return default is not MISSING and bool(value == default)

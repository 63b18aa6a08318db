"""What a baseline has observed so far: looks and replies that cannot be read, as rows of a run's state."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation

Row = dict[str, Any]


def look_to_json(look: Observation) -> Row:
    """A look in plain JSON types, with its cost."""
    row = {one.name: getattr(look, one.name) for one in fields(look)}
    row |= {name: list(value) for name, value in row.items() if isinstance(value, tuple)}
    return {**row, "window": [look.window.start_s, look.window.end_s]}


def look_from_json(row: Mapping[str, Any]) -> Observation:
    """The look that `look_to_json` wrote."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    values["window"] = Window(*row["window"])
    return Observation(**values)


def invalid_to_json(error: ModelOutputInvalid) -> Row:
    """A reply that could not be read, so that it is not asked for again."""
    return {"invalid": str(error), "raw_text": error.raw_text}


def raise_invalid(row: Mapping[str, Any]) -> None:
    """Nothing, unless the row is that of a reply which could not be read.

    Raises:
        ModelOutputInvalid: it is.
    """
    if "invalid" in row:
        raise ModelOutputInvalid(row["invalid"], row["raw_text"])

"""Observations and unreadable replies of a baseline, as rows of a run's state."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools.video_llm.client import Observation

Row = dict[str, Any]


def observation_to_json(observation: Observation) -> Row:
    """An observation in plain JSON types, with its cost."""
    row = {one.name: getattr(observation, one.name) for one in fields(observation)}
    row |= {name: list(value) for name, value in row.items() if isinstance(value, tuple)}
    return {**row, "window": [observation.window.start_s, observation.window.end_s]}


def observation_from_json(row: Mapping[str, Any]) -> Observation:
    """The observation that `observation_to_json` wrote."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    values["window"] = Window(*row["window"])
    return Observation(**values)


def invalid_to_json(error: ModelOutputInvalid) -> Row:
    """The row of a reply that could not be read, so that it is not requested again."""
    return {"invalid": str(error), "raw_text": error.raw_text}


def raise_invalid(row: Mapping[str, Any]) -> None:
    """Raises the error of a row that holds an unreadable reply.

    Raises:
        ModelOutputInvalid: the row holds one.
    """
    if "invalid" in row:
        raise ModelOutputInvalid(row["invalid"], row["raw_text"])

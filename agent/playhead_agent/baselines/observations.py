"""What a baseline has observed so far: looks and replies of the chat model, as rows of a run's state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools.eyes import Eyes, Look
from playhead_tools.sampling import ClipRequest

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LookRequest:
    """A look that a baseline needs.

    Args:
        video_id: in which video.
        window: what to show.
        question: about it, with its options.
        times_s: of the frames; empty for successive frames over the window.
        yes_no: ask for the probability of Yes.
    """

    video_id: str
    window: Window
    question: str
    times_s: tuple[float, ...] = ()
    yes_no: bool = False

    @property
    def key(self) -> str:
        """The same for the same look."""
        return json.dumps(self.to_json(), sort_keys=True)

    def num_frames(self, eyes: Eyes) -> int:
        """How many frames the model is given at most."""
        return len(self.times_s) or eyes.frames

    def make(self, eyes: Eyes) -> Look:
        """The look; errors are those of `Eyes.look`."""
        if not self.times_s:
            return eyes.look(self.video_id, self.window, self.question, yes_no=self.yes_no)
        clip = ClipRequest(self.video_id, self.times_s, self.window)
        return eyes.look_at(clip, self.question, yes_no=self.yes_no)

    def to_json(self) -> Row:
        """Plain JSON types."""
        return {
            "video_id": self.video_id,
            "window": [self.window.start_s, self.window.end_s],
            "question": self.question,
            "times_s": list(self.times_s),
            "yes_no": self.yes_no,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The request that `to_json` wrote."""
        values = {**record, "window": Window(*record["window"]), "times_s": tuple(record["times_s"])}
        return cls(**values)


def look_to_json(look: Look) -> Row:
    """A look in plain JSON types, with its cost."""
    row = {one.name: getattr(look, one.name) for one in fields(look)}
    row |= {name: list(value) for name, value in row.items() if isinstance(value, tuple)}
    return {**row, "window": [look.window.start_s, look.window.end_s]}


def look_from_json(row: Mapping[str, Any]) -> Look:
    """The look that `look_to_json` wrote."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    values["window"] = Window(*row["window"])
    return Look(**values)


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

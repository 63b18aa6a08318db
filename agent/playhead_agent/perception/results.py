"""What a procedure found out by looking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from playhead_agent.state import SegmentRef
from playhead_index.window import Window

SURE = 0.5
"""From this probability on something counts as seen."""
Kind = Literal[
    "told", "when", "count", "yes_no", "order", "length", "chosen", "anchors", "absent", "unknown"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detection:
    """Something that was seen.

    Args:
        video_id: in which video.
        window: when, as far as it is known.
        p: how likely it is, 0 to 1.
        said: what the model said of it.
        looked: the window that was shown.
    """

    video_id: str
    window: Window
    p: float
    said: str
    looked: Window

    @property
    def place(self) -> SegmentRef:
        """Where it is."""
        return self.video_id, self.window


@dataclass(frozen=True, slots=True)
class PerceptionResult:
    """What was found out.

    Args:
        kind: `told` in the model's words, `when`, `count`, `yes_no`, `order` and `length` by code, `chosen`
            among options, `anchors` for places that words are then read next to; `absent` when nothing in
            all that was looked at shows it, `unknown` when too little was looked at to say so.
        text: the answer in words; of `unknown` why there is none, where more than looks is missing.
        sightings: it stands on these, in the order of the answer.
        choice: the option, from 0; None where none was given or none fits.
        value: a number, seconds, or 1 and 0 for yes and no.
        p: how likely it is, 0 to 1, from what was seen.
        whole: everything that could show it was looked at.
    """

    kind: Kind
    text: str = ""
    sightings: tuple[Detection, ...] = ()
    choice: int | None = None
    value: float = 0.0
    p: float = 0.0
    whole: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        rows = [[s.video_id, *_bounds(s.window), s.p, s.said, *_bounds(s.looked)] for s in self.sightings]
        plain = {"kind": self.kind, "text": self.text, "choice": self.choice, "value": self.value}
        return {**plain, "p": self.p, "whole": self.whole, "sightings": rows}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The sight that `to_json` wrote."""
        return cls(**{**record, "sightings": tuple(map(_sighting, record["sightings"]))})


def _bounds(window: Window) -> tuple[float, float]:
    return window.start_s, window.end_s


def _sighting(row: Sequence[Any]) -> Detection:
    video_id, start_s, end_s, p, said, from_s, to_s = row
    return Detection(video_id, Window(start_s, end_s), p, said, Window(from_s, to_s))

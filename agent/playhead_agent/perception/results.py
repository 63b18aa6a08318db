"""The result of a perception procedure and its detections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from playhead_index.window import Window
from playhead_tools.search_extent import SegmentRef

MIN_DETECTION_P = 0.5
"""From this probability on something counts as detected."""
ResultKind = Literal[
    "told", "when", "count", "yes_no", "order", "length", "chosen", "anchors", "absent", "unknown"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detection:
    """An action or object localised in a window.

    Args:
        video_id: in which video.
        window: when, as far as it is known.
        p: probability that it is there, 0 to 1.
        text: of the model's response.
        searched_window: the window that was given to the model.
    """

    video_id: str
    window: Window
    p: float
    text: str
    searched_window: Window

    @property
    def segment_ref(self) -> SegmentRef:
        """The video and the window."""
        return self.video_id, self.window


@dataclass(frozen=True, slots=True)
class PerceptionResult:
    """The result of a perception procedure.

    Args:
        kind: `told` in the model's words, `when`, `count`, `yes_no`, `order` and `length` by code, `chosen`
            among options, `anchors` for places near which text is read afterwards; `absent` when nothing that
            was viewed shows it, `unknown` when too little was viewed to say so.
        text: the answer in words; of `unknown` the reason, where more than observations is missing.
        detections: that support it, in the order of the answer.
        choice: the option, from 0; None where none was given or none fits.
        value: a number, seconds, or 1 and 0 for yes and no.
        p: probability that it is right, 0 to 1, from the observations.
        is_complete: everything that could show it was viewed.
    """

    kind: ResultKind
    text: str = ""
    detections: tuple[Detection, ...] = ()
    choice: int | None = None
    value: float = 0.0
    p: float = 0.0
    is_complete: bool = True

    @property
    def is_in_no_video(self) -> bool:
        """Whether the answer is that it is visible in none of several videos."""
        return self.kind == "chosen" and not self.detections

    @property
    def is_negative(self) -> bool:
        """Whether the answer is a plain no, or that it is visible in none of several videos."""
        return self.is_in_no_video or (self.kind == "yes_no" and not self.value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        rows = [
            [s.video_id, *_bounds(s.window), s.p, s.text, *_bounds(s.searched_window)]
            for s in self.detections
        ]
        plain = {"kind": self.kind, "text": self.text, "choice": self.choice, "value": self.value}
        return {**plain, "p": self.p, "whole": self.is_complete, "sightings": rows}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The result that `to_json` wrote."""
        values = {**record, "detections": tuple(map(_detection_of, record["sightings"]))}
        del values["sightings"]
        values["is_complete"] = values.pop("whole")
        return cls(**values)


def _bounds(window: Window) -> tuple[float, float]:
    return window.start_s, window.end_s


def _detection_of(row: Sequence[Any]) -> Detection:
    video_id, start_s, end_s, p, text, from_s, to_s = row
    return Detection(video_id, Window(start_s, end_s), p, text, Window(from_s, to_s))

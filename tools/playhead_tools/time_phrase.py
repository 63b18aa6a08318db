"""A time as a question gives it, before and after the length of a video is known.

A `TimePhrase` does not know the video yet; `window(duration_s)` gives the stretch of a video of that
length, or says why there is none. Nothing outside a video is silently moved inside it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from playhead_index.errors import ToolError
from playhead_index.window import Window, format_time

TimeKind = Literal[
    "at", "around", "stretch", "first", "last", "fraction", "after", "before", "from_end", "beginning", "end",
    "nonsense",
]  # fmt: skip
AT_S = 1.0
AROUND_S = 15.0
EDGE_FRACTION, MIN_EDGE_S, MAX_EDGE_S = 0.1, 10.0, 60.0
_END_SLACK_S = 0.5


@dataclass(frozen=True, slots=True)
class TimePhrase:
    """A time as a question gives it.

    Args:
        kind: `at`, `around`, `after` and `before` use `a` as seconds; `stretch` is [a, b) seconds;
            `first`, `last` and `from_end` use `a` as a length in seconds; `fraction` is [a, b) of the
            whole, 0 to 1; `beginning` and `end` use neither; `nonsense` is no time ("1:75").
        phrase: the words of the question that gave it.
        a: first number.
        b: second number.
    """

    kind: TimeKind
    phrase: str
    a: float = 0.0
    b: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; `TimePhrase(**record)` reads them back."""
        return asdict(self)

    def window(self, duration_s: float) -> tuple[Window, str]:
        """The stretch of a video of that length, and a note when the phrase reaches past its end.

        "At" a time is the second that begins there; "around" is 15 s to both sides; the beginning and
        the end are a tenth of the video, at least 10 s and at most a minute.

        Raises:
            ToolError: the time is no time, lies outside the video, or ends before it starts.
        """
        if self.kind == "nonsense":
            raise ToolError(f"{self.phrase!r} is not a time; write 75 seconds, 1:15 or 00:01:15")
        start_s, end_s = self._bounds(duration_s)
        if end_s <= start_s and self.kind in ("stretch", "fraction"):
            raise ToolError(f"{self.phrase!r} ends before it starts")
        if start_s >= duration_s or end_s <= 0:
            raise ToolError(f"{self.phrase!r} is outside the video, which is {format_time(duration_s)} long")
        note = ""
        if self._reach_s > duration_s + _END_SLACK_S:
            note = f"{self.phrase!r} reaches past the video, which is {format_time(duration_s)} long"
        return Window(max(0.0, start_s), min(end_s, duration_s)), note

    @property
    def _reach_s(self) -> float:
        if self.kind == "stretch":
            return self.b
        return self.a if self.kind in ("first", "before", "last") else 0.0

    def _bounds(self, duration_s: float) -> tuple[float, float]:
        edge_s = min(duration_s, max(MIN_EDGE_S, min(EDGE_FRACTION * duration_s, MAX_EDGE_S)))
        outside = self.kind in ("around", "from_end") and self.a > duration_s
        bounds: dict[str, tuple[float, float]] = {
            "at": (self.a, self.a + AT_S),
            "around": (duration_s, duration_s) if outside else (self.a - AROUND_S, self.a + AROUND_S),
            "stretch": (self.a, self.b),
            "first": (0.0, self.a),
            "last": (max(0.0, duration_s - self.a), duration_s),
            "fraction": (self.a * duration_s, self.b * duration_s),
            "after": (self.a, duration_s),
            "before": (0.0, self.a),
            "from_end": (duration_s, duration_s)
            if outside
            else (duration_s - self.a, duration_s - self.a + AT_S),
            "beginning": (0.0, edge_s),
            "end": (duration_s - edge_s, duration_s),
        }
        return bounds[self.kind]


def resolve_times(times: Iterable[TimePhrase], duration_s: float) -> tuple[Window, tuple[str, ...]]:
    """The stretch that all phrases share, and notes; the whole video when there is no phrase.

    Raises:
        ToolError: a phrase lies outside the video, or no stretch is common to all.
    """
    shared, notes, phrases = Window(0.0, duration_s), [], []
    for phrase in times:
        window, note = phrase.window(duration_s)
        phrases.append(phrase.phrase)
        notes += [note] if note else []
        inside = shared.clamped(window)
        if inside is None:
            raise ToolError(f"no time of the video is in all of {', '.join(map(repr, phrases))}")
        shared = inside
    return shared, tuple(notes)

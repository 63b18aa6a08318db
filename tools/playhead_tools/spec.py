"""A question taken apart, in plain records."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from playhead_tools.time_phrase import TimePhrase

Intent = Literal["locate", "describe", "when", "how_long", "count", "yes_no", "order", "summarise"]
Kind = Literal["speech", "screen", "picture", "any"]
RelationKind = Literal["during", "before", "after", "between", "until"]
EVERY = 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The thing in the video that a relation in time is tied to.

    Args:
        text: what to look for.
        kind: where it stands: in speech, on the screen, in the picture, or not said.
        ordinal: which occurrence: 1 the first, -1 the last; None when not said.
    """

    text: str
    kind: Kind
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """How what is wanted lies in time to its anchors (two for `between`, else one)."""

    kind: RelationKind
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """A question taken apart.

    Args:
        text: as it was asked.
        intent: what kind of answer is wanted.
        wanted: where the answer stands: what is said, what is written on the screen, what is shown.
        targets: what to look for, several only for `order`; empty when everything at a time is wanted.
        quoted: phrases that were asked for word for word.
        relation: to something else in the video, or None.
        ordinal: 1 the first, 2 the second, -1 the last, 0 every one, None not said.
        times: explicit times, which need a video's length to become windows.
        of_things: `count` asks for things in a picture, not for how often something comes.
        of_video: the question is about the video as a file ("how long is the video?").
        speaker: whom the question names as speaking; empty for he, she, the speaker.
    """

    text: str
    intent: Intent
    wanted: Kind
    targets: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    relation: Relation | None = None
    ordinal: int | None = None
    times: tuple[TimePhrase, ...] = ()
    of_things: bool = False
    of_video: bool = False
    speaker: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, for a run's state."""
        record: dict[str, Any] = _listed(asdict(self))
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The spec that `to_json` wrote."""
        values = dict(record)
        relation = record["relation"]
        if relation is not None:
            anchors = tuple(Anchor(**anchor) for anchor in relation["anchors"])
            values["relation"] = Relation(relation["kind"], anchors)
        values["times"] = tuple(TimePhrase(**time) for time in record["times"])
        values["targets"], values["quoted"] = tuple(record["targets"]), tuple(record["quoted"])
        return cls(**values)


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple | list) else value

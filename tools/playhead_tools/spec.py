"""A question taken apart, in plain records."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from playhead_tools.time_phrase import TimePhrase

Intent = Literal["locate", "describe", "when", "how_long", "count", "yes_no", "order", "summarise"]
Kind = Literal["speech", "screen", "picture", "any"]
RelationKind = Literal["during", "before", "after", "between", "until"]
AnswerType = Literal[
    "", "thing", "place", "colour", "deed", "time", "number", "duration", "words", "yes_no", "order"
]  # fmt: skip
Speaking = Literal["", "who", "when", "how_long", "count", "number", "most", "least"]
Superlative = Literal["", "longest", "shortest"]
EVERY = 0


@dataclass(frozen=True, slots=True)
class ActionTriple:
    """Who does what, as a picture can show it.

    Args:
        subject: without an article, `white car`; empty where the subject is what is asked for.
        verb: in the third person, `shrinks`, `collides with`; empty for being in the picture and no more.
        object: without an article, `orange cross`; empty where there is none or it is what is asked for.

    >>> ActionTriple("pink cross", "carries", "orange cross").text, ActionTriple("green star", "").text
    ('pink cross carries the orange cross', 'green star')
    """

    subject: str
    verb: str
    object: str = ""

    @property
    def text(self) -> str:
        """As words to look for."""
        return " ".join(part for part in (self.subject, self.verb, _with_the(self.object)) if part)


@dataclass(frozen=True, slots=True)
class Hop:
    """A thing that a question names only by what it has to do with another, and what is then asked of it.

    Args:
        deed: the one that tells which thing is meant; the side that is empty is that thing.
        question: what is asked of it, with `{}` for the thing once it is known.
        later: it is asked of a later moment: `again`, `later`, `comes back`.
    """

    deed: ActionTriple
    question: str
    later: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """The thing in the video that a relation in time is tied to.

    Args:
        text: what to look for.
        kind: where it stands: in speech, on the screen, in the picture, or not said.
        ordinal: which occurrence: 1 the first, -1 the last; None when not said.
        deed: who does what, where it is something that a picture can show.
    """

    text: str
    kind: Kind
    ordinal: int | None = None
    deed: ActionTriple | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """How what is wanted lies in time to its anchors (two for `between`, else one).

    Args:
        kind: of relation.
        anchors: what it is tied to.
        next: only the nearest event counts: `right after`, `the last to ... before`.
    """

    kind: RelationKind
    anchors: tuple[Anchor, ...]
    next: bool = False


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
        speakers: the speakers of the library that it means by that; only what they say counts.
        speaking: it asks for nothing but who speaks, when or how long.
        asks: what the answer is; empty where the question does not tell.
        clip_question: the question as it can be put to one clip that shows the right moment.
        deeds: one for each target that is an event or a thing shown, in the order of the targets; empty
            when the question is about words alone.
        superlative: the one of the targets that lasts longest or shortest is asked for.
        hop: the thing meant is named by a deed of its own, and must be found first.
        options: the answers to choose from, without their letters.
        scope_folders: only videos in one of these folders are meant.
        each_video: it is asked of each video: in which of them, or in how many.
        setting: the topic that the question is set in: `when discussing the design`.
        query: text that passages are searched with, where no exact look-up answers; empty for a planner that
            searches no passages.
        by_passages: no exact look-up is understood: the best passages are the answer.
        is_literal: it asks where certain words stand, so that a complete scan can tell that they are absent.
        verbatim: it asks for the transcript: the words as they were said, all of them.
        only_speakers: the scope is what `speakers` say: nobody else's words may answer.
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
    asks: AnswerType = ""
    clip_question: str = ""
    deeds: tuple[ActionTriple, ...] = ()
    superlative: Superlative = ""
    hop: Hop | None = None
    options: tuple[str, ...] = ()
    scope_folders: tuple[str, ...] = ()
    each_video: bool = False
    speakers: tuple[str, ...] = ()
    speaking: Speaking = ""
    setting: str = ""
    query: str = ""
    by_passages: bool = False
    is_literal: bool = True
    verbatim: bool = False
    only_speakers: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, for a run's state."""
        record: dict[str, Any] = _listed(asdict(self))
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The spec that `to_json` wrote, now or before a field was added or taken away."""
        values = {name: _tupled(value) for name, value in record.items() if name in cls.__slots__}
        relation, hop = record["relation"], record.get("hop")
        values["relation"] = None if relation is None else _relation_of(relation)
        values["hop"] = None if hop is None else Hop(**{**hop, "deed": ActionTriple(**hop["deed"])})
        values["times"] = tuple(TimePhrase(**time) for time in record["times"])
        values["deeds"] = tuple(ActionTriple(**deed) for deed in record.get("deeds", ()))
        return cls(**values)


def _relation_of(record: Mapping[str, Any]) -> Relation:
    anchors = tuple(_anchor_of(anchor) for anchor in record["anchors"])
    return Relation(record["kind"], anchors, record.get("next", False))


def _anchor_of(record: Mapping[str, Any]) -> Anchor:
    deed = record.get("deed")
    return Anchor(**{**record, "deed": None if deed is None else ActionTriple(**deed)})


_NAMED = re.compile(r"(?:the|an?|some|his|her|its|their|my|your|our|this|that|[A-Z]\S*|it|him|them)\b")


def _with_the(name: str) -> str:
    return f"the {name}" if name and not _NAMED.match(name) else name


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple | list) else value

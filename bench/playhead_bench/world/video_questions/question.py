"""Questions about synthetic videos with their ground truth, and their conversion to the harness' `Sample`."""

from dataclasses import dataclass
from typing import Literal

from playhead_bench.evaluate.sample import Sample
from playhead_bench.world.story import EventKind
from playhead_index.window import Window

QuestionModality = Literal["picture", "speech", "screen"]
Why = Literal["", "absent", "false_premise", "not_visible"]


@dataclass(frozen=True, slots=True)
class EventReference:
    """One row of a video's table of events that the answer rests on.

    Args:
        video: which.
        index: of the event in `Story.events()`.
        kind: of the event.
        window: of the event.
    """

    video: str
    index: int
    kind: EventKind
    window: Window


@dataclass(frozen=True, slots=True)
class WorldQuestion:
    """A question, open and as a multiple choice, with what is true.

    Args:
        id: unique among the questions about the same videos with the same seed.
        kind: of the question, one of `KINDS` or `OVER_KINDS`.
        text: as a person would ask it.
        answer: the gold answer; None when the videos do not give it. Of a yes-no question `yes` or `no`,
            with which the right option begins.
        options: of the multiple choice, four.
        answer_index: which option is right, from 0.
        windows: of the evidence, in time order, each once; empty where nothing in the video can be
            pointed at: a plain no, a count of none, or no answer.
        evidence: the events that the answer rests on, each in its video.
        videos: which it is about.
        modalities: that are needed for the answer.
        answerable: whether the videos give the answer.
        why: why they do not: the object is `absent`, it is there and never does that (`false_premise`), or
            no video can show it (`not_visible`); else empty.
        object_labels: the labels of the objects that it is about.
        duration_s: of the video, where it is about one.

    Raises:
        ValueError: the options are not four different ones, or `answer_index` is none of them.
    """

    id: str
    kind: str
    text: str
    answer: str | None
    options: tuple[str, ...]
    answer_index: int
    windows: tuple[Window, ...]
    evidence: tuple[EventReference, ...]
    videos: tuple[str, ...]
    modalities: tuple[QuestionModality, ...]
    answerable: bool = True
    why: Why = ""
    object_labels: tuple[str, ...] = ()
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if len(self.options) != 4 or len(set(self.options)) != 4 or not 0 <= self.answer_index < 4:
            raise ValueError(f"{self.id}: expected four different options, got {self.options}")


def to_sample(question: WorldQuestion) -> Sample:
    """The question as the harness works with it; senses, evidence and `why` in its `meta`."""
    evidence = [
        {"video": e.video, "index": e.index, "kind": e.kind, "window": [e.window.start_s, e.window.end_s]}
        for e in question.evidence
    ]
    return Sample(
        id=question.id,
        video_ids=question.videos,
        question=question.text,
        options=question.options,
        answer=question.answer,
        answer_index=question.answer_index,
        windows=question.windows,
        kind=question.kind,
        answerable=question.answerable,
        duration_s=question.duration_s,
        meta={"senses": list(question.modalities), "why": question.why, "evidence": evidence},
    )

"""One question of any benchmark, in the one form that the harness works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class Sample:
    """A question with its gold answer, as read from a benchmark's file or made for a synthetic video.

    Args:
        id: unique within its benchmark.
        video_ids: the videos that it is about, as the benchmark names them; several for a corpus.
        question: the question, or the query of a moment search.
        options: of a multiple choice, in the order in which they are given; empty for an open question.
        answer: the gold answer as text; None when the benchmark hides it or there is none.
        answer_index: which option is right, from 0.
        windows: the gold windows, in time order; empty when there are none.
        kind: the benchmark's own name of the kind of question.
        answerable: whether the video holds the answer; None when the benchmark does not say.
        duration_s: of the video, where the benchmark tells it.
        meta: whatever else the row holds that a metric or a writer needs.

    Raises:
        ValueError: `answer_index` does not point into `options`.
    """

    id: str
    video_ids: tuple[str, ...]
    question: str
    options: tuple[str, ...] = ()
    answer: str | None = None
    answer_index: int | None = None
    windows: tuple[Window, ...] = ()
    kind: str = ""
    answerable: bool | None = True
    duration_s: float | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.answer_index is not None and not 0 <= self.answer_index < len(self.options):
            raise ValueError(
                f"sample {self.id}: answer_index {self.answer_index} with {len(self.options)} options"
            )

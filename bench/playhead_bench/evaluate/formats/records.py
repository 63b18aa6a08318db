"""Records of benchmark files and of prediction files, and their errors.

FormatError
├── FormatUnreadable      the file is missing, not of that format, or needs a package that is not there
└── PredictionsInvalid    predictions that do not fit their benchmark; nothing has been written
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from playhead_bench.evaluate.sample import Sample
from playhead_index.errors import PlayheadError
from playhead_index.window import Window

MAX_PROBLEMS_LISTED = 5


class FormatError(PlayheadError):
    """Something about a benchmark's files."""


class FormatUnreadable(FormatError):
    """A file cannot be read in the format that was named."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = Path(path)
        self.why = why

    def __reduce__(self) -> tuple[type["FormatUnreadable"], tuple[Path, str]]:
        return type(self), (self.path, self.why)


class PredictionsInvalid(FormatError):
    """Predictions do not fit the benchmark; `problems` holds every reason, the message the first few."""

    def __init__(self, problems: Sequence[str]) -> None:
        listed = "; ".join(problems[:MAX_PROBLEMS_LISTED])
        more = len(problems) - MAX_PROBLEMS_LISTED
        super().__init__(f"nothing was written: {listed}" + (f"; and {more} more" if more > 0 else ""))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["PredictionsInvalid"], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class InvalidRow(ValueError):
    """One row cannot be used; the reader that meets it goes on with the next."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out.

    Args:
        where: `file:line`, or the file and the key or number of the row in it.
        why: what was got and what was expected.
    """

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The questions of one file, and the rows of it that could not be used, both in the file's order."""

    samples: tuple[Sample, ...]
    bad_rows: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedWindow:
    """A window that is put forward as an answer.

    Args:
        window: in seconds of its video.
        score: the higher, the better.
        video_id: of the video, where the search went over several; empty for the sample's own video.

    Raises:
        ValueError: the window starts before the video, or the score is not finite.
    """

    window: Window
    score: float = 1.0
    video_id: str = ""

    def __post_init__(self) -> None:
        if self.window.start_s < 0:
            raise ValueError(f"a ranked window starts at 0 s or later, got {self.window.start_s}")
        if not isfinite(self.score):
            raise ValueError(f"a score must be finite, got {self.score}")


@dataclass(frozen=True, slots=True)
class ReportSentence:
    """A sentence of a written answer with the claims it makes and the videos that it cites for them."""

    text: str
    claims: tuple[str, ...] = ()
    video_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a system answered to one `Sample`.

    Args:
        id: of the sample.
        answer_index: the option that was chosen, from 0; None when none was.
        answer: the answer as text, for open questions.
        moments: windows, the best first.
        saliency: how well each clip of the video fits the query, in time order.
        answerable: False when the system says that the video does not hold the answer; None when it does
            not say.
        sentences: of a written answer with citations.

    Raises:
        ValueError: the moments do not stand in falling order of score, a saliency is not finite, or
            `answer_index` is below 0.
    """

    id: str
    answer_index: int | None = None
    answer: str | None = None
    moments: tuple[RankedWindow, ...] = ()
    saliency: tuple[float, ...] = ()
    answerable: bool | None = None
    sentences: tuple[ReportSentence, ...] = ()

    def __post_init__(self) -> None:
        scores = [moment.score for moment in self.moments]
        if scores != sorted(scores, reverse=True):
            raise ValueError(f"prediction {self.id}: moments must stand best first, got scores {scores}")
        if not all(map(isfinite, self.saliency)):
            raise ValueError(f"prediction {self.id}: saliency scores must be finite")
        if self.answer_index is not None and self.answer_index < 0:
            raise ValueError(f"prediction {self.id}: answer_index {self.answer_index} is below 0")


@dataclass(frozen=True, slots=True)
class Predictions:
    """The predictions of one file, and the rows of it that could not be used."""

    predictions: tuple[Prediction, ...]
    bad_rows: tuple[BadRow, ...] = ()

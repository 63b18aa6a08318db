"""Folders of real questions: videos with subtitles beside them, and `questions.json` with gold windows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_index.find_files import VIDEO_SUFFIXES
from playhead_index.window import Window

QUESTIONS_NAME = "questions.json"
EXPECTED = '{"video": "talk", "q": "...", "gold": [[12.0, 30.5]], "dur": 600.0}'
Half = Literal["all", "odd", "even"]
HALVES: tuple[Half, ...] = ("all", "odd", "even")


@dataclass(frozen=True, slots=True)
class RealQuestion:
    """One question about one video, with the windows that answer it.

    Args:
        id: `set/video/row`, row counted from 1 in the set's file.
        set_name: of the set that it belongs to.
        video: name of the video's file without its suffix.
        text: the question as the person wrote it.
        gold: windows that answer it, in seconds, at least one.
        duration_s: length of the video in seconds.
        reference: a person's answer; empty where there is none.
    """

    id: str
    set_name: str
    video: str
    text: str
    gold: tuple[Window, ...]
    duration_s: float
    reference: str = ""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of one folder.

    Args:
        name: the folder's name.
        videos: file of each video with questions, by its name without suffix.
        questions: in the order of the file.
    """

    name: str
    videos: Mapping[str, Path]
    questions: tuple[RealQuestion, ...]

    def half(self, which: Half) -> "QuestionSet":
        """The questions about every other video, by name: `odd` the first, third, ..., `even` the rest."""
        if which == "all":
            return self
        names = sorted(self.videos)[0 if which == "odd" else 1 :: 2]
        return replace(
            self,
            videos={name: self.videos[name] for name in names},
            questions=tuple(question for question in self.questions if question.video in names),
        )

    def sample(self, every: int = 1, limit: int | None = None) -> "QuestionSet":
        """Every n-th question in file order; where these are fewer than the limit, also those after them.

        For `every` 3 the order is 1, 4, 7, ..., then 2, 5, ...; the first `limit` of these are taken.

        Args:
            every: distance between neighbours, at least 1.
            limit: how many at most; None for those of the first pass alone.

        Returns:
            The set with these questions in file order, and the videos that they are about.
        """
        order = sorted(range(len(self.questions)), key=lambda row: (row % every, row))
        num_first = len(range(0, len(self.questions), every))
        chosen = sorted(order[: num_first if limit is None else limit])
        questions = tuple(self.questions[row] for row in chosen)
        names = {question.video for question in questions}
        videos = {name: path for name, path in self.videos.items() if name in names}
        return replace(self, videos=videos, questions=questions)


def read_sets(folder: Path) -> list[QuestionSet]:
    """The set of a folder that holds `questions.json`, else the sets of its sub-folders, by name.

    Raises:
        QuestionsInvalid: there is no such file, a row is not as expected, or a video is missing.
    """
    if (folder / QUESTIONS_NAME).is_file():
        return [_read_set(folder)]
    found = sorted(path.parent for path in folder.glob(f"*/{QUESTIONS_NAME}"))
    if not found:
        raise QuestionsInvalid(
            f"{folder}: no {QUESTIONS_NAME} in it or in its sub-folders; give a folder of videos, their "
            f"subtitles and {QUESTIONS_NAME}"
        )
    return [_read_set(each) for each in found]


def _read_set(folder: Path) -> QuestionSet:
    path, name = folder / QUESTIONS_NAME, folder.resolve().name
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise QuestionsInvalid(f"{path}: cannot be read ({error}); expected a JSON array") from error
    if not isinstance(rows, list) or not rows:
        raise QuestionsInvalid(f"{path}: expected a JSON array of questions, got {type(rows).__name__}")
    questions = tuple(
        _question(row, f"{path}, row {number}", name, number) for number, row in enumerate(rows, 1)
    )
    videos = {video: _file_of(folder, video) for video in sorted({question.video for question in questions})}
    return QuestionSet(name, videos, questions)


def _question(row: Any, where: str, set_name: str, number: int) -> RealQuestion:
    try:
        video, text, duration_s = row["video"], row["q"], float(row["dur"])
        gold = tuple(Window(float(start_s), float(end_s)) for start_s, end_s in row["gold"])
        reference = row.get("answer") or ""
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QuestionsInvalid(f"{where}: {type(error).__name__}: {error}; expected {EXPECTED}") from error
    if not (isinstance(text, str) and text.strip() and isinstance(video, str) and video.strip()):
        raise QuestionsInvalid(f"{where}: video and q must be texts, got {video!r}, {text!r}")
    if not (isfinite(duration_s) and duration_s > 0):
        raise QuestionsInvalid(f"{where}: dur must be seconds above 0, got {duration_s}")
    if not gold or any(window.start_s < 0 or window.start_s >= duration_s for window in gold):
        raise QuestionsInvalid(
            f"{where}: gold must be windows inside [0, {duration_s:g}) s, got {row['gold']}"
        )
    return RealQuestion(
        f"{set_name}/{video}/{number}", set_name, video, text, gold, duration_s, str(reference)
    )


def _file_of(folder: Path, video: str) -> Path:
    found = sorted(
        path for path in folder.iterdir() if path.stem == video and path.suffix.lower() in VIDEO_SUFFIXES
    )
    if len(found) != 1:
        raise QuestionsInvalid(
            f"{folder}: expected one video file named {video}.*, got {[one.name for one in found] or 'none'}"
        )
    return found[0]

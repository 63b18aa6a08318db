"""Open answers beside their references: of Video-ChatGPT's files, of a run, or of rows by id."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_bench.evaluate.formats.fields import first
from playhead_bench.evaluate.formats.records import BadRow
from playhead_bench.evaluate.formats.row_files import read_rows

ID_KEYS = ("id", "question_id", "qid")
VIDEO_KEYS = ("video_name", "video", "video_id")
QUESTION_KEYS = ("Q", "Q1", "question")
REFERENCE_KEYS = ("A", "gold", "reference", "answer")
PREDICTION_KEYS = ("pred", "pred1", "prediction", "text")
SYSTEM_KEYS = ("strategy", "system")


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """A predicted answer to be scored.

    Args:
        id: of the question.
        system: what answered; empty where the file holds one system.
        question: as it was asked.
        reference: a person's answer.
        prediction: the answer of the system; empty where it gave none.
        second_question: the same question in other words; empty where it was asked once.
        second_prediction: the answer to that.
    """

    id: str
    system: str
    question: str
    reference: str
    prediction: str
    second_question: str = ""
    second_prediction: str = ""


def read_answers(predictions: Path, annotations: Path | None = None) -> list[JudgedAnswer]:
    """The answers of a file that have a reference, in its order.

    Rows are those of Video-ChatGPT's scripts (`video_name`, `Q`, `A`, `pred`; `Q1`, `Q2`, `pred1`, `pred2`
    for consistency) or of `run.jsonl` of an evaluation (`strategy`, `id`, `question`, `gold`, `text`). Rows
    without an id are called by their video and their number among its rows.

    Args:
        predictions: JSON, JSON Lines, CSV or Parquet.
        annotations: rows with question and reference by id, where the predictions lack them.

    Raises:
        QuestionsInvalid: a row cannot be read or lacks a field, two rows share an id, or none has a
            reference.
        FormatUnreadable: a file cannot be read.
    """
    known = {} if annotations is None else dict(_by_id(annotations))
    answers: dict[tuple[str, str], JudgedAnswer] = {}
    for row_id, row in _by_id(predictions):
        answer = _answer(predictions, row_id, {**known.get(row_id, {}), **row})
        if answer is None:
            continue
        if (answer.system, answer.id) in answers:
            raise QuestionsInvalid(f"{predictions}: two rows have the id {row_id!r}; give each its own")
        answers[answer.system, answer.id] = answer
    if not answers:
        raise QuestionsInvalid(
            f"{predictions}: no row has a reference answer ({', '.join(REFERENCE_KEYS)}); give --annotations"
        )
    return list(answers.values())


def _by_id(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    seen: Counter[tuple[str, str]] = Counter()
    for found in read_rows(path):
        if isinstance(found, BadRow):
            raise QuestionsInvalid(f"{found.where}: {found.why}")
        row_id = first(found.row, ID_KEYS)
        if row_id is None:
            video = str(first(found.row, VIDEO_KEYS) or "row")
            system = str(first(found.row, SYSTEM_KEYS) or "")
            row_id = f"{video}/{seen[system, video]}"
            seen[system, video] += 1
        yield str(row_id), found.row


def _answer(path: Path, row_id: str, row: Mapping[str, Any]) -> JudgedAnswer | None:
    """None where nobody knows the right answer in words."""
    reference = first(row, REFERENCE_KEYS)
    if reference is None:
        return None
    question = first(row, QUESTION_KEYS)
    if question is None:
        raise QuestionsInvalid(
            f"{path}: row {row_id!r} has no question ({', '.join(QUESTION_KEYS)}); give --annotations"
        )
    return JudgedAnswer(
        row_id,
        str(first(row, SYSTEM_KEYS) or ""),
        str(question),
        str(reference),
        str(first(row, PREDICTION_KEYS) or ""),
        str(row.get("Q2") or ""),
        str(row.get("pred2") or ""),
    )

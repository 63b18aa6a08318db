"""From rows to samples: one table of spellings for multiple choice, and the loop that keeps bad rows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.fields import (
    LETTERS,
    AnswerForm,
    answer_of,
    embedded_options,
    first,
    identifier,
    needed,
    number_of,
    options_of,
    text_of,
)
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.records import BadRow, Dataset, FormatUnreadable, InvalidRow
from playhead_bench.evaluate.formats.row_files import LocatedRow, Row, RowOrError
from playhead_bench.evaluate.sample import Sample


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The field names of a multiple-choice benchmark; of several, the first that is filled counts.

    Args:
        id: of the question.
        video: of the video.
        question: text of the question.
        options: one field with all options; without it the numbered fields are tried, then the question.
        numbered: pattern of the fields with one option each, such as `option {}`; empty for none.
        numbered_from: the number of the first of these fields.
        blank: an option that stands for none, at the end of the numbered ones.
        answer: the gold answer; where the row has none of these, the answer is hidden.
        answer_forms: how answers are written, see `answer_of`.
        answer_needed: whether a row without an answer is wrong.
        may_be_open: whether a question without options is an open one, with its answer as text.
        kind: of question.
        duration: in seconds.
        windows: the gold windows.
        point_s: how long a window lasts that is written as a single time, see `windows_of`.
        meta: further fields that are stored under these names.
    """

    id: tuple[str, ...]
    video: tuple[str, ...]
    question: tuple[str, ...] = ("question",)
    options: tuple[str, ...] = ("options", "choices", "candidates")
    numbered: str = ""
    numbered_from: int = 0
    blank: str | None = None
    answer: tuple[str, ...] = ("answer",)
    answer_forms: tuple[AnswerForm, ...] = ("letter", "index", "text")
    answer_needed: bool = True
    may_be_open: bool = False
    kind: tuple[str, ...] = ()
    duration: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    point_s: float | None = None
    meta: tuple[str, ...] = ()


def choice_sample(field_names: FieldNames, row: Row) -> Sample:
    """The sample in one row of a benchmark with options.

    Its `meta` holds the id as it was written (`id`), the fields of `FieldNames.meta`, and `notes` on what
    was made to fit, where there are any.

    Raises:
        InvalidRow: a field is missing or does not fit the others.
    """
    official = needed(row, field_names.id)
    question, options = _question_and_options(field_names, row)
    index, answer = _gold(field_names, row, options)
    duration = first(row, field_names.duration)
    duration_s = None if duration is None else number_of(duration)
    windows, notes = windows_of(first(row, field_names.windows), duration_s, field_names.point_s)
    meta: dict[str, Any] = {"id": official} | {key: row[key] for key in field_names.meta if key in row}
    if notes:
        meta["notes"] = notes
    return Sample(
        id=identifier(official),
        video_ids=(identifier(needed(row, field_names.video)),),
        question=question,
        options=options,
        answer=answer,
        answer_index=index,
        windows=windows,
        kind=kind_of(first(row, field_names.kind)),
        duration_s=duration_s,
        meta=meta,
    )


def kind_of(value: Any) -> str:
    """The benchmark's name of a kind of question; several are joined by `, `."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _question_and_options(field_names: FieldNames, row: Row) -> tuple[str, tuple[str, ...]]:
    question = text_of(needed(row, field_names.question))
    value = first(row, field_names.options)
    if value is None:
        value = _numbered(field_names, row) or None
    if value is not None and value != []:
        return question, options_of(value)
    stem, options = embedded_options(question)
    if not options and not field_names.may_be_open:
        option_fields = [*field_names.options, field_names.numbered.format(field_names.numbered_from)]
        raise InvalidRow(
            f"no options: neither under {' or '.join(filter(None, option_fields))} nor in the question"
        )
    return stem, options


def _numbered(field_names: FieldNames, row: Row) -> list[str]:
    if not field_names.numbered:
        return []
    last = field_names.numbered_from + len(LETTERS)
    fields = [field_names.numbered.format(number) for number in range(field_names.numbered_from, last)]
    filled = [row.get(field) not in (None, "", field_names.blank) for field in fields]
    count = filled.index(False)
    if any(filled[count:]):
        raise InvalidRow(f"{fields[count]!r} holds no option, but {fields[filled.index(True, count)]!r} does")
    return [row[field] for field in fields[:count]]


def _gold(field_names: FieldNames, row: Row, options: tuple[str, ...]) -> tuple[int | None, str | None]:
    value = first(row, field_names.answer)
    if value is None:
        if field_names.answer_needed:
            raise InvalidRow(f"lacks {' or '.join(repr(key) for key in field_names.answer)}")
        return None, None
    if not options:
        return None, text_of(value)
    index = answer_of(value, options, field_names.answer_forms)
    return index, options[index]


def gather(path: Path, rows: Iterable[RowOrError], make: Callable[[LocatedRow], Sample]) -> Dataset:
    """All samples of a file; a row that `make` refuses, or whose id was there before, is a bad row.

    Raises:
        FormatUnreadable: there are rows, and not one of them is a sample.
    """
    samples: dict[str, Sample] = {}
    bad: list[BadRow] = []
    for found in rows:
        if isinstance(found, BadRow):
            bad.append(found)
            continue
        try:
            sample = make(found)
        except InvalidRow as error:
            bad.append(BadRow(found.where, str(error)))
            continue
        if sample.id in samples:
            bad.append(BadRow(found.where, f"the id {sample.id!r} was there before; the first one counts"))
        samples.setdefault(sample.id, sample)
    if bad and not samples:
        raise FormatUnreadable(
            path, f"none of {len(bad)} rows is of this format; {bad[0].where}: {bad[0].why}"
        )
    return Dataset(tuple(samples.values()), tuple(bad))


def flattened(
    rows: Iterable[RowOrError], inner: str, outer: Callable[[Row], Row] = dict
) -> Iterator[RowOrError]:
    """Every question of videos that hold a list of them, with the fields of its video beside its own.

    Args:
        rows: of videos.
        inner: the key of the list of questions; a row without it is taken as a question by itself.
        outer: gives the fields of a video that its questions take over; a question's own come first.
    """
    for found in rows:
        if isinstance(found, BadRow) or inner not in found.row:
            yield found
            continue
        questions = found.row[inner]
        if not isinstance(questions, list):
            yield BadRow(found.where, f"{inner!r} must be a list, got {type(questions).__name__}")
            continue
        shared = {key: value for key, value in outer(found.row).items() if key != inner}
        for number, question in enumerate(questions):
            where = f"{found.where}.{inner}[{number}]"
            if isinstance(question, dict):
                yield LocatedRow(where, {**shared, **question})
            else:
                yield BadRow(where, f"expected an object, got {type(question).__name__}")

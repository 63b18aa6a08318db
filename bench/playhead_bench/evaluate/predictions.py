"""Files of predictions as systems write them: by id, refused by row where unreadable, never mended.

A response is stored as it is and parsed when it is scored: an answer that cannot be read is wrong, a
window that does not end after it starts is a miss. A row without an id, or whose windows are no numbers,
is refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.formats.fields import first, identifier, unpack
from playhead_bench.evaluate.formats.records import BadRow, InvalidRow
from playhead_bench.evaluate.formats.row_files import LocatedRow, keyed, read_json, read_rows
from playhead_index.errors import PlayheadError

Array = NDArray[np.float64]
ID_KEYS = ("question_id", "q_uid", "qid", "uid", "desc_id", "id", "video_idx")
ANSWER_KEYS = ("prediction", "response", "pred_answer", "pred", "option", "answer_index", "result", "answer")
WRAPPERS = ("data", "annotations", "predictions")
INNER = ("questions", "qa")

_LETTER_ALONE = re.compile(r"\W*([A-Z])\W*$")
_LETTER_BEFORE_TEXT = re.compile(r"\s*(?:\(([A-Z])\)|([A-Z])[.:)])\s*\S")
_NAMED = re.compile(
    r"(?:\banswer(?:\s+is)?\s*:?|<answer>)\s*(?:\(([A-Z])\)|([A-Z])(?=\s*(?:[^\w\s]|$)))", re.IGNORECASE
)


class ScoreError(PlayheadError):
    """Predictions and truth cannot be scored together."""


class RowUnscorable(ScoreError):
    """One row cannot be read; the message says the file, the line and the id.

    Args:
        where: `file:line`, or the file and the row's key or number in brackets.
        row_id: of the row; empty when it has none that can be read.
        why: what was got and what was expected.
    """

    def __init__(self, where: str, row_id: str, why: str) -> None:
        super().__init__(f"{where} (id {row_id or 'unknown'}): {why}")
        self.where, self.row_id, self.why = where, row_id, why

    def __reduce__(self) -> tuple[type["RowUnscorable"], tuple[str, str, str]]:
        return type(self), (self.where, self.row_id, self.why)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file holds under one id.

    Args:
        where: it stands, for messages.
        row_id: as text.
        value: the row, or the value under the id.
    """

    where: str
    row_id: str
    value: Any

    def refused(self, why: str) -> RowUnscorable:
        """The error that refuses this row."""
        return RowUnscorable(self.where, self.row_id, why)

    def field(self, keys: Sequence[str]) -> Any:
        """The first of these fields that holds something; the value itself when it is no object."""
        return first(self.value, keys) if isinstance(self.value, Mapping) else self.value


def read_entries(path: Path, id_of: Callable[[Mapping[str, Any]], Any] | None = None) -> dict[str, Entry]:
    """All rows of a JSON, JSON Lines, CSV or Parquet file by id, in the file's order.

    JSON may be an object by id, a list of rows, or videos that hold a list of questions.

    Args:
        path: of the file.
        id_of: takes the id from a row; by default the first of `ID_KEYS`.

    Raises:
        RowUnscorable: a row cannot be read, has no id, or has the id of an earlier one.
        FormatUnreadable: the file is missing or of no such form.
    """
    found: dict[str, Entry] = {}
    for entry in _entries(path, id_of or (lambda row: first(row, ID_KEYS))):
        if entry.row_id in found:
            raise entry.refused(f"the id was there before, at {found[entry.row_id].where}")
        found[entry.row_id] = entry
    return found


def read_objects(path: Path) -> dict[str, Entry]:
    """As `read_entries`, and every value is an object.

    Raises:
        RowUnscorable: as `read_entries`, or a value is none.
        FormatUnreadable: as `read_entries`.
    """
    found = read_entries(path)
    for entry in found.values():
        if not isinstance(entry.value, Mapping):
            raise entry.refused(f"expected an object, got {entry.value!r}"[:200])
    return found


def _entries(path: Path, id_of: Callable[[Mapping[str, Any]], Any]) -> Iterator[Entry]:
    if path.suffix == ".json" and not path.is_dir():
        value, doubled = read_json(path)
        for row in doubled:
            raise RowUnscorable(row.where, "", row.why)
        wrapped = [value[key] for key in WRAPPERS if isinstance(value, dict) and key in value]
        if isinstance(value, dict) and not (wrapped and isinstance(wrapped[0], list)):
            for where, key, content in keyed(path, value):
                yield Entry(where, key.strip(), content)
            return
    for found in read_rows(path):
        if isinstance(found, BadRow):
            raise RowUnscorable(found.where, "", found.why)
        for located_row in _questions(found):
            try:
                yield Entry(located_row.where, identifier(id_of(located_row.row)), located_row.row)
            except InvalidRow as error:
                raise RowUnscorable(located_row.where, "", str(error)) from error


def _questions(located_row: LocatedRow) -> Iterator[LocatedRow]:
    inner = next((key for key in INNER if isinstance(located_row.row.get(key), list)), None)
    if inner is None:
        yield located_row
        return
    for number, row in enumerate(located_row.row[inner]):
        where = f"{located_row.where}.{inner}[{number}]"
        if not isinstance(row, dict):
            raise RowUnscorable(where, "", f"expected an object, got {type(row).__name__}")
        yield LocatedRow(where, row)


def parse_choice(response: Any, options: Sequence[str], numbers: bool = False) -> int | None:
    """Which option a response names, from 0; None when it is unclear, never a guess.

    Read are: a whole number; the text of one option; a letter, alone or before text with a bracket, colon or
    full stop; "the answer is B". A letter that a word follows ("A man", "the answer is A man") is none.

    Args:
        response: what the system wrote.
        options: of the question.
        numbers: whether answers of this benchmark are numbers from 0, so that the text "2" is one.

    >>> [parse_choice(said, ["red", "blue"]) for said in ("B", "(A) red", "blue", 1, "A man sits", "C")]
    [1, 0, 1, 1, None, None]
    """
    if isinstance(response, bool) or response is None:
        return None
    if isinstance(response, float | int) or (numbers and re.fullmatch(r"\s*\d+(\.0+)?\s*", str(response))):
        number = float(response)
        return int(number) if number.is_integer() and 0 <= number < len(options) else None
    text = str(response).strip()
    equal = [place for place, option in enumerate(options) if _folded(option) == _folded(text)]
    if equal:
        return equal[0] if len(equal) == 1 else None
    match = _LETTER_ALONE.match(text) or _LETTER_BEFORE_TEXT.match(text)
    letters = (
        {match[1] or match[2] if match.re is _LETTER_BEFORE_TEXT else match[1]}
        if match
        else _named_letters(text)
    )
    place = ord(letters.pop()) - ord("A") if len(letters) == 1 else len(options)
    return place if place < len(options) else None


def _named_letters(text: str) -> set[str]:
    found = (match[1] or match[2] for match in _NAMED.finditer(text))
    return {letter for letter in found if letter.isupper()}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def scored_windows(entry: Entry, value: Any) -> Array:
    """Predicted windows as (P, 3) rows [start_s, end_s, score], in their order; none for None and [].

    One window may stand without a list around it. Windows without scores get 1, 1/2, 1/3, ...

    Raises:
        RowUnscorable: something is no window, or not finite.
    """
    rows_value = unpack(value)
    if rows_value is None or rows_value == []:
        return np.zeros((0, 3))
    if isinstance(rows_value, list) and not isinstance(rows_value[0], list):
        rows_value = [rows_value]
    if not isinstance(rows_value, list) or not all(
        isinstance(row, list) and len(row) in (2, 3) for row in rows_value
    ):
        raise entry.refused(f"expected [[start, end] or [start, end, score], ...], got {value!r}"[:200])
    rows = [row if len(row) == 3 else [*row, 1 / place] for place, row in enumerate(rows_value, 1)]
    return numbers_of(entry, rows, (len(rows), 3))


def gold_windows(entry: Entry, value: Any) -> Array:
    """Gold windows as (G, 2) rows of seconds.

    Raises:
        RowUnscorable: there is none, or something is no window or not finite.
    """
    rows = scored_windows(entry, value)[:, :2]
    if not len(rows):
        raise entry.refused("has no gold window")
    return rows


def numbers_of(entry: Entry, value: Any, shape: tuple[int, ...] | None = None) -> Array:
    """Finite numbers as a float64 array.

    Args:
        entry: the row, for the message.
        value: lists of numbers.
        shape: that it must have; any when None.

    Raises:
        RowUnscorable: it holds something else.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise entry.refused(f"expected numbers, got {value!r}"[:200]) from error
    if (shape is not None and array.shape != shape) or not np.isfinite(array).all():
        raise entry.refused(f"expected finite numbers of shape {shape}, got {value!r}"[:200])
    return array

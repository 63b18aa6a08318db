"""Rows from JSON, JSON Lines, CSV and Parquet, each with the place where it stands; files written whole."""

import csv
import importlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.records import BadRow, FormatError, FormatUnreadable

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LocatedRow:
    """A row and where it stands: `file:line`, or `file` with a key or a number in brackets."""

    where: str
    row: Row


RowOrError = LocatedRow | BadRow


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Raises:
        FormatUnreadable: there is no such file, or it is not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatUnreadable(path, f"cannot be read as UTF-8 text ({error})") from error


def read_json(path: Path) -> tuple[Any, list[BadRow]]:
    """The value that a JSON file holds, and its keys that were written twice (the first one counts).

    Raises:
        FormatUnreadable: the file is not JSON.
    """
    doubled: list[BadRow] = []

    def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique: dict[str, Any] = {}
        for key, value in pairs:
            if key in unique:
                doubled.append(BadRow(f"{path.name}[{key}]", "key written twice; the first one counts"))
            unique.setdefault(key, value)
        return unique

    try:
        return json.loads(read_text(path), object_pairs_hook=first_wins), doubled
    except (json.JSONDecodeError, RecursionError) as error:
        raise FormatUnreadable(path, f"not JSON ({error})") from error


def read_json_lines(path: Path) -> Iterator[RowOrError]:
    """Every line of a JSON Lines file as a row; a line that is no JSON object comes as a `BadRow`.

    Raises:
        FormatUnreadable: not one line is a JSON object.
    """
    found = [_json_line(f"{path.name}:{n}", line) for n, line in enumerate(read_text(path).split("\n"), 1)]
    rows = [row for row in found if row is not None]
    if rows and not any(isinstance(row, LocatedRow) for row in rows):
        raise FormatUnreadable(path, f"not JSON Lines: no line holds a JSON object ({rows[0].where})")
    yield from rows


def _json_line(where: str, line: str) -> RowOrError | None:
    if not line.strip():
        return None
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return BadRow(where, f"not JSON ({error})")
    if not isinstance(row, dict):
        return BadRow(where, f"expected a JSON object, got {type(row).__name__}")
    return LocatedRow(where, row)


def read_csv(path: Path, columns: Iterable[str] = ()) -> Iterator[RowOrError]:
    """Every record of a CSV file with a header; one with too few or too many cells comes as a `BadRow`.

    Args:
        path: of the file.
        columns: that the header must have, or this is not the format.

    Raises:
        FormatUnreadable: the file has no header with these columns.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing or not reader.fieldnames:
            raise FormatUnreadable(path, f"the header {reader.fieldnames} lacks {missing}")
        for row in reader:
            where = f"{path.name}:{reader.line_num}"
            if None in row or None in row.values():
                yield BadRow(where, f"expected {len(reader.fieldnames)} cells, got another number")
            else:
                yield LocatedRow(where, row)
    except csv.Error as error:
        yield BadRow(f"{path.name}:{reader.line_num}", f"not CSV from here on ({error})")


def read_parquet(path: Path) -> Iterator[RowOrError]:
    """Every row of a Parquet file.

    Raises:
        FormatUnreadable: pyarrow is not installed, or the file is not Parquet.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        why = "reading .parquet needs pyarrow: pip install pyarrow, or save the rows as JSON or CSV"
        raise FormatUnreadable(path, why) from error
    try:
        rows = parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:  # pyarrow's own errors derive from these
        raise FormatUnreadable(path, f"not Parquet ({error})") from error
    for number, row in enumerate(rows):
        yield LocatedRow(f"{path.name}[{number}]", row)


def read_rows(path: Path) -> Iterator[RowOrError]:
    """The rows of a file by its ending: .csv, .parquet, .jsonl, or else JSON; of a folder, of all its files.

    A JSON file may hold a list of objects, or an object with a list under `data`, `annotations` or
    `questions`, or columns (an object of lists of one length).

    Raises:
        FormatUnreadable: it holds nothing of the kind.
    """
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.suffix in (".json", ".jsonl", ".csv", ".parquet"))
        if not inside:
            raise FormatUnreadable(path, "no .json, .jsonl, .csv or .parquet file in this folder")
        for file in inside:
            yield from read_rows(file)
    elif path.suffix == ".csv":
        yield from read_csv(path)
    elif path.suffix == ".parquet":
        yield from read_parquet(path)
    elif path.suffix == ".jsonl":
        yield from read_json_lines(path)
    else:
        value, doubled = read_json(path)
        yield from doubled
        yield from listed(path, value)


def listed(path: Path, value: Any) -> Iterator[RowOrError]:
    """The rows in a JSON value that is a list of objects, wraps one, or holds columns.

    Raises:
        FormatUnreadable: it is none of these.
    """
    if isinstance(value, dict):
        wrapped = [value[key] for key in ("data", "annotations", "questions") if key in value]
        value = wrapped[0] if wrapped else _rows_of_columns(value)
    if not isinstance(value, list):
        raise FormatUnreadable(path, f"expected a list of questions, got {type(value).__name__}")
    for number, row in enumerate(value):
        where = f"{path.name}[{number}]"
        if isinstance(row, dict):
            yield LocatedRow(where, row)
        else:
            yield BadRow(where, f"expected an object, got {type(row).__name__}")


def _rows_of_columns(value: dict[str, Any]) -> Any:
    columns = list(value.values())
    if not columns or not all(isinstance(column, list) for column in columns):
        return value
    if len({len(column) for column in columns}) != 1:
        return value
    return [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)]


def keyed(path: Path, value: Any) -> Iterator[tuple[str, str, Any]]:
    """Where, key and value of every entry of a JSON object.

    Raises:
        FormatUnreadable: the value is not an object.
    """
    if not isinstance(value, dict):
        raise FormatUnreadable(path, f"expected an object by id, got {type(value).__name__}")
    for key, inner in value.items():
        yield f"{path.name}[{key}]", key, inner


def write_text(path: Path, text: str) -> None:
    """Writes a file that appears whole or not at all; folders are made, an older file is replaced.

    Raises:
        FormatError: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise FormatError(f"{path}: cannot be written ({error})") from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_json(path: Path, value: Any) -> None:
    """Writes one JSON value, see `write_text`."""
    write_text(path, json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n")


def write_json_lines(path: Path, rows: Iterable[Row]) -> None:
    """Writes one JSON object a line, see `write_text`."""
    write_text(path, "".join(json.dumps(r, ensure_ascii=False, allow_nan=False) + "\n" for r in rows))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a header and one record a row, see `write_text`."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    write_text(path, text.getvalue())

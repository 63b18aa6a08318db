"""Readers of moment search in rows: QVHighlights, NA-VMR, Charades-STA, TVR, ExtremeWhenBench."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.fields import first, identifier, needed, number_of, text_of
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.records import BadRow, Dataset, FormatUnreadable, InvalidRow
from playhead_bench.evaluate.formats.row_files import (
    LocatedRow,
    Row,
    RowOrError,
    keyed,
    read_json,
    read_json_lines,
    read_rows,
    read_text,
)
from playhead_bench.evaluate.formats.samples_from_rows import gather
from playhead_bench.evaluate.sample import Sample

_CHARADES_LINE = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s*##(.*)$")
_HIDDEN = object()


def moment_sample(
    official: Any,
    video: Any,
    query: Any,
    windows: Any = _HIDDEN,
    duration: Any = None,
    **meta: Any,
) -> Sample:
    """The sample of one query of a moment search.

    Args:
        official: id as the benchmark writes it; stored as `meta["id"]`.
        video: id of the video.
        query: what is searched.
        windows: the gold windows, see `windows_of`; left away where the split hides them.
        duration: of the video in seconds, None where it is unknown.
        meta: what else is stored; None values are not.

    Raises:
        InvalidRow: a value does not fit.
    """
    duration_s = None if duration is None else number_of(duration)
    found, notes = ((), ()) if windows is _HIDDEN else windows_of(windows, duration_s)
    if windows is not _HIDDEN and not found:
        raise InvalidRow("no gold window")
    stored_meta = {key: value for key, value in meta.items() if value is not None}
    return Sample(
        id=identifier(official),
        video_ids=(identifier(video),),
        question=text_of(query),
        windows=found,
        duration_s=duration_s,
        meta={"id": official, **stored_meta, **({"notes": notes} if notes else {})},
    )


def _highlight(row: Row, windows: Any) -> Sample:
    """A row in the form of QVHighlights; clip ids and saliency scores, one each, stay in `meta`."""
    clips, saliency = row.get("relevant_clip_ids"), row.get("saliency_scores")
    if clips is not None and saliency is not None:
        _check_same_length(clips, saliency)
    duration = needed(row, ("duration",))
    return moment_sample(
        needed(row, ("qid",)),
        needed(row, ("vid",)),
        needed(row, ("query",)),
        windows,
        duration,
        relevant_clip_ids=clips,
        saliency_scores=saliency,
    )


def _check_same_length(clips: Any, saliency: Any) -> None:
    if not isinstance(clips, list) or not isinstance(saliency, list):
        raise InvalidRow(
            f"relevant_clip_ids and saliency_scores must be lists, got {clips!r} and {saliency!r}"
        )
    if len(clips) != len(saliency):
        raise InvalidRow(f"{len(clips)} relevant_clip_ids and {len(saliency)} saliency_scores")


def read_qvhighlights(path: Path) -> Dataset:
    """QVHighlights (Lei et al., 2021): JSON Lines; the test split, without windows, too.

    Raises:
        FormatUnreadable: it is not that format.
    """
    rows = read_json_lines(path)
    return gather(
        path,
        rows,
        lambda located_row: _highlight(located_row.row, _windows(located_row.row, "relevant_windows")),
    )


def read_navmr(path: Path) -> Dataset:
    """NA-VMR: JSON Lines as of QVHighlights, where the windows `[[0, 0]]` say that the video holds no answer.

    A moment of no length at 0 s could not be distinguished from that; there is none in the benchmark.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        windows = located_row.row.get("relevant_windows")
        if windows not in ([[0, 0]], [0, 0]):
            return _highlight(located_row.row, _windows(located_row.row, "relevant_windows"))
        return replace(_highlight(located_row.row, _HIDDEN), kind="negative", answerable=False)

    return gather(path, read_json_lines(path), make)


def _windows(row: Row, key: str) -> Any:
    return row.get(key, _HIDDEN)


def read_charades(path: Path, durations: Path | None = None) -> Dataset:
    """Charades-STA (Gao et al., 2017): lines `VIDEO start end##sentence`, or rows of the hub or of TimeChat.

    Lines have no ids; the id is then the number of the line, from 0, as in TimeChat's files.

    Args:
        path: of the queries.
        durations: Charades' own CSV (columns `id` and `length`), or JSON of seconds by video.

    Raises:
        FormatUnreadable: it is not that format.
    """
    lengths = {} if durations is None else _lengths(durations)

    def make(located_row: LocatedRow) -> Sample:
        row = located_row.row
        video = str(needed(row, ("video", "image_id", "vid", "video_id")))
        name = video.removesuffix(".mp4")
        return moment_sample(
            needed(row, ("id", "qid", "line")),
            name,
            needed(row, ("caption", "sentence", "query")),
            first(row, ("timestamp", "timestamps", "relevant_windows")),
            first(row, ("duration",)) if name not in lengths else lengths[name],
            file=video if video != name else None,
        )

    return gather(path, _charades_rows(path), make)


def _charades_rows(path: Path) -> Iterator[RowOrError]:
    if path.suffix == ".txt":
        yield from _charades_lines(path)
        return
    for number, found in enumerate(read_rows(path)):
        yield found if isinstance(found, BadRow) else LocatedRow(found.where, {"line": number, **found.row})


def _charades_lines(path: Path) -> Iterator[RowOrError]:
    lines = [(n, line) for n, line in enumerate(read_text(path).split("\n")) if line.strip()]
    if lines and not any(_CHARADES_LINE.match(line) for _, line in lines):
        raise FormatUnreadable(path, "not Charades-STA: no line is `VIDEO start end##sentence`")
    for number, line in lines:
        where, match = f"{path.name}:{number + 1}", _CHARADES_LINE.match(line)
        if match is None:
            yield BadRow(where, f"expected `VIDEO start end##sentence`, got {line!r}")
            continue
        row = {"video": match[1], "timestamp": [match[2], match[3]], "caption": match[4], "line": number}
        yield LocatedRow(where, row)


def _lengths(path: Path) -> dict[str, Any]:
    if path.suffix != ".csv":
        return {key: value for _, key, value in keyed(path, read_json(path)[0])}
    rows = list(csv.DictReader(read_text(path).splitlines()))
    if not rows or not {"id", "length"} <= set(rows[0]):
        raise FormatUnreadable(path, "expected the columns 'id' and 'length'")
    return {row["id"]: row["length"] for row in rows}


def read_tvr(path: Path) -> Dataset:
    """TVR (Lei et al., 2020): JSON Lines; the kind says what a query needs, `v`, `t` (words) or `vt`.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        row = located_row.row
        sample = moment_sample(
            needed(row, ("desc_id",)),
            needed(row, ("vid_name",)),
            needed(row, ("desc",)),
            _windows(row, "ts"),
            first(row, ("duration",)),
        )
        return replace(sample, kind=str(row.get("type") or ""))

    return gather(path, read_json_lines(path), make)


def read_extremewhen(path: Path) -> Dataset:
    """ExtremeWhenBench: queries over videos of hours, as JSON or JSON Lines, with one right interval each.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        row = located_row.row
        sample = moment_sample(
            needed(row, ("qid",)),
            needed(row, ("video_id",)),
            needed(row, ("question", "query")),
            first(row, ("correct_interval",)),
            first(row, ("video_duration_s", "duration")),
            source_corpus=row.get("source_corpus"),
        )
        return replace(sample, kind=str(row.get("category") or ""))

    return gather(path, read_rows(path), make)

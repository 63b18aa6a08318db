"""Readers of multiple choice: EgoSchema, MLVU, LongVideoBench, HourVideo, CG-Bench, Video-MME and more."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.choice_fields import (
    AVA100,
    CGBENCH,
    EGOSCHEMA,
    HOURVIDEO,
    LONGVIDEOBENCH,
    LVBENCH,
    LVHAYSTACK,
    MLVU,
    VIDEOMME,
)
from playhead_bench.evaluate.formats.fields import answer_of, first, integer_of, number_of
from playhead_bench.evaluate.formats.records import BadRow, Dataset, InvalidRow
from playhead_bench.evaluate.formats.row_files import (
    LocatedRow,
    Row,
    RowOrError,
    keyed,
    listed,
    read_json,
    read_rows,
)
from playhead_bench.evaluate.formats.samples_from_rows import choice_sample, flattened, gather
from playhead_bench.evaluate.sample import Sample


def read_egoschema(path: Path, answers: Path | None = None) -> Dataset:
    """EgoSchema: the list of questions, the object by uid that LLoVi keeps, or the rows of lmms-eval.

    Args:
        path: of the questions.
        answers: `subset_answers.json`, an object of uid and index of the right option. With it, only the
            questions that it names are kept, and an answer without a question is a bad row.

    Raises:
        FormatUnreadable: it is not that format.
    """
    found = list(_by_uid(path))
    if answers is None:
        return gather(path, found, lambda located_row: choice_sample(EGOSCHEMA, located_row.row))
    value, doubled = read_json(answers)
    gold = {key: index for _, key, index in keyed(answers, value)}
    rows = [f for f in found if isinstance(f, BadRow) or str(first(f.row, EGOSCHEMA.id)) in gold]
    uids = {str(first(f.row, EGOSCHEMA.id)) for f in rows if isinstance(f, LocatedRow)}
    lost = [BadRow(f"{answers.name}[{uid}]", "no question has this uid") for uid in gold if uid not in uids]

    def make(located_row: LocatedRow) -> Sample:
        sample = choice_sample(EGOSCHEMA, located_row.row)
        index = answer_of(
            gold[str(first(located_row.row, EGOSCHEMA.id))], sample.options, EGOSCHEMA.answer_forms
        )
        return replace(sample, answer_index=index, answer=sample.options[index])

    return gather(path, [*doubled, *rows, *lost], make)


def _by_uid(path: Path) -> Iterator[RowOrError]:
    if path.suffix in (".csv", ".parquet", ".jsonl") or path.is_dir():
        yield from read_rows(path)
        return
    value, doubled = read_json(path)
    yield from doubled
    if not isinstance(value, dict):
        yield from listed(path, value)
        return
    for where, uid, row in keyed(path, value):
        if isinstance(row, dict):
            yield LocatedRow(where, {"q_uid": uid, **row})
        else:
            yield BadRow(where, f"expected an object, got {type(row).__name__}")


def read_mlvu(path: Path) -> Dataset:
    """MLVU: one JSON file of one task, a folder of them, or the rows of lmms-eval.

    Files of the development set have no ids; the id is then the file's name and the number of the row.
    Generation tasks have no options, and their answer is text.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        row = located_row.row
        if first(row, MLVU.id) is None:
            row = {**row, "id": located_row.where.replace(".json", "").replace("[", "_").rstrip("]")}
        return choice_sample(MLVU, row)

    return gather(path, read_rows(path), make)


def read_longvideobench(path: Path) -> Dataset:
    """LongVideoBench: `lvb_val.json`, or the rows of the hub with `option0` to `option4` and "N/A".

    `subtitle_lines.subtitle_lines` reads the subtitle file that `meta["subtitle_path"]` names.

    Raises:
        FormatUnreadable: it is not that format.
    """
    return gather(path, read_rows(path), lambda located_row: choice_sample(LONGVIDEOBENCH, located_row.row))


def read_hourvideo(path: Path) -> Dataset:
    """HourVideo: an object of videos by uid, each with `video_metadata` and `benchmark_dataset`.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def videos() -> Iterator[RowOrError]:
        value, doubled = read_json(path)
        yield from doubled
        for where, uid, video in keyed(path, value):
            if isinstance(video, dict) and "benchmark_dataset" in video:
                yield LocatedRow(where, {**video, "video_uid": uid})
            else:
                yield BadRow(where, "lacks 'benchmark_dataset'")

    def outer(video: Row) -> Row:
        metadata = video.get("video_metadata")
        fields = metadata if isinstance(metadata, Mapping) else {}
        return {"video_uid": video["video_uid"], "duration_in_seconds": fields.get("duration_in_seconds")}

    rows = flattened(videos(), "benchmark_dataset", outer)
    return gather(path, rows, lambda located_row: choice_sample(HOURVIDEO, located_row.row))


def read_cgbench(path: Path) -> Dataset:
    """CG-Bench: the list of questions with their clue intervals (also one row a file, in a folder).

    Raises:
        FormatUnreadable: it is not that format.
    """
    return gather(path, read_rows(path), lambda located_row: choice_sample(CGBENCH, located_row.row))


def read_videomme(path: Path) -> Dataset:
    """Video-MME: videos with a list of questions, or one question a row, as JSON, CSV or Parquet.

    `duration` is a word here (short, medium, long) and stays in `meta`; the subtitles of a sample are the
    file `subtitle/{video id}.srt`.

    Raises:
        FormatUnreadable: it is not that format, or Parquet without pyarrow.
    """

    def make(located_row: LocatedRow) -> Sample:
        sample = choice_sample(VIDEOMME, located_row.row)
        return replace(sample, meta={**sample.meta, "subtitle": f"{sample.video_ids[0]}.srt"})

    return gather(path, flattened(read_rows(path), "questions"), make)


def read_lvbench(path: Path) -> Dataset:
    """LVBench: `video_info.meta.jsonl`, videos with questions that hold their options; or one question a row.

    The time reference becomes the gold window. It is a clock of whole seconds, so `23:22-23:22` is read as
    that one second, with a note. The length of a video stands there in rounded minutes and is not used.

    Raises:
        FormatUnreadable: it is not that format.
    """

    rows = flattened(read_rows(path), "qa")
    return gather(path, rows, lambda located_row: choice_sample(LVBENCH, located_row.row))


def read_ava100(path: Path) -> Dataset:
    """AVA-100: videos of hours with a list of questions under `qa`.

    Raises:
        FormatUnreadable: it is not that format.
    """
    return gather(
        path, flattened(read_rows(path), "qa"), lambda located_row: choice_sample(AVA100, located_row.row)
    )


def read_lvhaystack(path: Path) -> Dataset:
    """LV-Haystack: rows (or columns) with the frames that answer the question in `meta["frame_indexes"]`.

    Where a row tells the frame rate (`fps` or `frame_rate`), `meta["times_s"]` holds the frames' times.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(located_row: LocatedRow) -> Sample:
        row = {"id": located_row.where, **located_row.row}
        sample = choice_sample(LVHAYSTACK, row)
        frames = first(row, ("frame_indexes", "frame_indexes_video", "gt_frame_index"))
        if not isinstance(frames, list) or not frames:
            raise InvalidRow(f"expected a list of frame numbers, got {frames!r}")
        meta: dict[str, Any] = {**sample.meta, "frame_indexes": tuple(map(integer_of, frames))}
        rate = first(row, ("fps", "frame_rate"))
        if rate is not None:
            meta["times_s"] = tuple(frame / number_of(rate) for frame in meta["frame_indexes"])
        return replace(sample, meta=meta)

    return gather(path, read_rows(path), make)

"""NExT-QA (Xiao et al., 2021) and NExT-GQA (Xiao et al., 2024): questions, grounding, predictions of both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.fields import identifier, integer_of, needed, number_of
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.prediction_rows import by_key, chosen, moments_of, only_best
from playhead_bench.evaluate.formats.records import Dataset, InvalidRow, Prediction, Predictions
from playhead_bench.evaluate.formats.row_files import (
    LocatedRow,
    RowOrError,
    keyed,
    read_csv,
    read_json,
    read_rows,
    write_json,
)
from playhead_bench.evaluate.formats.samples_from_rows import FieldNames, choice_sample, gather
from playhead_bench.evaluate.sample import Sample

NEXTQA = FieldNames(
    id=("id",),
    video=("video", "video_id"),
    options=("options",),
    numbered="a{}",
    answer_forms=("index", "text", "letter"),
    may_be_open=True,
    kind=("type",),
    meta=("qid", "frame_count", "width", "height", "additional_ref_answer"),
)


def read_nextqa(path: Path, vidor_map: Path | None = None) -> Dataset:
    """NExT-QA: the CSV file, or the rows of the hub as JSON, CSV or Parquet; the open-ended questions, too.

    The id of a sample is `{video}_{qid}`, as in the official files of predictions.

    Args:
        path: of the questions.
        vidor_map: `map_vid_vidorID.json`; with it, `meta["vidor"]` is the video's path in VidOR.

    Raises:
        FormatUnreadable: it is not that format.
    """
    paths = (
        {} if vidor_map is None else {key: name for _, key, name in keyed(vidor_map, read_json(vidor_map)[0])}
    )

    def make(located_row: LocatedRow) -> Sample:
        sample = _sample(located_row, NEXTQA)
        video_path = paths.get(sample.video_ids[0])
        return sample if video_path is None else replace(sample, meta={**sample.meta, "vidor": video_path})

    return gather(path, _rows(path), make)


def read_nextgqa(path: Path, grounding: Path) -> Dataset:
    """NExT-GQA: the CSV file, whose answers are texts, and the windows of `gsub_val.json`.

    A question without windows in `grounding` is a bad row: the benchmark does not score it.

    Raises:
        FormatUnreadable: one of the files is not of that format.
    """
    value, doubled = read_json(grounding)
    grounding_by_video = {key: record for _, key, record in keyed(grounding, value)}
    field_names = replace(NEXTQA, answer_forms=("text", "index", "letter"), may_be_open=False)

    def make(located_row: LocatedRow) -> Sample:
        sample = _sample(located_row, field_names)
        record = grounding_by_video.get(sample.video_ids[0])
        video_grounding = record if isinstance(record, dict) else {}
        windows_by_question = video_grounding.get("location")
        qid = identifier(located_row.row["qid"])
        if not isinstance(windows_by_question, dict) or not windows_by_question.get(qid):
            raise InvalidRow(f"{grounding.name} has no windows for {sample.id}")
        duration_s = number_of(needed(video_grounding, ("duration",)))
        windows, notes = windows_of(windows_by_question[qid], duration_s)
        meta = {**sample.meta, **({"notes": notes} if notes else {})}
        return replace(sample, windows=windows, duration_s=duration_s, meta=meta)

    return gather(path, [*doubled, *_rows(path)], make)


def _rows(path: Path) -> Iterator[RowOrError]:
    return read_csv(path, ("question", "qid")) if path.suffix == ".csv" else read_rows(path)


def _sample(located_row: LocatedRow, field_names: FieldNames) -> Sample:
    video = identifier(needed(located_row.row, field_names.video))
    qid = identifier(needed(located_row.row, ("qid",)))
    return choice_sample(field_names, {**located_row.row, "id": f"{video}_{qid}"})


def write_nextqa(path: Path, samples: Mapping[str, Sample], predictions: Sequence[Prediction]) -> None:
    """Writes `{video_qid: {"prediction": index, "answer": index}}`, what `eval_mc.py` reads.

    Raises:
        PredictionsInvalid: a prediction has no option.
    """
    chosen(samples, predictions)
    rows = {p.id: {"prediction": p.answer_index, "answer": samples[p.id].answer_index} for p in predictions}
    write_json(path, rows)


def read_nextqa_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(key: str, value: Any) -> Prediction:
        if not isinstance(value, dict):
            raise InvalidRow(f"expected an object with 'prediction', got {value!r}")
        return Prediction(key, answer_index=integer_of(needed(value, ("prediction",))))

    return by_key(path, make)


def write_nextgqa(path: Path, samples: Mapping[str, Sample], predictions: Sequence[Prediction]) -> None:
    """Writes `{video_qid: [start, end]}`, what `eval_ground.py` reads; options go into a file of NExT-QA's.

    Raises:
        PredictionsInvalid: a prediction has no window, or more than the one that is scored.
    """
    only_best(samples, predictions)
    windows = {p.id: p.moments[0].window for p in predictions}
    write_json(path, {key: [window.start_s, window.end_s] for key, window in windows.items()})


def read_nextgqa_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """
    return by_key(path, lambda key, held: Prediction(key, moments=moments_of([held])))

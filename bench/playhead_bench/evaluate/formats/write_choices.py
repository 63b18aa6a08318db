"""Files of chosen options: EgoSchema, MLVU, LongVideoBench, LVBench, Video-MME, CG-Bench."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.fields import LETTERS, answer_of, first, identifier, integer_of, needed
from playhead_bench.evaluate.formats.prediction_rows import (
    by_key,
    chosen,
    collect,
    letter,
    moments_of,
    official_id,
    own_video,
    refuse,
)
from playhead_bench.evaluate.formats.records import BadRow, InvalidRow, Prediction, Predictions
from playhead_bench.evaluate.formats.row_files import (
    LocatedRow,
    RowOrError,
    read_csv,
    read_rows,
    write_csv,
    write_json,
)
from playhead_bench.evaluate.formats.samples_from_rows import flattened
from playhead_bench.evaluate.sample import Sample

Samples = Mapping[str, Sample]
MAX_CLUES = 5
"""CG-Bench takes at most so many intervals of one answer."""


def write_egoschema(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes an EgoSchema submission: CSV `q_uid,answer` for a .csv path, else JSON `{uid: index}`.

    Raises:
        PredictionsInvalid: a prediction has no option.
    """
    chosen(samples, predictions)
    if path.suffix == ".csv":
        write_csv(path, ("q_uid", "answer"), [(p.id, p.answer_index) for p in predictions])
    else:
        write_json(path, {p.id: p.answer_index for p in predictions})


def read_egoschema_predictions(path: Path) -> Predictions:
    """The predictions in an EgoSchema submission, CSV or JSON.

    Raises:
        FormatUnreadable: it is neither.
    """
    if path.suffix != ".csv":
        return by_key(path, _by_index)
    rows = read_csv(path, ("q_uid", "answer"))
    return collect(path, _pairs(rows), lambda row: _by_index(row["q_uid"], row["answer"]))


def write_longvideobench(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes `{id: index}`.

    Raises:
        PredictionsInvalid: a prediction has no option.
    """
    chosen(samples, predictions)
    write_json(path, {p.id: p.answer_index for p in predictions})


def read_longvideobench_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """
    return by_key(path, _by_index)


def write_lvbench(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes `{uid: letter}`, what LVBench's `compute_accuracy.py` reads.

    Raises:
        PredictionsInvalid: a prediction has no option.
    """
    chosen(samples, predictions)
    write_json(path, {p.id: letter(p) for p in predictions})


def read_lvbench_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """
    return by_key(path, _by_letter)


def write_mlvu(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes `[{question_id, question_type, option}]`, what MLVU's test server takes.

    Raises:
        PredictionsInvalid: a prediction has no option.
    """
    chosen(samples, predictions)
    rows = [
        {
            "question_id": official_id(samples[p.id]),
            "question_type": samples[p.id].kind,
            "option": letter(p),
        }
        for p in predictions
    ]
    write_json(path, rows)


def read_mlvu_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """
    rows = _pairs(read_rows(path))
    return collect(
        path, rows, lambda row: _by_letter(needed(row, ("question_id",)), needed(row, ("option",)))
    )


def write_videomme(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes Video-MME's template of results, videos with their questions and responses.

    Each video has the names of its length and category in both spellings of the official script
    (`duration_category` and `duration`, ...). A prediction without an option has an empty response, which
    that script counts as not answered.
    """
    videos: dict[str, dict[str, Any]] = {}
    for prediction in predictions:
        sample = samples[prediction.id]
        video = videos.setdefault(sample.video_ids[0], _videomme_video(sample))
        video["questions"].append(_videomme_question(sample, prediction))
    write_json(path, list(videos.values()))


def _videomme_video(sample: Sample) -> dict[str, Any]:
    names = {
        new: first(sample.meta, (new, old))
        for pair in (
            ("duration", "duration_category"),
            ("domain", "video_category"),
            ("sub_category", "video_subcategory"),
        )
        for new, old in (pair, pair[::-1])
    }
    video_id = sample.meta.get("video_id", sample.video_ids[0])
    return {"video_id": video_id, **names, "missing": False, "questions": []}


def _videomme_question(sample: Sample, prediction: Prediction) -> dict[str, Any]:
    options = [f"{LETTERS[place]}. {option}" for place, option in enumerate(sample.options)]
    gold = "" if sample.answer_index is None else LETTERS[sample.answer_index]
    return {
        "question_id": official_id(sample),
        "task_type": sample.kind,
        "question": sample.question,
        "options": options,
        "answer": gold,
        "response": letter(prediction),
    }


def read_videomme_predictions(path: Path) -> Predictions:
    """The predictions in such a template; a response is a letter, with or without a full stop, or empty.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(row: Mapping[str, Any]) -> Prediction:
        uid, response = needed(row, ("question_id",)), row.get("response")
        if response is None:
            raise InvalidRow("lacks 'response'")
        return Prediction(identifier(uid)) if response == "" else _by_letter(uid, response)

    return collect(path, _pairs(flattened(read_rows(path), "questions")), make)


def write_cgbench(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes rows of `qid`, `video_uid` and `results`, in the shape in which CG-Bench keeps results.

    `long_acc` has the letter, `miou` the intervals, each where the prediction has it.

    Raises:
        PredictionsInvalid: a prediction has neither, more than five intervals, or one of another video.
    """
    own_video(samples, predictions)
    refuse(
        [f"{p.id}: neither an option nor a window" for p in predictions if not p.moments and not letter(p)]
        + [
            f"{p.id}: {len(p.moments)} windows, {MAX_CLUES} count"
            for p in predictions
            if len(p.moments) > MAX_CLUES
        ]
    )
    write_json(path, [_cgbench_row(samples[p.id], p) for p in predictions])


def _cgbench_row(sample: Sample, prediction: Prediction) -> dict[str, Any]:
    windows = [[moment.window.start_s, moment.window.end_s] for moment in prediction.moments]
    results: dict[str, Any] = {}
    if letter(prediction):
        results["long_acc"] = {"result": letter(prediction)}
    if windows:
        results["miou"] = {"result": windows}
    return {"qid": official_id(sample), "video_uid": sample.video_ids[0], "results": results}


def read_cgbench_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(row: Mapping[str, Any]) -> Prediction:
        results, uid = needed(row, ("results",)), identifier(needed(row, ("qid",)))
        tasks = results if isinstance(results, dict) else {}
        fields = {
            task: row["result"] for task, row in tasks.items() if isinstance(row, dict) and "result" in row
        }
        if not fields.keys() & {"long_acc", "miou"}:
            raise InvalidRow(f"expected 'results' of 'long_acc' or 'miou', got {results!r}")
        option = answer_of(fields["long_acc"], LETTERS, ("letter",)) if "long_acc" in fields else None
        return Prediction(uid, answer_index=option, moments=moments_of(fields.get("miou", [])))

    return collect(path, _pairs(read_rows(path)), make)


def _by_index(uid: str, value: Any) -> Prediction:
    return Prediction(identifier(uid), answer_index=integer_of(value))


def _by_letter(uid: Any, value: Any) -> Prediction:
    return Prediction(identifier(uid), answer_index=answer_of(value, LETTERS, ("letter",)))


def _pairs(rows: Iterator[RowOrError]) -> Iterator[BadRow | tuple[str, Mapping[str, Any]]]:
    for found in rows:
        yield (found.where, found.row) if isinstance(found, LocatedRow) else found

"""Files of found moments: QVHighlights (and NA-VMR), Charades-STA as TimeChat keeps it, TVR."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.formats.fields import identifier, needed, number_of
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.prediction_rows import (
    by_key,
    collect,
    moments_of,
    official_id,
    own_video,
    refuse,
)
from playhead_bench.evaluate.formats.records import (
    BadRow,
    FormatUnreadable,
    InvalidRow,
    Prediction,
    Predictions,
    RankedWindow,
)
from playhead_bench.evaluate.formats.row_files import (
    LocatedRow,
    keyed,
    read_json,
    read_json_lines,
    write_json,
    write_json_lines,
)
from playhead_bench.evaluate.sample import Sample

Samples = Mapping[str, Sample]
CLIP_S = 2.0
"""QVHighlights scores the saliency of clips of so many seconds."""
TASKS = ("VCMR", "SVMR", "VR")
"""TVR: a moment in all videos, a moment in the right video, the right video."""


def write_qvhighlights(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes JSON Lines of `qid`, `query`, `vid`, `pred_relevant_windows` and `pred_saliency_scores`.

    What the official `eval.py` reads. Where a prediction says whether there is an answer, its row has
    `pred_class` as well (1: there is one), as NA-VMR wants it.

    Raises:
        PredictionsInvalid: a moment is of another video, or there are more saliency scores than clips.
    """
    own_video(samples, predictions)
    refuse(
        [
            f"{p.id}: {len(p.saliency)} saliency scores for {samples[p.id].duration_s} s of {CLIP_S} s clips"
            for p in predictions
            if len(p.saliency) * CLIP_S >= (samples[p.id].duration_s or float("inf")) + CLIP_S
        ]
    )
    write_json_lines(path, (_highlight_row(samples[p.id], p) for p in predictions))


def _highlight_row(sample: Sample, prediction: Prediction) -> dict[str, Any]:
    row = {
        "qid": official_id(sample),
        "query": sample.question,
        "vid": sample.video_ids[0],
        "pred_relevant_windows": [[m.window.start_s, m.window.end_s, m.score] for m in prediction.moments],
        "pred_saliency_scores": list(prediction.saliency),
    }
    return row if prediction.answerable is None else {**row, "pred_class": int(prediction.answerable)}


def read_qvhighlights_predictions(path: Path) -> Predictions:
    """The predictions in such a file.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(row: Mapping[str, Any]) -> Prediction:
        verdict, saliency = row.get("pred_class"), row.get("pred_saliency_scores") or []
        if not isinstance(saliency, list):
            raise InvalidRow(f"pred_saliency_scores must be a list, got {saliency!r}")
        return Prediction(
            identifier(needed(row, ("qid",))),
            moments=moments_of(needed(row, ("pred_relevant_windows",))),
            saliency=tuple(map(number_of, saliency)),
            answerable=None if verdict is None else number_of(verdict) > 0,
        )

    rows = ((f.where, f.row) if isinstance(f, LocatedRow) else f for f in read_json_lines(path))
    return collect(path, rows, make)


def write_charades(path: Path, samples: Samples, predictions: Sequence[Prediction]) -> None:
    """Writes `{id: {timestamp, query, vid}}`, what TimeChat's grounding evaluation reads.

    Raises:
        PredictionsInvalid: a moment is of another video.
    """
    own_video(samples, predictions)
    rows = {
        p.id: {
            "timestamp": [[m.window.start_s, m.window.end_s] for m in p.moments],
            "query": samples[p.id].question,
            "vid": samples[p.id].meta.get("file", samples[p.id].video_ids[0]),
        }
        for p in predictions
    }
    write_json(path, rows)


def read_charades_predictions(path: Path) -> Predictions:
    """The predictions in such a file; the first window of each is its best.

    Raises:
        FormatUnreadable: it is not that format.
    """

    def make(key: str, value: Any) -> Prediction:
        if not isinstance(value, dict):
            raise InvalidRow(f"expected an object with 'timestamp', got {value!r}")
        return Prediction(key, moments=moments_of(needed(value, ("timestamp",))))

    return by_key(path, make)


def write_tvr(
    path: Path,
    samples: Samples,
    predictions: Sequence[Prediction],
    video2idx: Path | None = None,
) -> None:
    """Writes TVR's file: `video2idx`, and predictions of moments in the corpus (VCMR) and of videos (VR).

    VR ranks the videos by their best moments. Predictions whose moments name no video are of the right video
    (SVMR) and are the only task of the file.

    Args:
        path: of the file.
        samples: by id.
        predictions: to write.
        video2idx: `tvr_video2dur_idx.json`, `{split: {video: [duration, number]}}`; without it the videos are
            numbered in the order in which they come.

    Raises:
        PredictionsInvalid: some moments name their video and some do not, or the split lacks a video.
        FormatUnreadable: `video2idx` is not that format.
    """
    named = {bool(moment.video_id) for p in predictions for moment in p.moments}
    refuse(["some moments name their video and some do not"] if len(named) == 2 else [])
    numbers = _numbers(samples, predictions, video2idx)
    refuse([f"no number for the video {video!r}" for video, number in numbers.items() if number is None])
    rows = [_tvr_row(samples[p.id], p, numbers) for p in predictions]
    tasks = {"VCMR": rows, "VR": list(map(_best_by_video, rows))} if named == {True} else {"SVMR": rows}
    write_json(path, {"video2idx": numbers, **tasks})


def _numbers(
    samples: Samples, predictions: Sequence[Prediction], video2idx: Path | None
) -> dict[str, int | None]:
    videos = dict.fromkeys(v for p in predictions for v in _videos(samples[p.id], p))
    if video2idx is None:
        return {video: number for number, video in enumerate(videos)}
    known: dict[str, int] = {}
    for where, _, split in keyed(video2idx, read_json(video2idx)[0]):
        try:
            known |= {video: int(ids[1]) for video, ids in split.items()}
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise FormatUnreadable(video2idx, f"{where} is not {{video: [duration, number]}}") from error
    return {video: known.get(video) for video in videos}


def _videos(sample: Sample, prediction: Prediction) -> Iterator[str]:
    yield from sample.video_ids
    yield from (moment.video_id for moment in prediction.moments if moment.video_id)


def _tvr_row(sample: Sample, prediction: Prediction, numbers: Mapping[str, int | None]) -> dict[str, Any]:
    rows = [
        [
            numbers[moment.video_id or sample.video_ids[0]],
            moment.window.start_s,
            moment.window.end_s,
            moment.score,
        ]
        for moment in prediction.moments
    ]
    return {"desc_id": official_id(sample), "desc": sample.question, "predictions": rows}


def _best_by_video(row: dict[str, Any]) -> dict[str, Any]:
    best: dict[int, list[Any]] = {}
    for number, _, _, score in row["predictions"]:
        best.setdefault(number, [number, 0, 0, score])
    return {**row, "predictions": list(best.values())}


def read_tvr_predictions(path: Path, task: str | None = None) -> Predictions:
    """The predictions of one task in such a file.

    Official files stand best first, but their scores need not fall; where they do not, the moments get the
    scores 1, 1/2, 1/3, ...

    Args:
        path: of the file.
        task: VCMR or SVMR; left away, the first of these in the file. VR has no windows and is not read.

    Raises:
        FormatUnreadable: it is not that format, or lacks the task.
    """
    value, doubled = read_json(path)
    fields = value if isinstance(value, dict) else {}
    task = task or next((name for name in TASKS[:2] if name in fields), "VCMR")
    numbers, rows = fields.get("video2idx"), fields.get(task)
    if not isinstance(numbers, dict) or not isinstance(rows, list):
        raise FormatUnreadable(path, f"expected an object 'video2idx' and a list {task!r}")
    videos = {str(number): video for video, number in numbers.items()} if task == "VCMR" else None
    located_entries: list[BadRow | tuple[str, Any]] = [*doubled]
    located_entries += [(f"{path.name}[{task}][{number}]", row) for number, row in enumerate(rows)]
    return collect(path, located_entries, lambda row: _tvr_prediction(row, videos))


def _tvr_prediction(row: Any, videos: Mapping[str, str] | None) -> Prediction:
    items = row.get("predictions") if isinstance(row, dict) else None
    if not isinstance(items, list):
        raise InvalidRow(f"expected an object with a list of 'predictions', got {row!r}")
    moments = [_tvr_moment(item, videos) for item in items]
    scores = [moment.score for moment in moments]
    if scores != sorted(scores, reverse=True):
        moments = [RankedWindow(m.window, 1 / (n + 1), m.video_id) for n, m in enumerate(moments)]
    return Prediction(identifier(needed(row, ("desc_id",))), moments=tuple(moments))


def _tvr_moment(item: Any, videos: Mapping[str, str] | None) -> RankedWindow:
    if not isinstance(item, list) or len(item) != 4:
        raise InvalidRow(f"expected [number of the video, start, end, score], got {item!r}")
    if videos is not None and str(item[0]) not in videos:
        raise InvalidRow(f"no video has the number {item[0]!r}")
    (window,), _ = windows_of([item[1:3]])
    return RankedWindow(window, number_of(item[3]), "" if videos is None else videos[str(item[0])])

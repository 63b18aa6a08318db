"""What all writers and readers of predictions share: checks before writing, moments, the loop over rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from playhead_bench.evaluate.formats.fields import LETTERS, number_of
from playhead_bench.evaluate.formats.gold_windows import windows_of
from playhead_bench.evaluate.formats.records import (
    BadRow,
    FormatUnreadable,
    InvalidRow,
    Prediction,
    Predictions,
    PredictionsInvalid,
    RankedWindow,
)
from playhead_bench.evaluate.formats.row_files import keyed, read_json
from playhead_bench.evaluate.sample import Sample

Entry = TypeVar("Entry")


def check(samples: Mapping[str, Sample], predictions: Sequence[Prediction], complete: bool) -> None:
    """Passes when every prediction is of a sample, none comes twice, and its option is one of the sample's.

    Args:
        samples: by id.
        predictions: to be written.
        complete: every sample must have a prediction.

    Raises:
        PredictionsInvalid: it is not so.
    """
    problems: list[str] = []
    seen: set[str] = set()
    for prediction in predictions:
        sample = samples.get(prediction.id)
        if prediction.id in seen:
            problems.append(f"{prediction.id}: predicted twice")
        seen.add(prediction.id)
        if sample is None:
            problems.append(f"{prediction.id}: no sample has this id")
        elif prediction.answer_index is not None and prediction.answer_index >= len(sample.options):
            problems.append(
                f"{prediction.id}: option {prediction.answer_index} of {len(sample.options)} (from 0)"
            )
    if complete:
        problems += [f"{id_}: no prediction" for id_ in samples if id_ not in seen]
    refuse(problems)


def refuse(problems: Sequence[str]) -> None:
    """Passes when there are no problems.

    Raises:
        PredictionsInvalid: there are some.
    """
    if problems:
        raise PredictionsInvalid(problems)


def chosen(samples: Mapping[str, Sample], predictions: Sequence[Prediction]) -> None:
    """Passes when every prediction has an option and fewer than 27 options had to be labelled by letters.

    Raises:
        PredictionsInvalid: it is not so.
    """
    refuse(
        [
            f"{p.id}: no option was chosen; leave the prediction out"
            for p in predictions
            if p.answer_index is None
        ]
        + [
            f"{p.id}: more options than letters"
            for p in predictions
            if len(samples[p.id].options) > len(LETTERS)
        ]
    )


def only_best(samples: Mapping[str, Sample], predictions: Sequence[Prediction]) -> None:
    """Passes when every prediction has one window, of its sample's own video.

    Raises:
        PredictionsInvalid: it is not so.
    """
    refuse(
        [f"{p.id}: one window is scored, got {len(p.moments)}" for p in predictions if len(p.moments) != 1]
    )
    own_video(samples, predictions)


def own_video(samples: Mapping[str, Sample], predictions: Sequence[Prediction]) -> None:
    """Passes when all moments are of their samples' own videos.

    Raises:
        PredictionsInvalid: it is not so.
    """
    refuse(
        [
            f"{p.id}: a moment of {moment.video_id!r}, the sample is about {samples[p.id].video_ids}"
            for p in predictions
            for moment in p.moments
            if moment.video_id and moment.video_id not in samples[p.id].video_ids
        ]
    )


def letter(prediction: Prediction) -> str:
    """The letter of the option that was chosen; empty when none was."""
    return "" if prediction.answer_index is None else LETTERS[prediction.answer_index]


def official_id(sample: Sample) -> Any:
    """The id of a sample as its benchmark writes it, a number where it is one there."""
    return sample.meta.get("id", sample.id)


def moments_of(value: Any) -> tuple[RankedWindow, ...]:
    """The moments in a list of [start, end] or [start, end, score], in their order.

    Without scores they get 1, 1/2, 1/3, ..., so that the order stays.

    Raises:
        InvalidRow: one is no window, a score is not finite, or they do not stand best first.
    """
    if not isinstance(value, list) or not all(
        isinstance(item, list) and len(item) in (2, 3) for item in value
    ):
        raise InvalidRow(f"expected a list of [start, end] or [start, end, score], got {value!r}")
    ranked = []
    for place, item in enumerate(value):
        (window,), _ = windows_of([item[:2]])
        ranked.append(RankedWindow(window, number_of(item[2]) if len(item) == 3 else 1.0 / (place + 1)))
    return tuple(ranked)


def collect(
    path: Path, rows: Iterable[BadRow | tuple[str, Entry]], make: Callable[[Entry], Prediction]
) -> Predictions:
    """All predictions of a file; a row that `make` refuses, or whose id was there before, is a bad row.

    Raises:
        FormatUnreadable: there are rows, and not one of them is a prediction.
    """
    predictions: dict[str, Prediction] = {}
    bad: list[BadRow] = []
    for row in rows:
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        where, entry = row
        try:
            prediction = make(entry)
        except ValueError as error:  # InvalidRow, and what a Prediction itself refuses
            bad.append(BadRow(where, str(error)))
            continue
        if prediction.id in predictions:
            bad.append(BadRow(where, f"{prediction.id!r} was predicted before; the first one counts"))
        predictions.setdefault(prediction.id, prediction)
    if bad and not predictions:
        raise FormatUnreadable(path, f"none of {len(bad)} rows is a prediction; {bad[0].where}: {bad[0].why}")
    return Predictions(tuple(predictions.values()), tuple(bad))


def by_key(path: Path, make: Callable[[str, Any], Prediction]) -> Predictions:
    """The predictions of a JSON object of one entry a prediction.

    Raises:
        FormatUnreadable: it is none.
    """
    value, doubled = read_json(path)
    entries: list[BadRow | tuple[str, tuple[str, Any]]] = [*doubled]
    entries += [(where, (key, held)) for where, key, held in keyed(path, value)]
    return collect(path, entries, lambda entry: make(*entry))

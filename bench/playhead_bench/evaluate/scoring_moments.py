"""Scores of windows: QVHighlights, Charades-STA, TimeChat, ActivityNet, NA-VMR, TVR."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from playhead_bench.evaluate.formats.fields import identifier
from playhead_bench.evaluate.formats.row_files import keyed, read_json, read_text
from playhead_bench.evaluate.metrics.corpus import IOUS, RANKS, TASKS, CorpusTask, first_ranks, recalls
from playhead_bench.evaluate.metrics.highlights import gold_saliency, highlight_scores
from playhead_bench.evaluate.metrics.moments import first_ious, moment_scores_by_length, recall_at_1
from playhead_bench.evaluate.metrics.negatives import negative_scores
from playhead_bench.evaluate.predictions import (
    Array,
    Entry,
    RowUnscorable,
    ScoreError,
    gold_windows,
    numbers_of,
    read_entries,
    read_objects,
)
from playhead_bench.evaluate.scoring import (
    WINDOW_KEYS,
    match_predictions,
    percent,
    predicted_windows,
    windows_in,
)

SIMPLE_IOUS = (0.3, 0.5, 0.7)


def score_qvhighlights(pred: Path, truth: Path) -> dict[str, float]:
    """What QVHighlights' `eval.py` reports, flat: `MR-full-R1@0.5`, `MR-short-mAP`, `HL-min-Good-Hit1`.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    golds, found = read_objects(truth), read_objects(pred)
    pairs = match_predictions(list(golds), found)
    table: dict[str, float] = {}
    empty = 0
    if any("pred_relevant_windows" in entry.value for entry in found.values()):
        windows = [gold_windows(gold, gold.field(("relevant_windows",))) for gold in golds.values()]
        predicted = predicted_windows(pairs)
        table |= _moment_table(predicted, windows)
        empty = pairs.empty(predicted)
    if any(_saliency(entry).size for entry in found.values()) and all(
        "saliency_scores" in gold.value for gold in golds.values()
    ):
        saliency = [np.zeros(0) if entry is None else _saliency(entry) for entry in pairs.predictions]
        for name, scores in highlight_scores(saliency, list(map(_gold_saliency, golds.values()))).items():
            table[f"HL-min-{name}-mAP"] = percent(scores.average_precision)
            table[f"HL-min-{name}-Hit1"] = percent(scores.hit_at_1)
    if not table:
        raise ScoreError(f"{pred}: no row has pred_relevant_windows or pred_saliency_scores")
    return {**table, **pairs.counts(), "empty": empty}


def _moment_table(predicted: Sequence[Array], gold: Sequence[Array]) -> dict[str, float]:
    table = {}
    for name, scores in moment_scores_by_length(predicted, gold).items():
        table[f"MR-{name}-mAP"] = percent(scores.mean_average_precision)
        for threshold, part in scores.average_precision.items():
            table[f"MR-{name}-mAP@{threshold}"] = percent(part)
        for threshold, part in scores.recall_at_1.items():
            table[f"MR-{name}-R1@{threshold}"] = percent(part)
    return table


def _saliency(entry: Entry) -> Array:
    value = entry.value.get("pred_saliency_scores") or []
    return numbers_of(entry, value, (len(value),))


def _gold_saliency(gold: Entry) -> Array:
    row = gold.value
    try:
        return gold_saliency(row["duration"], row["relevant_clip_ids"], row["saliency_scores"])
    except (KeyError, TypeError, ValueError) as error:
        raise gold.refused(f"saliency: {error}") from error


def score_charades(pred: Path, truth: Path) -> dict[str, float]:
    """R1@0.3, 0.5, 0.7 and mIoU on Charades-STA; the id of a line is its number, from 0.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    return _simple_table(pred, _charades_lines(truth) if truth.suffix == ".txt" else read_entries(truth))


def score_timechat(pred: Path, truth: Path) -> dict[str, float]:
    """The same as TimeChat's `eval_tvg.py --sample` counts it: over the queries that have a prediction.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    return _simple_table(pred, read_entries(truth), sampled=True)


def score_activitynet(pred: Path, truth: Path) -> dict[str, float]:
    """R1@0.3, 0.5, 0.7 and mIoU on ActivityNet Captions; the id of a sentence is `{video}_{number}`.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    return _simple_table(pred, {entry.row_id: entry for entry in _sentences(truth)})


def _simple_table(pred: Path, golds: dict[str, Entry], sampled: bool = False) -> dict[str, float]:
    found = read_entries(pred)
    everything = match_predictions(list(golds), found).counts()
    if sampled:
        golds = {row_id: gold for row_id, gold in golds.items() if row_id in found}
    pairs = match_predictions(list(golds), found)
    windows = [gold_windows(gold, gold.field(WINDOW_KEYS)) for gold in golds.values()]
    predicted = predicted_windows(pairs)
    ious = first_ious(predicted, windows)
    table = {f"R1@{threshold}": percent(part) for threshold, part in recall_at_1(ious, SIMPLE_IOUS).items()}
    counts = {**everything, "total": len(golds), "empty": pairs.empty(predicted)}
    return {**table, "mIoU": percent(float(ious.mean())), **counts}


def _charades_lines(path: Path) -> dict[str, Entry]:
    found = {}
    for number, line in enumerate(read_text(path).split("\n")):
        where, times = f"{path.name}:{number + 1}", line.partition("##")[0].split()
        if not line.strip():
            continue
        if len(times) != 3 or "##" not in line:
            raise RowUnscorable(where, str(number), f"expected `VIDEO start end##sentence`, got {line!r}")
        entry = Entry(where, str(number), None)
        found[str(number)] = Entry(where, str(number), numbers_of(entry, times[1:], (2,)).tolist())
    return found


def _sentences(path: Path) -> Iterator[Entry]:
    for where, video, content in keyed(path, read_json(path)[0]):
        if not isinstance(content, Mapping) or not isinstance(content.get("timestamps"), list):
            raise RowUnscorable(where, video, "expected an object with 'timestamps'")
        for number, window in enumerate(content["timestamps"]):
            yield Entry(f"{where}[{number}]", f"{video}_{number}", window)


def score_negatives(pred: Path, truth: Path) -> dict[str, float]:
    """Rejection accuracy on NA-VMR's negatives (`[[0, 0]]`) and R1 on its positives.

    A query is rejected by `pred_class` 0, or by no window or `[[0, 0]]`; one without a row is not rejected.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    golds, found = read_objects(truth), read_objects(pred)
    pairs = match_predictions(list(golds), found)
    windows = [gold_windows(gold, gold.field(("relevant_windows",))) for gold in golds.values()]
    rows = [np.full((1, 3), -1.0) if entry is None else windows_in(entry) for entry in pairs.predictions]
    rejected = [
        entry is not None and entry.value.get("pred_class") in (0, False) for entry in pairs.predictions
    ]
    scores = negative_scores(rows, windows, rejected)
    table = {
        "rejection_accuracy": percent(scores.rejection_accuracy),
        "acceptance_accuracy": percent(scores.acceptance_accuracy),
        **{f"R1@{threshold}": percent(part) for threshold, part in scores.recall_at_1.items()},
        **{
            f"R1-accepted@{threshold}": percent(part)
            for threshold, part in scores.recall_at_1_accepted.items()
        },
        "mIoU": percent(scores.mean_iou),
    }
    return {**table, "positives": scores.positives, "negatives": scores.negatives, **pairs.counts()}


def score_tvr(pred: Path, truth: Path) -> dict[str, float]:
    """What TVR's `eval.py` reports, flat: `VCMR-0.5-r1`, `SVMR-0.7-r10`, `VR-r100`, and `VCMR-vt-0.5-r1`.

    Counts of missing predictions are by task, `VCMR-missing`.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    value, _ = read_json(pred)
    tasks = [task for task in TASKS if isinstance(value, dict) and task in value]
    if not tasks or not isinstance(value.get("video2idx"), dict):
        raise ScoreError(f"{pred}: expected 'video2idx' and at least one of {', '.join(TASKS)}")
    golds = read_objects(truth)
    table: dict[str, float] = {"total": len(golds)}
    for task in tasks:
        table |= _task_table(task, value["video2idx"], _task_rows(pred, task, value[task]), golds)
    return table


def _task_rows(path: Path, task: CorpusTask, rows: Any) -> dict[str, Entry]:
    found = {}
    for number, row in enumerate(rows if isinstance(rows, list) else [rows]):
        where = f"{path.name}[{task}][{number}]"
        if not isinstance(row, dict) or not isinstance(row.get("predictions"), list) or "desc_id" not in row:
            raise RowUnscorable(where, "", "expected an object with 'desc_id' and 'predictions'")
        entry = Entry(where, identifier(row["desc_id"]), row["predictions"])
        found[entry.row_id] = entry
    return found


def _task_table(
    task: CorpusTask, numbers: Mapping[str, int], found: dict[str, Entry], golds: dict[str, Entry]
) -> dict[str, float]:
    pairs = match_predictions(list(golds), found)
    rows = [np.zeros((0, 3)) if entry is None else _triples(entry) for entry in pairs.predictions]
    videos = [numbers.get(gold.value.get("vid_name"), -1) for gold in golds.values()]
    windows = np.concatenate([gold_windows(gold, gold.value.get("ts"))[:1] for gold in golds.values()])
    types = np.array([str(gold.value.get("type") or "") for gold in golds.values()])
    table = {f"{task}-missing": pairs.counts()["missing"]}
    for threshold in IOUS if task != "VR" else IOUS[:1]:
        ranks = first_ranks(task, rows, videos, windows, threshold)
        iou_name = "" if task == "VR" else f"{threshold}-"
        for k, part in recalls(ranks, RANKS).items():
            table[f"{task}-{iou_name}r{k}"] = percent(part)
        for kind in sorted(set(types.tolist()) - {""}):
            for k, part in recalls(ranks[types == kind], RANKS).items():
                table[f"{task}-{kind}-{iou_name}r{k}"] = percent(part)
    return table


def _triples(entry: Entry) -> Array:
    rows = [row[:3] if isinstance(row, list) else row for row in entry.value]
    return numbers_of(entry, rows, (len(rows), 3)) if rows else np.zeros((0, 3))

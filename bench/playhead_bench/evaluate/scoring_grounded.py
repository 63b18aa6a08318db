"""Scores of answers with windows: NExT-GQA and CG-Bench."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from playhead_bench.evaluate.formats import read
from playhead_bench.evaluate.formats.row_files import keyed, read_json
from playhead_bench.evaluate.metrics.grounded import clue_scores, grounding_scores
from playhead_bench.evaluate.predictions import (
    Array,
    Entry,
    RowUnscorable,
    ScoreError,
    gold_windows,
    parse_choice,
    read_entries,
    scored_windows,
)
from playhead_bench.evaluate.scoring import (
    MatchedPredictions,
    match_predictions,
    percent,
    predicted_windows,
    require_complete,
)
from playhead_bench.evaluate.scoring_choices import answer_in, match_answers, video_and_qid

CLUE_KEYS = ("intervals", "clue_intervals", "windows", "pred_relevant_windows")


def score_nextgqa(pred: Path, truth: Path) -> dict[str, float]:
    """NExT-GQA's table; Acc@QA and Acc@GQA where the predictions hold answers, too.

    A prediction is `[start, end]`, or an object with a window (`span`, `windows`, ...) and a `prediction`.
    The right options come from the CSV file beside the truth (`test.csv` beside `gsub_test.json`), or else
    from the predictions' own `answer`, as the official script takes them.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    golds, found = _located(truth), read_entries(pred, video_and_qid)
    pairs = match_predictions(list(golds), found)
    windows = [gold_windows(gold, gold.value) for gold in golds.values()]
    answered = any(
        isinstance(entry.value, Mapping) and "prediction" in entry.value for entry in found.values()
    )
    correct = _grounded_answers(pairs, truth) if answered else None
    scores = grounding_scores([rows[:, :2] for rows in predicted_windows(pairs)], windows, correct)
    table = {"mIoP": percent(scores.mean_iop), "mIoU": percent(scores.mean_iou)}
    table |= {f"IoP@{threshold}": percent(part) for threshold, part in scores.iop_at.items()}
    table |= {f"IoU@{threshold}": percent(part) for threshold, part in scores.iou_at.items()}
    if scores.accuracy is not None and scores.grounded_accuracy is not None:
        table |= {"Acc@QA": percent(scores.accuracy), "Acc@GQA": percent(scores.grounded_accuracy)}
    return {**table, **pairs.counts()}


def _located(path: Path) -> dict[str, Entry]:
    found = {}
    for where, video, content in keyed(path, read_json(path)[0]):
        if not isinstance(content, Mapping) or not isinstance(content.get("location"), Mapping):
            raise RowUnscorable(where, video, "expected an object with 'location'")
        for qid, windows in content["location"].items():
            found[f"{video}_{qid}"] = Entry(f"{where}[{qid}]", f"{video}_{qid}", windows)
    return found


def _grounded_answers(pairs: MatchedPredictions, truth: Path) -> list[bool]:
    table = truth.with_name(f"{truth.stem.removeprefix('gsub_')}.csv")
    if table == truth or not table.exists():
        return [entry is not None and _agrees(entry) for entry in pairs.predictions]
    samples = {sample.id: sample for sample in read("nextgqa", table, grounding=truth).samples}
    correct = []
    for row_id, entry in zip(pairs.ids, pairs.predictions, strict=True):
        if row_id not in samples:
            raise RowUnscorable(table.name, row_id, "no question with this id and a right option")
        sample = samples[row_id]
        choice = None if entry is None else parse_choice(answer_in(entry), sample.options, numbers=True)
        correct.append(choice is not None and choice == sample.answer_index)
    return correct


def _agrees(entry: Entry) -> bool:
    if not isinstance(entry.value, Mapping) or "answer" not in entry.value:
        raise entry.refused("without a CSV file beside the truth, a prediction must hold the right 'answer'")
    prediction = entry.value.get("prediction")
    return prediction is not None and str(prediction).strip() == str(entry.value["answer"]).strip()


def score_cgbench(pred: Path, truth: Path) -> dict[str, float]:
    """CG-Bench's mIoU, rec@IoU, long_acc and acc@IoU, each where the predictions hold what it needs.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    samples = require_complete(read("cgbench", truth), truth).samples
    found = read_entries(pred)
    answered = match_answers(samples, found)
    golds = [np.array([[w.start_s, w.end_s] for w in sample.windows]).reshape(-1, 2) for sample in samples]
    clues = [np.zeros((0, 2)) if entry is None else _clues(entry) for entry in answered.pairs.predictions]
    if any(not len(gold) for gold in golds):
        raise ScoreError(f"{truth}: a question has no clue_intervals")
    scores = clue_scores(clues, golds, answered.correct)
    table = {"long_acc": percent(scores.long_accuracy or 0.0)}
    if any(len(rows) for rows in clues):
        table |= {
            "mIoU": percent(scores.mean_iou),
            "rec@IoU": percent(scores.recall_at_iou),
            "acc@IoU": percent(scores.accuracy_at_iou or 0.0),
        }
    return {**table, **answered.counts()}


def _clues(entry: Entry) -> Array:
    value = entry.value
    if not isinstance(value, Mapping):
        return np.zeros((0, 2))
    windows_value = value["results"].get("miou") if isinstance(value.get("results"), Mapping) else None
    rows = windows_value.get("result") if isinstance(windows_value, Mapping) else entry.field(CLUE_KEYS)
    return scored_windows(entry, rows)[:, :2]

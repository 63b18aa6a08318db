"""Scores of multiple choice: NExT-QA, EgoSchema, Video-MME, LVBench, LongVideoBench, MLVU, HourVideo."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.formats import read
from playhead_bench.evaluate.formats.fields import first
from playhead_bench.evaluate.metrics.choice import (
    Accuracy,
    accuracy,
    accuracy_by,
    accuracy_by_labels,
    macro,
    nextqa_accuracy,
)
from playhead_bench.evaluate.predictions import (
    ANSWER_KEYS,
    ID_KEYS,
    Entry,
    ScoreError,
    parse_choice,
    read_entries,
)
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.scoring import MatchedPredictions, match_predictions, percent, require_complete

Flags = NDArray[np.bool_]
Names = Callable[[Sequence[Sample], Flags], dict[str, float]]
NEXTQA_NAMES = {
    "CW": "Why", "CH": "How", "TN": "Bef&Aft", "TC": "When", "DC": "Cnt", "DL": "Loc", "DO": "Other",
    "C": "Acc_C", "T": "Acc_T", "D": "Acc_D", "all": "Acc",
}  # fmt: skip
LVBENCH_NAMES = {
    "entity recognition": "ER",
    "event understanding": "EU",
    "key information retrieval": "KIR",
    "temporal grounding": "TG",
    "reasoning": "Rea",
    "summarization": "Sum",
}


@dataclass(frozen=True, slots=True)
class ChoiceAnswers:
    """Which answers are right, with what could not be read.

    Args:
        correct: (N,) bool, False where there is no answer or none that can be read.
        unparsed: answers that could not be read.
        pairs: the predictions beside the questions.
    """

    correct: Flags
    unparsed: int
    pairs: MatchedPredictions

    def counts(self) -> dict[str, float]:
        """Questions, missing and unreadable answers, answers without a question."""
        return {**self.pairs.counts(), "unparsed": self.unparsed}


def score_choices(format_name: str, pred: Path, truth: Path) -> dict[str, float]:
    """The official table of one of the benchmarks in `TABLES`, and the interval of the whole accuracy.

    Questions whose right option the file does not tell (hidden splits, open questions) are `unscored`.

    Raises:
        PlayheadError: a file or a row cannot be read, or nothing can be scored.
    """
    all_samples = require_complete(read(format_name, truth), truth).samples
    samples = [sample for sample in all_samples if sample.answer_index is not None]
    hidden = {sample.id for sample in all_samples if sample.answer_index is None}
    found = read_entries(pred, video_and_qid if format_name == "nextqa" else None)
    scored = {row_id: entry for row_id, entry in found.items() if row_id not in hidden}
    answered = match_answers(samples, scored, numbers=format_name in NUMBERED)
    overall = accuracy(answered.correct)
    interval = {"95% low": percent(overall.low), "95% high": percent(overall.high)}
    table = {**TABLES[format_name](samples, answered.correct), **interval}
    return {**table, **answered.counts(), "unscored": len(hidden)}


def match_answers(
    samples: Sequence[Sample], found: Mapping[str, Entry], numbers: bool = False
) -> ChoiceAnswers:
    """The answers to some questions, right or not.

    Args:
        samples: questions whose right option is known.
        found: predictions by id.
        numbers: see `parse_choice`.

    Raises:
        ScoreError: there are no questions, or no answer is to one of them.
    """
    if not samples:
        raise ScoreError("the truth names no right options, nothing can be scored")
    pairs = match_predictions([sample.id for sample in samples], found)
    chosen = [
        None if entry is None else parse_choice(answer_in(entry), sample.options, numbers)
        for sample, entry in zip(samples, pairs.predictions, strict=True)
    ]
    num_answered = sum(entry is not None for entry in pairs.predictions)
    correct = [place == sample.answer_index for place, sample in zip(chosen, samples, strict=True)]
    return ChoiceAnswers(np.array(correct), num_answered - sum(place is not None for place in chosen), pairs)


def answer_in(entry: Entry) -> Any:
    """What a prediction answers: the value itself, or the first of `ANSWER_KEYS` in it.

    CG-Bench keeps it in `results.long_acc.result`.
    """
    value = entry.value
    if isinstance(value, Mapping) and isinstance(value.get("results"), Mapping):
        value_or_none = value["results"].get("long_acc")
        return value_or_none.get("result") if isinstance(value_or_none, Mapping) else value_or_none
    return entry.field(ANSWER_KEYS)


def video_and_qid(row: Mapping[str, Any]) -> Any:
    """The id of a question of NExT-QA, `{video}_{qid}`, where a row has both."""
    video, qid = first(row, ("video", "video_id")), row.get("qid")
    return first(row, ID_KEYS) if video is None or qid is None else f"{video}_{qid}"


def _nextqa(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    found = nextqa_accuracy([sample.kind for sample in samples], correct)
    return {NEXTQA_NAMES.get(name, name): percent(each.value) for name, each in found.items()}


def _egoschema(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    return {"Accuracy": percent(accuracy(correct).value)}


def _videomme(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    lengths = [str(first(sample.meta, ("duration", "duration_category")) or "") for sample in samples]
    domains = [str(first(sample.meta, ("domain", "video_category")) or "") for sample in samples]
    kinds = [sample.kind for sample in samples]
    parts = {**_named(lengths, correct), **_named(domains, correct), **_named(kinds, correct)}
    return {"Overall": percent(accuracy(correct).value), **parts}


def _lvbench(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    labels = [[LVBENCH_NAMES.get(name, name) for name in sample.kind.split(", ")] for sample in samples]
    return {**_percents(accuracy_by_labels(labels, correct)), "Overall": percent(accuracy(correct).value)}


def _longvideobench(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    groups = [str(sample.meta.get("duration_group") or "") for sample in samples]
    kinds = [sample.kind for sample in samples]
    overall = {"Overall": percent(accuracy(correct).value)}
    return {**overall, **_named(groups, correct), **_named(kinds, correct)}


def _mlvu(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    tasks = accuracy_by([sample.kind for sample in samples], correct)
    overall = {"M-Avg": percent(macro(tasks)), "Accuracy": percent(accuracy(correct).value)}
    return {**overall, **_percents(tasks)}


def _hourvideo(samples: Sequence[Sample], correct: Flags) -> dict[str, float]:
    tasks = accuracy_by([sample.kind for sample in samples], correct)
    return {"Accuracy": percent(accuracy(correct).value), **_percents(tasks)}


def _named(names: Sequence[str], correct: Flags) -> dict[str, float]:
    return _percents(accuracy_by(names, correct))


def _percents(found: Mapping[str, Accuracy]) -> dict[str, float]:
    return {name: percent(each.value) for name, each in found.items() if name}


TABLES: dict[str, Names] = {
    "nextqa": _nextqa,
    "egoschema": _egoschema,
    "videomme": _videomme,
    "lvbench": _lvbench,
    "longvideobench": _longvideobench,
    "mlvu": _mlvu,
    "hourvideo": _hourvideo,
}
"""How each benchmark names its parts."""
NUMBERED = ("nextqa", "egoschema", "longvideobench")
"""Benchmarks whose answers are numbers from 0."""

"""Accuracy on multiple choice, whole and by kind, with bootstrap intervals; NExT-QA's groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

DRAWS = 2_000
NEXTQA_GROUPS = ("C", "T", "D")
NEXTQA_SUBTYPE = {"TP": "TN"}
"""Questions on what came before are counted with those on what came next, as the official script does."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many of some questions were answered right, with an interval for the part.

    Args:
        right: answered right.
        total: questions.
        low: lower end of the interval of `value`.
        high: upper end.
    """

    right: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The part that is right, of 1; 0 when there were no questions."""
        return self.right / self.total if self.total else 0.0


def accuracy(correct: ArrayLike, seed: int = 0, draws: int = DRAWS, level: float = 0.95) -> Accuracy:
    """Accuracy with its percentile bootstrap interval (Efron, 1979).

    The mean of resampled yes-or-no answers is binomial, so that is what is drawn: the same distribution as
    resampling the questions, without a pass over them for every draw.

    Args:
        correct: (N,) bool, whether each answer is right; an answer that could not be read is not.
        seed: of the draws; the same seed gives the same interval.
        draws: how many times the questions are resampled.
        level: how much of the resampled accuracies lies in the interval.

    >>> accuracy([True, True, False, True]).value
    0.75
    """
    answers = np.asarray(correct, dtype=bool)
    right, total = int(answers.sum()), len(answers)
    if not total:
        return Accuracy(0, 0, 0.0, 0.0)
    means = np.random.default_rng(seed).binomial(total, right / total, draws) / total
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Accuracy(right, total, float(low), float(high))


def accuracy_by(kinds: Sequence[str], correct: ArrayLike, seed: int = 0) -> dict[str, Accuracy]:
    """Accuracy of every kind of question, by name in alphabetical order.

    Raises:
        ValueError: not as many kinds as answers.
    """
    answers = np.asarray(correct, dtype=bool)
    if len(kinds) != len(answers):
        raise ValueError(f"{len(kinds)} kinds for {len(answers)} answers")
    names = np.asarray(kinds, dtype=str)
    return {str(name): accuracy(answers[names == name], seed) for name in np.unique(names)}


def accuracy_by_labels(labels: Sequence[Iterable[str]], correct: ArrayLike) -> dict[str, Accuracy]:
    """Accuracy of every label, where a question may bear several and counts for each (LVBench).

    Raises:
        ValueError: not as many sets of labels as answers.
    """
    answers = np.asarray(correct, dtype=bool)
    if len(labels) != len(answers):
        raise ValueError(f"{len(labels)} sets of labels for {len(answers)} answers")
    by_label: dict[str, list[bool]] = {}
    for names, right in zip(labels, answers, strict=True):
        for name in names:
            by_label.setdefault(name, []).append(bool(right))
    return {name: accuracy(by_label[name]) for name in sorted(by_label)}


def macro(accuracies: Mapping[str, Accuracy]) -> float:
    """The mean of the kinds' accuracies, each kind weighing the same (MLVU's M-Avg); 0 for no kinds."""
    return float(np.mean([each.value for each in accuracies.values()])) if accuracies else 0.0


def nextqa_accuracy(types: Sequence[str], correct: ArrayLike) -> dict[str, Accuracy]:
    """NExT-QA's table: C, T, D, `all`, and each subtype, TP counted as TN (Xiao et al., 2021).

    Args:
        types: CW, CH, TN, TC, TP, DC, DL, DO: the first letter names the group.
        correct: (N,) bool.

    Raises:
        ValueError: a type of no group, or not as many types as answers.
    """
    strange = sorted({name for name in types if name[:1] not in NEXTQA_GROUPS})
    if strange:
        raise ValueError(f"a type of NExT-QA begins with C, T or D, got {strange[0]!r}")
    by_letter = accuracy_by([name[0] for name in types], correct)
    groups = {letter: by_letter[letter] for letter in NEXTQA_GROUPS if letter in by_letter}
    subtypes = accuracy_by([NEXTQA_SUBTYPE.get(name, name) for name in types], correct)
    return groups | {"all": accuracy(correct)} | subtypes

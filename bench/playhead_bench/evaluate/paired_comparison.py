"""Paired comparison of two strategies on the same questions: bootstrap interval and McNemar's test."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

import numpy as np

from playhead_agent.strategies import BASELINES
from playhead_bench.evaluate.run_rows import Row

DRAWS = 10_000
MARGIN = 0.01
"""Non-inferiority margin in accuracy: one percentage point."""
AGENT, REFERENCES = "agent", (*BASELINES, "gold")


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """One strategy beside another, over the judged questions of both.

    Args:
        one: a strategy.
        other: what it is compared with.
        questions: number of questions of both.
        only_one: right by `one` alone.
        only_other: right by `other` alone.
        difference: accuracy of `one` less that of `other`.
        low: lower end of the 95 % bootstrap interval of the difference, questions resampled.
        high: upper end.
        p: of McNemar's exact test, two-sided (McNemar, 1947).
    """

    one: str
    other: str
    questions: int
    only_one: int
    only_other: int
    difference: float
    low: float
    high: float
    p: float

    @property
    def not_inferior(self) -> bool:
        """`one` is at most `MARGIN` worse, with the confidence of the interval's lower end (97.5 %)."""
        return self.low > -MARGIN

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**asdict(self), "not_inferior": self.not_inferior, "margin": MARGIN}


def comparisons(rows: Sequence[Row], seed: int = 0) -> list[PairedComparison]:
    """The agent beside each baseline and gold, and the agent without a part beside the whole one."""
    right: dict[str, dict[str, bool]] = {}
    for row in rows:
        if row["right"] is not None:
            right.setdefault(row["strategy"], {})[row["id"]] = bool(row["right"])
    return [
        compare_paired(one, right[one], other, right[other], seed)
        for one, other in _pairs(list(right))
        if right[one].keys() & right[other].keys()
    ]


def _pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if AGENT not in names:
        return
    for other in names:
        if other in REFERENCES:
            yield AGENT, other
    for one in names:
        if one.startswith(f"{AGENT}-"):
            yield one, AGENT


def compare_paired(
    one: str, right_one: dict[str, bool], other: str, right_other: dict[str, bool], seed: int = 0
) -> PairedComparison:
    """The comparison of two strategies by what each answered right, by question.

    Resampling questions draws how many of them only one has right, only the other, and neither or both:
    three numbers of a multinomial distribution, so that is what is drawn.

    Raises:
        ValueError: they have no question in common.

    >>> compare_paired("a", {"p": True, "q": True}, "b", {"p": True, "q": False}).difference
    0.5
    """
    both = sorted(right_one.keys() & right_other.keys())
    if not both:
        raise ValueError(f"{one} and {other} were asked no question in common")
    only_one = sum(right_one[name] and not right_other[name] for name in both)
    only_other = sum(right_other[name] and not right_one[name] for name in both)
    num_questions = len(both)
    parts = [
        only_one / num_questions,
        only_other / num_questions,
        (num_questions - only_one - only_other) / num_questions,
    ]
    draws = np.random.default_rng(seed).multinomial(num_questions, parts, DRAWS)
    low, high = np.quantile((draws[:, 0] - draws[:, 1]) / num_questions, [0.025, 0.975])
    difference = (only_one - only_other) / num_questions
    return PairedComparison(
        one, other, num_questions, only_one, only_other, difference, float(low), float(high),
        mcnemar(only_one, only_other),
    )  # fmt: skip


def mcnemar(only_one: int, only_other: int) -> float:
    """Two-sided p of McNemar's exact test: chance alone splits the questions on which two differ like this.

    >>> mcnemar(5, 0)
    0.0625
    """
    differ, fewer = only_one + only_other, min(only_one, only_other)
    tail = sum(comb(differ, k) for k in range(fewer + 1))
    return float(min(1.0, 2 * tail / 2**differ))

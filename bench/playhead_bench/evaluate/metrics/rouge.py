"""ROUGE-L: how much of a reference text a candidate has in the same order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class RougeL:
    """ROUGE-L of one pair of texts, each part from 0 to 1.

    Args:
        precision: longest common subsequence over the candidate's tokens.
        recall: the same over the reference's tokens.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def rouge_l(candidate: str, reference: str) -> RougeL:
    """ROUGE-L of a candidate against one reference, over the whole texts (Lin, 2004, W04-1013).

    Tokens are runs of lower-case letters and digits, as in the package `rouge_score` without its stemmer.

    >>> reference = "The quick brown fox jumps over the lazy dog"
    >>> found = rouge_l("The quick brown dog jumps on the log.", reference)
    >>> found.precision, round(found.recall, 4), round(found.f1, 4)
    (0.625, 0.5556, 0.5882)
    """
    a, b = tokens(candidate), tokens(reference)
    if not a or not b:
        return RougeL(0.0, 0.0)
    common = longest_common_subsequence(a, b)
    return RougeL(common / len(a), common / len(b))


def tokens(text: str) -> list[str]:
    """Runs of lower-case letters and digits.

    >>> tokens("It's 3.5 m")
    ['it', 's', '3', '5', 'm']
    """
    return _TOKEN.findall(text.lower())


def longest_common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Its length; O(len(a) * len(b)) time, O(len(b)) memory.

    >>> longest_common_subsequence("abcbdab", "bdcaba")
    4
    """
    row = [0] * (len(b) + 1)
    for one in a:
        diagonal = 0
        for at, other in enumerate(b, 1):
            diagonal, row[at] = row[at], diagonal + 1 if one == other else max(row[at], row[at - 1])
    return row[-1]

"""Whether a text supports a claim, judged by shared words: what is left where no model can judge."""

from playhead_tools.entailment import Support
from playhead_tools.match import coverage

MIN_COVERAGE = 0.5
"""Part of the content words of a claim that must stand in a text for it to be supported."""


def words_support(claim: str, text: str) -> Support:
    """Whether the words of a text support a claim.

    >>> words_support("He speaks of Bayes.", "Bayes wrote this rule"), words_support("It rains.", "It is dry")
    ('yes', 'no')
    """
    share = coverage(claim, text)
    return "yes" if share >= MIN_COVERAGE else "partly" if share else "no"

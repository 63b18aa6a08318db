"""Shared words as a judge: they support a claim only where nothing speaks against it."""

import pytest

from playhead_tools.entailment import ClaimEvidence
from playhead_tools.lexical_entailment import LexicalJudge, words_support


@pytest.mark.parametrize(
    ("claim", "text", "support"),
    [
        ("The exam is in May.", "the exam is on the ninth of May", "yes"),
        ("The slide shows Bayes' rule.", "Bayes' rule: P(A|B)", "yes"),
        ("The exam is not in May.", "the exam is on the ninth of May", "no"),
        ("The exam is in May.", "the exam isn't in May", "no"),
        ("Nobody denies that it is not in May.", "nobody denies that it isn't in May", "yes"),
        ("The battery costs less than two.", "one battery costs more than two", "no"),
        ("The red car is faster than the bus.", "the red car is slower than the bus", "no"),
        ("Ann thanks Bob.", "Bob: thank you, Ann", "no"),
        ("Bob thanks Ann.", "Bob: thanks, Ann", "yes"),
        ("A red car drives past the old house.", "he wrote about an old theorem", "partly"),
        ("Napoleon lost at Waterloo.", "Bayes' rule", "no"),
    ],
)
def test_words_support_a_claim_unless_they_speak_against_it(claim: str, text: str, support: str) -> None:
    assert words_support(claim, text) == support


def test_the_lexical_judge_marks_and_never_drops() -> None:
    judge = LexicalJudge()
    assert judge.judge([ClaimEvidence("It is in May.", ("in May",)), ClaimEvidence("Rain.", ("sun",))]) == [
        "yes",
        "no",
    ]
    assert not judge.may_drop

"""How sure an answer may be that is the passage which the search ranks first."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

from playhead_index.literal import words_in
from playhead_index.search.question_topic import QuestionTopic
from playhead_index.store.catalog import Catalog
from playhead_tools.match import is_stop_word, match_word


@dataclass(frozen=True, slots=True)
class PassageFit:
    """What the confidence of the first passage is made of.

    Args:
        evidence: of the passage, in standard deviations of its transcript; 0 where none is known.
        margin: by how much it lies above that of the next passage.
        cosine: of the question and the sentence of the passage that fits best; 0 without a text model.
        words: part of the words asked for that stand in the passage, 0 to 1, each by its rarity.
    """

    evidence: float
    margin: float
    cosine: float
    words: float

    def to_json(self) -> dict[str, float]:
        """Plain JSON types; `PassageFit(**record)` reads them back."""
        return asdict(self)


def passage_fit(
    topic: QuestionTopic, rows: Sequence[Mapping[str, Any]], texts: Sequence[str], catalog: Catalog
) -> PassageFit:
    """The fit of the first of some passages.

    Args:
        topic: of the question.
        rows: of `passages.search_passages`, at least one.
        texts: the words of each.
        catalog: of the library.
    """
    first = rows[0]
    evidence = first["evidence"] or 0.0
    following = [row["evidence"] for row in rows[1:] if row["evidence"] is not None]
    margin = evidence - (max(following) if following else 0.0)
    said = [span.words.text for span in catalog.spans(first["video_id"])]
    return PassageFit(evidence, margin, first["cosine"], rare_words_share(topic.words, texts[0], said))


def rare_words_share(asked: str, text: str, spans: Sequence[str]) -> float:
    """The part of the asked words that stand in a text, each weighted by how few spans hold it.

    >>> rare_words_share("the Bayes rule", "a rule", ["a rule", "a rule of Bayes", "no rule"]) < 0.5
    True
    """
    words = {word.key: word for word in words_in(asked) if not is_stop_word(word.key)}
    held, total = 0.0, 0.0
    for word in words.values():
        num = sum(match_word(word, span) != "none" for span in spans)
        weight = log((len(spans) + 1) / (num + 0.5))
        total += weight
        held += weight * (match_word(word, text) != "none")
    return held / total if total else 0.0


INTERCEPT, EVIDENCE, MARGIN, COSINE, WORDS = -4.0, 0.5, 0.5, 2.0, 2.0
MIN_ANSWERED = 0.7
"""Confidence from which a passage is called an answer."""


def passage_confidence(fit: PassageFit) -> float:
    """The probability that at least half of the passage answers the question, 0 to 1."""
    value = (
        INTERCEPT + EVIDENCE * fit.evidence + MARGIN * fit.margin + COSINE * fit.cosine + WORDS * fit.words
    )
    return 1.0 / (1.0 + exp(-value))

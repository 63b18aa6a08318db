"""Confidence of an answer that is the passage which the search ranks first."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp, log

from playhead_index.literal import words_in
from playhead_index.search.question_topic import question_topic
from playhead_index.search.results import Moment, PassageFit
from playhead_index.store.catalog import Catalog
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.word_match import is_stop_word, match_word


@dataclass(frozen=True, slots=True)
class PassageFeatures:
    """Features of the first passage, from which its confidence is computed.

    Args:
        evidence: of `PassageFit`.
        cosine: likewise; None without a text model.
        agreement: likewise.
        words: share of the question's words that are in the passage, 0 to 1, each weighted by its rarity.
        asks_why: the question asks for a reason, which is often stated elsewhere than what it explains.
    """

    evidence: float
    cosine: float | None
    agreement: float
    words: float
    asks_why: bool

    @classmethod
    def of(cls, fit: PassageFit, words: float, question: str) -> "PassageFeatures":
        """The features of a passage from its fit and its share of the question's words."""
        question_words = {word.key for word in words_in(question)}
        return cls(fit.evidence, fit.cosine, fit.agreement, words, "why" in question_words)

    def to_json(self) -> dict[str, float | bool | None]:
        """Plain JSON types; `PassageFeatures(**record)` reads them back."""
        return asdict(self)


def retrieval_confidence(moment: Moment, question: str, catalog: Catalog) -> float | None:
    """The probability that the passage of a moment answers a question, as a search for it ranks it.

    Args:
        moment: the first of the search.
        question: that was searched for.
        catalog: the open library.

    Returns:
        0 to 1; None for a moment that is no passage of a transcript.
    """
    if moment.fit is None:
        return None
    if moment.fit.cosine is not None:  # words are weighed only where there is no text model
        return passage_confidence(PassageFeatures.of(moment.fit, 0.0, question))
    text = " ".join(span.words.text for span in catalog.spans(moment.video_id, "speech", moment.window))
    topic = question_topic(question, ScopeSpeakers(catalog, [moment.video_id]).names)
    features = features_of_passage(moment.fit, text, question, topic.words, moment.video_id, catalog)
    return passage_confidence(features)


def features_of_passage(
    fit: PassageFit, text: str, question: str, topic_words: str, video_id: str, catalog: Catalog
) -> PassageFeatures:
    """The features of a passage.

    Args:
        fit: of the passage, from the search.
        text: of the passage.
        question: that was searched for.
        topic_words: those of its words that name its topic.
        video_id: whose speech tells which words are rare.
        catalog: the open library.
    """
    transcript = [span.words.text for span in catalog.spans(video_id, "speech")]
    return PassageFeatures.of(fit, rare_words_share(topic_words, text, transcript), question)


def rare_words_share(query: str, text: str, spans: Sequence[str]) -> float:
    """The share of the query's words that are in a text, each weighted by how few spans contain it.

    >>> rare_words_share("the Bayes rule", "a rule", ["a rule", "a rule of Bayes", "no rule"]) < 0.5
    True
    """
    words = {word.key: word for word in words_in(query) if not is_stop_word(word.key)}
    weight_found, total_weight = 0.0, 0.0
    for word in words.values():
        num_spans = sum(match_word(word, span) != "none" for span in spans)
        weight = log((len(spans) + 1) / (num_spans + 0.5))
        total_weight += weight
        weight_found += weight * (match_word(word, text) != "none")
    return weight_found / total_weight if total_weight else 0.0


@dataclass(frozen=True, slots=True)
class PassageWeights:
    """Of a logistic regression of `passage right` on `PassageFeatures`."""

    intercept: float
    evidence: float
    similarity: float
    agreement: float
    asks_why: float


WITH_MODEL = PassageWeights(-4.33, 0.17, 6.28, 0.96, -1.05)
"""`similarity` weighs the cosine of all-MiniLM-L6-v2. Fitted on the 154 questions of 22 QMSum meetings that
are in no test set, each also put to another meeting as an absent one (weight 0.35); see decision 0042."""
WORDS_ALONE = PassageWeights(-2.48, 0.24, 1.88, 0.57, -1.22)
"""The same where there is no text model; `similarity` weighs the words."""
MIN_ANSWERED = 0.5
"""Confidence from which a passage is called an answer: from there on it is rather right than wrong."""


def passage_confidence(features: PassageFeatures) -> float:
    """The probability that at least half of the passage answers the question, 0 to 1.

    >>> low, high = (PassageFeatures(3.0, cosine, 0.5, 1.0, False) for cosine in (0.2, 0.7))
    >>> round(passage_confidence(low), 2), round(passage_confidence(high), 2)
    (0.11, 0.74)
    """
    weights, similarity = (
        (WORDS_ALONE, features.words) if features.cosine is None else (WITH_MODEL, features.cosine)
    )
    value = (
        weights.intercept
        + weights.evidence * features.evidence
        + weights.similarity * similarity
        + weights.agreement * features.agreement
        + weights.asks_why * features.asks_why
    )
    return 1.0 / (1.0 + exp(-value))

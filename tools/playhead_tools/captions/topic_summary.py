"""Summary of a part of a talk, from its transcript: a title, and sentences that each name their time.

The protocol of a summariser, and one without any model.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Protocol

from playhead_index.store.summaries import Level, SummarySentence
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import KEYWORDS
from playhead_tools.captions.summariser import EXTRACTIVE, sum_basic
from playhead_tools.word_match import search_terms, stem

MAX_SENTENCES: Mapping[Level, int] = {"chapter": 2, "video": 6}
"""Of an extract."""
MAX_TITLE_TERMS = 4
MAX_KEYWORDS = 8
MIN_TERMS = 4
"""Content words of a spoken sentence that can stand alone; shorter ones are answers and fillers."""
MAX_SENTENCE_CHARS = 400
_FILLERS = """
    um uh mm hmm mhm yeah yep okay oh ah er erm gonna wanna gotta kinda sorta like just really actually
    basically well right know think mean got get lot thing things stuff something anything maybe let going
    don didn doesn isn aren wasn weren won wouldn couldn shouldn haven hasn ll re ve
"""
FILLERS = frozenset(_FILLERS.split())
"""English words of conversation, and what a contraction leaves before or behind its apostrophe."""


@dataclass(frozen=True, slots=True)
class TopicText:
    """What is said (and shown, as far as there are captions) in a stretch of a video.

    Args:
        level: `chapter`, or `video` for all of it.
        window: which part of the video.
        parts: sentences of the transcript and captions, in time order, at least one; for the level `video`
            the sentences that were chosen for its chapters.
        term_weights: how characteristic each stem is of this stretch among all of the video's; stems that
            are missing weigh nothing.
        speaker_names: of the speakers by label.
    """

    level: Level
    window: Window
    parts: tuple[Words, ...]
    term_weights: Mapping[str, float]
    speaker_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """A title and cited sentences.

    Args:
        title: a few words.
        sentences: in time order, at least one; each with the stretch that it rests on.
        keywords: words that somebody would search for.
        made_by: how they were made, or by which model.
    """

    title: str
    sentences: tuple[SummarySentence, ...]
    keywords: tuple[str, ...]
    made_by: str

    @property
    def text(self) -> str:
        """As a caption is stored: the sentences on one line, keywords on the next."""
        text = " ".join(one.text for one in self.sentences)
        return f"{text}\n{KEYWORDS}{', '.join(self.keywords)}" if self.keywords else text


class TopicSummariser(Protocol):
    """Summarises a part of a talk; `ExtractiveTopics` is one without a model."""

    @property
    def name(self) -> str:
        """Stored with what it made."""
        ...

    def summarise(self, topic: TopicText) -> TopicSummary:
        """Title and cited sentences.

        Raises:
            ModelOutputInvalid: the model gave nothing that holds.
            ModelUnavailable: it cannot be asked.
        """
        ...


class ExtractiveTopics:
    """Takes the sentences that say most of what all say (SumBasic); characteristic words are the title."""

    name = EXTRACTIVE

    def summarise(self, topic: TopicText) -> TopicSummary:
        """Two sentences (six for a video), as they were said."""
        own = [_Sentence(part, tuple(_stems(part.text))) for part in topic.parts]
        long_sentences = [one for one in own if len(one.stems) >= MIN_TERMS] or own
        weighed = [
            [s for s in one.stems if topic.term_weights.get(s, 0.0) > 0] or one.stems
            for one in long_sentences
        ]
        chosen = sorted(sum_basic(weighed, MAX_SENTENCES[topic.level]))
        sentences = tuple(
            SummarySentence(long_sentences[at].words.window, _truncate(long_sentences[at].words.text))
            for at in chosen
        )
        keywords = characteristic_terms([one.words.text for one in own], topic.term_weights)
        return TopicSummary(
            ", ".join(keywords[:MAX_TITLE_TERMS]), sentences, tuple(keywords[:MAX_KEYWORDS]), EXTRACTIVE
        )


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: Words
    stems: tuple[str, ...]


def term_weights(topics: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    """How characteristic each stem is of a topic: its count there by the log of how few topics have it.

    tf-idf (Spärck Jones, 1972) with idf = log((1 + N) / df), so that a video of one topic has weights too.

    Args:
        topics: texts of each topic.

    >>> first, second = term_weights([["red car", "a car"], ["red house"]])
    >>> first["car"] > first["red"] == second["red"]
    True
    """
    counts = [Counter(s for text in texts for s in _stems(text)) for texts in topics]
    num_topics_with = Counter(s for one in counts for s in one)
    return [{s: n * log((1 + len(counts)) / num_topics_with[s]) for s, n in one.items()} for one in counts]


def characteristic_terms(texts: Sequence[str], weights: Mapping[str, float]) -> list[str]:
    """The words of highest weight, as they are first written, best first; of equals the first to come."""
    written: dict[str, str] = {}
    for text in texts:
        for term in search_terms(text):
            if len(term) > 2 and not term.isdigit():
                written.setdefault(stem(term), term)
    ranked = sorted((s for s in written if weights.get(s, 0.0) > 0), key=lambda s: -weights[s])
    return [written[s] for s in ranked]


def _stems(text: str) -> list[str]:
    return [stem(term) for term in search_terms(text) if term not in FILLERS]


def _truncate(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SENTENCE_CHARS else line[: MAX_SENTENCE_CHARS - 1].rsplit(" ", 1)[0] + "…"

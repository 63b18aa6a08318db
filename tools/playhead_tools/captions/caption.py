"""A caption with its keywords: the form that a model fills, and the text that is stored.

A caption is a model's words about a video and may repeat what somebody wrote into its pictures. It is
stored as one line of plain text and one line of keywords, so that no caption can pretend to be two.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from playhead_tools.word_match import plain, search_terms, stem

MAX_CHARS = 600
MAX_KEYWORDS = 12
MAX_KEYWORD_CHARS = 40
KEYWORDS = "keywords: "
_CITED = re.compile(
    r"(?<!\s)\s*+\[\s*(?:frames?\s*)?\d+(?:\s*(?:[,;–-]|and)\s*(?:frames?\s*)?\d+)*\s*\]",
    re.IGNORECASE,
)
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SENTENCE_END = re.compile(r"[.!?。！？](?=\s|$)")


class CaptionForm(BaseModel):
    """What a clip shows."""

    model_config = ConfigDict(extra="forbid")

    caption: str = Field(min_length=1, max_length=2 * MAX_CHARS, description="one to three sentences")
    keywords: list[Annotated[str, Field(max_length=2 * MAX_KEYWORD_CHARS)]] = Field(
        max_length=2 * MAX_KEYWORDS, description=f"up to {MAX_KEYWORDS}"
    )


@dataclass(frozen=True, slots=True)
class Caption:
    """Sentences on one line, and keywords.

    Args:
        text: one line, never empty.
        keywords: words or short phrases, each once.
    """

    text: str
    keywords: tuple[str, ...] = ()

    @property
    def stored(self) -> str:
        """The text as the catalog keeps it.

        >>> Caption("A dog runs.", ("dog", "park")).stored
        'A dog runs.\\nkeywords: dog, park'
        """
        return f"{self.text}\n{KEYWORDS}{', '.join(self.keywords)}" if self.keywords else self.text

    @property
    def terms(self) -> tuple[str, ...]:
        """The stems of its content words, keywords among them, as often as they stand there."""
        both = f"{self.text} {' '.join(self.keywords)}"
        carrying = frozenset(search_terms(both))
        return tuple(stem(word) for word in plain(both).split() if word in carrying)


def make_caption(text: str, keywords: Sequence[str] = ()) -> Caption | None:
    """A caption of what a model said, cleaned and within its limits; None when no words are left.

    Numbers of frames in brackets go: they mean nothing to who reads the caption later.

    >>> make_caption("A dog [2] runs.\\nkeywords: cat", ["Dog", "dog", "a, b"])
    Caption(text='A dog runs. keywords: cat', keywords=('Dog', 'a b'))
    """
    line = _within(_line(_CITED.sub("", text)), MAX_CHARS)
    if not any(character.isalnum() for character in line):
        return None
    words = [_line(word.replace(",", " ")) for word in keywords]
    different = {word.casefold(): word for word in reversed(words) if 0 < len(word) <= MAX_KEYWORD_CHARS}
    return Caption(line, tuple(reversed(different.values()))[:MAX_KEYWORDS])


def parse_caption(stored: str) -> Caption:
    """What `Caption.stored` was made of; a stored text of another captioner is a caption without keywords.

    >>> parse_caption("A dog runs.\\nkeywords: dog, park").keywords
    ('dog', 'park')
    """
    text, line_break, last = stored.rpartition("\n")
    if line_break and last.startswith(KEYWORDS):
        return Caption(" ".join(text.split()), tuple(last.removeprefix(KEYWORDS).split(", ")))
    return Caption(" ".join(stored.split()))


def complete_sentences(text: str) -> str:
    """A text that was cut off, up to its last whole sentence; as it is when there is none.

    >>> complete_sentences("A dog runs. It is 3.5 m from th")
    'A dog runs.'
    """
    ends = [end.end() for end in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else text


def _line(text: str) -> str:
    characters = (" " if unicodedata.category(c) == "Cc" else c for c in text if c not in _BIDI_CONTROLS)
    return " ".join("".join(characters).split())


def _within(line: str, max_chars: int) -> str:
    if len(line) <= max_chars:
        return line
    head = line[:max_chars]
    sentences = complete_sentences(head)
    return sentences if sentences != head else head[:-1].rsplit(" ", 1)[0] + "…"

"""Captions that speak of what a question asks for, by words alone."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from playhead_index.search.stop_words import STOP_WORDS
from playhead_tools.video_llm.parse_response import normalised, says

Caption = TypeVar("Caption")
_ASKING = {"what", "doe", "do", "which", "how", "many", "thing", "when", "where", "happen", "clip"}


def nearest(question: str, captions: Sequence[Caption], text_of: Callable[[Caption], str]) -> list[Caption]:
    """Captions that share words with a question, those with most of them first, then in their order.

    Args:
        question: in the person's words.
        captions: of any kind.
        text_of: the words of one.
    """
    asked = content_words(question)
    shared = [len(asked & content_words(text_of(caption))) for caption in captions]
    order = sorted(range(len(captions)), key=lambda i: -shared[i])
    return [captions[i] for i in order if shared[i]]


def content_words(text: str) -> set[str]:
    """The words of a text that say something, an `s` at their end left out.

    >>> sorted(content_words("What does the red star do?"))
    ['red', 'star']
    """
    words = re.findall(r"\w+", normalised(text))
    return {word.removesuffix("s") for word in words if word not in STOP_WORDS} - _ASKING


def spoken_of(
    options: Sequence[str], captions: Sequence[Caption], text_of: Callable[[Caption], str]
) -> tuple[Caption, int | None] | None:
    """The first caption to speak of any option, and which; no option where it speaks of several.

    >>> spoken_of(("red star", "boat"), ["A house.", "The boat waits."], str)
    ('The boat waits.', 1)
    """
    for caption in captions:
        held = [i for i, option in enumerate(options) if says(text_of(caption), option)]
        if held:
            return caption, held[0] if len(held) == 1 else None
    return None

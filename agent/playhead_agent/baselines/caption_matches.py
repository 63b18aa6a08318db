"""Captions that match a question or an option by shared words."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from playhead_index.search.stop_words import STOP_WORDS
from playhead_tools.video_llm.parse_response import contains_answer, normalised

Caption = TypeVar("Caption")
_ASKING = {"what", "doe", "do", "which", "how", "many", "thing", "when", "where", "happen", "clip"}


def nearest_captions(
    question: str, captions: Sequence[Caption], text_of: Callable[[Caption], str]
) -> list[Caption]:
    """Captions that share words with a question, those with the most first, then in their order.

    Args:
        question: in the person's words.
        captions: of any kind.
        text_of: gives the text of one.
    """
    question_words = content_words(question)
    shared = [len(question_words & content_words(text_of(caption))) for caption in captions]
    order = sorted(range(len(captions)), key=lambda i: -shared[i])
    return [captions[i] for i in order if shared[i]]


def content_words(text: str) -> set[str]:
    """The words of a text without stop words, a final `s` removed.

    >>> sorted(content_words("What does the red star do?"))
    ['red', 'star']
    """
    words = re.findall(r"\w+", normalised(text))
    return {word.removesuffix("s") for word in words if word not in STOP_WORDS} - _ASKING


def first_option_mention(
    options: Sequence[str], captions: Sequence[Caption], text_of: Callable[[Caption], str]
) -> tuple[Caption, int | None] | None:
    """The first caption that mentions any option, and which one; None where it mentions several.

    >>> first_option_mention(("red star", "boat"), ["A house.", "The boat waits."], str)
    ('The boat waits.', 1)
    """
    for caption in captions:
        mentioned = [i for i, option in enumerate(options) if contains_answer(text_of(caption), option)]
        if mentioned:
            return caption, mentioned[0] if len(mentioned) == 1 else None
    return None

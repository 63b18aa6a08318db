"""Things that recur in captions: English noun phrases behind an article, recognised by their context.

No tagger is used. A phrase begins behind an article, a possessive or a number word and ends at a preposition,
an auxiliary, a conjunction, a participle or a sign. Phrases are grouped by their last word, the head.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playhead_index.short_repr import short_repr
from playhead_index.window import Window, join_windows
from playhead_tools.captions.caption import parse_caption
from playhead_tools.word_match import stem

MIN_SEGMENTS = 2
"""Captioned windows that hold a phrase from which it recurs."""
MIN_PHRASE_SHARE = 0.6
"""A thing is called by a whole phrase where so much of its mentions have it, else by the head alone."""
MAX_PHRASE_WORDS = 3
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|[^\w\s]")
_DETERMINERS = """
    a an the his her their its my your our some several many two three four five six another each every
"""
_OPENERS = frozenset(_DETERMINERS.split())
_ENDERS_TEXT = """
    about above across after against along among and around as at away back because before behind below
    beneath beside between beyond but by down during for from her him his how i if in inside into is are
    was were be been being it like near next not of off on onto or out outside over past she he they them
    there through to toward towards under underneath until up upon we what when where which while who
    whose with within without has have had can could will would do does did may might this that these
    those then than so very also other nearby
"""
_ENDERS = frozenset(_ENDERS_TEXT.split())
_NO_THINGS_TEXT = """
    man woman men women person people boy girl boys girls child children kid kids guy lady baby someone
    anyone group couple crowd pair player players background foreground front back side sides middle
    center centre top bottom left right corner edge part end rest way view scene image picture photo
    photograph video clip shot frame screenshot footage camera screen text caption title word words name
    logo number lot kind type set bunch piece variety row line series other others same one ones first
    second last few more most own time day moment position direction distance pile area expression forward
    sitting standing sleeping looking hand hands arm arms finger fingers face mouth nose ear ears eye eyes
    hair beard head leg legs foot feet body color colour black white red blue green yellow brown grey gray
    orange pink purple large small big
"""
_NO_THINGS = frozenset(_NO_THINGS_TEXT.split())
"""People, of whom a caption does not say which; parts of bodies and of pictures; words that name no thing."""


@dataclass(frozen=True, slots=True)
class RecurringThing:
    """A thing that several captions name.

    Args:
        label: a noun phrase of one to three words, in small letters.
        windows: of the captions that name it, joined, in time order.
        num_mentions: captions that name it.
    """

    label: str
    windows: tuple[Window, ...]
    num_mentions: int
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    is_before_determiner: bool


def recurring_things(captions: Sequence[tuple[Window, str]]) -> list[RecurringThing]:
    """The things that captions of at least `MIN_SEGMENTS` windows name, those of most captions first.

    Args:
        captions: (window, stored text) of each caption, keywords included, in time order. Captions in other
            languages than English give (nearly) nothing.

    >>> texts = ["A man drives a red car.", "The red car is parked.", "A dog sleeps."]
    >>> [one.label for one in recurring_things([(Window(i, i + 1), text) for i, text in enumerate(texts)])]
    ['red car']
    """
    parsed = [(window, parse_caption(text)) for window, text in captions]
    phrases = [(window, _phrases(caption.text)) for window, caption in parsed]
    heads = {one.words[-1] for _, own in phrases for one in own if not one.is_before_determiner}
    nouns = {one.words[0] for _, own in phrases for one in own if len(one.words) == 1} & heads
    found: dict[str, dict[Window, tuple[str, ...]]] = defaultdict(dict)
    for window, own in phrases:
        for words in (_without_verb(one, nouns) for one in own):
            if words and words[-1] not in _NO_THINGS and len(words[-1]) > 2:
                found[stem(words[-1])].setdefault(window, words)
    for window, caption in parsed:
        for words in (tuple(keyword.casefold().split()) for keyword in caption.keywords):
            if words and (head := stem(words[-1])) in found:
                found[head].setdefault(window, words)
    things = [_thing(by_window) for by_window in found.values() if len(by_window) >= MIN_SEGMENTS]
    return sorted(things, key=lambda one: (-one.num_mentions, one.label))


def _phrases(text: str) -> list[_Phrase]:
    """The runs of words behind each determiner of a caption, up to the word or sign that ends them."""
    words = [word.casefold() for word in _WORD.findall(text)]
    found, run = list[_Phrase](), list[str]()
    is_open = False
    for word in [*words, "."]:
        if not is_open:
            is_open = word in _OPENERS
        elif word in _OPENERS or _ends_phrase(word, run):
            if run:
                found.append(_Phrase(tuple(run[-MAX_PHRASE_WORDS:]), word in _OPENERS))
            run, is_open = [], word in _OPENERS
        else:
            run.append(word)
    return found


def _ends_phrase(word: str, run: Sequence[str]) -> bool:
    """Signs and function words end a phrase; participles and adverbs do unless it begins with them."""
    if not word[0].isalpha() or word in _ENDERS:
        return True
    return bool(run) and len(word) > 4 and word.endswith(("ing", "ed", "ly"))


def _without_verb(phrase: _Phrase, nouns: Iterable[str]) -> tuple[str, ...]:
    """The words of a phrase without a verb behind its noun: "man picks | a glass", "dog runs | to"."""
    words = phrase.words
    is_noun_before = len(words) > 1 and words[-2] in nouns
    if phrase.is_before_determiner or (is_noun_before and words[-1].endswith("s")):
        return words[:-1]
    return words


def _thing(by_window: dict[Window, tuple[str, ...]]) -> RecurringThing:
    ((words, count),) = Counter(by_window.values()).most_common(1)
    ((head, _),) = Counter(own[-1] for own in by_window.values()).most_common(1)
    label = " ".join(words) if count >= MIN_PHRASE_SHARE * len(by_window) else head
    return RecurringThing(label, tuple(join_windows(by_window)), len(by_window))

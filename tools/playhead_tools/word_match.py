"""How much of what was asked for stands in a text: literally, in a form of it, or in any spelling."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from playhead_index.literal import Word, fold_text, text_words, words_in
from playhead_index.search.spelling_variants import index_phrases

_PIECES = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r'"([^"]+)"|(?<!\w)\'(?=\S)([^\']*[^\'\s])\'(?!\w)')
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "«": '"', "»": '"', "„": '"', "‘": "'", "’": "'"})
_SUFFIXES = (
    ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"),
    ("ing", ""), ("edly", ""), ("ed", ""), ("es", "e"), ("s", ""),
)  # fmt: skip
_STOPWORDS = """
        a about an and any are as at be been being but by can could did do does for from had has have he
        her here him his how i if in into is it its just me my near of on or our she so some than that the
        their them then there these they this those to up us was we were what when where which while who
        whom whose why will with would you your
"""
STOPWORDS = frozenset(_STOPWORDS.split())


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A text as words with single spaces, their spelling folded: case, accents, quotes, punctuation gone.

    Signs that belong to a word stay (`playhead_index.literal`).

    >>> plain("Bayes’  Rule: P(A|B)\\n= …"), plain("C++, not C!")
    ('bayes rule p a b', 'c++ not c')
    """
    return " ".join(word.key for word in words_in(text))


MAX_JOINED = 3
"""Words that stand next to each other are compared as one word too, so many at most (`U S A`, `e mail`)."""


def loose_coverage(query: str, text: str) -> float:
    """The part of the asked content words that stand in a text in any spelling or form, 0 to 1.

    Looser than `coverage`: what it finds may be what is asked, and is a reason not to say that it is absent.
    A word with signs of its own counts only where these stand.

    >>> loose_coverage("USA", "made in the U. S. A."), loose_coverage("C++", "written in C")
    (1.0, 0.0)
    """
    query_words = _content_words(query)
    if not query_words:
        return 0.0
    text_keys = _joined_keys(text)
    joined = "".join(word.key for word in words_in(query))
    if joined.isalnum() and joined in text_keys:
        return 1.0
    return sum(_matches_loosely(word, text, text_keys) for word in query_words) / len(query_words)


@lru_cache(maxsize=64)
def _joined_keys(text: str) -> frozenset[str]:
    """The words of a text, up to three neighbours as one word, and their stems."""
    keys = [word.key for word in words_in(text)]
    joined = {"".join(keys[i : i + n]) for n in range(1, MAX_JOINED + 1) for i in range(len(keys) - n + 1)}
    return frozenset(joined | {stem(key) for key in joined})


def _matches_loosely(word: Word, text: str, text_keys: frozenset[str]) -> bool:
    """Whether a word is there; outside English, whose endings are known, one that begins with it counts."""
    if match_word(word, text) != "none":
        return True
    if not word.key.isalnum():
        return False
    if word.key in text_keys or stem(word.key) in text_keys:
        return True
    return not word.key.isascii() and len(word.key) > 3 and any(one.startswith(word.key) for one in text_keys)


def straight_quotes(text: str) -> str:
    """A text whose quotation marks and apostrophes are the plain ones, character for character."""
    return text.translate(_STRAIGHT)


def replace_quotes(text: str, mark: Callable[[int], str]) -> tuple[str, tuple[str, ...]]:
    """A text with a mark in place of every quoted phrase, and the phrases.

    >>> replace_quotes("he says “to be” and 'not'", lambda i: f"<{i}>")
    ('he says <0> and <1>', ('to be', 'not'))
    """
    quotes: list[str] = []

    def to_mark(found: re.Match[str]) -> str:
        quotes.append((found[1] or found[2]).strip())
        return mark(len(quotes) - 1)

    marked = _QUOTED.sub(to_mark, straight_quotes(text))
    return marked, tuple(quotes)


@lru_cache(maxsize=4096)
def quotes_in(text: str) -> tuple[str, ...]:
    """The phrases in quotation marks."""
    return replace_quotes(text, str)[1]


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A lower-case word without its commonest English endings; words of up to three letters stay.

    >>> stem("priors"), stem("multiplied"), stem("stopping"), stem("class")
    ('prior', 'multiply', 'stop', 'class')
    """
    if len(word) <= 3 or word.endswith("ss") or not word.isalpha():
        return word
    for suffix, instead in _SUFFIXES:
        root = word.removesuffix(suffix)
        if root != word and len(root) >= 3:
            return _undoubled(root + instead, suffix).removesuffix("e")
    return word.removesuffix("e")


def _undoubled(root: str, suffix: str) -> str:
    doubled = suffix in ("ing", "ed") and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz"
    return root[:-1] if doubled else root


WordMatch = Literal["literal", "form", "none"]
"""How a word stands in a text: literally, whatever its spelling; in a form of it (an inflection, a number
without its decimals); or not at all."""


def match_word(word: Word, text: str) -> WordMatch:
    """How a word stands in a text.

    >>> [match_word(words_in("robotics")[0], text) for text in ("Robotics!", "robotic claws", "a robot")]
    ['literal', 'form', 'none']
    """
    text_index = text_words(text)
    if text_index.has(word):
        return "literal"
    if word.key in text_index.variant_keys or (
        word.key.isalnum() and stem(word.key) in map(stem, text_index.keys)
    ):
        return "form"
    return "none"


@lru_cache(maxsize=4096)
def _content_words(text: str) -> tuple[Word, ...]:
    """The words that carry meaning, each once; all words where there would be none ("to be or not to be")."""
    words = {word.key: word for word in words_in(text)}
    return tuple(word for key, word in words.items() if not is_stop_word(key)) or tuple(words.values())


def is_stop_word(key: str) -> bool:
    """Whether a word carries no meaning by itself; contractions such as `we'll` are as their first part."""
    return key.partition("'")[0] in STOPWORDS


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The stems that carry meaning; all stems when there would be none ("to be or not to be")."""
    return frozenset(stem(word.key) for word in _content_words(text))


def shares_words(query: str, text: str) -> bool:
    """Whether any content word of the one stands in the other, literally or in a form of it."""
    return any(match_word(word, text) != "none" for word in _content_words(query))


def search_terms(text: str) -> tuple[str, ...]:
    """The content words of a text in pieces as a full-text index splits them: no signs, not stemmed.

    >>> search_terms("What is Bayes’ rule?")
    ('bayes', 'rule')
    """
    split = _PIECES.findall(fold_text(text).replace("'", " "))
    carrying = [word for word in split if word not in STOPWORDS and len(word) > 1]
    return tuple(dict.fromkeys(carrying or split))


def index_query(text: str) -> str:
    """An FTS5 expression that every text fulfils which holds a content word of this one in any spelling.

    Empty where the text has no words.

    >>> index_query("the UK")
    '"uk" OR "u k"'
    """
    phrases = [phrase for word in _content_words(text) for phrase in index_phrases(word)]
    return " OR ".join(f'"{phrase}"' for phrase in dict.fromkeys(phrases))


def coverage(query: str, text: str) -> float:
    """The part of the asked content words that stand in the text, 0 to 1; 0 when nothing was asked.

    A form of a word counts as the word; `other_forms` tells which ones are.

    >>> coverage("the priors of Bayes", "Bayes chose a prior"), coverage("C++ code", "a code in C")
    (1.0, 0.5)
    """
    query_words = _content_words(query)
    if not query_words:
        return 0.0
    return sum(match_word(word, text) != "none" for word in query_words) / len(query_words)


def other_forms(query: str, text: str) -> tuple[str, ...]:
    """The words of a text that are only forms of asked words which do not stand there literally.

    >>> other_forms("robotics", "these giant robotic claws"), other_forms("robotics", "your robotics")
    (('robotic',), ())
    """
    return tuple(dict.fromkeys(match_forms(query, text)))


def match_forms(query: str, text: str) -> list[str]:
    """As `other_forms`, each word as often as it stands there, in the order of the asked words."""
    return [
        one.key
        for word in _content_words(query)
        if match_word(word, text) == "form"
        for one in words_in(text)
        if word.key in one.variants or any(stem(key) == stem(word.key) for key in one.keys)
    ]


def count_phrase(query: str, text: str) -> int:
    """How often the asked words literally stand in a text one behind the other.

    Where they stand in it but not so, it is once; 0 where one of the content words is not there literally.

    >>> count_phrase("freaked out", "Freaked out? I'm not freaked out!")
    2
    >>> count_phrase("out freaked", "freaked out")
    1
    """
    words = words_in(query)
    together = len(text_words(text).phrases(words))
    if together or not words:
        return together
    text_index = text_words(text)
    return int(all(text_index.has(word) for word in _content_words(query)))


def contains_quote(text: str, quote: str) -> bool:
    """Whether the quote stands in the text word for word; `…` in a quote stands for left-out words.

    Case, accents, white space and punctuation do not count, signs that belong to a word do. An empty quote
    is never said.

    >>> contains_quote("Bayes' rule: P(A|B) = P(B|A)", "bayes rule … p(b|a)")
    True
    >>> contains_quote("written in C", "C++")
    False
    """
    parts = [words_in(part) for part in re.split(r"…|\.\.\.", quote)]
    parts = [part for part in parts if part]
    at = 0
    for part in parts:
        found = next((end for start, end in text_words(text).phrases(part) if start >= at), None)
        if found is None:
            return False
        at = found
    return bool(parts)


def match_score(query: str, quoted: Sequence[str], text: str) -> float:
    """How well a text holds what was asked, 0 to 1; 0 when a quoted part of it is not there verbatim.

    >>> match_score("the prior", (), "a flat prior")
    1.0
    >>> match_score("thank you", ("thank you",), "you should thank her")
    0.0
    """
    if any(contains_quote(query, quote) and not contains_quote(text, quote) for quote in quoted):
        return 0.0
    return coverage(query, text)

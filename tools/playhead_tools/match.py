"""How much of what was asked for stands in a text, by words and their stems."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_QUOTED = re.compile(r'"([^"]+)"|(?<!\w)\'(?=\S)([^\']*[^\'\s])\'(?!\w)')
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "«": '"', "»": '"', "„": '"', "‘": "'", "’": "'"})
_SUFFIXES = (
    ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"),
    ("ing", ""), ("edly", ""), ("ed", ""), ("es", "e"), ("s", ""),
)  # fmt: skip
STOPWORDS = frozenset(
    _TOKEN.findall(
        """
        a about an and any are as at be been being but by can could did do does for from had has have he
        her here him his how i if in into is it its just me my near of on or our she so some than that the
        their them then there these they this those to up us was we were what when where which while who
        whom whose why will with would you your
        """
    )
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A text as words with single spaces: case, accents, quotes and punctuation gone.

    >>> plain("Bayes’  Rule: P(A|B)\\n= …")
    'bayes rule p a b'
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(_TOKEN.findall(letters)).replace("'", "").replace("’", "")


_SAME_LETTER = str.maketrans({"ё": "е", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
_INSIDE_WORD = str.maketrans(dict.fromkeys(".'’‘`´·\u00ad", None))
MAX_JOINED = 3
"""Words that stand next to each other are compared as one word too, so many at most (`U S A`, `e-mail`)."""


def spelling(text: str) -> list[str]:
    """The words of a text as letters and digits alone, however they are spelled.

    Case, accents and marks are gone, points and apostrophes inside a word too; ß is ss, ё is е, ı is i.

    >>> spelling("O'Brien, U.S.A. (Straße)")
    ['obrien', 'usa', 'strasse']
    """
    folded = text.casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded.translate(_SAME_LETTER))
        folded = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return _LETTERS.findall(folded.translate(_INSIDE_WORD))


_LETTERS = re.compile(r"[^\W_]+")


def spelled_alike(asked: str, text: str) -> float:
    """The part of the asked content words that stand in a text in any spelling, 0 to 1.

    Looser than `coverage`: what it finds may be what is asked, and is a reason not to say that it is absent.

    >>> spelled_alike("USA", "made in the U.S.A."), spelled_alike("e-mail", "an email")
    (1.0, 1.0)
    """
    wanted = _asked_spelling(asked)
    if not wanted:
        return 0.0
    words = spelling(text)
    letters = "".join(words)
    if not any(stem(word) in letters for word in wanted):
        return 0.0
    there = {"".join(words[i : i + n]) for n in range(1, MAX_JOINED + 1) for i in range(len(words) - n + 1)}
    there |= {stem(word) for word in there}
    if "".join(wanted) in there:
        return 1.0
    return sum(word in there or stem(word) in there for word in wanted) / len(wanted)


@lru_cache(maxsize=256)
def _asked_spelling(asked: str) -> tuple[str, ...]:
    words = spelling(asked)
    return tuple(word for word in words if word not in STOPWORDS) or tuple(words)


def straight_quotes(text: str) -> str:
    """A text whose quotation marks and apostrophes are the plain ones, character for character."""
    return text.translate(_STRAIGHT)


def put_away_quotes(text: str, mark: Callable[[int], str]) -> tuple[str, tuple[str, ...]]:
    """A text with a mark in place of every quoted phrase, and the phrases.

    >>> put_away_quotes("he says “to be” and 'not'", lambda i: f"<{i}>")
    ('he says <0> and <1>', ('to be', 'not'))
    """
    quotes: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        quotes.append((found[1] or found[2]).strip())
        return mark(len(quotes) - 1)

    marked = _QUOTED.sub(put_away, straight_quotes(text))
    return marked, tuple(quotes)


@lru_cache(maxsize=4096)
def quotes_in(text: str) -> tuple[str, ...]:
    """The phrases in quotation marks."""
    return put_away_quotes(text, str)[1]


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


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The stems that carry meaning; all stems when there would be none ("to be or not to be")."""
    words = plain(text).split()
    return frozenset(stem(w) for w in words if w not in STOPWORDS) or frozenset(map(stem, words))


def search_terms(text: str) -> tuple[str, ...]:
    """The content words of a text as a full-text index splits them: no apostrophes, not stemmed.

    >>> search_terms("What is Bayes’ rule?")
    ('bayes', 'rule')
    """
    split = plain(re.sub(r"['’]", " ", text)).split()
    carrying = [word for word in split if word not in STOPWORDS and len(word) > 1]
    return tuple(dict.fromkeys(carrying or split))


def coverage(asked: str, text: str) -> float:
    """The part of the asked content words that stand in the text, 0 to 1; 0 when nothing was asked.

    >>> coverage("the priors of Bayes", "Bayes chose a prior"), coverage("red car", "a blue car")
    (1.0, 0.5)
    """
    wanted = content_words(asked)
    if not wanted:
        return 0.0
    return len(wanted & _stems(text)) / len(wanted)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, plain(text).split()))


def says(text: str, quote: str) -> bool:
    """Whether the quote stands in the text word for word; `…` in a quote stands for left-out words.

    Case, accents, white space and punctuation do not count. An empty quote is never said.

    >>> says("Bayes' rule: P(A|B) = P(B|A)", "bayes rule … p(b|a)"), says("a posterior", "post")
    (True, False)
    """
    hay, at = f" {plain(text)} ", 0
    parts = [plain(part) for part in re.split(r"…|\.\.\.", quote)]
    parts = [part for part in parts if part]
    for part in parts:
        found = hay.find(f" {part} ", at)
        if found < 0:
            return False
        at = found + len(part) + 1
    return bool(parts)


def fit(asked: str, quoted: Sequence[str], text: str) -> float:
    """How well a text holds what was asked, 0 to 1; 0 when a quoted part of it is not there verbatim.

    >>> fit("the prior", (), "a flat prior"), fit("thank you", ("thank you",), "you should thank her")
    (1.0, 0.0)
    """
    inside = f" {plain(asked)} "
    if any(f" {plain(q)} " in inside and not says(text, q) for q in quoted if plain(q)):
        return 0.0
    return coverage(asked, text)

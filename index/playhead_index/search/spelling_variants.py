"""The phrases under which a full-text index may hold a word, in any of its spellings.

The index cuts at every sign (`U.S.A.` is `u s a`), and folds case and most accents, but not ß, ё, ı or the
accents of Greek. What may stand there is therefore generated from the word that is searched for, so that the
index needs no second key and libraries stay as they are; what is found is compared on the raw text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

from playhead_index.literal import Word, is_unspaced, text_words

MAX_SPLIT_CHARS = 16
"""Longer words are not tried in two pieces (`o brien`, `node js`)."""
MAX_PIECE_CHARS = 3
"""The shorter of two pieces of letters has so many at most (`o brien`, `don t`)."""
MAX_LETTERS_APART = 6
"""Longer words are not tried letter by letter (`u s a`)."""
MAX_REPLACED = 3
"""So many characters of a word may be spelled otherwise, in any combination."""
MAX_PHRASES = 96

_UNFOLDED = (
    ("ss", "ß"),
    ("е", "ё"),
    ("i", "ı"),
    ("o", "ø"),
    ("l", "ł"),
    ("d", "đ"),
    ("ae", "æ"),
    ("oe", "œ"),
)
_GREEK_ACCENTS = str.maketrans("αεηιουω", "άέήίόύώ")
_PIECES = re.compile(r"[^\W_]+")
_TYPED_AS = {
    "+": "+\uff0b", "#": "#\u266f\uff03", "*": "*\uff0a", "%": "%\uff05", "&": "&\uff06", "@": "@\uff20",
    "$": "$\uff04", "-": "-\u2212\u2010\u2011\uff0d", ".": ".\uff0e",
}  # fmt: skip
"""The characters that `fold_text` makes into each sign."""


@lru_cache(maxsize=4096)
def index_phrases(word: Word) -> tuple[str, ...]:
    """Phrases of which a text that literally holds a word holds at least one, the likeliest first.

    Each is made of pieces with single blanks, without signs. Words of a script without spaces have none but
    their own.

    >>> from playhead_index.literal import words_in
    >>> index_phrases(words_in("C++")[0]), index_phrases(words_in("UK")[0])
    (('c',), ('uk', 'u k'))
    """
    return tuple(dict.fromkeys(phrase for phrase in _phrases(word) if phrase))[:MAX_PHRASES]


def _phrases(word: Word) -> Iterator[str]:
    pieces = _PIECES.findall(word.key)
    yield " ".join(pieces)
    if len(word.parts) > 1:
        yield " ".join(min(part, key=len) for part in word.parts if part)
    if word.sequence:
        yield " ".join(" ".join(_PIECES.findall(piece)) for piece in word.sequence)
    if not pieces or is_unspaced(word.key):
        return
    first, rest = pieces[0], pieces[1:]
    if first.isdigit():
        yield " ".join([*_grouped(first), *rest])
    if rest:
        return
    yield from _unfolded(first)
    if 2 <= len(first) <= MAX_LETTERS_APART and first.isalpha():
        yield " ".join(first)
    if MAX_PIECE_CHARS < len(first) <= MAX_SPLIT_CHARS:
        yield from (f"{first[:at]} {first[at:]}" for at in range(1, len(first)) if _may_be_cut(first, at))


def _may_be_cut(word: str, at: int) -> bool:
    """Whether an apostrophe, a hyphen or a point may stand at a place of a word."""
    if word[at - 1].isdigit() != word[at].isdigit() or word.isdigit():
        return True
    return min(at, len(word) - at) <= MAX_PIECE_CHARS


def _grouped(digits: str) -> list[str]:
    """Digits in groups of three from the right, as `1,299` is indexed."""
    first = len(digits) % 3
    return [
        group
        for group in (digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3)))
        if group
    ]


def _unfolded(word: str) -> Iterator[str]:
    """The spellings that `fold_text` makes into this word and a full-text index does not."""
    for folded, spelled in _UNFOLDED:
        places = [found.start() for found in re.finditer(folded, word)][:MAX_REPLACED]
        for num in range(1, len(places) + 1):
            for chosen in combinations(places, num):
                yield _replaced(word, chosen, len(folded), spelled)
    for at, letter in enumerate(word):
        accented = letter.translate(_GREEK_ACCENTS)
        if accented != letter:
            yield word[:at] + accented + word[at + 1 :]


def _replaced(word: str, places: Sequence[int], length: int, spelled: str) -> str:
    for at in reversed(places):
        word = word[:at] + spelled + word[at + length :]
    return word


def holds_word(text: str, word: Word, *, or_variant: bool = False) -> bool:
    """Whether a text literally holds a word; most texts without its signs are refused by that alone.

    Args:
        text: raw.
        word: that is searched for.
        or_variant: a near form is enough: `1299` for `1,299.99`.
    """
    if any(sign in word.key and not any(typed in text for typed in _TYPED_AS[sign]) for sign in _TYPED_AS):
        return False
    is_plain = text.isascii() and word.key.isascii() and word.key.isalnum()
    if is_plain and _letters_in_a_row(word.key).search(text.lower()) is None:
        return False
    words = text_words(text)
    return words.has(word) or (or_variant and word.key in words.variant_keys)


@lru_cache(maxsize=1024)
def _letters_in_a_row(key: str) -> re.Pattern[str]:
    """The letters of a word, at most one sign between two of them; a blank too where digits begin or end."""
    pattern = key[:1]
    for before, after in pairwise(key):
        pattern += (r"\W?" if before.isdigit() != after.isdigit() else r"[^\w\s]?") + after
    return re.compile(pattern)

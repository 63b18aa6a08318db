"""Words of raw text with the signs that belong to them, and whether they are literally the same word.

A full-text index keeps letters and digits alone, so `C++`, `C#` and `C` are one term to it. Here the signs
that tell words apart stay, and what is only another spelling of the same word is folded:

    stays    `C++`  `F#`  `.NET`  `3.14`  `-5`  `$5`  `50%`  `#1`  `@name`  `AT&T`  `10:30`  `24/7`
    folded   case, accents, ß/ss, ё/е, ı/i, vowel points, digits of other scripts, apostrophes (`O'Brien`,
             `obrien`), hyphens and points inside a word (`e-mail`, `Node.js`, `U.S.A.`, `COVID-19`), digit
             grouping (`1,299.99`, `1299.99`)

Two words are literally the same when one key of the text's word is the key of the other. A unit sign may be
left out of what is searched for, never added: `5` matches `$5` and `50` matches `50%`, and neither the other
way round. Nothing else is left out: `C` does not match `C++`, `5` not `-5`, `3` not `3.14`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from playhead_index.clean_text import clean_text

MIN_JOINED_DIGITS = 7
"""Digits joined by hyphens are one number from so many on (`555-0199`); `3-5` is a range."""
MIN_INTEGER_DIGITS = 4
"""Digits before the decimal point from which the number without its decimals is a near form of it."""
MIN_PIECE_CHARS = 3
"""Letters beside an apostrophe from which they are a word too: `Bob` in `Bob's`."""

MAX_CACHED_TEXTS, MAX_CACHED_LONG_TEXTS = 8192, 64
"""Texts whose words are held: more short ones than one question reads, and few long ones. 8,192 subtitle cues
of 45 characters take 20 MB, texts of 500 characters without a word in common 220 MB."""
MAX_SHORT_CHARS = 500

_CURRENCY = "$€£¥₹₽"
_UNITS_BEFORE = f"{_CURRENCY}@#+"
_UNITS_BEHIND = "%‰"
_SAME_LETTER = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
_SAME_SIGN = str.maketrans(
    {
        "ı": "i", "_": "·", "♯": "#", "−": "-", "‐": "-",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'",
        "\u0640": None, "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None,
    }
)  # fmt: skip
_SAME_CHARACTER = _SAME_LETTER | _SAME_SIGN
_SAME_LENGTH = {code: new for code, new in _SAME_CHARACTER.items() if new is not None and len(new) == 1}
# Marks of Latin, Greek, Hebrew and Arabic are spelling; those of Cyrillic and of kana make other letters.
_MARKS = re.compile(
    "(?<![\u0400-\u052f])[\u0300-\u036f]|(?<=\u0435)\u0308|(?<=[\u0400-\u052f])[\u0300\u0301]"
    "|[\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]"
)
_OPTIONAL_MARKS = re.compile(
    "[\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0656-\u065f\u0670]"
    "|(?<=[\u0400-\u052f])[\u0300\u0301]|(?<=i)\u0307"
)
"""Vowel points of Hebrew and Arabic, stress accents of Cyrillic and the dot of a Turkish i: the word is the
same without them."""
_TONE_BEFORE_NIKHAHIT = re.compile("([\u0e48-\u0e4b])\u0e4d|([\u0ec8-\u0ecb])\u0ecd")
"""Thai and Lao: NFKC takes sara am apart, so that the tone mark before it comes before its ring."""
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
LETTER = r"[\w\u0300-\u036f\u0900-\u0963\u0966-\u0e7f\u0f18-\u109d\u17b4-\u17d3\u3099\u309a]"
_OPENS = r"(?<![^\s(\[{\"'/:=,;|<>–—])"
_WORD = re.compile(
    rf"(?P<head>{_OPENS}(?:[-+]?[{_CURRENCY}](?=\d)|[-+]\.?(?=\d)|\.(?={LETTER})|[@#](?={LETTER})))?"
    rf"(?P<body>{LETTER}+(?:(?:[.'·&/@-]|\+{{1,2}}|(?<=\d)[,:](?=\d)){LETTER}+)*)"
    rf"(?P<tail>\+{{1,2}}+(?!{LETTER})|[#*](?!{LETTER})|(?<=\d) ?[{_UNITS_BEHIND}]"
    rf"|(?<=\d) ?[{_CURRENCY}](?! ?\d))?"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CONTRACTION = re.compile(r"(?:i|you|he|she|it|we|they|that|there|who|what)'(?:ll|re|d|s)")
"""Contractions that are other words without their apostrophe: `we'll` and `well`."""
_JOINS = re.compile(r"\+{1,2}|[.'·&/@:,-]")
_LETTERS_THEN_DIGITS = re.compile(r"([^\W\d]+)(\d+)|(\d+)([^\W\d]+)")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text.

    Args:
        key: the word with its signs, its spelling folded: `c++`, `usa`, `1299.99`, `obrien`.
        keys: all keys under which it is literally found: `$5` also as `5`.
        variants: keys of forms of it that are not the same word: `net` for `.NET`.
        parts: for each part of a compound its keys: of `COVID-19` those of `covid` and of `19`; of a
            simple word its own.
        sequence: the keys of its parts where these may as well stand apart (`node js`); empty where not.
    """

    key: str
    keys: frozenset[str]
    variants: frozenset[str]
    parts: tuple[frozenset[str], ...]
    sequence: tuple[str, ...] = ()

    @property
    def has_signs(self) -> bool:
        """Whether signs of its own belong to it, so that a full-text index cannot tell it from another."""
        return _SIGN.search(self.key) is not None

    @property
    def has_own_sign(self) -> bool:
        """Whether a sign makes it another word than without the sign: `C++`, `.NET`, `-5`, `@name`, `50%`."""
        return _OWN_SIGN.search(self.key) is not None


_OWN_SIGN = re.compile(rf"^[-+.@#{_CURRENCY}]|[+#*{_UNITS_BEHIND}]$")
_SIGN = re.compile(rf"[+#*&@.:/,-]|[{_CURRENCY}]|[{_UNITS_BEHIND}]")


@lru_cache(maxsize=512)
def fold_text(text: str, *, keep_marks: bool = False) -> str:
    """A text in one spelling, with all its signs: case, accents and typographic characters gone.

    Args:
        text: any.
        keep_marks: keep accents and other marks that tell words apart (`año`, `ano`), and letters such as ø
            and ß; vowel points and stress accents go all the same.

    >>> fold_text("Die STRASSE, Straße, Işık, ёжик, C++")
    'die strasse, strasse, isik, ежик, c++'
    >>> fold_text("Die Straße, Işık, ёжик", keep_marks=True)
    'die straße, işik, ёжик'
    """
    text = clean_text(text)
    if text.isascii():
        return text.lower().translate(_SAME_SIGN)
    folded = text
    for _ in range(2):
        folded = unicodedata.normalize("NFKC", folded)
        folded = folded.lower().replace("ς", "σ") if keep_marks else folded.casefold()
    folded = _TONE_BEFORE_NIKHAHIT.sub(_nikhahit_first, folded)
    folded = _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), folded)
    decomposed = unicodedata.normalize("NFD", folded.translate(_SAME_SIGN if keep_marks else _SAME_CHARACTER))
    return unicodedata.normalize("NFC", (_OPTIONAL_MARKS if keep_marks else _MARKS).sub("", decomposed))


def _nikhahit_first(found: re.Match[str]) -> str:
    return f"{found[0][1]}{found[0][0]}"


@lru_cache(maxsize=512)
def words_in(text: str, *, keep_marks: bool = False) -> tuple[Word, ...]:
    """The words of a text, in order; `keep_marks` as in `fold_text`.

    >>> [word.key for word in words_in("We use C++, .NET and Node.js (v3.14) in the U.S.A. at -5 %.")]
    ['we', 'use', 'c++', '.net', 'and', 'nodejs', 'v3.14', 'in', 'the', 'usa', 'at', '-5%']
    """
    return tuple(
        _word(found["head"] or "", found["body"], found["tail"] or "")
        for found in _WORD.finditer(fold_text(text, keep_marks=keep_marks))
    )


def surfaces_in(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand in it as it is: (first character, character behind the last).

    >>> [text[a:b] for text in ["C++, then U.S.A."] for a, b in surfaces_in(text)]
    ['C++', 'then', 'U.S.A']
    """
    return [found.span() for found in _WORD.finditer(text.translate(_SAME_LENGTH))]


@lru_cache(maxsize=16384)
def _word(head: str, body: str, tail: str) -> Word:
    tail = tail.strip()
    if tail and tail in _CURRENCY:  # `5 €` is `€5`
        head, tail = (head + tail if head in ("", "-", "+") and _NUMBER.fullmatch(body) else head), ""
    if tail == "*" and len(body) > 1:
        tail = ""
    if _NUMBER.fullmatch(body):
        return _number(head, body, tail)
    core = _without_joins(body)
    pieces = _pieces(body)
    keys, variants = _with_signs(head, [core], tail)
    if len(pieces) == 1:
        if not head and not tail:
            keys |= _beside_apostrophe(body)
        return Word(f"{head}{core}{tail}", keys, variants, (keys,), _sequence(head, body, tail))
    last = len(pieces) - 1
    parts = tuple(
        _with_signs(head if i == 0 else "", [piece], tail if i == last else "")[0]
        for i, piece in enumerate(pieces)
    )
    return Word(f"{head}{core}{tail}", keys, variants, parts, _sequence(head, body, tail))


def _with_signs(head: str, cores: Iterable[str], tail: str) -> tuple[frozenset[str], frozenset[str]]:
    """The literal and the near keys of a word of one or several cores between its signs."""
    keys, variants = set(), set()
    for core in cores:
        for before in {head, head.lstrip(_UNITS_BEFORE), head.rstrip(_CURRENCY)}:
            keys |= {f"{before}{core}{tail}", f"{before}{core}{tail.rstrip(_UNITS_BEHIND)}"}
        if head == "." and not core[0].isdigit():
            variants.add(f"{core}{tail}")
    return frozenset(keys), frozenset(variants)


def _number(head: str, body: str, tail: str) -> Word:
    """A number, its grouping folded; a list such as `1,2,3` is a compound of its numbers."""
    cores = _numbers(body)
    if not cores:
        parts = tuple(_with_signs("", [piece], "")[0] for piece in body.split(","))
        key = f"{head}{body}{tail}"
        return Word(key, frozenset({key}), frozenset(), parts)
    keys, variants = _with_signs(head, cores, tail)
    integer_part, point, _ = cores[0].partition(".")
    if point and len(integer_part) >= MIN_INTEGER_DIGITS:
        variants |= _with_signs(head, [integer_part], tail)[0]
    return Word(f"{head}{cores[0]}{tail}", keys, variants, (keys,))


def _numbers(body: str) -> list[str]:
    """The ways to read digits with points and commas as one number, the likeliest first; none for a list."""
    groups = re.split(r"[.,]", body)
    signs = [sign for sign in body if sign in ".,"]
    grouped = [len(group) == 3 for group in groups[1:]]
    if not signs or (set(signs) == {"."} and len(signs) > 1 and not all(grouped)):
        return [body]
    if len(set(signs)) > 1:
        is_decimal = signs[-1] not in signs[:-1] and all(grouped[:-1])
        return ["".join(groups[:-1]) + "." + groups[-1]] if is_decimal else []
    if all(grouped) and len(groups[0]) <= 3 and (len(signs) > 1 or signs == [","]):
        return ["".join(groups)]
    if len(signs) > 1:
        return []
    decimal = ".".join(groups)
    return [decimal, "".join(groups)] if all(grouped) and len(groups[0]) <= 3 else [decimal]


def _without_joins(body: str) -> str:
    """A compound as one word: the joining signs that are only spelling are left out."""
    digits = sum(map(str.isdigit, body))

    def keep(found: re.Match[str]) -> str:
        sign = found[0]
        if sign in "'·":
            return sign if sign == "'" and _CONTRACTION.fullmatch(body) else ""
        between_digits = body[found.start() - 1].isdigit() and body[found.end()].isdigit()
        if sign == ".":
            return "." if between_digits else ""
        if sign == "-":
            return "-" if between_digits and digits < MIN_JOINED_DIGITS else ""
        return sign

    return _JOINS.sub(keep, body)


def _pieces(body: str) -> list[str]:
    """The parts of a compound, each a word of its own: not those beside an apostrophe, nor single letters."""
    plain = _JOINS.sub(lambda found: "" if found[0] in "'·" else found[0], body)
    cuts = [found for found in _JOINS.finditer(plain) if not _is_decimal_point(plain, found)]
    pieces, at = [], 0
    for cut in cuts:
        end = cut.end() if len(cut[0]) > 1 else cut.start()  # `c++` of `c++11`
        pieces.append(plain[at:end])
        at = cut.end()
    pieces.append(plain[at:])
    dotted = bool(cuts) and all(cut[0] == "." for cut in cuts)
    return [plain.replace(".", "")] if dotted and all(len(piece) == 1 for piece in pieces) else pieces


def _is_decimal_point(text: str, found: re.Match[str]) -> bool:
    return found[0] in ".," and text[found.start() - 1].isdigit() and text[found.end()].isdigit()


def _beside_apostrophe(body: str) -> frozenset[str]:
    pieces = body.split("'")
    if len(pieces) != 2 or pieces[1] == "t" or _CONTRACTION.fullmatch(body):
        return frozenset()
    return frozenset(piece for piece in pieces if len(piece) >= MIN_PIECE_CHARS and piece.isalnum())


def _sequence(head: str, body: str, tail: str) -> tuple[str, ...]:
    """The parts that may as well stand apart, with the signs at the two ends of the word."""
    joins = _JOINS.findall(body)
    parts = _JOINS.split(body)
    if any(join not in "-.'·" for join in joins) or any(
        a[-1].isdigit() and b[0].isdigit() for a, b in pairwise(parts)
    ):
        return ()
    if not joins:
        found = _LETTERS_THEN_DIGITS.fullmatch(body)
        parts = [part for part in found.groups() if part] if found is not None else []
    if len(parts) < 2:
        return ()
    return (f"{head}{parts[0]}", *parts[1:-1], f"{parts[-1]}{tail}")


# ---- searching words ----


class TextWords:
    """The words of one text, ready for words to be searched for in them.

    Args:
        text: any.
        keep_marks: as in `fold_text`; also of the words that are searched for.
    """

    def __init__(self, text: str, *, keep_marks: bool = False) -> None:
        self.words = words_in(text, keep_marks=keep_marks)
        self._parts: list[frozenset[str]] = []
        self._joined_at: dict[int, tuple[frozenset[str], int]] = {}
        for word in self.words:
            if len(word.parts) > 1:
                self._joined_at[len(self._parts)] = word.keys, len(word.parts)
            self._parts += word.parts

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key under which a word or a part of one stands in the text."""
        word_keys = (key for word in self.words for key in word.keys)
        return frozenset(word_keys) | frozenset(key for part in self._parts for key in part)

    @cached_property
    def variant_keys(self) -> frozenset[str]:
        """The keys of near forms of its words."""
        return frozenset(key for word in self.words for key in word.variants)

    def has(self, word: Word) -> bool:
        """Whether a word stands in the text literally."""
        if word.key in self.keys:
            return True
        if is_unspaced(word.key):
            return any(word.key in key for key in self.keys)
        return bool(word.sequence) and any(self._ends(word, at) for at in range(len(self._parts)))

    def phrases(self, phrase: Sequence[Word]) -> list[tuple[int, int]]:
        """Where words stand one behind the other: (first part, part behind the last), without overlaps.

        Args:
            phrase: its words; nothing is found for none.
        """
        if not phrase or not self._may_begin(phrase[0]):
            return []
        if len(phrase) == 1 and is_unspaced(phrase[0].key):
            return self._inside(phrase[0].key)
        found, free, first = [], 0, phrase[0]
        for at, keys in enumerate(self._parts):
            if at < free or not (first.key in keys or first.sequence or at in self._joined_at):
                continue
            end = self._end_of(phrase, at)
            if end is not None:
                found.append((at, end))
                free = end
        return found

    def _may_begin(self, word: Word) -> bool:
        return bool(word.sequence) or word.key in self.keys or is_unspaced(word.key)

    def _end_of(self, phrase: Sequence[Word], at: int) -> int | None:
        ends = {at}
        for word in phrase:
            ends = {end for start in ends for end in self._ends(word, start)}
            if not ends:
                return None
        return min(ends)

    def _ends(self, word: Word, at: int) -> list[int]:
        """Where a word may end that begins at a part: several where it is a compound."""
        if at >= len(self._parts):
            return []
        ends = [at + 1] if word.key in self._parts[at] else []
        keys, num_parts = self._joined_at.get(at, (frozenset[str](), 0))
        if word.key in keys:
            ends.append(at + num_parts)
        run = self._parts[at : at + len(word.sequence)]
        if word.sequence and len(run) == len(word.sequence):
            ends += [at + len(run)] if all(k in p for k, p in zip(word.sequence, run, strict=True)) else []
        return ends

    def _inside(self, key: str) -> list[tuple[int, int]]:
        """A word of a script without spaces stands anywhere inside a run of letters."""
        return [
            (at, at + 1)
            for at, part in enumerate(self._parts)
            for _ in range(max(one.count(key) for one in part))
        ]


def text_words(text: str, *, keep_marks: bool = False) -> TextWords:
    """The `TextWords` of a text, from a cache where it was read before."""
    cached = _short_text_words if len(text) <= MAX_SHORT_CHARS else _long_text_words
    return cached(text, keep_marks=True) if keep_marks and not text.isascii() else cached(text)


_short_text_words = lru_cache(maxsize=MAX_CACHED_TEXTS)(TextWords)
_long_text_words = lru_cache(maxsize=MAX_CACHED_LONG_TEXTS)(TextWords)


def is_unspaced(text: str) -> bool:
    """Whether some of it is in a script that is written without spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None

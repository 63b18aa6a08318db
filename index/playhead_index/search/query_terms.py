"""From text to the terms that are looked up, by the tokenizer of the catalog's own full-text index.

Words are folded by `word_forms`; the tokens are SQLite's, so that what is found is what the full-text index
would find. Scripts that are written without spaces (Chinese, Japanese, Thai and others) come out of it as one
token a run. Such a token is found by its letters and pairs of neighbouring letters.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from playhead_index.literal import Word, fold_text, is_unspaced, surfaces_in, text_words, words_in
from playhead_index.search.irregular_forms import IRREGULAR_FORMS
from playhead_index.search.spelling_variants import index_phrases
from playhead_index.search.stop_words import STOP_WORDS
from playhead_index.search.word_forms import spelled_out, umlaut_forms, word_forms
from playhead_index.store.full_text import Fts5Tokenizer

Forms = tuple[tuple[str, str], ...]
KNOWN_CHUNKS = 500_000
MAX_CHUNK_CHARS = 8_000
"""Of a longer chunk, which only text without spaces has, so much is looked up: FTS5 cuts a token at 32,768
bytes, which may be inside a character, and such a token cannot be read back."""
_QUOTED = re.compile(r'"([^"]*)"')
_IN_THE_INDEX = re.compile("[\\W\x00-\u052f\u1e00-\u1fff]*")
"""Text in Latin, Greek and Cyrillic, whose words the full-text index of the catalog does not take apart."""
_TYPOGRAPHIC_QUOTES = str.maketrans("“”„‟«»「」『』", '""""""""""')
# Only what every version of SQLite's tokenizer takes for a separator or folds: ASCII.
_CHUNKED = {i: chr(i).lower() if chr(i).isalnum() else " " for i in range(128)}


def chunks(text: str) -> list[str]:
    """The pieces of a text between ASCII separators, in small letters: no term crosses two of them.

    >>> chunks("What's on the RED door?")
    ['what', 's', 'on', 'the', 'red', 'door']
    """
    return text.translate(_CHUNKED).split()


class Tokenizer:
    """Turns chunks into tokens; a chunk that came before costs a look-up.

    Words are folded first (`word_forms`), then stemmed by SQLite.

    Args:
        tokenize: the `tokenize` option of the full-text index, such as `porter unicode61`.
    """

    def __init__(self, tokenize: str) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._forms: dict[str, Forms] = {}
        self._lock = threading.Lock()
        if "unicode61" in tokenize:
            tokenize = f"{tokenize} categories ''L* N* Co Mn Mc''"  # vowel signs of Indic scripts
        self._fts5 = Fts5Tokenizer(tokenize)

    def tokens(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """The tokens of each chunk: mostly one, none for what the index does not keep."""
        with self._lock:
            self._learn_new(words)
            return [self._known[word] for word in words]

    def forms(self, words: Sequence[str]) -> list[Forms]:
        """For each chunk, (token, written form) of its words; the form is empty for a folded word."""
        with self._lock:
            self._learn_new(words)
            return [
                self._forms[word]
                if word in self._forms
                else tuple((token, "") for token in self._known[word])
                for word in words
            ]

    def _learn_new(self, words: Sequence[str]) -> None:
        if len(self._known) > KNOWN_CHUNKS:
            self._known.clear()
            self._forms.clear()
        new = dict.fromkeys(word for word in words if word not in self._known)
        if new:
            self._learn(list(new))

    def _learn(self, chunks: Sequence[str]) -> None:
        pieces = {chunk: word_forms(chunk[:MAX_CHUNK_CHARS]) for chunk in chunks}
        words = list(dict.fromkeys(word for found in pieces.values() for word, _ in found))
        tokens = dict(zip(words, self._fts5.tokens(words), strict=True))
        for chunk, found in pieces.items():
            self._known[chunk] = tuple(token for word, _ in found for token in tokens[word])
            if any(form for _, form in found):
                self._forms[chunk] = tuple(
                    (tokens[word][0], form) for word, form in found if len(tokens[word]) == 1
                )


def stored_terms(token: str) -> Iterator[str]:
    """The terms under which a token is found: itself, or letters and pairs of an unspaced script.

    >>> list(stored_terms("タワー2024"))
    ['タ', 'ワ', 'ー', 'タワ', 'ワー', '2024']
    """
    for unspaced, run in _runs(token):
        if unspaced:
            yield from run
        yield from _pairs(run) if unspaced else (run,)


def query_terms(token: str) -> Iterator[str]:
    """The terms that are looked up for a token: pairs of an unspaced script say more than letters.

    >>> list(query_terms("タワー2024")), list(query_terms("猫"))
    (['タワ', 'ワー', '2024'], ['猫'])
    """
    for unspaced, run in _runs(token):
        yield from _pairs(run) if unspaced and len(run) > 1 else (run,)


def _runs(token: str) -> Iterator[tuple[bool, str]]:
    if not is_unspaced(token):
        yield False, token
        return
    for unspaced, letters in groupby(token, key=is_unspaced):
        yield unspaced, "".join(letters)


def _pairs(run: str) -> Iterator[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


@dataclass(frozen=True, slots=True)
class QueryWords:
    """The terms, phrases and words that a query text searches for.

    Args:
        terms: each as often as the query has it; a hit holds at least one, or one of `signed` or `spelled`.
        phrases: FTS5 expressions of what stood in quotation marks; a hit holds all.
        required: terms that every hit holds: those of quoted text without spaces.
        forms: (term, written form) of each word, so that texts with exactly this form rank before others
            with the same term; the form is empty for a word without marks.
        alternatives: likewise of other spellings and inflections of a word: `müller` of `mueller`, and
            without a form `mueller` of `müller` and `ran` of `run`.
        signed: words that the full-text index cannot tell from others (`C++`, `3.14`, `U.S.A.`): they count
            where they literally stand in the raw text, and their pieces are not among the terms.
        spelled: the other words, which may stand there in a spelling that is indexed otherwise.
        quoted: the words of each quoted phrase, with their marks; a hit literally holds all phrases.
        runs: quoted text without spaces, folded with its marks; a hit holds all, anywhere.
    """

    terms: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    forms: Forms = ()
    alternatives: Forms = ()
    signed: tuple[Word, ...] = ()
    spelled: tuple[Word, ...] = ()
    quoted: tuple[tuple[Word, ...], ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not (self.terms or self.signed)

    @property
    def is_literal(self) -> bool:
        """Whether a hit must hold the words themselves, so that none is found by meaning alone."""
        return self.is_quoted or bool(self.signed and not self.terms)

    @property
    def is_quoted(self) -> bool:
        """Whether a hit must hold quoted phrases."""
        return bool(self.quoted or self.runs)

    def holds_quoted(self, text: str) -> bool:
        """Whether a raw text literally holds all quoted phrases."""
        if self.runs and not self._holds_runs(text):
            return False
        words = text_words(text.replace("ß", "ss"), keep_marks=True)
        return all(words.phrases(phrase) for phrase in self.quoted)

    def _holds_runs(self, text: str) -> bool:
        folded = _one_line(text)
        return all(run in folded for run in self.runs)

    def is_held_by(self, text: str) -> bool:
        """Whether a raw text holds what `is_literal` demands: the quoted phrases, else one of the words."""
        if self.is_quoted:
            return self.holds_quoted(text)
        return any(text_words(text).has(word) for word in self.signed)


def parse_query_words(text: str, tokenizer: Tokenizer) -> QueryWords:
    """The terms and phrases of any text: no sign between words has a meaning, but for quotation marks.

    Words such as "the" and "when" are left out, unless nothing else is there. Inside quotation marks all
    words count, and stand as they are written.
    """
    plain = text.encode("utf-8", "replace").decode().translate(_TYPOGRAPHIC_QUOTES)
    quoted = _QUOTED.findall(plain)
    rest, signed, spelled = _split_signed(_QUOTED.sub(" ", plain))
    free = chunks(rest)
    inside = [word for phrase in quoted for word in chunks(phrase)]
    counting = [word for word in free if word not in STOP_WORDS]
    words = inside + (counting if counting or inside or signed else free)
    phrases, required, literal, runs = [], [], [], []
    for phrase in quoted:
        if not any(tokenizer.tokens(chunks(phrase))):
            continue
        if is_unspaced(phrase):
            runs.append(_one_line(phrase))
        else:
            literal.append(words_in(phrase.replace("ß", "ss"), keep_marks=True))
        if _IN_THE_INDEX.fullmatch(phrase) is None:
            required += _terms(chunks(phrase), tokenizer)
        else:
            phrases.append(" AND ".join(map(_any_spelling, words_in(phrase))))
    return QueryWords(
        tuple(_terms(words, tokenizer)),
        tuple(phrase for phrase in phrases if phrase),
        tuple(dict.fromkeys(required)),
        tuple(form for found in tokenizer.forms(words) for form in found),
        tuple(_alternatives(words, tokenizer)),
        signed,
        tuple(word for word in spelled if word.key not in STOP_WORDS),
        tuple(phrase for phrase in literal if phrase),
        tuple(run for run in runs if run),
    )


def _alternatives(words: Sequence[str], tokenizer: Tokenizer) -> Iterator[tuple[str, str]]:
    """(term, written form) of other spellings and inflections of words.

    Words with umlauts for words that spell them out and the other way round, and irregular forms of English.
    """
    for word in dict.fromkeys(words):
        others = tokenizer.tokens(IRREGULAR_FORMS.get(word, ()))
        yield from ((token, "") for tokens in others for token in tokens)
    for folded, form in (pair for word in words for pair in word_forms(word)):
        if (spelled := spelled_out(form)) is not None:
            yield from ((token, "") for token in tokenizer.tokens([spelled])[0])
        elif not form:
            yield from (pair for found in tokenizer.forms(umlaut_forms(folded)) for pair in found)


def _one_line(text: str) -> str:
    """A text folded with its marks, runs of white space as one blank."""
    return " ".join(fold_text(text, keep_marks=True).split())


def has_quoted_words(text: str) -> bool:
    """Whether a text has words in quotation marks, which must stand in the words of a video themselves."""
    return any(map(chunks, _QUOTED.findall(text.translate(_TYPOGRAPHIC_QUOTES))))


def _split_signed(text: str) -> tuple[str, tuple[Word, ...], tuple[Word, ...]]:
    """A text without the words that are compared on the raw text, those words, and the other ones."""
    signed: list[Word] = []
    spelled: list[Word] = []
    rest: list[str] = []
    at = 0
    for start, end in surfaces_in(text):
        surface = text[start:end]
        words, pieces = words_in(surface), chunks(surface)
        rest.append(text[at:start])
        if len(words) == 1 and _needs_raw_text(words[0], pieces):
            signed.append(words[0])
            rest.append(" ")
        else:
            spelled += words if any(piece not in STOP_WORDS for piece in pieces) else ()
            rest.append(surface)
        at = end
    return "".join([*rest, text[at:]]), tuple(dict.fromkeys(signed)), tuple(dict.fromkeys(spelled))


def _needs_raw_text(word: Word, pieces: Sequence[str]) -> bool:
    """Whether the pieces of a word say nothing by themselves: signs tell it apart, or they are letters."""
    if word.has_own_sign:
        return True
    if len(word.parts) > 1:
        return False
    return word.has_signs or (len(pieces) > 1 and all(len(piece) == 1 for piece in pieces))


def _any_spelling(word: Word) -> str:
    """An FTS5 expression that a text which literally holds a word fulfils."""
    return "(" + " OR ".join(f'"{phrase}"' for phrase in index_phrases(word)) + ")"


def _terms(words: Sequence[str], tokenizer: Tokenizer) -> list[str]:
    tokens = (token for found in tokenizer.tokens(words) for token in found)
    return [term for token in tokens for term in query_terms(token)]

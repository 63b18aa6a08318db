"""From text to the terms that are looked up, by the tokenizer of the catalog's own full-text index.

The tokens are SQLite's, so that what is found is what the full-text index would find. One thing it does
not do: scripts that are written without spaces (Chinese, Japanese, Thai and others) come out of it as
one token a sentence. Such a token is found by its letters and pairs of neighbouring letters.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from playhead_index.literal import Word, is_unspaced, surfaces_in, text_words, words_in
from playhead_index.search.stop_words import STOP_WORDS
from playhead_index.search.variants import index_phrases

KNOWN_CHUNKS = 500_000
MAX_CHUNK_CHARS = 8_000
"""Of a longer chunk, which only text without spaces has, so much is looked up: FTS5 cuts a token at 32,768
bytes, which may be inside a character, and such a token cannot be read back."""
_QUOTED = re.compile(r'"([^"]*)"')
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

    Args:
        tokenize: the `tokenize` option of the full-text index, such as `porter unicode61`.
    """

    def __init__(self, tokenize: str) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute(
            f"CREATE VIRTUAL TABLE chunk USING fts5(text, content='', tokenize='{tokenize}')"
        )
        self._connection.execute("CREATE VIRTUAL TABLE token USING fts5vocab(chunk, instance)")

    def tokens(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """The tokens of each chunk: mostly one, none for what the index does not keep."""
        with self._lock:
            if len(self._known) > KNOWN_CHUNKS:
                self._known.clear()
            new = dict.fromkeys(word for word in words if word not in self._known)
            if new:
                self._learn(list(new))
            return [self._known[word] for word in words]

    def _learn(self, words: Sequence[str]) -> None:
        found: dict[int, list[str]] = {}
        run = self._connection.execute
        run("BEGIN")
        self._connection.executemany(
            "INSERT INTO chunk (rowid, text) VALUES (?, ?)",
            ((number, word[:MAX_CHUNK_CHARS]) for number, word in enumerate(words)),
        )
        for number, _, token in sorted(run("SELECT doc, offset, term FROM token")):
            found.setdefault(number, []).append(token)
        run("ROLLBACK")
        self._known |= {word: tuple(found.get(number, ())) for number, word in enumerate(words)}


def stored_terms(token: str) -> Iterator[str]:
    """The terms under which a token is found: itself, or letters and pairs of an unspaced script.

    >>> list(stored_terms("タワー2024"))
    ['タ', 'ワ', 'ー', 'タワ', 'ワー', '2024']
    """
    for unspaced, run in _runs(token):
        if unspaced:
            yield from run
        yield from _pairs(run) if unspaced else (run,)


def asked_terms(token: str) -> Iterator[str]:
    """The terms that are looked up for a token: pairs of an unspaced script say more than letters.

    >>> list(asked_terms("タワー2024")), list(asked_terms("猫"))
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
class AskedWords:
    """What a person's text asks the words of a library.

    Args:
        terms: as often as they are asked for; a hit holds at least one, or one of `signed` or `spelled`.
        phrases: FTS5 expressions of what stood in quotation marks; a hit holds all.
        required: terms that every hit holds: those of quoted text without spaces.
        signed: words that the full-text index cannot tell from others (`C++`, `3.14`, `U.S.A.`): they count
            where they literally stand in the raw text, and their pieces are not among the terms.
        spelled: the other words, which may stand there in a spelling that is indexed otherwise.
        quoted: the words of each quoted phrase; a hit literally holds all phrases.
    """

    terms: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    signed: tuple[Word, ...] = ()
    spelled: tuple[Word, ...] = ()
    quoted: tuple[tuple[Word, ...], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.terms or self.signed)

    @property
    def is_literal(self) -> bool:
        """Whether a hit must hold the words themselves, so that none is found by meaning alone."""
        return bool(self.quoted or (self.signed and not self.terms))

    def holds_quoted(self, text: str) -> bool:
        """Whether a raw text literally holds all quoted phrases."""
        return all(text_words(text).phrases(phrase) for phrase in self.quoted)

    def is_held_by(self, text: str) -> bool:
        """Whether a raw text holds what `is_literal` demands: the quoted phrases, else one of the words."""
        if self.quoted:
            return self.holds_quoted(text)
        return any(text_words(text).has(word) for word in self.signed)


def asked_words(text: str, tokenizer: Tokenizer) -> AskedWords:
    """The terms and phrases of any text: no sign between words has a meaning, but for quotation marks.

    Words such as "the" and "when" are left out, unless nothing else is there. Inside quotation marks all
    words count, and stand as they are written.
    """
    plain = text.encode("utf-8", "replace").decode().translate(_TYPOGRAPHIC_QUOTES)
    quoted = _QUOTED.findall(plain)
    rest, signed, spelled = _signed_apart(_QUOTED.sub(" ", plain))
    free = chunks(rest)
    inside = [word for phrase in quoted for word in chunks(phrase)]
    counting = [word for word in free if word not in STOP_WORDS]
    words = inside + (counting if counting or inside or signed else free)
    phrases, required, literal = [], [], []
    for phrase in quoted:
        if is_unspaced(phrase):
            required += _terms(chunks(phrase), tokenizer)
        elif any(tokenizer.tokens(chunks(phrase))):
            literal.append(words_in(phrase))
            phrases.append(" AND ".join(map(_any_spelling, words_in(phrase))))
    return AskedWords(
        tuple(_terms(words, tokenizer)),
        tuple(phrase for phrase in phrases if phrase),
        tuple(dict.fromkeys(required)),
        signed,
        tuple(word for word in spelled if word.key not in STOP_WORDS),
        tuple(phrase for phrase in literal if phrase),
    )


def has_quoted_words(text: str) -> bool:
    """Whether a text has words in quotation marks, which must stand in the words of a video themselves."""
    return any(map(chunks, _QUOTED.findall(text.translate(_TYPOGRAPHIC_QUOTES))))


def _signed_apart(text: str) -> tuple[str, tuple[Word, ...], tuple[Word, ...]]:
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
    return [term for token in tokens for term in asked_terms(token)]

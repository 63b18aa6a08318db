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

from playhead_index.search.stop_words import STOP_WORDS

KNOWN_CHUNKS = 500_000
MAX_CHUNK_CHARS = 8_000
"""Of a longer chunk, which only text without spaces has, so much is looked up: FTS5 cuts a token at 32,768
bytes, which may be inside a character, and such a token cannot be read back."""
_QUOTED = re.compile(r'"([^"]*)"')
_TYPOGRAPHIC_QUOTES = str.maketrans("“”„‟«»「」『』", '""""""""""')
# Only what every version of SQLite's tokenizer takes for a separator or folds: ASCII.
_CHUNKED = {i: chr(i).lower() if chr(i).isalnum() else " " for i in range(128)}
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


def chunks(text: str) -> list[str]:
    """The pieces of a text between ASCII separators, in small letters: no term crosses two of them.

    >>> chunks("What's on the RED door?")
    ['what', 's', 'on', 'the', 'red', 'door']
    """
    return text.translate(_CHUNKED).split()


def is_unspaced(text: str) -> bool:
    """Some of it is in a script that is written without spaces between words."""
    return _UNSPACED.search(text) is not None


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
        terms: as often as they are asked for; a hit holds at least one.
        phrases: FTS5 expressions of what stood in quotation marks; a hit holds all.
        required: terms that every hit holds: those of quoted text without spaces.
    """

    terms: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def asked_words(text: str, tokenizer: Tokenizer) -> AskedWords:
    """The terms and phrases of any text: no sign in it has a meaning, but for pairs of quotation marks.

    Words such as "the" and "when" are left out, unless nothing else is there. Inside quotation marks all
    words count.
    """
    plain = text.encode("utf-8", "replace").decode().translate(_TYPOGRAPHIC_QUOTES)
    quoted = [chunks(inside) for inside in _QUOTED.findall(plain)]
    free = chunks(_QUOTED.sub(" ", plain))
    inside = [word for words in quoted for word in words]
    counting = [word for word in free if word not in STOP_WORDS]
    words = inside + (counting if counting or inside else free)
    phrases, required = [], []
    for phrase in quoted:
        if is_unspaced("".join(phrase)):
            required += _terms(phrase, tokenizer)
        elif any(tokenizer.tokens(phrase)):
            phrases.append(f'"{" ".join(phrase)}"')
    return AskedWords(tuple(_terms(words, tokenizer)), tuple(phrases), tuple(dict.fromkeys(required)))


def _terms(words: Sequence[str], tokenizer: Tokenizer) -> list[str]:
    tokens = (token for found in tokenizer.tokens(words) for token in found)
    return [term for token in tokens for term in asked_terms(token)]

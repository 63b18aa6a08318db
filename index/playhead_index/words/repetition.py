"""Finds text in which a speech model repeats itself."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from playhead_index.words.protocol import Words

MIN_TOKENS = 20
MIN_DISTINCT_SHARE = 0.18
MAX_RUN = 8
MAX_TRIGRAM_SHARE = 0.4
TOUCHING_S = 2.0
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")


def is_repetition(text: str) -> bool:
    """A text that says the same over and over, as speech models do on silence and music.

    Any of: a token stands 8 times in a row; among at least 20 tokens fewer than 18 % are different; or
    one run of three tokens makes up 40 % of all such runs. The thresholds are those of CRAFT's loop
    detector (2026). The last one also needs 20 tokens here, for in three words one run is all there is.
    Scripts without blanks count by signs.

    >>> is_repetition("so " * 8), is_repetition("No, no, no, I said no.")
    (True, False)
    """
    tokens = _tokens(text)
    if any(len(list(run)) >= MAX_RUN for _, run in groupby(tokens)):
        return True
    if len(tokens) < MIN_TOKENS:
        return False
    if len(set(tokens)) / len(tokens) < MIN_DISTINCT_SHARE:
        return True
    trigrams = Counter(zip(tokens, tokens[1:], tokens[2:], strict=False))
    return max(trigrams.values()) / trigrams.total() >= MAX_TRIGRAM_SHARE


def without_repetitions(spans: Iterable[Words]) -> Iterator[Words]:
    """Spans in time order without those that are repetitions, and equal ones in a row made one.

    Spans of equal text that follow one another within two seconds become one with the hull of their
    windows; eight of them or more are a loop and are dropped.
    """
    for run in _equal_runs(spans):
        if len(run) < MAX_RUN and not is_repetition(run[0].text):
            yield replace(run[0], window=run[0].window.hull(run[-1].window))


def _equal_runs(spans: Iterable[Words]) -> Iterator[list[Words]]:
    run: list[Words] = []
    for span in spans:
        if run and not _repeats(run[-1], span):
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def _repeats(before: Words, span: Words) -> bool:
    return _tokens(before.text) == _tokens(span.text) and before.window.gap_s(span.window) <= TOUCHING_S


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for token in _TOKEN.findall(text.casefold()):
        tokens += list(token) if _SPACELESS.search(token) else [token]
    return tokens

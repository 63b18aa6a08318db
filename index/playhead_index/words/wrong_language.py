"""Finds speech in another language than a model knows, by the probabilities of its words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from playhead_index.window import Window, join_windows
from playhead_index.words.protocol import Words

MAX_MEAN_PROBABILITY = 0.53
"""Mean word probability of an interval below which it is not in the language of the model.

With tiny.en on 11 recordings of English (1,480 words, 6 readers of LibriSpeech test-other among them) the
mean of a recording is 0.75 to 0.96, with white noise at 5 dB 0.59 to 0.83; on German and Spanish (3
recordings, 430 words) 0.33 to 0.48, with noise 0.33 to 0.50. Single sentences overlap: intervals of about 40
words are compared."""
MAX_OWN_PROBABILITY = 0.62
"""A sentence that is surer than this is not marked, whatever stands beside it."""
NUM_WORDS = 40
MIN_WORDS = 20
MAX_MEAN_PROBABILITY_OF_FEW = 0.45
"""Where fewer than `MIN_WORDS` words stand near one another."""
MAX_DISTANCE_S = 60.0
"""Words further away do not belong to the same interval."""
JOINED_S = 15.0
"""Marked intervals are reported as one when no more lies between them."""


def mark_other_languages(spans: Sequence[Words]) -> list[Words]:
    """The spans of a model that knows one language, without a language where it is probably another.

    A span is marked when its words and those before it, or its words and those behind it, have a mean
    probability below `MAX_MEAN_PROBABILITY`.

    Args:
        spans: with word times, in time order.
    """
    return [
        replace(span, language=None) if _is_other_language(spans, i) else span for i, span in enumerate(spans)
    ]


def unknown_language_windows(spans: Iterable[tuple[Window, str | None]]) -> list[Window]:
    """Where consecutive spans have no language, ascending; short gaps between them are closed.

    Args:
        spans: (window, language) in time order.

    >>> unknown_language_windows([(Window(0, 5), None), (Window(8, 9), None), (Window(10, 12), "en")])
    [Window(start_s=0, end_s=9)]
    """
    found: list[Window] = []
    is_joined = False
    for window, language in spans:
        if language is None and is_joined and window.start_s - found[-1].end_s <= JOINED_S:
            found[-1] = found[-1].hull(window)
        elif language is None:
            found.append(window)
        is_joined = language is None
    return join_windows(found)


def _is_other_language(spans: Sequence[Words], i: int) -> bool:
    own = [word.probability for word in spans[i].word_times]
    if not own or sum(own) / len(own) >= MAX_OWN_PROBABILITY:
        return False
    sides = [_neighbour_probabilities(spans, i, -1), _neighbour_probabilities(spans, i, 1)]
    enough = [side for side in sides if len(side) >= MIN_WORDS]
    if not enough:
        few = max(sides, key=len)
        return sum(few) / len(few) < MAX_MEAN_PROBABILITY_OF_FEW
    return min(sum(side) / len(side) for side in enough) < MAX_MEAN_PROBABILITY


def _neighbour_probabilities(spans: Sequence[Words], i: int, step: int) -> list[float]:
    """Probabilities of the words of a span and of those on one side of it, up to `NUM_WORDS`."""
    found = [word.probability for word in spans[i].word_times]
    at = i + step
    while 0 <= at < len(spans) and len(found) < NUM_WORDS:
        if spans[at].window.gap_s(spans[i].window) > MAX_DISTANCE_S:
            break
        found += [word.probability for word in spans[at].word_times]
        at += step
    return found

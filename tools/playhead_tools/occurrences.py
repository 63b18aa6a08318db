"""How often something is said or written: the one count behind `how many times` and the tool that counts.

Occurrences are counted in the words, before spans are joined into passages. What stands twice in the catalog
and was said once counts once: a cue that repeats the cue it overlaps, and a transcript beside a subtitle.
"""

from collections.abc import Iterable, Sequence

from playhead_index.store.catalog import SpanRow
from playhead_tools.word_match import content_words, count_phrase, coverage, match_forms, plain

MIN_OVERLAP_S = 0.05
"""Cues that share less time than this follow each other; rounding makes them touch."""


def count_occurrences(query: str, spans: Iterable[SpanRow]) -> int:
    """How often asked words occur in the spans of one passage, at least once.

    Speech is counted word by word, in each source by itself; the largest count holds, since several sources
    (subtitles, recognised speech, the screen) tell of the same passage. Text on the screen and captions
    count once a passage. Where the words stand only in other forms, these are counted.

    Args:
        query: words to look for.
        spans: of one passage of one video, in any order.
    """
    by_source: dict[tuple[str, str], list[SpanRow]] = {}
    for span in spans:
        by_source.setdefault((span.words.kind, span.words.source), []).append(span)
    counts = [_count_speech(query, group) for (kind, _), group in by_source.items() if kind == "speech"]
    return max([1, *counts])


def count_wordings(wordings: Iterable[str], spans: Sequence[SpanRow], min_match: float) -> int:
    """How often any of several wordings occurs in the spans of one passage, at least once.

    Args:
        wordings: words to look for, each counted by itself.
        spans: of one passage of one video.
        min_match: part of a wording that must stand in one of the spans for it to count, 0 to 1.
    """
    matching = [one for one in wordings if any(coverage(one, s.words.text) >= min_match for s in spans)]
    return max(1, sum(count_occurrences(one, spans) for one in matching))


def _count_speech(query: str, spans: Sequence[SpanRow]) -> int:
    ordered = sorted(spans, key=lambda span: (span.words.window, span.id))
    pieces = _without_repeats(ordered)
    together = count_phrase(query, " ".join(pieces))
    apart = sum(min(1, count_phrase(query, piece)) for piece in pieces)
    if together or apart:
        return max(together, apart)
    if len(content_words(query)) > 1:
        return len([piece for piece in pieces if piece])
    return sum(len(match_forms(query, piece)) for piece in pieces)


def _without_repeats(spans: Sequence[SpanRow]) -> list[str]:
    """The text of each span without the words with which it repeats the end of one that it overlaps."""
    pieces: list[str] = []
    spoken_keys: list[str] = []
    end_s = float("-inf")
    for span in spans:
        words = span.words.text.split()
        keys = [plain(word) for word in words]
        if span.words.window.start_s < end_s - MIN_OVERLAP_S:
            repeated = _num_repeated(spoken_keys, keys)
        else:
            repeated, spoken_keys = 0, []
        pieces.append(" ".join(words[repeated:]))
        spoken_keys += keys[repeated:]
        end_s = max(end_s, span.words.window.end_s)
    return pieces


def _num_repeated(spoken_keys: Sequence[str], keys: Sequence[str]) -> int:
    """How many words at the beginning repeat the last words of what was said.

    The longest such run, in linear time: the prefix function of Knuth, Morris and Pratt (1977), of the
    beginning, a mark and the end.
    """
    if not spoken_keys or not keys:
        return 0
    row = [*keys, None, *spoken_keys[-len(keys) :]]
    longest = [0] * len(row)
    for at in range(1, len(row)):
        num = longest[at - 1]
        while num and row[at] != row[num]:
            num = longest[num - 1]
        longest[at] = num + (row[at] == row[num])
    return longest[-1]

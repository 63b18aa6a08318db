"""Roll-up captions, in which each cue repeats the line before it above the new one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from playhead_index.words.protocol import Words

TOUCHING_S = 0.5
MIN_REPEATED_SHARE = 0.5
MIN_CUES = 4
MAX_LINES = 15
"""Rows of a screen of CEA-608 captions, the most that can roll up together."""


def is_roll_up(spans: Sequence[Words]) -> bool:
    """At least half of the cues begin with the last lines of the cue that they follow at once.

    Args:
        spans: cues of one file in time order; fewer than four are never taken for roll-up captions.
    """
    repeats = [_repeated_lines(a, b) > 0 for a, b in pairwise(spans)]
    return len(spans) >= MIN_CUES and sum(repeats) >= MIN_REPEATED_SHARE * len(repeats)


def unroll(spans: Sequence[Words]) -> list[Words]:
    """Roll-up captions with every line once, from when it first appears.

    A cue that brings no new line lets the one before it last longer. Cues that are not roll-up captions
    come back as they are.

    >>> from playhead_index.window import Window
    >>> def cue(start_s, text): return Words("speech", "file:a.vtt", Window(start_s, start_s + 2), text)
    >>> rolled = [cue(0, "one"), cue(2, "one\\ntwo"), cue(4, "two\\nthree"), cue(6, "three\\nfour")]
    >>> [words.text for words in unroll(rolled)]
    ['one', 'two', 'three', 'four']
    """
    if not is_roll_up(spans):
        return list(spans)
    new_cues = list(spans[:1])
    for before, words in pairwise(spans):
        new = words.text.split("\n")[_repeated_lines(before, words) :]
        if new:
            new_cues.append(replace(words, text="\n".join(new)))
        else:
            new_cues[-1] = replace(new_cues[-1], window=new_cues[-1].window.hull(words.window))
    return new_cues


def _repeated_lines(before: Words, words: Words) -> int:
    """How many first lines of a cue are the last lines of the one that it follows at once."""
    if words.window.start_s - before.window.end_s > TOUCHING_S:
        return 0
    old, new = before.text.split("\n"), words.text.split("\n")
    for count in range(min(len(old), len(new), MAX_LINES), 0, -1):
        if old[-count:] == new[:count]:
            return count
    return 0

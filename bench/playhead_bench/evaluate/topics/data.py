"""Meetings of QMSum with the topics that people marked, laid out in time."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_index.words.transcripts import TranscriptSpan

SECONDS_PER_WORD = 60 / 150
"""QMSum has no times; people speak about 150 words a minute."""
MAX_CUE_WORDS = 18
MIN_TOPIC_S = 30.0
"""Marked topics that are shorter, and pauses between topics, are no topics of their own."""
_SOUND = re.compile(r"\{[^{}]*\}")
_BEFORE_STOP = re.compile(r" (?=[.,?!;:'])")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A transcript and where its topics change.

    Args:
        spans: cues of at most 18 words, none over the end of a sentence, with their speaker.
        duration_s: seconds.
        boundaries_s: where another topic begins, ascending, without 0.
    """

    spans: tuple[TranscriptSpan, ...]
    duration_s: float
    boundaries_s: tuple[float, ...]


def read_meetings(path: Path) -> list[Meeting]:
    """The meetings of a split of QMSum (Zhong et al., 2021, arXiv:2104.05938), in the order of the file.

    Args:
        path: `train.jsonl`, `val.jsonl` or `test.jsonl` of Yale-LILY/QMSum.

    Raises:
        ValueError: a line is no meeting.
    """
    meetings = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            meetings.append(_meeting(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, line {number}: no meeting of QMSum: {error!r}") from error
    return meetings


def _meeting(record: Mapping[str, Any]) -> Meeting:
    spans: list[TranscriptSpan] = []
    starts_s: list[float] = []
    at_s = 0.0
    for turn in record["meeting_transcripts"]:
        starts_s.append(at_s)
        for text in _cue_texts(turn["content"]):
            end_s = at_s + len(text.split()) * SECONDS_PER_WORD
            words = Words(
                "speech", "file:meeting.vtt", Window(at_s, end_s), text, "en", None, turn["speaker"]
            )
            spans.append(TranscriptSpan(len(spans) + 1, words))
            at_s = end_s
    labels = _topic_of_turns(record["topic_list"], len(starts_s))
    return Meeting(tuple(spans), at_s, tuple(_boundaries_s(labels, starts_s, at_s)))


def _cue_texts(content: str) -> Iterator[str]:
    text = _BEFORE_STOP.sub("", " ".join(_SOUND.sub(" ", content).split()))
    for sentence in _SENTENCE_END.split(text):
        words = sentence.split()
        for first in range(0, len(words), MAX_CUE_WORDS):
            yield " ".join(words[first : first + MAX_CUE_WORDS])


def _topic_of_turns(topics: Sequence[Mapping[str, Any]], num_turns: int) -> list[int]:
    """The number of the topic of each turn, -1 for none; where two overlap the later one counts."""
    labels = [-1] * num_turns
    for number, topic in enumerate(topics):
        for first, last in topic["relevant_text_span"]:
            for turn in range(int(first), min(int(last) + 1, num_turns)):
                labels[turn] = number
    return labels


def _boundaries_s(labels: Sequence[int], starts_s: Sequence[float], duration_s: float) -> list[float]:
    boundaries_s: list[float] = []
    for (before, label), start_s in zip(pairwise(labels), starts_s[1:], strict=True):
        since_s = start_s - (boundaries_s[-1] if boundaries_s else 0.0)
        if label != before and since_s >= MIN_TOPIC_S and duration_s - start_s >= MIN_TOPIC_S:
            boundaries_s.append(start_s)
    return boundaries_s

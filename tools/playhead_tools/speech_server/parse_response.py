"""What a transcription server replies, read into records; what has no usable form is refused.

The forms are those of OpenAI's API: `verbose_json` (segments, and words where they were asked for),
`diarized_json` (segments with a speaker), and `json` (the text alone). Servers differ in what they leave out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Any

from playhead_index.errors import ModelOutputInvalid
from playhead_index.words.languages import language_tag
from playhead_index.words.protocol import WordTime

MAX_EXCERPT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of recognised words.

    Args:
        start_s: seconds from the start of the sound that was sent.
        end_s: seconds, behind `start_s`.
        text: on one line, never empty.
        confidence: 0 to 1; None where the server gives none.
        speaker: the server's label of who speaks, which holds within one reply; None where it gives none.
        word_times: when each word is said; empty where the server does not tell.
    """

    start_s: float
    end_s: float
    text: str
    confidence: float | None = None
    speaker: str | None = None
    word_times: tuple[WordTime, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerTranscript:
    """One reply.

    Args:
        text: all that was recognised, on one line; empty where nobody speaks.
        segments: in time order; None where the server gave the text alone.
        language: BCP 47 tag; None where the server gives none.
    """

    text: str
    segments: tuple[Segment, ...] | None
    language: str | None = None


def read_transcript(body: str, duration_s: float) -> ServerTranscript:
    """The transcript in the body of a reply; times are clamped to the sound that was sent.

    Args:
        body: JSON.
        duration_s: length of the sound that was sent.

    Raises:
        ModelOutputInvalid: it is no transcript in a form that is known.
    """
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ModelOutputInvalid(f"no JSON came back: {_excerpt(body)}", body[:MAX_EXCERPT_CHARS]) from error
    if not isinstance(reply, dict) or not isinstance(reply.get("text", ""), str):
        raise ModelOutputInvalid(f"no transcript came back: {_excerpt(body)}", body[:MAX_EXCERPT_CHARS])
    rows = reply.get("segments")
    if "text" not in reply and not isinstance(rows, list):
        raise ModelOutputInvalid(
            f"neither text nor segments came back: {_excerpt(body)}", body[:MAX_EXCERPT_CHARS]
        )
    segments = _segments(rows, reply.get("words"), duration_s) if isinstance(rows, list) else None
    language = language_tag(value) if isinstance(value := reply.get("language"), str) else None
    text = _line(reply.get("text", ""))
    if segments is not None and not segments and text:
        segments = None
    return ServerTranscript(text or " ".join(one.text for one in segments or ()), segments, language)


def _segments(rows: Sequence[Any], words: Any, duration_s: float) -> tuple[Segment, ...] | None:
    """The segments that lie in the sound; None where one of them has no usable times."""
    listed = [one for one in words if isinstance(one, dict)] if isinstance(words, list) else []
    segments = []
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            return None
        start_s, end_s = _seconds(row.get("start")), _seconds(row.get("end"))
        if start_s is None or end_s is None or end_s < start_s:
            return None
        start_s, end_s, text = max(0.0, start_s), min(end_s, duration_s), _line(row["text"])
        if not text or end_s <= start_s:
            continue
        own = row["words"] if isinstance(row.get("words"), list) else _within(listed, start_s, end_s)
        segments.append(_segment(row, start_s, end_s, text, own))
    return tuple(sorted(segments, key=lambda one: (one.start_s, one.end_s)))


def _segment(row: Mapping[str, Any], start_s: float, end_s: float, text: str, own: Sequence[Any]) -> Segment:
    words = [one for one in own if isinstance(one, dict)]
    probabilities = [p for one in words if (p := _probability(one)) is not None]
    log_probability = _seconds(row.get("avg_logprob"))
    confidence = sum(probabilities) / len(probabilities) if probabilities else None
    if log_probability is not None:
        confidence = min(1.0, exp(min(0.0, log_probability)))
    speaker = row.get("speaker")
    label = _line(speaker) if isinstance(speaker, str) else ""
    times = tuple(_word_times(words, text, 1.0 if confidence is None else confidence, start_s, end_s))
    return Segment(start_s, end_s, text, confidence, label or None, times)


def _within(words: Sequence[Mapping[str, Any]], start_s: float, end_s: float) -> list[Mapping[str, Any]]:
    """The words whose middle lies in a stretch."""
    times = ((one, _seconds(one.get("start")), _seconds(one.get("end"))) for one in words)
    return [
        one
        for one, from_s, to_s in times
        if from_s is not None and to_s is not None and start_s <= (from_s + to_s) / 2 < end_s
    ]


def _word_times(
    words: Sequence[Mapping[str, Any]], text: str, usual: float, start_s: float, end_s: float
) -> Iterator[WordTime]:
    """Times of the words that stand in a text, in its order; others are left out.

    Args:
        words: of the server.
        text: of the segment.
        usual: probability of a word for which the server gives none.
        start_s: of the segment; words begin there or later.
        end_s: of the segment; words end there or earlier.
    """
    at, behind_s = 0, start_s
    lower = text.lower() if len(text.lower()) == len(text) else text
    for one in words:
        written, from_s, to_s = one.get("word"), _seconds(one.get("start")), _seconds(one.get("end"))
        word = _line(written) if isinstance(written, str) else ""
        place = lower.find(word.lower() if lower is not text else word, at) if word else -1
        if place < 0 or from_s is None or to_s is None:
            continue
        from_s, to_s = max(from_s, behind_s), min(to_s, end_s)
        if to_s < from_s:
            continue
        probability = _probability(one)
        at, behind_s = place + len(word), from_s
        yield WordTime(place, at, from_s, to_s, usual if probability is None else probability)


def _probability(word: Mapping[str, Any]) -> float | None:
    for name in ("probability", "score"):
        value = _seconds(word.get(name))
        if value is not None and 0 <= value <= 1:
            return value
    return None


def _seconds(value: Any) -> float | None:
    """A finite number; None for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 and isfinite(value) else None


def _line(text: str) -> str:
    return " ".join(text.split())


def _excerpt(body: str) -> str:
    return repr(body[:MAX_EXCERPT_CHARS])

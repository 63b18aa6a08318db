"""One transcript for each language of a video, out of the stored spans of all its sources."""

from collections.abc import Sequence
from dataclasses import dataclass

from playhead_index.words.protocol import Words
from playhead_index.words.subtitle_cover import SubtitleCover

RECOGNISED = "asr:"


@dataclass(frozen=True, slots=True)
class TranscriptSpan:
    """Stored words with their catalog id.

    Args:
        span_id: catalog id.
        words: with their word times, where those are stored.
    """

    span_id: int
    words: Words


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in one language.

    Args:
        language: BCP 47 tag; None where no source says it.
        spans: in time order.
    """

    language: str | None
    spans: tuple[TranscriptSpan, ...]


def transcripts(spans: Sequence[TranscriptSpan]) -> list[Transcript]:
    """The transcripts of a video, one for each language, the one with most text first.

    The rule, so that no passage mixes languages and none says a sentence twice:

    1. Spans are sorted by language, without region or script (`pt-BR` and `pt` are one transcript). Spans of
       an unknown language go to the only known language where there is exactly one; else they are a
       transcript of their own.
    2. In one language the source with most text counts first, subtitles before recognised speech: subtitles
       are proof-read. A span of a further source is taken only where at most half of its time lies under
       the spans taken so far: it then says what the sources before left out, such as recognised speech
       between the cues of forced subtitles. A second track of the same language adds nothing.

    Args:
        spans: of one kind, in any order.
    """
    by_language: dict[str | None, list[TranscriptSpan]] = {}
    for span in spans:
        by_language.setdefault(_first_part(span.words.language), []).append(span)
    known = [tag for tag in by_language if tag is not None]
    if len(known) == 1 and None in by_language:
        by_language[known[0]] += by_language.pop(None)
    found = [
        Transcript(_common_tag(own), tuple(sorted(_of_sources(own), key=_in_time_order)))
        for own in by_language.values()
    ]
    return sorted(found, key=lambda one: (-sum(len(s.words.text) for s in one.spans), one.language or ""))


def _first_part(language: str | None) -> str | None:
    return None if language is None else language.partition("-")[0].lower()


def _in_time_order(span: TranscriptSpan) -> tuple[float, float, int]:
    return span.words.window.start_s, span.words.window.end_s, span.span_id


def _common_tag(spans: Sequence[TranscriptSpan]) -> str | None:
    """The tag of all spans, or its first part where they differ in region or script."""
    tags = {span.words.language for span in spans} - {None}
    return tags.pop() if len(tags) == 1 else _first_part(next(iter(sorted(filter(None, tags))), None))


def _of_sources(spans: Sequence[TranscriptSpan]) -> list[TranscriptSpan]:
    """The spans of the first source, and of the others those that say something else."""
    by_source: dict[str, list[TranscriptSpan]] = {}
    for span in spans:
        by_source.setdefault(span.words.source, []).append(span)
    taken: list[TranscriptSpan] = []
    for source in sorted(by_source, key=lambda name: _rank(name, by_source[name])):
        cover = SubtitleCover((one.words.window, None) for one in taken)
        taken += [one for one in by_source[source] if not cover.covers(one.words)]
    return taken


def _rank(source: str, spans: Sequence[TranscriptSpan]) -> tuple[bool, int, str]:
    return source.startswith(RECOGNISED), -sum(len(span.words.text) for span in spans), source

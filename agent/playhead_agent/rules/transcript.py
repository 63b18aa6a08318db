"""The words of a stretch as evidence: its transcript line by line, or a sentence of each of its topics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from playhead_agent.rules.retrieve import of_spans
from playhead_agent.state import Context, SegmentRef
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.captions.hierarchy import topic_texts
from playhead_tools.captions.topic_summary import ExtractiveTopics, TopicText
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import outline

MAX_LINES = 40
"""Lines of a transcript in one answer."""
MAX_LINE_CHARS = 240
"""What one speaker says is divided into lines of so many characters."""
MAX_PAUSE_S = 3.0
"""A longer pause, in which others may speak, begins a new line."""
MAX_TOPICS = 8
"""Topics that an overview of one video names, and parts of a video without topics."""
TITLE_SHARE = 0.05
"""Part of a video at whose beginning its title may be written."""
MAX_VIDEOS = 12
"""Videos that an overview of a library names."""


def add_transcript(
    stretches: Sequence[SegmentRef],
    labels: Mapping[str, Collection[str]] | None,
    context: Context,
    table: EvidenceTable,
) -> list[str]:
    """Puts all that is said in the stretches into the table, a record a line; notes on what did not fit.

    Args:
        stretches: of which the transcript is asked for.
        labels: of the speakers whose words alone count, by video; None for everybody's.
        context: the run's seams.
        table: takes the evidence.
    """
    notes = []
    for video_id, window in stretches:
        spans = context.catalog.spans(video_id, "speech", window)
        lines = in_lines([span for span in spans if is_said_by(span, labels)])
        for line in lines[:MAX_LINES]:
            table.add(of_spans(line, "supported", 1.0, "near", ("speech",)))
        if len(lines) > MAX_LINES:
            next_at = format_time(lines[MAX_LINES][0].words.window.start_s)
            notes.append(f"the transcript goes on at {next_at}: ask again with --from {next_at}")
    return notes


def in_lines(spans: Sequence[SpanRow]) -> list[list[SpanRow]]:
    """Spans in time order as lines of one speaker and `MAX_LINE_CHARS` characters, or of one longer span."""
    lines: list[list[SpanRow]] = []
    num_chars = 0
    for span in spans:
        num_chars += len(span.words.text) + 1
        if lines and _goes_on(lines[-1][-1], span) and num_chars <= MAX_LINE_CHARS:
            lines[-1].append(span)
        else:
            lines.append([span])
            num_chars = len(span.words.text) + 1
    return lines


def _goes_on(last: SpanRow, span: SpanRow) -> bool:
    """Whether one speaker says two spans without a longer pause between them."""
    pause_s = span.words.window.start_s - last.words.window.end_s
    return last.words.speaker == span.words.speaker and pause_s <= MAX_PAUSE_S


def is_said_by(span: SpanRow, labels: Mapping[str, Collection[str]] | None) -> bool:
    """Whether a span is said by one of some speakers, by video; anybody's is where there are none given."""
    return labels is None or span.words.speaker in labels.get(span.video_id, ())


def add_overview(
    stretches: Sequence[SegmentRef],
    labels: Mapping[str, Collection[str]] | None,
    context: Context,
    table: EvidenceTable,
) -> list[str]:
    """Puts a sentence of each topic of the stretches into the table; notes on videos that did not fit.

    Of several videos each has fewer topics. A video whose transcript has no topics has what is written, else
    said, first in equal parts.

    Args:
        stretches: which an overview is asked of.
        labels: of the speakers whose words alone count, by video; None for everybody's.
        context: the run's seams.
        table: takes the evidence.
    """
    given = stretches[:MAX_VIDEOS]
    num_parts = max(1, MAX_TOPICS // max(1, len(given)))
    for stretch in given:
        for record in _topics(stretch, num_parts, labels, context) or _parts(
            stretch, num_parts, labels, context
        ):
            table.add(record)
    more = len(stretches) - len(given)
    left_out = [f"{more} more videos are not summarised; name some with --video"] if more > 0 else []
    one_each = [f"one topic of each of {len(given)} videos; name a video for all of its topics"]
    return [*(one_each if num_parts == 1 else []), *left_out]


def _topics(
    stretch: SegmentRef, num_parts: int, labels: Mapping[str, Collection[str]] | None, context: Context
) -> list[Evidence]:
    """Sentences of the longest topics of a stretch in time order; several of each where topics are few."""
    video_id, window = stretch
    topics = [one for one in topic_texts(context.catalog, video_id) if one.window.overlap_s(window) > 0]
    longest = sorted(topics, key=lambda one: -one.window.overlap_s(window))[:num_parts]
    num_each = max(1, num_parts // max(1, len(longest)))
    spans = [one for one in context.catalog.spans(video_id, "speech", window) if is_said_by(one, labels)]
    found = []
    for topic in (one for one in topics if one in longest):
        found += [
            of_spans(own, "supported", 1.0, "near", ("speech",))
            for sentence in _sentences(topic, spans, num_each)
            if (own := [one for one in spans if one.words.window.overlap_s(sentence) > 0])
        ]
    title = _title(stretch, context.catalog) if found and labels is None else None
    return found if title is None else [title, *found]


def _sentences(topic: TopicText, spans: Sequence[SpanRow], num: int) -> list[Window]:
    """The windows of the sentences that say most of a topic, of those that the spans say."""
    said = [
        part
        for part in topic.parts
        if part.kind == "speech" and any(part.window.overlap_s(one.words.window) > 0 for one in spans)
    ]
    if not said:
        return []
    chosen = ExtractiveTopics().summarise(replace(topic, parts=tuple(said), level="video")).sentences
    best = sorted(chosen, key=lambda one: -len(one.text))[:num]
    return [one.window for one in chosen if one in best]


def _title(stretch: SegmentRef, catalog: Catalog) -> Evidence | None:
    """What is written on the screen at the beginning of a video, which is often its title."""
    video_id, window = stretch
    beginning = Window(window.start_s, window.start_s + window.duration_s * TITLE_SHARE)
    (part,) = outline(catalog, video_id, 1, beginning)
    if part.span is None or part.span.words.kind != "screen":
        return None
    return of_spans([part.span], "supported", 1.0, "near", ("screen",))


def _parts(
    stretch: SegmentRef, num_parts: int, labels: Mapping[str, Collection[str]] | None, context: Context
) -> list[Evidence]:
    video_id, window = stretch
    parts = outline(context.catalog, video_id, num_parts, window, lambda span: is_said_by(span, labels))
    spans = [one.span for one in parts if one.span is not None]
    return [of_spans([span], "supported", 1.0, "near", (span.words.kind,)) for span in spans]

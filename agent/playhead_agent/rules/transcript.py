"""Transcript of a segment as evidence: line by line, or a sentence of each of its topics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from playhead_agent.rules.search_spans import evidence_of_spans
from playhead_agent.state import Context
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.captions.chapter_hierarchy import topic_texts
from playhead_tools.captions.topic_summary import ExtractiveTopics, TopicText
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import outline
from playhead_tools.search_extent import SegmentRef

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
    segment_refs: Sequence[SegmentRef],
    labels: Mapping[str, Collection[str]] | None,
    context: Context,
    table: EvidenceTable,
) -> list[str]:
    """Adds all speech in the scope to the table, one record a line; notes on what did not fit.

    Args:
        segment_refs: whose transcript is requested.
        labels: of the speakers whose words alone count, by video; None for everybody's.
        context: components and limits of the run.
        table: takes the evidence.
    """
    notes = []
    for video_id, window in segment_refs:
        spans = context.catalog.spans(video_id, "speech", window)
        lines = in_lines([span for span in spans if is_spoken_by(span, labels)])
        for line in lines[:MAX_LINES]:
            table.add(evidence_of_spans(line, "supported", 1.0, "near", ("speech",)))
        if len(lines) > MAX_LINES:
            next_time = format_time(lines[MAX_LINES][0].words.window.start_s)
            notes.append(f"the transcript goes on at {next_time}: ask again with --from {next_time}")
    return notes


def in_lines(spans: Sequence[SpanRow]) -> list[list[SpanRow]]:
    """Spans in time order as lines of one speaker and `MAX_LINE_CHARS` characters, or of one longer span."""
    lines: list[list[SpanRow]] = []
    num_chars = 0
    for span in spans:
        num_chars += len(span.words.text) + 1
        if lines and _is_same_line(lines[-1][-1], span) and num_chars <= MAX_LINE_CHARS:
            lines[-1].append(span)
        else:
            lines.append([span])
            num_chars = len(span.words.text) + 1
    return lines


def _is_same_line(last: SpanRow, span: SpanRow) -> bool:
    """Whether two spans are of one speaker, without a longer pause between them."""
    pause_s = span.words.window.start_s - last.words.window.end_s
    return last.words.speaker == span.words.speaker and pause_s <= MAX_PAUSE_S


def is_spoken_by(span: SpanRow, labels: Mapping[str, Collection[str]] | None) -> bool:
    """Whether a span is spoken by one of some speakers (labels by video); True for None."""
    return labels is None or span.words.speaker in labels.get(span.video_id, ())


def add_overview(
    segment_refs: Sequence[SegmentRef],
    labels: Mapping[str, Collection[str]] | None,
    context: Context,
    table: EvidenceTable,
) -> list[str]:
    """Adds a sentence of each topic in the scope to the table; notes on videos that did not fit.

    Of several videos each has fewer topics. A video without topics is divided into equal parts, and each
    gives its first screen text, else its first speech.

    Args:
        segment_refs: of which an overview is requested.
        labels: of the speakers whose words alone count, by video; None for everybody's.
        context: components and limits of the run.
        table: takes the evidence.
    """
    summarised = segment_refs[:MAX_VIDEOS]
    num_parts = max(1, MAX_TOPICS // max(1, len(summarised)))
    for segment_ref in summarised:
        for record in _topics(segment_ref, num_parts, labels, context) or _parts(
            segment_ref, num_parts, labels, context
        ):
            table.add(record)
    num_left_out = len(segment_refs) - len(summarised)
    cut_notes = (
        [f"{num_left_out} more videos are not summarised; name some with --video"] if num_left_out > 0 else []
    )
    one_topic_note = [f"one topic of each of {len(summarised)} videos; name a video for all of its topics"]
    return [*(one_topic_note if num_parts == 1 else []), *cut_notes]


def _topics(
    segment_ref: SegmentRef, num_parts: int, labels: Mapping[str, Collection[str]] | None, context: Context
) -> list[Evidence]:
    """Sentences of the longest topics of a segment in time order; several of each where topics are few."""
    video_id, window = segment_ref
    topics = [item for item in topic_texts(context.catalog, video_id) if item.window.overlap_s(window) > 0]
    longest = sorted(topics, key=lambda item: -item.window.overlap_s(window))[:num_parts]
    num_each = max(1, num_parts // max(1, len(longest)))
    spans = [item for item in context.catalog.spans(video_id, "speech", window) if is_spoken_by(item, labels)]
    evidence = []
    for topic in (item for item in topics if item in longest):
        evidence += [
            evidence_of_spans(sentence_spans, "supported", 1.0, "near", ("speech",))
            for sentence in _sentences(topic, spans, num_each)
            if (sentence_spans := [item for item in spans if item.words.window.overlap_s(sentence) > 0])
        ]
    title = _title(segment_ref, context.catalog) if evidence and labels is None else None
    return evidence if title is None else [title, *evidence]


def _sentences(topic: TopicText, spans: Sequence[SpanRow], num: int) -> list[Window]:
    """The windows of the most central sentences of a topic, of those that the spans contain."""
    spoken_parts = [
        part
        for part in topic.parts
        if part.kind == "speech"
        and any(part.window.overlap_s(sentence.words.window) > 0 for sentence in spans)
    ]
    if not spoken_parts:
        return []
    chosen = ExtractiveTopics().summarise(replace(topic, parts=tuple(spoken_parts), level="video")).sentences
    best = sorted(chosen, key=lambda sentence: -len(sentence.text))[:num]
    return [sentence.window for sentence in chosen if sentence in best]


def _title(segment_ref: SegmentRef, catalog: Catalog) -> Evidence | None:
    """The first screen text of a segment, which is often its title."""
    video_id, window = segment_ref
    beginning = Window(window.start_s, window.start_s + window.duration_s * TITLE_SHARE)
    (part,) = outline(catalog, video_id, 1, beginning)
    if part.span is None or part.span.words.kind != "screen":
        return None
    return evidence_of_spans([part.span], "supported", 1.0, "near", ("screen",))


def _parts(
    segment_ref: SegmentRef, num_parts: int, labels: Mapping[str, Collection[str]] | None, context: Context
) -> list[Evidence]:
    video_id, window = segment_ref
    parts = outline(context.catalog, video_id, num_parts, window, lambda span: is_spoken_by(span, labels))
    spans = [one.span for one in parts if one.span is not None]
    return [evidence_of_spans([span], "supported", 1.0, "near", (span.words.kind,)) for span in spans]

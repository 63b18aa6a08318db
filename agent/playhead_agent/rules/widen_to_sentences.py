"""Evidence of speech widened to complete sentences, so that an answer does not quote half of one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from playhead_agent.rules.run_view import RunView
from playhead_index.store.catalog import SpanRow
from playhead_index.store.transcript import TranscriptUnit, read_units
from playhead_tools.evidence import Evidence, words_evidence

MAX_SENTENCE_S = 60.0
"""Longer sentences are not quoted completely; transcripts without punctuation have none."""


def evidence_in_complete_sentences(view: RunView) -> list[dict[str, Any]]:
    """The evidence table of a state, in which the places that an answer lists end with their sentences.

    Only places of a list are widened: a count, an order or the first time is about the words themselves.
    Videos without transcript units, and words of low confidence, stay as they are.
    """
    temporal_result, context = view.temporal_result, view.context
    if temporal_result.op != "list":
        return view.state.get("evidence", [])
    records = view.evidence
    listed = frozenset(temporal_result.evidence_ids)
    has_anchor = any(one.tied_to for one in records)  # times of a relation are those of the words themselves
    speech = [
        one
        for one in records
        if one.id in listed and one.kind == "speech" and not one.is_uncertain and not has_anchor
    ]
    video_ids = dict.fromkeys(one.video_id for one in speech)
    sentences = {video_id: read_units(context.catalog, video_id, "sentence") for video_id in video_ids}
    ids = {one.id: _span_ids(one, sentences[one.video_id]) for one in speech}
    spans = context.cache.spans(i for own in ids.values() for i in own)
    widened = {one.id: _widened(one, [spans[i] for i in ids[one.id] if i in spans]) for one in speech}
    return [widened.get(one.id, one).to_json(compact=True) for one in records]


def _span_ids(record: Evidence, sentences: Sequence[TranscriptUnit]) -> list[int]:
    """Ids of the spans of a record and of the sentences that these spans belong to."""
    own = frozenset(record.span_ids)
    short = (one for one in sentences if one.window.duration_s <= MAX_SENTENCE_S)
    found = [i for one in short if own.intersection(one.span_ids) for i in one.span_ids]
    return list(dict.fromkeys((*record.span_ids, *found)))


def _widened(record: Evidence, spans: list[SpanRow]) -> Evidence:
    """The record with these spans; the record itself where they are uncertain."""
    if not spans:
        return record
    spans.sort(key=lambda span: (span.words.window, span.id))
    widened = words_evidence(spans, record.verdict)
    if widened.is_uncertain:
        return record
    return replace(record, window=widened.window, span_ids=widened.span_ids, confidence=widened.confidence)

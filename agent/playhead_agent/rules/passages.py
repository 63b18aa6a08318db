"""Passages that the search ranks first, as evidence: for questions that no exact look-up answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from playhead_agent.rules.passage_confidence import PassageFeatures, features_of_passage
from playhead_agent.rules.search_spans import SPAN_KINDS, scopes_of
from playhead_agent.state import Context
from playhead_index.search.question_topic import question_topic
from playhead_index.search.results import Coverage, Moment, PassageFit
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.spans import read_spans
from playhead_index.store.transcript import TranscriptUnit, read_units
from playhead_index.window import Window
from playhead_tools.evidence import Evidence, Verdict, add_coverage, words_evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import search_moments
from playhead_tools.search_extent import SegmentRef
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.word_match import content_words, coverage

ROLE = "passage"
MIN_QUOTE_CHARS = 60
"""A shorter sentence ("Rubber buttons?") says little by itself."""
SAME_SENTENCE_S = 0.01
"""Seconds by which the bounds of a stored sentence may differ from those of a passage's best sentence."""


def search_passages(
    lookup: Mapping[str, Any], segment_refs: Sequence[SegmentRef], context: Context
) -> tuple[dict[str, Any], Coverage, list[str]]:
    """The moments of one `passages` look-up inside the scope as plain rows, its coverage, and notes."""
    moments, searches, notes = list[Moment](), list[Coverage](), list[str]()
    required_speakers = tuple(lookup["speakers"]) if lookup.get("only_speakers") else None
    for scope in scopes_of(segment_refs, context.catalog):
        context.meter.searches += 1
        scope = replace(scope, speakers=required_speakers)
        search = search_moments(
            context.finder, lookup["text"], scope=scope, lanes=None, limit=lookup["limit"]
        )
        moments += search.result.moments
        searches.append(search.result.coverage)
        notes += search.notes
    moments.sort(key=lambda moment: -moment.score)  # stable: in one scope the order of the search
    preferred_speakers = frozenset(lookup.get("speakers", ()))
    if preferred_speakers and all(
        moment.fit is None for moment in moments
    ):  # passages know who speaks, spans do not
        moments.sort(key=lambda moment: moment.hits[0].speaker not in preferred_speakers)
    rows = [_row(moment) for moment in moments if _is_inside(moment, segment_refs)]
    found: dict[str, Any] = {"role": ROLE, "text": lookup["text"], "moments": rows}
    found |= {"speakers": list(required_speakers)} if required_speakers else {}
    return found, add_coverage(searches), notes


def _is_inside(moment: Moment, segment_refs: Sequence[SegmentRef]) -> bool:
    return any(v == moment.video_id and w.overlap_s(moment.window) > 0 for v, w in segment_refs)


def _row(moment: Moment) -> dict[str, Any]:
    first = moment.hits[0]
    return {
        "video_id": moment.video_id,
        "window": [moment.window.start_s, moment.window.end_s],
        "kind": first.lane,
        "refs": list(dict.fromkeys(hit.ref for hit in moment.hits if hit.lane == first.lane)),
        "lanes": list(moment.lanes),
        "sentences_s": [
            [hit.window.start_s, hit.window.end_s] for hit in moment.hits if hit.lane == first.lane
        ],
        "fit": None if moment.fit is None else asdict(moment.fit),
    }


def add_passages(
    found: Mapping[str, Any], segment_refs: Sequence[SegmentRef], context: Context, table: EvidenceTable
) -> PassageFeatures | None:
    """Adds the passages of a search to the table; a passage without text is a frame.

    Args:
        found: from `search_passages`.
        segment_refs: the scope of the question.
        context: components and limits of the run.
        table: takes the evidence.

    Returns:
        The features of the first one, where it is a passage of a transcript.
    """
    speakers = ScopeSpeakers(context.catalog, [video_id for video_id, _ in segment_refs])
    topic = question_topic(found["text"], speakers.names)
    labels = speakers.labels(found["speakers"]) if "speakers" in found else None
    features = None
    for number, row in enumerate(found["moments"]):
        spans = _spans(row, context.catalog)
        if labels is not None:
            spans = [span for span in spans if span.words.speaker in labels.get(span.video_id, ())]
        text = " ".join(span.words.text for span in spans)
        record = _record(row, spans, coverage(topic.words, text), context)
        if record is not None:
            table.add(record)
        if number == 0 and record is not None and row["fit"] is not None:
            fit, catalog = PassageFit(**row["fit"]), context.catalog
            features = features_of_passage(fit, text, found["text"], topic.words, record.video_id, catalog)
    return features


def _spans(row: Mapping[str, Any], catalog: Catalog) -> list[SpanRow]:
    """The spans of a passage: all its speech, or the lines of screen text that were found."""
    if row["kind"] not in SPAN_KINDS:
        return []
    window = Window(*row["window"])
    if row["kind"] == "speech":
        return catalog.spans(row["video_id"], "speech", window)
    ids = [int(ref.partition(":")[2]) for ref in row["refs"] if ref.startswith("span:")]
    return sorted(read_spans(catalog, ids).values(), key=lambda span: (span.words.window, span.id))


def _record(
    row: Mapping[str, Any], spans: Sequence[SpanRow], share: float, context: Context
) -> Evidence | None:
    """The evidence record of a passage; None where its spans no longer exist."""
    window, lanes = Window(*row["window"]), tuple(row["lanes"])
    if row["kind"] not in SPAN_KINDS:
        frame_id = next((int(r.partition(":")[2]) for r in row["refs"] if r.startswith("frame:")), None)
        return Evidence("", row["video_id"], window, "picture", "unverified", frame_id=frame_id, role=ROLE,
                        lanes=lanes)  # fmt: skip
    if not spans:
        return None
    verdict: Verdict = "supported" if share >= context.thresholds.supported else "unverified"
    passage = words_evidence(spans, verdict, match=round(share, 3), role=ROLE, lanes=lanes)
    passage = replace(passage, window=window.clamped(passage.window) or passage.window)
    quotes = [_with_quote(passage, (start_s, end_s), spans, verdict) for start_s, end_s in row["sentences_s"]]
    best = _quoted_words(quotes[0], spans)
    equally_good = (
        record for record in quotes if not record.is_uncertain and _quoted_words(record, spans) >= best
    )
    return next(equally_good, quotes[0])


def _with_quote(
    passage: Evidence, sentence_s: tuple[float, float], spans: Sequence[SpanRow], verdict: Verdict
) -> Evidence:
    """The record of a passage with one of its sentences as the quote, whose confidence it takes."""
    record = replace(passage, sentence_s=sentence_s)
    quoted = words_evidence(spans_of_sentence(record, spans) or spans, verdict)
    return replace(record, verdict=quoted.verdict, confidence=quoted.confidence)


def _quoted_words(record: Evidence, spans: Sequence[SpanRow]) -> frozenset[str]:
    return content_words(" ".join(span.words.text for span in spans_of_sentence(record, spans)))


def sentence_of(record: Evidence, spans: Sequence[SpanRow], catalog: Catalog) -> str:
    """The quote of a passage: the sentence in it that fits best.

    A short one is extended by adjacent sentences of the same speaker, as far as they lie in the passage.
    """
    if record.sentence_s is None:
        return " ".join(span.words.text for span in spans)
    start_s, end_s = record.sentence_s
    if record.kind == "speech":
        units = read_units(catalog, record.video_id, "sentence")
        for position, unit in enumerate(units):
            if (
                abs(unit.window.start_s - start_s) < SAME_SENTENCE_S
                and abs(unit.window.end_s - end_s) < SAME_SENTENCE_S
            ):
                return _with_neighbours(units, position, frozenset(span.id for span in spans))
    quoted_spans = spans_of_sentence(record, spans)
    return " ".join(span.words.text for span in quoted_spans or spans)


def _with_neighbours(units: Sequence[TranscriptUnit], position: int, span_ids: frozenset[int]) -> str:
    """A sentence, with the next ones and then those before it while it has fewer than `MIN_QUOTE_CHARS`."""
    first = last = position
    for step in (1, -1):
        while sum(len(one.text) for one in units[first : last + 1]) < MIN_QUOTE_CHARS:
            other = last + 1 if step == 1 else first - 1
            is_in_passage = 0 <= other < len(units) and span_ids.issuperset(units[other].span_ids)
            if not is_in_passage or units[other].speaker != units[position].speaker:
                break
            first, last = min(first, other), max(last, other)
    return " ".join(one.text for one in units[first : last + 1])


def spans_of_sentence(record: Evidence, spans: Sequence[SpanRow]) -> list[SpanRow]:
    """The spans of a passage that its quoted sentence overlaps; all where none is quoted."""
    if record.sentence_s is None:
        return list(spans)
    sentence = Window(*record.sentence_s)
    return [span for span in spans if span.words.window.overlap_s(sentence) > 0]

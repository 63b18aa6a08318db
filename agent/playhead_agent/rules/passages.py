"""Passages that the search ranks first, as evidence: the answer where no exact look-up is understood."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from playhead_agent.rules.passage_confidence import PassageFeatures, rare_words_share
from playhead_agent.rules.retrieve import SPAN_KINDS, scopes_of
from playhead_agent.state import Context, SegmentRef
from playhead_index.search.question_topic import question_topic
from playhead_index.search.results import Coverage, Moment, PassageFit
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.transcript import TranscriptUnit, read_units
from playhead_index.window import Window
from playhead_tools.evidence import Evidence, Verdict, add_coverage, words_evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.match import content_words, coverage
from playhead_tools.retrieval import read_spans, search_moments
from playhead_tools.speaking import ScopeSpeakers

ROLE = "passage"
MIN_QUOTE_CHARS = 60
"""A shorter sentence ("Rubber buttons?") says little by itself."""


def search_passages(
    lookup: Mapping[str, Any], stretches: Sequence[SegmentRef], context: Context
) -> tuple[dict[str, Any], Coverage, list[str]]:
    """The moments of one `passages` look-up inside the stretches as plain rows, coverage, notes."""
    moments, searches, notes = list[Moment](), list[Coverage](), list[str]()
    only = tuple(lookup["speakers"]) if lookup.get("only_speakers") else None
    for scope in scopes_of(stretches, context.catalog):
        context.meter.searches += 1
        scope = replace(scope, speakers=only)
        searched = search_moments(
            context.finder, lookup["text"], scope=scope, lanes=None, limit=lookup["limit"]
        )
        moments += searched.result.moments
        searches.append(searched.result.coverage)
        notes += searched.notes
    moments.sort(key=lambda one: -one.score)  # stable: in one scope the order of the search
    named = frozenset(lookup.get("speakers", ()))
    if named and all(one.fit is None for one in moments):  # passages know who speaks, spans do not
        moments.sort(key=lambda one: one.hits[0].speaker not in named)
    rows = [_row(one) for one in moments if _is_inside(one, stretches)]
    found: dict[str, Any] = {"role": ROLE, "text": lookup["text"], "moments": rows}
    found |= {"speakers": list(only)} if only else {}
    return found, add_coverage(searches), notes


def _is_inside(moment: Moment, stretches: Sequence[SegmentRef]) -> bool:
    return any(v == moment.video_id and w.overlap_s(moment.window) > 0 for v, w in stretches)


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
    found: Mapping[str, Any], stretches: Sequence[SegmentRef], context: Context, table: EvidenceTable
) -> PassageFeatures | None:
    """Puts the passages of a search into the table; a passage without words is a picture.

    Args:
        found: from `search_passages`.
        stretches: where the question looks.
        context: the run's seams.
        table: takes the evidence.

    Returns:
        The features of the first one, where it is a passage of a transcript.
    """
    speakers = ScopeSpeakers(context.catalog, [video_id for video_id, _ in stretches])
    topic = question_topic(found["text"], speakers.names)
    labels = speakers.labels(found["speakers"]) if "speakers" in found else None
    features = None
    for number, row in enumerate(found["moments"]):
        spans = _spans(row, context.catalog)
        if labels is not None:
            spans = [one for one in spans if one.words.speaker in labels.get(one.video_id, ())]
        text = " ".join(span.words.text for span in spans)
        record = _record(row, spans, coverage(topic.words, text), context)
        if record is not None:
            table.add(record)
        if number == 0 and record is not None and row["fit"] is not None:
            said = [span.words.text for span in context.catalog.spans(record.video_id, "speech")]
            words = rare_words_share(topic.words, text, said)
            features = PassageFeatures.of(PassageFit(**row["fit"]), words, found["text"])
    return features


def _spans(row: Mapping[str, Any], catalog: Catalog) -> list[SpanRow]:
    """The words of a passage: all that is said in it, or the lines of the screen that were found."""
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
    """The record of a passage; None where its words are gone, or a picture below the threshold."""
    window, lanes = Window(*row["window"]), tuple(row["lanes"])
    if row["kind"] not in SPAN_KINDS:
        frame_id = next((int(r.partition(":")[2]) for r in row["refs"] if r.startswith("frame:")), None)
        return Evidence("", row["video_id"], window, "picture", "unverified", frame_id=frame_id, role=ROLE,
                        lanes=lanes)  # fmt: skip
    if not spans:
        return None
    verdict: Verdict = "supported" if share >= context.thresholds.supported else "unverified"
    whole = words_evidence(spans, verdict, match=round(share, 3), role=ROLE, lanes=lanes)
    whole = replace(whole, window=window.clamped(whole.window) or whole.window)
    quotes = [_quoting(whole, (start_s, end_s), spans, verdict) for start_s, end_s in row["sentences_s"]]
    best = _words_quoted(quotes[0], spans)
    alike = (one for one in quotes if not one.is_uncertain and _words_quoted(one, spans) >= best)
    return next(alike, quotes[0])


def _quoting(
    whole: Evidence, sentence_s: tuple[float, float], spans: Sequence[SpanRow], verdict: Verdict
) -> Evidence:
    """The record of a passage that is quoted with one of its sentences, whose confidence counts."""
    record = replace(whole, sentence_s=sentence_s)
    quoted = words_evidence(spans_of_sentence(record, spans) or spans, verdict)
    return replace(record, verdict=quoted.verdict, confidence=quoted.confidence)


def _words_quoted(record: Evidence, spans: Sequence[SpanRow]) -> frozenset[str]:
    return content_words(" ".join(span.words.text for span in spans_of_sentence(record, spans)))


def sentence_of(record: Evidence, spans: Sequence[SpanRow], catalog: Catalog) -> str:
    """The words that a passage is quoted with: the sentence of it that fits best.

    One of a few words is quoted with sentences that the same speaker says next to it, as far as they lie in
    the passage.
    """
    if record.sentence_s is None:
        return " ".join(span.words.text for span in spans)
    start_s, end_s = record.sentence_s
    if record.kind == "speech":
        units = read_units(catalog, record.video_id, "sentence")
        for at, unit in enumerate(units):
            if abs(unit.window.start_s - start_s) < 0.01 and abs(unit.window.end_s - end_s) < 0.01:
                return _with_neighbours(units, at, frozenset(span.id for span in spans))
    own = spans_of_sentence(record, spans)
    return " ".join(span.words.text for span in own or spans)


def _with_neighbours(units: Sequence[TranscriptUnit], at: int, span_ids: frozenset[int]) -> str:
    """A sentence, with the next ones and then those before it while it has fewer than `MIN_QUOTE_CHARS`."""
    first = last = at
    for step in (1, -1):
        while sum(len(one.text) for one in units[first : last + 1]) < MIN_QUOTE_CHARS:
            other = last + 1 if step == 1 else first - 1
            is_there = 0 <= other < len(units) and span_ids.issuperset(units[other].span_ids)
            if not is_there or units[other].speaker != units[at].speaker:
                break
            first, last = min(first, other), max(last, other)
    return " ".join(one.text for one in units[first : last + 1])


def spans_of_sentence(record: Evidence, spans: Sequence[SpanRow]) -> list[SpanRow]:
    """Those of the spans of a passage that its quoted sentence stands on; all where none is quoted."""
    if record.sentence_s is None:
        return list(spans)
    sentence = Window(*record.sentence_s)
    return [span for span in spans if span.words.window.overlap_s(sentence) > 0]

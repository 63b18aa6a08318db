"""From hits to evidence: every hit is read back from the catalog and scored by its words.

A high rank alone is no evidence: every ranking has a first place. A span becomes evidence by the target words
that it contains, alone or together with adjacent cues, or by a similarity of meaning above a threshold.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playhead_agent.limits import Thresholds
from playhead_agent.rules.search_spans import SPAN_KINDS, ScoredTable, evidence_of_spans
from playhead_agent.state import Context
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.spans import read_spans
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, Verdict
from playhead_tools.retrieval import scan_words
from playhead_tools.search_extent import SegmentRef
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.word_match import content_words, coverage, match_score

CUE_GAP_S = 1.5
LONG_TEXT_WORDS = 4
MAX_MISS_CHARS = 80


@dataclass(frozen=True, slots=True)
class ScoringQuery:
    """The query by which spans are scored: words, quoted phrases, scope and thresholds.

    `labels` are those of the required speakers, by video; None for anybody.
    """

    text: str
    quoted: tuple[str, ...]
    segment_refs: Sequence[SegmentRef]
    thresholds: Thresholds
    labels: Mapping[str, Collection[str]] | None = None

    def is_by_speaker(self, span: SpanRow) -> bool:
        """Whether a span is spoken by one of the required speakers; True where none are required."""
        return self.labels is None or span.words.speaker in self.labels.get(span.video_id, ())

    def verdict(self, match: float, meaning: float) -> Verdict | None:
        """Supported, unverified, or None for no evidence; a long query needs a smaller share of its words."""
        if match >= self.thresholds.supported:
            return "supported"
        is_long = len(content_words(self.text)) > LONG_TEXT_WORDS
        related = self.thresholds.related_long if is_long else self.thresholds.related
        is_close_in_meaning = meaning >= self.thresholds.meaning and not self.quoted
        return "unverified" if match >= related or is_close_in_meaning else None


@dataclass(frozen=True, slots=True)
class _ScoredRecord:
    record: Evidence
    rank: int

    def sort_key(self, keep: str) -> tuple[float, ...]:
        """Sort key: supported records first; then by rank, or the earliest or the latest first."""
        is_unsupported, start_s = float(self.record.verdict != "supported"), self.record.window.start_s
        if keep == "best":
            return (is_unsupported, float(self.rank), -self.record.match, start_s)
        return (is_unsupported, start_s if keep == "early" else -start_s)


def score_found(
    found: dict[str, Any],
    quoted: tuple[str, ...],
    segment_refs: Sequence[SegmentRef],
    context: Context,
    table: ScoredTable,
) -> None:
    """Scores the hits of a search and adds those that count as evidence to the table.

    Where all places are requested (`keep` is `early` or `late`), the complete full-text index is scanned too.

    Args:
        found: the result of one search look-up, see `retrieve.run_search`.
        quoted: phrases that must match verbatim.
        segment_refs: the scope of the question.
        context: components and limits of the run.
        table: takes the evidence.
    """
    labels = speaker_labels(found.get("speakers", ()), segment_refs, context)
    query = ScoringQuery(found["text"], quoted, segment_refs, context.thresholds, labels)
    hits = {hit["id"]: hit for hit in found["spans"]}
    ids = list(hits)
    if found["keep"] != "best":
        kinds = [kind for kind in SPAN_KINDS if kind in found["lanes"]]
        scanned_ids, is_complete = scan_words(
            context.catalog, [v for v, _ in segment_refs], kinds, found["text"]
        )
        table.is_complete &= is_complete
        ids += [i for i in scanned_ids if i not in hits]
    scored = _score_spans(context.catalog, ids, hits, query, found["role"], table)
    scored += _score_frames(found, context.thresholds)
    for scored_record in sorted(scored, key=lambda j: j.sort_key(found["keep"])):
        table.add(scored_record.record)


def speaker_labels(
    speakers: Sequence[str], segment_refs: Sequence[SegmentRef], context: Context
) -> Mapping[str, Collection[str]] | None:
    """The labels of some speakers by video; None where none are given."""
    if not speakers:
        return None
    return ScopeSpeakers(context.catalog, [video_id for video_id, _ in segment_refs]).labels(speakers)


def _score_spans(
    catalog: Catalog,
    ids: Sequence[int],
    hits: dict[int, dict[str, Any]],
    query: ScoringQuery,
    role: str,
    table: ScoredTable,
) -> list[_ScoredRecord]:
    neighbours, scored = _Neighbours(catalog), []
    for span in read_spans(catalog, ids).values():
        window = span.words.window
        is_inside = any(v == span.video_id and w.overlap_s(window) > 0 for v, w in query.segment_refs)
        if not is_inside or not query.is_by_speaker(span):
            continue
        hit = hits.get(span.id, {"lanes": [span.words.kind], "meaning": 0.0, "rank": len(hits) + 1})
        group, match = neighbours.best(span, query)
        verdict = query.verdict(match, hit["meaning"])
        if verdict is not None:
            scored.append(
                _ScoredRecord(
                    evidence_of_spans(group, verdict, match, role, tuple(hit["lanes"])), hit["rank"]
                )
            )
        elif match > table.best_miss[0]:
            table.best_miss = (match, f"{span.words.kind} at {window}: “{span.words.text[:MAX_MISS_CHARS]}”")
    return scored


class _Neighbours:
    """The cues next to a span: a phrase is often split over two subtitles."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._key: tuple[str, SpanKind] | None = None
        self._spans: list[SpanRow] = []
        self._at: dict[int, int] = {}

    def best(self, span: SpanRow, query: ScoringQuery) -> tuple[list[SpanRow], float]:
        """The span, with the cue before or after it where together they match more than each alone."""
        own_match = match_score(query.text, query.quoted, span.words.text)
        best_group: tuple[list[SpanRow], float] = ([span], own_match)
        if own_match >= 1.0 or not coverage(query.text, span.words.text):
            return best_group
        for group in self._groups(span):
            match = match_score(query.text, query.quoted, " ".join(s.words.text for s in group))
            if match > max(
                best_group[1], *(match_score(query.text, query.quoted, s.words.text) for s in group)
            ):
                best_group = (group, match)
        return best_group

    def _groups(self, span: SpanRow) -> list[list[SpanRow]]:
        self._load(span)
        at = self._at[span.id]
        window = span.words.window
        neighbours = [
            s
            for s in self._spans[max(0, at - 1) : at + 2]
            if s.words.window.gap_s(window) <= CUE_GAP_S and s.words.speaker == span.words.speaker
        ]
        left, right = (
            [s for s in neighbours if self._at[s.id] < at],
            [s for s in neighbours if self._at[s.id] > at],
        )
        return [group for group in ([span, *right], [*left, span], [*left, span, *right]) if len(group) > 1]

    def _load(self, span: SpanRow) -> None:
        key = (span.video_id, span.words.kind)
        if key != self._key:
            self._key = key
            self._spans = self._catalog.spans(*key)
            self._at = {s.id: i for i, s in enumerate(self._spans)}


def _score_frames(found: dict[str, Any], thresholds: Thresholds) -> list[_ScoredRecord]:
    """Frames, best first: supported from a calibrated threshold on, else never more than unverified."""
    scored = []
    rows = sorted(found["frames"], key=lambda row: -row[4])
    for rank, (frame_id, video_id, start_s, end_s, score) in enumerate(rows, start=1):
        if thresholds.picture is not None and score < thresholds.picture:
            continue
        is_calibrated = thresholds.picture is not None
        record = Evidence(
            "", video_id, Window(start_s, end_s), "picture", "supported" if is_calibrated else "unverified",
            frame_id=frame_id, match=float(is_calibrated), role=found["role"], lanes=("picture",),
        )  # fmt: skip
        scored.append(_ScoredRecord(record, rank))
    return scored

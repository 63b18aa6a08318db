"""The node `inspect`: hits are read back from the catalog and scored, and text near anchors is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime

from playhead_agent.limits import Limits
from playhead_agent.rules.modalities import KINDS_TO_READ, LANES_OF
from playhead_agent.rules.passage_confidence import PassageFeatures
from playhead_agent.rules.passages import add_passages
from playhead_agent.rules.read_neighbours import MAX_BETWEEN, chosen_anchors, read_near
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.score_evidence import score_found, speaker_labels
from playhead_agent.rules.search_spans import ScoredTable, add_spans
from playhead_agent.rules.speaking_turns import add_turns
from playhead_agent.rules.transcript import add_overview, add_transcript, is_spoken_by
from playhead_agent.state import Context, State, segment_ref_rows
from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Evidence
from playhead_tools.retrieval import list_videos, read_words, reading_coverage
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import QuestionSpec

MAX_SPANS_READ = 8


def inspect(state: State, runtime: Runtime[Context]) -> Update:
    """Reads hits back from the catalog, scores them, and reads text near anchors."""
    view = RunView.at("inspect", state, runtime)
    inspection = inspect_hits(
        view.spec, state["lookups"], state["found"], view.segment_refs, view.context, view.evidence
    )
    rows = [record.to_json(compact=True) for record in inspection.table.records.values()]
    nearest = "" if rows else nearest_note(view.spec, view.segment_refs, view.context)
    report_progress(runtime, "inspect", f"{len(rows)} pieces of evidence", rows)
    return {
        "found": [],
        "evidence": rows,
        "features": state["features"] if inspection.features is None else inspection.features.to_json(),
        "whole": state["whole"] and inspection.table.is_complete,
        "cut": state["cut"] or inspection.table.is_cut,
        "coverage": view.joined_coverage_row(inspection.coverage),
        "looked_at": state["looked_at"] + segment_ref_rows(inspection.read_refs),
        "notes": [
            *state["notes"],
            *inspection.notes,
            *([nearest] if nearest else []),
            *([_cut_note(view.context)] if inspection.table.is_cut else []),
        ],
    }


def _cut_note(context: Context) -> str:
    return f"more was found than the limit of {context.limits.evidence} search results; raise --max-evidence"


@dataclass(slots=True)
class InspectionResult:
    """The evidence table of a question, the segments that were read, the coverage of reading, and notes."""

    spec: QuestionSpec
    table: ScoredTable
    read_refs: list[SegmentRef]
    coverage: list[Coverage]
    notes: list[str]
    features: PassageFeatures | None = None


def inspect_hits(
    spec: QuestionSpec,
    lookups: Sequence[dict[str, Any]],
    found: Sequence[dict[str, Any]],
    segment_refs: Sequence[SegmentRef],
    context: Context,
    evidence: Sequence[Evidence],
) -> InspectionResult:
    """The evidence for a question: hits that match, and text that was read at a time or near an anchor."""
    inspection = InspectionResult(spec, ScoredTable.of(evidence, context.limits.evidence), [], [], [])
    reads_near = spec.relation is not None and not spec.targets
    for searches_left, row in zip(range(len(found), 0, -1), found, strict=True):
        if "moments" in row:
            inspection.features = add_passages(row, segment_refs, context, inspection.table)
            continue
        inspection.table.max_records = _max_records_of_search(
            inspection.table, context.limits, searches_left, reads_near
        )
        score_found(row, spec.quoted, segment_refs, context, inspection.table)
    if found and not inspection.table.records and inspection.table.best_miss[1]:
        inspection.notes.append(
            "the nearest words, which hold only a part of what was asked, are"
            f" {inspection.table.best_miss[1]}"
        )
    inspection.table.max_records = context.limits.evidence
    for lookup in lookups:
        if lookup["do"] not in ("search", "passages"):
            _run_lookup(lookup, segment_refs, context, inspection)
    if reads_near:
        for anchors in chosen_anchors(spec, list(inspection.table.records.values()), context.limits.anchors):
            read_refs, notes = read_near(spec, anchors, context, inspection.table)
            inspection.read_refs += read_refs
            inspection.notes += notes
        inspection.coverage.append(
            reading_coverage(context.catalog, inspection.read_refs, LANES_OF[spec.wanted])
        )
    return inspection


def _max_records_of_search(table: ScoredTable, limits: Limits, searches_left: int, reads_near: bool) -> int:
    """How full one search may make the table, so that the others and the reading find room as well."""
    reserve = min(limits.evidence // 2, limits.anchors * MAX_BETWEEN) if reads_near else 0
    room = max(0, limits.evidence - reserve - len(table.records))
    return len(table.records) + max(1, room // searches_left)


def _run_lookup(
    lookup: dict[str, Any], segment_refs: Sequence[SegmentRef], context: Context, inspection: InspectionResult
) -> None:
    if lookup["do"] == "turns":
        add_turns(inspection.spec, segment_refs, context, inspection.table)
        inspection.read_refs += segment_refs
        inspection.coverage.append(reading_coverage(context.catalog, segment_refs, lookup["lanes"]))
        return
    if lookup["do"] in ("transcript", "outline"):
        labels = speaker_labels(inspection.spec.speakers, segment_refs, context)
        add = add_transcript if lookup["do"] == "transcript" else add_overview
        inspection.notes += add(segment_refs, labels, context, inspection.table)
        inspection.read_refs += segment_refs
        inspection.coverage.append(reading_coverage(context.catalog, segment_refs, lookup["lanes"]))
        return
    if lookup["do"] == "facts":
        for video in list_videos(context.catalog, Scope(tuple(v for v, _ in segment_refs))):
            window = Window(0.0, video.duration_s)
            inspection.table.add(Evidence("", video.video_id, window, "metadata", "supported", match=1.0))
        inspection.coverage.append(reading_coverage(context.catalog, segment_refs, ()))
        return
    for video_id, window in segment_refs:
        spans = _spans_to_read(lookup, video_id, window, context, inspection)
        add_spans(spans, inspection.table)
        inspection.read_refs.append((video_id, window))
    inspection.coverage.append(reading_coverage(context.catalog, segment_refs, lookup["lanes"]))


def _spans_to_read(
    lookup: dict[str, Any], video_id: str, window: Window, context: Context, inspection: InspectionResult
) -> list[SpanRow]:
    reading = read_words(context.catalog, video_id, window)
    labels = speaker_labels(inspection.spec.speakers, [(video_id, window)], context)
    spans = [
        span
        for span in reading.spans
        if span.words.kind in lookup["kinds"]
        and (labels is None or span.words.speaker in labels.get(video_id, ()))
    ]
    if lookup["do"] == "edge":
        edges = context.catalog.spans(video_id, None, window)
        all_labels = speaker_labels(inspection.spec.speakers, [(video_id, window)], context)
        return _spans_at_edge(
            [one for one in edges if is_spoken_by(one, all_labels)], lookup["n"], lookup["kinds"]
        )
    if len(spans) > MAX_SPANS_READ:
        inspection.notes.append(f"{len(spans)} spans lie in {window}; the first {MAX_SPANS_READ} are given")
    return spans[:MAX_SPANS_READ]


def _spans_at_edge(spans: Sequence[SpanRow], n: int, kinds: Sequence[str]) -> list[SpanRow]:
    """The nth span, or the last for -1, with what starts and ends with it (lines of one slide)."""
    candidates = [span for span in spans if span.words.kind in kinds]
    starts = sorted({span.words.window.start_s for span in candidates})
    if len(starts) < abs(n):
        return []
    start_s = starts[n - 1 if n > 0 else n]
    return [span for span in candidates if span.words.window.start_s == start_s]


def nearest_note(spec: QuestionSpec, segment_refs: Sequence[SegmentRef], context: Context) -> str:
    """A note on the nearest text when there is none at the requested time; empty if it is far."""
    if not spec.times or spec.targets or len(segment_refs) != 1:
        return ""
    video_id, window = segment_refs[0]
    wider_window = Window(max(0.0, window.start_s - 60.0), window.end_s + 60.0)
    spans = read_words(context.catalog, video_id, wider_window).spans
    kinds = KINDS_TO_READ[spec.wanted]
    gaps = sorted((s.words.window.gap_s(window), s.id, s) for s in spans if s.words.kind in kinds)
    if not gaps:
        return ""
    nearest = gaps[0][2]
    return f"the nearest words ({nearest.words.kind}) are at {format_time(nearest.words.window.start_s)}"

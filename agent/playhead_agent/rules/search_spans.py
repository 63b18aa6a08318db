"""Running searches, and adding spans to the evidence table; hits are scored in `score_evidence`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_agent.rules.modalities import KINDS_TO_READ
from playhead_agent.state import Context
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Hit, Lane, LaneCoverage, Moment, Scope, SearchResult
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, Verdict, add_coverage, words_evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import search_moments
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import Kind

SPAN_KINDS: tuple[SpanKind, ...] = ("speech", "screen", "caption")
MAX_SCOPES = 8


def span_kinds_of(modality: Kind) -> list[SpanKind]:
    """The kinds of stored text in which a modality is looked up."""
    return [kind for kind in SPAN_KINDS if kind in KINDS_TO_READ[modality]]


@dataclass(slots=True)
class ScoredTable(EvidenceTable):
    """The evidence table of searches whose hits are scored, with the completeness of the scoring.

    Args:
        is_complete: every span that could contain the target was scored.
        best_miss: match of the best span below the thresholds, and its description for people.
    """

    is_complete: bool = True
    best_miss: tuple[float, str] = (0.0, "")


def run_search(
    lookup: dict[str, Any], segment_refs: Sequence[SegmentRef], context: Context
) -> tuple[dict[str, Any], Coverage, list[str]]:
    """The spans and frames that one `search` look-up finds inside the scope, its coverage, and notes."""
    spans: dict[int, dict[str, Any]] = {}
    frames: dict[int, list[Any]] = {}
    searches: list[Coverage] = []
    notes: list[str] = []
    speakers = tuple(lookup.get("speakers", ())) or None
    for scope in scopes_of(segment_refs, context.catalog):
        scope = replace(scope, speakers=speakers)
        result, more_notes = _search(lookup, scope, context)
        searches.append(result.coverage)
        notes += more_notes
        for moment in result.moments:
            _collect_spans([hit for hit in moment.hits if _is_in_segments(hit, segment_refs)], spans)
            _collect_frames(moment, segment_refs, frames)
    found: dict[str, Any] = {name: lookup[name] for name in ("role", "text", "lanes", "keep")}
    found |= {"speakers": list(speakers)} if speakers else {}
    found["spans"], found["frames"] = list(spans.values()), list(frames.values())
    return found, add_coverage(searches), notes


def _search(lookup: dict[str, Any], scope: Scope, context: Context) -> tuple[SearchResult, Sequence[str]]:
    """One search; without the picture lane when its model cannot be loaded, as the coverage then states."""
    lanes: list[Lane] = lookup["lanes"]
    context.meter.searches += 1
    try:
        searched = search_moments(
            context.finder, lookup["text"], scope=scope, lanes=lanes, limit=lookup["limit"]
        )
    except ModelUnavailable as error:
        if "picture" not in lanes or len(lanes) == 1:
            raise
        lookup_without_frames = {**lookup, "lanes": [lane for lane in lanes if lane != "picture"]}
        result, notes = _search(lookup_without_frames, scope, context)
        skipped = LaneCoverage("picture", False, 0, str(error))
        coverage = replace(result.coverage, lanes=(skipped, *result.coverage.lanes))
        return replace(result, coverage=coverage), notes
    return searched.result, searched.notes


def scopes_of(segment_refs: Sequence[SegmentRef], catalog: Catalog) -> list[Scope]:
    """One scope for all complete videos, one for each other window; or one for the hull of too many."""
    durations_s = {video.video_id: video.duration_s for video in catalog.videos()}
    by_window: dict[Window | None, list[str]] = {}
    for video_id, window in segment_refs:
        is_whole_video = window.start_s <= 0 and window.end_s >= durations_s[video_id]
        by_window.setdefault(None if is_whole_video else window, []).append(video_id)
    if len(by_window) > MAX_SCOPES:
        windows = [window for _, window in segment_refs]
        hull = Window(min(w.start_s for w in windows), max(w.end_s for w in windows))
        return [Scope(tuple(video_id for video_id, _ in segment_refs), hull)]
    return [Scope(tuple(video_ids), window) for window, video_ids in by_window.items()]


def _is_in_segments(hit: Hit, segment_refs: Sequence[SegmentRef]) -> bool:
    return any(v == hit.video_id and w.overlap_s(hit.window) > 0 for v, w in segment_refs)


def _collect_frames(moment: Moment, segment_refs: Sequence[SegmentRef], frames: dict[int, list[Any]]) -> None:
    """One row for the frames of a moment: the best of them, and when what it shows is to be seen."""
    hits = [hit for hit in moment.hits if hit.lane == "picture" and _is_in_segments(hit, segment_refs)]
    if not hits:
        return
    best = max(hits, key=lambda hit: hit.score)
    window = moment.window if len(hits) == len(moment.hits) else best.window
    frame_id = int(best.ref.partition(":")[2])
    frames[frame_id] = [frame_id, best.video_id, window.start_s, window.end_s, best.score]


def _collect_spans(hits: Iterable[Hit], spans: dict[int, dict[str, Any]]) -> None:
    """Adds the spans of a moment; `rank` counts them in the order of the moments, then of their hits."""
    for hit in hits:
        kind, _, number = hit.ref.partition(":")
        if kind == "span":
            row = spans.setdefault(
                int(number), {"id": int(number), "lanes": [], "meaning": 0.0, "rank": len(spans) + 1}
            )
            row["lanes"] = sorted({*row["lanes"], hit.lane})
            if hit.how == "meaning":
                row["meaning"] = max(row["meaning"], hit.score)


def add_spans(
    spans: Sequence[SpanRow],
    table: EvidenceTable,
    *,
    role: str = "near",
    tied_to: str = "",
    verdict: Verdict = "supported",
) -> list[str]:
    """Adds spans that were read to the table, one record each; their ids."""
    ids = [
        table.add(evidence_of_spans([span], verdict, 1.0, role, (span.words.kind,), tied_to))
        for span in spans
    ]
    return [i for i in ids if i]


def evidence_of_spans(
    spans: Sequence[SpanRow],
    verdict: Verdict,
    match: float,
    role: str,
    lanes: tuple[Lane, ...],
    tied_to: str = "",
) -> Evidence:
    """One record, not numbered yet, of adjacent spans of one kind."""
    return words_evidence(spans, verdict, match=match, role=role, tied_to=tied_to, lanes=lanes)

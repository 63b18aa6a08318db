"""Running searches and reading words into the evidence table; what was found is judged in `judging`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_agent.state import Context, SegmentRef
from playhead_index.errors import ModelUnavailable
from playhead_index.search.results import Coverage, Hit, Lane, LaneCoverage, Moment, Scope, SearchResult
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, Verdict, add_coverage, words_evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import search_moments

SPAN_KINDS: tuple[SpanKind, ...] = ("speech", "screen", "caption")
MOST_SCOPES = 8


@dataclass(slots=True)
class JudgedTable(EvidenceTable):
    """The evidence table of searches whose finds are judged, and what was learned beside it.

    Args:
        whole: every span that could hold the asked words was judged.
        missed: the best of what held too few of the asked words, and what it is, for people.
    """

    whole: bool = True
    missed: tuple[float, str] = (0.0, "")


def run_search(
    lookup: dict[str, Any], stretches: Sequence[SegmentRef], context: Context
) -> tuple[dict[str, Any], Coverage, list[str]]:
    """The spans and frames that one `search` look-up finds inside the stretches, its coverage, notes."""
    spans: dict[int, dict[str, Any]] = {}
    frames: dict[int, list[Any]] = {}
    searches: list[Coverage] = []
    notes: list[str] = []
    speakers = tuple(lookup.get("speakers", ())) or None
    for scope in scopes_of(stretches, context.catalog):
        scope = replace(scope, speakers=speakers)
        result, said = _search(lookup, scope, context)
        searches.append(result.coverage)
        notes += said
        for moment in result.moments:
            _collect([hit for hit in moment.hits if _inside(hit, stretches)], spans)
            _collect_picture(moment, stretches, frames)
    found: dict[str, Any] = {name: lookup[name] for name in ("role", "text", "lanes", "keep")}
    found |= {"speakers": list(speakers)} if speakers else {}
    found["spans"], found["frames"] = list(spans.values()), list(frames.values())
    return found, add_coverage(searches), notes


def _search(lookup: dict[str, Any], scope: Scope, context: Context) -> tuple[SearchResult, Sequence[str]]:
    """One search; when the model of the picture lane cannot be loaded, without that lane, which it says."""
    lanes: list[Lane] = lookup["lanes"]
    context.meter.searches += 1
    try:
        searched = search_moments(
            context.finder, lookup["text"], scope=scope, lanes=lanes, limit=lookup["limit"]
        )
    except ModelUnavailable as error:
        if "picture" not in lanes or len(lanes) == 1:
            raise
        rest = {**lookup, "lanes": [lane for lane in lanes if lane != "picture"]}
        result, notes = _search(rest, scope, context)
        off = LaneCoverage("picture", False, 0, str(error))
        coverage = replace(result.coverage, lanes=(off, *result.coverage.lanes))
        return replace(result, coverage=coverage), notes
    return searched.result, searched.notes


def scopes_of(stretches: Sequence[SegmentRef], catalog: Catalog) -> list[Scope]:
    """One scope for all videos that are searched whole, one for each other window; or their hull."""
    whole = {video.video_id: video.duration_s for video in catalog.videos()}
    by_window: dict[Window | None, list[str]] = {}
    for video_id, window in stretches:
        is_whole = window.start_s <= 0 and window.end_s >= whole[video_id]
        by_window.setdefault(None if is_whole else window, []).append(video_id)
    if len(by_window) > MOST_SCOPES:
        windows = [window for _, window in stretches]
        hull = Window(min(w.start_s for w in windows), max(w.end_s for w in windows))
        return [Scope(tuple(video_id for video_id, _ in stretches), hull)]
    return [Scope(tuple(video_ids), window) for window, video_ids in by_window.items()]


def _inside(hit: Hit, stretches: Sequence[SegmentRef]) -> bool:
    return any(v == hit.video_id and w.overlap_s(hit.window) > 0 for v, w in stretches)


def _collect_picture(moment: Moment, stretches: Sequence[SegmentRef], frames: dict[int, list[Any]]) -> None:
    """One row for the frames of a moment: the best of them, and when what it shows is to be seen."""
    shown = [hit for hit in moment.hits if hit.lane == "picture" and _inside(hit, stretches)]
    if not shown:
        return
    best = max(shown, key=lambda hit: hit.score)
    window = moment.window if len(shown) == len(moment.hits) else best.window
    frame_id = int(best.ref.partition(":")[2])
    frames[frame_id] = [frame_id, best.video_id, window.start_s, window.end_s, best.score]


def _collect(hits: Iterable[Hit], spans: dict[int, dict[str, Any]]) -> None:
    """Adds the spans of a moment; `rank` counts them in the order of the moments, then of their hits."""
    for hit in hits:
        what, _, number = hit.ref.partition(":")
        if what == "span":
            known = spans.setdefault(
                int(number), {"id": int(number), "lanes": [], "meaning": 0.0, "rank": len(spans) + 1}
            )
            known["lanes"] = sorted({*known["lanes"], hit.lane})
            if hit.how == "meaning":
                known["meaning"] = max(known["meaning"], hit.score)


def add_read(
    spans: Sequence[SpanRow],
    table: EvidenceTable,
    *,
    role: str = "near",
    tied_to: str = "",
    verdict: Verdict = "supported",
) -> list[str]:
    """Puts words that were read at a time into the table, span by span; their ids."""
    ids = [table.add(of_spans([span], verdict, 1.0, role, (span.words.kind,), tied_to)) for span in spans]
    return [i for i in ids if i]


def of_spans(
    spans: Sequence[SpanRow],
    verdict: Verdict,
    match: float,
    role: str,
    lanes: tuple[Lane, ...],
    tied_to: str = "",
) -> Evidence:
    """One record, not numbered yet, that stands on neighbouring spans of one kind."""
    return words_evidence(spans, verdict, match=match, role=role, tied_to=tied_to, lanes=lanes)

"""From look-ups to evidence: searches are run, words are read back from the catalog, and each is judged.

What a search ranks high is no evidence yet: every ranking has a first place. A span becomes evidence by
the asked words that it holds, alone or with the cues next to it, or by a meaning close enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from playhead_agent.limits import Thresholds
from playhead_agent.state import Context, Stretch
from playhead_index.search.results import Coverage, Hit, Lane, Scope
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, EvidenceKind, Verdict, add_coverage
from playhead_tools.look_up import list_videos, read_spans, scan_words, search_moments
from playhead_tools.match import fit

SPAN_KINDS: tuple[SpanKind, ...] = ("speech", "screen", "caption")
MOST_SCOPES = 8
CUE_GAP_S = 1.5


@dataclass(slots=True)
class Table:
    """The evidence table while it is filled; records get their ids in the order in which they come."""

    most: int
    records: list[Evidence] = field(default_factory=list)
    whole: bool = True

    def add(self, record: Evidence) -> str:
        """The id of a record, new or known; empty when the table is full."""
        for known in self.records:
            if known.identity == record.identity and (known.role, known.tied_to) == (
                record.role,
                record.tied_to,
            ):
                return known.id
        if len(self.records) >= self.most:
            self.whole = False
            return ""
        self.records.append(replace(record, id=f"E{len(self.records) + 1}"))
        return self.records[-1].id


# ---- retrieve ----


def run_search(
    lookup: dict[str, Any], stretches: Sequence[Stretch], context: Context
) -> tuple[dict[str, Any], Coverage, list[str]]:
    """The spans and frames that one `search` look-up finds inside the stretches, its coverage, notes."""
    spans: dict[int, dict[str, Any]] = {}
    frames: dict[int, list[Any]] = {}
    coverage: list[Coverage] = []
    notes: list[str] = []
    for scope in _scopes(stretches, context.catalog):
        context.meter.searches += 1
        searched = search_moments(
            context.finder, lookup["text"], scope=scope, lanes=lookup["lanes"], limit=lookup["limit"]
        )
        coverage.append(searched.result.coverage)
        notes += searched.notes
        hits = (hit for moment in searched.result.moments for hit in moment.hits)
        _collect((hit for hit in hits if _inside(hit, stretches)), spans, frames)
    found: dict[str, Any] = {name: lookup[name] for name in ("role", "text", "lanes", "all")}
    found["spans"], found["frames"] = list(spans.values()), list(frames.values())
    return found, add_coverage(coverage), notes


def _scopes(stretches: Sequence[Stretch], catalog: Catalog) -> list[Scope]:
    """One scope for all videos that are searched whole, one for each other window; or their hull."""
    whole = {video.video_id: video.duration_s for video in list_videos(catalog)}
    by_window: dict[Window | None, list[str]] = {}
    for video_id, window in stretches:
        is_whole = window.start_s <= 0 and window.end_s >= whole[video_id]
        by_window.setdefault(None if is_whole else window, []).append(video_id)
    if len(by_window) > MOST_SCOPES:
        windows = [window for _, window in stretches]
        hull = Window(min(w.start_s for w in windows), max(w.end_s for w in windows))
        return [Scope(tuple(video_id for video_id, _ in stretches), hull)]
    return [Scope(tuple(video_ids), window) for window, video_ids in by_window.items()]


def _inside(hit: Hit, stretches: Sequence[Stretch]) -> bool:
    return any(v == hit.video_id and w.overlap_s(hit.window) > 0 for v, w in stretches)


def _collect(hits: Iterable[Hit], spans: dict[int, dict[str, Any]], frames: dict[int, list[Any]]) -> None:
    for hit in hits:
        what, _, number = hit.ref.partition(":")
        if what == "span":
            known = spans.setdefault(
                int(number), {"id": int(number), "lanes": [], "meaning": 0.0, "rank": hit.rank}
            )
            known["lanes"] = sorted({*known["lanes"], hit.lane})
            known["rank"] = min(known["rank"], hit.rank)
            if hit.how == "meaning":
                known["meaning"] = max(known["meaning"], hit.score)
        elif hit.lane == "picture":
            row = [int(number), hit.video_id, hit.window.start_s, hit.window.end_s, hit.score]
            frames[int(number)] = max(frames.get(int(number), row), row, key=lambda r: r[4])


# ---- inspect: what was found ----


@dataclass(frozen=True, slots=True)
class _Judged:
    record: Evidence
    rank: int


def judge_found(
    found: dict[str, Any], quoted: Sequence[str], stretches: Sequence[Stretch], context: Context, table: Table
) -> None:
    """Puts into the table what was found and holds, best first."""
    kinds = [kind for kind in SPAN_KINDS if kind in found["lanes"]]
    hits = {hit["id"]: hit for hit in found["spans"]}
    ids = list(hits)
    if found["all"]:
        scanned, whole = scan_words(context.catalog, [v for v, _ in stretches], kinds, found["text"])
        table.whole &= whole
        ids += [i for i in scanned if i not in hits]
    judged = _judge_spans(ids, hits, found, quoted, stretches, context)
    judged += _judge_frames(found, context.thresholds)
    for one in sorted(
        judged, key=lambda j: (j.record.verdict != "supported", -j.record.match, j.rank, j.record.window)
    ):
        table.add(one.record)


def _judge_spans(
    ids: Sequence[int],
    hits: dict[int, dict[str, Any]],
    found: dict[str, Any],
    quoted: Sequence[str],
    stretches: Sequence[Stretch],
    context: Context,
) -> list[_Judged]:
    neighbours = _Neighbours(context.catalog)
    judged = []
    for span in read_spans(context.catalog, ids).values():
        if not any(v == span.video_id and w.overlap_s(span.words.window) > 0 for v, w in stretches):
            continue
        hit = hits.get(span.id, {"lanes": [span.words.kind], "meaning": 0.0, "rank": len(hits) + 1})
        group, match = neighbours.best(span, found["text"], quoted)
        verdict = _word_verdict(match, hit["meaning"], bool(quoted), context.thresholds)
        if verdict is not None:
            judged.append(
                _Judged(_of_spans(group, verdict, match, found["role"], tuple(hit["lanes"])), hit["rank"])
            )
    return judged


def _word_verdict(match: float, meaning: float, is_quoted: bool, thresholds: Thresholds) -> Verdict | None:
    if match >= thresholds.supported:
        return "supported"
    by_meaning = meaning >= thresholds.meaning and not is_quoted
    return "unverified" if match >= thresholds.related or by_meaning else None


def _of_spans(
    spans: Sequence[SpanRow],
    verdict: Verdict,
    match: float,
    role: str,
    lanes: tuple[Lane, ...],
    tied_to: str = "",
) -> Evidence:
    window = spans[0].words.window
    for span in spans[1:]:
        window = window.hull(span.words.window)
    kind: EvidenceKind = spans[0].words.kind
    ids = tuple(span.id for span in spans)
    return Evidence("", spans[0].video_id, window, kind, verdict, ids, None, match, role, tied_to, "", lanes)


class _Neighbours:
    """The cues next to a span: a phrase is often cut in two by where a subtitle ends."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._key: tuple[str, SpanKind] | None = None
        self._spans: list[SpanRow] = []
        self._at: dict[int, int] = {}

    def best(self, span: SpanRow, asked: str, quoted: Sequence[str]) -> tuple[list[SpanRow], float]:
        """The span, with a cue before or behind it where that holds more of what was asked."""
        alone = fit(asked, quoted, span.words.text)
        if alone >= 1.0:
            return [span], alone
        best: tuple[list[SpanRow], float] = ([span], alone)
        for group in self._groups(span):
            together = fit(asked, quoted, " ".join(s.words.text for s in group))
            if together > best[1]:
                best = (group, together)
        return best

    def _groups(self, span: SpanRow) -> list[list[SpanRow]]:
        self._load(span)
        at = self._at[span.id]
        left = self._spans[at - 1 : at] if at else []
        right = self._spans[at + 1 : at + 2]
        left = [s for s in left if s.words.window.gap_s(span.words.window) <= CUE_GAP_S]
        right = [s for s in right if s.words.window.gap_s(span.words.window) <= CUE_GAP_S]
        return [group for group in ([span, *right], [*left, span], [*left, span, *right]) if len(group) > 1]

    def _load(self, span: SpanRow) -> None:
        key = (span.video_id, span.words.kind)
        if key != self._key:
            self._key = key
            self._spans = self._catalog.spans(*key)
            self._at = {s.id: i for i, s in enumerate(self._spans)}


def _judge_frames(found: dict[str, Any], thresholds: Thresholds) -> list[_Judged]:
    judged = []
    for rank, (frame_id, video_id, start_s, end_s, score) in enumerate(
        sorted(found["frames"], key=lambda row: -row[4]), start=1
    ):
        verdict: Verdict = "unverified"
        if thresholds.picture is not None:
            verdict = "supported" if score >= thresholds.picture else "not_visible"
        match = 1.0 if verdict == "supported" else 0.0
        window = Window(start_s, end_s)
        record = Evidence(
            "", video_id, window, "picture", verdict, (), frame_id, match, found["role"], "", "", ("picture",)
        )
        if verdict != "not_visible":
            judged.append(_Judged(record, rank))
    return judged


# ---- inspect: what was read ----


def add_read(
    spans: Sequence[SpanRow],
    table: Table,
    *,
    role: str = "near",
    tied_to: str = "",
    verdict: Verdict = "supported",
) -> list[str]:
    """Puts words that were read at a time into the table, span by span; their ids."""
    ids = []
    for span in spans:
        lanes: tuple[Lane, ...] = (span.words.kind,)
        ids.append(table.add(_of_spans([span], verdict, 1.0, role, lanes, tied_to)))
    return [i for i in ids if i]

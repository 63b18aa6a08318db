"""From hits to evidence: every span that was found is read back from the catalog and judged by its words.

What a search ranks high is no evidence yet: every ranking has a first place. A span becomes evidence by
the asked words that it holds, alone or together with the cues next to it, or by a meaning close enough.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playhead_agent.limits import Thresholds
from playhead_agent.rules.retrieve import SPAN_KINDS, JudgedTable, of_spans
from playhead_agent.state import Context, SegmentRef
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_tools.evidence import Evidence, Verdict
from playhead_tools.match import content_words, coverage, fit
from playhead_tools.retrieval import read_spans, scan_words
from playhead_tools.speaking import ScopeSpeakers

CUE_GAP_S = 1.5
LONG_WORDS = 4
MISSED_CHARS = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What spans are judged by: the words, the quoted phrases, where, and from when on they count.

    `labels` are those of the speakers whose words alone count, by video; None for anybody's.
    """

    text: str
    quoted: tuple[str, ...]
    stretches: Sequence[SegmentRef]
    thresholds: Thresholds
    labels: Mapping[str, Collection[str]] | None = None

    def is_said(self, span: SpanRow) -> bool:
        """Whether a span is said by one of the speakers that are asked for; any is where none are."""
        return self.labels is None or span.words.speaker in self.labels.get(span.video_id, ())

    def verdict(self, match: float, meaning: float) -> Verdict | None:
        """Supported, unverified, or None for what is no evidence; a long text needs fewer of its words."""
        if match >= self.thresholds.supported:
            return "supported"
        is_long = len(content_words(self.text)) > LONG_WORDS
        related = self.thresholds.related_long if is_long else self.thresholds.related
        by_meaning = meaning >= self.thresholds.meaning and not self.quoted
        return "unverified" if match >= related or by_meaning else None


@dataclass(frozen=True, slots=True)
class _Judged:
    record: Evidence
    rank: int

    def order(self, keep: str) -> tuple[float, ...]:
        """What is kept first: what is supported; then what was found first, or the earliest or the latest."""
        weak, start_s = float(self.record.verdict != "supported"), self.record.window.start_s
        if keep == "best":
            return (weak, float(self.rank), -self.record.match, start_s)
        return (weak, start_s if keep == "early" else -start_s)


def judge_found(
    found: dict[str, Any],
    quoted: tuple[str, ...],
    stretches: Sequence[SegmentRef],
    context: Context,
    table: JudgedTable,
) -> None:
    """Puts into the table what was found and holds.

    Where all places are wanted (`keep` is `early` or `late`), the full-text index is read as a whole too.

    Args:
        found: what one search look-up gave, see `gather.run_search`.
        quoted: phrases that must stand verbatim where they are asked for.
        stretches: where the question looks.
        context: the run's seams.
        table: takes the evidence.
    """
    labels = speaker_labels(found.get("speakers", ()), stretches, context)
    asked = Asked(found["text"], quoted, stretches, context.thresholds, labels)
    hits = {hit["id"]: hit for hit in found["spans"]}
    ids = list(hits)
    if found["keep"] != "best":
        kinds = [kind for kind in SPAN_KINDS if kind in found["lanes"]]
        scanned, whole = scan_words(context.catalog, [v for v, _ in stretches], kinds, found["text"])
        table.whole &= whole
        ids += [i for i in scanned if i not in hits]
    judged = _judge_spans(context.catalog, ids, hits, asked, found["role"], table)
    judged += _judge_frames(found, context.thresholds)
    for one in sorted(judged, key=lambda j: j.order(found["keep"])):
        table.add(one.record)


def speaker_labels(
    speakers: Sequence[str], stretches: Sequence[SegmentRef], context: Context
) -> Mapping[str, Collection[str]] | None:
    """The labels of some speakers by video; None where none are asked for."""
    if not speakers:
        return None
    return ScopeSpeakers(context.catalog, [video_id for video_id, _ in stretches]).labels(speakers)


def _judge_spans(
    catalog: Catalog,
    ids: Sequence[int],
    hits: dict[int, dict[str, Any]],
    asked: Asked,
    role: str,
    table: JudgedTable,
) -> list[_Judged]:
    neighbours, judged = _Neighbours(catalog), []
    for span in read_spans(catalog, ids).values():
        window = span.words.window
        inside = any(v == span.video_id and w.overlap_s(window) > 0 for v, w in asked.stretches)
        if not inside or not asked.is_said(span):
            continue
        hit = hits.get(span.id, {"lanes": [span.words.kind], "meaning": 0.0, "rank": len(hits) + 1})
        group, match = neighbours.best(span, asked)
        verdict = asked.verdict(match, hit["meaning"])
        if verdict is not None:
            judged.append(_Judged(of_spans(group, verdict, match, role, tuple(hit["lanes"])), hit["rank"]))
        elif match > table.missed[0]:
            table.missed = (match, f"{span.words.kind} at {window}: “{span.words.text[:MISSED_CHARS]}”")
    return judged


class _Neighbours:
    """The cues next to a span: a phrase is often cut in two by where a subtitle ends."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._key: tuple[str, SpanKind] | None = None
        self._spans: list[SpanRow] = []
        self._at: dict[int, int] = {}

    def best(self, span: SpanRow, asked: Asked) -> tuple[list[SpanRow], float]:
        """The span, with a cue before or behind it where together they hold more than each alone."""
        alone = fit(asked.text, asked.quoted, span.words.text)
        best: tuple[list[SpanRow], float] = ([span], alone)
        if alone >= 1.0 or not coverage(asked.text, span.words.text):
            return best
        for group in self._groups(span):
            together = fit(asked.text, asked.quoted, " ".join(s.words.text for s in group))
            if together > max(best[1], *(fit(asked.text, asked.quoted, s.words.text) for s in group)):
                best = (group, together)
        return best

    def _groups(self, span: SpanRow) -> list[list[SpanRow]]:
        self._load(span)
        at = self._at[span.id]
        here = span.words.window
        near = [
            s
            for s in self._spans[max(0, at - 1) : at + 2]
            if s.words.window.gap_s(here) <= CUE_GAP_S and s.words.speaker == span.words.speaker
        ]
        left, right = [s for s in near if self._at[s.id] < at], [s for s in near if self._at[s.id] > at]
        return [group for group in ([span, *right], [*left, span], [*left, span, *right]) if len(group) > 1]

    def _load(self, span: SpanRow) -> None:
        key = (span.video_id, span.words.kind)
        if key != self._key:
            self._key = key
            self._spans = self._catalog.spans(*key)
            self._at = {s.id: i for i, s in enumerate(self._spans)}


def _judge_frames(found: dict[str, Any], thresholds: Thresholds) -> list[_Judged]:
    """Pictures, best first: supported from a calibrated threshold on, else never more than unverified."""
    judged = []
    rows = sorted(found["frames"], key=lambda row: -row[4])
    for rank, (frame_id, video_id, start_s, end_s, score) in enumerate(rows, start=1):
        if thresholds.picture is not None and score < thresholds.picture:
            continue
        known = thresholds.picture is not None
        record = Evidence(
            "", video_id, Window(start_s, end_s), "picture", "supported" if known else "unverified",
            frame_id=frame_id, match=float(known), role=found["role"], lanes=("picture",),
        )  # fmt: skip
        judged.append(_Judged(record, rank))
    return judged

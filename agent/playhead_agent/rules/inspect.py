"""The nodes `parse` and `inspect` without the graph: the scope of a question, and its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_agent.clarify import Clarify
from playhead_agent.limits import Limits
from playhead_agent.rules.passage_confidence import PassageFeatures
from playhead_agent.rules.passages import add_passages
from playhead_agent.rules.plan import KINDS_TO_READ, LANES_OF
from playhead_agent.rules.read_neighbours import MAX_BETWEEN, chosen_anchors, read_near
from playhead_agent.rules.retrieve import ScoredTable, add_spans
from playhead_agent.rules.score_evidence import score_found, speaker_labels
from playhead_agent.rules.speakers import add_turns, only_speakers, with_speakers
from playhead_agent.rules.transcript import add_overview, add_transcript, is_spoken_by
from playhead_agent.state import Context, SegmentRef, named_videos, without_names
from playhead_index.errors import ToolError
from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import SpanRow
from playhead_index.store.transcript import has_passages
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Evidence, listed
from playhead_tools.retrieval import (
    VideoEntry,
    list_videos,
    read_words,
    reading_coverage,
)  # fmt: skip
from playhead_tools.speaking import ScopeSpeakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.times import resolve_times

MAX_SPANS_READ = 8
MAX_NAMED = 3
"""So many videos are named in notes on times that lie outside them; the others are counted."""


@dataclass(frozen=True, slots=True)
class ResolvedScope:
    """The segments that a question is about, notes, or a refusal (reason and text).

    With `clarification` it can be answered once somebody says which video is meant.
    """

    segment_refs: tuple[SegmentRef, ...]
    notes: tuple[str, ...] = ()
    refusal: tuple[str, str] | None = None
    clarification: Clarify | None = None

    def with_reply(self, reply: object) -> "ResolvedScope":
        """The scope of the videos that a reply to `clarification` names; still refused when it names none."""
        ids = self.clarification.video_ids_of(reply) if self.clarification is not None else ()
        if not ids:
            return self
        segment_refs = tuple(segment_ref for segment_ref in self.segment_refs if segment_ref[0] in ids)
        return ResolvedScope(segment_refs, self.notes)


def resolve_scope(
    question: str, scope: Scope, context: Context, options: Sequence[str] = ()
) -> tuple[QuestionSpec, ResolvedScope]:
    """The parsed question, and the segments of the videos in scope that its explicit times leave.

    A question that contains the file name of a video is about that video only.

    Raises:
        ToolError: the scope names a video that the library does not hold.
    """
    videos = list_videos(context.catalog, scope)
    named = named_videos(videos, question)
    plain_question = without_names(question, named)
    spec = replace(context.rules.parse(plain_question, options), text=question)
    videos_asked_about = named or in_folders(videos, spec)
    if spec.verbatim and spec.targets:
        videos_by_title = videos_named(videos_asked_about, spec.targets[0])
        videos_asked_about = videos_by_title or videos_asked_about
        spec = replace(spec, targets=()) if videos_by_title else _as_topic_question(spec)
    parse = context.rules.parse
    if not has_passages(context.catalog, [video.video_id for video in videos_asked_about]):
        spec, parse = (
            _without_passages(spec),
            lambda text, given: _without_passages(context.rules.parse(text, given)),
        )
    speakers = ScopeSpeakers(context.catalog, [video.video_id for video in videos_asked_about])
    spec, refusal_text, notes = with_speakers(spec, plain_question, speakers, parse)
    if scope.speakers:
        spec, refusal_text = only_speakers(spec, scope.speakers, speakers)
    resolved = _resolve_segments(spec, scope, videos_asked_about)
    refusal = ("unknown", refusal_text) if refusal_text and resolved.refusal is None else resolved.refusal
    return spec, replace(resolved, refusal=refusal, notes=(*resolved.notes, *notes))


def videos_named(videos: Sequence[VideoEntry], name: str) -> list[VideoEntry]:
    """The videos whose file is called so, without its ending."""
    return [video for video in videos if video.path.stem.casefold() == name.strip("\"'“”‘’").casefold()]


def _as_topic_question(spec: QuestionSpec) -> QuestionSpec:
    """A question for the transcript of something that is no video: for the passages about it."""
    return replace(spec, verbatim=False, is_literal=False, by_passages=True)


def _without_passages(spec: QuestionSpec) -> QuestionSpec:
    """A question about videos without transcript passages: single spans are scored by their words."""
    return replace(spec, query="", by_passages=False)


def in_folders(videos: Sequence[VideoEntry], spec: QuestionSpec) -> list[VideoEntry]:
    """The videos that lie in a folder that the question names; all when it names none.

    Raises:
        ToolError: the question names a folder without videos.
    """
    folders = {folder.strip("/").lower() for folder in spec.scope_folders}
    inside = [v for v in videos if not folders or folders & {part.lower() for part in v.path.parts[:-1]}]
    if not inside and folders:
        raise ToolError(f"no video in scope lies in a folder called {listed(spec.scope_folders)}")
    return inside


def _resolve_segments(spec: QuestionSpec, scope: Scope, videos: Sequence[VideoEntry]) -> ResolvedScope:
    if not videos:
        return ResolvedScope((), (), ("unknown", "There is no video in scope."))
    segment_refs: list[SegmentRef] = []
    notes: list[str] = []
    outside: list[str] = []
    for video in videos:
        try:
            window, time_notes = resolve_times(spec.times, video.duration_s)
        except ToolError as error:
            outside.append(f"{video.name}: {error}")
            continue
        part = window if scope.window is None else window.clamped(scope.window)
        if part is None:
            outside.append(f"{video.name}: {window} is outside the scope {scope.window}")
            continue
        segment_refs.append((video.video_id, part))
        notes += [f"{video.name}: {note}" for note in time_notes]
    outside, notes = _shorten_notes(outside), _shorten_notes(notes)
    if not segment_refs:
        return ResolvedScope((), tuple(notes), ("false_premise", "No such time. " + "; ".join(outside) + "."))
    clarification = _clarification(spec, segment_refs, videos)
    refusal = None if clarification is None else ("ambiguous", _refusal_text(clarification))
    return ResolvedScope(tuple(segment_refs), (*notes, *outside), refusal, clarification)


def _shorten_notes(lines: Sequence[str]) -> list[str]:
    """The lines of the first videos, and how many more videos have one.

    >>> _first_few(["a.mp4: short", "b.mp4: short", "c.mp4: short", "d.mp4: short", "e.mp4: short"])
    ['a.mp4: short', 'b.mp4: short', 'c.mp4: short', 'likewise for 2 more videos']
    """
    num_more = len(lines) - MAX_NAMED
    if num_more <= 0:
        return list(lines)
    return [*lines[:MAX_NAMED], f"likewise for {num_more} more video{'' if num_more == 1 else 's'}"]


def _clarification(
    spec: QuestionSpec, segment_refs: Sequence[SegmentRef], videos: Sequence[VideoEntry]
) -> Clarify | None:
    """The clarification when a question names only a time, and several videos have it; else None."""
    has_search_terms = spec.targets or spec.relation is not None
    if (
        not (spec.times or spec.verbatim)
        or has_search_terms
        or len(segment_refs) == 1
        or spec.intent == "summarise"
        or spec.of_video
    ):
        return None
    video_ids = {video_id for video_id, _ in segment_refs}
    choices = [(video.video_id, video.name) for video in videos if video.video_id in video_ids]
    phrases = " and ".join(f"“{time.phrase}”" for time in spec.times)
    fits = f"{phrases} is in" if phrases else "This fits"
    question = f"{fits} {len(choices)} videos. Which one is meant?"
    return Clarify("parse", question, choices=tuple(choices))


def _refusal_text(clarification: Clarify) -> str:
    names = [name for _, name in clarification.choices]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    listed_names = ", ".join(names[:5]) + more
    return clarification.message.replace(
        ". Which one is meant?", f": {listed_names}. Name the file in the question, or set --video."
    )


@dataclass(slots=True)
class InspectionResult:
    """The evidence table of a question, the segments that were read, the coverage of reading, and notes."""

    spec: QuestionSpec
    table: ScoredTable
    read_refs: list[SegmentRef]
    coverage: list[Coverage]
    notes: list[str]
    features: PassageFeatures | None = None


def inspect(
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

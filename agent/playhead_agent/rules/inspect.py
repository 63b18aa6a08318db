"""What the nodes `parse` and `inspect` do with the library, apart from the graph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_agent.clarify import Clarify
from playhead_agent.limits import Limits
from playhead_agent.rules.passage_confidence import PassageFeatures
from playhead_agent.rules.passages import add_passages
from playhead_agent.rules.plan import KINDS_TO_READ, LANES_OF
from playhead_agent.rules.read_neighbours import MOST_BETWEEN, chosen_anchors, read_near
from playhead_agent.rules.retrieve import JudgedTable, add_read
from playhead_agent.rules.score_evidence import judge_found, speaker_labels
from playhead_agent.rules.speakers import add_turns, only_speakers, with_speakers
from playhead_agent.rules.transcript import add_overview, add_transcript, is_said_by
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

MOST_READ = 8
MAX_NAMED = 3
"""So many videos are named in notes on times that lie outside them; the others are counted."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a question is to be answered: stretches, notes, or why nowhere (reason and text).

    With `which` it would be answered, if only it were said which video is meant.
    """

    stretches: tuple[SegmentRef, ...]
    notes: tuple[str, ...] = ()
    refusal: tuple[str, str] | None = None
    which: Clarify | None = None

    def answered(self, reply: object) -> "Placed":
        """The same with the videos that a reply to `which` means; still refused when it means none."""
        ids = self.which.meant(reply) if self.which is not None else ()
        if not ids:
            return self
        stretches = tuple(stretch for stretch in self.stretches if stretch[0] in ids)
        return Placed(stretches, self.notes)


def place(
    question: str, scope: Scope, context: Context, options: Sequence[str] = ()
) -> tuple[QuestionSpec, Placed]:
    """What a question asks, and the stretches of the videos in scope that its explicit times leave.

    A video whose file name stands in the question is the only one that it is about.

    Raises:
        ToolError: the scope names a video that the library does not hold.
    """
    videos = list_videos(context.catalog, scope)
    named = named_videos(videos, question)
    bare = without_names(question, named)
    spec = replace(context.rules.parse(bare, options), text=question)
    about = named or in_folders(videos, spec)
    if spec.verbatim and spec.targets:
        called = videos_called(about, spec.targets[0])
        about = called or about
        spec = replace(spec, targets=()) if called else _of_a_topic(spec)
    parse = context.rules.parse
    if not has_passages(context.catalog, [video.video_id for video in about]):
        spec, parse = (
            _without_passages(spec),
            lambda text, given: _without_passages(context.rules.parse(text, given)),
        )
    speakers = ScopeSpeakers(context.catalog, [video.video_id for video in about])
    spec, why_not, notes = with_speakers(spec, bare, speakers, parse)
    if scope.speakers:
        spec, why_not = only_speakers(spec, scope.speakers, speakers)
    placed = _placed(spec, scope, about)
    refusal = ("unknown", why_not) if why_not and placed.refusal is None else placed.refusal
    return spec, replace(placed, refusal=refusal, notes=(*placed.notes, *notes))


def videos_called(videos: Sequence[VideoEntry], name: str) -> list[VideoEntry]:
    """The videos whose file is called so, without its ending."""
    return [video for video in videos if video.path.stem.casefold() == name.strip("\"'“”‘’").casefold()]


def _of_a_topic(spec: QuestionSpec) -> QuestionSpec:
    """A question for the transcript of something that is no video: for the passages about it."""
    return replace(spec, verbatim=False, is_literal=False, by_passages=True)


def _without_passages(spec: QuestionSpec) -> QuestionSpec:
    """A question about videos whose transcripts are not divided: lines are judged by the words they hold."""
    return replace(spec, query="", by_passages=False)


def in_folders(videos: Sequence[VideoEntry], spec: QuestionSpec) -> list[VideoEntry]:
    """The videos that lie in a folder that the question names; all when it names none.

    Raises:
        ToolError: the question names a folder without videos.
    """
    wanted = {folder.strip("/").lower() for folder in spec.scope_folders}
    inside = [v for v in videos if not wanted or wanted & {part.lower() for part in v.path.parts[:-1]}]
    if not inside and wanted:
        raise ToolError(f"no video in scope lies in a folder called {listed(spec.scope_folders)}")
    return inside


def _placed(spec: QuestionSpec, scope: Scope, videos: Sequence[VideoEntry]) -> Placed:
    if not videos:
        return Placed((), (), ("unknown", "There is no video in scope."))
    stretches: list[SegmentRef] = []
    notes: list[str] = []
    outside: list[str] = []
    for video in videos:
        try:
            window, said = resolve_times(spec.times, video.duration_s)
        except ToolError as error:
            outside.append(f"{video.name}: {error}")
            continue
        inside = window if scope.window is None else window.clamped(scope.window)
        if inside is None:
            outside.append(f"{video.name}: {window} is outside the scope {scope.window}")
            continue
        stretches.append((video.video_id, inside))
        notes += [f"{video.name}: {one}" for one in said]
    outside, notes = _first_few(outside), _first_few(notes)
    if not stretches:
        return Placed((), tuple(notes), ("false_premise", "No such time. " + "; ".join(outside) + "."))
    which = _which(spec, stretches, videos)
    refusal = None if which is None else ("ambiguous", _refusal(which))
    return Placed(tuple(stretches), (*notes, *outside), refusal, which)


def _first_few(lines: Sequence[str]) -> list[str]:
    """The lines of the first videos, and how many more videos have one.

    >>> _first_few(["a.mp4: short", "b.mp4: short", "c.mp4: short", "d.mp4: short", "e.mp4: short"])
    ['a.mp4: short', 'b.mp4: short', 'c.mp4: short', 'likewise for 2 more videos']
    """
    more = len(lines) - MAX_NAMED
    if more <= 0:
        return list(lines)
    return [*lines[:MAX_NAMED], f"likewise for {more} more video{'' if more == 1 else 's'}"]


def _which(
    spec: QuestionSpec, stretches: Sequence[SegmentRef], videos: Sequence[VideoEntry]
) -> Clarify | None:
    """The question back when a time alone is asked about, and several videos have it; else None."""
    searched = spec.targets or spec.relation is not None
    if (
        not (spec.times or spec.verbatim)
        or searched
        or len(stretches) == 1
        or spec.intent == "summarise"
        or spec.of_video
    ):
        return None
    held = {video_id for video_id, _ in stretches}
    choices = [(video.video_id, video.name) for video in videos if video.video_id in held]
    phrases = " and ".join(f"“{time.phrase}”" for time in spec.times)
    fits = f"{phrases} is in" if phrases else "This fits"
    asked = f"{fits} {len(choices)} videos. Which one is meant?"
    return Clarify("parse", asked, choices=tuple(choices))


def _refusal(which: Clarify) -> str:
    names = [name for _, name in which.choices]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    held = ", ".join(names[:5]) + more
    return which.message.replace(
        ". Which one is meant?", f": {held}. Name the file in the question, or set --video."
    )


@dataclass(slots=True)
class Inspected:
    """What inspecting brought for a question: the table, what was read, coverage of reading, notes."""

    spec: QuestionSpec
    table: JudgedTable
    read: list[SegmentRef]
    coverage: list[Coverage]
    notes: list[str]
    features: PassageFeatures | None = None


def inspect(
    spec: QuestionSpec,
    lookups: Sequence[dict[str, Any]],
    found: Sequence[dict[str, Any]],
    stretches: Sequence[SegmentRef],
    context: Context,
    known: Sequence[Evidence],
) -> Inspected:
    """The evidence for a question: what was found and holds, what was read at a time or near an anchor."""
    done = Inspected(spec, JudgedTable.of(known, context.limits.evidence), [], [], [])
    reads_near = spec.relation is not None and not spec.targets
    for left, one in zip(range(len(found), 0, -1), found, strict=True):
        if "moments" in one:
            done.features = add_passages(one, stretches, context, done.table)
            continue
        done.table.max_records = _share(done.table, context.limits, left, reads_near)
        judge_found(one, spec.quoted, stretches, context, done.table)
    if found and not done.table.records and done.table.missed[1]:
        done.notes.append(
            f"the nearest words, which hold only a part of what was asked, are {done.table.missed[1]}"
        )
    done.table.max_records = context.limits.evidence
    for lookup in lookups:
        if lookup["do"] not in ("search", "passages"):
            _do(lookup, stretches, context, done)
    if reads_near:
        for anchors in chosen_anchors(spec, list(done.table.records.values()), context.limits.anchors):
            read, notes = read_near(spec, anchors, context, done.table)
            done.read += read
            done.notes += notes
        done.coverage.append(reading_coverage(context.catalog, done.read, LANES_OF[spec.wanted]))
    return done


def _share(table: JudgedTable, limits: Limits, searches_left: int, reads_near: bool) -> int:
    """How full one search may make the table, so that the others and the reading find room as well."""
    reserve = min(limits.evidence // 2, limits.anchors * MOST_BETWEEN) if reads_near else 0
    room = max(0, limits.evidence - reserve - len(table.records))
    return len(table.records) + max(1, room // searches_left)


def _do(lookup: dict[str, Any], stretches: Sequence[SegmentRef], context: Context, done: Inspected) -> None:
    if lookup["do"] == "turns":
        add_turns(done.spec, stretches, context, done.table)
        done.read += stretches
        done.coverage.append(reading_coverage(context.catalog, stretches, lookup["lanes"]))
        return
    if lookup["do"] in ("transcript", "outline"):
        labels = speaker_labels(done.spec.speakers, stretches, context)
        add = add_transcript if lookup["do"] == "transcript" else add_overview
        done.notes += add(stretches, labels, context, done.table)
        done.read += stretches
        done.coverage.append(reading_coverage(context.catalog, stretches, lookup["lanes"]))
        return
    if lookup["do"] == "facts":
        for video in list_videos(context.catalog, Scope(tuple(v for v, _ in stretches))):
            whole = Window(0.0, video.duration_s)
            done.table.add(Evidence("", video.video_id, whole, "metadata", "supported", match=1.0))
        done.coverage.append(reading_coverage(context.catalog, stretches, ()))
        return
    for video_id, window in stretches:
        spans = _spans(lookup, video_id, window, context, done)
        add_read(spans, done.table)
        done.read.append((video_id, window))
    done.coverage.append(reading_coverage(context.catalog, stretches, lookup["lanes"]))


def _spans(
    lookup: dict[str, Any], video_id: str, window: Window, context: Context, done: Inspected
) -> list[SpanRow]:
    reading = read_words(context.catalog, video_id, window)
    labels = speaker_labels(done.spec.speakers, [(video_id, window)], context)
    spans = [
        span
        for span in reading.spans
        if span.words.kind in lookup["kinds"]
        and (labels is None or span.words.speaker in labels.get(video_id, ()))
    ]
    if lookup["do"] == "edge":
        edges = context.catalog.spans(video_id, None, window)
        own = speaker_labels(done.spec.speakers, [(video_id, window)], context)
        return _edge([one for one in edges if is_said_by(one, own)], lookup["n"], lookup["kinds"])
    if len(spans) > MOST_READ:
        done.notes.append(f"{len(spans)} spans lie in {window}; the first {MOST_READ} are given")
    return spans[:MOST_READ]


def _edge(spans: Sequence[SpanRow], n: int, kinds: Sequence[str]) -> list[SpanRow]:
    """The nth span, or the last for -1, with what starts and ends with it (lines of one slide)."""
    ordered = [span for span in spans if span.words.kind in kinds]
    starts = sorted({span.words.window.start_s for span in ordered})
    if len(starts) < abs(n):
        return []
    start_s = starts[n - 1 if n > 0 else n]
    return [span for span in ordered if span.words.window.start_s == start_s]


def nearest_note(spec: QuestionSpec, stretches: Sequence[SegmentRef], context: Context) -> str:
    """Where the nearest words are when nothing stands at the time that was asked for; empty if far."""
    if not spec.times or spec.targets or len(stretches) != 1:
        return ""
    video_id, window = stretches[0]
    around = Window(max(0.0, window.start_s - 60.0), window.end_s + 60.0)
    spans = read_words(context.catalog, video_id, around).spans
    kinds = KINDS_TO_READ[spec.wanted]
    gaps = sorted((s.words.window.gap_s(window), s.id, s) for s in spans if s.words.kind in kinds)
    if not gaps:
        return ""
    nearest = gaps[0][2]
    return f"the nearest words ({nearest.words.kind}) are at {format_time(nearest.words.window.start_s)}"

"""The node `parse`: the parsed question, and the segments of the scope that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from playhead_agent.clarify import Clarify
from playhead_agent.rules.rule_set import Rules
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.speakers import with_speakers
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.rules.video_names import take_video_names
from playhead_agent.state import Context, State, scope_from_json, segment_ref_rows
from playhead_index.errors import ToolError
from playhead_index.search.results import Scope
from playhead_index.store.transcript import has_passages
from playhead_tools.evidence import listed
from playhead_tools.retrieval import VideoEntry, list_videos
from playhead_tools.search_extent import SegmentRef
from playhead_tools.speaker_turns import ScopeSpeakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.times import resolve_times

MAX_NAMED = 3
"""So many videos are named in notes on times that lie outside them; the others are counted."""


def parse(state: State, runtime: Runtime[Context]) -> Update:
    """Parses the question and finds the segments that it is about."""
    context = RunView.at("parse", state, runtime).context
    options = tuple(state.get("options") or ())
    previous, previous_text = state.get("previous") or {}, state.get("previous_question") or ""
    question = completed_question(state["question"], previous, previous_text, context.rules)
    try:
        spec, resolved = resolve_scope(question, scope_from_json(state.get("scope")), context, options)
        if resolved.clarification is not None and context.may_clarify:
            # waits here; the node runs again with the reply
            resolved = resolved.with_reply(interrupt(resolved.clarification.to_json()))
        refusal, segment_refs, notes = resolved.refusal, resolved.segment_refs, list(resolved.notes)
    except ToolError as error:
        spec, refusal, segment_refs, notes = (
            context.rules.parse(question, options),
            ("unknown", f"{error}."),
            (),
            [],
        )
    if question != state["question"]:
        notes.append(f"interpreted as: {question}")
    if spec.speaker and not spec.speakers and refusal is None:
        notes.append(
            f"who speaks is not known to the library; the words were looked for without “{spec.speaker}”"
        )
    report_progress(runtime, "parse")
    return {
        "spec": spec.to_json(),
        "stretches": segment_ref_rows(segment_refs),
        "refusal": None if refusal is None else {"reason": refusal[0], "text": refusal[1]},
        "notes": notes,
        "round": 0,
        "lookups": [],
        "found": [],
        "coverage": None,
        "looked_at": [],
        "evidence": [],
        "looks": None,
        "wanted": [],
        "sight": None,
        "features": None,
        "whole": True,
        "cut": False,
        "finding": TemporalResult("none").to_json(),
        "verdict": {},
        "draft": {},
        "answer": {},
    }


def completed_question(question: str, previous: Mapping[str, Any], previous_text: str, rules: Rules) -> str:
    """The complete question: a follow-up is completed from the question before it in the thread.

    Args:
        question: as it was asked.
        previous: the parsed question before it; empty where there is none.
        previous_text: its text, where another strategy answered it.
        rules: parse questions and follow-ups.
    """
    if not previous and not previous_text:
        return question
    before = QuestionSpec.from_json(dict(previous)) if previous else rules.parse(previous_text, ())
    return rules.follow_up(question, before) or question


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
    named, plain_question = take_video_names(question, videos)
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
    spec, refusal_text, notes = with_speakers(spec, plain_question, speakers, scope.speakers, parse)
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

    >>> _shorten_notes(["a.mp4: short", "b.mp4: short", "c.mp4: short", "d.mp4: short", "e.mp4: short"])
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

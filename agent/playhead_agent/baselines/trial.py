"""One question in a baseline: its means, its observations, and its outcome so far.

A baseline is plain code that asks for observations and for replies of the chat model as it needs them. A
missing one ends it with `ObservationsNeeded` or `CallNeeded`; the graph makes it, stores it, and runs the
baseline again from its beginning, which then finds it. So every observation is on the disk before it is used,
and a run that was killed is resumed without calling a model twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from playhead_agent.baselines.observations import Row, observation_from_json, raise_invalid
from playhead_agent.baselines.parse_reply import ParsedReply
from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.state import Context
from playhead_index.errors import CostLimit, ToolError
from playhead_index.search.results import Coverage, Moment, Scope
from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.retrieval import VideoEntry, list_videos, search_moments, segments_with_frames
from playhead_tools.search_extent import SegmentRef
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.frame_sampling import STEP_S, ClipRequest
from playhead_tools.video_llm.parse_response import with_options

DESCRIBE = "Describe the clip."
"""The prompt for captions; the nano model was trained on these words."""
MAX_PARALLEL_VLM_CALLS = 8
"""VLM calls that run in parallel; a kill costs at most these."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a baseline so far; a later one takes its place.

    Args:
        reply: the parsed reply of the model.
        cited: evidence of the reply, to be numbered later.
        confidence: factor on the confidence that the evidence allows, 0 to 1.
    """

    reply: ParsedReply
    cited: tuple[Evidence, ...] = ()
    confidence: float = 1.0


class ObservationsNeeded(Exception):
    """The baseline needs these observations before it can go on."""

    def __init__(self, requests: Sequence[ObservationRequest]) -> None:
        super().__init__(f"{len(requests)} observations are needed")
        self.requests = tuple(requests)


class CallNeeded(Exception):
    """The baseline needs a call of the chat model before it can go on.

    Args:
        key: of the call.
        make: calls the model and gives the row of its reply.
    """

    def __init__(self, key: str, make: Callable[[], Row]) -> None:
        super().__init__("a call of the chat model is needed")
        self.key, self.make = key, make


@dataclass(slots=True)
class BaselineTrial:
    """One question in a baseline, with its components and observations.
    Args:
        question: in the person's words.
        options: of a multiple choice.
        context: finder, catalog, chat model, limits, and the meter of the run.
        vlm_client: makes the observations.
        scope: which videos, which window of each.
        observations: rows of the observations so far, by the key of their request.
        calls: rows of the replies of the chat model, by the key of the call.
        notes: what the person should know.
        coverages: of the searches.
        viewed: windows for which the model did not decline to answer; `STEP_S` before and after each frame.
        limit_note: which limit made it use fewer frames or observations; empty otherwise.
        videos: those in scope, by id.
        segment_refs: the part of each video that is in scope.

    Raises:
        ToolError: the scope names an unknown video, or no video reaches into it.
    """

    question: str
    options: tuple[str, ...]
    context: Context
    vlm_client: VlmClient
    scope: Scope
    observations: Mapping[str, Row] = field(default_factory=dict)
    calls: Mapping[str, Row] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)
    viewed: list[SegmentRef] = field(default_factory=list)
    limit_note: str = ""
    videos: dict[str, VideoEntry] = field(init=False)
    segment_refs: list[SegmentRef] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.videos = {video.video_id: video for video in list_videos(self.context.catalog, self.scope)}
        for video_id, video in self.videos.items():
            video_window = Window(0.0, video.duration_s)
            part = video_window if self.scope.window is None else video_window.clamped(self.scope.window)
            self.segment_refs += [] if part is None else [(video_id, part)]
        if not self.segment_refs:
            raise ToolError("there is no video in scope to look at; index one, or widen the scope")
        self.segment_refs = segments_with_frames(self.context.catalog, self.segment_refs)
        if not self.segment_refs:
            raise ToolError("no recording in scope has pictures to look at; widen the scope")

    @property
    def question_with_options(self) -> str:
        """The question with its options."""
        return with_options(self.question, self.options)

    def observe(
        self, video_id: str, window: Window, question: str, *, options: Sequence[str] = ()
    ) -> Observation:
        """The observation of successive frames of a window; limits and errors are those of `observe_all`."""
        return self.observe_all(
            [ObservationRequest(video_id, window, with_options(question, tuple(options)))]
        )[0]

    def observe_clip(self, request: ClipRequest, question: str, *, yes_no: bool = False) -> Observation:
        """The observation of chosen frames; limits and errors are those of `observe_all`."""
        return self.observe_all([request_for_clip(request, question, yes_no=yes_no)])[0]

    def observe_all(self, requests: Sequence[ObservationRequest]) -> list[Observation]:
        """Observations that do not depend on one another, in the order of their requests.

        Raises:
            ObservationsNeeded: some were not made yet.
            CostLimit: the limits allow no further one.
            TimeLimit: the seconds are used up.
            ModelOutputInvalid: the model gave no text.
        """
        missing = [one for one in dict.fromkeys(requests) if one.key not in self.observations]
        if missing:
            raise ObservationsNeeded(missing[: self._num_affordable(missing)])
        return self.existing_observations(requests)

    def existing_observations(self, requests: Sequence[ObservationRequest]) -> list[Observation]:
        """The observations of some requests, as far as they were made."""
        rows = [self.observations[one.key] for one in requests if one.key in self.observations]
        for row in rows:
            raise_invalid(row)
        observations = [observation_from_json(row) for row in rows]
        for observation in observations:
            if not observation.declines:
                self.viewed += [
                    (observation.video_id, Window(max(0.0, at_s - STEP_S), at_s + STEP_S))
                    for at_s in observation.times_s
                ]
        return observations

    def _num_affordable(self, missing: Sequence[ObservationRequest]) -> int:
        meter, limits = self.context.meter, self.context.limits
        meter.check_time("look")
        observations_left = meter.vlm_calls_left(max(one.num_frames(self.vlm_client) for one in missing))
        if observations_left < 1:
            raise CostLimit(
                f"stopped before look {meter.looks + 1}: {limits.looks} looks, {limits.frames} frames and"
                f" {limits.visual_tokens} visual tokens were allowed"
            )
        return min(observations_left, MAX_PARALLEL_VLM_CALLS)

    def call(self, key: str, make: Callable[[], Row]) -> Row:
        """The row of a reply of the chat model.

        Raises:
            CallNeeded: it was not called yet.
            ModelOutputInvalid: the reply could not be read.
        """
        if key not in self.calls:
            raise CallNeeded(key, make)
        row = self.calls[key]
        self.notes += row.get("notes", [])
        raise_invalid(row)
        return row

    def find_moments(self, text: str, limit: int, scope: Scope | None = None) -> Sequence[Moment]:
        """Moments of one search in all lanes, best first."""
        scope = scope or self.scope
        self.context.meter.search((text, limit, scope.video_ids, scope.window))
        found = search_moments(self.context.finder, text, scope=scope, limit=limit)
        self.notes += found.notes
        self.coverages.append(found.result.coverage)
        return found.result.moments


def request_for_clip(request: ClipRequest, question: str, *, yes_no: bool = False) -> ObservationRequest:
    """The request for an observation of chosen frames."""
    return ObservationRequest(
        request.video_id, request.window, question, yes_no=yes_no, times_s=request.times_s,
        strip=None if request.strip is None else request.strip.window,
        strip_frames=0 if request.strip is None else request.strip.num_frames,
    )  # fmt: skip


def evidence_of_observation(observation: Observation) -> Evidence:
    """An observation as evidence: its window and the text of the response, unchecked."""
    verdict = "not_visible" if observation.declines else "unverified"
    return Evidence("", observation.video_id, observation.window, "picture", verdict, said=observation.text)  # type: ignore[arg-type]


def evidence_of_frames(observation: Observation) -> list[Evidence]:
    """An observation of single frames as evidence, one record a frame, each as long as `STEP_S` at most."""
    record = evidence_of_observation(observation)
    windows = [
        Window(at_s, min(at_s + STEP_S, observation.window.end_s))
        for at_s in dict.fromkeys(observation.times_s)
    ]
    return [replace(record, window=window) for window in windows]

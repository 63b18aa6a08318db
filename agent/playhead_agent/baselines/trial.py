"""One question on its way through a baseline: what it may use, what it has observed, what it came to.

A baseline is plain code that asks for looks and for replies of the chat model as it needs them. One that is
not there yet ends it with `LooksNeeded` or `CallNeeded`; the graph makes it, keeps it, and runs the baseline
again from its beginning, which then finds it. So every observation is on the disk before it is used, and a
run that was killed goes on without looking or calling twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from playhead_agent.baselines.observations import Row, look_from_json, raise_invalid
from playhead_agent.baselines.reading import Said
from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.state import Context, SegmentRef
from playhead_index.errors import CostLimit, ToolError
from playhead_index.search.results import Coverage, Moment, Scope
from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.retrieval import VideoEntry, list_videos, search_moments, with_pictures
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.frame_sampling import STEP_S, ClipRequest
from playhead_tools.video_llm.parse_response import with_options

DESCRIBE = "Describe the clip."
"""What a video-LLM is asked where captions are wanted; the nano model was trained on these words."""
MAX_PARALLEL_LOOKS = 8
"""Looks that are made side by side; a kill costs at most these."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a baseline has come to so far; a later one takes its place.

    Args:
        said: the reply that counts.
        cited: what it stands on, to be numbered later.
        sure: part of the confidence that the evidence allows which the baseline itself gives, 0 to 1.
    """

    said: Said
    cited: tuple[Evidence, ...] = ()
    sure: float = 1.0


class LooksNeeded(Exception):
    """The baseline cannot go on before these looks are made."""

    def __init__(self, requests: Sequence[ObservationRequest]) -> None:
        super().__init__(f"{len(requests)} looks are needed")
        self.requests = tuple(requests)


class CallNeeded(Exception):
    """The baseline cannot go on before the chat model was called.

    Args:
        key: of the call.
        make: calls the model and gives the row of its reply.
    """

    def __init__(self, key: str, make: Callable[[], Row]) -> None:
        super().__init__("a call of the chat model is needed")
        self.key, self.make = key, make


@dataclass(slots=True)
class BaselineTrial:
    """One question, with its means and what was observed.

    Args:
        question: in the person's words.
        options: of a multiple choice.
        context: finder, catalog, chat model, limits, and the meter of the run.
        eyes: what looks.
        scope: which videos, which stretch of each.
        looks: rows of the looks that were made, by the key of their request.
        calls: rows of the replies of the chat model, by the key of the call.
        notes: what the person should know.
        coverages: of the searches.
        viewed: windows for which the model did not decline to answer; `STEP_S` before and after each frame.
        short: why it had to do with less than it wanted; empty otherwise.
        videos: those in scope, by id.
        stretches: the part of each video that is in scope.

    Raises:
        ToolError: the scope names an unknown video, or no video reaches into it.
    """

    question: str
    options: tuple[str, ...]
    context: Context
    eyes: VlmClient
    scope: Scope
    looks: Mapping[str, Row] = field(default_factory=dict)
    calls: Mapping[str, Row] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)
    viewed: list[SegmentRef] = field(default_factory=list)
    short: str = ""
    videos: dict[str, VideoEntry] = field(init=False)
    stretches: list[SegmentRef] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.videos = {video.video_id: video for video in list_videos(self.context.catalog, self.scope)}
        for video_id, video in self.videos.items():
            whole = Window(0.0, video.duration_s)
            inside = whole if self.scope.window is None else whole.clamped(self.scope.window)
            self.stretches += [] if inside is None else [(video_id, inside)]
        if not self.stretches:
            raise ToolError("there is no video in scope to look at; index one, or widen the scope")
        self.stretches = with_pictures(self.context.catalog, self.stretches)
        if not self.stretches:
            raise ToolError("no recording in scope has pictures to look at; widen the scope")

    @property
    def asked(self) -> str:
        """The question with its options."""
        return with_options(self.question, self.options)

    def look(
        self, video_id: str, window: Window, question: str, *, options: Sequence[str] = ()
    ) -> Observation:
        """A look at successive frames of a window; limits and errors are those of `look_all`."""
        return self.look_all([ObservationRequest(video_id, window, with_options(question, tuple(options)))])[
            0
        ]

    def look_at(self, request: ClipRequest, question: str, *, yes_no: bool = False) -> Observation:
        """A look at chosen frames; limits and errors are those of `look_all`."""
        return self.look_all([of_clip(request, question, yes_no=yes_no)])[0]

    def look_all(self, requests: Sequence[ObservationRequest]) -> list[Observation]:
        """Looks that do not hang on one another, in the order of their requests.

        Raises:
            LooksNeeded: some were not made yet.
            CostLimit: the limits allow no further one.
            TimeLimit: the seconds are used up.
            ModelOutputInvalid: the model gave no text.
        """
        missing = [one for one in dict.fromkeys(requests) if one.key not in self.looks]
        if missing:
            raise LooksNeeded(missing[: self._affordable(missing)])
        return self.looks_made(requests)

    def looks_made(self, requests: Sequence[ObservationRequest]) -> list[Observation]:
        """Those of some looks that were made."""
        rows = [self.looks[one.key] for one in requests if one.key in self.looks]
        for row in rows:
            raise_invalid(row)
        looks = [look_from_json(row) for row in rows]
        for look in looks:
            if not look.declines:
                self.viewed += [
                    (look.video_id, Window(max(0.0, at_s - STEP_S), at_s + STEP_S)) for at_s in look.times_s
                ]
        return looks

    def _affordable(self, missing: Sequence[ObservationRequest]) -> int:
        meter, limits = self.context.meter, self.context.limits
        meter.check_time("look")
        afford = meter.looks_left(max(one.num_frames(self.eyes) for one in missing))
        if afford < 1:
            raise CostLimit(
                f"stopped before look {meter.looks + 1}: {limits.looks} looks, {limits.frames} frames and"
                f" {limits.visual_tokens} visual tokens were allowed"
            )
        return min(afford, MAX_PARALLEL_LOOKS)

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

    def moments(self, text: str, limit: int, scope: Scope | None = None) -> Sequence[Moment]:
        """Moments of one search in all lanes, best first."""
        scope = scope or self.scope
        self.context.meter.search((text, limit, scope.video_ids, scope.window))
        searched = search_moments(self.context.finder, text, scope=scope, limit=limit)
        self.notes += searched.notes
        self.coverages.append(searched.result.coverage)
        return searched.result.moments


def of_clip(request: ClipRequest, question: str, *, yes_no: bool = False) -> ObservationRequest:
    """The request for a look at chosen frames."""
    return ObservationRequest(
        request.video_id, request.window, question, yes_no=yes_no, times_s=request.times_s
    )


def seen(look: Observation) -> Evidence:
    """A look as a record to cite: its window, and what the model said; nobody has checked it."""
    verdict = "not_visible" if look.declines else "unverified"
    return Evidence("", look.video_id, look.window, "picture", verdict, said=look.text)  # type: ignore[arg-type]


def seen_frames(look: Observation) -> list[Evidence]:
    """A look at single frames as records to cite, one a frame, each as long as `STEP_S` at most."""
    record = seen(look)
    windows = [Window(at_s, min(at_s + STEP_S, look.window.end_s)) for at_s in dict.fromkeys(look.times_s)]
    return [replace(record, window=window) for window in windows]

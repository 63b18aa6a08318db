"""One question on its way through a baseline: what it may use, what it used, what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from playhead_agent.baselines.reading import Said
from playhead_agent.state import Context, Stretch
from playhead_index.errors import CostLimit, ToolError
from playhead_index.search.results import Coverage, Moment, Scope
from playhead_index.window import Window
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import Evidence
from playhead_tools.eyes import Eyes, Look
from playhead_tools.look_up import VideoEntry, list_videos, search_moments, with_pictures
from playhead_tools.replies import with_options
from playhead_tools.sampling import STEP_S, ClipRequest

DESCRIBE = "Describe the clip."
"""What a video-LLM is asked where captions are wanted; the nano model was trained on these words."""


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


@dataclass(slots=True)
class Attempt:
    """One question, with its means and its bill.

    Args:
        question: in the person's words.
        options: of a multiple choice.
        context: finder, catalog, chat model, limits, and a meter of its own.
        eyes: what looks.
        scope: which videos, which stretch of each.
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
    eyes: Eyes
    scope: Scope
    notes: list[str] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)
    viewed: list[Stretch] = field(default_factory=list)
    short: str = ""
    videos: dict[str, VideoEntry] = field(init=False)
    stretches: list[Stretch] = field(init=False, default_factory=list)

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

    def look(self, video_id: str, window: Window, question: str, *, options: Sequence[str] = ()) -> Look:
        """A look at successive frames of a window; limits and errors are those of `look_at`."""
        self._afford(self.eyes.frames)
        with call_deadline(self.context.meter.remaining_s):
            return self._counted(self.eyes.look(video_id, window, question, options=tuple(options)))

    def look_at(self, request: ClipRequest, question: str, *, yes_no: bool = False) -> Look:
        """A look at chosen frames; one that was made before costs nothing.

        Raises:
            CostLimit: its frames or tokens would be more than the limits allow.
            TimeLimit: the seconds are used up.
            VideoUnreadable: the file cannot be decoded.
            ModelUnavailable: the model cannot be asked.
            ModelOutputInvalid: it gave no text.
        """
        self._afford(len(request.times_s))
        with call_deadline(self.context.meter.remaining_s):
            return self._counted(self.eyes.look_at(request, question, yes_no=yes_no))

    def _afford(self, frames: int) -> None:
        meter, limits = self.context.meter, self.context.limits
        meter.check_time("look")
        if meter.looks_left(frames) < 1:
            raise CostLimit(
                f"stopped before look {meter.looks + 1}: {limits.looks} looks, {limits.frames} frames and"
                f" {limits.visual_tokens} visual tokens were allowed"
            )

    def _counted(self, look: Look) -> Look:
        if look.frames:  # a look that was kept costs nothing
            self.context.meter.look(look.frames, look.visual_tokens, look.visual_tokens_given, look.money)
        if not look.declines:
            self.viewed += [
                (look.video_id, Window(max(0.0, at_s - STEP_S), at_s + STEP_S)) for at_s in look.times_s
            ]
        return look

    def moments(self, text: str, limit: int, scope: Scope | None = None) -> Sequence[Moment]:
        """Moments of one search in all lanes, best first."""
        self.context.meter.check_time("search")
        self.context.meter.searches += 1
        searched = search_moments(self.context.finder, text, scope=scope or self.scope, limit=limit)
        self.notes += searched.notes
        self.coverages.append(searched.result.coverage)
        return searched.result.moments


def seen(look: Look) -> Evidence:
    """A look as a record to cite: its window, and what the model said; nobody has checked it."""
    verdict = "not_visible" if look.declines else "unverified"
    return Evidence("", look.video_id, look.window, "picture", verdict, said=look.text)  # type: ignore[arg-type]


def seen_frames(look: Look) -> list[Evidence]:
    """A look at single frames as records to cite, one a frame, each as long as `STEP_S` at most."""
    record = seen(look)
    windows = [Window(at_s, min(at_s + STEP_S, look.window.end_s)) for at_s in dict.fromkeys(look.times_s)]
    return [replace(record, window=window) for window in windows]

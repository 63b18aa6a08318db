"""Protocols of what the tools are given: a VLM client, a meter of its calls, and a reader of passages."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.video_llm.client import Observation


class VideoObserver(Protocol):
    """Answers a question about a window of a video; `playhead_tools.video_llm.client.VlmClient` is one."""

    @property
    def frames(self) -> int:
        """Maximum number of frames of a call that does not say how many."""
        ...

    def observe(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        yes_no: bool = False,
        frames: int | None = None,
        region: Region | None = None,
        overview: Window | None = None,
    ) -> Observation:
        """The observation of a window."""
        ...


class VlmMeter(Protocol):
    """Counts searches and VLM calls, and limits the calls; the agent's `Meter` is one."""

    @property
    def vlm_failure(self) -> str:
        """Why the video-LLM could not be asked; after that it is not asked again. Empty while it can."""
        ...

    def search(self, key: Hashable, /) -> None:
        """Counts a search; one that was made before does not count again."""
        ...

    def vlm_calls_left(self, frames_per_call: int, /) -> int:
        """How many more calls with so many frames the limits allow, at least 0."""
        ...

    def add_vlm_call(
        self,
        frames: int,
        visual_tokens: int,
        visual_tokens_given: int | None = None,
        money: float | None = 0.0,
    ) -> None:
        """Counts a call."""
        ...

    def record_vlm_failure(self, why: str, /) -> str:
        """Ends all VLM calls; returns the reason that counts, which is the first one given."""
        ...


@dataclass(slots=True)
class VlmCallCounter:
    """A `VlmMeter` for tools that are used without an agent.

    Args:
        max_calls: calls that may be made.
        vlm_failure: see `VlmMeter`.
    """

    max_calls: float = inf
    vlm_failure: str = ""
    num_calls: int = 0
    frames: int = 0
    visual_tokens: int = 0
    money: float = 0.0
    searches: set[Hashable] = field(default_factory=set)

    def search(self, key: Hashable, /) -> None:
        """Counts a search once."""
        self.searches.add(key)

    def vlm_calls_left(self, frames_per_call: int, /) -> int:
        """Calls up to `max_calls`; a million where there is no limit."""
        return int(max(0, min(self.max_calls, 1e6) - self.num_calls))

    def add_vlm_call(
        self,
        frames: int,
        visual_tokens: int,
        visual_tokens_given: int | None = None,
        money: float | None = 0.0,
    ) -> None:
        """Counts a call."""
        self.num_calls += 1
        self.frames += frames
        self.visual_tokens += visual_tokens
        self.money += money or 0.0

    def record_vlm_failure(self, why: str, /) -> str:
        """The first reason given."""
        self.vlm_failure = self.vlm_failure or why
        return self.vlm_failure


@dataclass(frozen=True, slots=True)
class Passage:
    """Something to read: its id, and one line with when, which kind, who says it, and the words."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence, and the ids of the passages that say it."""

    text: str
    ids: tuple[str, ...]


class Reader(Protocol):
    """Answers from passages alone; a chat model behind it counts its calls on the meter of the run."""

    def answer(self, question: str, passages: Sequence[Passage], /) -> list[CitedSentence]:
        """What the passages say to a question, each sentence with the ids that say it; none for nothing.

        Raises:
            AgentStopped: a cap of the run is reached.
            ModelError: the model is away, or its reply cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class ToolImage:
    """A frame for a planner that takes pictures.

    Args:
        jpeg: the encoded picture.
        video_id: of which video.
        time_s: when it appears.
        label: for the prompt, such as `E4 frame 2 at 12:31`.
    """

    jpeg: bytes = field(repr=False)
    video_id: str
    time_s: float
    label: str

"""What the tools need from outside: a model that looks, a meter, and a model that reads passages."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.video_llm.client import Observation


class Looker(Protocol):
    """Looks at a window of a video; `playhead_tools.video_llm.client.Eyes` is one."""

    @property
    def frames(self) -> int:
        """Most frames of a look that does not say how many."""
        ...

    def look(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        yes_no: bool = False,
        frames: int | None = None,
        region: Region | None = None,
    ) -> Observation:
        """What a model says of a window."""
        ...


class LookMeter(Protocol):
    """Counts searches and looks, and says how many looks its caps still allow; the agent's `Meter` is one."""

    @property
    def look_failure(self) -> str:
        """Why the video-LLM could not be asked; after that it is not asked again. Empty while it can."""
        ...

    def search(self, what: Hashable, /) -> None:
        """Counts a search; one that was made before does not count again."""
        ...

    def looks_left(self, frames_a_look: int, /) -> int:
        """How many more looks of so many frames the caps allow, at least 0."""
        ...

    def look(
        self,
        frames: int,
        visual_tokens: int,
        visual_tokens_given: int | None = None,
        money: float | None = 0.0,
    ) -> None:
        """Counts a look that was made."""
        ...

    def look_failed(self, why: str, /) -> str:
        """Ends all looking; the reason that counts, which is the first one given."""
        ...


@dataclass(slots=True)
class LookCounter:
    """A `LookMeter` for tools that are used without an agent.

    Args:
        max_looks: looks that may be made.
        look_failure: see `LookMeter`.
    """

    max_looks: float = inf
    look_failure: str = ""
    looks: int = 0
    frames: int = 0
    visual_tokens: int = 0
    money: float = 0.0
    searches: set[Hashable] = field(default_factory=set)

    def search(self, what: Hashable, /) -> None:
        """Counts a search once."""
        self.searches.add(what)

    def looks_left(self, frames_a_look: int, /) -> int:
        """Looks up to `max_looks`; a million where there is no cap."""
        return int(max(0, min(self.max_looks, 1e6) - self.looks))

    def look(
        self,
        frames: int,
        visual_tokens: int,
        visual_tokens_given: int | None = None,
        money: float | None = 0.0,
    ) -> None:
        """Counts a look."""
        self.looks += 1
        self.frames += frames
        self.visual_tokens += visual_tokens
        self.money += money or 0.0

    def look_failed(self, why: str, /) -> str:
        """The first reason given."""
        self.look_failure = self.look_failure or why
        return self.look_failure


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

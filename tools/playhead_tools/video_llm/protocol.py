"""Request and response of a video-LLM, and the protocol that every backend fulfils.

Pictures go in decoded, with the times at which they are on the screen; words come out, with the frames
that were shown and what the call took. A model names frames by their numbers in the prompt, never by a
time: `frame_citations.py` turns numbers into times and refuses those that were never shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.video_llm.usage import Report

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames sampled from a window of one video, for one model call.

    Args:
        video_id: in which video.
        window: the interval that the frames stand for.
        pts_s: (N,) float64, when each frame appears, ascending or equal; all before the window's end, and
            none but the first before its start (that one is on the screen when the window begins).
        frames: (N, H, W, 3) uint8 RGB, N at least 1.
        words: what is said, written or captioned in the window; data for the model, never instructions.
        strip_frames: above 0 for a strip, whose frames together may take no more visual tokens than so many
            of them do whole (`plan_strip`); 0 for a clip that is shown whole.
        tiles: how many moments each picture shows side by side, as a contact sheet does; 1 for a frame.
        is_image: a still image given with the question, and no part of a video (`image_clip`). It is always
            shown, whole, and cannot be cited.

    Raises:
        ValueError: shapes do not fit, the times descend, or they do not belong to the window; or an image has
            more than one frame.
    """

    video_id: str
    window: Window
    pts_s: NDArray[np.float64]
    frames: NDArray[np.uint8]
    words: tuple[Words, ...] = ()
    strip_frames: int = 0
    tiles: int = 1
    is_image: bool = False

    def __post_init__(self) -> None:
        if self.is_image and len(self.frames) != 1:
            raise ValueError(f"an image has one frame, got {len(self.frames)}")
        if self.frames.ndim != 4 or self.frames.shape[3] != 3 or self.frames.dtype != np.uint8:
            raise ValueError(
                f"a clip's frames must be (N, H, W, 3) uint8, got {self.frames.shape} {self.frames.dtype}"
            )
        if not len(self.frames) or self.pts_s.shape != (len(self.frames),):
            raise ValueError(
                f"a clip needs a time a frame, got {self.pts_s.shape} for {len(self.frames)} frames"
            )
        if not np.isfinite(self.pts_s).all() or bool((np.diff(self.pts_s) < 0).any()):
            raise ValueError("the times of a clip must be finite and must not descend")
        if self.pts_s[-1] >= self.window.end_s or bool((self.pts_s[1:] < self.window.start_s).any()):
            raise ValueError(
                f"frames at {self.pts_s[0]:.3f} to {self.pts_s[-1]:.3f} s do not belong to {self.window}"
            )

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that one call may take; None where there is no limit.

    Args:
        frames: frames that may be shown, over all clips.
        visual_tokens: tokens that they may become, separators between them counted.
        new_tokens: tokens that may be generated.

    Raises:
        ValueError: one of them is below 1.
    """

    frames: int | None = 32
    visual_tokens: int | None = None
    new_tokens: int = 256

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"a budget must be at least 1, got {name} = {value}")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are sampled, where a call is not to be decoded greedily.

    The defaults are those of LaViLa's narrator (Zhao et al., 2023, arXiv:2212.04501).

    Args:
        temperature: of the distribution, above 0.
        top_p: tokens are drawn from the smallest set with this probability, above 0 and at most 1.
        seed: of the random numbers. In a batch the seed of its first call counts for all.

    Raises:
        ValueError: a number is outside its range.
    """

    temperature: float = 0.7
    top_p: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and 0 < self.top_p <= 1):
            raise ValueError(
                "temperature must be above 0, and top_p above 0 and at most 1; "
                f"got {self.temperature = } and {self.top_p = }"
            )


@dataclass(frozen=True, slots=True)
class PriorTurn:
    """A message after the first question: by the model, or to it."""

    role: Literal["model", "user"]
    text: str


@dataclass(frozen=True, slots=True)
class VlmRequest:
    """One call: clips, a question, a budget, and the form that the answer must have.

    Args:
        clips: what is shown, in this order, at least one.
        question: the first question about them.
        budget: the most that the call may take.
        form: pydantic model that the reply must be, as JSON; None for free text. A backend that can hold
            generation to a schema does; the check is `structured_output.ask_form`, whatever the backend did.
        yes_no: ask for one word, and for the log-probabilities of Yes and No where they can be had.
        turns: messages since, ending with the user; empty when only the question was asked.
        plain_prompt: show the clips and ask the question, without rules, tags and tables of frames, which
            small models take for something to be answered.
        sampling: how tokens are sampled; None for greedy decoding. For models that `can_sample`.

    Raises:
        ValueError: there is nothing to show or to ask, a form and Yes or No are both asked for, a form is
            asked for with a plain prompt, or the turns do not go model, user, model, user.
    """

    clips: tuple[Clip, ...]
    question: str
    budget: Budget = field(default_factory=Budget)
    form: "type[BaseModel] | None" = None
    yes_no: bool = False
    turns: tuple[PriorTurn, ...] = ()
    plain_prompt: bool = False
    sampling: Sampling | None = None

    def __post_init__(self) -> None:
        if not self.clips or not self.question.strip():
            raise ValueError(f"a call needs clips and a question, got {len(self.clips)}, {self.question!r}")
        if self.yes_no and self.form is not None:
            raise ValueError("a reply is either Yes or No or fills a form; ask for one of them")
        if self.plain_prompt and self.form is not None:
            raise ValueError("a form cannot be asked for with the bare question; leave one of them out")
        roles = [turn.role for turn in self.turns]
        if roles != ["model", "user"] * (len(roles) // 2):
            raise ValueError(f"turns must go model, user, model, user, got {roles}")


@dataclass(frozen=True, slots=True)
class PromptFrame:
    """A frame as the model saw it.

    Args:
        number: 1, 2, … in the order of the prompt, over all clips; how the model may cite it. 0 for an image,
            which belongs to no video.
        clip: index into the clips of the call.
        index: index into that clip's frames.
        video_id: in which video.
        pts_s: when it appears.
        window: from when it appears, inside its clip, to the next shown frame or the end of the clip.
    """

    number: int
    clip: int
    index: int
    video_id: str
    pts_s: float
    window: Window


MIN_PROBABILITY = 1e-9
"""A probability of zero counts as this where its logarithm is taken."""


@dataclass(frozen=True, slots=True)
class YesNo:
    """Natural log-probabilities of Yes and No as the first word of the reply.

    Args:
        yes: summed over the tokens that say yes (`Yes`, ` yes`, …), at most 0.
        no: the same for no.
        at_most: the one that the backend did not list and that is known only to be at most this; empty
            when both are exact.
    """

    yes: float
    no: float
    at_most: Literal["", "yes", "no"] = ""

    @property
    def p_yes(self) -> float:
        """Probability of Yes when only Yes and No are allowed, 0 to 1.

        >>> YesNo(yes=-0.5, no=-0.5).p_yes
        0.5
        """
        log_odds = self.yes - self.no
        return 1 / (1 + exp(-log_odds)) if log_odds > -700 else 0.0


@dataclass(frozen=True, slots=True)
class VlmResponse:
    """The response of a model to one request.

    Args:
        text: as generated, special tokens left out, not parsed.
        frames_shown: the frames that it saw, numbered from 1; nothing else may be cited.
        report: what the call took.
        yes_no: where it was asked for and the backend has it.
        truncated: generation ended at `Budget.new_tokens`, not by itself.
    """

    text: str
    frames_shown: tuple[PromptFrame, ...]
    report: Report
    yes_no: YesNo | None = None
    truncated: bool = False


class VideoLLM(Protocol):
    """A video-LLM; `ScriptedVideoLLM` is one without a model."""

    name: str

    def generate(self, request: VlmRequest) -> VlmResponse:
        """One reply to one call; `structured_output.ask_form` makes a checked object of it.

        Raises:
            ModelUnavailable: the model cannot be loaded or asked, or fails.
            ModelOutputInvalid: it gave no text.
            TokenBudgetExceeded: the call cannot be made within its budget.
        """
        ...


class ThoughtsCutOff(ModelOutputInvalid):
    """A model thought until its new tokens were used up and gave no answer; more of them may help."""


def keeps_schema(model: VideoLLM) -> bool:
    """Whether a model's backend holds its reply to a JSON schema; False where it does not say.

    A backend says so by an attribute `keeps_schema`.
    """
    return bool(getattr(model, "keeps_schema", False))


def wants_plain_prompt(model: VideoLLM) -> bool:
    """Whether a model must be asked with the question alone, as small ones; False where it does not say.

    A backend says so by an attribute `plain_prompt`.
    """
    return bool(getattr(model, "plain_prompt", False))


def can_sample(model: VideoLLM) -> bool:
    """Whether a model's backend samples where a request wants it; False where it does not say.

    A backend says so by an attribute `can_sample`.
    """
    return bool(getattr(model, "can_sample", False))


def host_of(model: VideoLLM) -> str:
    """Where the frames go that a model is shown; empty for a model in this process.

    A backend that sends them says so by an attribute `host`.
    """
    return str(getattr(model, "host", ""))


def look_note_of(model: VideoLLM) -> str:
    """What a person should know of how the frames of a model's last call were chosen; empty for nothing.

    A backend says so by an attribute `look_note`.
    """
    return str(getattr(model, "look_note", ""))


class FrameChooser(Protocol):
    """Chooses which frames are shown when there are more than the budget allows."""

    def __call__(
        self, clips: Sequence[Clip], question: str, max_frames: int, /
    ) -> Sequence[NDArray[np.int64]]:
        """For each clip the (K,) int64 ascending indices of its frames to show; up to `max_frames` in all."""
        ...

"""What answers a question about a clip: the seam at which every strategy is compared.

The answerer stays the same; a strategy decides only which frames it sees. So a difference between two
strategies is a difference in search, and what the gold clips leave unanswered is a loss in reading.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FrameClip:
    """Decoded frames for one model call.

    Args:
        frames: (N, H, W, 3) uint8 RGB, N at least 1.
        times_s: (N,) float64, when each is on the screen, on its video's own clock; not descending.
        fps: frames a second of the video that they are from, above 0.

    Raises:
        ValueError: shapes do not fit, the times descend, or fps is not above 0.
    """

    frames: NDArray[np.uint8]
    times_s: NDArray[np.float64]
    fps: float

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or self.frames.shape[3] != 3 or self.frames.dtype != np.uint8:
            raise ValueError(
                f"a clip's frames must be (N, H, W, 3) uint8, got {self.frames.shape} {self.frames.dtype}"
            )
        if len(self.frames) < 1 or self.times_s.shape != (len(self.frames),):
            raise ValueError(
                f"a clip needs a time a frame, got {self.times_s.shape} for {len(self.frames)} frames"
            )
        if bool((np.diff(self.times_s) < 0).any()):
            raise ValueError("the times of a clip must not descend")
        if not self.fps > 0:
            raise ValueError(f"fps must be above 0, got {self.fps}")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def digest(self) -> str:
        """Hexadecimal hash of the pixels and their times: equal for equal clips, whatever the process."""
        hasher = hashlib.blake2b(repr((self.frames.shape, self.times_s.tolist())).encode(), digest_size=16)
        hasher.update(np.ascontiguousarray(self.frames).tobytes())
        return hasher.hexdigest()


class LazyClip(FrameClip):
    """A clip that is decoded when its frames are first needed, and has a name before that.

    Args:
        name: equal for equal files, times and sizes, whatever the process.
        times_s: (N,) float64, as of a `FrameClip`.
        fps: likewise.
        decode: gives the (N, H, W, 3) uint8 RGB frames.
    """

    name: str
    _decode: Callable[[], NDArray[np.uint8]]

    def __init__(
        self, name: str, times_s: NDArray[np.float64], fps: float, decode: Callable[[], NDArray[np.uint8]]
    ) -> None:
        for field_name, value in {"name": name, "times_s": times_s, "fps": fps, "_decode": decode}.items():
            object.__setattr__(self, field_name, value)

    def __len__(self) -> int:
        return len(self.times_s)

    @cached_property
    def frames(self) -> NDArray[np.uint8]:
        """(N, H, W, 3) uint8 RGB, decoded once.

        Raises:
            ValueError: what is decoded does not fit the times.
        """
        return FrameClip(self._decode(), self.times_s, self.fps).frames


@dataclass(frozen=True, slots=True)
class AnswererReply:
    """What a model said to one call, unread, and what the call took.

    Args:
        text: as generated, special tokens left out.
        frames: frames that were given.
        visual_tokens: tokens that they became.
        prompt_tokens: all tokens of the prompt, the visual ones among them.
        seconds: wall clock.
    """

    text: str
    frames: int = 0
    visual_tokens: int = 0
    prompt_tokens: int = 0
    seconds: float = 0.0


class ClipAnswerer(Protocol):
    """Answers one question about one clip, or about nothing but the words of the question."""

    name: str
    """What it is called in tables."""
    revision: str
    """Which state of it this is: replies of two revisions are never mixed."""

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> AnswererReply:
        """The reply to a question.

        Args:
            clip: what is shown; None to ask by words alone.
            question: as a person would ask it.
            options: of a multiple choice, in order; empty for an open question.
        """
        ...

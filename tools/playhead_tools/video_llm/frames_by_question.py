"""Frames chosen by the question where a model takes frames and no tokens, as behind a server."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from playhead_tools.compression.frame_selection import Rule, choose_frames
from playhead_tools.compression.text_guided import question_focus
from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.protocol import Clip
from playhead_tools.video_llm.text_guided_selection import FrameScores

RULE: Rule = "best_and_even"
"""Two seconds in two minutes, 4 of 120 frames shown to nano-vlm: 28 of 30 questions right; 25 by `adaptive`,
11 by `inverse_cdf`, 9 evenly (decision 0053)."""
NO_SCORES = "the library has no picture vectors"


@dataclass(slots=True)
class QuestionFrames:
    """A `FrameChooser` that chooses frames by how well they fit the question, and keeps them spread.

    Half of the frames that a clip may show are those that fit best, the others are spread evenly over it. Of
    a moment that is given twice one frame is shown before any other moment is shown a second time.
    A question about all of a clip, and a clip without scores, get evenly spread frames.

    Args:
        scores: of the library's frames; None where it has none.
        rule: how frames are chosen.
        note: why the last choice spread frames evenly although the question names something; else empty.
    """

    scores: FrameScores | None = None
    rule: Rule = RULE
    note: str = field(default="", init=False)

    def __call__(self, clips: Sequence[Clip], question: str, max_frames: int, /) -> list[NDArray[np.int64]]:
        """For each clip the indices of its frames to show.

        A call's frames are shared among its clips as by `choose_evenly`.

        Raises:
            ValueError: `max_frames` is below 1.
        """
        self.note, even = "", choose_evenly(clips, question, max_frames)
        focus = question_focus(question)
        if focus.is_global:
            return even
        return [
            indices
            if clip.strip_frames or len(indices) in (0, len(clip))
            else self._choose(clip, focus.texts, indices)
            for clip, indices in zip(clips, even, strict=True)
        ]

    def _choose(self, clip: Clip, texts: Sequence[str], even: NDArray[np.int64]) -> NDArray[np.int64]:
        moments = np.unique(clip.pts_s, return_index=True)[1]
        if len(even) >= len(moments):
            return _all_moments(clip, moments, len(even))
        scores = None if self.scores is None else self.scores(clip.video_id, clip.pts_s[moments], texts)
        if scores is None:
            why = getattr(self.scores, "why_not", "") or NO_SCORES
            self.note = f"frames were left out evenly, not by the question: {why}"
            return even
        chosen = choose_frames(scores, clip.pts_s[moments], len(even), self.rule)
        return np.asarray(moments[chosen.indices], dtype=np.int64)


def _all_moments(clip: Clip, moments: NDArray[np.int64], num_frames: int) -> NDArray[np.int64]:
    """The first frame of every moment, and of the others as many as may be shown, the earliest first."""
    rest = np.setdiff1d(np.arange(len(clip)), moments)
    return np.sort(np.concatenate([moments, rest[: num_frames - len(moments)]])).astype(np.int64)

"""Answer from frames, rate the answer, add frames where something is missing (VideoAgent: Wang et al., ECCV
2024, arXiv:2403.10517).

Five frames spread evenly are described, the chat model answers, and a call of its own rates the answer from 1
(not enough seen) to 3 (enough). Below 3 it names gaps between the frames so far and what to look for there;
the best frame of a search inside each is added. Three rounds at most. Where it differs: the search is the
library's own, over text and frames; gaps before the first and after the last frame count too; a reply that
does not keep to its form ends the loop, and never becomes a random option.

Without a chat model the video-LLM is given all frames at once and answers itself; its probability of Yes to
whether the answer is right is the rating, and the question is the search query: the gap with the best moment
is chosen. That is another method than the paper's, and noted in the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from playhead_agent.baselines.answerers import ChatAnswerer, VlmAnswerer
from playhead_agent.baselines.frame_gaps import FrameGap, FrameTime, best_frame, first_frames, gaps_between
from playhead_agent.baselines.trial import BaselineTrial, Outcome

FIRST_FRAMES, ROUNDS, ENOUGH = 5, 3, 3


class LoopAnswerer(Protocol):
    """Answers, rates its answer and asks for frames; `ChatAnswerer` as in the paper, else `VlmAnswerer`."""

    def answer(self, frames: Sequence[FrameTime]) -> Outcome:
        """The answer from the frames so far."""
        ...

    def rating(self, outcome: Outcome) -> tuple[int, float]:
        """Its confidence in the answer, from 1 to 3, and as a probability from 0 to 1."""
        ...

    def next_searches(self, gaps: Sequence[FrameGap], outcome: Outcome) -> list[tuple[FrameGap, str]]:
        """The gaps to search next, each with its query."""
        ...


def confidence_loop(trial: BaselineTrial) -> Iterator[Outcome]:
    """The answer of the round whose rating is enough, or of the last."""
    answerer: LoopAnswerer = VlmAnswerer(trial) if trial.context.chat is None else ChatAnswerer(trial)
    frames = first_frames(trial, FIRST_FRAMES)
    for number in range(1, ROUNDS + 1):
        outcome = replace(answerer.answer(frames), confidence=0.0)
        yield outcome
        rating, confidence = answerer.rating(outcome)
        yield replace(outcome, confidence=confidence)
        note = f"round {number}: {len(frames)} frames seen, the answer is rated {rating} of {ENOUGH}"
        trial.notes.append(note)
        if rating >= ENOUGH or number == ROUNDS:
            return
        searches = answerer.next_searches(gaps_between(trial, frames), outcome)
        candidates = [best_frame(trial, gap, text) for gap, text in searches]
        new_frames = sorted({frame for frame in candidates if frame is not None} - set(frames))
        if not new_frames:
            trial.notes.append("no frame was found where something is missing")
            return
        frames = sorted([*frames, *new_frames])

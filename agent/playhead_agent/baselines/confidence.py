"""Look, answer, rate the answer, look where something is missing (VideoAgent: Wang et al., ECCV 2024,
arXiv:2403.10517).

Five frames spread evenly are described, the chat model answers, and a call of its own rates the answer from 1
(not enough seen) to 3 (enough). Below 3 it names stretches between the frames already seen and what to look
for there; the best frame of a search inside each is added. Three rounds at most. Where it differs: the search
is the library's own, by words and pictures; stretches before the first and behind the last frame count too; a
reply that does not keep to its form ends the asking, and never becomes an option drawn by lot.

Without a chat model the video-LLM looks at all frames at once and answers itself; its probability of Yes,
asked whether the answer is right, is the rating, and the question is what is searched for: the best moment
that is not yet seen names the stretch. That is another method than the paper's, and noted in the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from playhead_agent.baselines.answerers import ChatMind, VlmAnswerer
from playhead_agent.baselines.frames import Frame, Gap, best_frame, first_frames, gaps_between
from playhead_agent.baselines.trial import BaselineTrial, Outcome

FIRST_FRAMES, ROUNDS, ENOUGH = 5, 3, 3


class LoopAnswerer(Protocol):
    """What answers, rates and asks for more; `ChatMind` as in the paper, else `VlmAnswerer`."""

    def answer(self, frames: Sequence[Frame]) -> Outcome:
        """The answer of the frames that were seen."""
        ...

    def rating(self, outcome: Outcome) -> tuple[int, float]:
        """How sure of it, from 1 to 3, and as a share from 0 to 1."""
        ...

    def wanted(self, gaps: Sequence[Gap], outcome: Outcome) -> list[tuple[Gap, str]]:
        """Where to look next, and for what."""
        ...


def confidence_loop(attempt: BaselineTrial) -> Iterator[Outcome]:
    """The answer of the round whose rating is enough, or of the last."""
    mind: LoopAnswerer = VlmAnswerer(attempt) if attempt.context.chat is None else ChatMind(attempt)
    frames = first_frames(attempt, FIRST_FRAMES)
    for number in range(1, ROUNDS + 1):
        outcome = replace(mind.answer(frames), sure=0.0)
        yield outcome
        rating, share = mind.rating(outcome)
        yield replace(outcome, sure=share)
        told = f"round {number}: {len(frames)} frames seen, the answer is rated {rating} of {ENOUGH}"
        attempt.notes.append(told)
        if rating >= ENOUGH or number == ROUNDS:
            return
        wanted = mind.wanted(gaps_between(attempt, frames), outcome)
        found = [best_frame(attempt, gap, text) for gap, text in wanted]
        more = sorted({frame for frame in found if frame is not None} - set(frames))
        if not more:
            attempt.notes.append("no frame was found where something is missing")
            return
        frames = sorted([*frames, *more])

"""Frames spread evenly, one look, its reply: what any video-LLM does without a search."""

from collections.abc import Iterator

from playhead_agent.baselines.reading import best_of, read_reply, settles
from playhead_agent.baselines.spreading import spread
from playhead_agent.baselines.trial import BaselineTrial, Outcome, seen_frames


def uniform(attempt: BaselineTrial) -> Iterator[Outcome]:
    """The reply to frames spread evenly over the videos, the frames of one look shared among them.

    A look shows one video, so of several videos each is asked about with its share, until one of them
    settles the question.
    """
    outcomes: list[Outcome] = []
    num_frames = min(attempt.eyes.frames, max(2, attempt.context.limits.frames))
    if num_frames < attempt.eyes.frames:
        attempt.short = f"{num_frames} frames are shown instead of {attempt.eyes.frames}: no more are allowed"
        attempt.notes.append(attempt.short)
    for request in spread(attempt, num_frames // 2):
        look = attempt.look_at(request, attempt.asked)
        said = read_reply(look.text, attempt.options)
        outcomes.append(Outcome(said, tuple(seen_frames(look))))
        yield outcomes[best_of([one.said for one in outcomes], attempt.options)]
        if settles(said, attempt.options):
            return

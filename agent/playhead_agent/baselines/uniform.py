"""Frames spread evenly, one look, its reply: what any video-LLM does without a search."""

from collections.abc import Iterator

from playhead_agent.baselines.attempt import Attempt, Outcome, seen_frames
from playhead_agent.baselines.reading import best_of, read_reply, settles
from playhead_agent.baselines.spreading import spread


def uniform(attempt: Attempt) -> Iterator[Outcome]:
    """The reply to frames spread evenly over the videos, the frames of one look shared among them.

    A look shows one video, so of several videos each is asked about with its share, until one of them
    settles the question.
    """
    outcomes: list[Outcome] = []
    for request in spread(attempt, attempt.eyes.frames // 2):
        look = attempt.look_at(request, attempt.asked)
        said = read_reply(look.text, attempt.options)
        outcomes.append(Outcome(said, tuple(seen_frames(look))))
        yield outcomes[best_of([one.said for one in outcomes], attempt.options)]
        if settles(said, attempt.options):
            return

"""One search, a look at what it found, the reply: retrieval without a second thought."""

from collections.abc import Iterator

from playhead_agent.baselines.reading import Said, best_of, read_reply, settles
from playhead_agent.baselines.trial import BaselineTrial, Outcome, seen

LOOKED_AT = 3
"""Moments of the search that are looked at, one after the other, while none has settled the question."""


def retrieve_once(attempt: BaselineTrial) -> Iterator[Outcome]:
    """The reply to the best moment of one search; to the next ones where that declines or says no."""
    moments = attempt.moments(attempt.question, LOOKED_AT)
    if not moments:
        yield Outcome(Said("abstained", "The search found nothing to look at."))
    outcomes: list[Outcome] = []
    for moment in moments:
        look = attempt.look(moment.video_id, moment.window, attempt.question, options=attempt.options)
        said = read_reply(look.text, attempt.options)
        outcomes.append(Outcome(said, (seen(look),)))
        yield outcomes[best_of([one.said for one in outcomes], attempt.options)]
        if settles(said, attempt.options):
            return

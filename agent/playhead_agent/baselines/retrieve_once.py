"""One search, then one VLM call for each of the best moments until one answers."""

from collections.abc import Iterator

from playhead_agent.baselines.parse_reply import ParsedReply, best_reply, read_reply, settles_question
from playhead_agent.baselines.trial import BaselineTrial, Outcome, evidence_of_observation

MAX_MOMENTS = 3
"""Moments of the search that the VLM is asked about, one after the other, until one settles the question."""


def retrieve_once(trial: BaselineTrial) -> Iterator[Outcome]:
    """The reply about the best moment of one search; about the next ones where that declines or is no."""
    moments = trial.find_moments(trial.question, MAX_MOMENTS)
    if not moments:
        yield Outcome(ParsedReply("abstained", "The search found nothing to look at."))
    outcomes: list[Outcome] = []
    for moment in moments:
        observation = trial.observe(moment.video_id, moment.window, trial.question, options=trial.options)
        reply = read_reply(observation.text, trial.options)
        outcomes.append(Outcome(reply, (evidence_of_observation(observation),)))
        yield outcomes[best_reply([outcome.reply for outcome in outcomes], trial.options)]
        if settles_question(reply, trial.options):
            return

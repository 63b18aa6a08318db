"""Uniform sampling: frames spread evenly over the videos, given to the VLM without a search."""

from collections.abc import Iterator

from playhead_agent.baselines.parse_reply import best_reply, read_reply, settles_question
from playhead_agent.baselines.spread_frames import spread_frames
from playhead_agent.baselines.trial import BaselineTrial, Outcome, evidence_of_frames


def uniform(trial: BaselineTrial) -> Iterator[Outcome]:
    """The reply about frames spread evenly over the videos, the frames of one call shared among them.

    A call shows one video, so of several videos each is asked about with its share, until one of them
    settles the question.
    """
    outcomes: list[Outcome] = []
    max_frames = trial.required_vlm_client().frames
    num_frames = min(max_frames, max(2, trial.context.limits.frames))
    if num_frames < max_frames:
        trial.limit_note = f"{num_frames} frames are shown instead of {max_frames}: no more are allowed"
        trial.notes.append(trial.limit_note)
    for request in spread_frames(trial, num_frames // 2):
        observation = trial.observe_clip(request, trial.question_with_options)
        reply = read_reply(observation.text, trial.options)
        outcomes.append(Outcome(reply, tuple(evidence_of_frames(observation))))
        yield outcomes[best_reply([outcome.reply for outcome in outcomes], trial.options)]
        if settles_question(reply, trial.options):
            return

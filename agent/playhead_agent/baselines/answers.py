"""The answer of a baseline: the same record as the agent's."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.baselines.attempt import Attempt, Outcome
from playhead_agent.baselines.reading import Said
from playhead_tools.confidence import confidence
from playhead_tools.evidence import Answer, Claim, Evidence, Interval, Reason, Status, join_coverage


def finished(attempt: Attempt, outcome: Outcome | None) -> Answer:
    """The answer of what a baseline came to; None for a run that ended before it came to anything.

    The confidence is what unchecked evidence allows, times what the baseline itself gives. A refusal cites
    nothing; what was looked at stays in its evidence.
    """
    came = outcome or Outcome(Said("abstained", "Nothing was found before the run ended."))
    status, reason = standing(came.said, attempt.short)
    evidence = tuple(replace(record, id=f"E{number}") for number, record in enumerate(came.cited, 1))
    text = worded(came.said, attempt.options)
    declined = status == "abstained"
    return Answer(
        text=text,
        status=status,
        reason=reason,
        intervals=() if declined else _intervals(attempt, evidence),
        claims=() if declined else (Claim(text, tuple(record.id for record in evidence)),),
        coverage=join_coverage(attempt.coverages),
        confidence=0.0 if declined else confidence(evidence) * came.sure,
        cost=attempt.context.meter.cost(),
        evidence=evidence,
        notes=tuple(dict.fromkeys(attempt.notes)),
        question=attempt.question,
        choice=came.said.choice,
    )


def standing(said: Said, short: str) -> tuple[Status, Reason]:
    """Status and reason of what was said; a run that was cut short never counts as answered.

    >>> standing(Said("answered", "red"), ""), standing(Said("unread", "C7"), "")
    (('answered', ''), ('partial', 'unknown'))
    """
    if said.status == "abstained":
        return "abstained", "budget" if short else "unknown"
    if short:
        return "partial", "budget"
    return ("answered", "") if said.status == "answered" else ("partial", "unknown")


def worded(said: Said, options: Sequence[str]) -> str:
    """The words of the chosen option, else the reply as it was given."""
    if said.choice is not None:
        return options[said.choice]
    return said.text or "The model said nothing."


def _intervals(attempt: Attempt, evidence: Sequence[Evidence]) -> tuple[Interval, ...]:
    return tuple(
        Interval(one.video_id, attempt.videos[one.video_id].path, one.window, one.id) for one in evidence
    )

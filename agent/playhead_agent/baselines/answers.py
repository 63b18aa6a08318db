"""The answer of a baseline: the same record as the agent's."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.baselines.attempt import Attempt, Outcome
from playhead_agent.baselines.reading import Said
from playhead_agent.state import Context
from playhead_index.search.results import Coverage
from playhead_tools.confidence import confidence
from playhead_tools.evidence import Answer, Claim, Evidence, Interval, Reason, Status, join_coverage
from playhead_tools.extent import with_extent
from playhead_tools.temporal.scan import Scan
from playhead_tools.verdict_rules import SearchedExtent, allowed_verdict, statement_made


def ambiguous(refusal: str, context: Context, question: str, notes: Sequence[str]) -> Answer:
    """The answer to a question that fits several videos, when nobody says which is meant."""
    return Answer(
        refusal, "abstained", "ambiguous", cost=context.meter.cost(), notes=tuple(notes), question=question
    )


def finished(attempt: Attempt, outcome: Outcome | None, *, question: str = "") -> Answer:
    """The answer of what a baseline came to; None for a run that ended before it came to anything.

    The confidence is what unchecked evidence allows, times what the baseline itself gives, calibrated. A
    refusal cites nothing; what was looked at stays in its evidence.

    Args:
        attempt: at the question.
        outcome: what it came to.
        question: as it was asked, where the attempt is at a follow-up made whole.
    """
    came = outcome or Outcome(Said("abstained", "Nothing was found before the run ended."))
    status, reason = standing(came.said, attempt.short)
    extent = extent_of(attempt)
    missing = _says_too_much(attempt, came.said, extent) if status == "answered" else ""
    if missing:
        status, reason = "partial", "unknown"
        attempt.notes.append(f"this speaks of all that is in scope, and not all of it was seen: {missing}")
    evidence = tuple(replace(record, id=f"E{number}") for number, record in enumerate(came.cited, 1))
    text = worded(came.said, attempt.options)
    declined = status == "abstained"
    return Answer(
        text=text,
        status=status,
        reason=reason,
        intervals=() if declined else _intervals(attempt, evidence),
        claims=() if declined else (Claim(text, tuple(record.id for record in evidence)),),
        coverage=extent.coverage,
        confidence=0.0 if declined else attempt.context.calibration(confidence(evidence) * came.sure),
        cost=attempt.context.meter.cost(),
        evidence=evidence,
        notes=tuple(dict.fromkeys(attempt.notes)),
        question=question or attempt.question,
        choice=came.said.choice,
    )


def extent_of(attempt: Attempt) -> SearchedExtent:
    """What of the scope a baseline has searched and viewed.

    Frames that are spread over a window view it in samples: they count as far as each frame stands for
    `STEP_S` seconds.
    """
    viewed = attempt.viewed
    scan = Scan(dict(attempt.stretches), {v: [w for u, w in viewed if u == v] for v, _ in viewed})
    searched = join_coverage(attempt.coverages)
    duration_s = sum(window.duration_s for _, window in attempt.stretches)
    known = searched or Coverage(len(attempt.stretches), 0, duration_s, ())
    coverage = with_extent(known, attempt.context.extents, attempt.stretches, viewed)
    return SearchedExtent(coverage, pictures_viewed=bool(viewed) and scan.whole)


def _says_too_much(attempt: Attempt, said: Said, extent: SearchedExtent) -> str:
    """What was not seen of what an answer speaks of; empty where it may be said."""
    spec = attempt.context.rules.parse(attempt.question, attempt.options)
    made = statement_made(spec, worded(said, attempt.options))
    if made is None:
        return ""
    allowed = allowed_verdict(made, ["picture" if spec.wanted == "any" else spec.wanted], extent)
    return "" if allowed.is_allowed else allowed.sentence


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

"""The answer of a baseline: the same record as the agent's."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.baselines.reading import Said
from playhead_agent.baselines.trial import BaselineTrial, Outcome
from playhead_agent.finalise import Draft, Ledger, finalise
from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_index.search.results import Coverage
from playhead_tools.citations import CheckReport
from playhead_tools.confidence import confidence
from playhead_tools.evidence import Answer, Claim, Reason, Status, join_coverage
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.extent import with_extent
from playhead_tools.spec import Kind
from playhead_tools.temporal.scan import Scan
from playhead_tools.verdict_rules import (
    SearchedExtent,
    allowed_verdict,
    asks_number,
    kinds_named,
    negative_made,
    statement_needed,
)


def ambiguous(refusal: str, context: Context, question: str, notes: Sequence[str]) -> Answer:
    """The answer to a question that fits several videos, when nobody says which is meant."""
    return Answer(
        refusal, "abstained", "ambiguous", cost=context.meter.cost(), notes=tuple(notes), question=question
    )


def finished(attempt: BaselineTrial, outcome: Outcome | None, *, question: str = "") -> Answer:
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
    cited = came.cited[: attempt.context.limits.evidence]
    table = EvidenceTable(len(cited))
    for record in cited:
        table.add(record, record.said)
    evidence = table.records
    ledger = Ledger(evidence, extent_of(attempt), attempt.stretches)
    text = worded(came.said, attempt.options)
    claim = Claim(text, tuple(evidence))
    missing = _says_too_much(attempt, claim, ledger) if status == "answered" else ""
    if missing:
        status, reason = "partial", "unknown"
        attempt.notes.append(f"this speaks of all that is in scope, and not all of it was seen: {missing}")
    declined = status == "abstained"
    draft = Draft(
        () if declined else (claim,),
        came.said.choice,
        reason if declined else "",
        by="code",
        notes=tuple(attempt.notes),
        status=status,
        reason=reason,
        confidence=confidence(cited) * came.sure,
        text=text,
    )
    report = CheckReport(draft.claims, ())  # its citations are what it was shown: there is nothing to check
    answer = finalise(
        Question(question or attempt.question, attempt.options), draft, report, ledger, attempt.context
    )
    return replace(answer, evidence=tuple(evidence.values()))


def extent_of(attempt: BaselineTrial) -> SearchedExtent:
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


def _says_too_much(attempt: BaselineTrial, claim: Claim, ledger: Ledger) -> str:
    """What was not seen of what an answer speaks of; empty where it may be said.

    What a video-LLM says stands for the pictures it was shown, where the question does not name another lane.
    """
    asked = statement_needed(attempt.question) or ("count" if asks_number(attempt.question) else None)
    made = negative_made(claim.text, "") or asked
    if made is None:
        return ""
    kinds: list[Kind] = ["picture" if one == "any" else one for one in kinds_named(attempt.question)]
    allowed = allowed_verdict(made, kinds, ledger.extent)
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

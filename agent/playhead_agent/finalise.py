"""From a draft to the answer: the one place where answers are made.

Every strategy ends here. `check_draft` holds the claims against the ledger, by code first and then by
meaning; its `problems` may go back to the model once. `finalise` makes the `Answer` of what holds:
citations, statuses, the verdict that the searched extent allows, confidence, cost, notes.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_agent.verification.checking import check_draft as check_draft
from playhead_agent.verification.drafts import Draft as Draft
from playhead_agent.verification.ledger import Computation as Computation
from playhead_agent.verification.ledger import Ledger as Ledger
from playhead_agent.verification.ledger import ScanRecord as ScanRecord
from playhead_agent.verification.ledger import ledger_of_toolbox as ledger_of_toolbox
from playhead_agent.verification.ledger import texts_by_id, videos_of
from playhead_agent.verification.scope_rules import is_short_of_scope, may_be_absent, with_scope_rules
from playhead_tools.calibration import Calibration, shipped_calibration
from playhead_tools.citations import CheckReport, Dropped, reads_like_orders
from playhead_tools.confidence import confidence, evidence_ceiling, judged_ceiling
from playhead_tools.evidence import (
    Answer,
    Claim,
    Evidence,
    Interval,
    Reason,
    coverage_sentence,
    listed,
    uncertainty_notes,
)

NOT_ANSWERED: dict[Reason, str] = {
    "absent": "Nothing in what was asked about says or shows it.",
    "unknown": "What was found does not answer the question.",
    "false_premise": "The question takes for granted what was not found to be so.",
    "ambiguous": "The question can mean several things.",
    "out_of_scope": "The question is not about these videos.",
    "budget": "Nothing was found before the run ended.",
}
NOT_JUDGED = "no model judged whether the evidence says what is claimed, shared words did"
IN_PART = "In what was searched:"
UNVERIFIED = "unverified"


def finalise(
    question: Question,
    draft: Draft,
    report: CheckReport,
    ledger: Ledger,
    context: Context,
    *,
    limit: str = "",
) -> Answer:
    """The answer that a checked draft comes to.

    It is `answered` where the strategy allows that, a claim is supported, and none says more of all that is
    in scope than was searched; else `partial`; `abstained` where no claim holds.

    Args:
        question: that was asked.
        draft: the unchecked answer.
        report: what `check_draft` says of it.
        ledger: of the run.
        context: its seams.
        limit: which limit ended the run; such an answer is never `answered`.
    """
    notes = [*ledger.notes, *draft.notes, *dropped_notes(report.dropped)]
    if report.judge_failure:
        notes.append(f"{NOT_JUDGED}: {report.judge_failure}")
    if draft.abstained or (not report.kept and (draft.claims or not draft.text)):
        return _abstained(question, draft, ledger, context, notes, limit)
    ids = tuple(dict.fromkeys(i for claim in report.kept for i in claim.evidence_ids))
    texts = texts_by_id(ledger, context, ids)
    status, reason, why = draft.status, draft.reason, ""
    if draft.by == "model":
        checked = with_scope_rules(question.text, report, texts, ledger)
        why = next((new.why for old, new in zip(report.kept, checked.kept, strict=True) if new != old), "")
        report = checked
        if is_short_of_scope(question.text, report, texts, ledger):
            why = why or "not all that is in scope was scanned"
        if status == "answered" and (why or all(claim.status == "unverified" for claim in report.kept)):
            status, reason = "partial", "unknown"
    if limit:
        status, reason = "partial", "budget"
    records = [ledger.evidence[i] for i in ids]
    orders = [i for i in ids if reads_like_orders(texts[i])] if draft.by == "model" else []
    if orders:
        notes.append(f"{listed(orders)} reads like an instruction to a model; it was taken as data")
    videos, coverage = videos_of(ledger, context), ledger.extent.coverage
    return Answer(
        text=_text(draft, report.kept, ledger, is_partial=status == "partial", limit=limit),
        status=status,
        reason=reason,
        intervals=tuple(Interval(r.video_id, videos[r.video_id].path, r.window, r.id) for r in records),
        claims=report.kept,
        coverage=coverage,
        confidence=_calibration(draft, context)(
            _ceiling(draft, report, records, ledger, is_partial=bool(why))
        ),
        cost={**context.meter.cost(), **ledger.spent},
        evidence=tuple(replace(record, text=texts[record.id]) for record in records),
        notes=tuple(dict.fromkeys([*notes, *uncertainty_notes(records)])),
        question=question.text,
        choice=draft.choice,
        fallback=draft.fallback,
    )


def _text(draft: Draft, claims: Sequence[Claim], ledger: Ledger, *, is_partial: bool, limit: str) -> str:
    """The words of an answer: lead, claims with their markers, and of a partial one what was searched."""
    lead = draft.lead or (IN_PART if is_partial and not draft.text else "")
    parts = [lead, draft.text or written(claims, draft.by)]
    if is_partial and ledger.extent.coverage is not None and not draft.text:
        parts.append(coverage_sentence(ledger.extent.coverage))
    if limit:
        parts.append(f"The run ended early: {limit}.")
    return "\n".join(part for part in parts if part)


def _calibration(draft: Draft, context: Context) -> Calibration:
    """The library's own calibration, else the one that the product ships for the strategy."""
    name = draft.calibration or ("planner" if draft.by == "model" else "")
    return context.calibration if context.calibration.fitted_on else shipped_calibration(name)


def _ceiling(
    draft: Draft, report: CheckReport, records: Sequence[Evidence], ledger: Ledger, *, is_partial: bool
) -> float:
    """The confidence before calibration: by what a judge of meaning said, else by the evidence."""
    share = len(report.kept) / max(1, len(draft.claims))
    if draft.confidence is not None:
        return draft.confidence * share
    coverage = ledger.extent.coverage
    is_unfinished = coverage is not None and bool(coverage.unfinished)
    claims = [claim.status == "supported" for claim in report.kept]
    ceiling = judged_ceiling(claims) if draft.by == "model" or report.judged_by else None
    if ceiling is not None and not report.judged_by:  # what code marked counts as what a judge marked
        ceiling = min(ceiling, evidence_ceiling(records))
    return confidence(
        records, partly_searched=is_partial, unfinished=is_unfinished, claims_kept=share, ceiling=ceiling
    )


def written(claims: Sequence[Claim], by: Literal["model", "code"]) -> str:
    """Claims with their markers: a model's as prose, those of code a line each.

    Of a model's claims the unverified ones are marked; what code writes quotes its evidence, and a lead says
    how sure that is.
    """
    lines = [f"{claim.text.rstrip('. ')} [{', '.join(claim.evidence_ids)}]" for claim in claims]
    if by == "code":
        return "\n".join(lines)
    marked = [
        f"{line} ({UNVERIFIED})" if claim.status == "unverified" else line
        for claim, line in zip(claims, lines, strict=True)
    ]
    return ". ".join(marked) + "."


MAX_IDS = 8
"""So many evidence ids are named in a note; the others are counted."""


def dropped_notes(dropped: Sequence[Dropped]) -> list[str]:
    """A note on each claim that was left out or lost citations; citations lost for one reason share a note.

    >>> dropped_notes([Dropped("It is red", "not said", "E1"), Dropped("It is red", "not said", "E2")])
    ['dropped citations E1 and E2 of “It is red”: not said']
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for lost in dropped:
        groups.setdefault((lost.claim, lost.why), []).append(lost.evidence_id)
    notes = []
    for (claim, why), ids in groups.items():
        cited = [one for one in ids if one]
        shown = listed(
            [*cited[:MAX_IDS], *([f"{len(cited) - MAX_IDS} more"] if len(cited) > MAX_IDS else [])]
        )
        what = f"citation{'' if len(cited) == 1 else 's'} {shown} of" if cited else "claim"
        notes.append(f"dropped {what} “{claim[:120]}”: {why}")
    return notes


def _abstained(
    question: Question, draft: Draft, ledger: Ledger, context: Context, notes: Sequence[str], limit: str
) -> Answer:
    """No answer; a model's "absent" or "false premise" counts only as far as whole scans bear it out."""
    reason: Reason = draft.abstained or "unknown"
    says_no = reason in ("absent", "false_premise")
    if says_no and draft.by == "model" and not may_be_absent(question.text, ledger, context):
        reason = "unknown"
    text, coverage = draft.text or NOT_ANSWERED[reason], ledger.extent.coverage
    if limit:
        reason, text = "budget", f"Nothing was found before the run ended: {limit}."
    elif coverage is not None and not draft.text:
        text += f"\n{coverage_sentence(coverage)}"
    return Answer(
        text=text,
        status="abstained",
        reason=reason,
        coverage=coverage,
        cost={**context.meter.cost(), **ledger.spent},
        notes=tuple(dict.fromkeys(notes)),
        question=question.text,
        choice=draft.choice,
        fallback=draft.fallback,
    )

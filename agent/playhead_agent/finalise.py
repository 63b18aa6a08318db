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
from playhead_agent.verification.check_draft import check_draft as check_draft
from playhead_agent.verification.drafts import Draft as Draft
from playhead_agent.verification.ledger import Computation as Computation
from playhead_agent.verification.ledger import Ledger as Ledger
from playhead_agent.verification.ledger import ScanRecord as ScanRecord
from playhead_agent.verification.ledger import ledger_of_toolbox as ledger_of_toolbox
from playhead_agent.verification.ledger import texts_by_id, videos_of
from playhead_agent.verification.scope_rules import is_short_of_scope, may_be_absent, with_scope_rules
from playhead_tools.calibration import Calibration, default_calibration
from playhead_tools.citations import CheckReport, reads_like_orders
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
NOT_JUDGED_NOTE = "no model judged whether the evidence says what is claimed, shared words did"
PARTIAL_LEAD = "In what was searched:"
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
        question: of the person.
        draft: the unchecked answer.
        report: of `check_draft` on its claims.
        ledger: of the run.
        context: components and limits of the run.
        limit: which limit ended the run; such an answer is never `answered`.
    """
    notes = [*ledger.notes, *draft.notes, *report.notes]
    if report.judge_failure:
        notes.append(f"{NOT_JUDGED_NOTE}: {report.judge_failure}")
    if draft.abstained or (not report.retained and (draft.claims or not draft.text)):
        return _abstention(question, draft, ledger, context, notes, limit)
    ids = tuple(dict.fromkeys(i for claim in report.retained for i in claim.evidence_ids))
    texts = texts_by_id(ledger, context, ids)
    status, reason, scope_problem = draft.status, draft.reason, ""
    if draft.by == "model":
        checked = with_scope_rules(question.text, report, texts, ledger)
        scope_problem = next(
            (
                new_claim.why
                for old_claim, new_claim in zip(report.retained, checked.retained, strict=True)
                if new_claim != old_claim
            ),
            "",
        )
        report = checked
        if is_short_of_scope(question.text, report, texts, ledger):
            scope_problem = scope_problem or "not all that is in scope was scanned"
        if status == "answered" and (
            scope_problem or all(claim.status == "unverified" for claim in report.retained)
        ):
            status, reason = "partial", "unknown"
    if limit:
        status, reason = "partial", "budget"
    records = [ledger.evidence[i] for i in ids]
    instruction_ids = [i for i in ids if reads_like_orders(texts[i])] if draft.by == "model" else []
    if instruction_ids:
        notes.append(f"{listed(instruction_ids)} reads like an instruction to a model; it was taken as data")
    videos, coverage = videos_of(ledger, context), ledger.extent.coverage
    return Answer(
        text=_text(draft, report.retained, ledger, is_partial=status == "partial", limit=limit),
        status=status,
        reason=reason,
        intervals=tuple(Interval(r.video_id, videos[r.video_id].path, r.window, r.id) for r in records),
        claims=report.retained,
        coverage=coverage,
        confidence=_calibration(draft, context)(
            _confidence_ceiling(draft, report, records, ledger, is_partial=bool(scope_problem))
        ),
        cost={**context.meter.cost(), **ledger.spent},
        evidence=tuple(replace(record, text=texts[record.id]) for record in records),
        notes=tuple(dict.fromkeys([*notes, *uncertainty_notes(records)])),
        question=question.text,
        choice=draft.choice,
        fallback=draft.fallback,
    )


def _text(draft: Draft, claims: Sequence[Claim], ledger: Ledger, *, is_partial: bool, limit: str) -> str:
    """The text of an answer: lead, claims with their markers, and for a partial one the coverage."""
    lead = draft.lead or (PARTIAL_LEAD if is_partial and not draft.text else "")
    parts = [lead, draft.text or claims_text(claims, draft.by)]
    if is_partial and ledger.extent.coverage is not None and not draft.text:
        parts.append(coverage_sentence(ledger.extent.coverage))
    if limit:
        parts.append(f"The run ended early: {limit}.")
    return "\n".join(part for part in parts if part)


def _calibration(draft: Draft, context: Context) -> Calibration:
    """The library's own calibration, else the one that the product ships for the strategy."""
    name = draft.calibration or ("planner" if draft.by == "model" else "")
    return context.calibration if context.calibration.fitted_on else default_calibration(name)


def _confidence_ceiling(
    draft: Draft, report: CheckReport, records: Sequence[Evidence], ledger: Ledger, *, is_partial: bool
) -> float:
    """The confidence before calibration: by the verdicts of a judge, else by the evidence."""
    share = len(report.retained) / max(1, len(draft.claims))
    if draft.confidence is not None:
        return draft.confidence * share
    coverage = ledger.extent.coverage
    is_unfinished = coverage is not None and bool(coverage.unfinished)
    claims = [claim.status == "supported" for claim in report.retained]
    ceiling = judged_ceiling(claims) if draft.by == "model" or report.judged_by else None
    if ceiling is not None and not report.judged_by:  # a mark by code counts like a mark by a judge
        ceiling = min(ceiling, evidence_ceiling(records))
    return confidence(
        records, partly_searched=is_partial, unfinished=is_unfinished, retained_share=share, ceiling=ceiling
    )


def claims_text(claims: Sequence[Claim], by: Literal["model", "code"]) -> str:
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


def _abstention(
    question: Question, draft: Draft, ledger: Ledger, context: Context, notes: Sequence[str], limit: str
) -> Answer:
    """An abstention; a model's "absent" or "false premise" counts only where complete scans bear it out."""
    reason: Reason = draft.abstained or "unknown"
    is_negative = reason in ("absent", "false_premise")
    if is_negative and draft.by == "model" and not may_be_absent(question.text, ledger, context):
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

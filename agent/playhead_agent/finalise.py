"""From a draft to the answer: the one place where claims are checked and answers are made.

Every strategy ends here. `check_draft` holds the claims against the ledger, by code first and then by
meaning; its `problems` may go back to the model once. `finalise` makes the `Answer` of what holds:
citations, statuses, the verdict that the searched extent allows, confidence, cost, notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from playhead_agent.entailment import ChatJudge
from playhead_agent.ledger import Computation as Computation
from playhead_agent.ledger import Ledger as Ledger
from playhead_agent.ledger import ScanRecord as ScanRecord
from playhead_agent.ledger import ledger_of_toolbox as ledger_of_toolbox
from playhead_agent.models.protocol import ChatModel
from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_index.errors import AgentStopped, ModelError
from playhead_index.search.results import Scope
from playhead_index.window import format_time
from playhead_tools.cite import (
    CheckReport,
    Dropped,
    Grounds,
    check_claims,
    reads_like_orders,
    spans_of,
    texts_of,
)  # fmt: skip
from playhead_tools.confidence import confidence
from playhead_tools.entailment import ClaimEvidence, EntailmentJudge, Support
from playhead_tools.evidence import (
    Answer,
    Claim,
    Evidence,
    Interval,
    Reason,
    Status,
    coverage_sentence,
    listed,
    uncertainty_notes,
)
from playhead_tools.look_up import VideoEntry, list_videos
from playhead_tools.numbers import numbers_in

NOT_ANSWERED: dict[Reason, str] = {
    "absent": "Nothing in what was asked about says or shows it.",
    "unknown": "What was found does not answer the question.",
    "false_premise": "The question takes for granted what was not found to be so.",
    "ambiguous": "The question can mean several things.",
    "out_of_scope": "The question is not about these videos.",
    "budget": "Nothing was found before the run ended.",
}
NOT_SAID = "the evidence does not say it"
SAID_IN_PART = "the evidence says it only in part"


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is checked.

    Args:
        claims: with the ids that they cite; their statuses do not count yet.
        choice: the option that it chooses, from 0.
        abstained: why there is no answer; empty where there are claims.
        by: who wrote the claims; what code writes needs no judge of its meaning.
        notes: what the person should know.
        status: the most that the strategy itself allows.
        reason: why it allows no more; empty for `answered`.
        confidence: the ceiling that the strategy sets, 0 to 1; None for the one that the evidence sets.
        lead: a line that stands above the claims.
        text: the words of the answer instead of those of its claims.
        fallback: see `Answer.fallback`.
    """

    claims: tuple[Claim, ...] = ()
    choice: int | None = None
    abstained: Reason = ""
    by: Literal["model", "code"] = "model"
    notes: tuple[str, ...] = ()
    status: Status = "answered"
    reason: Reason = ""
    confidence: float | None = None
    lead: str = ""
    text: str = ""
    fallback: str = ""


def check_draft(draft: Draft, ledger: Ledger, context: Context) -> CheckReport:
    """The claims of a draft held against the ledger: by code, then by meaning where a model wrote them.

    The chat model judges all of them in one call; where there is none, or it fails, shared words count.
    """
    chat: ChatModel | None = getattr(context, "chat", None) if draft.by == "model" else None
    grounds = grounds_of(ledger, context)
    report = check_claims(draft.claims, grounds, needs_shared_words=chat is None)
    report = replace(report, kept=tuple(_computed_claim(claim, ledger) for claim in report.kept))
    if chat is None or not report.kept:
        return report
    return judged(report, ChatJudge(chat, context.meter), grounds)


def judged(report: CheckReport, judge: EntailmentJudge, grounds: Grounds) -> CheckReport:
    """A report after a judge of meaning has spoken; what it cannot say stays as shared words have it."""
    pairs = [evidence_lines(claim, grounds) for claim in report.kept]
    try:
        verdicts = judge.judge(pairs)
    except (ModelError, AgentStopped):
        return report
    kept, dropped = [], []
    for claim, verdict in zip(report.kept, verdicts, strict=True):
        if verdict == "no" and judge.may_drop:
            dropped.append(Dropped(claim.text, "", NOT_SAID))
        else:
            kept.append(_with_verdict(claim, verdict, grounds))
    name = str(getattr(judge, "name", type(judge).__name__))
    return CheckReport(tuple(kept), (*report.dropped, *dropped), name)


def _with_verdict(claim: Claim, verdict: Support | None, grounds: Grounds) -> Claim:
    if verdict is None or claim.why:
        return claim  # what code found wrong stays wrong
    if verdict != "yes":
        return replace(claim, status="unverified", why=NOT_SAID if verdict == "no" else SAID_IN_PART)
    is_sure = not all(grounds.evidence[i].is_uncertain for i in claim.evidence_ids)
    return replace(claim, status="supported" if is_sure else "unverified")


def evidence_lines(claim: Claim, grounds: Grounds) -> ClaimEvidence:
    """A claim and what it cites, as a judge reads it."""
    lines = []
    for record in (grounds.evidence[i] for i in claim.evidence_ids):
        who = f"{record.speaker}: " if record.speaker else ""
        lines.append(f"[{format_time(record.window.start_s)}, {record.kind}] {who}{grounds.texts[record.id]}")
    return ClaimEvidence(claim.text, tuple(lines))


def _computed_claim(claim: Claim, ledger: Ledger) -> Claim:
    """A claim that gives a computed number and cites all that it was computed from is supported."""
    said, cited = set(numbers_in(claim.text)), set(claim.evidence_ids)
    is_computed = any(
        one.value in said and one.evidence_ids and set(one.evidence_ids) <= cited for one in ledger.computed
    )
    if not is_computed or all(ledger.evidence[i].is_uncertain for i in cited):
        return claim
    return replace(claim, status="supported", why="")


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

    Args:
        question: that was asked.
        draft: the unchecked answer.
        report: what `check_draft` says of it.
        ledger: of the run.
        context: its seams.
        limit: which limit ended the run; such an answer is never `answered`.
    """
    notes = [*ledger.notes, *draft.notes, *map(dropped_note, report.dropped)]
    if not report.kept:
        return _abstained(question, draft, ledger, context, notes, limit)
    ids = tuple(dict.fromkeys(i for claim in report.kept for i in claim.evidence_ids))
    records = [ledger.evidence[i] for i in ids]
    texts = texts_by_id(ledger, context, ids)
    status, reason = draft.status, draft.reason
    if status == "answered" and all(claim.status == "unverified" for claim in report.kept):
        status, reason = "partial", "unknown"
    coverage = ledger.extent.coverage
    text = draft.text or written(report.kept, draft.by)
    lead = draft.lead or ("In what was searched:" if status == "partial" and not draft.text else "")
    text = f"{lead}\n{text}" if lead else text
    if status == "partial" and coverage is not None and not draft.text:
        text += f"\n{coverage_sentence(coverage)}"
    orders = [i for i in ids if reads_like_orders(texts[i])]
    if orders:
        notes.append(f"{listed(orders)} reads like an instruction to a model; it was taken as data")
    if limit:
        status, reason, text = "partial", "budget", f"{text}\nThe run ended early: {limit}."
    videos = videos_of(ledger, context)
    return Answer(
        text=text,
        status=status,
        reason=reason,
        intervals=tuple(Interval(r.video_id, videos[r.video_id].path, r.window, r.id) for r in records),
        claims=report.kept,
        coverage=coverage,
        confidence=context.calibration(_ceiling(draft, report, records, status, ledger)),
        cost={**context.meter.cost(), **ledger.spent},
        evidence=tuple(replace(record, text=texts[record.id]) for record in records),
        notes=tuple(dict.fromkeys([*notes, *uncertainty_notes(records)])),
        question=question.text,
        choice=draft.choice,
        fallback=draft.fallback,
    )


def _ceiling(
    draft: Draft, report: CheckReport, records: Sequence[Evidence], status: Status, ledger: Ledger
) -> float:
    share = len(report.kept) / max(1, len(draft.claims))
    if draft.confidence is not None:
        return draft.confidence * share
    coverage = ledger.extent.coverage
    return confidence(
        records,
        partly_searched=status == "partial",
        unfinished=coverage is not None and bool(coverage.unfinished),
        claims_kept=share,
    )


def written(claims: Sequence[Claim], by: Literal["model", "code"]) -> str:
    """Claims with their markers: a model's as prose, those of code a line each."""
    lines = [f"{claim.text.rstrip('. ')} [{', '.join(claim.evidence_ids)}]" for claim in claims]
    if by == "code":
        return "\n".join(lines)
    marked = [
        f"{line} (unverified)" if claim.status == "unverified" else line
        for claim, line in zip(claims, lines, strict=True)
    ]
    return ". ".join(marked) + "."


def dropped_note(lost: Dropped) -> str:
    """A note on a claim or citation that was left out."""
    what = f"citation {lost.evidence_id} of" if lost.evidence_id else "claim"
    return f"dropped {what} “{lost.claim[:120]}”: {lost.why}"


def _abstained(
    question: Question, draft: Draft, ledger: Ledger, context: Context, notes: Sequence[str], limit: str
) -> Answer:
    reason: Reason = "budget" if limit else draft.abstained or "unknown"
    text = draft.text or NOT_ANSWERED[reason]
    coverage = ledger.extent.coverage
    if coverage is not None and not draft.text:
        text += f"\n{coverage_sentence(coverage)}"
    if limit:
        text = f"Nothing was found before the run ended: {limit}."
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


# ---- reading the ledger ----


def videos_of(ledger: Ledger, context: Context) -> dict[str, VideoEntry]:
    """The videos in scope by id."""
    ids = tuple(video_id for video_id, _ in ledger.stretches)
    return {video.video_id: video for video in list_videos(context.catalog, Scope(ids))}


def texts_by_id(ledger: Ledger, context: Context, ids: Sequence[str]) -> dict[str, str]:
    """The words of some records, from the catalog where the ledger does not have them."""
    unread = [ledger.evidence[i] for i in ids if i not in ledger.texts]
    read = texts_of(context.catalog, unread, spans_of(context.catalog, unread)) if unread else {}
    return {i: ledger.texts[i] if i in ledger.texts else read[i] for i in ids}


def grounds_of(ledger: Ledger, context: Context) -> Grounds:
    """What claims are held against by code."""
    numbers = [one.value for one in ledger.computed if one.value is not None]
    return Grounds(
        context.catalog,
        ledger.evidence,
        videos_of(ledger, context),
        ledger.looked_at,
        [*numbers, *ledger.numbers],
        texts_by_id(ledger, context, tuple(ledger.evidence)),
    )

"""The answer of a baseline: the same record as the agent's."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.baselines.parse_reply import ParsedReply
from playhead_agent.baselines.trial import BaselineTrial, Outcome
from playhead_agent.finalise import Draft, Ledger, finalise
from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_index.search.results import Coverage
from playhead_tools.citations import CheckReport
from playhead_tools.confidence import confidence
from playhead_tools.evidence import Answer, Claim, Reason, Status, join_coverage
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.search_extent import with_extent
from playhead_tools.spec import Kind
from playhead_tools.temporal.scan_coverage import Scan
from playhead_tools.verdict_rules import (
    SearchedExtent,
    allowed_verdict,
    asks_number,
    kinds_in_question,
    negative_statement,
    statement_in_question,
)


def ambiguous_answer(refusal: str, context: Context, question: str, notes: Sequence[str]) -> Answer:
    """The answer to a question that fits several videos, when nobody says which is meant."""
    return Answer(
        refusal, "abstained", "ambiguous", cost=context.meter.cost(), notes=tuple(notes), question=question
    )


def answer_of_outcome(trial: BaselineTrial, outcome: Outcome | None, *, question: str = "") -> Answer:
    """The answer of an outcome; of None for a run that ended without one.

    The confidence is what unchecked evidence allows, times that of the baseline, calibrated. A refusal cites
    nothing; what was viewed stays in its evidence.

    Args:
        trial: of the question.
        outcome: of the baseline.
        question: in the person's words, where the trial is of a completed follow-up.
    """
    result = outcome or Outcome(ParsedReply("abstained", "Nothing was found before the run ended."))
    status, reason = status_and_reason(result.reply, trial.limit_note)
    cited = result.cited[: trial.context.limits.evidence]
    table = EvidenceTable(len(cited))
    for record in cited:
        table.add(record, record.said)
    evidence = table.records
    ledger = Ledger(evidence, extent_of(trial), trial.segment_refs)
    text = answer_text(result.reply, trial.options)
    claim = Claim(text, tuple(evidence))
    missing = _missing_scope(trial, claim, ledger) if status == "answered" else ""
    if missing:
        status, reason = "partial", "unknown"
        trial.notes.append(f"this speaks of all that is in scope, and not all of it was seen: {missing}")
    is_abstention = status == "abstained"
    draft = Draft(
        () if is_abstention else (claim,),
        result.reply.choice,
        reason if is_abstention else "",
        by="code",
        notes=tuple(trial.notes),
        status=status,
        reason=reason,
        confidence=confidence(cited) * result.confidence,
        text=text,
    )
    report = CheckReport(draft.claims, ())  # its citations are what it was shown: there is nothing to check
    answer = finalise(
        Question(question or trial.question, trial.options), draft, report, ledger, trial.context
    )
    return replace(answer, evidence=tuple(evidence.values()))


def extent_of(trial: BaselineTrial) -> SearchedExtent:
    """What of the scope a baseline has searched and viewed.

    Frames that are spread over a window view it in samples: they count as far as each frame stands for
    `STEP_S` seconds.
    """
    viewed = trial.viewed
    scan = Scan(dict(trial.segment_refs), {v: [w for u, w in viewed if u == v] for v, _ in viewed})
    searched = join_coverage(trial.coverages)
    duration_s = sum(window.duration_s for _, window in trial.segment_refs)
    known = searched or Coverage(len(trial.segment_refs), 0, duration_s, ())
    coverage = with_extent(known, trial.context.extents, trial.segment_refs, viewed)
    return SearchedExtent(coverage, pictures_viewed=bool(viewed) and scan.is_complete)


def _missing_scope(trial: BaselineTrial, claim: Claim, ledger: Ledger) -> str:
    """What was not searched of the extent that an answer speaks of; empty where nothing is missing.

    A response of a video-LLM is about its frames, where the question does not name another modality.
    """
    needed = statement_in_question(trial.question) or ("count" if asks_number(trial.question) else None)
    statement = negative_statement(claim.text, "") or needed
    if statement is None:
        return ""
    kinds: list[Kind] = ["picture" if kind == "any" else kind for kind in kinds_in_question(trial.question)]
    allowed = allowed_verdict(statement, kinds, ledger.extent)
    return "" if allowed.is_allowed else allowed.sentence


def status_and_reason(reply: ParsedReply, limit_note: str) -> tuple[Status, Reason]:
    """Status and reason of a reply; a run that was cut short never counts as answered.

    >>> status_and_reason(ParsedReply("answered", "red"), "")
    ('answered', '')
    >>> status_and_reason(ParsedReply("unread", "C7"), "")
    ('partial', 'unknown')
    """
    if reply.status == "abstained":
        return "abstained", "budget" if limit_note else "unknown"
    if limit_note:
        return "partial", "budget"
    return ("answered", "") if reply.status == "answered" else ("partial", "unknown")


def answer_text(reply: ParsedReply, options: Sequence[str]) -> str:
    """The text of the chosen option, else of the reply."""
    if reply.choice is not None:
        return options[reply.choice]
    return reply.text or "The model said nothing."

"""Drafts checked against the ledger of a run: by code first, then by an entailment judge."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.state import Context
from playhead_agent.verification.drafts import Draft
from playhead_agent.verification.judges import ChatJudge, VideoJudge
from playhead_agent.verification.ledger import NEEDS_COMPLETE_SCAN, Ledger, citation_context_of
from playhead_index.errors import AgentStopped, ModelError
from playhead_index.literal import Word, words_in
from playhead_index.window import format_time
from playhead_tools.citations import (
    CheckReport,
    CitationContext,
    DroppedClaim,
    check_claims,
    reads_like_orders,
    spans_of,
    text_of_orders,
    without_orders,
)
from playhead_tools.entailment import ClaimEvidence, EntailmentJudge, Support
from playhead_tools.evidence import Claim, Evidence
from playhead_tools.lexical_entailment import words_contradict
from playhead_tools.numbers import citable_numbers, numbers_in
from playhead_tools.speaker_turns import SpeakerNames
from playhead_tools.word_match import is_stop_word, match_word

NOT_IN_EVIDENCE = "the evidence does not say it"
PARTLY_IN_EVIDENCE = "the evidence says it only in part"
ONLY_INSTRUCTED = "only what reads like an instruction to a model says it; that is data"
MAX_FAILURE_CHARS = 300
NOT_ALL_SCANNED = "it was computed from what was found, and not all was scanned"


def check_draft(draft: Draft, ledger: Ledger, context: Context, *, use_model: bool = True) -> CheckReport:
    """The claims of a draft checked against the ledger: by code, then by a judge where a model wrote them.

    The chat model judges all of them in one call, where a probe found it good enough at that. Where there is
    none, the video-LLM judges those that cite frames; for the rest, and where a model fails, shared words
    count. The report's `problems` state what to correct.

    Args:
        draft: the unchecked answer.
        ledger: of the run.
        context: components and limits of the run.
        use_model: call the judge; off where a strategy has no call to spare for it.
    """
    chat = context.chat if use_model and draft.by == "model" else None
    citation_context = citation_context_of(ledger, context)
    report = check_claims(draft.claims, citation_context, needs_shared_words=chat is None)
    if draft.by == "model":
        report = _without_instructed(report, citation_context)
    if chat is not None and report.retained:
        judge = ChatJudge(chat, context.meter)
        report = report if judge.is_ruled_out else apply_verdicts(report, judge, citation_context)
    elif use_model and draft.by == "model" and _cites_pictures(report, ledger):
        vlm_client = context.open_vlm_client()
        report = (
            report
            if vlm_client is None
            else apply_verdicts(report, VideoJudge(vlm_client, context.meter), citation_context)
        )
    if draft.by == "code":
        return report
    miscounted = [
        DroppedClaim(claim.text, "", why)
        for claim in report.retained
        if (why := _correct_count(claim, ledger))
    ]
    dropped_texts = {dropped.claim for dropped in miscounted}
    claims = tuple(
        _computed_claim(claim, ledger, citation_context)
        for claim in report.retained
        if claim.text not in dropped_texts
    )
    return replace(report, retained=claims, dropped=(*report.dropped, *miscounted))


def _without_instructed(report: CheckReport, citation_context: CitationContext) -> CheckReport:
    """A report without the claims that only an instruction to a model asks for."""
    words = _instructed_words(citation_context)
    instructed = [claim for claim in report.retained if _is_instructed(claim, words)]
    claims = tuple(claim for claim in report.retained if claim not in instructed)
    return replace(
        report,
        retained=claims,
        dropped=(*report.dropped, *(DroppedClaim(claim.text, "", ONLY_INSTRUCTED) for claim in instructed)),
    )


def _instructed_words(citation_context: CitationContext) -> list[Word]:
    """The content words that the evidence of a run contains only in text that reads like an instruction."""
    texts = list(citation_context.texts.values())
    instructions = " ".join(text_of_orders(text) for text in texts if reads_like_orders(text))
    other_text = " ".join(map(without_orders, texts)) if instructions else ""
    words = (word for word in words_in(instructions) if not is_stop_word(word.key))
    return [word for word in words if match_word(word, other_text) == "none"]


def _is_instructed(claim: Claim, words: Sequence[Word]) -> bool:
    """Whether a claim has a word that only instructions have; one that reports the instruction is none."""
    return not reads_like_orders(claim.text) and any(match_word(w, claim.text) != "none" for w in words)


def _cites_pictures(report: CheckReport, ledger: Ledger) -> bool:
    return any(ledger.evidence[i].kind == "picture" for claim in report.retained for i in claim.evidence_ids)


def apply_verdicts(
    report: CheckReport, judge: EntailmentJudge, citation_context: CitationContext
) -> CheckReport:
    """A report with the verdicts of a judge; a claim without a verdict keeps its status from shared words.

    The quality of the judge matters once it finds a claim unsupported or contradicts plain words. A claim
    that the evidence does not support is dropped where the judge may drop and another claim passes; else it
    is `unverified`, so that a judge alone never removes the complete answer.
    """
    pairs = [evidence_lines(claim, citation_context) for claim in report.retained]
    try:
        verdicts = judge.judge(pairs)
    except (ModelError, AgentStopped) as error:
        return replace(report, judge_failure=str(error)[:MAX_FAILURE_CHARS])
    if _is_doubtful(pairs, verdicts) and not judge.may_mark:
        return report
    if any(verdict != "no" for verdict in verdicts) and "no" in verdicts and judge.may_drop:
        unsupported = [c for c, verdict in zip(report.retained, verdicts, strict=True) if verdict == "no"]
    else:
        unsupported = []
    claims = [
        _with_verdict(claim, verdict, citation_context)
        for claim, verdict in zip(report.retained, verdicts, strict=True)
        if claim not in unsupported
    ]
    dropped = [DroppedClaim(claim.text, "", NOT_IN_EVIDENCE) for claim in unsupported]
    return CheckReport(tuple(claims), (*report.dropped, *dropped), judge.name)


def _is_doubtful(pairs: Sequence[ClaimEvidence], verdicts: Sequence[Support | None]) -> bool:
    """Whether a judge finds a claim unsupported, or passes one that plain words contradict.

    Only then the quality of the judge matters; the second detects one that agrees with everything.
    """
    return any(
        verdict != "yes" or words_contradict(pair.claim, " ".join(pair.evidence))
        for pair, verdict in zip(pairs, verdicts, strict=True)
    )


def _with_verdict(claim: Claim, verdict: Support | None, citation_context: CitationContext) -> Claim:
    if verdict is None or claim.why:
        return claim  # a problem that code found stays
    if verdict != "yes":
        return replace(
            claim, status="unverified", why=NOT_IN_EVIDENCE if verdict == "no" else PARTLY_IN_EVIDENCE
        )
    is_certain = not all(citation_context.evidence[i].is_uncertain for i in claim.evidence_ids)
    return replace(claim, status="supported" if is_certain else "unverified")


def evidence_lines(claim: Claim, citation_context: CitationContext) -> ClaimEvidence:
    """A claim and what it cites, as a judge reads it."""
    names = SpeakerNames(citation_context.catalog)
    lines = []
    for record in (citation_context.evidence[i] for i in claim.evidence_ids):
        text = _with_speakers(record, citation_context, names)
        lines.append(f"[{format_time(record.window.start_s)}, {record.kind}] {text}")
    records = [citation_context.evidence[i] for i in claim.evidence_ids]
    pictures = tuple((one.video_id, one.window) for one in records if one.kind == "picture")
    return ClaimEvidence(claim.text, tuple(lines), pictures)


def _with_speakers(record: Evidence, citation_context: CitationContext, names: SpeakerNames) -> str:
    """The words of a record, behind the name of who says each of them where that is known."""
    if record.kind != "speech":
        return citation_context.texts[record.id]
    spans = spans_of(citation_context.catalog, [record])
    turns = names.named_turns(spans[i] for i in record.span_ids if i in spans)
    return " ".join(f"{name}: {words}" if name else words for name, words in turns)


def _correct_count(claim: Claim, ledger: Ledger) -> str:
    """A note with the computed count where a claim states another, unsupported one; else empty."""
    if not claim.why:
        return ""
    numbers, cited = set(numbers_in(claim.text)), set(claim.evidence_ids)
    counts = [one for one in ledger.computed if one.op == "count" and one.is_complete and one.evidence_ids]
    counts = [one for one in counts if set(one.evidence_ids) <= cited]
    if not numbers or not counts or any(one.value in numbers for one in counts):
        return ""
    return f"{counts[0].value:g} were counted"


def _computed_claim(claim: Claim, ledger: Ledger, citation_context: CitationContext) -> Claim:
    """A claim that gives a computed number and cites all that it was computed from is supported.

    One that was computed from less than the complete scope, and is in no cited text, is `unverified`.
    """
    numbers, cited = set(numbers_in(claim.text)), set(claim.evidence_ids)
    computations = [
        computation
        for computation in ledger.computed
        if computation.value in numbers and computation.evidence_ids
    ]
    computations = [computation for computation in computations if set(computation.evidence_ids) <= cited]
    if not computations or all(ledger.evidence[i].is_uncertain for i in cited):
        return claim
    stated = {number for i in claim.evidence_ids for number in citable_numbers(citation_context.texts[i])}
    incomplete = [
        computation
        for computation in computations
        if computation.op in NEEDS_COMPLETE_SCAN
        and not computation.is_complete
        and computation.value not in stated
    ]
    if incomplete:
        return replace(claim, status="unverified", why=claim.why or NOT_ALL_SCANNED)
    return replace(claim, status="supported", why="")

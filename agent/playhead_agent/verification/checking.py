"""Drafts held against what a run has established: by code first, then by meaning."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.state import Context
from playhead_agent.verification.drafts import Draft
from playhead_agent.verification.judges import ChatJudge, VideoJudge
from playhead_agent.verification.ledger import NEEDS_WHOLE, Ledger, grounds_of
from playhead_index.errors import AgentStopped, ModelError
from playhead_index.literal import Word, words_in
from playhead_index.window import format_time
from playhead_tools.citations import (
    CheckReport,
    CitationContext,
    Dropped,
    check_claims,
    reads_like_orders,
    spans_of,
    what_orders_ask_for,
    without_orders,
)
from playhead_tools.entailment import ClaimEvidence, EntailmentJudge, Support
from playhead_tools.evidence import Claim, Evidence
from playhead_tools.lexical_entailment import words_contradict
from playhead_tools.match import is_stop_word, match_word
from playhead_tools.numbers import numbers_in, numbers_stated
from playhead_tools.speaking import SpeakerNames

NOT_SAID = "the evidence does not say it"
SAID_IN_PART = "the evidence says it only in part"
ORDERED = "only what reads like an instruction to a model says it; that is data"
MAX_FAILURE_CHARS = 300
NOT_ALL_SCANNED = "it was computed from what was found, and not all was scanned"


def check_draft(draft: Draft, ledger: Ledger, context: Context, *, use_model: bool = True) -> CheckReport:
    """The claims of a draft held against the ledger: by code, then by meaning where a model wrote them.

    The chat model judges all of them in one call, where a probe found it good enough at that. Where there is
    none, the video-LLM judges those that cite
    pictures by the cited frames; for the rest, and where a model fails, shared words count. The report's
    `problems` say what to correct.

    Args:
        draft: the unchecked answer.
        ledger: of the run.
        context: its seams.
        use_model: ask the chat model; off where a strategy has no call to spare for it.
    """
    chat = context.chat if use_model and draft.by == "model" else None
    citation_context = grounds_of(ledger, context)
    report = check_claims(draft.claims, citation_context, needs_shared_words=chat is None)
    if draft.by == "model":
        report = _without_ordered(report, citation_context)
    if chat is not None and report.kept:
        judge = ChatJudge(chat, context.meter)
        report = report if judge.is_ruled_out else judged(report, judge, citation_context)
    elif use_model and draft.by == "model" and _cites_pictures(report, ledger):
        eyes = context.open_eyes()
        report = report if eyes is None else judged(report, VideoJudge(eyes, context.meter), citation_context)
    if draft.by == "code":
        return report
    lost = [Dropped(claim.text, "", why) for claim in report.kept if (why := _miscounted(claim, ledger))]
    gone = {one.claim for one in lost}
    kept = tuple(
        _computed_claim(claim, ledger, citation_context) for claim in report.kept if claim.text not in gone
    )
    return replace(report, kept=kept, dropped=(*report.dropped, *lost))


def _without_ordered(report: CheckReport, citation_context: CitationContext) -> CheckReport:
    """A report without the claims that only an instruction to a model asks for."""
    words = _ordered_words(citation_context)
    ordered = [claim for claim in report.kept if _is_ordered(claim, words)]
    kept = tuple(claim for claim in report.kept if claim not in ordered)
    return replace(
        report, kept=kept, dropped=(*report.dropped, *(Dropped(claim.text, "", ORDERED) for claim in ordered))
    )


def _ordered_words(citation_context: CitationContext) -> list[Word]:
    """The content words that all evidence of a run has only in what reads like an instruction to a model."""
    texts = list(citation_context.texts.values())
    ordered = " ".join(what_orders_ask_for(text) for text in texts if reads_like_orders(text))
    rest = " ".join(map(without_orders, texts)) if ordered else ""
    words = (word for word in words_in(ordered) if not is_stop_word(word.key))
    return [word for word in words if match_word(word, rest) == "none"]


def _is_ordered(claim: Claim, words: Sequence[Word]) -> bool:
    """Whether a claim has a word that only instructions have; one that reports the instruction is none."""
    return not reads_like_orders(claim.text) and any(match_word(w, claim.text) != "none" for w in words)


def _cites_pictures(report: CheckReport, ledger: Ledger) -> bool:
    return any(ledger.evidence[i].kind == "picture" for claim in report.kept for i in claim.evidence_ids)


def judged(report: CheckReport, judge: EntailmentJudge, citation_context: CitationContext) -> CheckReport:
    """A report after a judge of meaning has spoken; what it cannot say stays as shared words have it.

    How good the judge is counts once it finds a claim unsupported or contradicts plain words. A claim that
    the evidence does not say is dropped where the judge may drop and another claim holds; else it is
    `unverified`, so that a judge alone never takes the whole answer away.
    """
    pairs = [evidence_lines(claim, citation_context) for claim in report.kept]
    try:
        verdicts = judge.judge(pairs)
    except (ModelError, AgentStopped) as error:
        return replace(report, judge_failure=str(error)[:MAX_FAILURE_CHARS])
    if _is_doubtful(pairs, verdicts) and not judge.may_mark:
        return report
    if any(verdict != "no" for verdict in verdicts) and "no" in verdicts and judge.may_drop:
        lost = [c for c, verdict in zip(report.kept, verdicts, strict=True) if verdict == "no"]
    else:
        lost = []
    kept = [
        _with_verdict(claim, verdict, citation_context)
        for claim, verdict in zip(report.kept, verdicts, strict=True)
        if claim not in lost
    ]
    dropped = [Dropped(claim.text, "", NOT_SAID) for claim in lost]
    return CheckReport(tuple(kept), (*report.dropped, *dropped), judge.name)


def _is_doubtful(pairs: Sequence[ClaimEvidence], verdicts: Sequence[Support | None]) -> bool:
    """Whether a judge finds a claim unsupported, or passes one that plain words speak against.

    Only then it matters how good the judge is; one that agrees with everything is found out by the second.
    """
    return any(
        verdict != "yes" or words_contradict(pair.claim, " ".join(pair.evidence))
        for pair, verdict in zip(pairs, verdicts, strict=True)
    )


def _with_verdict(claim: Claim, verdict: Support | None, citation_context: CitationContext) -> Claim:
    if verdict is None or claim.why:
        return claim  # what code found wrong stays wrong
    if verdict != "yes":
        return replace(claim, status="unverified", why=NOT_SAID if verdict == "no" else SAID_IN_PART)
    is_sure = not all(citation_context.evidence[i].is_uncertain for i in claim.evidence_ids)
    return replace(claim, status="supported" if is_sure else "unverified")


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
    turns = names.spoken(spans[i] for i in record.span_ids if i in spans)
    return " ".join(f"{name}: {words}" if name else words for name, words in turns)


def _miscounted(claim: Claim, ledger: Ledger) -> str:
    """What the count is where a claim gives another one from nowhere for all that was counted; else empty."""
    if not claim.why:
        return ""
    said, cited = set(numbers_in(claim.text)), set(claim.evidence_ids)
    counts = [one for one in ledger.computed if one.op == "count" and one.is_complete and one.evidence_ids]
    counts = [one for one in counts if set(one.evidence_ids) <= cited]
    if not said or not counts or any(one.value in said for one in counts):
        return ""
    return f"{counts[0].value:g} were counted"


def _computed_claim(claim: Claim, ledger: Ledger, citation_context: CitationContext) -> Claim:
    """A claim that gives a computed number and cites all that it was computed from is supported.

    One that was computed from less than all of the scope, and stands in no cited words, is `unverified`.
    """
    said, cited = set(numbers_in(claim.text)), set(claim.evidence_ids)
    used = [one for one in ledger.computed if one.value in said and one.evidence_ids]
    used = [one for one in used if set(one.evidence_ids) <= cited]
    if not used or all(ledger.evidence[i].is_uncertain for i in cited):
        return claim
    stated = {number for i in claim.evidence_ids for number in numbers_stated(citation_context.texts[i])}
    short = [one for one in used if one.op in NEEDS_WHOLE and not one.is_complete and one.value not in stated]
    if short:
        return replace(claim, status="unverified", why=claim.why or NOT_ALL_SCANNED)
    return replace(claim, status="supported", why="")

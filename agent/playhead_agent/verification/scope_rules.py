"""Which statements about all of the scope a model's claims may make: decided from claims, scans and coverage.

Only the words of the question are read; where they name no modality, everything must be scanned.
"""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.state import Context
from playhead_agent.verification.ledger import NEEDS_COMPLETE_SCAN, Ledger
from playhead_index.search.results import Modality
from playhead_index.words.protocol import SpanKind
from playhead_tools.citations import CheckReport
from playhead_tools.evidence import LANE_NAMES, Claim
from playhead_tools.numbers import citable_numbers, numbers_in
from playhead_tools.search_extent import match_spans_loosely
from playhead_tools.spec import Kind
from playhead_tools.verdict_rules import (
    MODALITIES_OF,
    AllowedVerdict,
    Statement,
    allowed_verdict,
    kinds_in_question,
    negative_statement,
    statement_in_question,
)
from playhead_tools.word_match import content_words

SCANNED_MODALITIES: dict[str, tuple[Modality, ...]] = {
    "words": ("speech", "screen"),
    "speech": ("speech",),
    "screen": ("screen",),
    "pictures": ("picture",),
    "both": ("speech", "screen", "picture"),
}
WORD_KINDS: tuple[SpanKind, ...] = ("speech", "screen")


def with_scope_rules(
    question: str, report: CheckReport, texts: dict[str, str], ledger: Ledger
) -> CheckReport:
    """A report in which a claim that denies something for all of the scope needs complete scans."""
    claims = tuple(_check_denial(question, claim, texts, ledger) for claim in report.retained)
    return replace(report, retained=claims)


def _check_denial(question: str, claim: Claim, texts: dict[str, str], ledger: Ledger) -> Claim:
    statement = negative_statement(claim.text, " ".join(texts[i] for i in claim.evidence_ids))
    if statement is None:
        return claim
    allowed = allowed_negative(statement, f"{question} {claim.text}", kinds_in_question(question), ledger)
    if allowed.is_allowed:  # scans are its proof, whatever the evidence that it cites
        return replace(claim, status="supported", why="")
    return replace(claim, status="unverified", why=f"it speaks of all that is in scope: {allowed.sentence}")


def allowed_negative(
    statement: Statement, about: str, kinds: Sequence[Kind], ledger: Ledger
) -> AllowedVerdict:
    """Whether something may be denied for all of the scope: complete scans for it found nothing.

    Args:
        statement: `absent`, `no` or `never`.
        about: words of the question and the claim; scans for something else do not count.
        kinds: modalities in which it could be.
        ledger: of the run.
    """
    allowed = allowed_verdict(statement, kinds, ledger.extent)
    query_words = content_words(about)
    empty_scans = [
        scan
        for scan in ledger.scans
        if scan.is_complete and not scan.num_found and content_words(scan.query) & query_words
    ]
    scanned = {modality for scan in empty_scans for modality in SCANNED_MODALITIES[scan.modality]}
    needed = dict.fromkeys(modality for kind in kinds for modality in MODALITIES_OF[kind])
    missing = [
        modality for modality in needed if modality not in scanned and not _is_without(modality, ledger)
    ]
    notes = [f"no scan for it went through all {LANE_NAMES[modality]}" for modality in missing]
    not_covered = tuple(dict.fromkeys([*allowed.not_covered, *notes]))
    return AllowedVerdict(statement, not not_covered, not_covered)


def _is_without(modality: Modality, ledger: Ledger) -> bool:
    """Whether no video of the scope can hold a modality."""
    coverage = ledger.extent.coverage
    summary = None if coverage is None else coverage.modality(modality)
    return summary is not None and not summary.num_applicable and summary.num_not_applicable > 0


def may_be_absent(question: str, ledger: Ledger, context: Context) -> bool:
    """Whether a model's "absent" holds: scans found nothing, and nothing in the scope is spelled like it."""
    kinds = kinds_in_question(question)
    if not allowed_negative("absent", question, kinds, ledger).is_allowed:
        return False
    min_match = context.thresholds.supported
    for scan in (one for one in ledger.scans if one.modality != "pictures"):
        places = match_spans_loosely(
            context.catalog, ledger.segment_refs, WORD_KINDS, scan.query, min_match, max_matches=1
        )
        if places.span_ids or not places.is_complete:
            return False
    return True


def is_short_of_scope(question: str, report: CheckReport, texts: dict[str, str], ledger: Ledger) -> bool:
    """Whether a question asks for a count, a first, a last or an order without a complete computation.

    A number that is in the cited text needs none.
    """
    needed = statement_in_question(question)
    if needed is None:
        return False
    cited = {i for claim in report.retained for i in claim.evidence_ids}
    complete = [
        computation
        for computation in ledger.computed
        if computation.is_complete and computation.op in NEEDS_COMPLETE_SCAN
    ]
    if any(set(computation.evidence_ids) & cited for computation in complete):
        return False
    claimed = {number for claim in report.retained for number in numbers_in(claim.text)}
    stated = {number for i in cited for number in citable_numbers(texts[i])}
    return not (needed == "count" and claimed and claimed <= stated)

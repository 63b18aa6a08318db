"""What a model's claims may say of all that is in scope: decided from claims, scans and coverage.

The question is read for its words alone; where it does not say what it is about, everything must be scanned.
"""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.state import Context
from playhead_agent.verification.ledger import NEEDS_WHOLE, Ledger
from playhead_index.search.results import Modality
from playhead_index.words.protocol import SpanKind
from playhead_tools.citations import CheckReport
from playhead_tools.evidence import LANE_NAMES, Claim
from playhead_tools.extent import places_spelled_alike
from playhead_tools.match import content_words
from playhead_tools.numbers import numbers_in, numbers_stated
from playhead_tools.spec import Kind
from playhead_tools.verdict_rules import (
    MODALITIES_OF,
    AllowedVerdict,
    Statement,
    allowed_verdict,
    kinds_named,
    negative_made,
    statement_needed,
)

SCANNED: dict[str, tuple[Modality, ...]] = {
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
    """A report in which a claim that denies something of all of the scope stands on whole scans alone."""
    kept = tuple(_denial_checked(question, claim, texts, ledger) for claim in report.kept)
    return replace(report, kept=kept)


def _denial_checked(question: str, claim: Claim, texts: dict[str, str], ledger: Ledger) -> Claim:
    made = negative_made(claim.text, " ".join(texts[i] for i in claim.evidence_ids))
    if made is None:
        return claim
    allowed = allowed_negative(made, f"{question} {claim.text}", kinds_named(question), ledger)
    if allowed.is_allowed:  # scans are its proof, whatever the evidence that it cites
        return replace(claim, status="supported", why="")
    return replace(claim, status="unverified", why=f"it speaks of all that is in scope: {allowed.sentence}")


def allowed_negative(
    statement: Statement, about: str, kinds: Sequence[Kind], ledger: Ledger
) -> AllowedVerdict:
    """Whether something may be denied of all of the scope: scans for it went through all and found nothing.

    Args:
        statement: `absent`, `no` or `never`.
        about: words of the question and the claim; scans for something else do not count.
        kinds: where it could stand.
        ledger: of the run.
    """
    allowed = allowed_verdict(statement, kinds, ledger.extent)
    wanted = content_words(about)
    empty = [
        one for one in ledger.scans if one.is_whole and not one.num_found and content_words(one.what) & wanted
    ]
    scanned = {modality for one in empty for modality in SCANNED[one.where]}
    needed = dict.fromkeys(modality for kind in kinds for modality in MODALITIES_OF[kind])
    missing = [
        modality for modality in needed if modality not in scanned and not _is_without(modality, ledger)
    ]
    notes = [f"no scan for it went through all {LANE_NAMES[modality]}" for modality in missing]
    why = tuple(dict.fromkeys([*allowed.not_covered, *notes]))
    return AllowedVerdict(statement, not why, why)


def _is_without(modality: Modality, ledger: Ledger) -> bool:
    """Whether no video of the scope can hold a modality."""
    coverage = ledger.extent.coverage
    summary = None if coverage is None else coverage.modality(modality)
    return summary is not None and not summary.num_applicable and summary.num_not_applicable > 0


def may_be_absent(question: str, ledger: Ledger, context: Context) -> bool:
    """Whether a model's "absent" holds: scans found nothing, and nothing in the scope is spelled like it."""
    kinds = kinds_named(question)
    if not allowed_negative("absent", question, kinds, ledger).is_allowed:
        return False
    min_match = context.thresholds.supported
    for scan in (one for one in ledger.scans if one.where != "pictures"):
        places = places_spelled_alike(
            context.catalog, ledger.stretches, WORD_KINDS, scan.what, min_match, max_found=1
        )
        if places.span_ids or not places.is_complete:
            return False
    return True


def is_short_of_scope(question: str, report: CheckReport, texts: dict[str, str], ledger: Ledger) -> bool:
    """Whether a question asks for a count, a first, a last or an order that no whole computation bears out.

    A number that stands in the cited words needs none.
    """
    needed = statement_needed(question)
    if needed is None:
        return False
    cited = {i for claim in report.kept for i in claim.evidence_ids}
    whole = [one for one in ledger.computed if one.is_complete and one.op in NEEDS_WHOLE]
    if any(set(one.evidence_ids) & cited for one in whole):
        return False
    said = {number for claim in report.kept for number in numbers_in(claim.text)}
    stated = {number for i in cited for number in numbers_stated(texts[i])}
    return not (needed == "count" and said and said <= stated)

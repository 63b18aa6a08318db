"""The conclusion of a model in plain JSON types, and the best answer where it did not reach one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from playhead_agent.finalise import Draft
from playhead_agent.planner.brief import Brief
from playhead_agent.planner.prompts import LETTERS
from playhead_tools.citations import CheckReport, DroppedClaim, reads_like_orders, stored_texts
from playhead_tools.confidence import MENTION_ONLY, evidence_ceiling
from playhead_tools.evidence import Claim, Evidence
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.toolbox.result_rows import excerpt

MAX_PASSAGES, MAX_PASSAGE_CHARS = 3, 240
MIN_RETRIEVAL_CONFIDENCE = 0.32
"""From this probability on (that the first passage answers) an unjudged claim can be an answer. Of 17
right answers of a 1.5B model 14 reach it, of 40 questions put to another recording 7."""
POOR_RETRIEVAL = "what was found fits the question poorly, and no judge has confirmed the claims"
NOT_FINISHED = "the passages that a search for the question ranks first are given as they stand"


def draft_of(record: Mapping[str, Any], options: Sequence[str] = (), notes: Sequence[str] = ()) -> Draft:
    """The draft that a conclusion of the toolbox is: claims with a choice, or why there is no answer."""
    if "abstained" in record:
        return Draft(abstained=record["abstained"], notes=tuple(notes))
    claims = tuple(
        Claim(row["text"], tuple(row["evidence_ids"]), quote=row.get("quote", "")) for row in record["claims"]
    )
    choice = chosen_option(record.get("choice", ""), options)
    if record.get("choice") and options and choice is None:
        notes = [*notes, f"the choice {record['choice'][:40]!r} is none of the options"]
    return Draft(claims, choice, notes=tuple(notes))


def row_of_claim(claim: Claim) -> dict[str, Any]:
    """A claim as a row of a conclusion, from which `draft_of` reads it."""
    return {"text": claim.text, "quote": claim.quote, "evidence_ids": list(claim.evidence_ids)}


def chosen_option(choice: str, options: Sequence[str]) -> int | None:
    """The option that a choice names, by its letter, its words or both; None where it names none.

    >>> [chosen_option(choice, ["red", "blue"]) for choice in ("b", "B. blue", "Red")]
    [1, 1, 0]
    """
    words = " ".join(choice.split()).casefold()
    option_texts = [" ".join(option.split()).casefold() for option in options]
    if words in option_texts:
        return option_texts.index(words)
    letter, rest = words[:1], words[1:].lstrip(".):] ")
    index = LETTERS.casefold().find(letter) if letter else -1
    is_letter = 0 <= index < len(option_texts) and (len(words) == 1 or words[1] in ".):]")
    return index if is_letter and (not rest or rest == option_texts[index] or len(words) == 1) else None


def report_to_json(report: CheckReport) -> dict[str, Any]:
    """A report in plain JSON types."""
    return {
        "kept": [claim.to_json() for claim in report.retained],
        "dropped": [[one.claim, one.evidence_id, one.why] for one in report.dropped],
        "judged_by": report.judged_by,
        "judge_failure": report.judge_failure,
    }


def report_from_json(record: Mapping[str, Any]) -> CheckReport:
    """The report that `report_to_json` wrote."""
    claims = tuple(Claim.from_json(row) for row in record["kept"])
    dropped = tuple(DroppedClaim(*row) for row in record["dropped"])
    return CheckReport(claims, dropped, record["judged_by"], record.get("judge_failure", ""))


def limit_by_retrieval(
    draft: Draft, report: CheckReport, confidence: float | None, tool_context: ToolContext
) -> Draft:
    """A model's draft, at most partial where what the search found fits the question poorly.

    A small model answers from whatever it is given. Where no judge has confirmed its claims and they stand on
    speech alone, the retrieval decides whether that can be an answer.

    Args:
        draft: the model's.
        report: of its claims.
        confidence: that the first passage of the search answers the question; None where it is not known.
        tool_context: the evidence of the run.
    """
    if draft.by != "model" or draft.abstained or report.judged_by or confidence is None:
        return draft
    cited = [tool_context.table.records[i] for claim in report.retained for i in claim.evidence_ids]
    is_computed = bool(tool_context.computed_values or tool_context.scans)
    if confidence >= MIN_RETRIEVAL_CONFIDENCE or is_computed or any(one.kind != "speech" for one in cited):
        return draft
    return replace(
        draft, status="partial", reason="unknown", confidence=confidence, notes=(*draft.notes, POOR_RETRIEVAL)
    )


def best_from_evidence(question: str, brief: Brief, tool_context: ToolContext, why: str) -> Draft:
    """A draft by code: the passages that a search for the question ranks first, or that nothing was found.

    No model has checked that they answer the question, so the confidence is half of what they allow. Text
    that reads like an instruction to a model is left out.

    Args:
        question: that was asked.
        brief: its `found_ids` are taken; without any, the first evidence of the tools.
        tool_context: the evidence of the run.
        why: the model did not end the run.
    """
    ids = [i for i in brief.found_ids if i in tool_context.table.records] or list(tool_context.table.records)
    records = [tool_context.table.records[i] for i in ids]
    texts = stored_texts(tool_context.catalog, records)
    quotable = [one for one in records if texts[one.id].strip() and one.kind != "metadata"]
    quotable = [one for one in quotable if not reads_like_orders(texts[one.id])][:MAX_PASSAGES]
    if not quotable:
        return Draft(abstained="unknown", by="code", notes=(why,), fallback=why)
    claims = tuple(_verbatim_claim(one, texts[one.id], question) for one in quotable)
    return Draft(
        claims, by="code", notes=(f"{why}; {NOT_FINISHED}",), status="partial", reason="unknown",
        fallback=why, confidence=MENTION_ONLY * evidence_ceiling(quotable),
    )  # fmt: skip


def _verbatim_claim(record: Evidence, text: str, question: str) -> Claim:
    return Claim(f"“{excerpt(text, question, MAX_PASSAGE_CHARS)}”", (record.id,))

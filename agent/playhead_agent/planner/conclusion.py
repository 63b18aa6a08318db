"""What a model ended with, in plain JSON types, and the best answer where it did not end."""

from collections.abc import Mapping, Sequence
from typing import Any

from playhead_agent.finalise import Draft
from playhead_agent.planner.brief import Brief
from playhead_agent.planner.prompts import LETTERS
from playhead_tools.citations import CheckReport, Dropped, reads_like_orders, stored_texts
from playhead_tools.confidence import MENTION_ONLY, evidence_ceiling
from playhead_tools.evidence import Claim, Evidence
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.toolbox.rows import excerpt

MAX_SHOWN, MAX_SHOWN_CHARS = 3, 240
NOT_FINISHED = "the passages that a search for the question ranks first are given as they stand"


def draft_of(record: Mapping[str, Any], options: Sequence[str] = (), notes: Sequence[str] = ()) -> Draft:
    """The draft that a conclusion of the toolbox is: claims with a choice, or why there is no answer."""
    if "abstained" in record:
        return Draft(abstained=record["abstained"], notes=tuple(notes))
    claims = tuple(
        Claim(row["text"], tuple(row["evidence_ids"]), quote=row.get("quote", "")) for row in record["claims"]
    )
    choice = chosen(record.get("choice", ""), options)
    if record.get("choice") and options and choice is None:
        notes = [*notes, f"the choice {record['choice'][:40]!r} is none of the options"]
    return Draft(claims, choice, notes=tuple(notes))


def row_of(claim: Claim) -> dict[str, Any]:
    """A claim as a row of a conclusion, from which `draft_of` reads it."""
    return {"text": claim.text, "quote": claim.quote, "evidence_ids": list(claim.evidence_ids)}


def chosen(choice: str, options: Sequence[str]) -> int | None:
    """The option that a choice names, by its letter, its words or both; None where it names none.

    >>> chosen("b", ["red", "blue"]), chosen("B. blue", ["red", "blue"]), chosen("Red", ["red", "blue"])
    (1, 1, 0)
    """
    words = " ".join(choice.split()).casefold()
    plain = [" ".join(option.split()).casefold() for option in options]
    if words in plain:
        return plain.index(words)
    letter, rest = words[:1], words[1:].lstrip(".):] ")
    at = LETTERS.casefold().find(letter) if letter else -1
    is_letter = 0 <= at < len(plain) and (len(words) == 1 or words[1] in ".):]")
    return at if is_letter and (not rest or rest == plain[at] or len(words) == 1) else None


def report_to_json(report: CheckReport) -> dict[str, Any]:
    """A report in plain JSON types."""
    return {
        "kept": [claim.to_json() for claim in report.kept],
        "dropped": [[lost.claim, lost.evidence_id, lost.why] for lost in report.dropped],
        "judged_by": report.judged_by,
        "judge_failure": report.judge_failure,
    }


def report_from_json(record: Mapping[str, Any]) -> CheckReport:
    """The report that `report_to_json` wrote."""
    kept = tuple(Claim.from_json(row) for row in record["kept"])
    dropped = tuple(Dropped(*row) for row in record["dropped"])
    return CheckReport(kept, dropped, record["judged_by"], record.get("judge_failure", ""))


def best_from_evidence(question: str, brief: Brief, tool_context: ToolContext, why: str) -> Draft:
    """A draft by code: the words of what a search for the question ranks first, or that nothing was found.

    Nobody has read whether they answer the question, so the confidence is half of what they allow. Words that
    read like an instruction to a model are no answer.

    Args:
        question: that was asked.
        brief: its `found` are shown; without any, what the tools brought first.
        tool_context: the evidence of the run.
        why: the model did not end the run.
    """
    ids = [i for i in brief.found if i in tool_context.table.records] or list(tool_context.table.records)
    records = [tool_context.table.records[i] for i in ids]
    texts = stored_texts(tool_context.catalog, records)
    said = [one for one in records if texts[one.id].strip() and one.kind != "metadata"]
    said = [one for one in said if not reads_like_orders(texts[one.id])][:MAX_SHOWN]
    if not said:
        return Draft(abstained="unknown", by="code", notes=(why,), fallback=why)
    claims = tuple(_as_it_stands(one, texts[one.id], question) for one in said)
    return Draft(
        claims, by="code", notes=(f"{why}; {NOT_FINISHED}",), status="partial", reason="unknown",
        fallback=why, confidence=MENTION_ONLY * evidence_ceiling(said),
    )  # fmt: skip


def _as_it_stands(record: Evidence, text: str, question: str) -> Claim:
    return Claim(f"“{excerpt(text, question, MAX_SHOWN_CHARS)}”", (record.id,))

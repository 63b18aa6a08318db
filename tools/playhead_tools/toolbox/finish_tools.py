"""Tools that end a question: `finish` and `abstain`."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from playhead_index.errors import ToolError
from playhead_tools.citations import holds_quote, stored_texts, without_markers
from playhead_tools.evidence import listed
from playhead_tools.toolbox.context import Record, ToolContext, result
from playhead_tools.word_match import contains_quote, coverage

NoAnswer = Literal["absent", "unknown", "false_premise", "ambiguous"]
MAX_CLAIMS = 12
MAX_CLAIM_CHARS, MAX_CHOICE_CHARS = 800, 400
MAX_CITED = 24
MAX_IDS = 4
"""Ids that a claim is offered to cite, when the schema binds the reply; more are taken from a free one."""
_MARKER = re.compile(r"\b[EVS]\d{1,6}\b")


class ClaimDraft(BaseModel):
    """One statement and the evidence that says it.

    The quote comes first, so that a model finds the words before it says what they mean.
    """

    model_config = ConfigDict(json_schema_extra={"required": ["quote", "ids", "text"]})

    quote: str = Field("", description="the words of the evidence that say it, copied; empty without words")
    ids: list[str] = Field(description="where they stand", json_schema_extra={"maxItems": MAX_IDS})
    text: str = Field(description="one fact, a full sentence")


def finish(context: ToolContext, claims: list[ClaimDraft], choice: str = "") -> Record:
    """Ends with the answer, as claims that are each checked against their evidence.

    Args:
        claims: one fact each, in the question's language.
        choice: with options: the letter of the right one.
    """
    drafts = [one for one in claims if one.text.strip()][:MAX_CLAIMS]
    if not drafts and not choice.strip():
        raise ToolError("finish needs at least one claim with ids; abstain ends without an answer")
    notes = [f"only the first {MAX_CLAIMS} claims count"] if len(claims) > MAX_CLAIMS else []
    rows = [_row(context, one, notes) for one in drafts]
    problems = [note for note in notes if note.startswith("no evidence")]
    without = [row["text"][:60] for row in rows if not row["evidence_ids"]]
    if (
        without and not context.is_finish_refused
    ):  # an id that is not there beside one that is costs no repair
        context.is_finish_refused = True
        problems.append(f"no ids in the claim {listed(without[:3])}")
        n = len(context.table.records)
        available = f"there is E1 to E{n}" if n else "there is none yet: search or read first"
        raise ToolError(
            f"{'; '.join(dict.fromkeys(problems))}; {available}. Cite what says it and call finish again"
        )
    conclusion: Record = {"claims": rows}
    if choice.strip():
        conclusion["choice"] = choice.strip()[:MAX_CHOICE_CHARS]
    context.conclusion = conclusion
    return result((), notes, finished=True)


def _row(context: ToolContext, draft: ClaimDraft, notes: list[str]) -> Record:
    """A claim with the ids of evidence that there is: ids of events and scans stand for their evidence."""
    text = " ".join(draft.text.split())
    cited = [one.strip().strip("[]()").upper() for one in draft.ids] or _MARKER.findall(text)
    ids: list[str] = []
    for one in cited:
        found = _evidence_ids(context, one)
        if not found and one:
            notes.append(f"no evidence {one[:20]}")
        ids += found
    quoted = _quoted_id(context, draft.quote, ids)
    if quoted and quoted not in ids:
        notes.append(f"the quote stands in {quoted}, which is cited too")
    return {
        "text": without_markers(text)[:MAX_CLAIM_CHARS],
        "quote": " ".join(draft.quote.split())[:MAX_CLAIM_CHARS],
        "evidence_ids": list(dict.fromkeys([*([quoted] if quoted else []), *ids]))[:MAX_CITED],
    }


def _quoted_id(context: ToolContext, quote: str, cited: Sequence[str]) -> str:
    """The record that holds a quote, a cited one before others; empty where none does."""
    texts = stored_texts(context.catalog, context.table.records.values())
    order = [*(i for i in cited if i in texts), *(i for i in texts if i not in cited)]
    verbatim = next((i for i in order if contains_quote(texts[i], quote)), "")
    best = verbatim or max(order, key=lambda i: coverage(quote, texts[i]), default="")
    return best if best and holds_quote(texts[best], quote) else ""


def _evidence_ids(context: ToolContext, name: str) -> Sequence[str]:
    if name in context.table.records:
        return (name,)
    if name in context.table.events:
        return context.table.events[name].evidence_ids
    at = int(name[1:]) - 1 if name[:1] == "S" and name[1:].isdigit() else -1
    return tuple(context.scans[at]["ids"]) if 0 <= at < len(context.scans) else ()


def abstain(context: ToolContext, reason: NoAnswer) -> Record:
    """Ends without an answer, which is better than a guess.

    Args:
        reason: absent only after a complete find_events; unknown when it may be there.
    """
    context.conclusion = {"abstained": reason}
    return result((), (), finished=True)

"""Tools that end a question, `finish` and `abstain`, and the notes on the way."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from playhead_index.errors import ToolError
from playhead_tools.cite import check_claims, without_markers
from playhead_tools.evidence import Claim
from playhead_tools.toolbox.kit import Kit, Record, result

NoAnswer = Literal["absent", "unknown", "false_premise", "ambiguous"]
MOST_CLAIMS = 8
MOST_CLAIM_CHARS, MOST_NOTE_CHARS = 600, 300
MOST_CITED = 24


class ClaimDraft(BaseModel):
    """One statement and the evidence that says it."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="one fact as a full sentence, without ids")
    evidence_ids: list[str] = Field(description='what says it, like ["E1", "E4"]')


def note(kit: Kit, text: str) -> Record:
    """A note to yourself that stays in sight for the rest of the question.

    Cost: nothing. For what you have ruled out or still have to look at; older results are shortened to ids.

    Args:
        text: at most 300 characters.
    """
    words = " ".join(text.split())
    if not words:
        raise ToolError("a note needs a text")
    notes = [f"only the first {MOST_NOTE_CHARS} characters were kept"] if len(words) > MOST_NOTE_CHARS else []
    kept = words[:MOST_NOTE_CHARS]
    if kept not in kit.notes:
        kit.notes.append(kept)
    if len(kit.notes) > kit.limits.notes:
        notes.append("the oldest note was forgotten")
        del kit.notes[0]
    return result((), notes, kept=len(kit.notes))


def finish(kit: Kit, claims: list[ClaimDraft]) -> Record:
    """The end: the answer as short claims, each with the ids of the evidence that says it.

    Every claim is checked against the library. What does not hold is sent back once; what then still does
    not hold is left out of the answer. Write one fact a claim; quote only what stands so; use only numbers
    and times that stand in the evidence or were reckoned by temporal or calc.

    Args:
        claims: one to eight.
    """
    drafts = claims[:MOST_CLAIMS]
    if not drafts:
        raise ToolError("finish needs at least one claim; use abstain when there is no answer")
    given = [
        Claim(without_markers(" ".join(one.text.split()))[:MOST_CLAIM_CHARS], tuple(_ids(one)))
        for one in drafts
    ]
    _refuse_unknown(kit, given)
    report = check_claims(given, kit.grounds())
    if report.dropped and not kit.sent_back:
        kit.sent_back = True
        why = "; ".join(
            f"{lost.evidence_id or 'claim'} “{lost.claim[:80]}”: {lost.why}" for lost in report.dropped
        )
        raise ToolError(f"not everything holds: {why}. Correct it and call finish once more")
    rows = [{"text": claim.text, "evidence_ids": list(claim.evidence_ids)} for claim in given]
    kit.conclusion = {"claims": rows}
    notes = [f"only the first {MOST_CLAIMS} claims count"] if len(claims) > MOST_CLAIMS else []
    return result((), notes, finished=True)


def _ids(draft: ClaimDraft) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in draft.evidence_ids))[:MOST_CITED]


def _refuse_unknown(kit: Kit, claims: list[Claim]) -> None:
    """Nothing comes out when every claim cites what there is; a scan or an event is no evidence."""
    unknown = list(
        dict.fromkeys(one for claim in claims for one in claim.evidence_ids if one not in kit.table.records)
    )
    if any(not claim.evidence_ids for claim in claims):
        raise ToolError("every claim needs evidence_ids; leave out what no evidence says")
    if unknown:
        n = len(kit.table.records)
        there = f"there is E1 to E{n}" if n else "there is none yet"
        raise ToolError(f"no evidence {', '.join(unknown)}; {there}; events and scans list theirs")


def abstain(kit: Kit, reason: NoAnswer) -> Record:
    """The end without an answer; better than a guess.

    Args:
        reason: absent (it would have been found), unknown (it may be there), false_premise (the question
            takes for granted what is not so), ambiguous (it can mean several things).
    """
    kit.conclusion = {"abstained": reason}
    return result((), (), finished=True)

"""An answer before it is checked."""

from dataclasses import dataclass
from typing import Literal

from playhead_tools.evidence import Claim, Reason, Status


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is checked.

    Args:
        claims: with the ids that they cite; their statuses do not count yet.
        choice: the option that it chooses, from 0.
        abstained: why there is no answer; empty where there are claims.
        by: who wrote the claims; those by code need no judge.
        notes: what the person should know.
        status: the most that the strategy itself allows.
        reason: why it allows no more; empty for `answered`.
        confidence: the ceiling that the strategy sets, 0 to 1; None for the one that the evidence sets.
        lead: a line above the claims.
        text: of the answer, instead of the texts of its claims.
        fallback: see `Answer.fallback`.
        calibration: the strategy whose shipped calibration counts where the library has none of its own.
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
    calibration: str = ""

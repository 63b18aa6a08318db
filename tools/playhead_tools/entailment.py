"""Whether evidence says what a claim says: the protocol of what judges it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from playhead_index.window import Window

Support = Literal["yes", "partly", "no"]


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """A claim and all that it cites.

    Args:
        claim: one statement.
        evidence: a line for each record: when, which kind, who says it, and its words.
        visual_segments: (video_id, window) of the records that are pictures, for a judge that is a video-LLM.
    """

    claim: str
    evidence: tuple[str, ...]
    visual_segments: tuple[tuple[str, Window], ...] = ()


class EntailmentJudge(Protocol):
    """Judges claims by their evidence alone."""

    @property
    def name(self) -> str:
        """What judges, for the record."""
        ...

    @property
    def may_drop(self) -> bool:
        """Whether what it calls unsupported is dropped; one that is often wrong may only mark."""
        ...

    @property
    def may_mark(self) -> bool:
        """Whether its verdicts are used at all; those of one that is no better than a coin are not."""
        ...

    def judge(self, pairs: Sequence[ClaimEvidence]) -> list[Support | None]:
        """For each pair whether the evidence supports the claim; None where the judge could not say."""
        ...

"""How often a judge of entailment is right on labelled claims."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from playhead_bench.entailment.data import LabelledClaim
from playhead_tools.entailment import Support


@dataclass(frozen=True, slots=True)
class JudgeScores:
    """Scores of one judge; a verdict other than yes counts as not supported.

    Args:
        num_claims: judged.
        accuracy: share of them that were judged right.
        false_accept_rate: share of the false claims that were called supported.
        false_reject_rate: share of the true claims that were not.
        verdicts: number of each verdict, of true claims and of false ones.
        num_false_accepts_by_kind: number of the false claims called supported, by how they differ.
    """

    num_claims: int
    accuracy: float
    false_accept_rate: float
    false_reject_rate: float
    verdicts: dict[str, dict[str, int]]
    num_false_accepts_by_kind: dict[str, int]


def judge_scores(claims: Sequence[LabelledClaim], verdicts: Sequence[Support | None]) -> JudgeScores:
    """The scores of verdicts on claims.

    Raises:
        ValueError: not one verdict for each claim, or one of the two labels does not occur.
    """
    if len(claims) != len(verdicts):
        raise ValueError(f"a verdict for each claim is needed, got {len(verdicts)} for {len(claims)}")
    true = [verdict for claim, verdict in zip(claims, verdicts, strict=True) if claim.is_true]
    false = [verdict for claim, verdict in zip(claims, verdicts, strict=True) if not claim.is_true]
    if not true or not false:
        raise ValueError("true and false claims are needed to score a judge")
    num_accepted, num_rejected = sum(one == "yes" for one in false), sum(one != "yes" for one in true)
    kinds = Counter(
        claim.kind
        for claim, verdict in zip(claims, verdicts, strict=True)
        if verdict == "yes" and not claim.is_true
    )
    counted = {name: dict(Counter(map(str, rows))) for name, rows in (("true", true), ("false", false))}
    right = len(claims) - num_accepted - num_rejected
    return JudgeScores(
        len(claims),
        right / len(claims),
        num_accepted / len(false),
        num_rejected / len(true),
        counted,
        dict(kinds.most_common()),
    )

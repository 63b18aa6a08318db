"""Confidence of an answer: a ceiling that the evidence sets, never what a model says of itself.

Self-reported confidence hardly falls when evidence is taken away, so it is not asked for. The ceiling is
a product of factors, each at most 1, plus a bonus for lanes that agree:

    words      the confidence of the words themselves where they were recognised below `MIN_CONFIDENCE`
    base       0.90 asked words all there (or everything at a time was read), else 0.90 x match,
               0.45 when the words were found by meaning alone, 0.30 for a frame that no model has viewed
    agreement  +0.04 for every further lane that found the same moment, at most 0.98 in all
    choice     0.85 when one place was asked for and several fit equally well
    coverage   0.70 when the result needs the whole of what was searched (first, count, absence) and parts
               were not searched; 0.85 when videos in scope are not indexed to the end
    claims     kept claims / written claims, when a model wrote them
    judged     in place of base where a model judged the claims by their evidence: 0.90 a supported one, 0.45
               an unverified one, on average
    mention    0.50 when what is asked (who, where, why, how) is not stated where it is mentioned;
               0.85 when the asked word stands there only in another form

The figures order answers by how much stands behind them; a calibration says how often such answers are right
(`calibration.py`).
"""

from collections.abc import Sequence

from playhead_tools.evidence import Evidence

ALL_WORDS = 0.90
SEMANTIC_ONLY = 0.45
UNVIEWED_FRAME = 0.30
AGREEMENT = 0.04
MAX_CONFIDENCE = 0.98
SEVERAL = 0.85
PARTLY_SEARCHED = 0.70
UNFINISHED = 0.85
MENTION_ONLY = 0.50
OTHER_FORM = 0.85
JUDGED_SUPPORTED, JUDGED_UNVERIFIED = 0.90, 0.45
"""Ceilings of a claim that a model has judged by its evidence."""


def evidence_ceiling(evidence: Sequence[Evidence]) -> float:
    """The most that one may trust what these records say together; 0 for none.

    >>> evidence_ceiling([])
    0.0
    """
    if not evidence:
        return 0.0
    best = max(_base(record) for record in evidence)
    lanes = {lane for record in evidence for lane in record.lanes}
    return min(MAX_CONFIDENCE, best + AGREEMENT * max(0, len(lanes) - 1))


def judged_ceiling(supported: Sequence[bool]) -> float:
    """The most that one may trust claims that a model has judged by their evidence; 0 for none.

    >>> judged_ceiling([True, False])
    0.675
    """
    return sum(JUDGED_SUPPORTED if one else JUDGED_UNVERIFIED for one in supported) / max(1, len(supported))


def _base(record: Evidence) -> float:
    if record.kind == "picture":
        return ALL_WORDS * record.match if record.verdict == "supported" else UNVIEWED_FRAME
    if record.kind == "metadata":
        return MAX_CONFIDENCE
    base = max(ALL_WORDS * record.match, SEMANTIC_ONLY if record.match == 0 else 0.0)
    return base * record.confidence if record.confidence is not None and record.is_uncertain else base


def confidence(
    evidence: Sequence[Evidence],
    *,
    one_of_several: bool = False,
    partly_searched: bool = False,
    unfinished: bool = False,
    retained_share: float = 1.0,
    ceiling: float | None = None,
) -> float:
    """The confidence of an answer that stands on these records, 0 to 1.

    Args:
        evidence: the cited records.
        one_of_several: one place was asked for and several fit equally well.
        partly_searched: the result needs the whole and parts were not searched.
        unfinished: some videos in scope are not indexed to the end.
        retained_share: part of a model's claims that held, 0 to 1.
        ceiling: takes the place of the one that the records set.
    """
    factors = [
        SEVERAL if one_of_several else 1.0,
        PARTLY_SEARCHED if partly_searched else 1.0,
        UNFINISHED if unfinished else 1.0,
        min(1.0, max(0.0, retained_share)),
    ]
    value = evidence_ceiling(evidence) if ceiling is None else ceiling
    for factor in factors:
        value *= factor
    return value

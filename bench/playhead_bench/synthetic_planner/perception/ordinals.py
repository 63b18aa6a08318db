"""The first, the last and the nth to do something."""

from collections.abc import Sequence
from functools import partial

from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_bench.synthetic_planner.perception.grounding import SURE, locate, narrowed
from playhead_bench.synthetic_planner.perception.options import Claim, claims_of
from playhead_bench.synthetic_planner.perception.sequential_scan import walk
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_bench.synthetic_planner.perception.subjects import agreed, named_doers
from playhead_tools.spec import QuestionSpec
from playhead_tools.temporal.clock import NO_CLOCK

CANDIDATES = 4
DOERS = 10
"""Moments in which the model is asked who does something, where nobody is named."""


def see_ranked(spec: QuestionSpec, session: ProcedureDesk, ordinal: int) -> PerceptionResult:
    """The nth to do something: the video is walked through to it; else the options are put in order.

    Raises:
        NeedLooks: looks are wanted.
    """
    claims = claims_of(spec, spec.options)
    counted = walk(spec, session, ordinal, claims)
    if not counted:
        claims = claims or named_doers(spec, session, DOERS)
        found = agreed(spec, session, claims, _located(session, claims))
        events = [(one, seen[0]) for one, seen in zip(claims, found, strict=True) if seen]
        line = session.line(seen.video_id for _, seen in events)
        if line is None and events:
            return PerceptionResult("unknown", NO_CLOCK, whole=False)
        ordered = sorted(events, key=lambda pair: (line or {})[pair[1].video_id] + pair[1].window.start_s)
        if not ordered or (abs(ordinal) > len(ordered) and not spec.options):
            return PerceptionResult("absent" if not ordered else "unknown", whole=session.whole)
        chances = nth_chances([one.p for _, one in ordered], ordinal)
        at = max(range(len(ordered)), key=chances.__getitem__)
        passed = ordered[:at] if ordinal > 0 else ordered[:at:-1]
        counted = [*(pair for pair in passed if pair[1].p >= SURE), ordered[at]]
    counted = counted[-abs(ordinal) :]
    claim, best = counted[-1]
    sightings = tuple(session.at_once([partial(narrowed, session, one.deed, seen) for one, seen in counted]))
    text = spec.options[claim.option] if spec.options else f"the {claim.deed.subject}"
    choice = claim.option if spec.options else None
    return PerceptionResult("chosen", text, sightings, choice, p=best.p, whole=session.whole)


def _located(session: ProcedureDesk, claims: Sequence[Claim]) -> list[list[Detection]]:
    return session.at_once([partial(locate, session, one.deed, CANDIDATES) for one in claims])


def nth_chances(happens: Sequence[float], ordinal: int) -> list[float]:
    """How likely each of some events is the nth that happens, when none of them is certain.

    Args:
        happens: in time order, how likely each event happened; taken as independent.
        ordinal: 1 for the first, -1 for the last; beyond their number it is the outermost that counts.

    >>> [round(p, 2) for p in nth_chances([0.4, 0.9, 0.9], 1)]
    [0.4, 0.54, 0.05]
    >>> [round(p, 2) for p in nth_chances([0.9, 0.9, 0.4], -1)]
    [0.05, 0.54, 0.4]
    """
    if ordinal < 0:
        return nth_chances(happens[::-1], -ordinal)[::-1]
    wanted = min(ordinal, len(happens)) - 1
    before = [1.0, *(0.0 for _ in range(wanted))]  # how likely so many have happened, up to those wanted
    chances = list[float]()
    for p in happens:
        chances.append(p * before[wanted])
        before = [many * (1 - p) + (before[i - 1] * p if i else 0.0) for i, many in enumerate(before)]
    return chances

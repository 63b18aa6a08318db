"""The first, the last and the nth to do something."""

from collections.abc import Sequence
from functools import partial

from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_bench.synthetic_planner.perception.grounding import MIN_DETECTION_P, locate, narrow
from playhead_bench.synthetic_planner.perception.options import OptionAction, option_actions
from playhead_bench.synthetic_planner.perception.sequential_scan import sequential_scan
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_bench.synthetic_planner.perception.subjects import named_subjects, reweight_by_naming
from playhead_tools.spec import QuestionSpec
from playhead_tools.temporal.clock import NO_CLOCK

CANDIDATES = 4
SUBJECT_CANDIDATES = 10
"""Number of moments in which the model is asked for the subject, where the question names none."""


def find_nth(spec: QuestionSpec, session: ProcedureSession, ordinal: int) -> PerceptionResult:
    """The nth to do something, by a sequential scan of the video; else by ordering the options.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    candidates = option_actions(spec, spec.options)
    counted = sequential_scan(spec, session, ordinal, candidates)
    if not counted:
        candidates = candidates or named_subjects(spec, session, SUBJECT_CANDIDATES)
        found = reweight_by_naming(spec, session, candidates, _located(session, candidates))
        events = [
            (one, found_events[0])
            for one, found_events in zip(candidates, found, strict=True)
            if found_events
        ]
        offsets_s = session.clock_offsets(found_events.video_id for _, found_events in events)
        if offsets_s is None and events:
            return PerceptionResult("unknown", NO_CLOCK, is_complete=False)
        ordered = sorted(
            events, key=lambda pair: (offsets_s or {})[pair[1].video_id] + pair[1].window.start_s
        )
        if not ordered or (abs(ordinal) > len(ordered) and not spec.options):
            return PerceptionResult("absent" if not ordered else "unknown", is_complete=session.is_complete)
        chances = nth_chances([one.p for _, one in ordered], ordinal)
        at = max(range(len(ordered)), key=chances.__getitem__)
        passed = ordered[:at] if ordinal > 0 else ordered[:at:-1]
        counted = [*(pair for pair in passed if pair[1].p >= MIN_DETECTION_P), ordered[at]]
    counted = counted[-abs(ordinal) :]
    candidate, best = counted[-1]
    detections = tuple(
        session.run_together(
            [partial(narrow, session, one.action, found_events) for one, found_events in counted]
        )
    )
    text = spec.options[candidate.option] if spec.options else f"the {candidate.action.subject}"
    choice = candidate.option if spec.options else None
    return PerceptionResult("chosen", text, detections, choice, p=best.p, is_complete=session.is_complete)


def _located(session: ProcedureSession, candidates: Sequence[OptionAction]) -> list[list[Detection]]:
    return session.run_together([partial(locate, session, one.action, CANDIDATES) for one in candidates])


def nth_chances(probabilities: Sequence[float], ordinal: int) -> list[float]:
    """How likely each of some events is the nth that happens, when none of them is certain.

    Args:
        probabilities: in time order, how likely each event happened; taken as independent.
        ordinal: 1 for the first, -1 for the last; beyond their number it is the outermost that counts.

    >>> [round(p, 2) for p in nth_chances([0.4, 0.9, 0.9], 1)]
    [0.4, 0.54, 0.05]
    >>> [round(p, 2) for p in nth_chances([0.9, 0.9, 0.4], -1)]
    [0.05, 0.54, 0.4]
    """
    if ordinal < 0:
        return nth_chances(probabilities[::-1], -ordinal)[::-1]
    rank = min(ordinal, len(probabilities)) - 1
    before = [1.0, *(0.0 for _ in range(rank))]  # how likely so many have happened, up to those wanted
    chances = list[float]()
    for p in probabilities:
        chances.append(p * before[rank])
        before = [many * (1 - p) + (before[i - 1] * p if i else 0.0) for i, many in enumerate(before)]
    return chances

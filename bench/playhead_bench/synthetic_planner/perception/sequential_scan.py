"""Sequential scan of a video, from its start or back from its end, to the nth that does something.

A search ranks by similarity, not by time. The first occurrence lies near the start however long the video
is, so the clips there are checked one after the other. The model is asked openly who does it; a name counts
when the model also affirms it for that object alone.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import Detection
from playhead_bench.synthetic_planner.perception.grounding import (
    MIN_DETECTION_P,
    SAME_S,
    judge_all,
    split_long,
)
from playhead_bench.synthetic_planner.perception.options import OptionAction
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_bench.synthetic_planner.perception.subjects import object_name
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import ActionTriple, QuestionSpec

STRIDE = 6
"""Number of clips whose VLM calls are requested together."""
MAX_CLIPS_OUTERMOST, MAX_CLIPS_NTH = 24, 40
"""The most clips on the way to the first or the last, and to any other."""
COVERED = 100
"""With options, videos of up to so many clips are left to the search, which then finds most places of each
object. Of first, last and nth on dev videos of the synthetic benchmark of 1 and 10 minutes search
and order give 24 of 30, the scan 18; of 20 minutes 9 and 11 of 19. Without options the scan names 19 of 49,
the search 3."""


def sequential_scan(
    spec: QuestionSpec, session: ProcedureSession, ordinal: int, candidates: Sequence[OptionAction]
) -> list[tuple[OptionAction, Detection]]:
    """Who does it as the nth, and where, behind those that were counted on the way to it.

    Nothing when it is not reached, or is better left to the search.

    Args:
        spec: asks who does something.
        session: of the procedures.
        ordinal: 1 for the first, -1 for the last.
        candidates: the options; empty where there are none. The one nearest to the rank in
            question counts, since some on the way may be missed.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    action, by_name = spec.deeds[0], {candidate.action.subject.lower(): candidate for candidate in candidates}
    outermost = abs(ordinal) == 1
    places = _clips(session, backwards=ordinal < 0)
    if by_name and len(places) <= COVERED:
        return []
    places = places[: MAX_CLIPS_OUTERMOST if outermost else MAX_CLIPS_NTH]
    allowed = frozenset(by_name) if outermost else frozenset()
    counted, fitting = list[tuple[OptionAction, Detection]](), list[int]()
    for rank, (name, detection) in enumerate(_events(spec, session, action, places, allowed), 1):
        candidate = by_name.get(name) or OptionAction(
            rank - 1, ActionTriple(name, action.verb, action.object)
        )
        counted.append((candidate, detection))
        if name in by_name or not by_name:
            fitting.append(rank)
        if rank == abs(ordinal):
            break
    else:  # the nth is not reached; what was seen on the way may still be the nearest to it
        if outermost or not by_name:
            return []
    if not fitting:
        return []
    return counted[: min(fitting, key=lambda rank: abs(rank - abs(ordinal)))]


def _events(
    spec: QuestionSpec,
    session: ProcedureSession,
    action: ActionTriple,
    places: Sequence[SegmentRef],
    allowed: frozenset[str],
) -> Iterator[tuple[str, Detection]]:
    """Names and detections of what does it; only of the objects in `allowed`, unless that is empty."""
    question, last = spec.clip_question or spec.text, dict[str, Detection]()
    for start in range(0, len(places), STRIDE):
        batch = places[start : start + STRIDE]
        observations = session.observe_all(
            [ObservationRequest(video_id, window, question) for video_id, window in batch]
        )
        named = [
            (place, name)
            for place, observation in zip(batch, observations, strict=True)
            if observation is not None
            and not observation.declines
            and (name := object_name(observation.text).lower())
            if name in allowed or not allowed
        ]
        judged = session.run_together(
            [
                partial(judge_all, session, ActionTriple(name, action.verb, action.object), [place])
                for place, name in named
            ]
        )
        for (_, name), seen in zip(named, judged, strict=True):
            for one in seen:
                if one.p >= MIN_DETECTION_P:
                    previous = last.get(name)
                    last[name] = one
                    if previous is None or previous.window.gap_s(one.window) > SAME_S:
                        yield name, one


def _clips(session: ProcedureSession, *, backwards: bool) -> list[SegmentRef]:
    """The clips of the scope in the order of the scan.

    None where they are of several videos of which nobody knows which was recorded first.
    """
    found = list[SegmentRef]()
    offsets_s = session.clock_offsets(video_id for video_id, _ in session.segment_refs)
    if offsets_s is None:
        return found
    for video_id, window in sorted(session.segment_refs, key=lambda one: offsets_s[one[0]] + one[1].start_s):
        inside = [(video_id, w) for s in session.segments(video_id) if (w := s.clamped(window)) is not None]
        found += split_long(inside)
    return found[::-1] if backwards else found

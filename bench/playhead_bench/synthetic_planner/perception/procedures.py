"""One procedure for each kind of visual question, in code, from searches and VLM calls.

`answer_visual_question` chooses the procedure; each one checks the candidates of a search and every option,
and computes with the times of the detections.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.perception.session import PerceptionSession
from playhead_bench.synthetic_planner.perception.event_times import find_time
from playhead_bench.synthetic_planner.perception.grounding import (
    MIN_DETECTION_P,
    SAME_S,
    judge_all,
    locate,
    narrow,
    places_with_object,
    split_long,
)
from playhead_bench.synthetic_planner.perception.multi_hop import answer_hop
from playhead_bench.synthetic_planner.perception.open_description import answer_at, ask_each
from playhead_bench.synthetic_planner.perception.options import OptionAction, option_actions
from playhead_bench.synthetic_planner.perception.ordinals import find_nth
from playhead_bench.synthetic_planner.perception.per_video import answer_per_video
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_bench.synthetic_planner.perception.subjects import reweight_by_naming
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import ActionTriple, Anchor, QuestionSpec
from playhead_tools.temporal.clock import NO_CLOCK

CANDIDATES = 6
CLAIM_CANDIDATES = 4
EXHAUSTIVE = 20
COUNTED = 6
"""Number of counted detections that are narrowed."""
PLACES = 3
"""Number of likely places of one anchor next to which text is searched."""
ADJOINING = 3
"""Number of segments at an anchor, its own included, that are checked before all others."""
MOSTLY = 0.6
"""A segment belongs to a detection when they share this part of the shorter of both."""


def answer_visual_question(
    spec: QuestionSpec,
    session: PerceptionSession,
    anchors: Sequence[SegmentRef] = (),
    *,
    critic: bool = True,
    algebra: bool = True,
) -> PerceptionResult:
    """Answers a question by visual evidence.

    Args:
        spec: the question.
        session: of the product, with the observations so far.
        anchors: where the anchors were spoken or written; empty where they are visual too.
        critic: as `ProcedureSession` has it.
        algebra: likewise.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    own_session = ProcedureSession(
        session.context, session.segment_refs, session.observations, session.observations_left,
        coverages=session.coverages, used_observations=session.used_observations,
        free_reply_first=session.plain_prompt,
        must_choose=bool(spec.options) and choose.abstaining_option(spec.options) is None,
        critic=critic, algebra=algebra,
    )  # fmt: skip
    try:
        return run_procedure(spec, own_session, anchors)
    finally:
        own_session.hand_over(session)


def run_procedure(
    spec: QuestionSpec, session: ProcedureSession, anchors: Sequence[SegmentRef] = ()
) -> PerceptionResult:
    """Runs the procedure of a question; errors are those of `answer_visual_question`."""
    if not session.algebra:
        return ask_each(spec, session, session.find_moments(spec.clip_question or spec.text, CANDIDATES))
    if spec.hop is not None:
        return answer_hop(spec, session)
    if spec.relation is not None:
        return _answer_relation(spec, session, anchors)
    if spec.each_video and spec.deeds:
        return answer_per_video(spec, session)
    if spec.superlative:
        return _longest(spec, session)
    procedures = {
        "when": find_time, "count": _count, "yes_no": _yes_no, "order": _order, "how_long": _how_long,
    }  # fmt: skip
    if spec.intent in procedures and spec.deeds:
        return procedures[spec.intent](spec, session)
    if spec.ordinal is not None and spec.deeds and not spec.deeds[0].subject:
        return find_nth(spec, session, spec.ordinal)
    return _describe(spec, session)


# ---- what, who, where, which ----


def _describe(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    """Asks the question about the clips that show its subject."""
    candidates = option_actions(spec, spec.options)
    action = spec.deeds[0] if spec.deeds else None
    if candidates and (spec.asks == "colour" or (action is not None and not action.subject)):
        return _choose_option(spec, session, candidates)
    if action is None or not action.subject:
        return ask_each(spec, session, session.find_moments(spec.clip_question or spec.text, CANDIDATES))
    found = locate(session, action, CANDIDATES) if action.verb else []
    if found:
        result = answer_at(spec, session, found[:2], action)
    elif action.verb and not candidates and not session.must_choose:
        return PerceptionResult(
            "absent", is_complete=session.is_complete
        )  # what is not seen to happen happens nowhere
    else:
        places = session.places_of(action, CANDIDATES)
        visible_places = places_with_object(session, action.subject, places)
        result = ask_each(
            spec, session, visible_places or (places[:1] if session.must_choose else []), action
        )
    has_undecided = result.kind in ("absent", "unknown")
    return _choose_option(spec, session, candidates) if has_undecided and candidates else result


def _choose_option(
    spec: QuestionSpec, session: ProcedureSession, candidates: Sequence[OptionAction]
) -> PerceptionResult:
    """The option whose action has the most probable detection."""
    detections = _detect_options(session, candidates)
    reweighted = reweight_by_naming(
        spec, session, [candidate for candidate, _ in detections], [found for _, found in detections]
    )
    detections = [(candidate, found) for (candidate, _), found in zip(detections, reweighted, strict=True)]
    ranked = sorted(detections, key=lambda pair: -pair[1][0].p)
    if not ranked:
        return PerceptionResult("absent", is_complete=session.is_complete)
    candidate, (best, *_) = ranked[0]
    margin = best.p - (ranked[1][1][0].p if len(ranked) > 1 else 0.0)
    best = narrow(session, candidate.action, best)
    p = min(1.0, best.p * (0.7 + margin))
    return PerceptionResult("chosen", spec.options[candidate.option], (best,), candidate.option, p=p)


def _detect_options(
    session: ProcedureSession, candidates: Sequence[OptionAction]
) -> list[tuple[OptionAction, list[Detection]]]:
    """The options that are detected, each with its detections; their VLM calls are requested together."""
    found = _locate_all(session, [candidate.action for candidate in candidates], CLAIM_CANDIDATES)
    if session.must_choose:  # what is not sure counts only where nothing is
        confident = [[one for one in seen if one.p >= MIN_DETECTION_P] for seen in found]
        found = confident if any(confident) else found
    return [(candidate, seen) for candidate, seen in zip(candidates, found, strict=True) if seen]


def _locate_all(
    session: ProcedureSession,
    actions: Sequence[ActionTriple],
    max_candidates: int,
    *,
    assume_happens: bool = False,
) -> list[list[Detection]]:
    return session.run_together(
        [partial(locate, session, one, max_candidates, assume_happens=assume_happens) for one in actions]
    )


# ---- before, after, between ----


def _answer_relation(
    spec: QuestionSpec, session: ProcedureSession, places: Sequence[SegmentRef]
) -> PerceptionResult:
    relation = spec.relation
    if relation is None:
        raise ValueError("there is no relation to follow")
    anchors = _anchor_detections(session, relation.anchors, places)
    if not anchors or not all(anchors):
        candidates = option_actions(spec, spec.options) if session.must_choose else []
        return (
            _choose_option(spec, session, candidates)
            if candidates
            else PerceptionResult("absent", is_complete=session.is_complete)
        )
    if spec.asks == "words" or spec.wanted in ("speech", "screen"):
        likely = tuple(anchors[0][:PLACES]) if len(anchors) == 1 else tuple(one[0] for one in anchors)
        return PerceptionResult("anchors", detections=likely, p=min(a[0].p for a in anchors))
    first = anchors[0][0]
    if relation.kind == "during":
        return answer_at(spec, session, [first], spec.deeds[0] if spec.deeds else None)
    return _before_or_after(spec, session, [one[0] for one in anchors], relation.kind)


def _anchor_detections(
    session: ProcedureSession, anchors: Sequence[Anchor], places: Sequence[SegmentRef]
) -> list[list[Detection]]:
    """Where the anchors are: as they were spoken or written, else as they are detected."""
    if places:
        return [[Detection(video_id, window, 0.9, "", window) for video_id, window in places]]
    actions = [anchor.deed or ActionTriple(anchor.text, "") for anchor in anchors]
    found = _locate_all(session, actions, CANDIDATES)
    pairs = [(action, seen[0]) for action, seen in zip(actions, found, strict=True) if seen]
    exact = iter(session.run_together([partial(narrow, session, action, first) for action, first in pairs]))
    return [[next(exact), *seen[1:]] if seen else [] for seen in found]


def _before_or_after(
    spec: QuestionSpec, session: ProcedureSession, anchors: Sequence[Detection], kind: str
) -> PerceptionResult:
    """What happens before, after or between detections: the options are grounded and put in order."""
    candidates = option_actions(spec, spec.options)
    if not candidates:
        return _scan_adjacent(spec, session, anchors, kind)
    first = anchors[0]
    adjoining = _adjoining(session, candidates, anchors, kind)
    fitting = [adjoining] if adjoining is not None else []
    for candidate, found in _detect_options(session, candidates) if adjoining is None else ():
        for detection in found:
            if detection.video_id == first.video_id and _fits_relation(kind, detection, anchors):
                fitting.append((candidate, detection))
    if not fitting:
        return (
            _choose_option(spec, session, candidates)
            if session.must_choose
            else PerceptionResult("unknown", is_complete=False)
        )
    candidate, best = min(fitting, key=lambda pair: abs(pair[1].window.start_s - first.window.start_s))
    best = narrow(session, candidate.action, best) if adjoining is None else best
    text = spec.options[candidate.option]
    return PerceptionResult("chosen", text, (*anchors, best), candidate.option, p=min(first.p, best.p) * 0.8)


def _adjoining(
    session: ProcedureSession, candidates: Sequence[OptionAction], anchors: Sequence[Detection], kind: str
) -> tuple[OptionAction, Detection] | None:
    """The option that is detected nearest to the anchor, in its segment or one of the next few; else None."""
    first, segments = anchors[0], session.segments(anchors[0].video_id)
    ends = [_segment_at(segments, one.window) for one in anchors if one.video_id == first.video_id]
    if kind == "between":
        steps = segments[min(ends) : max(ends) + 1]
        steps = steps if len(steps) <= ADJOINING * 2 else []
    elif kind == "after":
        steps = segments[ends[0] : ends[0] + ADJOINING]
    else:
        steps = segments[max(0, ends[0] - ADJOINING + 1) : ends[0] + 1][::-1]
    for window in steps:
        place = (first.video_id, window)
        seen = session.run_together(
            [partial(_seen_in, session, candidate.action, place) for candidate in candidates]
        )
        fitting = [
            (candidate, exact)
            for candidate, found in zip(candidates, seen, strict=True)
            for exact in _exact(session, candidate.action, found)
            if _fits_relation(kind, exact, anchors)
        ]
        if fitting:
            return min(fitting, key=lambda pair: abs(pair[1].window.start_s - first.window.start_s))
    return None


def _segment_at(segments: Sequence[Window], window: Window) -> int:
    """The number of the segment that shares most with a window."""
    return max(range(len(segments)), key=lambda i: segments[i].overlap_s(window))


def _seen_in(session: ProcedureSession, action: ActionTriple, place: SegmentRef) -> list[Detection]:
    """Confident detections of an action in one place."""
    visible_places = places_with_object(session, action.subject, split_long([place]))
    return [one for one in judge_all(session, action, visible_places) if one.p >= MIN_DETECTION_P]


def _fits_relation(kind: str, detection: Detection, anchors: Sequence[Detection]) -> bool:
    start_s, first = detection.window.start_s, anchors[0].window
    if kind == "between":
        last = anchors[-1].window
        low, high = sorted((first.start_s, last.start_s))
        return low < start_s < high
    if kind == "after":
        return start_s > first.start_s + SAME_S / 2
    return detection.window.end_s < first.end_s - SAME_S / 2


def _scan_adjacent(
    spec: QuestionSpec, session: ProcedureSession, anchors: Sequence[Detection], kind: str
) -> PerceptionResult:
    """Asks the question about the windows next to the anchor, nearest first."""
    first = anchors[0]
    step_s = 8.0
    if kind == "between":
        window = Window(first.window.end_s, max(anchors[-1].window.start_s, first.window.end_s + step_s))
        return ask_each(spec, session, [(first.video_id, window)])
    starts = [first.window.end_s + i * step_s for i in range(CANDIDATES)]
    if kind == "before":
        starts = [first.window.start_s - (i + 1) * step_s for i in range(CANDIDATES)]
    within = dict(session.segment_refs)
    places = [Window(max(0.0, s), s + step_s) for s in starts if s + step_s > 0]
    inside = [w for one in places if (w := one.clamped(within[first.video_id])) is not None]
    result = ask_each(spec, session, [(first.video_id, window) for window in inside])
    return replace(result, detections=(first, *result.detections)) if result.detections else result


# ---- how often, whether, in what order, how long ----


def _count(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    """An exhaustive scan: every moment that may show the object is checked, with its surroundings."""
    events = merge_detections(locate(session, spec.deeds[0], EXHAUSTIVE, confident_only=True, widen=True))
    value = float(len(events))
    choice = choose.by_number(spec.options, value)
    if choice is None and session.must_choose:
        choice = choose.nearest_number(spec.options, value)
    if not events:
        return PerceptionResult("absent", is_complete=session.is_complete, value=0.0, choice=choice)
    p = sum(one.p for one in events) / len(events) * (0.9 if session.is_complete else 0.6)
    events = _exact(session, spec.deeds[0], events, COUNTED)
    return PerceptionResult(
        "count", f"{value:.0f}", tuple(events), choice, value, p, is_complete=session.is_complete
    )


def merge_detections(detections: Sequence[Detection], gap_s: float = SAME_S) -> list[Detection]:
    """Detections in time order, with those closer than `gap_s` merged."""
    out: list[Detection] = []
    for one in sorted(detections, key=lambda s: (s.video_id, s.window)):
        last = out[-1] if out else None
        if last is not None and last.video_id == one.video_id and last.window.gap_s(one.window) < gap_s:
            out[-1] = replace(
                last if last.p >= one.p else one, window=last.window.hull(one.window), p=max(last.p, one.p)
            )
        else:
            out.append(one)
    return out


def _yes_no(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    action = spec.deeds[0]
    events = merge_detections(locate(session, action, CANDIDATES * 2, confident_only=True))
    if events:
        choice = choose.by_presence(spec.options, len(events), is_object_detected=True, is_kind_detected=True)
        best = max(events, key=lambda one: one.p)
        events = _exact(session, action, events)
        return PerceptionResult(
            "yes_no", "yes", tuple(events), choice, 1.0, best.p, is_complete=session.is_complete
        )
    object_label = (
        locate(session, ActionTriple(action.subject, ""), CANDIDATES, confident_only=True)
        if action.verb
        else []
    )
    kind_seen = (
        _has_any_colour(session, action.subject.split()[-1])
        if not action.verb and " " in action.subject
        else False
    )
    choice = choose.by_presence(
        spec.options, 0, is_object_detected=bool(object_label), is_kind_detected=kind_seen
    )
    return PerceptionResult("yes_no", "no", (), choice, 0.0, 0.75, is_complete=session.is_complete)


def _has_any_colour(session: ProcedureSession, kind: str) -> bool:
    """Whether a kind of object is visible in any colour: the model can then name its colour."""
    places = session.find_moments(kind, CANDIDATES)
    observations = session.observe_all(
        [ObservationRequest(v, w, f"What colour is the {kind}?") for v, w in places]
    )
    return any(observation is not None and not observation.declines for observation in observations)


def _exact(
    session: ProcedureSession, action: ActionTriple, events: Sequence[Detection], max_candidates: int = PLACES
) -> list[Detection]:
    """The detections with the first few narrowed to the action; unchanged for a mere object."""
    return [
        *session.run_together([partial(narrow, session, action, one) for one in events[:max_candidates]]),
        *events[max_candidates:],
    ]


def _order(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    found = _locate_all(session, spec.deeds, CLAIM_CANDIDATES, assume_happens=True)
    if not all(found):
        return PerceptionResult("unknown", is_complete=False)
    exact = session.run_together(
        [partial(narrow, session, action, seen[0]) for action, seen in zip(spec.deeds, found, strict=True)]
    )
    offsets_s = session.clock_offsets(one.video_id for one in exact)
    if offsets_s is None:
        return PerceptionResult("unknown", NO_CLOCK, is_complete=False)
    best = list(zip(spec.targets, exact, strict=True))
    ordered = sorted(best, key=lambda pair: offsets_s[pair[1].video_id] + pair[1].window.start_s)
    names = [name for name, _ in ordered]
    detections = tuple(one for _, one in ordered)
    choice = choose.by_order(spec.options, names)
    p = min(one.p for one in detections)
    return PerceptionResult(
        "order", ", ".join(names), detections, choice, p=p, is_complete=session.is_complete
    )


def _how_long(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    events = merge_detections(locate(session, spec.deeds[0], CANDIDATES * 2))
    if not events:
        return PerceptionResult("absent", is_complete=session.is_complete)
    events = [snap_to_cuts(session, one) for one in events]
    seconds = sum(one.window.duration_s for one in events)
    choice = choose.by_length(spec.options, seconds)
    p = min(one.p for one in events) * 0.8
    return PerceptionResult(
        "length", f"{seconds:.1f} s", tuple(events), choice, seconds, p, is_complete=session.is_complete
    )


def snap_to_cuts(session: ProcedureSession, detection: Detection) -> Detection:
    """A detection with its window snapped to the cuts of the video."""
    window = detection.window
    inside = [
        segment
        for segment in session.segments(detection.video_id)
        if segment.overlap_s(window) >= MOSTLY * min(segment.duration_s, window.duration_s)
    ]
    if not inside:
        return detection
    hull = Window(inside[0].start_s, inside[-1].end_s)
    return (
        replace(detection, window=hull) if hull.overlap_s(window) >= MOSTLY * hull.duration_s else detection
    )


def _longest(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    actions = spec.deeds or tuple(ActionTriple(target, "") for target in spec.targets)
    found = _locate_all(session, actions, CLAIM_CANDIDATES)
    found = [[one for one in seen if one.p >= MIN_DETECTION_P] for seen in found]
    found = [[snap_to_cuts(session, one) for one in seen] for seen in found]
    lengths = [sum(one.window.duration_s for one in merge_detections(seen)) for seen in found]
    if not any(lengths):
        return PerceptionResult("absent", is_complete=session.is_complete)
    known = [i for i, length in enumerate(lengths) if length]
    pick = max if spec.superlative == "longest" else min
    at = pick(known, key=lambda i: lengths[i])
    choice = choose.by_text(spec.options, actions[at].subject)
    detections = tuple(one for i in known for one in merge_detections(found[i]))
    p = 0.7 if len(known) == len(actions) else 0.5
    return PerceptionResult(
        "chosen", actions[at].subject, detections, choice, lengths[at], p, is_complete=session.is_complete
    )

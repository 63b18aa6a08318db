"""When something happens: candidates from search and options are checked by the VLM, then narrowed."""

from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_bench.synthetic_planner.perception.grounding import MIN_DETECTION_P, judge_all, locate, narrow
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_index.window import Window, format_time
from playhead_tools import options as choose
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import QuestionSpec

CANDIDATES = 4
OPTION_S = 4.0
LEAD_S = 0.5
"""Length of the window that is checked for an option, and its start before the option's time."""


def find_time(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    """When the action of a question happens; where options are times, each is checked.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    action = spec.deeds[0]
    if spec.options and any(time_s is not None for time_s in choose.option_times_s(spec.options)):
        return _choose_option_time(spec, session)
    found = locate(session, action, CANDIDATES)
    if not found:
        return PerceptionResult("absent", is_complete=session.is_complete)
    ordered = found if spec.ordinal is None else sorted(found, key=lambda one: one.window.start_s)
    index = 0 if spec.ordinal in (None, 0) else (spec.ordinal - 1 if spec.ordinal > 0 else spec.ordinal)
    if index >= len(ordered) or -index > len(ordered):
        return PerceptionResult("unknown", is_complete=False)
    best = narrow(session, action, ordered[index])
    return PerceptionResult(
        "when", format_time(best.window.start_s), (best,), value=best.window.start_s, p=best.p
    )


def _choose_option_time(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    """Chooses the option at whose time the action is most probable."""
    places: list[tuple[int, SegmentRef]] = []
    for i, time_s in enumerate(choose.option_times_s(spec.options)):
        for video_id, window in session.segment_refs:
            inside = None if time_s is None else _option_window(time_s).clamped(window)
            if inside is not None:
                places.append((i, (video_id, inside)))
    judged = judge_all(session, spec.deeds[0], [place for _, place in places])
    if not judged:
        return PerceptionResult("unknown", is_complete=False)
    by_place = {(one.video_id, one.window): one for one in judged}
    ranked = sorted(
        ((by_place[place].p, i, by_place[place]) for i, place in places if place in by_place),
        key=lambda row: -row[0],
    )
    p, option, best = ranked[0]
    if p < MIN_DETECTION_P and not session.must_choose:
        return PerceptionResult("absent", is_complete=session.is_complete, detections=())
    margin = p - (ranked[1][0] if len(ranked) > 1 else 0.0)
    window = Window(best.window.start_s + LEAD_S, best.window.end_s - OPTION_S / 2 + LEAD_S)
    chosen = Detection(best.video_id, window, p, best.text, best.searched_window)
    value = choose.option_times_s(spec.options)[option] or 0.0
    return PerceptionResult(
        "when", spec.options[option], (chosen,), option, value, min(1.0, p * (0.7 + margin))
    )


def _option_window(time_s: float) -> Window:
    start_s = max(0.0, time_s - LEAD_S)
    return Window(start_s, start_s + OPTION_S)

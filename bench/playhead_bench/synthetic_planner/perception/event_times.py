"""When something happens: candidates from the search and from the options, each looked at, then narrowed."""

from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.state import SegmentRef
from playhead_bench.synthetic_planner.perception.grounding import SURE, judge_all, locate, narrowed
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_index.window import Window, format_time
from playhead_tools import options as choose
from playhead_tools.spec import QuestionSpec

CANDIDATES = 4
OPTION_S = 4.0
BEFORE_S = 0.5


def see_when(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    """When the deed of a question happens; options are times that are each looked at.

    Raises:
        NeedLooks: looks are wanted.
    """
    deed = spec.deeds[0]
    if spec.options and any(time_s is not None for time_s in choose.option_times_s(spec.options)):
        return _among(spec, session)
    found = locate(session, deed, CANDIDATES)
    if not found:
        return PerceptionResult("absent", whole=session.whole)
    wanted = found if spec.ordinal is None else sorted(found, key=lambda one: one.window.start_s)
    at = 0 if spec.ordinal in (None, 0) else (spec.ordinal - 1 if spec.ordinal > 0 else spec.ordinal)
    if at >= len(wanted) or -at > len(wanted):
        return PerceptionResult("unknown", whole=False)
    best = narrowed(session, deed, wanted[at])
    return PerceptionResult(
        "when", format_time(best.window.start_s), (best,), value=best.window.start_s, p=best.p
    )


def _among(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    """Every option's time is looked at: the one at which the deed is likeliest."""
    places: list[tuple[int, SegmentRef]] = []
    for i, time_s in enumerate(choose.option_times_s(spec.options)):
        for video_id, window in session.stretches:
            inside = None if time_s is None else _from(time_s).clamped(window)
            if inside is not None:
                places.append((i, (video_id, inside)))
    judged = judge_all(session, spec.deeds[0], [place for _, place in places])
    if not judged:
        return PerceptionResult("unknown", whole=False)
    by_place = {(one.video_id, one.window): one for one in judged}
    ranked = sorted(
        ((by_place[place].p, i, by_place[place]) for i, place in places if place in by_place),
        key=lambda row: -row[0],
    )
    p, option, best = ranked[0]
    if p < SURE and not session.must_choose:
        return PerceptionResult("absent", whole=session.whole, sightings=())
    margin = p - (ranked[1][0] if len(ranked) > 1 else 0.0)
    window = Window(best.window.start_s + BEFORE_S, best.window.end_s - OPTION_S / 2 + BEFORE_S)
    kept = Detection(best.video_id, window, p, best.said, best.looked)
    value = choose.option_times_s(spec.options)[option] or 0.0
    return PerceptionResult(
        "when", spec.options[option], (kept,), option, value, min(1.0, p * (0.7 + margin))
    )


def _from(time_s: float) -> Window:
    start_s = max(0.0, time_s - BEFORE_S)
    return Window(start_s, start_s + OPTION_S)

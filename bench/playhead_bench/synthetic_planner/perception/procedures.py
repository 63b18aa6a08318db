"""How each sort of question about pictures is worked out, in code, from searches and looks.

Read top to bottom: `see` chooses the procedure; each one looks where the search points, checks every option
where there are some, and reckons with the times of what it saw.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.perception.session import PerceptionSession
from playhead_agent.state import SegmentRef
from playhead_bench.synthetic_planner.perception.event_times import see_when
from playhead_bench.synthetic_planner.perception.grounding import (
    SAME_S,
    SURE,
    judge_all,
    locate,
    narrowed,
    pieces,
    present,
)
from playhead_bench.synthetic_planner.perception.hops import see_hop
from playhead_bench.synthetic_planner.perception.open_description import ask_each, told_at
from playhead_bench.synthetic_planner.perception.options import Claim, claims_of
from playhead_bench.synthetic_planner.perception.ordinals import see_ranked
from playhead_bench.synthetic_planner.perception.per_video import see_videos
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_bench.synthetic_planner.perception.subjects import agreed
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.spec import ActionTriple, Anchor, QuestionSpec
from playhead_tools.temporal.clock import NO_CLOCK

CANDIDATES = 6
CLAIM_CANDIDATES = 4
EXHAUSTIVE = 20
COUNTED = 6
"""Of what was counted so many are narrowed to where they happen."""
PLACES = 3
"""Likely places of one anchor next to which words are looked for."""
ADJOINING = 3
"""Segments next to an anchor, its own among them, that are looked at before all others."""
MOSTLY = 0.6
"""A segment belongs to a sighting when so much of the shorter of both is shared."""


def see(
    spec: QuestionSpec,
    session: PerceptionSession,
    anchors: Sequence[SegmentRef] = (),
    *,
    critic: bool = True,
    algebra: bool = True,
) -> PerceptionResult:
    """What looking tells of a question.

    Args:
        spec: the question.
        session: of the product, with the looks that were made.
        anchors: where what it is related to was said or written; empty where that is to be seen too.
        critic: as `ProcedureDesk` has it.
        algebra: likewise.

    Raises:
        NeedLooks: looks are wanted before it can go on.
    """
    own = ProcedureDesk(
        session.context, session.stretches, session.seen, session.afford, coverages=session.coverages, used=session.used,
        openly=session.plain_prompt, must_choose=bool(spec.options) and choose.declining(spec.options) is None,
        critic=critic, algebra=algebra,
    )  # fmt: skip
    try:
        return see_on(spec, own, anchors)
    finally:
        own.hand_over(session)


def see_on(
    spec: QuestionSpec, session: ProcedureDesk, anchors: Sequence[SegmentRef] = ()
) -> PerceptionResult:
    """What looking tells of a question, worked out at a desk of the procedures; errors are those of `see`."""
    if not session.algebra:
        return ask_each(spec, session, session.moments(spec.clip_question or spec.text, CANDIDATES))
    if spec.hop is not None:
        return see_hop(spec, session)
    if spec.relation is not None:
        return _related(spec, session, anchors)
    if spec.each_video and spec.deeds:
        return see_videos(spec, session)
    if spec.superlative:
        return _longest(spec, session)
    procedures = {
        "when": see_when, "count": _count, "yes_no": _yes_no, "order": _order, "how_long": _how_long,
    }  # fmt: skip
    if spec.intent in procedures and spec.deeds:
        return procedures[spec.intent](spec, session)
    if spec.ordinal is not None and spec.deeds and not spec.deeds[0].subject:
        return see_ranked(spec, session, spec.ordinal)
    return _described(spec, session)


# ---- what, who, where, which ----


def _described(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    """The question put to the clips that show what it is about."""
    claims = claims_of(spec, spec.options)
    deed = spec.deeds[0] if spec.deeds else None
    if claims and (spec.asks == "colour" or (deed is not None and not deed.subject)):
        return _chosen(spec, session, claims)
    if deed is None or not deed.subject:
        return ask_each(spec, session, session.moments(spec.clip_question or spec.text, CANDIDATES))
    found = locate(session, deed, CANDIDATES) if deed.verb else []
    if found:
        sight = told_at(spec, session, found[:2], deed)
    elif deed.verb and not claims and not session.must_choose:
        return PerceptionResult("absent", whole=session.whole)  # what is not seen to happen happens nowhere
    else:
        places = session.places_of(deed, CANDIDATES)
        there = present(session, deed.subject, places)
        sight = ask_each(spec, session, there or (places[:1] if session.must_choose else []), deed)
    undecided = sight.kind in ("absent", "unknown")
    return _chosen(spec, session, claims) if undecided and claims else sight


def _chosen(spec: QuestionSpec, session: ProcedureDesk, claims: Sequence[Claim]) -> PerceptionResult:
    """The option whose deed is seen with the most certainty."""
    sightings = _claimed(session, claims)
    told = agreed(spec, session, [claim for claim, _ in sightings], [found for _, found in sightings])
    sightings = [(claim, found) for (claim, _), found in zip(sightings, told, strict=True)]
    ranked = sorted(sightings, key=lambda pair: -pair[1][0].p)
    if not ranked:
        return PerceptionResult("absent", whole=session.whole)
    claim, (best, *_) = ranked[0]
    margin = best.p - (ranked[1][1][0].p if len(ranked) > 1 else 0.0)
    best = narrowed(session, claim.deed, best)
    p = min(1.0, best.p * (0.7 + margin))
    return PerceptionResult("chosen", spec.options[claim.option], (best,), claim.option, p=p)


def _claimed(session: ProcedureDesk, claims: Sequence[Claim]) -> list[tuple[Claim, list[Detection]]]:
    """The claims that are seen, each with its sightings; all looks of all claims are wanted at once."""
    found = _together(session, [claim.deed for claim in claims], CLAIM_CANDIDATES)
    if session.must_choose:  # what is not sure counts only where nothing is
        sure = [[one for one in seen if one.p >= SURE] for seen in found]
        found = sure if any(sure) else found
    return [(claim, seen) for claim, seen in zip(claims, found, strict=True) if seen]


def _together(
    session: ProcedureDesk, deeds: Sequence[ActionTriple], most: int, *, surely_happens: bool = False
) -> list[list[Detection]]:
    return session.at_once(
        [partial(locate, session, one, most, surely_happens=surely_happens) for one in deeds]
    )


# ---- before, after, between ----


def _related(spec: QuestionSpec, session: ProcedureDesk, places: Sequence[SegmentRef]) -> PerceptionResult:
    relation = spec.relation
    if relation is None:
        raise ValueError("there is no relation to follow")
    anchors = _anchor_sightings(session, relation.anchors, places)
    if not anchors or not all(anchors):
        claims = claims_of(spec, spec.options) if session.must_choose else []
        return _chosen(spec, session, claims) if claims else PerceptionResult("absent", whole=session.whole)
    if spec.asks == "words" or spec.wanted in ("speech", "screen"):
        likely = tuple(anchors[0][:PLACES]) if len(anchors) == 1 else tuple(one[0] for one in anchors)
        return PerceptionResult("anchors", sightings=likely, p=min(a[0].p for a in anchors))
    first = anchors[0][0]
    if relation.kind == "during":
        return told_at(spec, session, [first], spec.deeds[0] if spec.deeds else None)
    return _beside(spec, session, [one[0] for one in anchors], relation.kind)


def _anchor_sightings(
    session: ProcedureDesk, anchors: Sequence[Anchor], places: Sequence[SegmentRef]
) -> list[list[Detection]]:
    """Where the anchors are: as they were said or written, else as they are seen."""
    if places:
        return [[Detection(video_id, window, 0.9, "", window) for video_id, window in places]]
    deeds = [anchor.deed or ActionTriple(anchor.text, "") for anchor in anchors]
    found = _together(session, deeds, CANDIDATES)
    pairs = [(deed, seen[0]) for deed, seen in zip(deeds, found, strict=True) if seen]
    exact = iter(session.at_once([partial(narrowed, session, deed, first) for deed, first in pairs]))
    return [[next(exact), *seen[1:]] if seen else [] for seen in found]


def _beside(
    spec: QuestionSpec, session: ProcedureDesk, anchors: Sequence[Detection], kind: str
) -> PerceptionResult:
    """What happens before, after or between what was seen: the options are looked for and put in order."""
    claims = claims_of(spec, spec.options)
    if not claims:
        return _stepped(spec, session, anchors, kind)
    first = anchors[0]
    near = _adjoining(session, claims, anchors, kind)
    fitting = [near] if near is not None else []
    for claim, found in _claimed(session, claims) if near is None else ():
        for sighting in found:
            if sighting.video_id == first.video_id and _lies(kind, sighting, anchors):
                fitting.append((claim, sighting))
    if not fitting:
        return (
            _chosen(spec, session, claims)
            if session.must_choose
            else PerceptionResult("unknown", whole=False)
        )
    claim, best = min(fitting, key=lambda pair: abs(pair[1].window.start_s - first.window.start_s))
    best = narrowed(session, claim.deed, best) if near is None else best
    text = spec.options[claim.option]
    return PerceptionResult("chosen", text, (*anchors, best), claim.option, p=min(first.p, best.p) * 0.8)


def _adjoining(
    session: ProcedureDesk, claims: Sequence[Claim], anchors: Sequence[Detection], kind: str
) -> tuple[Claim, Detection] | None:
    """The claim that is seen nearest to the anchor, in its own segment or one of the next few; else None."""
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
        seen = session.at_once([partial(_seen_in, session, claim.deed, place) for claim in claims])
        fitting = [
            (claim, exact)
            for claim, found in zip(claims, seen, strict=True)
            for exact in _exact(session, claim.deed, found)
            if _lies(kind, exact, anchors)
        ]
        if fitting:
            return min(fitting, key=lambda pair: abs(pair[1].window.start_s - first.window.start_s))
    return None


def _segment_at(segments: Sequence[Window], window: Window) -> int:
    """The number of the segment that shares most with a window."""
    return max(range(len(segments)), key=lambda i: segments[i].overlap_s(window))


def _seen_in(session: ProcedureDesk, deed: ActionTriple, place: SegmentRef) -> list[Detection]:
    """Where in one place a deed is surely seen."""
    there = present(session, deed.subject, pieces([place]))
    return [one for one in judge_all(session, deed, there) if one.p >= SURE]


def _lies(kind: str, sighting: Detection, anchors: Sequence[Detection]) -> bool:
    start_s, first = sighting.window.start_s, anchors[0].window
    if kind == "between":
        last = anchors[-1].window
        low, high = sorted((first.start_s, last.start_s))
        return low < start_s < high
    if kind == "after":
        return start_s > first.start_s + SAME_S / 2
    return sighting.window.end_s < first.end_s - SAME_S / 2


def _stepped(
    spec: QuestionSpec, session: ProcedureDesk, anchors: Sequence[Detection], kind: str
) -> PerceptionResult:
    """The stretches next to the anchor, nearest first, asked one after the other."""
    first = anchors[0]
    step_s = 8.0
    if kind == "between":
        window = Window(first.window.end_s, max(anchors[-1].window.start_s, first.window.end_s + step_s))
        return ask_each(spec, session, [(first.video_id, window)])
    starts = [first.window.end_s + i * step_s for i in range(CANDIDATES)]
    if kind == "before":
        starts = [first.window.start_s - (i + 1) * step_s for i in range(CANDIDATES)]
    within = dict(session.stretches)
    places = [Window(max(0.0, s), s + step_s) for s in starts if s + step_s > 0]
    inside = [w for one in places if (w := one.clamped(within[first.video_id])) is not None]
    sight = ask_each(spec, session, [(first.video_id, window) for window in inside])
    return replace(sight, sightings=(first, *sight.sightings)) if sight.sightings else sight


# ---- how often, whether, in what order, how long ----


def _count(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    """An exhaustive scan: every moment that may show the thing is looked at, and what lies next to it."""
    events = merged(locate(session, spec.deeds[0], EXHAUSTIVE, sure=True, wide=True))
    value = float(len(events))
    choice = choose.by_number(spec.options, value)
    if choice is None and session.must_choose:
        choice = choose.nearest_number(spec.options, value)
    if not events:
        return PerceptionResult("absent", whole=session.whole, value=0.0, choice=choice)
    p = sum(one.p for one in events) / len(events) * (0.9 if session.whole else 0.6)
    events = _exact(session, spec.deeds[0], events, COUNTED)
    return PerceptionResult("count", f"{value:.0f}", tuple(events), choice, value, p, whole=session.whole)


def merged(sightings: Sequence[Detection], gap_s: float = SAME_S) -> list[Detection]:
    """Sightings in time order, those that touch or nearly do made one."""
    out: list[Detection] = []
    for one in sorted(sightings, key=lambda s: (s.video_id, s.window)):
        last = out[-1] if out else None
        if last is not None and last.video_id == one.video_id and last.window.gap_s(one.window) < gap_s:
            out[-1] = replace(
                last if last.p >= one.p else one, window=last.window.hull(one.window), p=max(last.p, one.p)
            )
        else:
            out.append(one)
    return out


def _yes_no(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    deed = spec.deeds[0]
    events = merged(locate(session, deed, CANDIDATES * 2, sure=True))
    if events:
        choice = choose.by_presence(spec.options, len(events), thing_seen=True, kind_seen=True)
        best = max(events, key=lambda one: one.p)
        events = _exact(session, deed, events)
        return PerceptionResult("yes_no", "yes", tuple(events), choice, 1.0, best.p, whole=session.whole)
    thing = locate(session, ActionTriple(deed.subject, ""), CANDIDATES, sure=True) if deed.verb else []
    like = _coloured(session, deed.subject.split()[-1]) if not deed.verb and " " in deed.subject else False
    choice = choose.by_presence(spec.options, 0, thing_seen=bool(thing), kind_seen=like)
    return PerceptionResult("yes_no", "no", (), choice, 0.0, 0.75, whole=session.whole)


def _coloured(session: ProcedureDesk, kind: str) -> bool:
    """Whether a kind of thing is there in some colour: it is, where its colour can be told."""
    places = session.moments(kind, CANDIDATES)
    looks = session.look_all([ObservationRequest(v, w, f"What colour is the {kind}?") for v, w in places])
    return any(look is not None and not look.declines for look in looks)


def _exact(
    session: ProcedureDesk, deed: ActionTriple, events: Sequence[Detection], most: int = PLACES
) -> list[Detection]:
    """The first few of some sightings narrowed to the deed; of a thing that is only there, as they are."""
    return [
        *session.at_once([partial(narrowed, session, deed, one) for one in events[:most]]),
        *events[most:],
    ]


def _order(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    found = _together(session, spec.deeds, CLAIM_CANDIDATES, surely_happens=True)
    if not all(found):
        return PerceptionResult("unknown", whole=False)
    exact = session.at_once(
        [partial(narrowed, session, deed, seen[0]) for deed, seen in zip(spec.deeds, found, strict=True)]
    )
    line = session.line(one.video_id for one in exact)
    if line is None:
        return PerceptionResult("unknown", NO_CLOCK, whole=False)
    best = list(zip(spec.targets, exact, strict=True))
    ordered = sorted(best, key=lambda pair: line[pair[1].video_id] + pair[1].window.start_s)
    names = [name for name, _ in ordered]
    sightings = tuple(one for _, one in ordered)
    choice = choose.by_order(spec.options, names)
    p = min(one.p for one in sightings)
    return PerceptionResult("order", ", ".join(names), sightings, choice, p=p, whole=session.whole)


def _how_long(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    events = merged(locate(session, spec.deeds[0], CANDIDATES * 2))
    if not events:
        return PerceptionResult("absent", whole=session.whole)
    events = [snapped(session, one) for one in events]
    seconds = sum(one.window.duration_s for one in events)
    choice = choose.by_length(spec.options, seconds)
    p = min(one.p for one in events) * 0.8
    return PerceptionResult(
        "length", f"{seconds:.1f} s", tuple(events), choice, seconds, p, whole=session.whole
    )


def snapped(session: ProcedureDesk, sighting: Detection) -> Detection:
    """A sighting whose window ends where the cuts of the video are, which are known to the frame."""
    window = sighting.window
    inside = [
        segment
        for segment in session.segments(sighting.video_id)
        if segment.overlap_s(window) >= MOSTLY * min(segment.duration_s, window.duration_s)
    ]
    if not inside:
        return sighting
    hull = Window(inside[0].start_s, inside[-1].end_s)
    return replace(sighting, window=hull) if hull.overlap_s(window) >= MOSTLY * hull.duration_s else sighting


def _longest(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    deeds = spec.deeds or tuple(ActionTriple(target, "") for target in spec.targets)
    found = _together(session, deeds, CLAIM_CANDIDATES)
    found = [[one for one in seen if one.p >= SURE] for seen in found]
    found = [[snapped(session, one) for one in seen] for seen in found]
    lengths = [sum(one.window.duration_s for one in merged(seen)) for seen in found]
    if not any(lengths):
        return PerceptionResult("absent", whole=session.whole)
    known = [i for i, length in enumerate(lengths) if length]
    pick = max if spec.superlative == "longest" else min
    at = pick(known, key=lambda i: lengths[i])
    choice = choose.by_text(spec.options, deeds[at].subject)
    sightings = tuple(one for i in known for one in merged(found[i]))
    p = 0.7 if len(known) == len(deeds) else 0.5
    return PerceptionResult(
        "chosen", deeds[at].subject, sightings, choice, lengths[at], p, whole=session.whole
    )

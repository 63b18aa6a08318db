"""Questions in two steps: which thing is meant is found first, then the question is asked of it."""

from dataclasses import replace

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.state import SegmentRef
from playhead_bench.synthetic_planner.perception.grounding import locate, narrowed, pieces, present
from playhead_bench.synthetic_planner.perception.open_description import ask_each
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_bench.synthetic_planner.perception.subjects import thing_named
from playhead_bench.synthetic_planner.question.verbs import base_form
from playhead_index.window import Window
from playhead_tools.spec import ActionTriple, QuestionSpec

CANDIDATES = 4
LIKELY = 0.25
"""A deed by which the question tells which thing is meant is taken for granted from here on, not only if it
is more likely than not."""


def see_hop(spec: QuestionSpec, session: ProcedureDesk) -> PerceptionResult:
    """The answer to a question about a thing that another one carries, chases, stands beside, …

    Raises:
        NeedLooks: looks are wanted.
        ValueError: the question has no second step.
    """
    hop = spec.hop
    if hop is None:
        raise ValueError("the question names its thing directly")
    found = locate(session, hop.deed, CANDIDATES, surely_happens=True)
    if not found or found[0].p < LIKELY:
        return PerceptionResult("absent", whole=session.whole)
    first = found[0]
    if not hop.later and spec.clip_question:
        at_once = ask_each(spec, session, [first.place])
        if at_once.kind == "told":
            window = narrowed(session, hop.deed, first).window
            return replace(at_once, sightings=tuple(replace(s, window=window) for s in at_once.sightings))
    thing = _thing(session, hop.deed, first)
    if not thing:
        return PerceptionResult("unknown", sightings=(first,), whole=False)
    places = _later(thing, session, first) if hop.later else [first.place]
    asked = replace(
        spec, hop=None, clip_question=hop.question.format(f"the {thing}"), deeds=(ActionTriple(thing, ""),)
    )
    sight = ask_each(asked, session, places[:CANDIDATES])
    exact = narrowed(session, hop.deed, first)
    return replace(sight, sightings=(exact, *sight.sightings), p=sight.p * first.p)


def _thing(session: ProcedureDesk, deed: ActionTriple, at: Detection) -> str:
    """What the missing side of a deed is, as the model names it."""
    question = f"Which thing {deed.text}?"
    if deed.subject:
        question = f"Which thing does the {deed.subject} {_base(deed.verb)}?"
    look = session.look(ObservationRequest(at.video_id, at.looked, question))
    if look is None or look.declines:
        return ""
    return thing_named(look.text)


def _base(verb: str) -> str:
    first, _, rest = verb.partition(" ")
    return " ".join(part for part in (base_form(first), rest) if part)


def _later(thing: str, session: ProcedureDesk, first: Detection) -> list[SegmentRef]:
    """Where a thing is seen in the same video behind a sighting; where it may be, if it is seen nowhere."""
    after_s = first.window.end_s
    places = pieces(
        [
            (video_id, Window(max(window.start_s, after_s), window.end_s))
            for video_id, window in session.moments(thing, CANDIDATES * 2)
            if video_id == first.video_id and window.end_s > after_s + 1.0
        ]
    )
    return present(session, thing, places) or places

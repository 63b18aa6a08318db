"""Who does something, where the question names nobody: the model is asked, and its replies become claims."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import Detection
from playhead_bench.synthetic_planner.perception.grounding import pieces
from playhead_bench.synthetic_planner.perception.options import Claim
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_tools.citations import reads_like_orders
from playhead_tools.spec import ActionTriple, QuestionSpec
from playhead_tools.video_llm.client import Observation

NAMED_PART = 0.3
"""How much it counts whom the model names as doing it, beside what it says of each thing on its own."""
NAMED, OTHER_NAMED, NONE_NAMED = 0.9, 0.3, 0.2
MOST_WORDS = 5
"""A longer reply is no name of a thing."""


def named_doers(spec: QuestionSpec, session: ProcedureDesk, most: int) -> list[Claim]:
    """The things that the model names in the moments that fit best, each as a deed to be looked for.

    Raises:
        NeedLooks: looks are wanted.
    """
    deed = spec.deeds[0]
    places = pieces(session.moments(deed.text or spec.text, most))
    question = spec.clip_question or spec.text
    looks = session.look_all([ObservationRequest(video_id, window, question) for video_id, window in places])
    told = [look.text for look in looks if look is not None and not look.declines]
    names = dict.fromkeys(name for text in told if (name := thing_named(text)))
    return [Claim(i, ActionTriple(name, deed.verb, deed.object)) for i, name in enumerate(names)]


def agreed(
    spec: QuestionSpec, session: ProcedureDesk, claims: Sequence[Claim], found: Sequence[Sequence[Detection]]
) -> list[list[Detection]]:
    """Sightings of who may have done something, held against whom the model names there, best first.

    Asked of each thing by itself whether it does it, a model says yes too often; asked who does it, it can
    name one only.

    Raises:
        NeedLooks: looks are wanted.
    """
    deeds = [claim.deed for claim in claims]
    if not deeds or spec.asks == "colour" or not spec.deeds or spec.deeds[0].subject or not deeds[0].verb:
        return [list(seen) for seen in found]
    question = spec.clip_question or spec.text
    places = list(dict.fromkeys((one.video_id, one.looked) for seen in found for one in seen))
    looks = session.look_all([ObservationRequest(video_id, window, question) for video_id, window in places])
    told = dict(zip(places, looks, strict=True))
    return [
        sorted((_held(one, told[one.video_id, one.looked], deed.subject) for one in seen), key=lambda o: -o.p)
        for deed, seen in zip(deeds, found, strict=True)
    ]


def _held(sighting: Detection, look: Observation | None, subject: str) -> Detection:
    if look is None:
        return sighting
    named = thing_named(look.text).lower()
    counts = NONE_NAMED if look.declines else (NAMED if named == subject.lower() else OTHER_NAMED)
    return replace(sighting, p=(1 - NAMED_PART) * sighting.p + NAMED_PART * counts)


def thing_named(text: str) -> str:
    """The thing that a short reply names, without its article; empty for a longer one.

    >>> thing_named("The red car."), thing_named("I see a car that turns left at the corner.")
    ('red car', '')
    """
    words = text.strip().rstrip(".!").split()
    if words and words[0].lower() in ("the", "a", "an"):
        words = words[1:]
    named = 0 < len(words) <= MOST_WORDS and not reads_like_orders(text)
    return " ".join(words) if named else ""

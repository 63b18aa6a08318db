"""Who does something, where the question names nobody: the model is asked, and its replies become claims."""

from playhead_agent.seeing.claims import Claim
from playhead_agent.seeing.desk import Desk, Request
from playhead_agent.seeing.locate import pieces
from playhead_tools.cite import reads_like_orders
from playhead_tools.spec import Deed, QuestionSpec

MOST_WORDS = 5
"""A longer reply is no name of a thing."""


def named_doers(spec: QuestionSpec, desk: Desk, most: int) -> list[Claim]:
    """The things that the model names in the moments that fit best, each as a deed to be looked for.

    Raises:
        NeedLooks: looks are wanted.
    """
    deed = spec.deeds[0]
    places = pieces(desk.moments(deed.text or spec.text, most))
    question = spec.clip_question or spec.text
    looks = desk.look_all([Request(video_id, window, question) for video_id, window in places])
    told = [look.text for look in looks if look is not None and not look.declines]
    names = dict.fromkeys(name for text in told if (name := thing_named(text)))
    return [Claim(i, Deed(name, deed.verb, deed.object)) for i, name in enumerate(names)]


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

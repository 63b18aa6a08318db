"""How questions about clips are put and answered: several wordings a kind, one of them held back.

Training under the compositional split never sees the last wording of a kind.
"""

from typing import Literal, get_args

from playhead_bench.world.kinds import PLACES
from playhead_bench.world.stage import SplitMode

ClipKind = Literal[
    "colour", "thing", "exists", "action", "doer", "else", "place", "daytime", "count", "when", "side",
    "partner", "unseen", "caption",
]  # fmt: skip
CLIP_KINDS: tuple[ClipKind, ...] = get_args(ClipKind)
NOT_VISIBLE = "not visible"
NOT_SHOWN = "the video does not show it"
"""How the option that is right where a video does not answer says so; offered among wrong ones elsewhere."""
WORDINGS: dict[ClipKind, tuple[str, ...]] = {
    "colour": (
        "What colour is the {shape}?",
        "Which colour does the {shape} have?",
        "Tell the colour of the {shape}.",
    ),
    "thing": ("What is the {colour} thing?", "Which thing is {colour}?", "Name the {colour} thing."),
    "exists": ("Is there a {label}?", "Does a {label} appear?", "Can a {label} be seen?"),
    "action": ("What does the {label} do?", "What happens to the {label}?", "How does the {label} act?"),
    "doer": ("Which thing {does}?", "What {does}?", "Name the thing that {does}."),
    "else": (
        "What else is in the picture beside the {label}?",
        "Which other thing is there than the {label}?",
        "Name what is seen together with the {label}.",
    ),
    "place": ("Where does it happen?", "Which place is shown?", "In what place is this?"),
    "daytime": ("Is it day or night?", "Does it happen by day or by night?", "At what time of day is this?"),
    "count": ("How many things are there?", "How many things can be seen?", "Count the things."),
    "when": (
        "When does the {label} {verb}?",
        "At what time does the {label} {verb}?",
        "Tell when the {label} {does}.",
    ),
    "side": (
        "On which side of the {other} is the {label}?",
        "Is the {label} left or right of the {other}?",
        "Seen from the {other}, where is the {label}?",
    ),
    "partner": (
        "What does the {label} {verb}?",
        "Which thing does the {label} {verb}?",
        "Name what the {label} {does}.",
    ),
    "unseen": (
        "How much does the {label} cost?",
        "What does the {label} smell of?",
        "What does the {label} weigh?",
        "What is the {label} thinking of?",
        "What did the {label} do before the video began?",
        "Who made the {label}?",
    ),
    "caption": ("Describe the clip.", "What happens in the clip?", "Say what is shown."),
}
VERBS: dict[str, str] = {
    "enter": "enter", "leave": "leave", "cross": "cross the picture", "jump": "jump", "spin": "spin",
    "blink": "blink", "grow": "grow", "shrink": "shrink", "recolour": "change colour", "move": "move",
    "carry": "carry", "collide": "collide with", "chase": "chase",
}  # fmt: skip
"""What a thing does, as questions name it."""
PARTNER_VERBS = ("carry", "collide", "chase")


def wordings(kind: ClipKind, mode: SplitMode, training: bool) -> tuple[str, ...]:
    """The wordings of a kind that a part of the data may use.

    In `compositional` training uses all but the last, and the others only the last.
    """
    every = WORDINGS[kind]
    if mode == "iid":
        return every
    return every[:-1] if training else every[-1:]


def third_person(verb: str) -> str:
    """`crosses the picture` of `cross the picture`, `carries` of `carry`.

    >>> third_person("cross the picture"), third_person("carry"), third_person("collide with")
    ('crosses the picture', 'carries', 'collides with')
    """
    first, space, rest = verb.partition(" ")
    if first.endswith("y"):
        first = f"{first[:-1]}ies"
    else:
        first += "es" if first.endswith(("s", "sh", "ch", "x")) else "s"
    return first + space + rest


def said_place(place: str) -> str:
    """Where a scene is, in words: `on a beach`."""
    return PLACES[place]  # type: ignore[index]

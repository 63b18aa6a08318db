"""Wordings of questions and answers about clips: several a kind, one of them held out.

Training under the compositional split never sees the last wording of a kind.
"""

from typing import Literal, get_args

from playhead_bench.world.random_scene import SplitMode
from playhead_bench.world.vocabulary import PLACES

ClipKind = Literal[
    "colour", "thing", "exists", "action", "doer", "else", "place", "daytime", "count", "when", "side",
    "partner", "unseen", "caption",
]  # fmt: skip
CLIP_KINDS: tuple[ClipKind, ...] = get_args(ClipKind)
NOT_VISIBLE = "not visible"
NOT_IN_VIDEO = "the video does not show it"
"""Text of the option that is right where the video has no answer; elsewhere one of the wrong options."""
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
SHARED_WORDINGS: dict[str, tuple[str, ...]] = {
    "which": (
        "What colour is the {shape} that {does}?",
        "Which colour does the {shape} that {does} have?",
        "Tell the colour of the {shape} that {does}.",
    ),
    "where": (
        "Where does the {label} {verb}?",
        "In what place does the {label} {verb}?",
        "Tell the place in which the {label} {does}.",
    ),
    "where_seen": (
        "Where is the {label}?",
        "In what place is the {label} seen?",
        "Tell the place in which the {label} can be seen.",
    ),
    "yes_no": (
        "Does the {label} {verb}?",
        "Does the {label} ever {verb}?",
        "Does it happen that the {label} {does}?",
    ),
    "during": (
        "Which other thing can be seen while the {label} {does}?",
        "What else is in the picture while the {label} {does}?",
        "The {label} {does}: name the other thing in the picture.",
    ),
    "hop_colour": (
        "What colour is the thing that the {label} {does}?",
        "Which colour does the thing have that the {label} {does}?",
        "The {label} {does} another thing: tell its colour.",
    ),
}
"""Wordings of questions about whole videos that also fit one clip; answers are those of other kinds."""
VERBS: dict[str, str] = {
    "enter": "enter", "leave": "leave", "cross": "cross the picture", "jump": "jump", "spin": "spin",
    "blink": "blink", "grow": "grow", "shrink": "shrink", "recolour": "change colour", "move": "move",
    "carry": "carry", "collide": "collide with", "chase": "chase",
}  # fmt: skip
"""What an object does, as questions name it."""
PARTNER_VERBS = ("carry", "collide", "chase")
CONFUSABLE_ACTIONS = {
    "carry": ("move",), "collide": ("move",), "enter": ("move",), "leave": ("move",),
    "move": ("carry", "collide"),
    "cross": ("enter", "leave", "move", "chase"), "chase": ("enter", "leave", "move", "cross"),
}  # fmt: skip
"""Other actions that could describe the same motion; never offered as wrong answers."""


def wordings(kind: str, mode: SplitMode, training: bool) -> tuple[str, ...]:
    """The wordings of a kind, or of one of `SHARED_WORDINGS`, that a part of the data may use.

    In `compositional` training uses all but the last, and the others only the last.
    """
    every = WORDINGS[kind] if kind in WORDINGS else SHARED_WORDINGS[kind]
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


def place_phrase(place: str) -> str:
    """Where a scene is, in words: `on a beach`."""
    return PLACES[place]  # type: ignore[index]

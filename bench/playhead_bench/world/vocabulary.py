"""Vocabulary of the synthetic benchmark: shapes, colours, places and kinds of answer."""

from typing import Literal, get_args

Shape = Literal[
    "circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star", "cross", "heart",
    "ring", "moon", "arrow", "car", "house", "fish", "boat", "cup", "umbrella", "mushroom", "flag", "person",
]  # fmt: skip
Colour = Literal[
    "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "white", "grey", "black"
]
PlaceKind = Literal[
    "slide",
    "table",
    "street",
    "park",
    "hall",
    "studio",
    "beach",
    "forest",
    "snow",
    "desert",
    "sea",
    "kitchen",
]
AnswerKind = Literal["when", "what", "count", "duration", "order", "yes_no"]

SHAPES: tuple[Shape, ...] = (
    "circle",
    "square",
    "triangle",
    "diamond",
    "pentagon",
    "hexagon",
    "star",
    "cross",
    "heart",
)
"""Shapes of lectures and streets."""
OBJECT_SHAPES: tuple[Shape, ...] = tuple(
    shape for shape in get_args(Shape) if shape not in ("pentagon", "hexagon", "person")
)
"""Shapes of random videos, which their outlines identify at any size."""
COLOURS: dict[Colour, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "orange": (244, 129, 32),
    "yellow": (247, 208, 46),
    "green": (38, 158, 72),
    "cyan": (40, 190, 205),
    "blue": (38, 92, 214),
    "purple": (126, 58, 178),
    "pink": (240, 120, 176),
    "brown": (128, 78, 42),
    "white": (244, 244, 240),
    "grey": (138, 142, 148),
    "black": (30, 30, 34),
}
OBJECT_COLOURS: tuple[Colour, ...] = tuple(colour for colour in COLOURS if colour not in ("brown", "grey"))
"""The colours of the objects of random videos."""
PLACES: dict[PlaceKind, str] = {
    "table": "on a table",
    "street": "in a street",
    "park": "in a park",
    "hall": "in a hall",
    "studio": "in a studio",
    "beach": "on a beach",
    "forest": "in a forest",
    "snow": "in the snow",
    "desert": "in a desert",
    "sea": "on the sea",
    "kitchen": "in a kitchen",
}
"""The places of random videos, each with the words that say where."""
OUTDOORS: frozenset[PlaceKind] = frozenset({"street", "park", "beach", "forest", "snow", "desert", "sea"})
"""The places that know day and night."""

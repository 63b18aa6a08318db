"""The words of the made world: its shapes, colours, places and kinds of answer."""

from typing import Literal, get_args

Shape = Literal[
    "circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star", "cross", "heart", "person"
]
Colour = Literal[
    "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "white", "grey", "black"
]
PlaceKind = Literal["slide", "table", "street", "park", "hall", "studio"]
AnswerKind = Literal["when", "what", "count", "duration", "order", "yes_no"]

SHAPES: tuple[Shape, ...] = tuple(shape for shape in get_args(Shape) if shape != "person")
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

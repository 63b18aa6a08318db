"""What a frame shows and what a text asks for, as weights on one list of attributes."""

import re

import numpy as np
from numpy.typing import NDArray

from playhead_bench.world.clip_wordings import VERBS
from playhead_bench.world.story import Scene
from playhead_bench.world.vocabulary import COLOURS, OBJECT_SHAPES, OUTDOORS, PLACES

PAIRS = tuple(f"{colour} {shape}" for colour in COLOURS for shape in OBJECT_SHAPES)
ATTRIBUTES: tuple[str, ...] = (*PAIRS, *COLOURS, *OBJECT_SHAPES, *PLACES, "day", "night", *VERBS)
"""Every attribute: pairs of colour and kind, each by itself, places, light, and what is done."""
PAIR, PART, PLACE, LIGHT, ACT = 1.0, 0.4, 0.5, 0.3, 0.3
"""How much an object counts as a whole, its colour and its kind alone, where, when, and what it does."""
_AT = {name: number for number, name in enumerate(ATTRIBUTES)}
_WORD = re.compile(r"[a-z]+")


def image_attributes(scene: Scene, time_s: float) -> NDArray[np.float64]:
    """(A,) float64 of length 1: what the frame of a scene at a time shows."""
    weights = np.zeros(len(ATTRIBUTES))
    _add(weights, scene.place, PLACE)
    if scene.place in OUTDOORS:
        _add(weights, "night" if scene.night else "day", LIGHT)
    for thing in scene.things:
        pose = thing.pose(time_s)
        if pose is None or not 0 <= pose.at[0] <= 1:
            continue
        _add_thing(weights, pose.colour, thing.shape)
        for action in thing.actions:
            if time_s in action.window:
                _add(weights, action.kind, ACT)
    return _unit(weights)


def text_attributes(text: str) -> NDArray[np.float64]:
    """(A,) float64 of length 1: what a text names; all 0 for one that names nothing of this world.

    >>> [ATTRIBUTES[i] for i in text_attributes("the red star at night").nonzero()[0]]
    ['red star', 'red', 'star', 'night']
    """
    weights = np.zeros(len(ATTRIBUTES))
    words = [_singular(word) for word in _WORD.findall(text.lower())]
    for i, word in enumerate(words):
        if word in COLOURS and i + 1 < len(words) and words[i + 1] in OBJECT_SHAPES:
            _add(weights, f"{word} {words[i + 1]}", PAIR)
        for names, weight in (
            (COLOURS, PART),
            (OBJECT_SHAPES, PART),
            (PLACES, PLACE),
            (("day", "night"), LIGHT),
        ):
            if word in names:
                _add(weights, word, weight)
        if word in VERBS:
            _add(weights, word, ACT)
    return _unit(weights)


def _add_thing(weights: NDArray[np.float64], colour: str, shape: str) -> None:
    for name, weight in ((f"{colour} {shape}", PAIR), (colour, PART), (shape, PART)):
        _add(weights, name, weight)


def _add(weights: NDArray[np.float64], name: str, weight: float) -> None:
    """Counts an attribute; what the list does not have, such as a slide, is not seen."""
    if name in _AT:
        weights[_AT[name]] = max(weights[_AT[name]], weight)


def _singular(word: str) -> str:
    return word if word in _AT or not word.endswith("s") else word.removesuffix("s")


def _unit(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    norm = float(np.linalg.norm(weights))
    return weights / norm if norm else weights

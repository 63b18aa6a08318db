"""Whether two trainings have learnt the same: several cores do not add in one order every time."""

from math import sqrt
from typing import Any

LEAST = 0.05
"""Of what the last step changed. A training that forgets its optimiser or draws other clips is far above."""


def apart(one: Any, other: Any, before: Any) -> float:
    """How far the weights of two models are apart, over how far the last step moved them.

    All weights count together: where a gradient is nothing but rounding, Adam's step takes a side by chance.

    Args:
        one: a model.
        other: one that should be the same.
        before: the same model a step earlier.
    """
    theirs, earlier = other.state_dict(), before.state_dict()
    distance, changed = 0.0, 0.0
    for name, ours in one.state_dict().items():
        distance += float((ours.double() - theirs[name].double()).square().sum())
        changed += float((ours.double() - earlier[name].double()).square().sum())
    assert changed > 0, "a step changes something"
    return sqrt(distance / changed)

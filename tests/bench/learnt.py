"""Whether two trainings have learnt the same: several cores do not add in one order every time."""

from typing import Any

from playhead_index.embed.runtime import torch

LEAST = 0.02
"""Of what the last step changed. A training that forgets its optimiser or draws other clips is far above."""
ROUNDING = 1e-6


def apart(one: Any, other: Any, before: Any) -> dict[str, float]:
    """How far the weights of two models are apart where that is more than rounding, by name.

    Args:
        one: a model.
        other: one that should be the same.
        before: the same model a step earlier, to say what a step changes.

    Returns:
        The distance over what the step changed; only what is above `LEAST`.
    """
    theirs, earlier = other.state_dict(), before.state_dict()
    found = dict[str, float]()
    for name, ours in one.state_dict().items():
        distance = float(torch().linalg.norm(ours.double() - theirs[name].double()))
        changed = float(torch().linalg.norm(ours.double() - earlier[name].double()))
        if distance > LEAST * changed + ROUNDING * float(torch().linalg.norm(ours.double())):
            found[name] = distance / max(changed, 1e-30)
    return found

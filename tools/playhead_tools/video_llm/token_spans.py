"""Where the tokens of each step stand in what a processor wrote for a clip; times between them."""

import re
from dataclasses import dataclass

from playhead_tools.video_llm.model_families import Family


@dataclass(frozen=True, slots=True)
class StepSpan:
    """Characters of one step in a clip's expansion.

    Args:
        opens: where the words before its tokens begin.
        first: where its tokens begin.
        stop: where they end.
        closes: where the words after them end.
    """

    opens: int
    first: int
    stop: int
    closes: int


def step_spans(expansion: str, token: str, steps: int, per_step: int, family: Family) -> list[StepSpan]:
    """Where each step stands.

    Args:
        expansion: what stands in the clip's place.
        token: the placeholder of one feature.
        steps: how many there are.
        per_step: placeholders of each.
        family: says what its processor writes around a step.

    Raises:
        ValueError: there are fewer placeholders.
    """
    at = [found.start() for found in re.finditer(re.escape(token), expansion)]
    if len(at) < steps * per_step:
        raise ValueError(f"expected {steps} * {per_step} placeholders, got {len(at)}")
    spans: list[StepSpan] = []
    before = 0
    for k in range(steps):
        first, stop = at[k * per_step], at[(k + 1) * per_step - 1] + len(token)
        opening = re.search(f"(?:{family.opens})$", expansion[before:first])
        closing = re.compile(family.closes).match(expansion, stop)
        opens = first if opening is None else before + opening.start()
        before = stop if closing is None else closing.end()
        spans.append(StepSpan(opens, first, stop, before))
    return spans


def with_times(
    expansion: str, token: str, steps: int, per_step: int, family: Family, labels: list[str]
) -> str:
    """The expansion with a label before the tokens of every step, in place of the model's own.

    >>> with_times("<v><v><v><v>", "<v>", 2, 2, Family("any"), ["Frame 1 at 0.5 s: ", "Frame 2 at 1.0 s: "])
    'Frame 1 at 0.5 s: <v><v>Frame 2 at 1.0 s: <v><v>'

    Raises:
        ValueError: there is not one label a step.
    """
    parts: list[str] = []
    done = 0
    for span, label in zip(step_spans(expansion, token, steps, per_step, family), labels, strict=True):
        around = expansion[span.opens : span.first]
        own = re.sub(family.label, "", around, count=1) if family.label else around
        parts += [expansion[done : span.opens], label, own, expansion[span.first : span.closes]]
        done = span.closes
    return "".join([*parts, expansion[done:]])

"""Where the tokens of each step stand in what a processor wrote for a clip; times between them.

The words around a step are found by a family's regular expressions, or, without these, by comparing what
stands between steps with what stands before the first and after the last.
"""

import re
from dataclasses import dataclass
from itertools import pairwise, takewhile

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
    tokens = [(at[k * per_step], at[(k + 1) * per_step - 1] + len(token)) for k in range(steps)]
    if not family.opens and not family.closes:
        return _compared_spans(expansion, tokens)
    spans: list[StepSpan] = []
    before = 0
    for first, stop in tokens:
        opening = re.search(f"(?:{family.opens})$", expansion[before:first])
        closing = re.compile(family.closes).match(expansion, stop)
        opens = first if opening is None else before + opening.start()
        before = stop if closing is None else closing.end()
        spans.append(StepSpan(opens, first, stop, before))
    return spans


def _compared_spans(expansion: str, tokens: list[tuple[int, int]]) -> list[StepSpan]:
    """Spans of steps whose surrounding words are not known.

    What follows every step, the last one too, closes it; the rest of what stands between two steps opens the
    second, and as much of what stands before the first opens that. Numbers count as alike.

    >>> text = "<0.2 s><in>vv<out><1.2 s><in>vv<out>"
    >>> _compared_spans(text, [(11, 13), (29, 31)])
    [StepSpan(opens=0, first=11, stop=13, closes=18), StepSpan(opens=18, first=29, stop=31, closes=36)]
    """
    gaps = [_pieces(expansion[a[1] : b[0]]) for a, b in pairwise(tokens)]
    if not gaps:
        return [StepSpan(first, first, stop, stop) for first, stop in tokens]
    head, tail = _pieces(expansion[: tokens[0][0]]), _pieces(expansion[tokens[-1][1] :])
    num_closing = min(_num_alike(gap, tail) for gap in gaps)
    num_head = _num_alike(gaps[0][num_closing:][::-1], head[::-1])
    opens = tokens[0][0] - sum(map(len, head[len(head) - num_head :]))
    spans: list[StepSpan] = []
    for (first, stop), after in zip(tokens, [*gaps, tail], strict=True):
        closes = stop + sum(map(len, after[:num_closing]))
        spans.append(StepSpan(opens, first, stop, closes))
        opens = closes
    return spans


def _pieces(text: str) -> list[str]:
    """Marks in angle brackets, numbers and single characters."""
    return re.findall(r"<[^<>]*>|\d+|[^\d]", text)


def _num_alike(a: list[str], b: list[str]) -> int:
    """How many pieces both begin with, numbers in them being alike."""
    pairs = zip(a, b, strict=False)
    return sum(1 for _ in takewhile(lambda pair: _masked(pair[0]) == _masked(pair[1]), pairs))


def _masked(piece: str) -> str:
    return re.sub(r"\d+", "0", piece)


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

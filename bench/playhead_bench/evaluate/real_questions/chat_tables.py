"""The scores of the systems with a chat model as tables."""

from collections.abc import Sequence

from playhead_bench.evaluate.real_questions.chat_scoring import AbsentScores, ChatScores, ChatSetScores
from playhead_bench.evaluate.real_questions.chat_systems import SYSTEMS
from playhead_bench.evaluate.real_questions.tables import COMPARED, compared_cells
from playhead_bench.evaluate.tables import Grid

COLUMNS = (
    "system", "n", "right", "answered", "right", "called", "partial", "right", "declined", "errors",
    "own end", "calls", "prompt", "of whole", "reply", "s p50",
)  # fmt: skip
LEGEND = (
    "right: questions whose first cited window lies at least half in the gold; after answered and partial: "
    "those among them. called: share of the right ones with the status `answered`. own end: runs that the "
    "model ended itself by `finish` or `abstain`, one repair included. calls, prompt, reply: completions and "
    "tokens a question, as the server reports them; of whole: prompt tokens over those of the whole "
    "transcript at the same questions; s p50: median seconds of the server, of cached replies as they were "
    "measured. Systems: " + "; ".join(f"{one.name}: {one.meaning}" for one in SYSTEMS.values()) + "."
)
ABSENT_LEGEND = "Questions that their video does not answer; each answer with the status `answered` is wrong."
COMPARED_LEGEND = (
    "The first less the second, in points, over the questions that both were asked, with a 95 % bootstrap "
    "interval; p: McNemar's exact test."
)


def chat_grids(sets: Sequence[ChatSetScores], absent: Sequence[AbsentScores] = ()) -> dict[str, Grid]:
    """The tables by their headings; a legend stands below the first table of its kind."""
    grids: dict[str, Grid] = {}
    for number, scores in enumerate(sets):
        lines = tuple(_cells(one) for one in scores.systems)
        grids[f"{scores.name}: with a chat model"] = Grid(COLUMNS, lines, "" if number else LEGEND)
        if scores.comparisons:
            compared = tuple(tuple(compared_cells(one)) for one in scores.comparisons)
            legend = "" if number else COMPARED_LEGEND
            grids[f"{scores.name}: with a chat model, compared"] = Grid(COMPARED, compared, legend)
    if absent:
        header = ("system", "n", "answered", "partial", "errors")
        lines = tuple(_absent_cells(one) for one in absent)
        grids["Absent questions"] = Grid(header, lines, ABSENT_LEGEND)
    return grids


def _absent_cells(one: AbsentScores) -> tuple[str, ...]:
    answered = _share(one.answered, one.questions)
    return one.system, str(one.questions), answered, str(one.partial), str(one.errors)


def _cells(one: ChatScores) -> tuple[str, ...]:
    called = one.right_called_answered
    return (
        one.system,
        str(one.questions),
        _share(one.right, one.questions),
        str(one.answered),
        str(one.answered_right),
        "–" if called is None else f"{100 * called:.0f} %",
        str(one.partial),
        str(one.partial_right),
        str(one.declined),
        str(one.errors),
        _share(one.ended_by_model, one.questions),
        f"{one.calls:.1f}",
        f"{one.prompt_tokens:,.0f}",
        "–" if one.prompt_share is None else f"{100 * one.prompt_share:.0f} %",
        f"{one.completion_tokens:,.0f}",
        f"{one.seconds:.1f}",
    )


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.0f} %)"

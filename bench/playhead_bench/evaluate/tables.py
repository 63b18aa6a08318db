"""The table of strategies: for a terminal, as Markdown, as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from playhead_bench.evaluate.metrics.choice import Accuracy
from playhead_bench.evaluate.report import StrategySummary

COLUMNS = (
    "strategy", "accuracy", "rejects", "wrongly", "gold seen", "recall@1", "recall@5", "frames", "tokens",
    "calls", "s p50", "s p95", "declined", "unread", "prepared",
)  # fmt: skip
LEGEND = (
    "accuracy: right answers, with a 95 % bootstrap interval; rejects: questions without an answer that were "
    "declined; wrongly: questions with one that were declined; gold seen: gold windows of which a frame was "
    "shown; recall@k: gold windows half covered by the first k found; frames, tokens, calls: means a "
    "question; declined, unread: questions; prepared: frames shown to describe whole videos."
)


def cells(summary: StrategySummary) -> list[str]:
    """A line of the table, one text a column; `–` where a strategy has no such number."""
    search, refusals, cost = summary.search, summary.abstention, summary.cost
    recall = {} if search is None else search.recall_at
    return [
        summary.name,
        shown(summary.accuracy),
        percent(refusals.rejection_accuracy if refusals.unanswerable else None),
        percent(refusals.false_rejection if refusals.answerable else None),
        percent(None if search is None else search.seen),
        percent(recall.get(1)),
        percent(recall.get(5)),
        f"{cost.frames:.1f}",
        f"{cost.visual_tokens:.0f}",
        f"{cost.model_calls:.1f}",
        f"{cost.seconds_p50:.2f}",
        f"{cost.seconds_p95:.2f}",
        str(summary.abstained),
        str(summary.unparsed),
        str(summary.prepared_frames) if summary.prepared_frames else "–",
    ]


def shown(value: Accuracy) -> str:
    """`62.5 [48–75]`, in percent; `–` for no questions."""
    if not value.total:
        return "–"
    return f"{100 * value.value:.1f} [{100 * value.low:.0f}–{100 * value.high:.0f}]"


def percent(part: float | None) -> str:
    """`62.5`, or `–` for None."""
    return "–" if part is None else f"{100 * part:.1f}"


def rich_table(summaries: Sequence[StrategySummary]) -> Table:
    """The table for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(COLUMNS):
        table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    for summary in summaries:
        table.add_row(*cells(summary))
    return table


def markdown(summaries: Sequence[StrategySummary], title: str = "") -> str:
    """The table as Markdown, what its columns mean, and accuracy by kind and by length."""
    parts = [f"# {title}\n"] if title else []
    parts.append(_grid(COLUMNS, [cells(summary) for summary in summaries]))
    parts.append(f"\n{LEGEND}\n")
    for heading, name in (("By kind of question", "by_kind"), ("By length of video", "by_minutes")):
        groups = sorted({group for summary in summaries for group in getattr(summary, name)}, key=_order)
        if len(groups) > 1:
            parts.append(f"\n## {heading}\n\n{_by(summaries, name, groups)}")
    return "\n".join(parts)


def _by(summaries: Sequence[StrategySummary], name: str, groups: Sequence[str]) -> str:
    lines = []
    for group in groups:
        values = [getattr(summary, name).get(group) for summary in summaries]
        total = max(value.total for value in values if value is not None)
        lines.append([group or "–", str(total), *("–" if v is None else percent(v.value) for v in values)])
    return _grid(("", "questions", *(summary.name for summary in summaries)), lines)


def _order(group: str) -> tuple[float, str]:
    """Lengths by their number, all else by its letters."""
    number = group.removesuffix(" min")
    return (float(number), "") if number != group else (0.0, group)


def _grid(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(cell) + " |" for cell in (header, rule, *lines)) + "\n"


def record(summaries: Sequence[StrategySummary]) -> dict[str, Any]:
    """The table as plain JSON types."""
    return {"strategies": [summary.record() for summary in summaries]}

"""Answers of several strategies to one question, side by side."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from playhead.answer_view import (
    citation_numbers,
    cited_names,
    legend,
    long_name_labels,
    name_of,
    outcome_of,
    plain,
    shortened,
    with_labels,
    with_numbers,
)
from playhead.compare_strategies import Comparison
from playhead_index.clean_text import printable_text
from playhead_tools.evidence import Answer

MAX_WINDOWS = 3
"""So many windows are listed of one answer."""
MIN_TABLE_WIDTH = 110
"""Below it a table leaves too little room for the answers, and each strategy has a block of lines."""
USAGE = ("conf.", "frames", "tokens", "calls", "s")


def outcome(row: Comparison) -> str:
    """What became of one strategy, in plain words."""
    return f"could not run: {row.error}" if row.answer is None else outcome_of(row.answer)


def show_comparison(console: Console, rows: Sequence[Comparison], names: Mapping[str, str]) -> None:
    """Strategies side by side: what each answered, where, and what it took; or why it could not run."""
    labels = long_name_labels(cited_names([row.answer for row in rows if row.answer is not None], names))
    if console.width < MIN_TABLE_WIDTH:
        _print_blocks(console, rows, names, labels)
    else:
        _print_table(console, rows, names, labels)
    for line in legend(labels):
        console.print(line, soft_wrap=True)
    explained = (
        "tokens: visual tokens and prompt tokens of the chat model; calls: of video-LLM and chat model"
    )
    console.print(Text(explained, style="dim"))


def _print_table(
    console: Console, rows: Sequence[Comparison], names: Mapping[str, str], labels: Mapping[str, str]
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("strategy", "answer", "where"):
        table.add_column(column, overflow="fold")
    for column in USAGE:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        header_note = (
            Text("–") if row.answer is None else Text("\n".join(_windows(row.answer, names, labels)) or "–")
        )
        usage = ["–"] * len(USAGE) if row.answer is None else _usage(row.answer)
        table.add_row(plain(row.strategy), _summary(row, labels), header_note, *usage)
    console.print(table)


def _print_blocks(
    console: Console, rows: Sequence[Comparison], names: Mapping[str, str], labels: Mapping[str, str]
) -> None:
    for row in rows:
        console.print(plain(row.strategy, "bold"))
        lines = [_summary(row, labels)]
        if row.answer is not None:
            lines += [Text(", ".join(windows))] if (windows := _windows(row.answer, names, labels)) else []
            usage = ", ".join(
                f"{name} {value}" for name, value in zip(USAGE, _usage(row.answer), strict=True)
            )
            lines.append(Text(usage, style="dim"))
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 2)))


def _summary(row: Comparison, labels: Mapping[str, str]) -> Text:
    """The first line of an answer, after its outcome where the question was not answered."""
    if row.answer is None:
        return plain(outcome(row), "yellow")
    text = with_labels(with_numbers(row.answer.text, citation_numbers(row.answer)), labels)
    line = shortened(printable_text(text).strip().split("\n")[0])
    is_answered = row.answer.status == "answered"
    return (Text() if is_answered else Text(f"{outcome(row)}: ", style="yellow")) + Text(line)


def _windows(answer: Answer, names: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    """The first cited windows, with the video's name where the library has several."""
    cited, lines = answer.intervals[:MAX_WINDOWS], []
    for interval in cited:
        name = name_of(interval, names)
        lines.append(f"{interval.window}" + (f" {labels.get(name, name)}" if len(names) > 1 else ""))
    more = len(answer.intervals) - len(cited)
    return [*lines, *([f"and {more} more"] if more else [])]


def _usage(answer: Answer) -> list[str]:
    cost = {"frames": 0.0, "visual_tokens": 0.0, "prompt_tokens": 0.0, "looks": 0.0, **answer.cost}
    return [
        f"{answer.confidence:.2f}",
        f"{cost['frames']:.0f}",
        f"{cost['visual_tokens'] + cost['prompt_tokens']:.0f}",
        f"{cost['looks'] + cost['model_calls']:.0f}",
        f"{cost['seconds']:.1f}",
    ]

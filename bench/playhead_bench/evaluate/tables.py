"""The tables of strategies: for a terminal, as Markdown, as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from playhead_bench.evaluate.metrics.choice import Accuracy
from playhead_bench.evaluate.paired_comparison import MARGIN, PairedComparison
from playhead_bench.evaluate.report import StrategySummary

ANSWER_COLUMNS = (
    "strategy", "accuracy", "acc@GQA", "mIoU", "IoP≥.5", "cite P", "cite R", "cite F1", "rejects", "wrongly",
    "ECE", "AURC", "declined", "unread",
)  # fmt: skip
COST_COLUMNS = (
    "strategy", "gold seen", "recall@1", "recall@5", "frames", "tokens", "of full", "growth", "looks",
    "calls", "s p50", "s p95", "prepared",
)  # fmt: skip
ANSWERS_LEGEND = (
    "In percent, but for declined and unread. accuracy: right answers, with a 95 % bootstrap interval; mIoU, "
    "IoP≥.5: of the first window cited, over the questions with gold windows; acc@GQA: right, and IoP at "
    "least one half; cite P, R, F1: citations half in gold windows, gold windows cited, over the answers "
    "given (of the agent, the citations that it calls verified); rejects: questions without an answer that "
    "were declined, also by choosing the option that declines; wrongly: questions with one that were "
    "declined; ECE (10 bins), AURC: of the answers given, where the strategy tells how sure it is; declined, "
    "unread: questions."
)
COSTS_LEGEND = (
    "gold seen: gold windows of which a frame was shown, in percent; recall@k: gold windows half covered by "
    "the first k found; frames, tokens, looks, calls: means a question (looks are calls that were shown "
    "frames, calls those of any model); of full: visual tokens, in percent of those of all videos shown "
    "whole at one frame a second; growth: frames at the longest videos over frames at the shortest; "
    "prepared: frames shown to describe whole videos, over the run."
)
PAIRED_LEGEND = (
    "Accuracy in points, at the same questions. only it, only the other: questions that one alone has right; "
    "p: McNemar's exact test; not inferior: the lower end of the 95 % interval of the difference is above "
    f"−{100 * MARGIN:g} points."
)
RELIABILITY_LEGEND = (
    "Answers given, by how sure the strategy says it is: how many, their mean confidence, the part that is "
    "right; at the end what was declined, and the part of that to which there is no answer."
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its columns, its lines, and what it means."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    legend: str = ""

    @property
    def markdown(self) -> str:
        """The table as Markdown, its legend below."""
        rule = ["---"] + ["---:"] * (len(self.header) - 1)
        rows = (self.header, rule, *self.lines)
        text = "\n".join("| " + " | ".join(cell) + " |" for cell in rows) + "\n"
        return f"{text}\n{self.legend}\n" if self.legend else text

    @property
    def rich(self) -> Table:
        """The table for a terminal."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, name in enumerate(self.header):
            table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
        for line in self.lines:
            table.add_row(*line)
        return table


def tables(summaries: Sequence[StrategySummary], pairs: Sequence[PairedComparison] = ()) -> list[Grid]:
    """The tables of a run: what was answered, what was found and at what cost, who is better than whom."""
    answers = Grid(ANSWER_COLUMNS, tuple(tuple(answer_cells(one)) for one in summaries), ANSWERS_LEGEND)
    costs = Grid(COST_COLUMNS, tuple(tuple(cost_cells(one)) for one in summaries), COSTS_LEGEND)
    return [answers, costs, *([paired_grid(pairs)] if pairs else [])]


def answer_cells(summary: StrategySummary) -> list[str]:
    """A line of the first table, one text a column; `–` where a strategy has no such number."""
    grounding, refusals, calibration = summary.grounding, summary.abstention, summary.surety
    cite = None if grounding is None else grounding.citations
    return [
        summary.name,
        accuracy_text(summary.accuracy),
        percent(None if grounding is None else grounding.grounded_accuracy),
        percent(None if grounding is None else grounding.mean_iou),
        percent(None if grounding is None else grounding.iop_at_half),
        percent(None if cite is None else cite.precision),
        percent(None if cite is None else cite.recall),
        percent(None if cite is None else cite.f1),
        percent(refusals.rejection_accuracy if refusals.unanswerable else None),
        percent(refusals.false_rejection if refusals.answerable else None),
        percent(None if calibration is None else calibration.calibration_error),
        percent(None if calibration is None else calibration.risk_area),
        str(summary.abstained),
        str(summary.unparsed),
    ]


def cost_cells(summary: StrategySummary) -> list[str]:
    """A line of the second table, one text a column; `–` where a strategy has no such number."""
    search, cost, growth = summary.search, summary.cost, summary.growth
    recall: Mapping[int, float] = {} if search is None else search.recall_at
    return [
        summary.name,
        percent(None if search is None else search.seen),
        percent(recall.get(1)),
        percent(recall.get(5)),
        f"{cost.frames:.1f}",
        f"{cost.visual_tokens:.0f}",
        percent(growth.of_full),
        "–" if growth.ratio is None else f"{growth.ratio:.2f}",
        f"{cost.looks:.1f}",
        f"{cost.model_calls:.1f}",
        f"{cost.seconds_p50:.2f}",
        f"{cost.seconds_p95:.2f}",
        str(summary.prepared_frames) if summary.prepared_frames else "–",
    ]


def paired_grid(pairs: Sequence[PairedComparison]) -> Grid:
    """A line a comparison."""
    header = ("compared", "questions", "only it", "only the other", "difference", "p", "not inferior")
    lines = tuple(
        (
            f"{one.one} − {one.other}", str(one.questions), str(one.only_one), str(one.only_other),
            f"{100 * one.difference:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]", f"{one.p:.2g}",
            "yes" if one.not_inferior else "no",
        )
        for one in pairs
    )  # fmt: skip
    return Grid(header, lines, PAIRED_LEGEND)


def accuracy_text(value: Accuracy) -> str:
    """`62.5 [48–75]`, in percent; `–` for no questions."""
    if not value.total:
        return "–"
    return f"{100 * value.value:.1f} [{100 * value.low:.0f}–{100 * value.high:.0f}]"


def percent(part: float | None) -> str:
    """`62.5`, or `–` for None."""
    return "–" if part is None else f"{100 * part:.1f}"


def markdown(
    summaries: Sequence[StrategySummary], title: str = "", pairs: Sequence[PairedComparison] = ()
) -> str:
    """The report: the tables, accuracy by kind and by length, frames by length, reliability."""
    answers, costs, *compared = (grid.markdown for grid in tables(summaries, pairs))
    parts = [f"# {title}\n"] if title else []
    parts += [answers, f"\n## Search and cost\n\n{costs}"]
    parts += [f"\n## Better or worse\n\n{text}" for text in compared]
    for heading, name in (("By kind of question", "by_kind"), ("By length of video", "by_minutes")):
        groups = sorted({group for summary in summaries for group in getattr(summary, name)}, key=_order)
        if len(groups) > 1:
            parts.append(f"\n## {heading}\n\n{_by(summaries, name, groups).markdown}")
    parts += [f"\n## {heading}\n\n{grid.markdown}" for heading, grid in _more(summaries)]
    return "\n".join(parts)


def _more(summaries: Sequence[StrategySummary]) -> list[tuple[str, Grid]]:
    found = []
    lengths = sorted({name for one in summaries for name in one.growth.frames}, key=_order)
    if len(lengths) > 1:
        found.append(("Frames a question, by length of video", _frames(summaries, lengths)))
    calibrated = [one for one in summaries if one.surety is not None]
    if calibrated:
        found.append(("As sure as right", _reliability(calibrated)))
    return found


def _by(summaries: Sequence[StrategySummary], name: str, groups: Sequence[str]) -> Grid:
    lines = []
    for group in groups:
        values = [getattr(summary, name).get(group) for summary in summaries]
        total = max(value.total for value in values if value is not None)
        accuracies = ("–" if value is None else percent(value.value) for value in values)
        lines.append((group or "–", str(total), *accuracies))
    return Grid(("", "questions", *(summary.name for summary in summaries)), tuple(lines))


def _frames(summaries: Sequence[StrategySummary], lengths: Sequence[str]) -> Grid:
    lines = []
    for one in summaries:
        frames, part = one.growth.frames, one.growth.of_full_by_minutes
        cells = (
            f"{frames[name]:.1f} ({percent(part.get(name))} %)" if name in frames else "–" for name in lengths
        )
        lines.append((one.name, *cells, "–" if one.growth.ratio is None else f"{one.growth.ratio:.2f}"))
    legend = "Means; in brackets visual tokens as a part of those of the whole video at one frame a second."
    return Grid(("strategy", *lengths, "longest / shortest"), tuple(lines), legend)


def _reliability(summaries: Sequence[StrategySummary]) -> Grid:
    calibrations = [one.surety for one in summaries if one.surety is not None]
    lines = []
    for bins in zip(*(one.bins for one in calibrations), strict=True):
        cells = (
            f"{one.answers}: {one.confidence:.2f}, {one.accuracy:.2f}" if one.answers else "–" for one in bins
        )
        lines.append((f"{bins[0].low:.1f}–{bins[0].high:.1f}", *cells))
    declined = (
        f"{one.declined}: {one.declined_right / one.declined:.2f}" if one.declined else "–"
        for one in calibrations
    )
    ends = [("declined", *declined)]
    for name in ("calibration_error", "calibration_error_all"):
        label = "ECE" if name == "calibration_error" else "ECE with declined"
        ends.append((label, *(f"{getattr(one, name):.3f}" for one in calibrations)))
    header = ("confidence", *(one.name for one in summaries))
    return Grid(header, (*lines, *ends), RELIABILITY_LEGEND)


def _order(group: str) -> tuple[float, str]:
    """Lengths by their number, all else by its letters."""
    number = group.removesuffix(" min")
    return (float(number), "") if number != group else (0.0, group)


def record(summaries: Sequence[StrategySummary], pairs: Sequence[PairedComparison] = ()) -> dict[str, Any]:
    """The tables as plain JSON types."""
    return {
        "strategies": [summary.record() for summary in summaries],
        "comparisons": [pair.record() for pair in pairs],
    }

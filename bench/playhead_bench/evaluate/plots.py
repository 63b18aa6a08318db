"""The table of strategies as a bar chart; matplotlib is loaded when one is drawn, and not before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.report import StrategySummary
from playhead_index.errors import ModelUnavailable

BAR, GOLD_BAR, LINE = "#4c78a8", "#d4a017", "#333333"


COLOURS = 10
"""After so many lines the colours come again; the next ones are dashed."""


def draw_bars(summaries: Sequence[StrategySummary], path: Path, title: str = "") -> Path:
    """Writes a PNG: accuracy with its interval a strategy on the left, by length of video on the right.

    Raises:
        ModelUnavailable: matplotlib is not installed.
        ValueError: there is nothing to draw.
    """
    if not summaries:
        raise ValueError("no strategies to draw")
    plots = _pyplot()
    lengths = sorted({name for one in summaries for name in one.by_minutes if name}, key=_minutes)
    figure, axes = plots.subplots(
        1, 2 if len(lengths) > 1 else 1, figsize=(5 + 4 * (len(lengths) > 1), 0.6 + 0.42 * len(summaries)),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    _bars(axes[0][0], summaries)
    if len(lengths) > 1:
        _lines(axes[0][1], summaries, lengths)
    if title:
        figure.suptitle(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plots.close(figure)
    return path


def _pyplot() -> Any:
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plots
    except ImportError as error:
        raise ModelUnavailable(f"matplotlib does not load ({error}); install playhead[notebook]") from error
    return plots


def _bars(axes: Any, summaries: Sequence[StrategySummary]) -> None:
    names = [summary.name for summary in summaries]
    values = [100 * summary.accuracy.value for summary in summaries]
    below = [value - 100 * one.accuracy.low for value, one in zip(values, summaries, strict=True)]
    above = [100 * one.accuracy.high - value for value, one in zip(values, summaries, strict=True)]
    errors = [[max(0.0, e) for e in side] for side in (below, above)]
    colours = [GOLD_BAR if name == "gold" else BAR for name in names]
    axes.barh(names, values, color=colours, xerr=errors, ecolor=LINE, capsize=2)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("accuracy, % (95 % interval)")


def _lines(axes: Any, summaries: Sequence[StrategySummary], lengths: Sequence[str]) -> None:
    for i, summary in enumerate(summaries):
        known = [length for length in lengths if length in summary.by_minutes]
        values = [100 * summary.by_minutes[length].value for length in known]
        style = "-" if i < COLOURS else "--"
        axes.plot([_minutes(length) for length in known], values, style, marker="o", label=summary.name)
    axes.set_xscale("log")
    axes.set_xticks([_minutes(length) for length in lengths], [f"{_minutes(length):g}" for length in lengths])
    axes.minorticks_off()
    axes.set_ylim(0, 100)
    axes.set_xlabel("minutes of video")
    axes.legend(fontsize=7, ncols=2)


def _minutes(length: str) -> float:
    return float(length.removesuffix(" min"))

"""Plots of the results: accuracy against noise and against kept tokens, trainings; loads matplotlib."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from playhead_bench.oracle.experiment import NoisePoint
from playhead_index.errors import ModelUnavailable


def draw_noise(points: Sequence[NoisePoint], path: Path) -> Path:
    """Writes a PNG with a line for each k of recall@k, over the level of noise, and its path.

    Raises:
        ModelUnavailable: matplotlib is not installed.
        ValueError: no points.
    """
    if not points:
        raise ValueError("recall against noise needs at least one level, got none")
    figure = _figure(6, 3.6)
    axes = figure.subplots()
    noises = [point.noise for point in points]
    for k in points[0].recall_at:
        axes.plot(noises, [100 * point.recall_at[k] for point in points], marker="o", label=f"recall@{k}")
    axes.set(xlabel="length of the noise (the signal's is 1)", ylabel="gold windows found, %", ylim=(0, 103))
    axes.legend()
    axes.grid(alpha=0.3)
    return _saved(figure, path)


def draw_compression(sets: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> Path:
    """Writes a PNG with a panel a set of clips, in it a line a method over the keep ratio, and its path.

    Args:
        sets: the points of each, the first of them with nothing left out.
        path: of the image.

    Raises:
        ModelUnavailable: matplotlib is not installed.
        ValueError: no sets.
    """
    if not sets:
        raise ValueError("accuracy against the keep ratio needs at least one set of clips, got none")
    figure = _figure(5.2 * len(sets), 4.4)
    panels = np.atleast_1d(figure.subplots(1, len(sets), sharey=True))
    for axes, (name, (uncompressed, *rest)) in zip(panels, sets.items(), strict=True):
        for method in dict.fromkeys(point["method"] for point in rest):
            mine = [uncompressed, *(point for point in rest if point["method"] == method)]
            shares = [100 * point["accuracy"] for point in mine]
            thick = 2.4 if method.startswith("ours") else 1.2
            axes.plot([p["ratio"] for p in mine], shares, marker="o", linewidth=thick, label=method)
        ratios = sorted({point["ratio"] for point in (uncompressed, *rest)})
        axes.set_xscale("log")
        axes.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios])
        axes.minorticks_off()
        axes.set(xlabel="visual tokens kept / given", title=name, ylim=(0, 103))
        axes.title.set_fontsize("small")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("answered right, %")
    fullest = max(panels, key=lambda axes: len(axes.lines))
    fullest.legend(fontsize="x-small", loc="upper left")
    return _saved(figure, path)


SMOOTHING_LINES = 5
"""Lines of a log that are averaged into a point, for each was taken from one batch."""
NO_SHARES = ("step", "seconds", "loss", "sight", "missed", "untimed")
MAX_CURVES = 10


def draw_training(log: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Writes a PNG of a training's loss and of what it got right over its steps, and its path.

    Where the steps begin again at 0 another run went on; a line marks it.

    Raises:
        ModelUnavailable: matplotlib is not installed.
        ValueError: an empty log.
    """
    if not log:
        raise ValueError("a training needs at least one line of log, got none")
    steps, begins = _steps(log)
    figure = _figure(10, 3.4)
    left, right = figure.subplots(1, 2)
    left.plot(*_smooth(steps, log, "loss"))
    left.set(xlabel="steps", ylabel="loss", yscale="log")
    often = sorted(
        {k for one in log for k in one} - {*NO_SHARES}, key=lambda k: -sum(k in one for one in log)
    )
    for name in often[:MAX_CURVES]:
        right.plot(*_smooth(steps, log, name), label=name.replace("_", " "))
    right.set(xlabel="steps", ylabel="right in a training batch", ylim=(0, 1.02))
    right.legend(fontsize="x-small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        for begin in begins:
            axes.axvline(begin, color="grey", linewidth=0.8, linestyle=":")
    return _saved(figure, path)


def _steps(log: Sequence[Mapping[str, Any]]) -> tuple[list[int], list[int]]:
    """The steps of all runs counted on, and where a run but the first begins."""
    steps, begins = [int(log[0]["step"])], list[int]()
    for before, line in pairwise(log):
        ahead = int(line["step"]) - int(before["step"])
        if ahead < 0:
            begins.append(steps[-1])
        steps.append(steps[-1] + max(0, ahead))
    return steps, begins


def _smooth(steps: Sequence[int], log: Sequence[Mapping[str, Any]], name: str) -> tuple[Any, Any]:
    points = [(step, line[name]) for step, line in zip(steps, log, strict=True) if name in line]
    parts = [points[start : start + SMOOTHING_LINES] for start in range(0, len(points), SMOOTHING_LINES)]
    return tuple(np.array([np.mean(part, axis=0) for part in parts]).T)


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModelUnavailable(
            f'a plot needs matplotlib ({error}); pip install "playhead[notebook]"'
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _saved(figure: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return path

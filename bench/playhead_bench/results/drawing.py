"""Recall against noise as a picture; matplotlib is loaded when one is drawn, and not before."""

from collections.abc import Sequence
from pathlib import Path

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
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModelUnavailable(
            f'a plot needs matplotlib ({error}); pip install "playhead[notebook]"'
        ) from error
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    noises = [point.noise for point in points]
    for k in points[0].recall_at:
        axes.plot(noises, [100 * point.recall_at[k] for point in points], marker="o", label=f"recall@{k}")
    axes.set(xlabel="length of the noise (the signal's is 1)", ylabel="gold windows found, %", ylim=(0, 103))
    axes.legend()
    axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return path

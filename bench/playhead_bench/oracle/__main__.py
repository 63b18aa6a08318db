"""`python -m playhead_bench.oracle`: recall@k of the product's search against the noise of its vectors."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from playhead_bench.oracle.experiment import RANKS, NoisePoint, needles, recall_against_noise
from playhead_bench.world.random_video import random_story


def main(arguments: list[str] | None = None) -> None:
    """Makes videos (as truth alone), searches them at several levels of noise, prints a table."""
    parser = argparse.ArgumentParser("python -m playhead_bench.oracle", description=__doc__)
    parser.add_argument("--videos", type=int, default=6, help="how many made videos")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of each")
    parser.add_argument("--noise", default="0,0.5,1,2,3,4,6,8", help="levels, the signal's length being 1")
    parser.add_argument("--gap", type=float, default=0.7, help="modality gap, from 0 to below 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one object a level")
    options = parser.parse_args(arguments)
    stories = [random_story(options.seed + i, options.minutes, "dev") for i in range(options.videos)]
    noises = [float(part) for part in options.noise.split(",")]
    with TemporaryDirectory() as folder:
        points = recall_against_noise(Path(folder), stories, noises, options.gap, options.seed)
    if options.json:
        for point in points:
            print(json.dumps(asdict(point)))
    else:
        count = len(needles(stories))
        Console().print(f"{count} things seen once in {options.videos} videos of {options.minutes:g} minutes")
        Console().print(_table(points))


def _table(points: list[NoisePoint]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("noise", "cosine", *(f"recall@{k}" for k in RANKS), "nothing found"):
        table.add_column(name, justify="right")
    for point in points:
        recall = [f"{point.recall_at[k]:.3f}" for k in RANKS]
        table.add_row(f"{point.noise:g}", f"{point.cosine:.2f}", *recall, f"{point.empty:.3f}")
    return table


if __name__ == "__main__":
    main()

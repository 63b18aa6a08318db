"""`playhead score`: predictions of any system, scored as each benchmark's own script scores them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

NAMES = (
    "qvhighlights", "charades-sta", "timechat", "activitynet", "na-vmr", "tvr", "nextqa", "nextgqa",
    "cg-bench", "egoschema", "video-mme", "lvbench", "longvideobench", "mlvu", "hourvideo",
)  # fmt: skip
"""What can be scored; hyphens may be left out."""
ALIASES = {"charades": "charades-sta", "negatives": "na-vmr"}
COUNTS = ("total", "missing", "unknown", "unparsed", "unscored", "empty", "positives", "negatives")
"""Names in a score that are numbers of rows, not percentages."""


def score(format_name: str, pred_path: Path | str, truth_path: Path | str) -> dict[str, float]:
    """The metrics of a file of predictions by their official names, in percent, and how many rows were what.

    A question without a prediction is wrong and counted in `missing`; an answer that cannot be read is wrong
    and counted in `unparsed`; predictions for questions that the truth does not have are left out and counted
    in `unknown`; questions whose right option the truth does not tell are left out and counted in `unscored`.

    Args:
        format_name: one of `NAMES`.
        pred_path: of the predictions, in the benchmark's official form, or rows of JSON, JSON Lines or CSV.
        truth_path: of the benchmark's own file.

    Raises:
        PlayheadError: a file or a row cannot be read (the message says the line and the id), or no prediction
            is of this truth.
        ValueError: there is no such format.
    """
    from playhead_bench.evaluate.scorers import SCORERS

    return SCORERS[known_name(format_name)](Path(pred_path), Path(truth_path))


def known_name(name: str) -> str:
    """The name in `NAMES` that is meant, whatever its hyphens and letter case.

    Raises:
        ValueError: there is none.

    >>> known_name("videomme"), known_name("charades")
    ('video-mme', 'charades-sta')
    """
    by_plain = {known.replace("-", ""): known for known in NAMES}
    plain = ALIASES.get(name, name).lower().replace("-", "").replace("_", "")
    if plain not in by_plain:
        raise ValueError(f"no format {name!r}; there are {', '.join(NAMES)}")
    return by_plain[plain]


def command(
    format_name: Annotated[
        str, typer.Argument(help=f"Benchmark: {', '.join(NAMES)}.", metavar="FORMAT", show_default=False)
    ],
    pred: Annotated[Path, typer.Option("--pred", help="File with the predictions.", metavar="FILE")],
    truth: Annotated[Path, typer.Option("--truth", help="Annotation file of the benchmark.", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Score predictions as the official script of a benchmark does.

    Examples:
    playhead score qvhighlights --pred predictions.jsonl --truth highlight_val_release.jsonl
    playhead score nextqa --pred predictions.csv --truth val.csv --json
    """
    try:
        name = known_name(format_name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    found = score(name, pred, truth)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        show(Console(), found)


def show(console: Console, found: Mapping[str, float]) -> None:
    """A score as a table, the percentages first, then the numbers of rows."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("metric", overflow="fold")
    table.add_column("", justify="right")
    for name, value in found.items():
        if not is_count(name):
            table.add_row(name, f"{value:.2f}")
    console.print(table)
    counts = [f"{name} {value:.0f}" for name, value in found.items() if is_count(name)]
    console.print(", ".join(counts), style="dim", highlight=False)


def is_count(name: str) -> bool:
    """Whether a name in a score stands for a number of rows."""
    return name in COUNTS or name.endswith("-missing")

"""`playhead eval real FOLDER`: the options of that task, checked, and its tables in a terminal."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from playhead_bench.evaluate.real_questions.scoring import SetScores

OPTIONS = frozenset(
    {"task", "folder", "out", "words_model", "llm", "base_url", "half", "seed", "device", "replay", "as_json"}
)
"""Parameters of `playhead eval` that the task `real` reads; any other one is refused."""
ONLY_REAL = frozenset({"folder", "words_model", "llm", "base_url", "half"})
"""Parameters that no other task reads."""
WIDTH = 120
"""Characters of a line where the tables go into a file or a pipe."""


def refuse_other_options(context: typer.Context, task: str, unused: Collection[str]) -> None:
    """Nothing comes out where no option was given that a task does not read.

    Raises:
        BadParameter: one was; the message names it.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in unused and source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(
                f"{parameter.opts[0]} has no meaning for `playhead eval {task}`; leave it out"
            )


def run_real(
    folder: Path | None,
    out: Path,
    words_model: str,
    llm: str | None,
    base_url: str | None,
    half: str,
    seed: int,
    device: str,
    replay: bool,
    as_json: bool,
) -> None:
    """Runs the evaluation and prints its tables, or its JSON.

    Raises:
        BadParameter: the folder is missing, or `half` is no half.
        PlayheadError: as `session.evaluate_real`.
    """
    from playhead_bench.evaluate.real_questions.answers import ChatModel
    from playhead_bench.evaluate.real_questions.data import HALVES, read_sets
    from playhead_bench.evaluate.real_questions.session import RealSettings, evaluate_real

    if folder is None:
        raise typer.BadParameter("`playhead eval real` needs FOLDER, a folder of videos and questions.json")
    if half not in HALVES:
        raise typer.BadParameter(f"--half is {', '.join(HALVES)}, got {half!r}")
    err = Console(stderr=True)
    settings = RealSettings(out, words_model, device, ChatModel(llm, base_url), half, seed, replay)
    try:
        report = evaluate_real(
            read_sets(folder), settings, say=lambda text: err.print(Text(text, style="dim"), highlight=False)
        )
    except KeyboardInterrupt:
        err.print(f"stopped; {out} keeps what was answered: run the same command to go on", markup=False)
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(report.record, ensure_ascii=False))
        return
    show(report.sets)
    err.print(
        f"{out / 'report.md'} explains the columns; {out / 'run.jsonl'} has every question", markup=False
    )


def show(sets: "Sequence[SetScores]") -> None:
    """Prints the tables as wide as the terminal, or `WIDTH` characters where there is none."""
    from playhead_bench.evaluate.real_questions.tables import answers_grid, set_grids

    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    for scores in sets:
        for heading, grid in set_grids(scores).items():
            console.print(Text(heading, style="bold"), grid.rich, "", sep="\n")
    console.print(Text("Answers of ask", style="bold"), answers_grid(sets).rich, sep="\n")

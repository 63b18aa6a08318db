"""`playhead eval real FOLDER`: the options of that task, checked, and its tables in a terminal."""

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from playhead_bench.evaluate.real_questions.run_evaluation import RealReport

OPTIONS = frozenset(
    {
        "task", "folder", "out", "words_model", "llm", "base_url", "half", "seed", "device", "replay",
        "as_json", "every", "limit", "strategies", "reply_cache", "max_minutes", "absent", "context_tokens",
    }
)  # fmt: skip
"""Parameters of `playhead eval` that the task `real` reads; any other one is refused."""
ONLY_REAL = frozenset(
    {
        "folder", "words_model", "llm", "base_url", "half", "every", "reply_cache", "max_minutes", "absent",
        "context_tokens",
    }
)  # fmt: skip
"""Parameters that no other task reads."""
INCOMPLETE = 3
"""Exit status of a run whose minutes ran out: the same command goes on with it."""
WIDTH = 150
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
    *,
    every: int = 1,
    limit: int | None = None,
    systems: str = "",
    reply_cache: Path | None = None,
    max_minutes: float | None = None,
    absent: Path | None = None,
    context_tokens: int = 16_384,
) -> None:
    """Runs the evaluation and prints its tables, or its JSON; exits with `INCOMPLETE` where minutes ran out.

    Raises:
        BadParameter: the folder is missing, `half` is no half, a system is unknown, or the chat model has no
            address.
        PlayheadError: as `session.evaluate_real`.
    """
    from playhead_bench.evaluate.real_questions.absent_questions import read_pairs
    from playhead_bench.evaluate.real_questions.chat_systems import DEFAULT_SYSTEMS, SYSTEMS, ChatServer
    from playhead_bench.evaluate.real_questions.data import HALVES, read_sets
    from playhead_bench.evaluate.real_questions.run_evaluation import RealSettings, evaluate_real

    if folder is None:
        raise typer.BadParameter("`playhead eval real` needs FOLDER, a folder of videos and questions.json")
    if half not in HALVES:
        raise typer.BadParameter(f"--half is {', '.join(HALVES)}, got {half!r}")
    if llm is not None and base_url is None and not replay:
        raise typer.BadParameter(
            "--llm needs --base-url, the OpenAI-compatible server whose replies are cached"
        )
    names = tuple(name.strip() for name in systems.split(",") if name.strip()) or DEFAULT_SYSTEMS
    if unknown := [name for name in names if name not in SYSTEMS]:
        raise typer.BadParameter(f"--strategies are {', '.join(SYSTEMS)}, got {', '.join(unknown)}")
    err = Console(stderr=True)
    settings = RealSettings(
        out,
        words_model,
        device,
        ChatServer(llm, base_url, reply_cache, context_tokens),
        half,
        seed,
        replay,
        every,
        limit,
        names,
        () if absent is None else tuple(read_pairs(absent)),
        max_minutes,
    )
    try:
        report = evaluate_real(
            read_sets(folder), settings, say=lambda text: err.print(Text(text, style="dim"), highlight=False)
        )
    except KeyboardInterrupt:
        err.print(f"stopped; {out} keeps what was answered: run the same command to go on", markup=False)
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(report.record, ensure_ascii=False))
    else:
        show(report)
        err.print(
            f"{out / 'report.md'} explains the columns; {out / 'run.jsonl'} has every question", markup=False
        )
    if not report.is_complete:
        err.print(f"stopped after {max_minutes:g} minutes; run the same command to go on", markup=False)
        raise typer.Exit(INCOMPLETE)


CHAT_OPTIONS = {
    "summaries": frozenset({"folder", "annotations", "words_model", "strategies", "device"}),
    "hostile": frozenset({"strategies"}),
    "judge": frozenset({"annotations", "strategies"}),
}
"""Parameters that a task with a chat model reads beside `COMMON`."""
COMMON = frozenset({"task", "out", "llm", "base_url", "reply_cache", "max_minutes", "context_tokens"})


def run_chat_task(
    context: typer.Context,
    task: str,
    folder: Path | None,
    out: Path,
    annotations: Path | None,
    words_model: str,
    llm: str | None,
    base_url: str | None,
    systems: str,
    reply_cache: Path | None,
    max_minutes: float | None,
    context_tokens: int,
    device: str,
) -> None:
    """Runs summaries of meetings, orders inside transcripts, or a judge of answers, and prints the table.

    Raises:
        BadParameter: an option is missing, has no meaning here, or names no system.
        PlayheadError: as `evaluate_summaries`, `evaluate_hostile` and `evaluate_judged`.
    """
    from playhead_bench.evaluate.real_questions.chat_systems import ChatServer

    known = CHAT_OPTIONS[task] | COMMON
    refuse_other_options(context, task, frozenset(p.name or "" for p in context.command.params) - known)
    if llm is not None and base_url is None:
        raise typer.BadParameter(
            "--llm needs --base-url, the OpenAI-compatible server whose replies are cached"
        )
    err = Console(stderr=True)
    server = ChatServer(llm, base_url, reply_cache, context_tokens)
    names = [name.strip() for name in systems.split(",") if name.strip()]
    deadline_s = None if max_minutes is None else time.monotonic() + 60 * max_minutes

    def say(text: str) -> None:
        err.print(Text(text, style="dim"), highlight=False)

    try:
        if task == "judge":
            from playhead_bench.evaluate.judged_answers.judge import ASPECTS, read_predictions
            from playhead_bench.evaluate.judged_answers.run import evaluate_judged

            if llm is None or annotations is None:
                raise typer.BadParameter(
                    "`playhead eval judge` needs --annotations predictions.json, --llm and --base-url"
                )
            grid, is_complete = evaluate_judged(
                out, server, read_predictions(annotations), aspects=_checked_names(names, tuple(ASPECTS)),
                say=say, has_time=lambda: deadline_s is None or time.monotonic() < deadline_s,
            )  # fmt: skip
        elif task == "hostile":
            from playhead_bench.evaluate.hostile_transcripts.run import HOSTILE_SYSTEMS, evaluate_hostile

            if llm is None:
                raise typer.BadParameter("`playhead eval hostile` needs --llm and --base-url")
            grid, is_complete = evaluate_hostile(
                out, server, systems=_checked_names(names, HOSTILE_SYSTEMS), say=say,
                has_time=lambda: deadline_s is None or time.monotonic() < deadline_s,
            )  # fmt: skip
        else:
            from playhead_bench.evaluate.meeting_summaries.data import read_queries
            from playhead_bench.evaluate.meeting_summaries.run import (
                SYSTEMS,
                SummarySettings,
                evaluate_summaries,
            )

            if folder is None or annotations is None:
                raise typer.BadParameter("`playhead eval summaries` needs FOLDER and --annotations val.jsonl")
            chosen = _checked_names(names, tuple(SYSTEMS))
            settings = SummarySettings(out, server, words_model, device, chosen, max_minutes)
            grid, is_complete = evaluate_summaries(read_queries(annotations, folder), settings, say=say)
    except KeyboardInterrupt:
        err.print(f"stopped; {out} keeps what was answered: run the same command to go on", markup=False)
        raise typer.Exit(130) from None
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    console.print(grid.rich)
    if not is_complete:
        err.print("not complete; run the same command to go on", markup=False)
        raise typer.Exit(INCOMPLETE)


def _checked_names(names: list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"--strategies are {', '.join(known)}, got {', '.join(unknown)}")
    return tuple(names) or known


def show(report: "RealReport") -> None:
    """Prints the tables as wide as the terminal, or `WIDTH` characters where there is none."""
    from playhead_bench.evaluate.real_questions.chat_tables import chat_grids
    from playhead_bench.evaluate.real_questions.tables import answers_grid, set_grids

    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    for scores in report.sets:
        for heading, grid in set_grids(scores).items():
            console.print(Text(heading, style="bold"), grid.rich, "", sep="\n")
    for heading, grid in chat_grids(report.chat, report.absent).items():
        console.print(Text(heading, style="bold"), grid.rich, "", sep="\n")
    console.print(
        Text("Answers of ask without a chat model", style="bold"), answers_grid(report.sets).rich, sep="\n"
    )

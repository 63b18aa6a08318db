"""`playhead eval`: strategies compared at a fixed answerer, on made videos or on a benchmark's own.

playhead eval world --split dev --minutes 1,10 --strategies blind,uniform,retrieve-once,gold
playhead eval egoschema --annotations questions.json --videos clips/
playhead eval real FOLDER --out run
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

import typer
from rich.console import Console

from playhead.models import ModelNames
from playhead.options import CompressOption, KeepTokens
from playhead.token_compression import resolve_compression
from playhead_bench.evaluate.real_questions.command import (
    ONLY_REAL,
    OPTIONS,
    refuse_other_options,
    run_chat_task,
    run_real,
)
from playhead_bench.nano.profile import WEIGHTS

if TYPE_CHECKING:
    from playhead_bench.evaluate.answerer import ClipAnswerer
    from playhead_bench.evaluate.tasks import Task
    from playhead_bench.world.random_scene import Part, SplitMode

DEFAULT_BUDGET = 16
WORLD = "world"
REAL = "real"
SUMMARIES, HOSTILE = "summaries", "hostile"
WIDE = 150
"""Characters of a line of the table where it goes into a file or a pipe."""
MODES = ("iid", "compositional")
T = TypeVar("T")


def command(
    context: typer.Context,
    task: Annotated[
        str,
        typer.Argument(
            help="world (synthetic videos), real (your videos and questions), summaries (of meetings), "
            "hostile (orders inside transcripts) or the name of a benchmark."
        ),
    ] = WORLD,
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Task real: a folder of videos, their subtitles and questions.json, or of such folders.",
            metavar="[FOLDER]",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(help="Task world: part of the synthetic benchmark: dev or test.")
    ] = "dev",
    mode: Annotated[
        str, typer.Option(help="Task world: how dev and test differ: iid or compositional.")
    ] = "iid",
    minutes: Annotated[
        str, typer.Option(help="Task world: lengths of the videos in minutes, such as 1,10,60.")
    ] = "1",
    each: Annotated[int, typer.Option(help="Task world: number of videos of each length.", min=1)] = 1,
    per_kind: Annotated[
        int, typer.Option(help="Task world: maximum number of questions of each kind per video.", min=1)
    ] = 2,
    annotations: Annotated[Path | None, typer.Option(help="Benchmarks: annotation file.")] = None,
    videos: Annotated[Path | None, typer.Option(help="Folder of the videos.", metavar="DIR")] = None,
    strategies: Annotated[
        str, typer.Option(help="Names of strategies, separated by commas; default: a standard set.")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of questions, sampled evenly over kinds; task real: of each set.", min=1
        ),
    ] = None,
    open_ended: Annotated[bool, typer.Option("--open", help="Ask open-ended, without the choices.")] = False,
    max_frames: Annotated[
        int, typer.Option(help="Maximum number of frames per question.", min=2)
    ] = DEFAULT_BUDGET,
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an unfinished run is resumed.", metavar="DIR")
    ] = Path("playhead-eval"),
    model: Annotated[
        str, typer.Option(help="Video-LLM that answers: a checkpoint folder; default: the bundled nano-vlm.")
    ] = "",
    picture_model: Annotated[str, typer.Option(help="Image-text encoder; default: the bundled one.")] = "",
    appearance_model: Annotated[str, typer.Option(help="Image encoder; default: the bundled one.")] = "",
    words_model: Annotated[
        str,
        typer.Option(help="Task real: text-embedding model: a Hugging Face name, a folder, offline: or off."),
    ] = "offline:",
    llm: Annotated[
        str | None,
        typer.Option(
            help="Task real: also answer with this chat model, such as openai:qwen3; --base-url names it."
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Task real: OpenAI-compatible server of the chat model.", metavar="URL")
    ] = None,
    half: Annotated[
        str,
        typer.Option(
            help="Task real: all, or every other video by name: odd (for tuning) or even (for reporting)."
        ),
    ] = "all",
    every: Annotated[
        int, typer.Option(help="Task real: only every n-th question of each set, in file order.", min=1)
    ] = 1,
    absent: Annotated[
        Path | None,
        typer.Option(
            help="Task real: file of questions with videos that do not answer them.", metavar="FILE"
        ),
    ] = None,
    reply_cache: Annotated[
        Path | None,
        typer.Option(
            help="Task real: SQLite file of the chat model's replies; default: replies.sqlite in the run.",
            metavar="FILE",
        ),
    ] = None,
    max_minutes: Annotated[
        float | None,
        typer.Option(help="Task real: ask the chat model nothing new after so many minutes.", min=0),
    ] = None,
    context_tokens: Annotated[
        int, typer.Option(help="Task real: context length of the chat model, in tokens.", min=1024)
    ] = 16_384,
    keep_tokens: KeepTokens = None,
    compress: CompressOption = "auto",
    seed: Annotated[int, typer.Option(help="Seed of videos, questions and sampling.")] = 0,
    device: Annotated[str, typer.Option(help="Device that models run on: auto, cpu, cuda or mps.")] = "auto",
    replay: Annotated[bool, typer.Option("--replay", help="Score cached responses; call no model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")] = False,
) -> None:
    """Compare strategies on a benchmark, with the same video-LLM.

    Task `real` scores search and ask on questions that people asked, beside BM25 and sentence embeddings.

    Examples:
    playhead eval world --split dev --minutes 1,10 --strategies blind,uniform,retrieve-once,gold
    playhead eval egoschema --annotations questions.json --videos clips
    playhead eval real real_questions --out run
    playhead eval real questions --every 3 --limit 20 --llm openai:chat --base-url http://localhost:8080/v1
    playhead eval summaries meetings --annotations val.jsonl --llm openai:chat --base-url URL --out run
    playhead eval hostile --llm openai:chat --base-url URL --out run
    """
    if task in (SUMMARIES, HOSTILE):
        run_chat_task(
            context, task, folder, out, annotations, words_model, llm, base_url, strategies, reply_cache,
            max_minutes, context_tokens, device,
        )  # fmt: skip
        return
    if task == REAL:
        refuse_other_options(context, task, frozenset(p.name or "" for p in context.command.params) - OPTIONS)
        run_real(
            folder, out, words_model, llm, base_url, half, seed, device, replay, as_json, every=every,
            limit=limit, systems=strategies, reply_cache=reply_cache, max_minutes=max_minutes, absent=absent,
            context_tokens=context_tokens,
        )  # fmt: skip
        return
    refuse_other_options(context, task, ONLY_REAL)
    from playhead_bench.evaluate.run_evaluation import Settings, evaluate
    from playhead_bench.evaluate.strategies.registry import strategies_named
    from playhead_bench.evaluate.tables import tables

    err = Console(stderr=True)
    chosen = _checked(lambda: strategies_named([name for name in strategies.split(",") if name]))
    compression = _checked(lambda: resolve_compression(compress, keep_tokens))
    evaluated_task = _checked(
        lambda: _task(
            task, split, mode, _numbers(minutes), each, per_kind, seed, annotations, videos or out / "videos"
        )
    )
    for note in evaluated_task.notes:
        err.print(note, style="yellow", markup=False)
    evaluated_task = (evaluated_task.opened() if open_ended else evaluated_task).limited(limit, seed)
    settings = Settings(
        out,
        _answerer(model, device, out, replay),
        ModelNames(
            picture_model or _bundled("nano-clip", prefix="local-dir:"),
            appearance_model or _bundled("nano-dino"),
            speech="off",
            device=device,
        ),
        max_frames,
        seed,
        replay,
        compression=compression,
    )
    try:
        result = evaluate(
            evaluated_task, chosen, settings, say=lambda text: err.print(text, style="dim", markup=False)
        )
    except KeyboardInterrupt:
        err.print(f"stopped; {out} keeps what was answered: run the same command to go on")
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(result.record, ensure_ascii=False))
    else:
        screen = Console()
        wide = Console(width=None if screen.is_terminal else WIDE)
        for grid in tables(result.summaries, result.pairs):
            wide.print(grid.rich, "")
        err.print(f"{result.folder / 'report.md'} has the kinds; {result.folder / 'run.jsonl'} every answer")


def _task(
    name: str,
    split: str,
    mode: str,
    minutes: list[float],
    num_videos: int,
    per_kind: int,
    seed: int,
    annotations: Path | None,
    videos: Path,
) -> "Task":
    """The task of the options.

    Raises:
        ValueError: an option is missing or has a value that there is not.
    """
    from playhead_bench.evaluate.tasks import format_task, world_task

    if name != WORLD:
        if annotations is None:
            raise ValueError(f"{name} needs --annotations, the benchmark's own file, and --videos")
        return format_task(name, annotations, videos)
    for option, value, known in (("--split", split, ("dev", "test")), ("--mode", mode, MODES)):
        if value not in known:
            raise ValueError(f"{option} is {' or '.join(known)}, got {value!r}")
    return world_task(
        videos, minutes, part=cast("Part", split), mode=cast("SplitMode", mode), each=num_videos,
        per_kind=per_kind, seed=seed,
    )  # fmt: skip


def _answerer(model: str, device: str, out: Path, replay: bool) -> "ClipAnswerer":
    """The answerer; for a replay the one of its manifest, so that no model need be installed.

    Raises:
        ModelUnavailable: there is no such model.
        ReplyMissing: there is no run to replay.
    """
    from playhead_bench.evaluate.answerer_cache import RecordedAnswerer
    from playhead_bench.evaluate.errors import ReplyMissing
    from playhead_bench.evaluate.manifest import read_manifest
    from playhead_bench.evaluate.transformers_answerer import TransformersAnswerer

    if not replay:
        return TransformersAnswerer(model or WEIGHTS / "nano-vlm", device=device)
    manifest = read_manifest(out)
    if manifest is None:
        raise ReplyMissing(f"{out} holds no run to replay; run without --replay first")
    return RecordedAnswerer(manifest.models["answerer"])


def _numbers(text: str) -> list[float]:
    """Numbers with commas between.

    Raises:
        ValueError: one is none.
    """
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise ValueError(
            f"--minutes takes numbers with commas between, such as 1,10,60, got {text!r}"
        ) from error


def _bundled(name: str, prefix: str = "") -> str:
    """A bundled model where it is there, else whatever the product takes by itself."""
    folder = WEIGHTS / name
    return f"{prefix}{folder}" if folder.is_dir() else "auto"


def _checked(make: Callable[[], T]) -> T:
    """What `make` makes; its ValueError is wrong usage of the command."""
    try:
        return make()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

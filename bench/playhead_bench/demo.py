"""`playhead demo`: the main job on a fresh machine, by the very commands that a person types."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from playhead.cli import app
from playhead_index.errors import ModelUnavailable

if TYPE_CHECKING:
    from playhead_bench.world.render import Truth
    from playhead_bench.world.story import Story

SEED = 0
OWN_QUESTIONS = ("what is said in the first minute?", "what is written in the first minute?")
HOUR, QUICK = ("hour.mp4", 60.0), ("ten-minutes.mp4", 10.0)
NUM_CLIP_QUESTIONS, NUM_CLIP_QUESTIONS_QUICK = 5, 3


def command(
    library: Annotated[
        Path, typer.Option("--library", "-l", help="Folder of the library.", metavar="DIR")
    ] = Path("demo-library"),
    video: Annotated[
        Path | None, typer.Option(help="Use this video; default: one is synthesised.", metavar="FILE")
    ] = None,
    question: Annotated[
        list[str] | None,
        typer.Option(help="Ask this instead of the sample questions; repeatable.", metavar="TEXT"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Synthesise ten minutes of video instead of an hour.")
    ] = False,
) -> None:
    """Index, search and ask a sample video, or one of yours.

    Examples:
    playhead demo --quick
    playhead demo --video talks/lecture.mp4 --question "when is the false alarm mentioned?"
    """
    console = Console()
    if video is None:
        _run_synthetic_tour(console, library, question, quick)
        return
    _run(console, "index", str(video), "--library", str(library))
    for text in question or OWN_QUESTIONS:
        _run(console, "ask", text, "--library", str(library), "--video", str(video))


def _run_synthetic_tour(console: Console, library: Path, questions: list[str] | None, quick: bool) -> None:
    """Runs the tour on a synthetic video and prints the true answer under each question."""
    from playhead_bench.demo_questions import Stop, tour

    name, minutes = QUICK if quick else HOUR
    path = library.with_name(f"{library.name}-videos") / name
    truth = synthetic_video(path, minutes, console)
    _run(console, "index", str(path), "--library", str(library), *_models(console))
    stops = [Stop("ask", text, "") for text in questions or ()] or tour(truth.story, SEED)
    for stop in stops:
        more = ("--limit", "5") if stop.command == "search" else _video_model_options()
        _run(console, stop.command, stop.text, "--library", str(library), "--video", name, *more)
        if stop.truth:
            _say(console, f"truth: {stop.truth}")
    if not questions:
        _ask_about_clips(
            console, library, path, truth.story, NUM_CLIP_QUESTIONS_QUICK if quick else NUM_CLIP_QUESTIONS
        )


def _video_model_options() -> tuple[str, ...]:
    """The `ask` options that name nano-vlm as the video-LLM; none where it is not installed."""
    from playhead_bench.nano.profile import folder_of

    try:
        folder_of("video")
    except ModelUnavailable:
        return ()
    return ("--video-model", "nano:")


def synthetic_video(path: Path, minutes: float, console: Console) -> "Truth":
    """The demo's random video as a file with its truth, rendered unless it is there."""
    from playhead_bench.world.random_video import random_story
    from playhead_bench.world.render import load_truth, render, truth_path

    if path.exists() and truth_path(path).exists():
        return load_truth(path)
    _say(console, f"making {path}: {minutes:g} minutes of made world, of which everything is known …")
    return render(random_story(SEED, minutes, "test"), path)


def make_videos(folder: Path | str) -> list[Path]:
    """Renders two short videos into a folder, unless they are there: a lecture and an interview."""
    from playhead_bench.world.lecture import lecture
    from playhead_bench.world.render import render, truth_path
    from playhead_bench.world.street_and_interview import interview

    paths = []
    for name, story in (("lecture.mp4", lecture()), ("interview.mp4", interview())):
        path = Path(folder) / name
        if not truth_path(path).exists():
            render(story, path)
        paths.append(path)
    return paths


def _models(console: Console) -> tuple[str, ...]:
    """The options that name the nano models that are here; a line about each that is not."""
    from playhead_bench.nano.profile import PROFILE

    chosen: list[str] = []
    for role in PROFILE.roles:
        try:
            PROFILE.name_of(role)
        except ModelUnavailable as error:
            _say(console, f"without a nano model for {role}: {error}", "yellow")
        else:
            chosen += [f"--{role}-model", "nano:"]
    return ("--profile", "nano") if len(chosen) == 2 * len(PROFILE.roles) else tuple(chosen)


def _ask_about_clips(console: Console, library: Path, path: Path, story: "Story", max_questions: int) -> None:
    """Asks visual questions about a synthetic video, answered by VLM calls on clips."""
    from playhead_bench.demo_visual_questions import load_clip_question_runner

    console.print("\n[bold]Visual questions: search finds clips, nano-vlm answers, code computes[/]")
    try:
        runner = load_clip_question_runner(library, path)
    except ModelUnavailable as error:
        _say(console, f"nothing is watched: {error}", "yellow")
        return
    runner.show(console, story, max_questions, SEED)


def _say(console: Console, text: str, style: str = "dim") -> None:
    console.print(text, style=style, markup=False, highlight=False)


def _run(console: Console, *arguments: str) -> None:
    console.print(f"\n[bold]$ playhead {shlex.join(arguments)}[/]", highlight=False)
    app(list(arguments), standalone_mode=False)

"""`playhead demo`: the main job on a fresh machine, by the very commands that a person types."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from playhead.cli import app

MADE_QUESTIONS = (
    "what is on the slide when she mentions Bayes?",
    "when does she first talk about the prior?",
    "what does she say after the smoke detector?",
    "how many times is the base rate mentioned?",
    "which exit does the sign show?",
    "how rare is the disease in the clinic?",
    "what is said about penguins?",
)
OWN_QUESTIONS = ("what is said in the first minute?", "what is written in the first minute?")


def command(
    library: Annotated[
        Path, typer.Option("--library", "-l", help="The library's folder.", metavar="DIR")
    ] = Path("demo-library"),
    video: Annotated[Path | None, typer.Option(help="Your own video; one is made without it.")] = None,
    question: Annotated[list[str] | None, typer.Option(help="Ask this instead; may be repeated.")] = None,
) -> None:
    """Make or take a video, index it, search it, ask it."""
    console = Console()
    if video is None:
        videos = library.with_name(f"{library.name}-videos")
        console.print(f"making videos in {videos} …", style="dim")
        make_videos(videos)
        _run(console, "index", str(videos), "--library", str(library))
        _run(console, "search", "bayes rule", "--library", str(library), "--limit", "5")
        questions = question or list(MADE_QUESTIONS)
        scope: list[str] = []
    else:
        _run(console, "index", str(video), "--library", str(library))
        questions = question or list(OWN_QUESTIONS)
        scope = ["--video", str(video)]
    for text in questions:
        _run(console, "ask", text, "--library", str(library), *scope)


def make_videos(folder: Path | str) -> list[Path]:
    """Renders the demo's two videos into a folder, unless they are there: a lecture and an interview."""
    from playhead_bench.world.render import render, truth_path
    from playhead_bench.world.stories import interview, lecture

    made = []
    for name, story in (("lecture.mp4", lecture()), ("interview.mp4", interview())):
        path = Path(folder) / name
        if not truth_path(path).exists():
            render(story, path)
        made.append(path)
    return made


def _run(console: Console, *arguments: str) -> None:
    console.print(f"\n[bold]$ playhead {shlex.join(arguments)}[/]", highlight=False)
    app(list(arguments), standalone_mode=False)

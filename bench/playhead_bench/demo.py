"""`playhead demo`: the main job on a fresh machine, by the very commands that a person types."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from playhead.cli import app
from playhead_index.window import format_time

MADE_QUESTIONS = (
    "what is on the slide when she mentions Bayes?",
    "when does she first talk about the prior?",
    "what does she say after the break?",
    "what does the sign say?",
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
        _make(console, videos)
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


def _make(console: Console, folder: Path) -> None:
    """Renders the demo's videos, unless an earlier demo did."""
    from playhead_bench.world.render import render, truth_path
    from playhead_bench.world.stories import interview, lecture

    for name, story in (("lecture.mp4", lecture()), ("interview.mp4", interview())):
        path = folder / name
        if not truth_path(path).exists():
            console.print(f"making {path} ({format_time(story.duration_s)}) …", style="dim")
            render(story, path)


def _run(console: Console, *arguments: str) -> None:
    console.print(f"\n[bold]$ playhead {shlex.join(arguments)}[/]", highlight=False)
    app(list(arguments), standalone_mode=False)

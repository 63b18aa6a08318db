"""`playhead ask` and `playhead compare`: questions to a library."""

import sys
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from playhead import records
from playhead.answer_view import plain, show_answer
from playhead.arguments import checked, err, window_between
from playhead.comparison_view import outcome, show_comparison
from playhead.inputs import checked_options, checked_text, checked_thread_id
from playhead.library import Library
from playhead.models import ModelNames
from playhead.options import (
    DEFAULT_LIBRARY,
    BaseUrlOption,
    DeviceOption,
    FromOption,
    JsonOption,
    KeepTokens,
    LibraryOption,
    LlmOption,
    RerankModel,
    ToOption,
    VideoModel,
    VideoOption,
)
from playhead.output import SafeConsole, write_line
from playhead.strategies import AGENT, STRATEGIES, Comparison, check_strategy, compare
from playhead.video_facts import kept_part
from playhead_agent.clarify import Clarify
from playhead_agent.limits import Limits
from playhead_agent.progress import Progress
from playhead_index.clean_text import one_line

QuestionArgument = Annotated[str, typer.Argument(help="The question, in English.")]


def ask(
    question: QuestionArgument,
    library: LibraryOption = DEFAULT_LIBRARY,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    thread: Annotated[
        str | None,
        typer.Option(help="Continue the conversation with this id, or start one under it.", metavar="ID"),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="One choice of a multiple-choice question; repeatable.", metavar="TEXT"),
    ] = None,
    max_clips: Annotated[
        int | None, typer.Option(help="Maximum number of clips that the video-LLM is given.", min=1)
    ] = None,
    max_frames: Annotated[
        int | None, typer.Option(help="Maximum number of frames in all of these clips together.", min=1)
    ] = None,
    max_evidence: Annotated[
        int | None,
        typer.Option(
            help=f"Maximum number of search results that are read; default: {Limits().evidence}.", min=1
        ),
    ] = None,
    strategy: Annotated[str, typer.Option(help=f"How to answer: {', '.join(STRATEGIES)}.")] = AGENT,
    video_model: VideoModel = "auto",
    keep_tokens: KeepTokens = None,
    rerank_model: RerankModel = "auto",
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Answer a question with the time windows that show it.

    Where nothing shows it, says so, and what was searched.

    Examples:
    playhead ask "when is the false alarm mentioned?"
    playhead ask "what is on screen when Bayes is mentioned?" --video lecture.mp4
    playhead ask "what is said about penguins?" --from 0:30 --to 2:00 --json
    playhead ask "how many times is Bayes mentioned?" --thread bayes
    playhead ask "and before that?" --thread bayes
    playhead ask "summarise the interview" --llm openai:qwen3 --base-url http://localhost:8000/v1
    """
    checked(partial(checked_text, question))
    checked(partial(checked_options, option or ()))
    checked(partial(checked_thread_id, thread))
    checked(lambda: check_strategy(strategy))
    checked(lambda: kept_part(keep_tokens))
    names = ModelNames(device=device, video=video_model, keep_tokens=keep_tokens, rerank=rerank_model)
    opened = Library(library, names)
    window = window_between(opened, from_s, to_s)
    is_watched = err.is_terminal and not as_json
    answer = opened.ask(
        question, videos=video, window=window, llm=llm, base_url=base_url, thread_id=thread,
        options=option or (), limits=_limits(max_clips, max_frames, max_evidence), strategy=strategy,
        on_progress=_show_progress if is_watched else _ignore_progress,
        on_question=_clarify if sys.stdin.isatty() and is_watched else None,
    )  # fmt: skip
    if as_json:
        write_line(records.line(records.of_answer(answer)))
    else:
        show_answer(SafeConsole(), answer, opened.names())


def compare_strategies(
    question: QuestionArgument,
    library: LibraryOption = DEFAULT_LIBRARY,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help=f"Run only this strategy: {', '.join(STRATEGIES)}; repeatable."),
    ] = None,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    video_model: VideoModel = "auto",
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Answer one question with several strategies, side by side.

    The agent and baselines to compare it with; shows answers, confidence and costs.
    A strategy that cannot run, such as one that needs a video-LLM where there is none, has a row that says
    why. Exit code 0 if any strategy ran.

    Examples:
    playhead compare "when is the false alarm mentioned?"
    playhead compare "when is Bayes mentioned?" --strategy agent --strategy retrieve-once
    playhead compare "what does she hold up?" --video-model http://localhost:8000/v1
    """
    checked(partial(checked_text, question))
    for name in strategy or ():
        checked(partial(check_strategy, name))
    opened = Library(library, ModelNames(device=device, video=video_model))
    how = {"videos": video, "window": window_between(opened, from_s, to_s), "llm": llm, "base_url": base_url}
    rows: list[Comparison] = []
    for row in compare(opened, question, strategy or (), **how):
        rows.append(row)
        if as_json:
            write_line(records.line(records.of_comparison(row)))
        elif err.is_terminal:
            err.print(plain(f"{row.strategy}: {outcome(row).partition(':')[0]}", "dim"))
    if not as_json:
        show_comparison(SafeConsole(), rows, opened.names())
    if all(row.answer is None for row in rows):
        raise typer.Exit(1)


def _clarify(which: Clarify) -> str:
    """The user's reply to a clarification question; empty for an empty line."""
    err.print(plain(which.message))
    for number, (_, name) in enumerate(which.choices, 1):
        err.print(plain(f"  {number}  {one_line(name)}"))
    return str(typer.prompt("Which", default="", show_default=False, err=True))


def _limits(max_clips: int | None, max_frames: int | None, max_evidence: int | None) -> Limits:
    """The agent's limits, with those that were given in their places."""
    given = {"looks": max_clips, "frames": max_frames, "evidence": max_evidence}
    return replace(Limits(), **{name: value for name, value in given.items() if value is not None})


def _show_progress(progress: Progress) -> None:
    if progress.message:
        err.print(plain(f"{progress.seconds:6.1f} s  {progress.message}", "dim"))


def _ignore_progress(progress: Progress) -> None:
    """Prints nothing, in a pipe."""

"""`playhead ask`, `playhead compare` and `playhead threads`: questions to a library, and conversations."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from playhead import json_records
from playhead.answer_view import plain, show_answer
from playhead.arguments import checked, err, open_library, window_between
from playhead.compare_strategies import Comparison, compare
from playhead.comparison_view import outcome, show_comparison
from playhead.conversation_view import show_thread, show_threads
from playhead.input_checks import checked_options, checked_text, checked_thread_id, image_paths
from playhead.library import Library
from playhead.models import ModelNames
from playhead.options import (
    DEFAULT_LIBRARY,
    AttentionOption,
    BaseUrlOption,
    CompressOption,
    DeviceOption,
    DtypeOption,
    FourBitOption,
    FromOption,
    JsonOption,
    KeepTokens,
    LibraryOption,
    LlmOption,
    LocalOnlyOption,
    ModelOption,
    RerankModel,
    SpeakerOption,
    ToOption,
    VideoModel,
    VideoOption,
)
from playhead.output import SafeConsole, write_line
from playhead.token_compression import resolve_compression, stored_method_note
from playhead.video_models import AUTO as MODEL_AUTO
from playhead.video_models import OFF as MODEL_OFF
from playhead_agent.clarify import Clarify
from playhead_agent.limits import Caps
from playhead_agent.progress import Progress
from playhead_agent.strategies import AUTO, BASELINES, GROUP, PLANNER, RULES, check_strategy
from playhead_index.clean_text import one_line

QuestionArgument = Annotated[str, typer.Argument(help="The question.")]
NAMES = f"{AUTO}, {PLANNER}, {RULES}, {', '.join(BASELINES)}, or an entry point of {GROUP}"
MaxClips = Annotated[
    int | None, typer.Option(help="Maximum number of clips that the video-LLM is given.", min=1)
]
MaxFrames = Annotated[
    int | None, typer.Option(help="Maximum number of frames, in all clips together and as thumbnails.", min=1)
]
MaxEvidence = Annotated[
    int | None,
    typer.Option(help="Maximum number of search results that are read.", min=1),
]
MaxCalls = Annotated[
    int | None,
    typer.Option(help="Maximum number of calls of the chat model, repairs and judging among them.", min=1),
]
MaxSeconds = Annotated[float | None, typer.Option(help="Maximum number of seconds.", min=0.001)]
MaxCost = Annotated[
    float | None,
    typer.Option(
        help="Maximum cost of models in US dollars; those without a known price do not count.",
        min=0.000001,
    ),
]


def ask(
    question: Annotated[str | None, typer.Argument(help="The question; not with --resume.")] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    speaker: SpeakerOption = None,
    model: ModelOption = "auto",
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    thread: Annotated[
        str | None,
        typer.Option(help="Continue the conversation with this id, or start one under it.", metavar="ID"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume the last question of --thread behind the last step that was saved; no model is"
            " called again for what it has answered.",
        ),
    ] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(help="One choice of a multiple-choice question; repeatable.", metavar="TEXT"),
    ] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option(
            help="Still image that the video-LLM is shown before each clip; repeatable, up to"
            " 4. Not with --resume, which shows those of its question again.",
            metavar="FILE",
        ),
    ] = None,
    max_clips: MaxClips = None,
    max_frames: MaxFrames = None,
    max_evidence: MaxEvidence = None,
    max_calls: MaxCalls = None,
    max_seconds: MaxSeconds = None,
    max_cost: MaxCost = None,
    strategy: Annotated[str, typer.Option(help=f"How to answer: {NAMES}.", metavar="NAME")] = AUTO,
    video_model: VideoModel = "auto",
    keep_tokens: KeepTokens = None,
    compress: CompressOption = "auto",
    rerank_model: RerankModel = "auto",
    device: DeviceOption = "auto",
    attention: AttentionOption = "auto",
    dtype: DtypeOption = "auto",
    four_bit: FourBitOption = None,
    local_only: LocalOnlyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question with the time windows that show it.

    Where nothing shows it, says so, and what was searched. Every strategy keeps to the limits that are given
    here; for the others it has its own.

    Examples:
    playhead ask "when is the false alarm mentioned?"
    playhead ask "what is on screen when Bayes is mentioned?" --video lecture.mp4
    playhead ask "what is said about penguins?" --from 0:30 --to 2:00 --json
    playhead ask "what is said about the buttons?" --speaker "Project Manager"
    playhead ask "how many times is Bayes mentioned?" --thread bayes
    playhead ask "and before that?" --thread bayes
    playhead ask --thread bayes --resume
    playhead ask "summarise the interview" --model http://localhost:8000/v1#qwen3 --local-only
    playhead ask "who opens the door?" --model openai:gpt-5-mini --max-cost 0.05
    playhead ask "does this person speak in the talk?" --image face.jpg --strategy retrieve-once
    """
    _check_question(question, thread, resume=resume)
    if resume and image:
        raise typer.BadParameter("--resume shows the images of its question again; leave out --image")
    checked(lambda: image_paths(image or ()))
    checked(partial(checked_options, option or ()))
    checked(partial(checked_thread_id, thread))
    checked(lambda: check_strategy(strategy))
    checked(lambda: resolve_compression(compress, keep_tokens))
    names = ModelNames(
        device=device, video=video_model, keep_ratio=keep_tokens, rerank=rerank_model, model=model,
        local_only=local_only, compress=compress, attention=attention, dtype=dtype, four_bit=four_bit,
    )  # fmt: skip
    checked(lambda: names.video_loading)
    opened = Library(library, names)
    _say_stored_compression(opened, compress)
    is_interactive = err.is_terminal and not as_json
    run_options: dict[str, Any] = {
        "llm": llm, "base_url": base_url,
        "limits": _caps(max_clips, max_frames, max_evidence, max_calls, max_seconds, max_cost),
        "on_progress": _show_progress if is_interactive else _ignore_progress,
        "on_question": _clarify if sys.stdin.isatty() and is_interactive else None,
    }  # fmt: skip
    if question is None:
        answer = opened.resume(str(thread), **run_options)
    else:
        window = window_between(opened, from_s, to_s)
        answer = opened.ask(
            question, videos=video, window=window, speakers=speaker, thread_id=thread, options=option or (),
            strategy=strategy, images=image or (), **run_options,
        )  # fmt: skip
    _keep_model(opened, has_failed=bool(answer.fallback) and not answer.cost.get("model_calls"))
    if note := opened.store_compression():
        err.print(plain(note, "yellow"))
    if as_json:
        write_line(json_records.line(json_records.of_answer(answer)))
    else:
        show_answer(SafeConsole(), answer, opened.names(), option or ())


def compare_strategies(
    question: QuestionArgument,
    library: LibraryOption = DEFAULT_LIBRARY,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help=f"Run only this strategy; repeatable. {NAMES}.", metavar="NAME"),
    ] = None,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    model: ModelOption = "auto",
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="One choice of a multiple-choice question; repeatable.", metavar="TEXT"),
    ] = None,
    max_clips: MaxClips = None,
    max_frames: MaxFrames = None,
    max_evidence: MaxEvidence = None,
    max_calls: MaxCalls = None,
    max_seconds: MaxSeconds = None,
    max_cost: MaxCost = None,
    video_model: VideoModel = "auto",
    keep_tokens: KeepTokens = None,
    compress: CompressOption = "auto",
    device: DeviceOption = "auto",
    attention: AttentionOption = "auto",
    dtype: DtypeOption = "auto",
    four_bit: FourBitOption = None,
    local_only: LocalOnlyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer one question with several strategies, side by side.

    Rules, a planner where a chat model is given, and baselines to compare them with; shows answers,
    confidence and costs. A strategy that cannot run, such as one that needs a video-LLM where there is none,
    has a row that says why. Exit code 0 if any strategy ran.

    Examples:
    playhead compare "when is the false alarm mentioned?"
    playhead compare "when is Bayes mentioned?" --strategy rules --strategy retrieve-once
    playhead compare "what does she hold up?" --video-model http://localhost:8000/v1 --max-frames 64
    """
    checked(partial(checked_text, question))
    checked(partial(checked_options, option or ()))
    for name in strategy or ():
        checked(partial(check_strategy, name))
    checked(lambda: resolve_compression(compress, keep_tokens))
    names = ModelNames(
        device=device, video=video_model, keep_ratio=keep_tokens, model=model, local_only=local_only,
        compress=compress, attention=attention, dtype=dtype, four_bit=four_bit,
    )  # fmt: skip
    checked(lambda: names.video_loading)
    opened = Library(library, names)
    _say_stored_compression(opened, compress)
    ask_options = {
        "videos": video, "window": window_between(opened, from_s, to_s), "llm": llm, "base_url": base_url,
        "options": option or (),
        "limits": _caps(max_clips, max_frames, max_evidence, max_calls, max_seconds, max_cost),
    }  # fmt: skip
    rows: list[Comparison] = []
    for row in compare(opened, question, strategy or (), **ask_options):
        rows.append(row)
        if as_json:
            write_line(json_records.line(json_records.of_comparison(row)))
        elif err.is_terminal:
            err.print(plain(f"{row.strategy}: {outcome(row).partition(':')[0]}", "dim"))
    if not as_json:
        show_comparison(SafeConsole(), rows, opened.names())
    if all(row.answer is None for row in rows):
        raise typer.Exit(1)


def _say_stored_compression(opened: Library, compress: str) -> None:
    """A line on stderr where looks are reduced as an earlier command said and not by default."""
    if opened.video_choice.backend != MODEL_OFF and (note := stored_method_note(opened.catalog, compress)):
        err.print(plain(note, "dim"), soft_wrap=True)


def _keep_model(opened: Library, *, has_failed: bool) -> None:
    """Stores the named model in the library, unless it has failed, and prints what was done."""
    note = opened.store_model(has_failed=has_failed)
    is_named = opened.models.model not in (MODEL_AUTO, MODEL_OFF)
    if not note and is_named and err.is_terminal:
        note = "the library keeps this model for later commands; --model off forgets it"
    if note:
        err.print(plain(note, "dim"), soft_wrap=True)


def threads(
    thread: Annotated[
        str | None, typer.Argument(help="Id of a conversation; without it all are listed.", metavar="ID")
    ] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    as_json: JsonOption = False,
) -> None:
    """List conversations, or show one.

    Questions and answers stand in the order in which they were asked. `ask --thread ID` continues one.

    Examples:
    playhead threads
    playhead threads bayes
    playhead threads bayes --json
    """
    opened = open_library(library)
    if thread is None:
        listed = opened.threads()
        if as_json:
            for one in listed:
                write_line(json_records.line(one.to_json()))
        else:
            show_threads(SafeConsole(), listed)
        return
    turns = opened.thread(thread)
    if as_json:
        for turn in turns:
            write_line(json_records.line(json_records.of_turn(turn)))
    else:
        show_thread(SafeConsole(), thread, turns, opened.names())


def _check_question(question: str | None, thread: str | None, *, resume: bool) -> None:
    """Nothing, when there is either a question or a conversation to be gone on with.

    Raises:
        typer.BadParameter: there is neither, or both.
    """
    if resume and (question is not None or thread is None):
        got = "a question" if question is not None else "no --thread"
        raise typer.BadParameter(f"--resume takes --thread ID and no question, got {got}")
    if question is None and not resume:
        raise typer.BadParameter('give a question, such as: playhead ask "when is entropy mentioned?"')
    if question is not None:
        checked(partial(checked_text, question))


def _clarify(which: Clarify) -> str:
    """The user's reply to a clarification question; empty for an empty line."""
    err.print(plain(which.message))
    for number, (_, name) in enumerate(which.choices, 1):
        err.print(plain(f"  {number}  {one_line(name)}"))
    return str(typer.prompt("Which", default="", show_default=False, err=True))


def _caps(
    max_clips: int | None,
    max_frames: int | None,
    max_evidence: int | None,
    max_calls: int | None,
    max_seconds: float | None,
    max_cost: float | None,
) -> Caps:
    """The limits that were given."""
    return Caps(
        looks=max_clips, frames=max_frames, evidence=max_evidence, model_calls=max_calls, seconds=max_seconds,
        money=max_cost,
    )  # fmt: skip


def _show_progress(progress: Progress) -> None:
    if progress.message:
        err.print(plain(f"{progress.seconds:6.1f} s  {progress.message}", "dim"))


def _ignore_progress(progress: Progress) -> None:
    """Prints nothing, in a pipe."""

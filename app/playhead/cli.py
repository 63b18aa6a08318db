"""The `playhead` command: one function a command, read from top to bottom.

With `--json` one JSON object a line goes to stdout and everything else to stderr. Exit 0; 1 with one
line for a `PlayheadError`; 2 for wrong usage; 130 after Ctrl-C; a traceback only for a bug.
"""

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer

from playhead import records, setup, terminal
from playhead.doctor import examine
from playhead.inputs import checked_options, checked_text, checked_thread_id
from playhead.library import Library
from playhead.models import ModelNames
from playhead.output import SafeConsole, drop_output, prepare_streams
from playhead.prepare import chosen_models, download_models, missing_models
from playhead.strategies import AGENT, STRATEGIES, check_strategy, compare
from playhead.video_facts import kept_part
from playhead.watch import Watch
from playhead_agent.clarify import Clarify
from playhead_agent.limits import Limits
from playhead_agent.progress import Progress
from playhead_index.clean_text import one_line
from playhead_index.decode.recorded import recorded_time
from playhead_index.errors import PlayheadError, VideoUnknown
from playhead_index.extras import BENCH, install_bench_command
from playhead_index.paths import display_path, path_to_text
from playhead_index.search.results import LANES, Lane
from playhead_index.store.disk import FULL
from playhead_index.store.places import describe_retired
from playhead_index.window import Window, parse_time
from playhead_tools.evidence import Answer, coverage_sentence

COMMANDS = "playhead.commands"
BENCH_COMMANDS = ("demo", "eval", "score")
ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}
DEFAULT_LIBRARY = Path("playhead-library")

app = typer.Typer(
    name="playhead",
    help="Ask questions of libraries of hour-long videos; get answers with checked time windows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
err = SafeConsole(stderr=True)


def _time(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


LibraryOption = Annotated[
    Path,
    typer.Option("--library", "-l", envvar="PLAYHEAD_LIBRARY", help="The library's folder.", metavar="DIR"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Queue behind another process that is writing.")]
VideoOption = Annotated[
    list[str] | None,
    typer.Option(
        "--video",
        "-v",
        help="Only this video (id, path, file name or a part of it); may be repeated.",
        metavar="ID",
    ),
]
FromOption = Annotated[
    float | None, typer.Option("--from", parser=_time, help="From this time on (75, 1:15).", metavar="T")
]
ToOption = Annotated[
    float | None, typer.Option("--to", parser=_time, help="Up to this time (75, 1:15).", metavar="T")
]
LaneOption = Annotated[
    list[str] | None,
    typer.Option("--lane", help=f"Only this lane: {', '.join(LANES)}; may be repeated.", metavar="LANE"),
]
PictureModel = Annotated[
    str, typer.Option(help="Image-text encoder: MODEL:TAG, hf-hub:ORG/NAME, local-dir:FOLDER, auto or off.")
]
AppearanceModel = Annotated[str, typer.Option(help="DINOv2: a hub name, a folder, auto or off.")]
WordsModel = Annotated[
    str, typer.Option(help="Sentence encoder: a hub name, a folder, offline:, auto or off.")
]
SpeechModel = Annotated[str, typer.Option(help="faster-whisper: a size, a hub name, a folder, auto or off.")]
AS_MADE = "Default: as the library was made, else "
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
VideoModel = Annotated[
    str,
    typer.Option(
        help="Video-LLM: an OpenAI-compatible server's URL[#MODEL], a hub name, a folder, auto or off.",
        metavar="NAME|URL|off",
    ),
]
KeepTokens = Annotated[
    float | None,
    typer.Option(
        envvar="PLAYHEAD_KEEP_TOKENS",
        help="Part of the visual tokens that a look keeps, chosen by the question; of a server's frames.",
        metavar="0..1",
    ),
]
LlmOption = Annotated[
    str | None,
    typer.Option(envvar="PLAYHEAD_LLM", help="Chat model, such as openai:gpt-5 or openai:qwen3."),
]
BaseUrlOption = Annotated[
    str | None, typer.Option(envvar="PLAYHEAD_BASE_URL", help="Any OpenAI-compatible server.", metavar="URL")
]


@app.command()
def index(
    paths: Annotated[
        list[Path], typer.Argument(help="Videos, and folders of videos.", metavar="VIDEO_OR_FOLDER")
    ],
    library: LibraryOption = DEFAULT_LIBRARY,
    reader: Annotated[
        str | None, typer.Option(help=f"Decoder: auto (PyAV), pyav or decord. {AS_MADE}auto.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(help=f"Pictures a second looked at where something changes. {AS_MADE}1.")
    ] = None,
    everywhere: Annotated[
        bool | None,
        typer.Option(
            "--everywhere/--where-it-changes", help=f"At that rate also where nothing changes. {AS_MADE}not."
        ),
    ] = None,
    min_segment: Annotated[
        float | None, typer.Option(help=f"Shortest segment in seconds. {AS_MADE}2.")
    ] = None,
    max_segment: Annotated[
        float | None, typer.Option(help=f"Longest segment in seconds. {AS_MADE}30.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Videos at a time, each in its own process.", min=1)] = 1,
    transcribe: Annotated[
        str | None,
        typer.Option(
            help=f"Recognise speech: without-subtitles, always or never. {AS_MADE}without-subtitles."
        ),
    ] = None,
    screen_text: Annotated[
        bool | None, typer.Option(help=f"Read what is written in the pictures. {AS_MADE}yes.")
    ] = None,
    captions: Annotated[
        bool, typer.Option("--captions", help="Have a video-LLM say what each segment shows.")
    ] = False,
    picture_model: PictureModel = "auto",
    appearance_model: AppearanceModel = "auto",
    words_model: WordsModel = "auto",
    speech_model: SpeechModel = "auto",
    video_model: VideoModel = "auto",
    profile: Annotated[
        str | None,
        typer.Option(help="Models of an installed plugin, in every role left to auto.", metavar="NAME"),
    ] = None,
    device: DeviceOption = "auto",
    wait: WaitOption = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="End with the traceback of the first file that fails.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Index videos into a library; run it again to add more or to resume.

    Without settings a video keeps those that it was made with, and a new one gets those of the library. With
    other settings it is made again as far as they change it. What is switched off for a run leaves what is
    there.
    """
    screen = {None: "auto", True: "on", False: "off"}[screen_text]
    names = ModelNames(
        picture_model, appearance_model, words_model, speech_model, screen, device, video_model
    )
    if profile is not None:
        names = names.with_profile(profile)
    asked = {
        "reader": reader, "fps": fps, "everywhere": everywhere, "min_segment_s": min_segment,
        "max_segment_s": max_segment, "transcribe": transcribe and transcribe.replace("-", "_"),
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value is not None}
    opened = Library(library, names)
    _checked(lambda: opened.recipe(given))
    if captions:
        err.print(terminal.plain(opened.video_choice.sentence), soft_wrap=True)
    reports = []
    try:
        with Watch(library, err):
            for report in opened.index(
                paths, given, workers=workers, wait_s=-1.0 if wait else 0.0, captions=captions, debug=debug
            ):
                reports.append(report)
                if as_json:
                    print(records.line(records.of_report(report)), flush=True)
                if not as_json or report.status == "refused":
                    terminal.show_report(err if report.status == "refused" else SafeConsole(), report)
    except PlayheadError:
        if debug:
            traceback.print_exc()
        raise
    except KeyboardInterrupt:
        err.print("stopped; what was committed stays: run the same command to resume")
        raise typer.Exit(130) from None
    terminal.show_off(err, reports)
    statuses = {report.status for report in reports}
    if "refused" in statuses or statuses == {"failed"}:
        raise typer.Exit(1)


@app.command()
def search(
    text: Annotated[str | None, typer.Argument(help='Words; "quoted words" must stand together.')] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    image: Annotated[Path | None, typer.Option(help="Search by a picture.", metavar="FILE")] = None,
    like: Annotated[str | None, typer.Option(help="Search by example.", metavar="VIDEO@TIME")] = None,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    lane: LaneOption = None,
    limit: Annotated[int, typer.Option(help="Most moments.", min=1)] = 10,
    min_score: Annotated[float, typer.Option(help="Leave out moments with a lower score.")] = 0.0,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Find moments by words, by a picture, or by example."""
    if sum(query is not None for query in (text, image, like)) != 1:
        raise typer.BadParameter("give exactly one of TEXT, --image and --like")
    if text is not None:
        _checked(partial(checked_text, text, "the search text"))
    opened = _open(library, ModelNames(device=device))
    result = opened.search(
        text,
        image=None if image is None else _picture(image),
        like=None if like is None else _example(like),
        videos=video,
        window=_window(opened, from_s, to_s),
        lanes=_lanes(lane),
        limit=limit,
        min_score=min_score,
    )
    if as_json:
        for moment in result.moments:
            print(records.line(records.of_moment(moment)))
        err.print(terminal.plain(coverage_sentence(result.coverage)))
    else:
        terminal.show_result(SafeConsole(), result, opened.names())


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    thread: Annotated[str | None, typer.Option(help="Go on with a conversation.", metavar="ID")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An answer to choose from; may be repeated.", metavar="TEXT")
    ] = None,
    looks: Annotated[int | None, typer.Option(help="Most clips that the video-LLM is shown.", min=1)] = None,
    frames: Annotated[int | None, typer.Option(help="Most frames of them, together.", min=1)] = None,
    strategy: Annotated[str, typer.Option(help=f"{', '.join(STRATEGIES)}.")] = AGENT,
    video_model: VideoModel = "auto",
    keep_tokens: KeepTokens = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Ask a question; the answer cites checked windows, or says that it is not there."""
    _checked(partial(checked_text, question))
    _checked(partial(checked_options, option or ()))
    _checked(partial(checked_thread_id, thread))
    _checked(lambda: check_strategy(strategy))
    _checked(lambda: kept_part(keep_tokens))
    opened = Library(library, ModelNames(device=device, video=video_model, keep_tokens=keep_tokens))
    window = _window(opened, from_s, to_s)
    tell = _tell if err.is_terminal and not as_json else _say_nothing
    answer = opened.ask(
        question, videos=video, window=window, llm=llm, base_url=base_url, thread_id=thread,
        options=option or (), limits=_limits(looks, frames), strategy=strategy, on_progress=tell,
        on_question=_answer_back if sys.stdin.isatty() and err.is_terminal and not as_json else None,
    )  # fmt: skip
    if as_json:
        print(records.line(answer.to_json()))
    else:
        terminal.show_answer(SafeConsole(), answer, opened.names())


def _answer_back(which: Clarify) -> str:
    """What the person says to a question back; nothing for an empty line."""
    err.print(terminal.plain(which.message))
    for number, (_, name) in enumerate(which.choices, 1):
        err.print(terminal.plain(f"  {number}  {one_line(name)}"))
    return str(typer.prompt("Which", default="", show_default=False, err=True))


def _limits(looks: int | None, frames: int | None) -> Limits:
    """The agent's limits, with those that were given in their places."""
    given = {"looks": looks, "frames": frames}
    return replace(Limits(), **{name: value for name, value in given.items() if value is not None})


@app.command("compare")
def compare_(
    question: Annotated[str, typer.Argument(help="The question.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    strategy: Annotated[
        list[str] | None, typer.Option(help=f"Only this one of {', '.join(STRATEGIES)}; may be repeated.")
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
    """Ask the agent and the baselines the same question; shows answers and costs side by side."""
    _checked(partial(checked_text, question))
    for name in strategy or ():
        _checked(partial(check_strategy, name))
    opened = Library(library, ModelNames(device=device, video=video_model))
    how = {"videos": video, "window": _window(opened, from_s, to_s), "llm": llm, "base_url": base_url}
    answers: list[tuple[str, Answer]] = []
    for name, answer in compare(opened, question, strategy or (), **how):
        answers.append((name, answer))
        if as_json:
            print(records.line({"strategy": name, **answer.to_json()}), flush=True)
        elif err.is_terminal:
            err.print(terminal.plain(f"{name}: {answer.status}", "dim"))
    if not as_json:
        terminal.show_comparison(SafeConsole(), answers, opened.names())


@app.command("list")
def list_(library: LibraryOption = DEFAULT_LIBRARY, as_json: JsonOption = False) -> None:
    """List the videos of a library, and the files that could not be indexed."""
    opened = _open(library)
    retired = describe_retired(opened.retired())
    if as_json:
        for summary in opened.videos():
            print(records.line(records.of_video(summary)))
        for path, error in opened.failures():
            message = one_line(f"failed {display_path(path)}: {error}")
            err.print(message, highlight=False, markup=False, soft_wrap=True)
        if retired:
            err.print(retired, highlight=False, markup=False)
    else:
        terminal.show_videos(SafeConsole(), opened.videos(), opened.failures(), retired)


@app.command()
def show(
    video: Annotated[str, typer.Argument(help="Id, path, file name or a part of it.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    chapters: Annotated[
        bool, typer.Option("--chapters", help="What its chapters show, made of its captions.")
    ] = False,
    video_model: VideoModel = "auto",
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one video: facts, stages, segments, words; or its chapters."""
    opened = _open(library, ModelNames(video=video_model))
    if chapters:
        found, whole = opened.chapters(video, llm=llm, base_url=base_url)
        if as_json:
            print(records.line(records.of_chapters(opened.video_id(video), found, whole)))
        else:
            terminal.show_chapters(SafeConsole(), found, whole)
        return
    summary = opened.video(video)
    if as_json:
        segments = [[s.window.start_s, s.window.end_s] for s in opened.segments(video)]
        record = records.of_video(summary) | {"stages": records.of_stages(summary), "segments_s": segments}
        print(records.line(record | {"settings": opened.settings(video)}))
    else:
        words = [
            f"{span.words.window}  {span.words.kind:7} {span.words.text}" for span in opened.words(video)
        ]
        terminal.show_video(SafeConsole(), summary, words, opened.settings(video))


@app.command()
def remove(
    videos: Annotated[list[str], typer.Argument(help="Ids, paths, file names or parts of them.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take videos out of the library, or forget files that failed; the files stay."""
    opened = Library(library)
    for name in videos:
        wait_s, names = -1.0 if wait else 0.0, opened.names()
        try:
            video_id = opened.remove(name, wait_s=wait_s)
        except VideoUnknown:
            if not opened.failures_of(name):
                raise
            path = opened.clear_failure(name, wait_s=wait_s)
            record = {"path": path_to_text(path), "removed": True}
            said = one_line(f"forgot the failure of {display_path(path)}")
        else:
            record = {"video_id": video_id, "removed": True}
            said = one_line(f"removed {video_id} ({names[video_id]})")
        print(records.line(record) if as_json else said)


@app.command()
def relink(
    folders: Annotated[list[Path], typer.Argument(help="Where to look for moved files.")],
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find videos that were moved or renamed, by their content."""
    found = 0
    for relinked in Library(library).relink(
        folders,
        wait_s=-1.0 if wait else 0.0,
        on_unreadable=lambda error: err.print(str(error), highlight=False, markup=False, soft_wrap=True),
    ):
        found += 1
        print(
            records.line(records.of_relinked(relinked))
            if as_json
            else one_line(f"{relinked.video_id} is at {display_path(relinked.path)}")
        )
    if not found:
        err.print("No moved video was found there.")


@app.command()
def clock(
    video: Annotated[str | None, typer.Argument(help="Id, path, file name or part of it; else all.")] = None,
    recorded: Annotated[
        str | None,
        typer.Argument(help="When it was recorded: 2024-05-17T14:30:12 (+02:00), or unknown."),
    ] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show or say when videos were recorded: what came first is then told over several of them."""
    opened = Library(library)
    if video is not None and recorded is not None:
        at = None if recorded == "unknown" else _checked(partial(recorded_time, recorded))
        opened.set_recorded(video, at, wait_s=-1.0 if wait else 0.0)
    shown = opened.videos() if video is None else [opened.video(video)]
    if not as_json:
        terminal.show_clock(SafeConsole(), shown)
    for summary in shown if as_json else ():
        print(records.line(records.of_video(summary)))


@app.command()
def verify(
    library: LibraryOption = DEFAULT_LIBRARY,
    deep: Annotated[bool, typer.Option("--deep", help="Read every video file again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is not as it should be, and what to do; exit 1 when there is something."""
    problems = list(_open(library).verify(deep=deep))
    if as_json:
        for problem in problems:
            print(records.line(records.of_problem(problem)))
    else:
        terminal.show_problems(SafeConsole(), problems)
    if problems:
        raise typer.Exit(1)


@app.command()
def gc(
    library: LibraryOption = DEFAULT_LIBRARY, wait: WaitOption = False, as_json: JsonOption = False
) -> None:
    """Delete what nothing points to any more."""
    freed = Library(library).gc(wait_s=-1.0 if wait else 0.0)
    print(records.line({"freed_bytes": freed}) if as_json else f"freed {freed / 1e6:.1f} MB")


@app.command()
def doctor(
    library: LibraryOption = DEFAULT_LIBRARY,
    try_video: Annotated[
        bool, typer.Option("--try", help="Load the video-LLM too and show it a grey clip.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Report what works on this machine and what is searched without: packages are imported, models loaded,
    servers asked; downloads nothing."""
    for finding in examine(library, try_video=try_video):
        if as_json:
            print(records.line({"name": finding.name, "ok": finding.ok, "detail": finding.detail}))
        else:
            terminal.show_finding(SafeConsole(), finding)


@app.command()
def prepare(
    roles: Annotated[
        list[str] | None,
        typer.Argument(help="picture, appearance, words, speech; or all, as when none is given."),
    ] = None,
    picture_model: PictureModel = "auto",
    appearance_model: AppearanceModel = "auto",
    words_model: WordsModel = "auto",
    speech_model: SpeechModel = "auto",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Download models: prints their sizes and licences, asks, goes on where a download was cut off.

    One that fails does not stop the others; exit 1 when one did. Example: playhead prepare words speech
    """
    names = ModelNames(picture_model, appearance_model, words_model, speech_model)
    chosen = _checked(lambda: chosen_models(roles, names))
    missing = missing_models(chosen)
    for model in chosen:
        size = f"about {model.size_mb} MB" if model.size_mb else "size unknown"
        state = f"{size}, {model.licence}: {model.gives}" if model in missing else "is here"
        err.print(terminal.plain(f"{model.role}: {model.name}, {state}"), soft_wrap=True)
    if not missing:
        return
    if not yes and not typer.confirm("Download?", err=True):
        raise typer.Exit(1)
    failed = 0
    for done in download_models(missing):
        failed += bool(done.error)
        if as_json:
            print(records.line(records.of_download(done)), flush=True)
        elif done.error:
            err.print(terminal.plain(f"failed {done.model.name}: {done.error}", "red"), soft_wrap=True)
        else:
            print(one_line(f"{done.model.name} is here now"), flush=True)
    if failed:
        err.print(f"{failed} of {len(missing)} failed; run the same command to go on where they stopped")
        raise typer.Exit(1)


app.command("setup")(setup.command)


def _open(folder: Path, names: ModelNames | None = None) -> Library:
    """A library that is only read, with a line for a person when it cannot be written to."""
    opened = Library(folder, names)
    if opened.catalog.note:
        err.print(f"note: {opened.catalog.note}", highlight=False, markup=False, soft_wrap=True)
    return opened


def _checked(make: Callable[[], Any]) -> Any:
    """What `make` makes; its ValueError is wrong usage of the command."""
    try:
        return make()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _window(library: Library, from_s: float | None, to_s: float | None) -> Window | None:
    if from_s is None and to_s is None:
        return None
    longest_s = max((summary.video.duration_s for summary in library.videos()), default=1.0)
    return _checked(lambda: Window(from_s or 0.0, longest_s if to_s is None else to_s))  # type: ignore[no-any-return]


def _lanes(names: list[str] | None) -> list[Lane] | None:
    unknown = [name for name in names or () if name not in LANES]
    if unknown:
        raise typer.BadParameter(f"no lane {unknown[0]!r}; there are {', '.join(LANES)}")
    return names  # type: ignore[return-value]


def _example(text: str) -> tuple[str, float]:
    name, at, time = text.rpartition("@")
    if not at or not name:
        raise typer.BadParameter(f"--like takes VIDEO@TIME, such as talk.mp4@12:30, got {text!r}")
    return name, _time(time)


def _picture(path: Path) -> Any:
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise PlayheadError(f"{path}: cannot be read as a picture ({error})") from error


def _tell(progress: Progress) -> None:
    err.print(terminal.plain(f"{progress.seconds:6.1f} s  {progress.node}: {progress.message}", "dim"))


def _say_nothing(progress: Progress) -> None:
    """Keeps quiet in a pipe."""


def _plugins() -> None:
    """Adds the commands of installed distributions, and for those of playhead-bench what installs them."""
    found = {entry.name: entry for entry in entry_points(group=COMMANDS)}
    for name, entry in found.items():
        app.command(name)(entry.load())
    for name in BENCH_COMMANDS:
        if name not in found:
            app.command(name, hidden=True, add_help_option=False, context_settings=ANY_ARGUMENTS)(_absent)


def _absent(context: typer.Context) -> None:
    """A command of playhead-bench, which is not installed."""
    raise PlayheadError(
        f"the command {context.info_name} comes with {BENCH}, which is not installed; "
        f"run: {install_bench_command()}"
    )


def main() -> None:
    """The entry point: runs a command and turns errors into exit codes."""
    prepare_streams()
    _plugins()
    try:
        app()
    except PlayheadError as error:
        print(one_line(f"error: {error}"), file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"error: nothing more can be written ({error.strerror}); free space", file=sys.stderr)
        drop_output()
        sys.exit(1)

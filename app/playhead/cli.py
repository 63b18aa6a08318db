"""The `playhead` command: one function a command, read from top to bottom.

With `--json` one JSON object a line goes to stdout and everything else to stderr. Exit 0; 1 with one
line for a `PlayheadError`; 2 for wrong usage; 130 after Ctrl-C; a traceback only for a bug.
"""

import sys
import traceback
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from playhead import (
    __version__,
    caption_commands,
    json_records,
    library_commands,
    question_commands,
    setup,
    terminal,
)
from playhead.arguments import checked as _checked
from playhead.arguments import (
    checked_settings,
    err,
    example_moment,
    modalities_named,
    open_library,
    window_between,
)
from playhead.caption_commands import (
    CaptionEvery,
    CaptionSamples,
    MaxCaptions,
    MaxMoney,
    Yes,
    caption_settings,
    new_dialog,
)
from playhead.command_line import PROGRAM, App, Group
from playhead.default_models import DEFAULTS
from playhead.doctor import run_checks
from playhead.index_progress import ProgressWatcher
from playhead.input_checks import checked_text, cleaned_hotwords
from playhead.library import Library
from playhead.models import ModelNames
from playhead.options import (
    DEFAULT_LIBRARY,
    AppearanceModel,
    AttentionOption,
    DeviceOption,
    DtypeOption,
    FourBitOption,
    FromOption,
    JsonOption,
    LibraryOption,
    LocalOnlyOption,
    ModalityOption,
    ModelOption,
    NumSpeakersOption,
    PictureModel,
    RerankModel,
    SpeakerOption,
    SpeakersOption,
    SpeechModel,
    ToOption,
    VideoModel,
    VideoOption,
    VoicesModel,
    WaitOption,
    WordsModel,
)
from playhead.output import SafeConsole, drop_output, prepare_streams
from playhead.prepare import (
    VIDEO,
    chosen_models,
    download_models,
    missing_hub,
    missing_models,
    video_offers,
)
from playhead.video_loading import VideoLoading
from playhead.video_models import AUTO
from playhead_index.caption_run import CaptionSettings
from playhead_index.clean_text import one_line
from playhead_index.errors import PlayheadError
from playhead_index.extras import BENCH, InstallAdvice, install_bench_command
from playhead_index.store.disk import FULL
from playhead_tools.evidence import coverage_sentence, is_any_searched
from playhead_tools.redaction import redact

COMMANDS = "playhead.commands"
BENCH_COMMANDS = ("demo", "eval", "score")
ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}
AS_MADE = "Default: as the library was made, else "

app = App(
    name=PROGRAM,
    cls=Group,
    help="Answer questions about libraries of hour-long videos, with the time windows that show it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        print(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Options that stand before a command."""


@app.command()
def index(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Video files, and folders that are searched for them.", metavar="VIDEO_OR_FOLDER"
        ),
    ],
    library: LibraryOption = DEFAULT_LIBRARY,
    reader: Annotated[
        str | None, typer.Option(help=f"Decoder: auto (PyAV), pyav or decord. {AS_MADE}auto.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(help=f"Frames sampled per second where the picture changes. {AS_MADE}1.")
    ] = None,
    everywhere: Annotated[
        bool | None,
        typer.Option(
            "--everywhere/--where-it-changes",
            help="Sample at that rate everywhere, or only where the picture changes. "
            f"{AS_MADE}where it changes.",
        ),
    ] = None,
    min_segment: Annotated[
        float | None, typer.Option(help=f"Minimum length of a segment in seconds. {AS_MADE}2.")
    ] = None,
    max_segment: Annotated[
        float | None, typer.Option(help=f"Maximum length of a segment in seconds. {AS_MADE}30.")
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Number of videos indexed at a time, each in its own process.", min=1)
    ] = 1,
    transcribe: Annotated[
        str | None,
        typer.Option(
            help=f"Recognise speech: without-subtitles, always or never. {AS_MADE}without-subtitles."
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            help="Language that is spoken, such as en or de; auto detects it whatever the file says."
            " Left out: the tag of the sound track, unless another language is clearly heard.",
            metavar="TAG|auto",
        ),
    ] = None,
    audio_track: Annotated[
        str | None,
        typer.Option(
            help="Sound track to read: its number from 1 on, or its language. Left out: the default one.",
            metavar="N|LANGUAGE",
        ),
    ] = None,
    hotwords: Annotated[
        str | None,
        typer.Option(
            help="Names and terms that are likely to be said, separated by commas; speech recognition spells "
            f'them so. "" for none. {AS_MADE}none.',
            metavar="WORDS",
        ),
    ] = None,
    beam_size: Annotated[
        int | None,
        typer.Option(
            help="Hypotheses of the beam search in speech recognition, 1 to 20: 1 is fastest. "
            f"{AS_MADE}the model's.",
            metavar="N",
        ),
    ] = None,
    speakers: SpeakersOption = None,
    num_speakers: NumSpeakersOption = None,
    screen_text: Annotated[
        bool | None, typer.Option(help=f"Read the text in frames (OCR). {AS_MADE}yes.")
    ] = None,
    captions: Annotated[
        bool,
        typer.Option(
            "--captions",
            help="Caption each segment with a video-LLM, after saying what that is expected to take.",
        ),
    ] = False,
    max_captions: MaxCaptions = None,
    caption_every: CaptionEvery = None,
    caption_samples: CaptionSamples = None,
    max_money: MaxMoney = None,
    yes: Yes = False,
    picture_model: PictureModel = "auto",
    appearance_model: AppearanceModel = "auto",
    words_model: WordsModel = "auto",
    speech_model: SpeechModel = "auto",
    video_model: VideoModel = "auto",
    model: ModelOption = "auto",
    profile: Annotated[
        str | None,
        typer.Option(
            help="Use the models of this installed plugin wherever no model is named.", metavar="NAME"
        ),
    ] = None,
    device: DeviceOption = "auto",
    attention: AttentionOption = "auto",
    dtype: DtypeOption = "auto",
    four_bit: FourBitOption = None,
    local_only: LocalOnlyOption = False,
    wait: WaitOption = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Stop at the first file that fails, with its traceback.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Index videos; run it again to add more or to resume.

    Without options a video keeps the settings that it was indexed with, and a new one gets those of the
    library. With other settings it is indexed again as far as they change it. What is switched off in a run
    keeps its earlier results.

    Examples:
    playhead index talks
    playhead index talks/lecture.mp4 --fps 2 --no-screen-text
    playhead index talks --transcribe never --words-model off --json
    playhead index talks --speech-model large-v3-turbo --hotwords "ComfyUI, Playhead"
    playhead index talks --captions --video-model http://localhost:8000/v1
    playhead index talks --captions --max-captions 100 --max-money 0.50 --video-model http://localhost:8000/v1
    """
    caption_options = caption_settings(
        captions=captions, max_captions=max_captions, caption_every=caption_every,
        caption_samples=caption_samples, max_money=max_money,
    )  # fmt: skip
    dialog = new_dialog(caption_options or CaptionSettings(), yes=yes)
    screen = {None: "auto", True: "on", False: "off"}[screen_text]
    voices = {None: "auto", "on": DEFAULTS["voices"].name}.get(speakers, speakers or "auto")
    names = ModelNames(
        picture_model,
        appearance_model,
        words_model,
        speech_model,
        screen,
        device,
        video_model,
        voices=voices,
        model=model,
        local_only=local_only,
        attention=attention,
        dtype=dtype,
        four_bit=four_bit,
    )
    _checked(lambda: names.video_loading)
    if profile is not None:
        names = names.with_profile(profile)
    options = {
        "reader": reader, "fps": fps, "everywhere": everywhere, "min_segment_s": min_segment,
        "max_segment_s": max_segment, "transcribe": transcribe and transcribe.replace("-", "_"),
        "language": language, "audio_track": audio_track, "hotwords": cleaned_hotwords(hotwords),
        "beam_size": beam_size, "num_speakers": num_speakers,
    }  # fmt: skip
    settings = {name: value for name, value in options.items() if value is not None}
    opened = Library(library, names)
    checked_settings(opened, settings)
    if captions:
        err.print(terminal.plain(opened.video_choice.sentence), soft_wrap=True)
    if opened.index_settings(settings).transcribe != "never" and (notice := opened.speech_notice):
        err.print(terminal.plain(notice), soft_wrap=True)
    reports = []
    try:
        with ProgressWatcher(library, err) as dialog.watcher:
            for report in opened.index(
                paths, settings, workers=workers, wait_s=-1.0 if wait else 0.0,
                captions=caption_options or False, debug=debug,
                on_skipped=lambda line: err.print(terminal.plain(line), soft_wrap=True),
                on_estimate=dialog.confirm, on_captions=dialog.add,
            ):  # fmt: skip
                reports.append(report)
                if as_json:
                    print(json_records.line(json_records.of_report(report)), flush=True)
                if not as_json or report.status == "refused":
                    terminal.show_report(_console_beside_progress(report.status == "refused"), report)
    except PlayheadError:
        if debug:
            traceback.print_exc()
        raise
    except KeyboardInterrupt:
        err.print("stopped; what was committed stays: run the same command to resume")
        raise typer.Exit(130) from None
    dialog.report(as_json=as_json)
    if note := opened.store_model():
        err.print(terminal.plain(note), soft_wrap=True)
    terminal.show_off(err, reports)
    statuses = {report.status for report in reports}
    if "refused" in statuses or statuses == {"failed"}:
        raise typer.Exit(1)


def _console_beside_progress(is_refusal: bool) -> SafeConsole:
    """Standard output, but the console of the progress bars where both are one terminal: it redraws them."""
    return err if is_refusal or (err.is_terminal and sys.stdout.isatty()) else SafeConsole()


@app.command()
def search(
    text: Annotated[
        str | None, typer.Argument(help='Words to search for; "quoted words" must occur as a phrase.')
    ] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    image: Annotated[
        Path | None, typer.Option(help="Search for frames like this image file.", metavar="FILE")
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(help="Search for frames like the one at this time of a video.", metavar="VIDEO@TIME"),
    ] = None,
    video: VideoOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    modality: ModalityOption = None,
    speaker: SpeakerOption = None,
    limit: Annotated[int, typer.Option(help="Maximum number of results.", metavar="N", min=1)] = 10,
    min_score: Annotated[
        float, typer.Option(help="Leave out results with a lower fused score.", metavar="SCORE")
    ] = 0.0,
    rerank_model: RerankModel = "auto",
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Find moments by words, by an image, or by an example moment.

    Examples:
    playhead search "false alarm"
    playhead search "bayes" --modality speech --modality screen --limit 3
    playhead search "posterior" --video lecture.mp4 --from 0:05 --json
    playhead search "buttons" --speaker "Project Manager"
    playhead search --like lecture.mp4@0:02
    playhead search --image photo.jpg
    """
    if sum(query is not None for query in (text, image, like)) != 1:
        raise typer.BadParameter("give exactly one of TEXT, --image and --like")
    if speaker and text is None:
        raise typer.BadParameter("--speaker searches what is said: give TEXT with it")
    if text is not None:
        _checked(partial(checked_text, text, "the search text"))
    opened = open_library(library, ModelNames(device=device, rerank=rerank_model))
    result = opened.search(
        text,
        image=image,
        like=None if like is None else example_moment(like),
        videos=video,
        window=window_between(opened, from_s, to_s),
        lanes=modalities_named(modality),
        limit=limit,
        min_score=min_score,
        speakers=speaker,
    )
    if as_json:
        for moment in result.moments:
            print(json_records.line(json_records.of_moment(moment)))
        err.print(terminal.plain(coverage_sentence(result.coverage)), soft_wrap=True)
    else:
        terminal.show_result(SafeConsole(), result, opened.names())
    if not result.moments and not is_any_searched(result.coverage):
        raise typer.Exit(1)


app.command()(question_commands.ask)
app.command("compare")(question_commands.compare_strategies)
app.command()(question_commands.threads)
app.command("list")(library_commands.list_videos)
app.command()(library_commands.show)
app.command()(caption_commands.captions)
app.command()(library_commands.speakers)
app.command()(library_commands.remove)
app.command()(library_commands.relink)
app.command()(library_commands.clock)
app.command()(library_commands.verify)
app.command()(library_commands.gc)


@app.command()
def doctor(
    library: LibraryOption = DEFAULT_LIBRARY,
    try_video: Annotated[
        bool, typer.Option("--try", help="Also load the video-LLM and run it on a grey clip.")
    ] = False,
    attention: AttentionOption = "auto",
    dtype: DtypeOption = "auto",
    four_bit: FourBitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report which packages, models and servers work on this machine.

    Packages are imported, models loaded and servers asked; nothing is downloaded.

    Examples:
    playhead doctor
    playhead doctor --json
    """
    console, advice = SafeConsole(), InstallAdvice(names_extra=True)
    loading = _checked(lambda: VideoLoading(attention, dtype, four_bit))
    for check in run_checks(library, try_video=try_video, loading=loading):
        if as_json:
            print(json_records.line({"name": check.name, "ok": check.ok, "detail": check.detail}))
        else:
            terminal.show_check(console, replace(check, detail=advice.shorten(check.detail)))
    if advice.command:
        lead = "To install what is missing, or only those of these extras that you want, run"
        console.print(terminal.plain(f"{lead}: {advice.command}"), soft_wrap=True)


@app.command()
def prepare(
    roles: Annotated[
        list[str] | None,
        typer.Argument(
            help="Which models: picture, appearance, words, speech, voices or all; default: all. Not among "
            "all: rerank, a cross-encoder for search, and video, a video-LLM that fits this machine."
        ),
    ] = None,
    picture_model: PictureModel = "auto",
    appearance_model: AppearanceModel = "auto",
    words_model: WordsModel = "auto",
    speech_model: SpeechModel = "auto",
    voices_model: VoicesModel = "auto",
    rerank_model: RerankModel = "auto",
    video_model: VideoModel = "auto",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Download models, after showing sizes and licences and asking.

    A download that was cut off goes on where it stopped. One that fails does not stop the others; the exit
    code is 1 when one did. video lists the video-LLMs that fit this machine, a small one first, with size,
    licence and memory; with --yes the first is taken.

    Examples:
    playhead prepare all
    playhead prepare words speech --yes
    playhead prepare rerank --rerank-model BAAI/bge-reranker-v2-m3
    playhead prepare video
    playhead prepare video --video-model Qwen/Qwen3-VL-4B-Instruct --yes
    """
    if VIDEO in (roles or ()) and video_model == AUTO:
        video_model = _chosen_video_model(ask=not yes)
    names = ModelNames(
        picture_model, appearance_model, words_model, speech_model, voices=voices_model, rerank=rerank_model,
        video=video_model,
    )  # fmt: skip
    chosen = _checked(lambda: chosen_models(roles, names))
    missing = missing_models(chosen)
    for model in chosen:
        size = f"about {model.size_mb} MB" if model.size_mb else "size unknown"
        state = f"{size}, {model.licence}: {model.gives}" if model in missing else "is here"
        err.print(terminal.plain(f"{model.role}: {redact(model.name)}, {state}"), soft_wrap=True)
    if not missing:
        return
    needs_hub = any(model.name != DEFAULTS["voices"].name for model in missing)
    if needs_hub and (missing_package := missing_hub()):
        raise PlayheadError(f"nothing was downloaded: {missing_package}")
    if not yes and not typer.confirm("Download?", err=True):
        raise typer.Exit(1)
    failed = 0
    for done in download_models(missing):
        failed += bool(done.error)
        if as_json:
            print(json_records.line(json_records.of_download(done)), flush=True)
        elif done.error:
            failed_name = redact(done.model.name)
            err.print(terminal.plain(f"failed {failed_name}: {done.error}", "red"), soft_wrap=True)
        else:
            print(one_line(f"{redact(done.model.name)} is here now"), flush=True)
    if failed:
        err.print(f"{failed} of {len(missing)} failed; run the same command to go on where they stopped")
        raise typer.Exit(1)


def _chosen_video_model(*, ask: bool) -> str:
    """The name of a video-LLM that fits this machine: the one that a person chooses, else the first.

    Raises:
        PlayheadError: none fits.
        typer.BadParameter: the number is none of the list.
    """
    offered = video_offers()
    for place, offer in enumerate(offered, 1):
        err.print(terminal.plain(f"{place}. {offer.sentence}"), soft_wrap=True)
    if not ask or len(offered) == 1:
        return offered[0].model.name
    number: int = typer.prompt("Which one?", default=1, type=int, err=True)
    if not 1 <= number <= len(offered):
        raise typer.BadParameter(f"there are models 1 to {len(offered)}, got {number}")
    return offered[number - 1].model.name


app.command("setup")(setup.command)


@app.command("help")
def help_(
    context: typer.Context,
    command: Annotated[
        str | None, typer.Argument(help="Name of a command; default: the list of commands.")
    ] = None,
) -> None:
    """Show the help of a command.

    Examples:
    playhead help search
    """
    parent = context.parent
    assert parent is not None, "a command has the program as its parent"
    if command is None:
        print(parent.get_help())
        return
    name, found, _ = parent.command.resolve_command(parent, [command])  # type: ignore[attr-defined]
    print(found.get_help(typer.Context(found, info_name=name, parent=parent)))


def add_plugins() -> None:
    """Adds the commands of installed plugins, once, and for those of playhead-bench what installs them."""
    known = {info.name for info in app.registered_commands}
    found = {entry.name: entry for entry in entry_points(group=COMMANDS)}
    for name, entry in found.items():
        if name not in known:
            app.command(name)(entry.load())
    for name in BENCH_COMMANDS:
        if name not in found and name not in known:
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
    add_plugins()
    try:
        app(prog_name=PROGRAM)
    except PlayheadError as error:
        print(one_line(f"error: {error}"), file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"error: nothing more can be written ({error.strerror}); free space", file=sys.stderr)
        drop_output()
        sys.exit(1)

"""Commands on what a library holds: list, show, speakers, remove, relink, clock, verify, gc."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from playhead import json_records, terminal
from playhead.arguments import checked, err, open_library, speaker_name
from playhead.library import Library
from playhead.models import ModelNames
from playhead.options import (
    DEFAULT_LIBRARY,
    AttentionOption,
    BaseUrlOption,
    DtypeOption,
    FourBitOption,
    JsonOption,
    LibraryOption,
    LlmOption,
    LocalOnlyOption,
    ModelOption,
    VideoModel,
    WaitOption,
    complete_video,
)
from playhead.output import SafeConsole, write_line
from playhead_index.clean_text import one_line, printable_text
from playhead_index.decode.recording_time import recorded_time
from playhead_index.errors import VideoUnknown
from playhead_index.paths import display_path, path_to_text
from playhead_index.store.places import describe_retired
from playhead_index.words.protocol import Words

LINE_END = "\n"
VideoArgument = typer.Argument(
    help="Id, path, file name or a unique part of the name.", metavar="VIDEO", autocompletion=complete_video
)


def list_videos(library: LibraryOption = DEFAULT_LIBRARY, as_json: JsonOption = False) -> None:
    """List the videos, and the files that could not be indexed.

    Examples:
    playhead list
    playhead list --library playhead-library --json
    """
    opened = open_library(library)
    retired = describe_retired(opened.retired())
    if as_json:
        for summary in opened.videos():
            write_line(json_records.line(json_records.of_video(summary)))
        for path, error in opened.failures():
            message = one_line(f"failed {display_path(path)}: {error}")
            err.print(message, highlight=False, markup=False, soft_wrap=True)
        if retired:
            err.print(retired, highlight=False, markup=False)
    else:
        terminal.show_videos(SafeConsole(), opened.videos(), opened.failures(), retired)


def show(
    video: Annotated[str, VideoArgument],
    library: LibraryOption = DEFAULT_LIBRARY,
    chapters: Annotated[
        bool,
        typer.Option(
            "--chapters", help="Show chapters instead: topics of the transcript, else of the captions."
        ),
    ] = False,
    entities: Annotated[
        bool,
        typer.Option(
            "--entities",
            help="Show instead the people, places, things and names that recur, with their times.",
        ),
    ] = False,
    video_model: VideoModel = "auto",
    model: ModelOption = "auto",
    llm: LlmOption = None,
    base_url: BaseUrlOption = None,
    attention: AttentionOption = "auto",
    dtype: DtypeOption = "auto",
    four_bit: FourBitOption = None,
    local_only: LocalOnlyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show facts, stages, settings and text of one video.

    Examples:
    playhead show lecture.mp4
    playhead show lect --chapters
    playhead show meeting.mp4 --entities
    playhead show lecture.mp4 --json
    """
    models = ModelNames(
        video=video_model, model=model, local_only=local_only, attention=attention, dtype=dtype,
        four_bit=four_bit,
    )  # fmt: skip
    checked(lambda: models.video_loading)
    if chapters and entities:
        raise typer.BadParameter("--chapters and --entities are two views; give one of them")
    opened = open_library(library, models)
    if entities:
        _show_entities(opened, video, as_json)
        return
    if chapters:
        chapter_summaries, video_summary = opened.chapters(video, llm=llm, base_url=base_url)
        if as_json:
            write_line(
                json_records.line(
                    json_records.of_chapters(opened.video_id(video), chapter_summaries, video_summary)
                )
            )
        else:
            terminal.show_chapters(SafeConsole(), chapter_summaries, video_summary)
        return
    summary = opened.video(video)
    if as_json:
        segments = [[s.window.start_s, s.window.end_s] for s in opened.segments(video)]
        record = json_records.of_video(summary) | {
            "stages": json_records.of_stages(summary),
            "segments_s": segments,
        }
        write_line(json_records.line(record | {"settings": opened.settings(video)}))
    else:
        names = opened.speaker_names().get(summary.video.video_id, {})
        words = [_span_line(span.words, names) for span in opened.words(video)]
        terminal.show_video(SafeConsole(), summary, words, opened.settings(video))


def _show_entities(opened: Library, video: str, as_json: bool) -> None:
    found = opened.entities(video)
    if as_json:
        video_id = opened.video_id(video)
        for one in found:
            write_line(json_records.line(json_records.of_entity(video_id, one)))
    else:
        terminal.show_entities(SafeConsole(), found)


def _span_line(words: Words, names: Mapping[str, str]) -> str:
    """A line of `show`: the window, the modality, who speaks and the text of a span."""
    mark = _confidence_mark(words)
    speaker_prefix = f"{printable_text(names.get(words.speaker, words.speaker))}: " if words.speaker else ""
    text = printable_text(words.text).replace(LINE_END, " / ")
    return f"{words.window}  {words.kind:7} {speaker_prefix}{text}{mark}"


def _confidence_mark(words: Words) -> str:
    """The agreement of a caption's samples, or that words were recognised with low confidence; else empty."""
    if words.confidence is None:
        return ""
    if words.kind == "caption":
        return f"  ({'uncertain: ' if words.is_uncertain else ''}agreement of samples {words.confidence:.2f})"
    return f"  (uncertain: confidence {words.confidence:.2f})" if words.is_uncertain else ""


def speakers(
    video: Annotated[str, VideoArgument],
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            help="Name a speaker, as in 2=Alice, by its label or present name; 2= takes the name away; "
            "repeatable.",
            metavar="LABEL=NAME",
        ),
    ] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show who speaks in a video and for how long, and name speakers.

    Speakers come from subtitles that name them and from speaker diarisation, which numbers voices. Two labels
    with the same name are shown as one speaker. A name that a voice has in another video is only proposed.

    Examples:
    playhead speakers meeting.mp4
    playhead speakers meeting.mp4 --name 2=Alice --name "1=Project Manager"
    playhead speakers meeting.mp4 --name 2= --json
    """
    opened = Library(library) if name else open_library(library)
    names = dict(speaker_name(one) for one in name or ())
    found = (
        opened.name_speakers(video, names, wait_s=-1.0 if wait else 0.0) if names else opened.speakers(video)
    )
    if as_json:
        for one in found:
            write_line(json_records.line(json_records.of_speaker(one)))
    else:
        terminal.show_speakers(SafeConsole(), found, opened.names())


def remove(
    videos: Annotated[
        list[str],
        typer.Argument(
            help="Ids, paths, file names or unique parts of names.",
            metavar="VIDEO",
            autocompletion=complete_video,
        ),
    ],
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove videos, or forget files that failed; no file is deleted.

    Examples:
    playhead remove interview.mp4
    """
    opened, wait_s = Library(library), -1.0 if wait else 0.0
    names = opened.names()
    for name, video_id in _videos_or_failures(opened, videos).items():
        if video_id is None:
            path = opened.clear_failure(name, wait_s=wait_s)
            record = {"path": path_to_text(path), "removed": True}
            message = one_line(f"forgot the failure of {display_path(path)}")
        else:
            opened.remove(video_id, wait_s=wait_s)
            record = {"video_id": video_id, "removed": True}
            message = one_line(f"removed {video_id} ({names[video_id]})")
        write_line(json_records.line(record) if as_json else message)


def _videos_or_failures(library: Library, names: list[str]) -> dict[str, str | None]:
    """The id of each video by the name that was given, each video once; None for a file that failed.

    Raises:
        VideoUnknown: a name means neither, or several: nothing is removed then.
    """
    found: dict[str, str | None] = {}
    for name in names:
        try:
            video_id: str | None = library.video_id(name)
        except VideoUnknown:
            if not library.failures_of(name):
                raise
            video_id = None
        if video_id is None or video_id not in found.values():
            found[name] = video_id
    return found


def relink(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders to search for moved files.", metavar="FOLDER")
    ],
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find videos whose files were moved or renamed, by their content.

    Examples:
    playhead relink talks
    """
    found = 0
    for relinked in Library(library).relink(
        folders,
        wait_s=-1.0 if wait else 0.0,
        on_unreadable=lambda error: err.print(str(error), highlight=False, markup=False, soft_wrap=True),
    ):
        found += 1
        write_line(
            json_records.line(json_records.of_relinked(relinked))
            if as_json
            else one_line(f"{relinked.video_id} is at {display_path(relinked.path)}")
        )
    if not found:
        err.print("No moved video was found there.")


def clock(
    video: Annotated[
        str | None,
        typer.Argument(
            help="Id, path, file name or a unique part of the name; default: all videos.",
            metavar="VIDEO",
            autocompletion=complete_video,
        ),
    ] = None,
    recorded: Annotated[
        str | None,
        typer.Argument(
            help="Date and time when it was recorded: 2024-05-17T14:30:12 (+02:00), or unknown.",
            metavar="DATE",
        ),
    ] = None,
    library: LibraryOption = DEFAULT_LIBRARY,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show or set recording dates.

    They put events of several videos in order.

    Examples:
    playhead clock
    playhead clock lecture.mp4 2024-05-17T14:30:12
    playhead clock lecture.mp4 unknown
    """
    opened = Library(library)
    if video is not None and recorded is not None:
        at = None if recorded == "unknown" else checked(partial(recorded_time, recorded))
        opened.set_recorded(video, at, wait_s=-1.0 if wait else 0.0)
    summaries = opened.videos() if video is None else [opened.video(video)]
    if not as_json:
        terminal.show_clock(SafeConsole(), summaries)
    for summary in summaries if as_json else ():
        write_line(json_records.line(json_records.of_video(summary)))


def verify(
    library: LibraryOption = DEFAULT_LIBRARY,
    deep: Annotated[bool, typer.Option("--deep", help="Read every video file again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check for missing and damaged files; exit code 1 if there are.

    Examples:
    playhead verify
    playhead verify --deep --json
    """
    problems = list(open_library(library).verify(deep=deep))
    if as_json:
        for problem in problems:
            write_line(json_records.line(json_records.of_problem(problem)))
    else:
        terminal.show_problems(SafeConsole(), problems)
    if problems:
        raise typer.Exit(1)


def gc(
    library: LibraryOption = DEFAULT_LIBRARY, wait: WaitOption = False, as_json: JsonOption = False
) -> None:
    """Delete stored data that no video uses any more.

    Examples:
    playhead gc
    """
    freed = Library(library).gc(wait_s=-1.0 if wait else 0.0)
    write_line(json_records.line({"freed_bytes": freed}) if as_json else f"freed {freed / 1e6:.1f} MB")

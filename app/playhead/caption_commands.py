"""Captions on the command line: what `index --captions` asks and says, and the command `captions`."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from playhead import json_records, terminal
from playhead.arguments import checked, err, open_library
from playhead.caption_view import estimate_text, usage_text
from playhead.index_progress import ProgressWatcher
from playhead.options import DEFAULT_LIBRARY, JsonOption, LibraryOption, complete_video
from playhead.output import write_line
from playhead_index.caption_run import CaptionEstimate, CaptionSettings, CaptionUsage
from playhead_index.clean_text import one_line, printable_text
from playhead_index.errors import PlayheadError
from playhead_index.paths import display_path, path_exists
from playhead_index.store.disk import cannot_write
from playhead_index.words.protocol import Words
from playhead_index.words.sidecars import find_sidecars
from playhead_tools.captions.caption import parse_caption
from playhead_tools.captions.export import FORMATS

MaxCaptions = Annotated[
    int | None,
    typer.Option(
        help="With --captions: caption no more than this many segments of each video, representative ones "
        "first; a later run adds more.",
        metavar="N",
        min=1,
    ),
]
CaptionEvery = Annotated[
    float | None,
    typer.Option(
        help="With --captions: also caption each step of this many seconds, 1 or more.", metavar="SECONDS"
    ),
]
CaptionSamples = Annotated[
    int | None,
    typer.Option(
        help="With --captions: sample this many captions of each segment and store the one that agrees best "
        "with the others; how far it does is its confidence.",
        metavar="K",
    ),
]
MaxMoney = Annotated[
    float | None,
    typer.Option(
        help="With --captions: stop before captions cost more, in the currency of the prices; the same "
        "command continues later.",
        metavar="AMOUNT",
    ),
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask whether captions may cost what is expected.")
]


CAPTION_OPTIONS = {
    "every_s": "--caption-every", "max_captions": "--max-captions", "samples": "--caption-samples",
    "max_money": "--max-money",
}  # fmt: skip


def caption_settings(
    *,
    captions: bool,
    max_captions: int | None,
    caption_every: float | None,
    caption_samples: int | None,
    max_money: float | None,
) -> CaptionSettings | None:
    """The settings of the options of `index`; None without `--captions`.

    Raises:
        typer.BadParameter: an option has no `--captions` with it, or a value outside its range.
    """
    options = {
        "--max-captions": max_captions, "--caption-every": caption_every,
        "--caption-samples": caption_samples, "--max-money": max_money,
    }  # fmt: skip
    given = [name for name, value in options.items() if value is not None]
    if not captions:
        if given:
            raise typer.BadParameter(f"{given[0]} is about captions: give --captions with it")
        return None
    samples = 1 if caption_samples is None else caption_samples
    settings: CaptionSettings = checked(
        lambda: CaptionSettings(caption_every, max_captions, samples, max_money), CAPTION_OPTIONS
    )
    return settings


@dataclass(slots=True)
class CaptionDialog:
    """Asks whether captions may take what is expected, and says what they took.

    Args:
        settings: of the captions.
        watcher: whose bars are taken away for a question; set when it runs.
        asks: a person may be asked: standard input and error are a terminal, and it was not forbidden.
        usage: what was taken so far.
        num_windows: to be captioned in the run.
        is_declined: the person did not want to go on.
    """

    settings: CaptionSettings
    asks: bool
    watcher: ProgressWatcher | None = None
    usage: CaptionUsage = field(default_factory=CaptionUsage)
    num_windows: int = 0
    is_declined: bool = False

    def confirm(self, estimate: CaptionEstimate) -> bool:
        """Says the estimate and, where a person may be asked, asks whether to go on."""
        assert self.watcher is not None, "captions are made while the run is watched"
        with self.watcher.suspended():
            for line in estimate_text(estimate, self.settings).splitlines():
                err.print(terminal.plain(line), soft_wrap=True)
            if not self.asks:
                return True
            left = estimate.total.windows - estimate.measured.windows
            self.is_declined = not typer.confirm(f"Caption the other {left:,}?", err=True)
        return not self.is_declined

    def add(self, usage: CaptionUsage, num_windows: int) -> None:
        """Shows how far captioning is."""
        self.usage, self.num_windows = usage, num_windows
        if self.watcher is not None:
            self.watcher.show_captions(usage, num_windows)

    def report(self, *, as_json: bool) -> None:
        """Says what the captions took, where any were made."""
        if not self.usage.windows:
            return
        text = usage_text(self.usage, self.num_windows, self.settings, self.why_ended)
        err.print(terminal.plain(text), soft_wrap=True)
        if as_json:
            write_line(json_records.line(json_records.of_caption_usage(self.usage, self.num_windows)))

    @property
    def why_ended(self) -> str:
        """Why not every window was captioned; empty where every one was."""
        if self.usage.windows >= self.num_windows:
            return ""
        if self.is_declined:
            return "declined"
        limit = self.settings.max_money
        is_spent = limit is not None and self.usage.spent + self.usage.money_per_window > limit
        return f"--max-money {limit:g}" if is_spent else "a video failed"


def new_dialog(settings: CaptionSettings, *, yes: bool) -> CaptionDialog:
    """The dialog of a run; it asks on a terminal only."""
    return CaptionDialog(settings, asks=not yes and is_interactive())


def is_interactive() -> bool:
    """Whether a person can be asked: standard input and error are a terminal."""
    return sys.stdin.isatty() and err.is_terminal


def captions(
    video: Annotated[
        str,
        typer.Argument(
            help="Id, path, file name or a unique part of the name.",
            metavar="VIDEO",
            autocompletion=complete_video,
        ),
    ],
    library: LibraryOption = DEFAULT_LIBRARY,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", help="Print a subtitle file instead: srt or vtt.", metavar="|".join(FORMATS)
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Write a subtitle file here; its suffix is the format where --format is not given.",
            metavar="FILE",
        ),
    ] = None,
    steps: Annotated[
        bool,
        typer.Option("--steps", help="Captions of fixed steps (index --caption-every), not of segments."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the captions of a video, or export them as SRT or WebVTT.

    Examples:
    playhead captions lecture.mp4
    playhead captions lecture.mp4 --format vtt
    playhead captions lecture.mp4 --steps --output captions/lecture.srt
    """
    chosen_format = file_format or (None if output is None else output.suffix.removeprefix(".").lower())
    if chosen_format is not None and chosen_format not in FORMATS:
        raise typer.BadParameter(f"the format must be {' or '.join(FORMATS)}, got {chosen_format!r}")
    if as_json and chosen_format is not None:
        raise typer.BadParameter("--json prints captions and not a subtitle file: leave it or the file out")
    opened = open_library(library)
    if chosen_format is not None:
        text = opened.export_captions(video, chosen_format, steps=steps)
        if output is None:
            sys.stdout.write(text)
        else:
            write_captions(output, text, opened.video(video).paths)
            err.print(
                one_line(f"wrote {display_path(output)}"), highlight=False, markup=False, soft_wrap=True
            )
        return
    found = opened.captions(video, steps=steps)
    for span in found:
        write_line(
            json_records.line(json_records.of_caption(span.words)) if as_json else _caption_line(span.words)
        )
    if not found:
        kind, more = (
            ("captions of fixed steps", " --caption-every 1") if steps else ("captions of segments", "")
        )
        err.print(f"It has no {kind}; to make some: playhead index VIDEO --captions{more}", soft_wrap=True)


def write_captions(output: Path, text: str, video_paths: tuple[Path, ...]) -> None:
    """Writes exported captions to a file that indexing does not take for subtitles of the video.

    Subtitles beside a video are taken for what is said in it; captions are not that.

    Raises:
        PlayheadError: the file is, or would be, read as subtitles of the video; nothing is written then.
        LibraryError: it cannot be written.
    """
    is_new = not path_exists(output)
    try:
        if is_new:
            output.touch()
        if any(_is_sidecar(output, path) for path in video_paths):
            if is_new:
                output.unlink()
            raise PlayheadError(
                f"{display_path(output)} would be read as subtitles of the video, as what is said in it; "
                "write captions to another folder or under another name"
            )
        output.write_text(text, "utf-8")
    except OSError as error:
        raise cannot_write(output, error) from error


def _is_sidecar(output: Path, video: Path) -> bool:
    taken = {one.path.resolve() for one in find_sidecars(video).taken} if path_exists(video) else set()
    return output.resolve() in taken


def _caption_line(words: Words) -> str:
    """A line of `captions`: the window, the text and, where it is known, the agreement of samples."""
    caption = parse_caption(words.text)
    agreement = "" if words.confidence is None else f"  (agreement of samples {words.confidence:.2f})"
    return f"{words.window}  {printable_text(caption.text)}{agreement}"

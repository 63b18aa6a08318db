"""The arguments of commands, checked: libraries are opened, and wrong values become usage errors."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from playhead.input_checks import checked_lanes
from playhead.library import Library
from playhead.models import ModelNames
from playhead.options import time_option
from playhead.output import SafeConsole
from playhead_index.search.results import Lane
from playhead_index.window import Window, format_time

SETTING_OPTIONS = {
    "reader": "--reader", "fps": "--fps", "everywhere": "--everywhere", "min_segment_s": "--min-segment",
    "max_segment_s": "--max-segment", "transcribe": "--transcribe", "without_subtitles": "without-subtitles",
    "audio_track": "--audio-track", "language must": "--language must",
}  # fmt: skip
"""How settings and their values are written on the command line."""
err = SafeConsole(stderr=True)
"""Where everything goes that is not the result of a command."""


def open_library(folder: Path, names: ModelNames | None = None) -> Library:
    """A library that is only read, with a line on stderr when it cannot be written to."""
    opened = Library(folder, names)
    if opened.catalog.note:
        err.print(f"note: {opened.catalog.note}", highlight=False, markup=False, soft_wrap=True)
    return opened


def checked(make: Callable[[], Any], options: Mapping[str, str] | None = None) -> Any:
    """What `make` returns.

    Args:
        make: makes it.
        options: names in messages of `make`, and what stands for them on the command line.

    Raises:
        typer.BadParameter: `make` raised ValueError: wrong usage of the command.
    """
    try:
        return make()
    except ValueError as error:
        raise typer.BadParameter(_with_options(str(error), options or {})) from error


def checked_settings(library: Library, settings: Mapping[str, Any]) -> None:
    """Checks the settings of `index` against those of the library.

    Raises:
        typer.BadParameter: a value is wrong, or they do not go together; the message names the options.
    """
    try:
        library.index_settings(settings)
    except ValueError as error:
        raise typer.BadParameter(_with_options(str(error), SETTING_OPTIONS)) from error


def _with_options(message: str, options: Mapping[str, str]) -> str:
    """A message with options in the place of the names that Python has for them."""
    for setting, option in options.items():
        message = re.sub(rf"\b{setting}\b", option, message)
    return message


def window_between(library: Library, from_s: float | None, to_s: float | None) -> Window | None:
    """The window of `--from` and `--to`, each of which may be missing; None when both are.

    Raises:
        typer.BadParameter: it does not end after it starts.
    """
    if from_s is None and to_s is None:
        return None
    longest_s = max((summary.video.duration_s for summary in library.videos()), default=1.0)
    start_s, end_s = from_s or 0.0, longest_s if to_s is None else to_s
    if start_s >= end_s:
        until = f"--to {format_time(end_s)}" if to_s is not None else f"the end, {format_time(end_s)}"
        raise typer.BadParameter(f"--from {format_time(start_s)} is not before {until}")
    return Window(start_s, end_s)


def modalities_named(names: list[str] | None) -> tuple[Lane, ...] | None:
    """The values of `--modality`; None where none was given.

    Raises:
        typer.BadParameter: one of them is unknown.
    """
    return checked(lambda: checked_lanes(names)) if names else None


def speaker_name(text: str) -> tuple[str, str | None]:
    """The label and the new name of `--name LABEL=NAME`; None for a name that is to be taken away.

    Raises:
        typer.BadParameter: it is not of this form.
    """
    label, sign, name = text.partition("=")
    if not sign or not label.strip():
        raise typer.BadParameter(f"--name takes LABEL=NAME, such as 2=Alice, got {text!r}")
    return label.strip(), " ".join(name.split()) or None


def example_moment(text: str) -> tuple[str, float]:
    """The video and the time in seconds of `--like VIDEO@TIME`.

    Raises:
        typer.BadParameter: it is not of this form.
    """
    name, at, time = text.rpartition("@")
    if not at or not name:
        raise typer.BadParameter(f"--like takes VIDEO@TIME, such as talk.mp4@12:30, got {text!r}")
    return name, time_option(time)

"""The tree of errors that all components of Playhead raise.

A `PlayheadError` says what is wrong with a file, a library, a model or a budget. The command line prints it
in one line and exits with 1. A mistake in a call stays a `ValueError` or a `TypeError`. Foreign errors are
mapped once, where the foreign library is called.

    PlayheadError
    ├── VideoError          VideoUnreadable, NoFrames, TimestampOutOfRange
    ├── ImageUnreadable
    ├── WordsError          SubtitlesUnreadable
    ├── LibraryError        LibraryMissing, LibraryUnfinished, LibraryMismatch, LibraryLocked,
    │                       LibraryReadOnly, VideoUnknown, DiskFull
    ├── ModelError          ModelUnavailable, TokenBudgetExceeded, ModelOutputInvalid
    ├── ToolError
    └── AgentStopped        StepLimit, CostLimit, TimeLimit
"""

from pathlib import Path

from playhead_index.paths import display_path


class PlayheadError(Exception):
    """Base of all errors; the message says what was got, what was expected, what to do."""


class VideoError(PlayheadError):
    """Something about one video file."""


class VideoUnreadable(VideoError):
    """A file cannot be read as a video."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(f"{display_path(path)}: {why}")
        self.path = Path(path)
        self.why = why

    def __reduce__(self) -> tuple[type["VideoUnreadable"], tuple[Path, str]]:
        return type(self), (self.path, self.why)


class NoFrames(VideoUnreadable):
    """A frame was requested of a file that holds sound alone."""


class TimestampOutOfRange(VideoError):
    """A requested time lies outside the video."""

    def __init__(self, path: Path | str, requested_s: float, start_s: float, end_s: float) -> None:
        has = f"the video has [{start_s:.3f}, {end_s:.3f}) s"
        super().__init__(f"{display_path(path)}: asked for {requested_s:.3f} s, {has}")
        self.path = Path(path)
        self.requested_s, self.start_s, self.end_s = requested_s, start_s, end_s

    def __reduce__(self) -> tuple[type["TimestampOutOfRange"], tuple[Path, float, float, float]]:
        return type(self), (self.path, self.requested_s, self.start_s, self.end_s)


class ImageUnreadable(PlayheadError):
    """A file cannot be read as an image."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(f"{display_path(path)}: cannot be read as a picture: {why}")
        self.path = Path(path)
        self.why = why

    def __reduce__(self) -> tuple[type["ImageUnreadable"], tuple[Path, str]]:
        return type(self), (self.path, self.why)


class WordsError(PlayheadError):
    """Something about subtitles, speech or screen text."""


class SubtitlesUnreadable(WordsError):
    """A subtitle file cannot be read."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(f"{display_path(path)}: {why}")
        self.path = Path(path)
        self.why = why

    def __reduce__(self) -> tuple[type["SubtitlesUnreadable"], tuple[Path, str]]:
        return type(self), (self.path, self.why)


class LibraryError(PlayheadError):
    """Something about the library folder."""


class LibraryMissing(LibraryError):
    """There is no library where one was expected."""


class LibraryUnfinished(LibraryError):
    """A library was being written when its writer stopped; the message says the command to resume."""


class LibraryMismatch(LibraryError):
    """The request does not fit what the library was built with."""


class LibraryLocked(LibraryError):
    """Another process is writing to the library."""


class LibraryReadOnly(LibraryError):
    """The library can be read by this user, here, and not be changed."""


class VideoUnknown(LibraryError):
    """The library holds no such video."""


class SpeakerUnknown(LibraryError):
    """No speaker of these videos has such a name or label."""


class DiskFull(LibraryError):
    """Nothing more can be written where the library stands."""


class ModelError(PlayheadError):
    """Something about a model."""


class ModelUnavailable(ModelError):
    """A model cannot be loaded; the message names the extra or the download."""


class TokenBudgetExceeded(ModelError):
    """A model call would take more tokens than were allowed."""


class ModelOutputInvalid(ModelError):
    """A model answered something that does not parse.

    `.raw_text` keeps it; `.report` is what its calls took, which is paid for all the same, None where that is
    not known.
    """

    def __init__(self, message: str, raw_text: str, report: object | None = None) -> None:
        super().__init__(message)
        self.raw_text = raw_text
        self.report = report

    def __reduce__(self) -> tuple[type["ModelOutputInvalid"], tuple[str, str, object | None]]:
        return type(self), (str(self), self.raw_text, self.report)


class ToolError(PlayheadError):
    """A tool cannot do what was requested; the agent may read this and try another way."""


class AgentStopped(PlayheadError):
    """A run ended at a limit; `best` keeps its best answer so far, None where there was none."""

    best: object | None = None


class StepLimit(AgentStopped):
    """A run used all its steps."""


class CostLimit(AgentStopped):
    """A run used all its money, tokens or model calls."""


class TimeLimit(AgentStopped):
    """A run used all its seconds."""

"""Finds the video and sound files among files and folders, and what of them cannot be indexed."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from playhead_index.errors import VideoUnreadable
from playhead_index.identity import describe_disk_error
from playhead_index.paths import display_path, expand_path, resolve_path

TRANSPORT_STREAMS = frozenset({".m2t", ".m2ts", ".mts", ".ts"})
VIDEO_SUFFIXES = TRANSPORT_STREAMS | frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "qt", "3gp", "3g2", "f4v", "mkv", "webm", "avi", "divx", "flv", "wmv", "asf"),
        *("mpg", "mpeg", "mpe", "vob", "mxf", "ogv", "ogm", "nut", "dv", "rm", "rmvb", "y4m"),
    )
)
SOUND_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("mp3", "m4a", "m4b", "aac", "wav", "flac", "ogg", "oga", "opus", "wma", "aif", "aiff", "mka"),
        *("amr", "weba", "mp2", "ac3", "eac3", "caf", "w64", "spx", "ape", "wv", "tta", "au"),
    )
)
MEDIA_SUFFIXES = VIDEO_SUFFIXES | SOUND_SUFFIXES
_COMMON = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".ts", ".mp3", ".m4a", ".wav")
_SYNC_BYTE, _PACKET_BYTES, _STAMP_BYTES = b"G", 188, 4
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(?=[^/])")
NO_FILE = "there is no such file or folder"
A_URL = (
    "this is an address, not a file: download the video first (for example with yt-dlp), then index the file"
)


@dataclass(frozen=True, slots=True)
class FoundVideos:
    """What files and folders hold.

    Args:
        videos: videos and sound files, each once, in the order given and sorted inside folders.
        unreadable: what is there and cannot be read: folders, files in folders that may not be entered, links
            that lead in a circle.
        refused: arguments in which there is nothing to take: a path that does not exist, a URL, a folder
            without videos and sound files.
        skipped: a line for each folder with videos in which symbolic links were skipped.
    """

    videos: tuple[Path, ...] = ()
    unreadable: tuple[VideoUnreadable, ...] = ()
    refused: tuple[VideoUnreadable, ...] = ()
    skipped: tuple[str, ...] = ()


def find_videos(paths: Iterable[Path | str]) -> FoundVideos:
    """The video and sound files meant by files and folders; what cannot be read is named beside them.

    A file that is named is taken whatever it is called. In a folder, and in those below it, files are
    known by their suffix (`.ts` and its like by their first bytes too, since programs are called that);
    hidden files and folders are left out, and links lead only to files inside the same folder.
    """
    videos: dict[Path, Path] = {}
    unreadable: list[VideoUnreadable] = []
    refused: list[VideoUnreadable] = []
    skipped: list[str] = []
    for path in map(expand_path, paths):
        try:
            mode = path.stat().st_mode
        except PermissionError as error:
            unreadable.append(VideoUnreadable(path, describe_disk_error(error)))
            continue
        except (OSError, ValueError) as error:
            refused.append(_why_refused(path, error))
            continue
        if not S_ISDIR(mode):
            videos.setdefault(resolve_path(path), path)
            continue
        folder_scan = _FolderScan(path)
        for video in folder_scan:
            videos.setdefault(resolve_path(video), video)
        unreadable += folder_scan.unreadable
        if folder_scan.is_empty:
            refused.append(VideoUnreadable(path, folder_scan.describe_empty()))
        elif links := folder_scan.describe_skipped_links():
            skipped.append(f"{display_path(path)}: {links}")
    return FoundVideos(tuple(videos.values()), tuple(unreadable), tuple(refused), tuple(skipped))


def _why_refused(path: Path, error: OSError | ValueError) -> VideoUnreadable:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return VideoUnreadable(path, describe_disk_error(error))
    if address := _URL.match(str(path)):
        return VideoUnreadable(f"{address[1]}://{str(path)[address.end() :]}", A_URL)
    return VideoUnreadable(path, "this link leads to nothing" if path.is_symlink() else NO_FILE)


class _FolderScan:
    """Iterates over the videos and sound files of one folder; counts what is skipped, by reason."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._root = folder, resolve_path(folder)
        self._n_videos = 0
        self._skipped: Counter[str] = Counter()
        self.unreadable: list[VideoUnreadable] = []

    @property
    def is_empty(self) -> bool:
        """Nothing was taken, and nothing was unreadable either."""
        return not self._n_videos and not self.unreadable

    def __iter__(self) -> Iterator[Path]:
        for place, folders, files in os.walk(self._folder, onerror=self._note):
            here = Path(place)
            self._skipped["hidden"] += sum(name.startswith(".") for name in (*folders, *files))
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            self._skipped["folder link"] += sum((here / name).is_symlink() for name in folders)
            for path in (here / name for name in sorted(files) if not name.startswith(".")):
                try:
                    why_not = self._why_not(path)
                except OSError as error:
                    self._note(error, path)
                    continue
                if why_not:
                    self._skipped[why_not] += 1
                else:
                    self._n_videos += 1
                    yield path

    def _note(self, error: OSError, path: Path | None = None) -> None:
        where = path or Path(error.filename or self._folder)
        self.unreadable.append(VideoUnreadable(where, describe_disk_error(error)))

    def _why_not(self, path: Path) -> str | None:
        """Why a file of the folder is neither video nor sound; None for one that is to be taken."""
        if path.suffix.lower() not in MEDIA_SUFFIXES:
            return "other"
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            return "broken link" if path.is_symlink() else "gone"
        if not resolve_path(path).is_relative_to(self._root):
            return "link outside"
        return None if S_ISREG(mode) and _matches_suffix(path) else "other"

    def describe_empty(self) -> str:
        """Which suffixes were searched for, and how much was skipped, in one line."""
        more = len(MEDIA_SUFFIXES) - len(_COMMON)
        summary = (
            f"no videos or sound files in this folder (looked for {', '.join(_COMMON)}"
            f" and {more} more suffixes)"
        )
        counts = self._counts(why for why, _, _ in _SKIPPED)
        if not counts:
            return f"{summary}; it holds no files"
        return f"{summary}; skipped: {', '.join(counts)}; a file that is named is taken whatever it is called"

    def describe_skipped_links(self) -> str:
        """How many links were skipped, in one line; empty when none was."""
        counts = self._counts(_LINKS)
        return f"skipped {', '.join(counts)}; a link that is named itself is followed" if counts else ""

    def _counts(self, reasons: Iterable[str]) -> list[str]:
        selected = set(reasons)
        return [
            _count_phrase(self._skipped[why], singular, plural)
            for why, singular, plural in _SKIPPED
            if why in selected and self._skipped[why]
        ]


_LINKS = ("link outside", "broken link", "folder link")
_SKIPPED = (
    ("link outside", "link that leads outside it", "links that lead outside it"),
    ("broken link", "link to nothing", "links to nothing"),
    ("folder link", "link to a folder", "links to folders"),
    ("hidden", "hidden file or folder", "hidden files or folders"),
    ("other", "other file", "other files"),
)


def _count_phrase(count: int, singular: str, plural: str) -> str:
    return f"{count} {singular if count == 1 else plural}"


def _matches_suffix(path: Path) -> bool:
    """Whether a file is what its suffix says; only transport streams are checked, by their sync bytes."""
    if path.suffix.lower() not in TRANSPORT_STREAMS:
        return True
    with path.open("rb") as file:
        head = file.read(2 * (_PACKET_BYTES + _STAMP_BYTES))
    plain = head[:1] + head[_PACKET_BYTES : _PACKET_BYTES + 1]
    with_stamps = head[_STAMP_BYTES : _STAMP_BYTES + 1] + head[_PACKET_BYTES + 2 * _STAMP_BYTES :][:1]
    return 2 * _SYNC_BYTE in (plain, with_stamps)

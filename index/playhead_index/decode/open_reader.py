"""Chooses how a video file is read; importing this loads no decoder."""

from pathlib import Path

from playhead_index.decode.protocol import VideoReader

READERS = ("auto", "pyav", "decord")


def open_reader(path: Path | str, name: str = "auto") -> VideoReader:
    """A reader of one file; the file is opened by the first call of a method.

    Args:
        path: the video file.
        name: `pyav` reads every file exactly; `decord` is there for those who want it; `auto` is `pyav`.

    Raises:
        ValueError: the name is none of `READERS`.
        VideoUnreadable: `decord` was requested and is not installed.
    """
    if name not in READERS:
        raise ValueError(f"no reader is called {name!r}; choose one of {', '.join(READERS)}")
    if name == "decord":
        from playhead_index.decode.decord import DecordReader

        return DecordReader(Path(path))
    from playhead_index.decode.pyav import PyavReader

    return PyavReader(Path(path))

"""One indexing run in a process of its own, with models that need no weights, killed where a test says.

`python indexing.py LIBRARY VIDEO [KILL [SETTINGS]]`: SETTINGS is JSON of the settings that are given,
otherwise `RECIPE`; KILL is `TEXT#N`: the process sends itself SIGKILL just before
the N-th SQL statement that begins with TEXT. The statements are watched through sqlite3's own
trace of every connection that is made in this process; nothing of the product is changed.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.build import VideoReport, build_library
from playhead_index.decode import open_reader
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import Catalog
from playhead_index.testing import FakeEmbedder, FakeTextEmbedder
from playhead_index.window import Window
from playhead_index.words.protocol import (
    NO_HINTS,
    GeneratedCaption,
    RecognitionHints,
    SegmentFrames,
    TranscribedChunk,
    TranscriberTag,
    Words,
)

RECIPE = IndexSettings(fps=4.0, everywhere=True, batch_size=4, read_screen_every_s=0.2, transcribe="always")


class Brightness:
    """A `ScreenReader` that reads how bright a picture is."""

    name = "ocr:brightness"

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """One line that names the mean of the picture, in steps."""
        return [(f"brightness {int(rgb.mean()) // 8}", 0.9)]


class EverySecond:
    """A `Transcriber` that hears one word a second, in chunks of four seconds."""

    name = "asr:seconds"
    tag = TranscriberTag()

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """One span a whole second."""
        sound_s = sum(len(piece) for piece in pieces) / rate_hz
        seconds = range(int(min(sound_s, duration_s)))
        for chunk in (seconds[i : i + 4] for i in range(0, len(seconds), 4)):
            if chunk.stop > done_s:
                words = [Words("speech", self.name, Window(s, s + 1), "one more second") for s in chunk]
                yield TranscribedChunk(Window(chunk.start, chunk.stop), tuple(words))


class FrameCounter:
    """A `Captioner` that says when a segment begins."""

    name = "captioner:counter"
    batch = 2

    def prepare(self) -> None:
        """Nothing: there is no model."""

    def caption(self, segments: Sequence[SegmentFrames]) -> list[GeneratedCaption]:
        """A sentence a segment with the window in it."""
        return [
            GeneratedCaption(f"{len(s.frames)} pictures from {s.window.start_s:.3f} to {s.window.end_s:.3f}")
            for s in segments
        ]


def load_models() -> Models:
    """A model for every role."""
    return Models(
        FakeEmbedder(), FakeEmbedder(), FakeTextEmbedder(), EverySecond(), Brightness(), FrameCounter()
    )


def index(
    library: Path, video: Path, settings: IndexSettings | Mapping[str, Any] = RECIPE
) -> list[VideoReport]:
    """One run over one video, in this process."""
    return list(build_library(library, [video], settings, load_models, InProcess()))


def video_job(
    catalog: Catalog,
    video_id: str,
    models: Models,
    *,
    path: Path | None = None,
    settings: IndexSettings | None = None,
) -> VideoJob:
    """The job of a video that is in a catalog, for stages that a test calls directly.

    Without a path the stages must not read the file.
    """
    reader = open_reader(path) if path is not None else None
    info = reader.probe() if reader is not None else None
    return VideoJob(
        catalog,
        video_id,
        path or Path(),
        reader,  # type: ignore[arg-type]
        info,  # type: ignore[arg-type]
        settings or IndexSettings(),
        models,
    )


def environment() -> dict[str, str]:
    """The environment of a Python process that imports what this one can."""
    return os.environ | {"PYTHONPATH": ":".join(sys.path)}


def run_python(code: str, *arguments: object) -> str:
    """What a Python process of its own prints, or the error it ends with."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return done.stdout or done.stderr


def kill_before(text: str, count: int) -> None:
    """Makes this process kill itself before the `count`-th statement that begins with `text`."""
    seen = 0

    def watch(statement: str) -> None:
        nonlocal seen
        seen += statement.lstrip().startswith(text)
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = plain_connect(*arguments, **options)
        connection.set_trace_callback(watch)
        return connection

    plain_connect = sqlite3.connect
    sqlite3.connect = connect


if __name__ == "__main__":
    if len(sys.argv) > 3:
        prefix, _, number = sys.argv[3].rpartition("#")
        kill_before(prefix, int(number))
    given = json.loads(sys.argv[4]) if len(sys.argv) > 4 else RECIPE
    print([report.status for report in index(Path(sys.argv[1]), Path(sys.argv[2]), given)])

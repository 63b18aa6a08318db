"""The progress of an indexing run, read from the job table while it goes."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from playhead.caption_view import money_suffix
from playhead_index.caption_run import CaptionUsage
from playhead_index.clean_text import one_line
from playhead_index.errors import PlayheadError
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, read_stages
from playhead_index.video_names import video_names

POLL_S = 0.5
SHARES = {
    "subtitles": 0.01, "speech": 0.2, "speakers": 0.05, "look": 0.38, "segment": 0.05, "screen": 0.25,
    "caption": 0.02, "meaning": 0.03, "transcript": 0.01,
}  # fmt: skip
DOING = {
    "subtitles": "reading subtitles", "speech": "recognising speech", "speakers": "telling speakers apart",
    "look": "sampling frames",
    "segment": "segmenting", "screen": "reading screen text", "caption": "captioning",
    "meaning": "embedding text", "transcript": "segmenting the transcript",
}  # fmt: skip


class ProgressWatcher:
    """Inside, bars on stderr show how far each video has come; nothing when stderr is no terminal."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._folder = folder
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[doing]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._captions: TaskID | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "ProgressWatcher":
        self._progress.start()
        if not self._progress.disable:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._progress.stop()

    def show_captions(self, usage: CaptionUsage, num_windows: int) -> None:
        """Shows how many of the windows of a run have been captioned."""
        if self._captions is None:
            self._captions = self._progress.add_task("captions", total=num_windows, doing="")
        doing = f"captioned {usage.windows:,} of {num_windows:,}{money_suffix(usage)}"
        self._progress.update(self._captions, completed=usage.windows, doing=doing)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Inside, the bars are away, so that a question can be asked."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            try:
                for name, done, doing in running(Catalog(self._folder)):
                    self._show(name, done, doing)
            except PlayheadError:
                continue  # the library is only just being made, or its writer holds it: look again

    def _show(self, name: str, done: float, doing: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(escape(one_line(name)), total=1.0, doing=doing)
        self._progress.update(self._tasks[name], completed=done, doing=doing, visible=done < 1.0)


def running(catalog: Catalog) -> Sequence[tuple[str, float, str]]:
    """(name, fraction done, what is being done) of each video."""
    lines: list[tuple[str, float, str]] = []
    names = video_names(catalog)
    for video in catalog.videos():
        video_id, duration_s = video.video_id, video.duration_s
        lines.append((names[video_id], *_fraction(read_stages(catalog, video_id), duration_s)))
    return lines


def _fraction(stages: Mapping[str, Stage], duration_s: float) -> tuple[float, str]:
    if "finish" in stages and stages["finish"].status == "done":
        return 1.0, "done"
    done, doing = 0.0, "reading the file"
    for name, share in SHARES.items():
        stage = stages.get(name)
        if stage is None:
            continue
        if stage.status in ("done", "off"):
            done += share
        elif stage.status == "running":
            done += share * min(stage.position_s / duration_s, 1.0)
            doing = DOING[name]
    return done, doing

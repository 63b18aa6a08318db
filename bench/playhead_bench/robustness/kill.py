"""Commands of the product are killed (SIGKILL) at random instants, and run again to the end.

The library must then be the one that the same commands make undisturbed: every table row by row, every
vector file byte by byte, full-text indexes, manifest, `verify`. The commands are the product's own, with real
models: a sentence encoder, OCR, faster-whisper, and the nano video model that writes captions for chapters.
"""

import json
import random
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from playhead_bench.robustness.media import RATE_HZ, Slide, find_utterances, join_utterances, write_video
from playhead_bench.robustness.snapshot import Difference, Snapshot, catalog_copy, compare, read_snapshot
from playhead_bench.robustness.worker import CommandEnd, Worker, WorkerServer
from playhead_index.store.catalog import CATALOG_NAME
from playhead_index.store.job_table import STAGES_OF_EACH_VIDEO

NUM_UTTERANCES = 30
"""Recognised as more than the 16 spans that the product commits at a time, well before their end."""
MAX_KILLS_IN_A_ROW = 4
SHORT_S = 1.0
"""Of shorter commands half the kills come soon after their first write: few would by time alone."""
SOON_S = 0.02
POLL_S = 0.02
_SLIDES = ("BLUE WHALE", "QUARTERLY REPORT", "OLD BRIDGE", "TIDE TABLES", "THE END")
_NO_CATALOG = "before the catalog"
_SCAN = "scan"
_BEHIND = "behind the last stage"


@dataclass(frozen=True, slots=True)
class KillStep:
    """A command that is killed, and what is done to the video files before it.

    Args:
        name: for the report.
        arguments: of the command; `{media}` stands for the folder of videos.
        weight: how often it is drawn, beside the others.
        moves: (old, new) names of video files in the folder, moved before the step.
        garbage: files that nothing points to are put into the library before the step.
    """

    name: str
    arguments: tuple[str, ...]
    weight: int
    moves: tuple[tuple[str, str], ...] = ()
    garbage: tuple[str, ...] = ()


STEPS = (
    KillStep("index", ("index", "{media}"), 45),
    KillStep("clock", ("clock", "film.mp4", "2024-05-17T14:30:12+00:00"), 5),
    KillStep("show --chapters", ("show", "talk.mkv", "--chapters"), 6),
    KillStep(
        "relink",
        ("relink", "{media}"),
        8,
        (("talk.mkv", "moved/speech.mkv"), ("film.mp4", "moved/harbour.mp4")),
    ),
    KillStep(
        "index, other settings",
        ("index", "{media}", "--transcribe", "always", "--fps", "0.5", "--max-segment", "8"),
        14,
    ),
    KillStep("remove", ("remove", "harbour.mp4"), 5),
    KillStep("gc", ("gc",), 5, garbage=("vectors/layout/v0123456789abcdef0123.f16", "cache/left-behind")),
    KillStep("index, one more", ("index", "{media}"), 12),
)
"""In this order; each is killed on a copy of the library that the steps before it have made undisturbed."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill.

    Args:
        step: name of the step.
        after_s: seconds after the start of the command.
        stage: in which the kill fell: the first stage whose line in the job table is not yet that of the
            finished library; for the other commands whether the catalog is as before or as after.
    """

    step: str
    after_s: float
    stage: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One command that was killed some times and then ended.

    Args:
        number: with the seed of the run it gives the same instants again.
        difference: to the library of the undisturbed run.
        problems: what `verify` says.
        unexpected: commands that ended by themselves otherwise than with exit code 0, as text.
    """

    number: int
    step: str
    kills: tuple[Kill, ...]
    difference: Difference
    problems: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    tracebacks: int = 0

    @property
    def is_clean(self) -> bool:
        """The library is as it should be and no command failed."""
        return self.difference.is_empty and not self.problems and not self.unexpected


@dataclass(frozen=True, slots=True)
class KillSettings:
    """What a run is made with.

    Args:
        kills: how many there are at least.
        seed: of the instants and of the order of the steps.
        speech_model: folder of a faster-whisper model.
        speech_data: folder of short recordings of speech.
        work: folder for libraries; what differs stays there.
        lanes: libraries that are worked on at a time.
        only: number of the one trial to run again.
        steps: names of the steps to kill; all when empty.
        minutes: after which no further trial begins, however few kills there are by then.
    """

    kills: int
    seed: int
    speech_model: Path
    speech_data: Path
    work: Path
    lanes: int = 2
    only: int | None = None
    steps: tuple[str, ...] = ()
    minutes: float = 20.0

    @property
    def models(self) -> tuple[str, ...]:
        """Options of `index` that name the models."""
        return (
            "--words-model", "offline:", "--speech-model", str(self.speech_model),
            "--profile", "nano", "--video-model", "nano:", "--captions",
        )  # fmt: skip


def write_media(folder: Path, speech_data: Path) -> None:
    """Writes the two videos: speech under slides, and one with a subtitle track.

    Raises:
        FileNotFoundError: `speech_data` holds too few short recordings.
    """
    folder.mkdir(parents=True)
    utterances = find_utterances(speech_data, NUM_UTTERANCES)
    sound, _ = join_utterances(utterances)
    slide_s = len(sound) / RATE_HZ / 8
    write_video(folder / "talk.mkv", [Slide(_SLIDES[i % 5], slide_s) for i in range(8)], sound)
    sound, windows = join_utterances(utterances[:3])
    cues = [(start_s, end_s, f"line {number} of the film") for number, (start_s, end_s) in enumerate(windows)]
    slides = [Slide(text, len(sound) / RATE_HZ / 3) for text in ("HARBOUR", "LIGHTHOUSE", "STORM")]
    write_video(folder / "film.mp4", slides, sound, cues)


@dataclass(frozen=True, slots=True)
class KillPlace:
    """Where in a command a kill fell.

    Args:
        stage: of the job table, or words for what is none.
        video_id: of the video that was worked on; "" where none is.
    """

    stage: str
    video_id: str = ""


@dataclass(frozen=True, slots=True)
class KillTimeline:
    """When the stages of an undisturbed command end.

    Args:
        ends: (seconds from the start, video id, stage), ascending.
        duration_s: of the whole command.
    """

    ends: tuple[tuple[float, str, str], ...]
    duration_s: float

    @classmethod
    def of(cls, end_times: Mapping[tuple[str, str], float], duration_s: float) -> "KillTimeline":
        """From the time at which each (video id, stage) was first seen ended."""
        return cls(tuple(sorted((at_s, *key) for key, at_s in end_times.items())), duration_s)

    def draw(self, dice: random.Random, begun: KillPlace) -> float:
        """Seconds until a kill: half of them even over the time, half even over the stages.

        Args:
            dice: random numbers.
            begun: where the command takes up work; what lies before it is not drawn.
        """
        at = next((i for i, (_, *key) in enumerate(self.ends) if key == [begun.video_id, begun.stage]), 0)
        times_s = [*(end_s for end_s, *_ in self.ends), self.duration_s]
        starts_s = [0.0, *times_s[:-1]]
        begin_s = starts_s[at]
        if dice.random() < 0.5 or not self.ends:
            return dice.uniform(begin_s, self.duration_s) - begin_s
        stage = dice.randrange(at, len(times_s))
        return dice.uniform(starts_s[stage], times_s[stage]) - begin_s


@dataclass(slots=True)
class KillLane:
    """A folder in which one library after the other is worked on, with what undisturbed runs make there.

    Args:
        media: the folder of videos; the same path for all libraries of the lane.
        states: the library before the first step (which is not there) and after each step.
        snapshots: their content; None where there is no library.
        timelines: how long each step takes undisturbed, and its stages.
    """

    folder: Path
    settings: KillSettings
    server: WorkerServer
    media: Path = field(init=False)
    states: list[Path] = field(init=False, default_factory=list)
    snapshots: list[Snapshot | None] = field(init=False, default_factory=list)
    timelines: list["KillTimeline"] = field(init=False, default_factory=list)
    _pace: dict[str, float] = field(init=False, default_factory=dict)
    _worker: Worker | None = field(init=False, default=None)

    def prepare(self, videos: Path) -> None:
        """Runs every step undisturbed and keeps what the library holds after each.

        Raises:
            RuntimeError: a step fails without being disturbed.
        """
        self.media = self.folder / "media"
        shutil.copytree(videos, self.media)
        self.states, self.snapshots = [self.folder / "state-0"], [None]
        for number, step in enumerate(STEPS):
            self.arrange(number)
            library = self.restore(number, self.folder / f"state-{number + 1}")
            with _stage_end_times(library) as end_times:
                end = self.run(step, library)
            if end.exit_code != 0:
                raise RuntimeError(f"{step.name} fails undisturbed (exit {end.exit_code}):\n{end.output}")
            self.states.append(library)
            self.snapshots.append(read_snapshot(library))
            self.timelines.append(KillTimeline.of(end_times, end.seconds))

    def arrange(self, number: int) -> None:
        """Moves the video files to where they stand before step `number`."""
        moved = [move for step in STEPS[: number + 1] for move in step.moves]
        for move in (move for step in STEPS for move in step.moves):
            old, new = (self.media / name for name in move)
            source, target = (old, new) if move in moved else (new, old)
            if source.exists():
                target.parent.mkdir(exist_ok=True)
                source.rename(target)

    def restore(self, number: int, library: Path) -> Path:
        """A copy of the library as it is before step `number`."""
        shutil.rmtree(library, ignore_errors=True)
        if self.snapshots[number] is not None:
            shutil.copytree(self.states[number], library)
        for name in STEPS[number].garbage:
            (library / name).parent.mkdir(parents=True, exist_ok=True)
            (library / name).write_bytes(bytes(4096))
        return library

    def run(
        self,
        step: KillStep,
        library: Path,
        kill_after_s: float | None = None,
        armed_by: Callable[[], object] | None = None,
    ) -> CommandEnd:
        """Runs the command of a step in a ready worker."""
        arguments = [part.replace("{media}", str(self.media)) for part in step.arguments]
        if step.arguments[0] == "index":
            arguments += self.settings.models
        return self.execute([*arguments, "--library", str(library)], kill_after_s, armed_by)

    def execute(
        self,
        arguments: Sequence[str],
        kill_after_s: float | None = None,
        armed_by: Callable[[], object] | None = None,
    ) -> CommandEnd:
        """Runs any command in a ready worker."""
        if self._worker is None or not self._worker.is_alive:
            self._worker = self.server.take()
        return self._worker.run(arguments, kill_after_s, armed_by=armed_by)

    def close(self) -> None:
        """Ends the worker."""
        if self._worker is not None:
            self._worker.kill()

    def trial(self, number: int) -> Trial:
        """Kills one step, once or several times in a row, lets it end, and compares."""
        dice = random.Random(f"{self.settings.seed}:{number}")
        at = _draw_step(dice, self.settings.steps)
        step, after = STEPS[at], self.snapshots[at + 1]
        assert after is not None
        self.arrange(at)
        library = self.restore(at, self.folder / f"trial-{number}")
        before = None if self.snapshots[at] is None else read_snapshot(library)
        kills: list[Kill] = []
        unexpected: list[str] = []
        place = KillPlace(_NO_CATALOG)
        timeline = self.timelines[at]
        for attempt in range(MAX_KILLS_IN_A_ROW + 1):
            if attempt == MAX_KILLS_IN_A_ROW:
                end = self.run(step, library)
            elif timeline.duration_s < SHORT_S and dice.random() < 0.5:
                state = partial(_written_files, library)
                end = self.run(step, library, dice.uniform(0.0, SOON_S), armed_by=state)
            else:
                pace = self._pace.get(step.name, 1.0)
                end = self.run(step, library, timeline.draw(dice, place) * pace)
            if not end.killed:
                if not kills:  # an undisturbed run: the machine may be faster or slower by now
                    self._pace[step.name] = end.seconds / timeline.duration_s
                break
            place = killed_place(library, before, after, is_index=step.arguments[0] == "index")
            kills.append(Kill(step.name, end.seconds, place.stage))
        tracebacks = int(end.has_traceback)
        if kills and _is_already_done(step, end):
            self.execute(
                ["gc", "--library", str(library)]
            )  # deletes the vectors that a killed `remove` leaves
        elif end.exit_code != 0:
            unexpected.append(f"{step.name}: exit {end.exit_code}: {_last_line(end.output)}")
        checked = self.execute(["verify", "--json", "--library", str(library)])
        problems = tuple(checked.output.splitlines()) if checked.exit_code else ()
        difference = compare(after, read_snapshot(library))
        failed = tuple(unexpected)
        trial = Trial(number, step.name, tuple(kills), difference, problems, failed, tracebacks)
        if trial.is_clean:
            shutil.rmtree(library)
        return trial


def killed_place(library: Path, before: Snapshot | None, after: Snapshot, *, is_index: bool) -> KillPlace:
    """Where a kill fell, as the catalog of the killed library tells.

    For `index` the first stage, in the order in which videos and stages are worked on, whose line in the job
    table is not that of the finished library. For other commands whether their write is done.
    """
    try:
        found = read_snapshot(library)
    except OSError:
        return KillPlace(_NO_CATALOG)
    if not is_index:
        if before is not None and found.tables == before.tables and found.vectors == before.vectors:
            return KillPlace("before its writes")
        is_done = (found.tables, found.vectors, found.manifest) == (
            after.tables,
            after.vectors,
            after.manifest,
        )
        return KillPlace("behind its writes" if is_done else "between two writes")
    with catalog_copy(library) as connection:
        if "stage" not in found.tables:
            return KillPlace(_NO_CATALOG)
        rows = connection.execute("SELECT video_id FROM video ORDER BY added_at").fetchall()
    videos = [video_id for (video_id,) in rows]
    done = set(after.tables["stage"])
    now = {(row[0], row[1]): row for row in found.tables["stage"]}
    for video_id in videos:
        for stage in STAGES_OF_EACH_VIDEO:
            if now.get((video_id, stage)) not in done:
                return KillPlace(stage, video_id)
    known = {row[0] for row in after.tables["video"]}
    return KillPlace(_BEHIND if known <= set(videos) else _SCAN)


@contextmanager
def _stage_end_times(library: Path) -> Iterator[dict[tuple[str, str], float]]:
    """Inside, the seconds at which each (video, stage) is first seen ended, from now on, are filled in."""
    end_times: dict[tuple[str, str], float] = {}
    ended, began = threading.Event(), time.perf_counter()

    def poll() -> None:
        while not ended.wait(POLL_S):
            with (
                suppress(sqlite3.Error),
                closing(sqlite3.connect(f"file:{library / CATALOG_NAME}?mode=ro", uri=True)) as connection,
            ):
                for key in connection.execute("SELECT video_id, name FROM stage WHERE status <> 'running'"):
                    end_times.setdefault(key, time.perf_counter() - began)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield end_times
    finally:
        ended.set()
        thread.join()


def _written_files(library: Path) -> list[tuple[str, int, int]]:
    """Size and time of change of the files with a library's content; an empty log comes with opening it."""
    files = []
    for entry in [*_entries(library), *_entries(library / "vectors")]:
        if not entry.name.startswith("writer.") and not entry.name.endswith("-shm"):
            with suppress(FileNotFoundError):
                if (stat := entry.stat()).st_size:
                    files.append((entry.name, stat.st_size, stat.st_mtime_ns))
    return files


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def run_kills(settings: KillSettings, say: Callable[[str], None]) -> dict[str, Any]:
    """Kills commands until there are `settings.kills` kills; the record of the run.

    Args:
        settings: of the run.
        say: called with a line of progress now and then.

    Raises:
        FileNotFoundError: there is too little speech in `settings.speech_data`.
        RuntimeError: a step fails without being disturbed.
    """
    began = time.monotonic()
    settings.work.mkdir(parents=True, exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="kills-", dir=settings.work)).resolve()
    write_media(run / "videos", settings.speech_data)
    warm_video = write_video(run / "warm.mkv", [Slide("WARM", 2.0)], join_utterances([])[0])
    warm_up = [["index", str(warm_video), "--library", "{scratch}/library", *settings.models]]
    with WorkerServer(warm_up, spare=settings.lanes + 1) as server:
        lanes = [KillLane(run / f"lane-{number}", settings, server) for number in range(settings.lanes)]
        with ThreadPoolExecutor(settings.lanes) as pool:
            list(pool.map(lambda lane: lane.prepare(run / "videos"), lanes))
            undisturbed = [_lane_difference(lanes[0], lane) for lane in lanes[1:]]
            timelines = zip(STEPS, lanes[0].timelines, strict=True)
            seconds = {step.name: round(timeline.duration_s, 2) for step, timeline in timelines}
            say(f"undisturbed: {seconds}, {time.monotonic() - began:.0f} s so far")
            trials = _trials(lanes, settings, pool, say, began + 60.0 * settings.minutes)
        for lane in lanes:
            lane.close()
    if all(trial.is_clean for trial in trials):
        shutil.rmtree(run)
    return report(trials, seconds, sum(undisturbed), settings, time.monotonic() - began, run)


def _trials(
    lanes: Sequence[KillLane],
    settings: KillSettings,
    pool: ThreadPoolExecutor,
    say: Callable[[str], None],
    until_s: float,
) -> list[Trial]:
    if settings.only is not None:
        return [lanes[0].trial(settings.only)]
    numbers = iter(range(1_000_000))
    lock = threading.Lock()
    trials: list[Trial] = []

    def work(lane: KillLane) -> None:
        while sum(len(trial.kills) for trial in trials) < settings.kills and time.monotonic() < until_s:
            with lock:
                number = next(numbers)
            trial = lane.trial(number)
            with lock:
                trials.append(trial)
                state = "same" if trial.is_clean else "DIFFERS"
                total = sum(len(trial.kills) for trial in trials)
                stages = ", ".join(kill.stage for kill in trial.kills) or "ended before the kill"
                say(f"{total:4} kills; trial {number}, {trial.step}: {stages}; {state}")

    list(pool.map(work, lanes))
    return sorted(trials, key=lambda trial: trial.number)


def report(
    trials: Sequence[Trial],
    seconds: Mapping[str, float],
    undisturbed_differences: int,
    settings: KillSettings,
    took_s: float,
    folder: Path,
) -> dict[str, Any]:
    """The record of a run, for JSON."""
    kills = [kill for trial in trials for kill in trial.kills]
    steps = {step.name: _step_record(step.name, trials, seconds) for step in STEPS}
    unclean = [_trial_record(trial) for trial in trials if not trial.is_clean]
    return {
        "seed": settings.seed,
        "kills": len(kills),
        "kills_wanted": settings.kills if settings.only is None else None,
        "trials": len(trials),
        "seconds": round(took_s, 1),
        "undisturbed_libraries_that_differ": undisturbed_differences,
        "rows_lost": sum(len(trial.difference.lost) for trial in trials),
        "rows_doubled": sum(len(trial.difference.doubled) for trial in trials),
        "rows_changed": sum(len(trial.difference.changed) for trial in trials),
        "vector_files_different": sum(len(trial.difference.vectors) for trial in trials),
        "manifests_different": sum(trial.difference.manifest for trial in trials),
        "integrity_problems": sum(len(trial.difference.damage) for trial in trials),
        "verify_problems": sum(len(trial.problems) for trial in trials),
        "unexpected_exits": sum(len(trial.unexpected) for trial in trials),
        "tracebacks": sum(trial.tracebacks for trial in trials),
        "leftover_files": dict(
            Counter(_without_pid(name) for trial in trials for name in trial.difference.leftovers)
        ),
        "steps": {name: record for name, record in steps.items() if record["trials"]},
        "stages": dict(Counter(f"{kill.step}: {kill.stage}" for kill in kills).most_common()),
        "not_clean": unclean,
        "folder": str(folder) if unclean else "",
    }


def _step_record(name: str, trials: Sequence[Trial], seconds: Mapping[str, float]) -> dict[str, Any]:
    own = [trial for trial in trials if trial.step == name]
    after_s = [kill.after_s for trial in own for kill in trial.kills]
    return {
        "trials": len(own),
        "kills": len(after_s),
        "undisturbed_s": seconds.get(name),
        "median_kill_s": round(statistics.median(after_s), 3) if after_s else None,
        "not_clean": sum(not trial.is_clean for trial in own),
    }


def _trial_record(trial: Trial, max_rows: int = 8) -> dict[str, Any]:
    difference = trial.difference
    return {
        "trial": trial.number,
        "step": trial.step,
        "kills": [f"{kill.stage} after {kill.after_s:.3f} s" for kill in trial.kills],
        "lost": [f"{table}: {row}" for table, row in difference.lost[:max_rows]],
        "doubled": [f"{table}: {row}" for table, row in difference.doubled[:max_rows]],
        "changed": [f"{table}: {row}" for table, row in difference.changed[:max_rows]],
        "vectors": list(difference.vectors),
        "manifest_differs": difference.manifest,
        "damage": list(difference.damage),
        "verify": list(trial.problems),
        "unexpected": list(trial.unexpected),
    }


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """The record as lines for people (Markdown)."""
    kills, trials = record["kills"], record["trials"]
    goal = f" of {record['kills_wanted']}" if (record["kills_wanted"] or 0) > kills else ""
    yield f"{kills}{goal} kills in {trials} trials, {record['seconds']} s, seed {record['seed']}"
    yield "| command | undisturbed | trials | kills | not as undisturbed |"
    yield "|---|---|---|---|---|"
    for name, step in record["steps"].items():
        yield (
            f"| {name} | {step['undisturbed_s']} s | {step['trials']} | {step['kills']} "
            f"| {step['not_clean']} |"
        )
    yield ""
    yield "| counted | number |"
    yield "|---|---|"
    for key, value in record.items():
        if isinstance(value, int) and key not in ("seed", "kills", "kills_wanted", "trials"):
            yield f"| {key.replace('_', ' ')} | {value} |"
    yield f"| leftover files | {json.dumps(record['leftover_files'])} |"
    yield ""
    yield "kills by stage: " + ", ".join(f"{stage} {n}" for stage, n in record["stages"].items())
    for trial in record["not_clean"]:
        yield f"not clean: {json.dumps(trial, ensure_ascii=False)}"


def _draw_step(dice: random.Random, names: Sequence[str]) -> int:
    numbers = [number for number, step in enumerate(STEPS) if not names or step.name in names]
    return dice.choices(numbers, [STEPS[number].weight for number in numbers])[0]


def _lane_difference(one: KillLane, other: KillLane) -> int:
    """How many states differ between two undisturbed lanes, the names of their folders aside."""
    pairs = zip(one.snapshots, other.snapshots, strict=True)
    return sum(
        a is not None and b is not None and (a.vectors, a.manifest) != (b.vectors, b.manifest)
        for a, b in pairs
    )


def _is_already_done(step: KillStep, end: CommandEnd) -> bool:
    """`remove` of a video that the killed run has already removed says that there is none."""
    return step.name == "remove" and end.exit_code == 1 and "no video" in end.output


def _last_line(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "")


def _without_pid(name: str) -> str:
    return ".".join("PID" if part.isdigit() else part for part in name.split("."))

"""Mutated videos through the product's `index` of a folder, under limits on time and memory.

Each child indexes some mutants and, sorted behind them, a file that is good. Whatever a mutant does, the good
file must be in the library at the end. A mutant that stops the run is taken out and the rest is run again.
"""

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playhead_bench.robustness.limits import ChildEnd, LimitedChild, Limits
from playhead_bench.robustness.media import Slide, write_video
from playhead_bench.robustness.mutate import mutate_video
from playhead_index.identity import VIDEO_SUFFIXES

PLAYHEAD = (sys.executable, "-c", "from playhead.cli import main; main()")
LIMITS = Limits(cpu_s=60.0, wall_s=180.0, memory_bytes=1536 * 2**20)
BATCH = 25
GOOD = "zz-good.mp4"
MAX_SOURCE_BYTES = 700_000
EXPECTED = ("indexed", "failed", "left out")
_OFF = (
    "--words-model", "off", "--speech-model", "off", "--picture-model", "off", "--appearance-model", "off",
    "--no-screen-text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MutantResult:
    """What became of one mutant.

    Args:
        number: with the seed of the run it gives the same file again.
        source: name of the file that was mutated.
        mutations: their names.
        outcome: `indexed`, `failed` (in one line), `left out` (not taken for a video), or what should not be:
            `failed in several lines`, `traceback`, `time-out`, `over memory`, `signal NAME`, `exit N`,
            `good file lost`.
        detail: the message.
    """

    number: int
    source: str
    mutations: str
    outcome: str
    detail: str = ""

    @property
    def is_expected(self) -> bool:
        """Whether the product did with it what it should."""
        return self.outcome in EXPECTED


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """What a run is made with.

    Args:
        sources: videos that are mutated.
        mutants: how many are made.
        seed: of the mutations.
        work: folder to work in.
        keep: where mutants are put that did what they should not.
        jobs: children at a time.
        only: number of the one mutant to run again.
    """

    sources: tuple[Path, ...]
    mutants: int
    seed: int
    work: Path
    keep: Path
    jobs: int = 2
    only: int | None = None
    limits: Limits = LIMITS

    def numbers(self) -> list[int]:
        """The mutants of this run."""
        return list(range(self.mutants)) if self.only is None else [self.only]


def find_sources(folders: Sequence[Path], max_bytes: int = MAX_SOURCE_BYTES) -> tuple[Path, ...]:
    """Videos below folders that are small enough to be mutated often, by path.

    Raises:
        FileNotFoundError: there is none.
    """
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [
        path
        for path in files
        if path.suffix.lower() in VIDEO_SUFFIXES and 0 < path.stat().st_size <= max_bytes
    ]
    if not found:
        raise FileNotFoundError(f"no video of at most {max_bytes} bytes in {', '.join(map(str, folders))}")
    return tuple(found)


def make_mutant(settings: VideoSettings, number: int, folder: Path) -> tuple[Path, str, str]:
    """Writes a mutant into a folder: its path, the name of its source, the names of its mutations."""
    sources = settings.sources
    source = sources[number % len(sources)]
    others = [sources[(number * step + step) % len(sources)].read_bytes() for step in (7, 13)]
    data, names = mutate_video(source.read_bytes(), number, settings.seed, others)
    path = folder / f"{number:06d}{source.suffix.lower()}"
    path.write_bytes(data)
    return path, source.name, names


def run_videos(settings: VideoSettings, say: Callable[[str], None]) -> dict[str, Any]:
    """Indexes all mutants; the record of the run."""
    began = time.monotonic()
    numbers = settings.numbers()
    batches = [numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH)]
    settings.work.mkdir(parents=True, exist_ok=True)
    results: list[MutantResult] = []
    with (
        tempfile.TemporaryDirectory(prefix="videos-", dir=settings.work) as work,
        ThreadPoolExecutor(settings.jobs) as pool,
    ):
        good = write_video(Path(work) / GOOD, [Slide("GOOD", 2.0)])
        folders = [Path(work).resolve() / f"batch-{number}" for number in range(len(batches))]
        for found in pool.map(partial(run_batch, settings, good), folders, batches):
            results += found
            say(f"{len(results)} of {len(numbers)}: {dict(Counter(r.outcome for r in results))}")
    return report(results, settings, time.monotonic() - began)


def run_batch(settings: VideoSettings, good: Path, folder: Path, numbers: Sequence[int]) -> list[MutantResult]:
    """Indexes some mutants and the good file in as many children as it takes."""
    videos = folder / "videos"
    videos.mkdir(parents=True)
    made = {}
    for number in numbers:
        path, source, names = make_mutant(settings, number, videos)
        made[path.name] = (number, source, names)
    shutil.copy(good, videos / GOOD)
    results = []
    outcomes: dict[str, tuple[str, str]] = {}
    for name, outcome, detail in _index_all(settings.limits, videos, sorted(made)):
        outcomes[name] = (outcome, detail)  # the last one counts: what stops the run behind its own report
    for name, (outcome, detail) in outcomes.items():
        result = MutantResult(*made[name], outcome, detail)
        results.append(result)
        if not result.is_expected:
            settings.keep.mkdir(parents=True, exist_ok=True)
            kept = folder / "taken-out" / name if (folder / "taken-out" / name).exists() else videos / name
            shutil.copy(kept, settings.keep / f"seed{settings.seed}-{name}")
    shutil.rmtree(folder)
    return sorted(results, key=lambda result: result.number)


def _index_all(limits: Limits, videos: Path, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(name, outcome, detail) of each mutant in a folder; those that stop the run are moved out of it.

    Raises:
        RuntimeError: the good file alone cannot be indexed.
    """
    left = list(names)
    for run in range(len(names) + 2):
        library = videos.parent / f"library-{run}"
        child = LimitedChild([*PLAYHEAD, "index", str(videos), "-l", str(library), "--json", *_OFF], limits)
        lines, end = child.run()
        reports = {Path(report["path"]).name: report for report in _reports(lines)}
        for name in (name for name in left if name in reports):
            yield (name, *_reported(reports[name]))
        missing = [name for name in left if name not in reports]
        good = reports.get(GOOD, {"status": "not reported", "error": describe_end(end)})
        if good["status"] != "failed" and GOOD in reports and end.exit_code == 0:
            yield from ((name, "left out", "no report") for name in missing)
            return
        if not left:
            raise RuntimeError(f"the good file alone is {good['status']}: {good['error']}")
        if GOOD in reports:  # all were gone through, and it is not known which of them is to blame
            yield (left[-1], "good file lost", f"{good['status']}: {good['error']}; {describe_end(end)}")
            return
        culprit = missing[0] if missing else left[-1]
        yield (culprit, end.reason, end.last_line)
        taken_out = videos.parent / "taken-out"
        taken_out.mkdir(exist_ok=True)
        for name in [name for name in left if name in reports or name == culprit]:
            (videos / name).rename(taken_out / name)
        left = [name for name in missing if name != culprit]


def _reports(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("{"):
            record = json.loads(line)
            if "path" in record and "status" in record:
                yield record


def _reported(report: Mapping[str, Any]) -> tuple[str, str]:
    if report["status"] != "failed":
        return "indexed", ""
    error = str(report["error"])
    return ("failed in several lines" if "\n" in error else "failed"), error


def report(results: Sequence[MutantResult], settings: VideoSettings, took_s: float) -> dict[str, Any]:
    """The record of a run, for JSON."""
    unexpected = [result for result in results if not result.is_expected]
    return {
        "seed": settings.seed,
        "mutants": len(results),
        "sources": len(settings.sources),
        "seconds": round(took_s, 1),
        "outcomes": dict(Counter(result.outcome for result in results).most_common()),
        "failed_types": dict(
            Counter(_kind(result.detail) for result in results if result.outcome == "failed").most_common(20)
        ),
        "unexpected": [
            {
                "only": result.number,
                "source": result.source,
                "mutations": result.mutations,
                "outcome": result.outcome,
                "detail": result.detail[:400],
            }
            for result in unexpected
        ],
        "kept_in": str(settings.keep) if unexpected else "",
    }


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """The record as lines for people (Markdown)."""
    yield f"{record['mutants']} mutants of {record['sources']} videos, {record['seconds']} s, seed {record['seed']}"
    yield "| outcome | mutants |"
    yield "|---|---|"
    for outcome, count in record["outcomes"].items():
        yield f"| {outcome} | {count} |"
    for one in record["unexpected"]:
        yield f"--only {one['only']}: {one['outcome']} ({one['source']}, {one['mutations']}): {one['detail']}"


def _kind(message: str) -> str:
    """A message without the path that it begins with, cut to what is alike for many files."""
    return message.partition(": ")[2][:60]


def describe_end(end: ChildEnd) -> str:
    """How a child ended, in one line."""
    return f"{end.reason}: {end.last_line}"[:300]

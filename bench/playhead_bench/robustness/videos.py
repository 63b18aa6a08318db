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
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playhead_bench.robustness.limited_process import ChildEnd, LimitedChild, ProcessLimits
from playhead_bench.robustness.media import Slide, write_video
from playhead_bench.robustness.mutate import mutate_video
from playhead_bench.robustness.mutation_run import MutationSettings, pick_source, run_in_batches
from playhead_index.find_files import VIDEO_SUFFIXES

PLAYHEAD = (sys.executable, "-c", "from playhead.cli import main; main()")
LIMITS = ProcessLimits(cpu_s=60.0, wall_s=180.0, memory_bytes=1536 * 2**20)
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
class VideoSettings(MutationSettings):
    """What a run over videos is made with; `limits` of a child."""

    limits: ProcessLimits = LIMITS


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
    """Writes a mutant into a folder: its path, the name of its source, the names of its mutations.

    Sources are taken evenly over the containers, known by their suffixes.
    """
    sources = settings.sources
    source = pick_source(sources, number, lambda path: path.suffix.lower())
    others = [sources[(number * step + step) % len(sources)].read_bytes() for step in (7, 13)]
    data, names = mutate_video(source.read_bytes(), number, settings.seed, others)
    path = folder / f"{number:06d}{source.suffix.lower()}"
    path.write_bytes(data)
    return path, source.name, names


def run_videos(settings: VideoSettings, say: Callable[[str], None]) -> dict[str, Any]:
    """Indexes all mutants; the record of the run."""
    began = time.monotonic()
    settings.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="videos-", dir=settings.work) as work:
        good = write_video(Path(work) / GOOD, [Slide("GOOD", 2.0)])
        results = run_in_batches(settings, BATCH, Path(work), partial(run_batch, settings, good), say)
    return report(results, settings, time.monotonic() - began)


def run_batch(
    settings: VideoSettings, good: Path, folder: Path, numbers: Sequence[int]
) -> list[MutantResult]:
    """Indexes some mutants and the good file in as many children as it takes."""
    videos = folder / "videos"
    videos.mkdir(parents=True)
    mutants = {}
    for number in numbers:
        path, source, names = make_mutant(settings, number, videos)
        mutants[path.name] = (number, source, names)
    shutil.copy(good, videos / GOOD)
    results = []
    outcomes: dict[str, tuple[str, str]] = {}
    for name, outcome, detail in _index_all(settings.limits, videos, sorted(mutants)):
        outcomes[name] = (outcome, detail)
    for name, (outcome, detail) in outcomes.items():
        result = MutantResult(*mutants[name], outcome, detail)
        results.append(result)
        if not result.is_expected:
            settings.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(videos / name, settings.keep / f"seed{settings.seed}-{name}")
    shutil.rmtree(folder)
    return sorted(results, key=lambda result: result.number)


def _index_all(limits: ProcessLimits, videos: Path, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(name, outcome, detail) of each mutant in a folder.

    When the run of all ends before the good file is in, those without a report are tried one by one beside
    the good file, until the one to blame is found; the rest are run again together.

    Raises:
        RuntimeError: the good file alone cannot be indexed.
    """
    left = list(names)
    while left:
        reports, end = _index(limits, videos, left)
        yield from ((name, *_reported(reports[name])) for name in left if name in reports)
        left = [name for name in left if name not in reports]
        if _is_good_in(reports, end):
            yield from ((name, "left out", "no report") for name in left)
            return
        if not left:  # it is not known which of them is to blame
            yield (names[-1], "good file lost", describe_end(end))
            return
        blamed = False
        while left and not blamed:
            name = left.pop(0)
            reports, end = _index(limits, videos, [name])
            blamed = not _is_good_in(reports, end)
            yield (name, *_alone(reports.get(name), reports.get(GOOD), end))
    reports, end = _index(limits, videos, [])
    if not _is_good_in(reports, end):
        raise RuntimeError(f"the good file alone is not indexed: {describe_end(end)}")


def _index(
    limits: ProcessLimits, videos: Path, names: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], ChildEnd]:
    """Indexes some files of a folder and the good one in a child: the reports by name, and its end."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=videos.parent) as run:
        folder = Path(run) / "videos"
        folder.mkdir()
        for name in (*names, GOOD):
            (folder / name).hardlink_to(videos / name)
        command = [*PLAYHEAD, "index", str(folder), "-l", f"{run}/library", "--json", *_OFF]
        lines, end = LimitedChild(command, limits).run()
        return {Path(report["path"]).name: report for report in _reports(lines)}, end


def _is_good_in(reports: Mapping[str, Mapping[str, Any]], end: ChildEnd) -> bool:
    return end.exit_code == 0 and reports.get(GOOD, {"status": "failed"})["status"] != "failed"


def _alone(
    report: Mapping[str, Any] | None, good: Mapping[str, Any] | None, end: ChildEnd
) -> tuple[str, str]:
    """Outcome and detail of a mutant that was run with the good file alone."""
    if end.exit_code != 0:
        return end.reason, end.last_line
    if good is None or good["status"] == "failed":
        return "good file lost", describe_end(end)
    return _reported(report) if report is not None else ("left out", "no report")


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
    mutants, seconds = record["mutants"], record["seconds"]
    yield f"{mutants} mutants of {record['sources']} videos, {seconds} s, seed {record['seed']}"
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

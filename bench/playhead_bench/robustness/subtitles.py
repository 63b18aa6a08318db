"""Mutated subtitle files through the product's reading function, under limits on time and memory."""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playhead_bench.robustness.limited_process import LimitedChild, ProcessLimits
from playhead_bench.robustness.mutate import MAX_SUBTITLE_BYTES, mutate_subtitles
from playhead_bench.robustness.mutation_run import MutationSettings, pick_source, run_in_batches

MAX_CPU_S = 1.0
LIMITS = ProcessLimits(cpu_s=4.0, wall_s=60.0, memory_bytes=1 << 30)
"""A file that takes longer than `MAX_CPU_S` is counted as over time; at this limit its child is killed."""
BATCH = 100
SUFFIXES = frozenset(
    {".srt", ".vtt", ".ass", ".ssa", ".sub", ".smi", ".sami", ".ttml", ".dfxp", ".xml", ".sbv"}
)
EXPECTED = ("words", "none", "refused")


@dataclass(frozen=True, slots=True)
class SubtitleResult:
    """What became of one mutated subtitle file.

    Args:
        number: with the seed of the run it gives the same file again.
        outcome: `words`, `none` (readable, without words), `refused`, or what should not be: `over time`,
            `exception TYPE`, `over memory`, `signal NAME`, `traceback`.
        cpu_s: processor seconds; those at which the child was killed where it was.
    """

    number: int
    source: str
    mutations: str
    outcome: str
    cpu_s: float
    detail: str = ""

    @property
    def is_expected(self) -> bool:
        """Whether the product did with it what it should."""
        return self.outcome in EXPECTED


@dataclass(frozen=True, slots=True)
class SubtitleSettings(MutationSettings):
    """What a run over subtitle files is made with; `limits` of a child."""

    limits: ProcessLimits = LIMITS


def find_sources(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Subtitle files below folders, by path.

    Raises:
        FileNotFoundError: there is none.
    """
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [p for p in files if p.suffix.lower() in SUFFIXES and p.stat().st_size <= MAX_SUBTITLE_BYTES]
    if not found:
        raise FileNotFoundError(f"no subtitle file in {', '.join(map(str, folders))}")
    return tuple(found)


def make_mutant(settings: SubtitleSettings, number: int, folder: Path) -> tuple[Path, str, str]:
    """Writes a mutant into a folder: its path, the name of its source, the names of its mutations.

    Sources are taken evenly over their folders: a corpus of many small files does not crowd out the others.
    """
    source = pick_source(settings.sources, number, lambda path: path.parent)
    others = [settings.sources[(7 * number + 7) % len(settings.sources)].read_bytes()]
    data, names = mutate_subtitles(source.read_bytes() or b"\n", number, settings.seed, others)
    path = folder / f"{number:06d}{source.suffix.lower()}"
    path.write_bytes(data)
    return path, source.name, names


def run_subtitles(settings: SubtitleSettings, say: Callable[[str], None]) -> dict[str, Any]:
    """Reads all mutants; the record of the run."""
    began = time.monotonic()
    settings.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="subtitles-", dir=settings.work) as work:
        results = run_in_batches(settings, BATCH, Path(work), partial(run_batch, settings), say)
    return report(results, settings, time.monotonic() - began)


def run_batch(settings: SubtitleSettings, folder: Path, numbers: Sequence[int]) -> list[SubtitleResult]:
    """Reads some mutants in as many children as it takes: one that is killed is followed by another."""
    folder.mkdir(parents=True)
    mutants = {number: make_mutant(settings, number, folder) for number in numbers}
    results = []
    left = list(numbers)
    while left:
        listed = folder / "files.txt"
        listed.write_text("\n".join(str(mutants[number][0]) for number in left))
        child = LimitedChild([sys.executable, "-m", _CHILD, str(listed)], settings.limits)
        for line in child:
            record = json.loads(line)
            number = left.pop(0)
            late = record["cpu_s"] > MAX_CPU_S and not record["outcome"].startswith("exception")
            outcome = "over time" if late else record["outcome"]
            results.append(
                SubtitleResult(number, *mutants[number][1:], outcome, record["cpu_s"], record["detail"])
            )
        if left and child.end is not None:
            number, end = left.pop(0), child.end
            outcome = "over time" if end.reason == "time-out" else end.reason
            cpu_s = settings.limits.cpu_s if outcome == "over time" else 0.0
            results.append(SubtitleResult(number, *mutants[number][1:], outcome, cpu_s, end.last_line))
    for result in results:
        if not result.is_expected:
            settings.keep.mkdir(parents=True, exist_ok=True)
            path = mutants[result.number][0]
            path.rename(settings.keep / f"seed{settings.seed}-{path.name}")
    return results


_CHILD = "playhead_bench.robustness.read_subtitles"


def report(results: Sequence[SubtitleResult], settings: SubtitleSettings, took_s: float) -> dict[str, Any]:
    """The record of a run, for JSON."""
    unexpected = [result for result in results if not result.is_expected]
    return {
        "seed": settings.seed,
        "mutants": len(results),
        "sources": len(settings.sources),
        "seconds": round(took_s, 1),
        "max_cpu_s": max((result.cpu_s for result in results), default=0.0),
        "outcomes": dict(Counter(result.outcome for result in results).most_common()),
        "unexpected": [
            {
                "only": result.number,
                "source": result.source,
                "mutations": result.mutations,
                "outcome": result.outcome,
                "cpu_s": result.cpu_s,
                "detail": result.detail[-400:],
            }
            for result in unexpected
        ],
        "kept_in": str(settings.keep) if unexpected else "",
    }


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """The record as lines for people (Markdown)."""
    yield (
        f"{record['mutants']} mutants of {record['sources']} subtitle files, {record['seconds']} s, "
        f"seed {record['seed']}, at most {record['max_cpu_s']} CPU s"
    )
    yield "| outcome | mutants |"
    yield "|---|---|"
    for outcome, count in record["outcomes"].items():
        yield f"| {outcome} | {count} |"
    for one in record["unexpected"]:
        yield (
            f"--only {one['only']}: {one['outcome']}, {one['cpu_s']} CPU s ({one['source']}, "
            f"{one['mutations']}): {one['detail']}"
        )

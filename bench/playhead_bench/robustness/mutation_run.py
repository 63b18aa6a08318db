"""What the runs over mutated files share: their settings, which source a mutant is made of, batches."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from playhead_index.batches import batches


class MutationResult(Protocol):
    """What became of one mutant."""

    @property
    def outcome(self) -> str:
        """In a word or two."""
        ...


R = TypeVar("R", bound=MutationResult)


@dataclass(frozen=True, slots=True)
class MutationSettings:
    """What a run is made with.

    Args:
        sources: files that are mutated.
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

    def numbers(self) -> list[int]:
        """The mutants of this run."""
        return list(range(self.mutants)) if self.only is None else [self.only]


def pick_source(sources: Sequence[Path], number: int, group_of: Callable[[Path], Hashable]) -> Path:
    """The file that a mutant is made of; the groups take turns, however many files each has.

    >>> files = [Path("a.mp4"), Path("b.mp4"), Path("c.mkv")]
    >>> [pick_source(files, number, lambda path: path.suffix).name for number in range(4)]
    ['a.mp4', 'c.mkv', 'b.mp4', 'c.mkv']
    """
    groups: dict[Hashable, list[Path]] = {}
    for path in sources:
        groups.setdefault(group_of(path), []).append(path)
    group = list(groups.values())[number % len(groups)]
    return group[number // len(groups) % len(group)]


def run_in_batches(
    settings: MutationSettings,
    size: int,
    folder: Path,
    run_batch: Callable[[Path, Sequence[int]], list[R]],
    say: Callable[[str], None],
) -> list[R]:
    """The results of all mutants, `size` at a time, each batch in a folder of its own below `folder`."""
    numbers, results = settings.numbers(), list[R]()
    parts = list(batches(numbers, size))
    folders = [folder.resolve() / f"batch-{number}" for number in range(len(parts))]
    with ThreadPoolExecutor(settings.jobs) as pool:
        for found in pool.map(run_batch, folders, parts):
            results += found
            say(f"{len(results)} of {len(numbers)}: {dict(Counter(one.outcome for one in results))}")
    return results

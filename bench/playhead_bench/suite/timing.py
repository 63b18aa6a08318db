"""Timing on a busy machine: interleaved and repeated runs, without ratios when the reference drifts."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Size = Literal["small", "full"]
MIN_ROUNDS = 7
MAX_DRIFT = 0.10
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
"""Real data that lies beside the checkout on some machines."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one task over several runs."""

    min_s: float
    median_s: float
    p99_s: float
    rounds: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Timing":
        """The timing of some runs."""
        ordered = sorted(seconds)
        last = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
        return cls(ordered[0], statistics.median(ordered), last, len(ordered))


@dataclass(frozen=True, slots=True)
class TimingComparison:
    """Several tasks timed in turns, the first of them (the reference) once more at the end of each round.

    Args:
        timings: by name, the reference first.
        drift: how far the minima of the reference's two runs are apart, as a part of the smaller.
    """

    timings: Mapping[str, Timing]
    drift: float

    def over(self, name: str, other: str) -> dict[str, float]:
        """How many times longer `name` takes than `other`, by minima and by medians."""
        a, b = self.timings[name], self.timings[other]
        return {"min": a.min_s / b.min_s, "median": a.median_s / b.median_s}

    def record(self, *ratios: tuple[str, str]) -> dict[str, Any]:
        """For the report: the timings, and the requested ratios unless the machine was too unsteady."""
        times = {name: asdict(timing) for name, timing in self.timings.items()}
        if self.drift > MAX_DRIFT:
            refused = f"the reference drifted by {self.drift:.0%} between its two runs: no ratios"
            return {"timings": times, "drift": self.drift, "refused": refused}
        named = {f"{name}_over_{other}": self.over(name, other) for name, other in ratios}
        return {"timings": times, "drift": self.drift, **named}


def compare(
    tasks: Mapping[str, Callable[[int], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> TimingComparison:
    """Times tasks in turns: a, b, ..., a in every round; each is called with the number of the round.

    Args:
        tasks: by name, the reference first.
        rounds: how many.
        clock: gives seconds; processor time is not affected by other load.

    Raises:
        ValueError: fewer than `MIN_ROUNDS` rounds.
    """
    if rounds < MIN_ROUNDS:
        raise ValueError(f"need at least {MIN_ROUNDS} rounds, got {rounds}")
    names = [*tasks, next(iter(tasks))]
    seconds: list[list[float]] = [[] for _ in names]
    for number in range(rounds):
        for place, name in enumerate(names):
            began = clock()
            tasks[name](number)
            seconds[place].append(clock() - began)
    first, again = min(seconds[0]), min(seconds[-1])
    timings = {name: Timing.of(seconds[place]) for place, name in enumerate(tasks)}
    timings[names[0]] = Timing.of(seconds[0] + seconds[-1])
    return TimingComparison(timings, abs(first - again) / min(first, again))


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of a task, and its result."""
    began = time.perf_counter()
    result = task()
    return time.perf_counter() - began, result


@contextmanager
def load_recorded(record: dict[str, Any]) -> Iterator[None]:
    """Notes the load average before and after in `record`: above the number of cores, distrust medians."""
    record["load_before"], record["cores"] = os.getloadavg()[0], os.cpu_count()
    try:
        yield
    finally:
        record["load_after"] = os.getloadavg()[0]

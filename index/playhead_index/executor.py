"""Runs the work on many files: in this process, or in several on this machine.

`Executor` is the protocol that a cluster can fulfil later: one unit of work is one file, it may be run
twice, and its result is a small record.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Protocol, TypeVar

from playhead_index.errors import LibraryUnfinished

Item = TypeVar("Item")
Result = TypeVar("Result")
PARENT_POLL_S = 0.5


class Executor(Protocol):
    """Runs the same work on many items."""

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        on_killed: Callable[[Item], Result] | None = None,
    ) -> Iterator[Result]:
        """A result an item, as each ends; what the work raises comes out here.

        Args:
            work: done once an item, in this process or another.
            items: what to work on.
            on_killed: gives the result of an item whose process died of it; None ends the run then.
        """
        ...


class InProcess:
    """One item after the other, in this process."""

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        on_killed: Callable[[Item], Result] | None = None,
    ) -> Iterator[Result]:
        """A result an item, in order; what ends this process cannot be survived here."""
        for item in items:
            yield work(item)


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """Several items at a time, each in a process of its own on this machine.

    The processes end by themselves when this one is killed.

    Raises:
        ValueError: `workers` is not above 0.
    """

    workers: int

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"workers must be above 0, got {self.workers}")

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        on_killed: Callable[[Item], Result] | None = None,
    ) -> Iterator[Result]:
        """A result an item, as each ends.

        Raises:
            LibraryUnfinished: a process was killed and `on_killed` is None; what it had committed stays.
        """
        left = list(items)
        while left:
            try:
                yield from _run_pool(self.workers, work, left)
            except BrokenProcessPool as error:
                if on_killed is None:
                    raise LibraryUnfinished(
                        "a worker process was killed (out of memory?); run the same command to resume, "
                        "with fewer --workers"
                    ) from error
                yield from self._run_one_by_one(work, left, on_killed)

    def _run_one_by_one(
        self, work: Callable[[Item], Result], left: list[Item], on_killed: Callable[[Item], Result]
    ) -> Iterator[Result]:
        """Results of the items that were being worked on when a process died, each alone in a new process.

        Items are begun in order, so these are the first ones that are left; they are taken out of `left`.
        """
        for item in left[: self.workers]:
            try:
                yield from _run_pool(1, work, [item])
            except BrokenProcessPool:
                yield on_killed(item)
            left.remove(item)


def _run_pool(workers: int, work: Callable[[Item], Result], left: list[Item]) -> Iterator[Result]:
    """Results as they come; an item that has one is taken out of `left`.

    Raises:
        BrokenProcessPool: a process was killed.
    """
    pool = ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_exit_with_parent, initargs=(os.getpid(),)
    )
    with pool:
        futures = {pool.submit(work, item): item for item in left}
        try:
            for future in as_completed(futures):
                result = future.result()
                left.remove(futures[future])
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _exit_with_parent(parent: int) -> None:
    """Ends this process soon after its parent is gone, so that nothing is written without the lock."""

    def poll_parent() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_S)
        os._exit(1)

    threading.Thread(target=poll_parent, daemon=True).start()

"""The time at which everything that a call waits for must have ended, whoever waits for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_deadline_s: ContextVar[float] = ContextVar("deadline_s", default=inf)


@contextmanager
def call_deadline(seconds: float) -> Iterator[None]:
    """Inside, no request to a model server goes on for longer; an outer deadline that is earlier stays.

    It holds for this thread, and for threads that run in a copy of its context.

    Args:
        seconds: from now on; below 0 as 0.

    >>> with call_deadline(10.0), call_deadline(60.0):
    ...     remaining_s() <= 10.0
    True
    """
    token = _deadline_s.set(min(_deadline_s.get(), time.monotonic() + max(0.0, seconds)))
    try:
        yield
    finally:
        _deadline_s.reset(token)


def remaining_s() -> float:
    """Seconds until the deadline, at least 0; infinite without one."""
    return max(0.0, _deadline_s.get() - time.monotonic())

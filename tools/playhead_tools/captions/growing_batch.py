"""The size of batches that fill a device: doubled while memory allows, halved where it ran out."""

from playhead_tools.video_llm.protocol import VideoLLM

START, LARGEST = 8, 128
"""Calls of a batch, at first and at most. Replies of a larger batch wait for the longest of them."""
MIN_HEADROOM = 2.5
"""A batch is doubled where so many times the memory of the largest call so far is free."""


class GrowingBatch:
    """How many calls a model is given at a time.

    Args:
        size: calls of the first batch.
        largest: calls of a batch at most.

    >>> batch = GrowingBatch(8)
    >>> batch.grow(8, headroom=4.0), batch.size
    (True, 16)
    >>> batch.shrink(16), batch.size, batch.grow(8, headroom=9.0), batch.size
    (None, 8, False, 8)
    """

    def __init__(self, size: int = START, largest: int = LARGEST) -> None:
        self.size = min(size, largest)
        self._largest = largest

    def grow(self, num_calls: int, headroom: float | None) -> bool:
        """Doubles the size after a full batch where memory allows; whether it did.

        Args:
            num_calls: of the batch that was answered.
            headroom: how many times the memory of the largest call so far is free; None where that is not
                known, and then the size stays.
        """
        fits = headroom is not None and headroom >= MIN_HEADROOM
        if not fits or num_calls < self.size or self.size >= self._largest:
            return False
        self.size = min(2 * self.size, self._largest)
        return True

    def shrink(self, num_calls: int) -> None:
        """Halves the size for good, after memory ran out for a batch of so many calls."""
        self.size = self._largest = max(1, num_calls // 2)


def memory_headroom(model: VideoLLM) -> float | None:
    """How many times the memory of the largest call so far is free; None where the model does not say.

    A backend says so by an attribute `memory_headroom`.
    """
    return getattr(model, "memory_headroom", None)

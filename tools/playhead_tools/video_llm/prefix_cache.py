"""Keys and values of prompts that were answered: what begins alike is not computed again.

What a decoder computes for a token depends on the tokens before it and on their places, and on nothing after
it. So two prompts whose columns are equal up to some point have equal keys and values up to there: a second
question on the same clips shares rules, clips and kept tokens, a later turn the whole talk so far. Where a
question keeps other tokens of a clip, they share what stands before the first that differs. In models whose
visual tokens also attend to later ones, they share either all of these or what stands before the first.

Layers that forget (sliding windows) or sum up (linear attention, convolutions) hold the state after a whole
prompt, not that after its beginning. For models with such layers a snapshot of the state of all layers at the
end of the clips is held; a prompt that begins with exactly its columns goes on from a copy.
"""

import threading
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.prompt_rows import PrunedRow
from playhead_tools.video_llm.visual_context import ContextBlock

_STRIDE = np.uint64(0x9E37_79B9_7F4A_7C15)
"""2^64 over the golden ratio: rows of a clip lie far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What stands in each column of a prompt, as numbers to be compared.

    Args:
        marks: (K,) int64; a word's number in the vocabulary, below 0 for a row of a clip's features.
        places: (3, K) int64 in time, height and width; None for models that only count.
        clips_end: columns up to the last one of a clip, that one counted.
        both_ways: (K,) bool, tokens that may attend to later ones; None where no token does.
    """

    marks: NDArray[np.int64]
    places: NDArray[np.int64] | None
    clips_end: int
    both_ways: NDArray[np.bool_] | None = None

    def shared(self, other: "Columns") -> int:
        """How many columns both begin with."""
        length = min(len(self.marks), len(other.marks))
        same = self.marks[:length] == other.marks[:length]
        if self.places is not None and other.places is not None:
            same &= (self.places[:, :length] == other.places[:, :length]).all(axis=0)
        shared = length if same.all() else int(same.argmin())
        for both_ways in (self.both_ways, other.both_ways):
            if both_ways is not None and both_ways[shared:].any():
                shared = min(shared, int(both_ways.argmax()))
        return shared

    @property
    def prefix_end(self) -> int:
        """Columns up to the last of a clip, and to the last of those that attend to later ones."""
        if self.both_ways is None or not self.both_ways.any():
            return self.clips_end
        return max(self.clips_end, int(self.both_ways.nonzero()[0][-1]) + 1)

    def first(self, number: int) -> "Columns":
        """Only so many of them, from the beginning."""
        return Columns(
            self.marks[:number],
            None if self.places is None else self.places[:, :number],
            min(self.clips_end, number),
            None if self.both_ways is None else self.both_ways[:number],
        )

    def plus(self, words: Sequence[int]) -> "Columns":
        """With words after the last column, each one place further."""
        marks = np.concatenate([self.marks, np.array(words, dtype=np.int64)])
        both_ways = self.both_ways
        if both_ways is not None:
            both_ways = np.concatenate([both_ways, np.zeros(len(words), dtype=np.bool_)])
        if self.places is None:
            return Columns(marks, None, self.clips_end, both_ways)
        ahead = self.places[:, -1:] + np.arange(1, len(words) + 1)
        return Columns(marks, np.concatenate([self.places, ahead], axis=1), self.clips_end, both_ways)


def columns_of(pruned_row: PrunedRow, keys: Sequence[str]) -> Columns:
    """The columns of a prompt.

    Args:
        pruned_row: the prompt.
        keys: names of its clips as `clip_key` gives them; equal ones have equal features.
    """
    marks: NDArray[np.int64] = pruned_row.ids.numpy().astype(np.int64)
    end = 0
    for key, columns, rows in zip(keys, pruned_row.columns, pruned_row.rows, strict=True):
        base = np.frombuffer(blake2b(key.encode(), digest_size=8).digest(), np.uint64)
        mixed = base + rows.numpy().astype(np.uint64) * _STRIDE
        marks[columns.numpy()] = -1 - (mixed >> np.uint64(1)).astype(np.int64)
        end = max(end, int(columns[-1]) + 1) if len(columns) else end
    for block in pruned_row.context:
        marks[block.column] = _mark_with_context(int(marks[block.column]), block)
    types = pruned_row.types.get("mm_token_type_ids")
    both_ways = None if types is None else types.numpy() != 0
    return Columns(
        marks, None if pruned_row.positions is None else pruned_row.positions.numpy(), end, both_ways
    )


def _mark_with_context(mark: int, block: ContextBlock) -> int:
    """The mark of a column from which on a block of context is seen; other rows give another mark."""
    kept = b"" if block.kept is None else block.kept.numpy().tobytes()
    # a block without a name equals no other
    name = block.key or uuid4().hex
    digest = blake2b(f"{mark} {name} {len(block)} ".encode() + kept, digest_size=8).digest()
    return -1 - (int.from_bytes(digest, "little") >> 1)


@dataclass(frozen=True, slots=True, eq=False)
class _CachedPrefix:
    columns: Columns
    cache: Any
    size_bytes: int
    is_snapshot: bool = False

    def known(self, columns: Columns) -> int:
        """How many columns of a prompt it serves; of a snapshot all of its own or none.

        The last column of the prompt is never among them: the word after it must be computed.
        """
        shared, last = self.columns.shared(columns), len(columns.marks) - 1
        if self.is_snapshot:
            return shared if shared == len(self.columns.marks) <= last else 0
        return min(shared, last)


class PrefixCache:
    """Keys and values of the prompts asked last, of one model; the one not used for longest goes first.

    A prompt takes the place of an earlier one with the same clips, so that they are held once. Snapshots stay
    beside each other, because a longer one does not serve a prompt that begins as the shorter one.

    Args:
        max_bytes: of keys and values; a prompt that is larger alone is not held.

    Raises:
        ValueError: the limit is negative.
    """

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 0:
            raise ValueError(f"a limit must not be negative, got {max_bytes}")
        self.max_bytes = max_bytes
        self._entries: list[_CachedPrefix] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def in_memory_bytes(self) -> int:
        """What the keys and values take."""
        return sum(entry.size_bytes for entry in self._entries)

    def num_known(self, columns: Columns) -> int:
        """How many columns of a prompt need not be computed again; nothing is copied."""
        with self._lock:
            return max((entry.known(columns) for entry in self._entries), default=0)

    def get(self, columns: Columns, config: Any) -> tuple[Any, int]:
        """A `DynamicCache` of one's own with what is known of the beginning, and how many columns that is.

        Args:
            columns: of the prompt.
            config: of the model.
        """
        with self._lock:
            num_columns, entry = max(
                ((entry.known(columns), entry) for entry in self._entries),
                key=lambda pair: pair[0],
                default=(0, None),
            )
            if entry is None or num_columns < 1:
                return transformers().DynamicCache(config=config), 0
            self._entries.remove(entry)
            self._entries.append(entry)
        if entry.is_snapshot:
            return copy_cache(entry.cache), num_columns
        cache = transformers().DynamicCache(config=config)
        for number, layer in enumerate(entry.cache.layers):
            cache.update(layer.keys[..., :num_columns, :], layer.values[..., :num_columns, :], number)
        return cache, num_columns

    def put(self, columns: Columns, cache: Any) -> None:
        """Holds what was computed for these columns; it must not be changed afterwards."""
        self._put(_CachedPrefix(columns, cache, cache_size_bytes(cache)))

    def put_snapshot(self, columns: Columns, cache: Any) -> None:
        """Holds the state of all layers after these columns; it must not be changed afterwards."""
        self._put(_CachedPrefix(columns, cache, cache_size_bytes(cache), is_snapshot=True))

    def _put(self, new: _CachedPrefix) -> None:
        if new.size_bytes > self.max_bytes:
            return
        with self._lock:
            self._entries = [one for one in self._entries if not _replaces(new, one)]
            self._entries.append(new)
            while self.in_memory_bytes > self.max_bytes:
                self._entries.pop(0)

    def clear(self) -> None:
        """Holds nothing any more."""
        with self._lock:
            self._entries.clear()


def _replaces(new: _CachedPrefix, held: _CachedPrefix) -> bool:
    """Whether all that the held one serves, the new one does too."""
    shared = held.columns.shared(new.columns)
    if new.is_snapshot:
        return shared == len(held.columns.marks) == len(new.columns.marks)
    return shared >= held.columns.clips_end


def keeps_all(config: Any) -> bool:
    """Whether a model of this configuration holds the keys and values of all tokens in all its layers.

    Of other models a prefix cannot be cut out of what is held after a prompt; they need a snapshot.
    """
    from transformers.cache_utils import DynamicLayer

    layers = transformers().DynamicCache(config=config).layers
    return all(type(layer) is DynamicLayer for layer in layers)


def copy_cache(cache: Any) -> Any:
    """A `Cache` of transformers with the same state in all its layers, which changes independently.

    Tensors of layers that only ever put longer ones in their place are shared, others are copied; so are
    views of larger tensors, which would keep those in memory.

    Raises:
        TypeError: a layer holds something that is neither a tensor nor a plain value.
    """
    from transformers.cache_utils import DynamicIndexedLayer, DynamicLayer, DynamicSlidingWindowLayer

    appending = (DynamicLayer, DynamicSlidingWindowLayer, DynamicIndexedLayer)
    copied = copy(cache)
    copied.layers = [_copy_layer(layer, is_shared=type(layer) in appending) for layer in cache.layers]
    return copied


def cache_size_bytes(cache: Any) -> int:
    """What the tensors of all layers of a `Cache` of transformers take."""
    tensors = [
        tensor for layer in cache.layers for value in vars(layer).values() for tensor in _tensors(value)
    ]
    return sum(int(tensor.nbytes) for tensor in tensors)


def _copy_layer(layer: Any, *, is_shared: bool) -> Any:
    copied = copy(layer)
    for name, value in vars(layer).items():
        try:
            setattr(copied, name, _copy_value(value, is_shared=is_shared))
        except TypeError as error:
            raise TypeError(
                f"the state of a {type(layer).__name__} cannot be copied: {name} {error}"
            ) from error
    return copied


def _copy_value(value: Any, *, is_shared: bool) -> Any:
    if isinstance(value, torch().Tensor):
        is_whole = value.untyped_storage().nbytes() == value.nbytes
        return value if is_shared and is_whole else value.clone()
    if isinstance(value, dict):
        return {key: _copy_value(one, is_shared=is_shared) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy_value(one, is_shared=is_shared) for one in value)
    if value is None or isinstance(value, bool | int | float | str | torch().dtype | torch().device):
        return value
    raise TypeError(f"is of type {type(value).__name__}")


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, torch().Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for part in parts for tensor in _tensors(part)]

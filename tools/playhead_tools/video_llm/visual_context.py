"""Visual rows that a language model attends to by cross-attention, and cached keys and values of them.

A model with cross-attention reads a frame from rows beside its tokens instead of from tokens of its own. Keys
and values of a row depend on that row alone (a position, where the model has one, is applied afterwards), so
those of a frame are computed once and serve every later prompt that shows the frame: in any order, beside any
other frames, with any part of its rows kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from playhead_index.embed.runtime import torch

NEVER = 1 << 62
"""The column of padding: later than any token, so that none attends to it."""
ROWS_AT_ONCE = 16_384
"""Rows that are projected together, about 22 frames of 729; bounds the working memory of a projection."""

KeysAndValues = tuple[Any, Any]
"""Keys and values of one layer, (heads, M, D) each, without a position."""
Projection = Callable[[Any], Sequence[KeysAndValues]]
"""Keys and values, for each layer with cross-attention, of (M, D) rows on the model's device."""


@dataclass(frozen=True, slots=True, eq=False)
class ContextBlock:
    """The context rows of one step of a clip in a prompt.

    Args:
        rows: (M, D) floating tensor in the computer's own memory, all of the step.
        kept: (k,) int64 ascending, which of them the prompt attends to; None for all.
        key: names the rows, equal names mean equal rows; empty for rows that are never cached.
        column: of the prompt's tokens, where the placeholder stands from which on the rows are seen; 0 where
            every token sees them.
    """

    rows: Any
    kept: Any
    key: str
    column: int

    def __len__(self) -> int:
        return len(self.rows if self.kept is None else self.kept)


@dataclass(frozen=True, slots=True, eq=False)
class PackedContext:
    """Keys and values of all context of a batch.

    Args:
        layers: for each layer with cross-attention, keys and values (B, heads, M, D); prompts with fewer rows
            are padded with zeros at the end.
        columns: (B, M) int64, the column of the padded sequence from which on each row is seen; `NEVER` for
            padding.
        positions: (B, M) int64, the position of that column in its prompt without padding.
    """

    layers: tuple[KeysAndValues, ...]
    columns: Any
    positions: Any


@dataclass(slots=True, eq=False)
class VisualContext:
    """What the prompts of a batch attend to.

    Args:
        prompts: for each prompt its blocks, in the order of the prompt.
        padding: how many columns of padding stand before each prompt.
        packed: keys and values of this call, a `PackedContext` or what a model makes of one; set by the
            model's first forward pass, used by the later ones.
    """

    prompts: tuple[tuple[ContextBlock, ...], ...]
    padding: tuple[int, ...]
    packed: Any = None


class VisualKeyCache:
    """Keys and values of context rows of one model, by name; those not used for longest are dropped first.

    Args:
        max_bytes: of keys and values; a block that is larger alone is not held. 0 holds nothing.

    Raises:
        ValueError: the limit is negative.
    """

    def __init__(self, max_bytes: int = 1 << 30) -> None:
        if max_bytes < 0:
            raise ValueError(f"a limit must not be negative, got {max_bytes}")
        self.max_bytes = max_bytes
        self._layers: OrderedDict[str, tuple[KeysAndValues, ...]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._layers)

    @property
    def in_memory_bytes(self) -> int:
        """What the keys and values take."""
        return self._bytes

    def get(self, key: str) -> tuple[KeysAndValues, ...] | None:
        """The keys and values of a block in each layer; None when they must be computed."""
        with self._lock:
            if key in self._layers:
                self._layers.move_to_end(key)
            return self._layers.get(key)

    def put(self, key: str, layers: tuple[KeysAndValues, ...]) -> None:
        """Holds the keys and values of a block."""
        size = _size(layers)
        if not key or size > self.max_bytes:
            return
        with self._lock:
            old = self._layers.pop(key, None)
            self._bytes += size - (0 if old is None else _size(old))
            self._layers[key] = layers
            while self._bytes > self.max_bytes:
                _, gone = self._layers.popitem(last=False)
                self._bytes -= _size(gone)

    def clear(self) -> None:
        """Holds nothing any more."""
        with self._lock:
            self._layers.clear()
            self._bytes = 0


def pack_context(
    context: VisualContext, cache: VisualKeyCache, project: Projection, device: str
) -> PackedContext:
    """Keys and values of all blocks, those in the cache not computed again.

    A block that can be cached is computed whole, also where a prompt keeps only some of its rows, so that the
    next prompt may keep others; one that cannot is computed for its kept rows alone.

    Args:
        context: of a batch.
        cache: of the model; what is computed is put there.
        project: computes keys and values.
        device: of the model.

    Raises:
        ValueError: no prompt has any context.
    """
    blocks = [block for prompt in context.prompts for block in prompt]
    if not blocks:
        raise ValueError("there is no context to attend to; leave visual_context out")
    known = _keys_and_values(blocks, cache, project, device)
    longest = max(sum(map(len, prompt)) for prompt in context.prompts)
    num_layers, example = len(known[0]), known[0][0]
    layers = tuple(_packed_layer(context, known, layer, longest, example) for layer in range(num_layers))
    columns = torch().full((len(context.prompts), longest), NEVER, dtype=torch().int64)
    positions = torch().zeros_like(columns)
    for row, (prompt, padding) in enumerate(zip(context.prompts, context.padding, strict=True)):
        first = 0
        for block in prompt:
            columns[row, first : first + len(block)] = padding + block.column
            positions[row, first : first + len(block)] = block.column
            first += len(block)
    return PackedContext(layers, columns.to(device), positions.to(device))


def _keys_and_values(
    blocks: Sequence[ContextBlock], cache: VisualKeyCache, project: Projection, device: str
) -> list[tuple[KeysAndValues, ...]]:
    """For each block its kept rows' keys and values in each layer."""
    whole: dict[str, tuple[KeysAndValues, ...]] = {}
    for block in blocks:
        cached = cache.get(block.key) if block.key else None
        if cached is not None:
            whole[block.key] = cached
    named = {block.key: block.rows for block in blocks if block.key and block.key not in whole}
    if cache.max_bytes:
        for key, layers in zip(named, _project(list(named.values()), project, device), strict=True):
            whole[key] = layers
            cache.put(key, layers)
    alone = [block for block in blocks if block.key not in whole]
    projected = iter(_project([_kept_rows(block) for block in alone], project, device))
    return [
        _kept(whole[block.key], block.kept) if block.key in whole else next(projected) for block in blocks
    ]


def _project(rows: Sequence[Any], project: Projection, device: str) -> list[tuple[KeysAndValues, ...]]:
    """Keys and values of each tensor of rows, several tensors projected together."""
    done: list[tuple[KeysAndValues, ...]] = []
    group: list[Any] = []
    for i, tensor in enumerate(rows):
        group.append(tensor)
        is_last = i + 1 == len(rows)
        if is_last or sum(map(len, group)) + len(rows[i + 1]) > ROWS_AT_ONCE:
            done += _split(project(torch().cat(group).to(device)), [len(one) for one in group])
            group = []
    return done


def _split(layers: Sequence[KeysAndValues], lengths: Sequence[int]) -> list[tuple[KeysAndValues, ...]]:
    """Each block's part in memory of its own, so that dropping one frees it."""
    parts = [[tensor.split(list(lengths), 1) for tensor in layer] for layer in layers]
    return [
        tuple((keys[i].clone(), values[i].clone()) for keys, values in parts) for i in range(len(lengths))
    ]


def _kept_rows(block: ContextBlock) -> Any:
    return block.rows if block.kept is None else block.rows[block.kept]


def _kept(layers: tuple[KeysAndValues, ...], kept: Any) -> tuple[KeysAndValues, ...]:
    if kept is None:
        return layers
    at = kept.to(layers[0][0].device)
    return tuple((keys[:, at], values[:, at]) for keys, values in layers)


def _packed_layer(
    context: VisualContext,
    known: Sequence[tuple[KeysAndValues, ...]],
    layer: int,
    longest: int,
    example: KeysAndValues,
) -> KeysAndValues:
    """(B, heads, M, D) keys and values of one layer."""
    packed = []
    for which in (0, 1):
        heads, _, width = example[which].shape
        batch = example[which].new_zeros((len(context.prompts), heads, longest, width))
        blocks = iter(known)
        for row, prompt in enumerate(context.prompts):
            first = 0
            for block in prompt:
                batch[row, :, first : first + len(block)] = next(blocks)[layer][which]
                first += len(block)
        packed.append(batch)
    return packed[0], packed[1]


def _size(layers: Sequence[KeysAndValues]) -> int:
    return sum(int(tensor.nbytes) for pair in layers for tensor in pair)


def split_keys_and_values(projected: Any, head_dim: int) -> tuple[Any, Any]:
    """Keys and values, (heads, M, head_dim) each, of one projection of M rows.

    Args:
        projected: (M, heads * 2 * head_dim) floating tensor, ordered by head, then key or value, then width.
        head_dim: width of a head.
    """
    keys, values = projected.unflatten(-1, (-1, 2, head_dim)).unbind(-2)
    return keys.transpose(0, 1), values.transpose(0, 1)

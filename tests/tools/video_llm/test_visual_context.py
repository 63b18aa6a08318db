"""Context rows of clips: kept, packed, and their keys and values computed once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.model_families import ContextReach
from playhead_tools.video_llm.prefix_cache import columns_of
from playhead_tools.video_llm.prompt_rows import ClipPlacement, PrunedRow, Row, prune_row
from playhead_tools.video_llm.visual_context import (
    NEVER,
    ContextBlock,
    KeysAndValues,
    PackedContext,
    VisualContext,
    VisualKeyCache,
    pack_context,
)

WIDTH, ROWS = 6, 4


class Projection:
    """Two layers of two heads of width 3; counts the rows that it was given."""

    def __init__(self) -> None:
        generator = torch().Generator().manual_seed(3)
        self.weights = torch().randn(2, 2, WIDTH, WIDTH, generator=generator, dtype=torch().float64)
        self.rows = 0

    def __call__(self, rows: Any) -> list[KeysAndValues]:
        self.rows += len(rows)
        layers = [[(rows @ w).unflatten(-1, (2, 3)).transpose(0, 1) for w in pair] for pair in self.weights]
        return [(keys, values) for keys, values in layers]


def frame(number: int) -> Any:
    """(4, 6) rows."""
    generator = torch().Generator().manual_seed(number)
    return torch().randn(ROWS, WIDTH, generator=generator, dtype=torch().float64)


def block(number: int, column: int, *kept: int) -> ContextBlock:
    """A frame's rows at a column, some of them."""
    return ContextBlock(frame(number), torch().tensor(kept) if kept else None, f"frame {number}", column)


def pack(cache: VisualKeyCache, project: Projection, *prompts: tuple[ContextBlock, ...]) -> PackedContext:
    """One batch, the second prompt after 5 columns of padding."""
    return pack_context(VisualContext(prompts, (0, 5)[: len(prompts)]), cache, project, "cpu")


def test_frames_of_earlier_prompts_are_not_projected_again_in_any_order() -> None:
    cache, project = VisualKeyCache(), Projection()
    pack(cache, project, (block(1, 2), block(2, 3), block(3, 4)))
    again = pack(cache, project, (block(3, 0), block(1, 7)))
    assert project.rows == 3 * ROWS
    alone = Projection()(torch().cat([frame(3), frame(1)]))
    for got, expected in zip(again.layers, alone, strict=True):
        assert torch().equal(got[0][0], expected[0])
        assert torch().equal(got[1][0], expected[1])
    assert again.columns.tolist() == [[0] * ROWS + [7] * ROWS]


def test_another_part_of_a_known_frame_is_taken_from_its_keys() -> None:
    cache, project = VisualKeyCache(), Projection()
    pack(cache, project, (block(1, 2, 0, 3),))
    packed = pack(cache, project, (block(1, 2, 1, 2, 3),))
    assert project.rows == ROWS
    assert torch().equal(packed.layers[1][1][0], Projection()(frame(1))[1][1][:, 1:])


@pytest.mark.parametrize("cache", [VisualKeyCache(0), VisualKeyCache()], ids=["no cache", "no name"])
def test_only_kept_rows_are_projected_where_nothing_is_held(cache: VisualKeyCache) -> None:
    project = Projection()
    name = "frame 1" if cache.max_bytes == 0 else ""
    packed = pack(cache, project, (ContextBlock(frame(1), torch().tensor([1, 3]), name, 2),))
    assert (project.rows, len(cache)) == (2, 0)
    assert torch().equal(packed.layers[0][0][0], Projection()(frame(1)[[1, 3]])[0][0])


def test_padding_of_a_batch_is_seen_by_no_token() -> None:
    packed = pack(VisualKeyCache(), Projection(), (block(1, 2, 0), block(2, 3)), (block(2, 4, 1, 2),))
    assert packed.columns.tolist() == [[2, 3, 3, 3, 3], [9, 9, NEVER, NEVER, NEVER]]
    assert packed.positions[1].tolist() == [4, 4, 0, 0, 0]
    assert packed.layers[0][0].shape == (2, 2, 5, 3)


def test_the_frames_not_used_for_longest_are_dropped_first() -> None:
    size = 2 * 2 * ROWS * WIDTH * 8
    cache, project = VisualKeyCache(2 * size), Projection()
    pack(cache, project, (block(1, 0), block(2, 1)))
    pack(cache, project, (block(1, 0),))
    pack(cache, project, (block(3, 0),))
    assert cache.in_memory_bytes == 2 * size
    assert [cache.get(f"frame {number}") is None for number in (1, 2, 3)] == [False, True, False]
    cache.clear()
    assert (len(cache), cache.in_memory_bytes) == (0, 0)


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        VisualKeyCache(-1)


def test_a_batch_without_context_is_refused() -> None:
    with pytest.raises(ValueError, match="no context to attend to"):
        pack(VisualKeyCache(), Projection(), ())


def clip_with_context(**more: Any) -> ClipFeatures:
    """Three frames, one placeholder each, with four context rows each."""
    rows = torch().arange(6.0).reshape(3, 2)
    context = torch().cat([frame(number) for number in (1, 2, 3)])
    keys = ("one", "two", "three")
    return ClipFeatures(
        rows, (), 3, 0, "<v>,<v>,<v>,", "video", context=context, context_steps=3, context_keys=keys, **more
    )


def row_of(reach: ContextReach) -> Row:
    """`a <v> , <v> , <v> , b` with a comma after each placeholder."""
    around: dict[ContextReach, Any] = {"after": ((2, 1), (4, 3), (6, 5)), "all": ((), (), ())}
    placement = ClipPlacement(clip_with_context(), torch().tensor([1, 3, 5]), around[reach], 18, reach)
    return Row(torch().arange(8), None, (placement,))


def pruned(reach: ContextReach, *kept: int) -> PrunedRow:
    """The row with some of the context."""
    return prune_row(row_of(reach), [torch().tensor(kept, dtype=torch().int64)])


def test_a_frame_that_keeps_no_context_goes_with_its_placeholder_and_its_words() -> None:
    row = pruned("after", 0, 2, 8, 9, 10, 11)
    assert row.ids.tolist() == [0, 1, 2, 5, 6, 7]
    assert [(one.key, one.column) for one in row.context] == [("one", 1), ("three", 3)]
    assert row.context[0].kept.tolist() == [0, 2]
    assert row.context[1].kept is None
    assert torch().equal(row.context[1].rows, frame(3))
    assert (row.rows[0].tolist(), row.columns[0].tolist()) == ([0, 2], [1, 3])
    assert row.visual_tokens == 4 + 6


def test_placeholders_stay_where_every_token_sees_the_context() -> None:
    row = pruned("all", 0, 2)
    assert row.ids.tolist() == list(range(8))
    assert [(one.key, one.column) for one in row.context] == [("one", 0)]
    assert (row.rows[0].tolist(), row.visual_tokens) == ([0, 1, 2], 6 + 2)


@pytest.mark.parametrize("reach", ["after", "all"])
def test_all_of_a_clip_is_its_context_and_what_stands_in_its_place(reach: ContextReach) -> None:
    row = prune_row(row_of(reach), [None])
    assert row.ids.tolist() == list(range(8))
    assert row.visual_tokens == 18
    assert [one.kept for one in row.context] == [None, None, None]


def test_costs_count_context_rows_by_frame_and_the_placeholder_beside_them() -> None:
    after, every = (row_of(reach).clips[0].costs for reach in ("after", "all"))
    assert (after.tokens_per_frame, after.around_frame, after.around_clip) == (ROWS, 2, 0)
    assert (every.tokens_per_frame, every.around_frame, every.around_clip) == (ROWS, 0, 6)


def test_places_outside_the_context_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kept tokens must ascend within \[0, 12\), got \[3, 12\]"):
        pruned("after", 3, 12)


def shared(reach: ContextReach, first: tuple[int, ...], second: tuple[int, ...]) -> int:
    """How many columns of a prompt with some context rows serve one with others."""
    columns = [columns_of(pruned(reach, *kept), ["clip"]) for kept in (first, second)]
    return columns[0].shared(columns[1])


def test_a_prefix_ends_where_the_context_differs() -> None:
    assert shared("after", (0, 4, 8), (0, 4, 8)) == 8
    assert shared("after", (0, 4, 8), (0, 5, 8)) == 3
    assert shared("after", (0, 4, 8), (0, 4)) == 5


def test_nothing_is_shared_under_another_context_that_every_token_sees() -> None:
    assert shared("all", (0, 4), (0, 4)) == 8
    assert shared("all", (0, 4), (0, 5)) == 0


def test_context_comes_back_from_its_file() -> None:
    clip = clip_with_context(order=torch().zeros(3, ROWS, dtype=torch().int64))
    again = ClipFeatures.from_bytes(clip.to_bytes())
    assert torch().equal(again.context, clip.context)
    assert (again.context_steps, again.context_keys) == (3, ("one", "two", "three"))
    assert again.size_bytes == clip.size_bytes > clip.context.nbytes
    assert again.tokens.shape == (3, ROWS, WIDTH)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"context_steps": 5}, r"context must be \(5 \* T, D\), got \(12, 6\)"),
        ({"context_keys": ("a",)}, "context of 3 steps needs a key each, got 1"),
    ],
)
def test_context_that_does_not_fit_its_steps_is_refused(change: dict[str, Any], message: str) -> None:
    base: Callable[..., ClipFeatures] = ClipFeatures
    clip = clip_with_context()
    given = {"context": clip.context, "context_steps": 3, "context_keys": clip.context_keys, **change}
    with pytest.raises(ValueError, match=message):
        base(clip.rows, (), 3, 0, "", "video", **given)


def test_a_clip_with_context_is_sorted_and_timed_by_its_context() -> None:
    tokens = clip_with_context().tokens
    np.testing.assert_array_equal(tokens[1], frame(2))
    assert clip_with_context().token_steps == 3

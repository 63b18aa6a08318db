"""Context rows that go with the rows in the sequence that they belong to."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from playhead_index.embed.runtime import torch
from playhead_index.window import Window
from playhead_tools.video_llm.clip_encoder import step_times_s
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.prefix_cache import columns_of
from playhead_tools.video_llm.prompt import PromptClip
from playhead_tools.video_llm.prompt_rows import ClipPlacement, PrunedRow, Row, prune_row
from playhead_tools.video_llm.protocol import PromptFrame


def clip(owner: tuple[int, ...] = (0, 1, 0, 1, 2, 3)) -> ClipFeatures:
    """Two steps of two rows; three frames of two context rows, the first two frames' with the first step."""
    return ClipFeatures(
        torch().arange(8.0).reshape(4, 2), (), 2, 0, "<v><v><v><v>", "video",
        context=torch().arange(12.0).reshape(6, 2), context_steps=3, context_keys=("one", "two", "three"),
        context_owner=torch().tensor(owner),
    )  # fmt: skip


def pruned(*kept: int) -> PrunedRow:
    """`a <v> <v> <v> <v> b` with some of the rows."""
    placement = ClipPlacement(clip(), torch().tensor([1, 2, 3, 4]), ((), ()), 4, "all")
    return prune_row(Row(torch().arange(6), None, (placement,)), [torch().tensor(kept, dtype=torch().int64)])


def kept_context(row: PrunedRow) -> dict[str, Any]:
    return {one.key: None if one.kept is None else one.kept.tolist() for one in row.context}


def test_visual_tokens_are_the_rows_in_the_sequence() -> None:
    assert clip().tokens.shape == (2, 2, 2)
    assert (clip().token_steps, clip().num_context_tokens) == (2, 0)


def test_context_is_kept_where_its_owner_is() -> None:
    row = pruned(1, 2, 3)
    assert row.ids.tolist() == [0, 2, 3, 4, 5]
    assert kept_context(row) == {"one": [1], "two": [1], "three": None}
    assert row.visual_tokens == 3


def test_frames_whose_owners_are_all_gone_are_not_attended_to() -> None:
    assert kept_context(pruned(0, 1)) == {"one": None, "two": None}


def test_costs_count_the_rows_in_the_sequence_alone() -> None:
    costs = ClipPlacement(clip(), torch().tensor([1, 2, 3, 4]), ((), ()), 4, "all").costs
    assert (costs.tokens_per_frame, costs.around_frame, costs.around_clip) == (2, 0, 0)


def test_another_choice_of_rows_shares_no_prefix() -> None:
    first, same, other = (columns_of(pruned(*kept), ["clip"]) for kept in ((0, 1), (0, 1), (0, 1, 2)))
    assert (first.shared(same), first.shared(other)) == (4, 0)


def test_owners_come_back_from_their_file() -> None:
    again = ClipFeatures.from_bytes(clip().to_bytes())
    assert torch().equal(again.context_owner, clip().context_owner)
    assert again.size_bytes == clip().size_bytes > dataclasses.replace(clip(), context_owner=None).size_bytes


def test_a_row_without_an_owner_is_refused() -> None:
    with pytest.raises(ValueError, match=r"context of 6 rows needs an owner each, got \(5,\)"):
        clip((0, 1, 0, 1, 2))


@pytest.mark.parametrize(
    ("frames", "steps", "means"),
    [
        (4, 2, [0.5, 2.5]),
        (5, 3, [0.5, 2.5, 4.0]),
        (5, 4, [0.5, 1.5, 2.5, 3.5]),
        (3, 3, [0.0, 1.0, 2.0]),
    ],
)
def test_times_of_steps_are_means_of_their_frames(frames: int, steps: int, means: list[float]) -> None:
    features = ClipFeatures(torch().zeros(steps, 2), (), steps, 0, "<v>" * steps, "video")
    shown = tuple(
        PromptFrame(i + 1, 0, i, "v", float(i), Window(float(i), float(i) + 1)) for i in range(frames)
    )
    np.testing.assert_allclose(step_times_s(features, PromptClip(0, shown)), means)

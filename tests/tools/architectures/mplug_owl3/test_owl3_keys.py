"""Visual keys and values of mPLUG-Owl3 are computed once a frame, and serve it wherever it is shown."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.mplug_owl3.released import GENERATIONS, Generation
from tests.tools.architectures.mplug_owl3.test_owl3_parity import ask, scores
from tests.tools.video_llm.seen_clips import Places, exact, noise

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable, TokenBudgetExceeded
from playhead_tools.testing import FixedMemory
from playhead_tools.video_llm.look_limits import USABLE
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

Folders = Callable[[Generation], Path]
BOTH = pytest.mark.parametrize("generation", GENERATIONS)
FRAME_BYTES = 2 * 2 * 16 * 16 * 8
"""Two layers, keys and values, 16 rows, two heads of 8, float64."""


def count_rows(llm: TransformersVideoLLM) -> list[int]:
    """The rows that the first hyper layer projects from now on."""
    counted: list[int] = []
    projection = llm.loaded.model.language_model.layers[0].self_attn.v_kv_proj
    projection.register_forward_hook(lambda module, args, out: counted.append(len(args[0])))
    return counted


@BOTH
def test_other_clips_in_another_order_reuse_their_frames(generation: Generation, owl3: Folders) -> None:
    a, b, c = noise(3, 10.0), noise(2, 40.0), noise(1, 80.0)
    llm, fresh = exact(owl3(generation)), exact(owl3(generation), context_bytes=0)
    counted = count_rows(llm)
    scores(llm, ask(a, b, c))
    assert counted == [6 * 16]
    again = ask(c, a, question="Which?")
    np.testing.assert_allclose(scores(llm, again), scores(fresh, again), atol=1e-12)
    assert counted == [6 * 16]


def test_another_part_of_a_frames_rows_is_not_projected_again(owl3: Folders) -> None:
    llm = exact(owl3("241101"), keep=Places(0, 5, 17))
    counted = count_rows(llm)
    scores(llm, ask(noise(2)))
    llm.keep = Places(1, 2, 3, 30)
    scores(llm, ask(noise(2)))
    assert counted == [2 * 16]


def test_a_frame_shown_in_another_clip_is_known(owl3: Folders) -> None:
    llm, clip = exact(owl3("241101")), noise(4)
    part = Clip(clip.video_id, clip.window, clip.pts_s[1:3], clip.frames[1:3])
    counted = count_rows(llm)
    scores(llm, ask(clip))
    scores(llm, ask(part))
    assert counted == [4 * 16]


@BOTH
def test_the_question_keeps_a_part_of_the_rows(generation: Generation, owl3: Folders) -> None:
    llm = exact(owl3(generation))
    llm.keep = GuidedTokens(0.5, llm.word_vectors)
    replies = [llm.generate(ask(noise(4), question=question)) for question in ("Is a lamp on?", "How many?")]
    given = 4 * (16 + 1) + 2 * (generation == "241101")
    for reply in replies:
        assert reply.report.visual_tokens_given == given
        assert 0.3 * given < (reply.report.visual_tokens_kept or 0) <= 0.5 * given


def test_every_step_of_a_reply_uses_the_same_keys(owl3: Folders) -> None:
    llm = exact(owl3("240728"), context_bytes=0)
    counted = count_rows(llm)
    llm.generate(VlmRequest((noise(2),), "What?", Budget(new_tokens=4), plain_prompt=True))
    assert counted == [2 * 16]


@pytest.mark.parametrize(
    "passes", [[9, 1, 1], [600, 1, 700], [5, -3, 2, 1]], ids=["steps", "grown", "cropped"]
)
def test_rows_and_text_stand_one_after_the_other_however_the_text_grows(passes: list[int]) -> None:
    from playhead_tools.architectures.mplug_owl3.modeling import JointKeys

    rows, text = torch().randn(2, 1, 2, 5, 4), torch().randn(2, 1, 2, 0, 4)
    joint = JointKeys(*rows, num_columns=passes[0])
    for new in passes:
        if new < 0:  # the cache was cropped and goes on otherwise
            text = text[..., :new, :]
            continue
        text = torch().cat([text, torch().randn(2, 1, 2, new, 4)], dim=-2)
        got = joint.with_text(*text, new)
        for one, row, column in zip(got, rows, text, strict=True):
            assert torch().equal(one, torch().cat([row, column], dim=-2))


@pytest.mark.parametrize("frames", [0, 2])
def test_kept_keys_stay_within_their_limit_and_replies_the_same(frames: int, owl3: Folders) -> None:
    limit = frames * FRAME_BYTES
    small, large = exact(owl3("241101"), context_bytes=limit), exact(owl3("241101"))
    requests = [ask(noise(3, 10.0)), ask(noise(2, 40.0)), ask(noise(2, 40.0), noise(3, 10.0))]
    for request in requests:
        assert torch().equal(scores(small, request), scores(large, request))
        assert small.loaded.visual_keys is not None
        assert small.loaded.visual_keys.in_memory_bytes <= limit
        assert len(small.loaded.visual_keys) == frames


def test_without_memory_kept_keys_go_and_the_call_is_made_once_more(
    owl3: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm, tries = exact(owl3("241101"), reuse_bytes=0), list[int]()
    scores(llm, ask(noise(2)))
    keys = llm.loaded.visual_keys
    assert keys is not None

    def scarce(**inputs: Any) -> Any:
        tries.append(len(keys))
        keys.put("left behind", ((torch().zeros(1, 1, 1), torch().zeros(1, 1, 1)),))
        raise torch().OutOfMemoryError("out of memory")

    monkeypatch.setattr(llm.loaded.model, "generate", scarce)
    with pytest.raises(ModelUnavailable, match="its device has not enough memory for 1 frames"):
        llm.generate(ask(noise(2)))
    assert tries == [2, 0, 0]  # with what earlier calls left, without it, with half of the frames


def test_a_text_that_the_context_does_not_hold_is_refused(owl3: Folders) -> None:
    llm = exact(owl3("241101"))
    llm.limits = replace(llm.limits, context=60)
    with pytest.raises(TokenBudgetExceeded, match="its context holds 56 beside a reply; shorten the text"):
        llm.generate(ask(noise(2), question="What is it? " * 30))


def test_memory_counts_rows_in_the_layers_that_attend_to_them(owl3: Folders) -> None:
    llm = exact(owl3("241101"))
    text = len(llm.prompt(ask(noise(8))).row.ids)
    rows = 4 * llm.loaded.model.config.rows_per_frame - 1
    needed = llm.limits.prompt_bytes(text, 3) + rows * llm.limits.context_row_bytes
    llm.memory = FixedMemory(ceil(needed / USABLE))
    assert len(llm.generate(ask(noise(8))).frames_shown) == 3

"""Strips: many frames at 1 to 4 tokens beside whole ones, for the tokens of a few whole frames."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tools.video_llm.made_clips import clip
from tests.tools.video_llm.made_server import made_server
from tests.tools.video_llm.seen_clips import exact, noise, vlm_request

from playhead_index.embed.runtime import torch
from playhead_index.window import Window
from playhead_tools.video_llm.contact_sheets import contact_sheets, with_contact_sheets
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest
from playhead_tools.video_llm.server import ServerVideoLLM
from playhead_tools.video_llm.strips import without_words
from playhead_tools.video_llm.text_guided_selection import GuidedTokens

Checkpoint = Callable[[str], Path]
FAMILIES = ["qwen3_vl", "qwen2_5_vl", "llava_onevision", "internvl", "smolvlm"]


def strip(frames: int, strip_frames: int = 2, height: int = 16) -> Clip:
    """Every moment twice, two seconds apart."""
    one = noise(frames, 0.0, height=height)
    pts_s = np.repeat(np.arange(frames // 2) * 2.0, 2)
    window = Window(0.0, float(frames))
    return replace(one, pts_s=pts_s, window=window, strip_frames=strip_frames)


@pytest.mark.parametrize("family", FAMILIES)
def test_eight_times_the_frames_cost_at_most_a_thirtieth_more(family: str, checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint(family))
    calls = vlm_request(noise(8, height=32)), vlm_request(strip(64, height=32), noise(6, height=32))
    prompts = [llm.prompt(replace(call, plain_prompt=True)) for call in calls]
    whole, both = (len(prune_row(prompt.row, prompt.token_indices).ids) for prompt in prompts)
    assert both <= 1.03 * whole
    assert len(prompts[1].token_indices[0]) > 0


def test_the_clip_beside_a_strip_is_kept_whole_without_a_keeper(checkpoint: Checkpoint) -> None:
    prompt = exact(checkpoint("qwen3_vl")).prompt(vlm_request(strip(16), noise(6)))
    assert len(prompt.token_indices[1]) == len(prompt.row.clips[1].columns)


def test_a_keeper_chooses_in_the_clip_and_not_in_the_strip(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    alone = llm.prompt(vlm_request(strip(16), noise(8)))
    llm.keep = GuidedTokens(0.6, llm.word_vectors)
    kept = llm.prompt(vlm_request(strip(16), noise(8)))
    assert torch().equal(alone.token_indices[0], kept.token_indices[0])
    assert len(kept.token_indices[1]) < len(alone.token_indices[1])


def test_a_budget_of_tokens_counts_the_strip(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    prompt = llm.prompt(vlm_request(strip(16), noise(8), visual_tokens=80))
    assert prune_row(prompt.row, prompt.token_indices).visual_tokens <= 80


def test_the_places_of_tokens_are_those_of_the_whole_prompt(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    request = replace(vlm_request(strip(32), noise(4)), plain_prompt=True)
    prompt = llm.prompt(request)
    first = int(prompt.token_indices[0][0])
    at = int(prompt.row.clips[0].columns[first])
    stock = llm.prompt(replace(request, clips=tuple(replace(one, strip_frames=0) for one in request.clips)))
    want = int(stock.row.clips[0].columns[first])
    assert prompt.row.positions[:, at].tolist() == stock.row.positions[:, want].tolist()


def test_the_types_of_tokens_stay_beside_them_when_words_are_left_out(checkpoint: Checkpoint) -> None:
    row = exact(checkpoint("qwen3_vl")).prompt(vlm_request(noise(8))).row
    row = replace(row, types={"mm_token_type_ids": row.ids})
    bare = without_words(row, {0: np.arange(len(row.clips[0].around))})
    assert len(bare.ids) < len(row.ids)
    assert torch().equal(bare.types["mm_token_type_ids"], bare.ids)


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision"])
def test_a_strip_in_a_left_padded_batch_gives_the_reply_of_a_single_call(
    family: str, checkpoint: Checkpoint
) -> None:
    llm = exact(checkpoint(family))
    calls = [vlm_request(strip(32), noise(6)), vlm_request(noise(4))]
    batch = [reply.text for reply in llm.generate_all(calls)]
    assert batch == [llm.generate(call).text for call in calls]


def test_a_second_question_reuses_the_strip_that_comes_first(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    llm.generate(vlm_request(strip(32), noise(6)))
    reply = llm.generate(vlm_request(strip(32), noise(6, 40.0), question="Who?"))
    fresh = exact(checkpoint("qwen3_vl")).generate(vlm_request(strip(32), noise(6, 40.0), question="Who?"))
    assert (reply.report.reused_tokens or 0) > 0
    assert reply.text == fresh.text


def test_the_report_counts_what_all_frames_would_have_become(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_onevision"))
    report = llm.generate(vlm_request(strip(16), noise(4))).report
    whole = llm.generate(vlm_request(replace(strip(16), strip_frames=0), noise(4))).report
    assert report.visual_tokens_given == whole.visual_tokens_given
    assert (report.visual_tokens_kept or 0) < (whole.visual_tokens_kept or 0)


# ---- contact sheets ----


def test_a_contact_sheet_shows_the_moments_row_by_row() -> None:
    shades = clip(*map(float, range(4)))
    sheets = contact_sheets(replace(shades, strip_frames=1))
    assert (sheets.frames.shape, sheets.tiles, sheets.pts_s.tolist()) == ((1, 16, 24, 3), 4, [0.0])
    corners = sheets.frames[0, ::8, ::12, 0]
    assert corners.tolist() == [[0, 1], [2, 3]]


def test_as_many_sheets_are_made_as_the_strip_may_take_whole_frames() -> None:
    sheets = contact_sheets(strip(128, strip_frames=2))
    assert (len(sheets), sheets.tiles) == (2, 16)
    assert sheets.pts_s[1] > 60.0


def test_a_model_of_few_frames_gets_the_strip_as_contact_sheets(checkpoint: Checkpoint) -> None:
    reply = exact(checkpoint("video_llava")).generate(vlm_request(strip(32), noise(6, height=24)))
    assert [frame.clip for frame in reply.frames_shown].count(0) == 2


def test_a_server_is_sent_the_strip_as_contact_sheets_with_their_times() -> None:
    with made_server("Red.") as server:
        model = ServerVideoLLM(server.base_url, "m")
        call = VlmRequest((strip(32), noise(6)), "What is it?", Budget(frames=38))
        reply = model.generate(call)
    text = str(server.requests[0])
    assert len(reply.frames_shown) == 2 + 6
    assert "Frame 1: 8 small frames, row by row from 0.0 s to 16.0 s:" in text
    assert reply.report.frames_given == 38


def test_a_request_without_strips_keeps_its_budget_of_frames() -> None:
    request = VlmRequest((noise(4), noise(8, 40.0)), "What is it?", Budget(frames=32))
    assert with_contact_sheets(request) is request

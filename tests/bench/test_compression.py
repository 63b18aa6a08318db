"""Methods of compression beside each other: the same question, fewer tokens, never more than the budget."""

from dataclasses import replace

import numpy as np
import pytest

from playhead_bench.compression.clips import FRAMES, alike, needle_clips, single_clips
from playhead_bench.compression.experiment import compare
from playhead_bench.compression.looking import Eyes
from playhead_bench.compression.methods import LIMITED, METHODS, middles, with_averages
from playhead_bench.compression.reading import read, row_of
from playhead_bench.nano.evaluate import Reader
from playhead_bench.nano.pictures import clip_of
from playhead_bench.nano.profile import FOLDERS, WEIGHTS
from playhead_bench.world.wander import wander
from playhead_index.embed.runtime import torch
from playhead_index.window import Window
from playhead_tools.compression.importance import novelty_scores, static_last, vcast_scores
from playhead_tools.compression.plan import TokenCosts, plan_tokens
from playhead_tools.compression.ranking import rank_tokens
from playhead_tools.video_llm.encoded import ClipFeatures
from playhead_tools.video_llm.loading import Loading
from playhead_tools.video_llm.protocol import Clip, VlmRequest
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.token_selection import SeenClip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

EVERY = {**METHODS, **LIMITED}
LEFT_OUT = "the nano models are not trained yet: no weights beside them"


@pytest.fixture(scope="module")
def eyes():
    folders = [WEIGHTS / FOLDERS[role] for role in ("video", "picture", "appearance")]
    if not all(any(folder.glob("*.safetensors")) for folder in folders):
        pytest.skip(LEFT_OUT)
    return Eyes(*folders)


@pytest.fixture(scope="module")
def look(eyes):
    return eyes.look(next(single_clips(1)))


@pytest.fixture(scope="module")
def guide(eyes, look):
    return eyes.guide(look, look.painted.questions[0].text)


@pytest.mark.parametrize("name", EVERY)
def test_a_budget_that_holds_all_tokens_leaves_them_as_they_are(name, look, guide):
    kept = EVERY[name](look, guide, look.given_tokens)
    assert kept.indices.tolist() == list(range(look.given_tokens))
    assert kept.features is look.features


def test_at_ratio_one_every_method_gives_the_replies_of_the_stock_model(eyes, look, guide):
    prompts = [question.prompt for question in look.painted.questions[:3]]
    stock = Reader(WEIGHTS / FOLDERS["video"])
    told = [stock.answers([(clip_of(0, "test"), look.painted.small, prompt)])[0] for prompt in prompts]
    for method in EVERY.values():
        kept = method(look, guide, look.given_tokens)
        rows = [row_of(eyes.loaded, look.features, prompt) for prompt in prompts]
        assert [one.text for one in read(eyes.loaded, [(row, kept) for row in rows])] == told


@pytest.mark.parametrize("ratio", [0.5, 0.25, 0.15, 0.1, 0.05])
@pytest.mark.parametrize("name", EVERY)
def test_no_method_keeps_more_than_the_budget_or_out_of_order(name, ratio, look, guide):
    budget = round(ratio * look.given_tokens)
    kept = EVERY[name](look, guide, budget)
    if kept is None:
        assert name.startswith("uniform")
        assert budget < look.tokens.tokens_per_frame
        return
    assert 0 < len(kept.indices) <= budget
    assert bool((kept.indices.diff() > 0).all())


@pytest.mark.parametrize("name", LIMITED)
def test_of_long_clips_a_limited_method_shows_no_more_than_four_steps(name, eyes):
    look = eyes.look(next(needle_clips(1)))
    guide = eyes.guide(look, look.painted.questions[0].text)
    kept = LIMITED[name](look, guide, look.given_tokens // 2)
    assert len(set((kept.indices // 45).tolist())) == 4


def test_where_no_whole_frame_fits_uniform_frames_has_no_point(eyes):
    some = {"uniform frames": METHODS["uniform frames"], "random tokens": METHODS["random tokens"]}
    painted = next(single_clips(1))
    clips = [replace(painted, questions=painted.questions[:2])]
    points = compare(eyes, clips, methods=some, ratios=(0.25, 0.1))
    assert [(p.method, p.ratio, p.visual_tokens) for p in points] == [
        ("", 1.0, 180),
        ("uniform frames", 0.25, 45),
        ("random tokens", 0.25, 45),
        ("random tokens", 0.1, 18),
    ]


def test_a_needle_clip_has_two_minutes_of_frames_and_five_questions():
    painted = next(needle_clips(1))
    assert painted.small.shape == (FRAMES, 100, 180, 3)
    assert [question.kind for question in painted.questions] == [
        "colour",
        "thing",
        "place",
        "exists",
        "exists",
    ]
    assert [question.answer for question in painted.questions[3:]] == ["yes", "no"]


def test_a_story_with_a_likeness_of_the_needle_says_which():
    story = wander(0, 1.0)
    label = next(event.what for event in story.events() if event.kind == "shown")
    colour, shape = label.split()
    assert label in alike(story, (colour, shape))


def test_the_middles_of_the_whole_grid_are_all_its_cells():
    assert middles((5, 9)).tolist() == list(range(45))


def test_the_middles_of_a_coarse_grid_lie_amid_what_its_cells_cover():
    assert middles((1, 3)).tolist() == [2 * 9 + 1, 2 * 9 + 4, 2 * 9 + 7]


def test_averages_stand_in_the_steps_that_were_named_and_nowhere_else():
    rows = torch().arange(90.0)[:, None]
    features = ClipFeatures(rows, (10 * rows,), 2, 0, "", "video")
    new = with_averages(features, np.array([1]), (1, 1))
    assert float(new.rows[45 + 22, 0]) == 67.0
    assert float(new.deep[0][45 + 22, 0]) == 670.0
    assert bool((new.rows[:45] == rows[:45]).all())


@pytest.mark.parametrize("by", ["pictures", "words"])
@pytest.mark.parametrize("ratio", [0.5, 0.25, 0.1])
def test_ours_spends_the_plans_tokens_on_those_that_would_be_missed_most(by, ratio, look, guide):
    tokens, budget = look.tokens, round(ratio * look.given_tokens)
    scores = guide.by_words if by == "words" else guide.by_pictures
    plan = plan_tokens(
        scores, tokens.pts_s, TokenCosts(tokens.tokens_per_frame), budget, of_the_whole=guide.of_the_whole
    )
    counts = np.zeros(len(tokens), dtype=np.int64)
    counts[plan.frames.indices] = plan.counts
    ranked = rank_tokens(tokens, static_last(vcast_scores(tokens)[0], novelty_scores(tokens)))
    kept = METHODS[f"ours, by {by}"](look, guide, budget)
    assert kept.indices.tolist() == ranked.take(counts)[1].indices.tolist()


def test_the_product_keeps_what_the_benchmark_keeps_at_the_same_budget(eyes, look):
    question = look.painted.questions[0]
    llm = TransformersVideoLLM(WEIGHTS / FOLDERS["video"], loading=Loading(device="cpu"))
    costs = TokenCosts(look.tokens.tokens_per_frame)
    seen = SeenClip(None, None, look.tokens, costs, look.order, look.given_tokens)
    for ratio in (0.5, 0.25, 0.1):
        kept = GuidedTokens(ratio, llm.word_vectors)([seen], question.text, None)[0]
        guide = eyes.guide(look, question.text)
        ours = METHODS["ours, by words"](look, guide, int(ratio * look.given_tokens))
        assert kept.indices.tolist() == ours.indices.tolist()


def test_nano_vlm_answers_within_its_part_of_the_tokens():
    if not any((WEIGHTS / FOLDERS["video"]).glob("*.safetensors")):
        pytest.skip(LEFT_OUT)
    painted = next(single_clips(1))
    llm = TransformersVideoLLM(WEIGHTS / FOLDERS["video"], loading=Loading(device="cpu"))
    window = Window(float(painted.pts_s[0]), float(painted.pts_s[-1]) + 1.0)
    call = VlmRequest(
        (Clip("v", window, painted.pts_s, painted.small),), painted.questions[0].prompt, bare=True
    )
    whole = llm.watch(call)
    for ratio in (1.0, 0.5, 0.25):
        llm.keep = GuidedTokens(ratio, llm.word_vectors)
        report = llm.watch(call).report
        assert report.visual_tokens_given == whole.report.visual_tokens_given
        assert 0.8 * ratio < report.keep_ratio <= ratio
    llm.keep = GuidedTokens(1.0, llm.word_vectors)
    assert llm.watch(call).text == whole.text

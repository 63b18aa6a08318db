"""The model without a model."""

import pytest
from tests.tools.video_llm.made_clips import clip, vlm_request

from playhead_index.errors import ModelUnavailable, TokenBudgetExceeded
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.protocol import Budget, VideoLLM, YesNo


def test_replies_come_in_order_with_a_report() -> None:
    llm: VideoLLM = ScriptedVideoLLM(["one", {"a": 1}])
    first, second = llm.generate(vlm_request()), llm.generate(vlm_request())
    assert (first.text, second.text) == ("one", '{"a": 1}')
    assert (first.report.frames_shown, first.report.visual_tokens_kept) == (4, 64)


def test_budgets_are_kept_and_reported() -> None:
    call = vlm_request(clip(*map(float, range(10))), budget=Budget(frames=8, visual_tokens=50))
    report = ScriptedVideoLLM(["x"]).generate(call).report
    assert (report.frames_given, report.frames_shown, report.visual_tokens_given) == (10, 3, 160)
    assert report.keep_ratio == 0.3


def test_a_function_sees_what_was_shown() -> None:
    llm = ScriptedVideoLLM(lambda call, shown: f"[{shown[-1].number}]")
    assert llm.generate(vlm_request()).text == "[4]"


def test_yes_and_no_come_with_their_probabilities() -> None:
    reply = ScriptedVideoLLM([YesNo(-0.1, -2.4)]).generate(vlm_request())
    assert (reply.text, reply.yes_no) == ("Yes", YesNo(-0.1, -2.4))


def test_a_model_that_is_away_raises() -> None:
    with pytest.raises(ModelUnavailable, match="gone"):
        ScriptedVideoLLM([ModelUnavailable("gone")]).generate(vlm_request())


def test_the_end_of_the_script_is_said() -> None:
    with pytest.raises(LookupError, match="holds 0 replies, this is call 1"):
        ScriptedVideoLLM([]).generate(vlm_request())


def test_a_budget_below_one_frame_is_refused() -> None:
    with pytest.raises(TokenBudgetExceeded, match="one frame takes 16"):
        ScriptedVideoLLM(["x"]).generate(vlm_request(budget=Budget(visual_tokens=15)))

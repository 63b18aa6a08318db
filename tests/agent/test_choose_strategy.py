"""Which strategy `auto` is."""

import pytest

from playhead_agent.choose_strategy import MIN_PLANNER_TOKENS, Route, VideoPlanner, route
from playhead_agent.strategies import check_strategy, load_strategy, strategy_names


def video(*, keeps_schema: bool = True, context_tokens: int = 32_768) -> VideoPlanner:
    return VideoPlanner("vlm", keeps_schema, context_tokens)


def test_a_chat_model_that_was_given_plans_whatever_else_is_there() -> None:
    assert route(has_chat=True, video=video()) == Route("planner")


def test_a_video_llm_plans_where_it_keeps_a_schema_and_has_the_positions() -> None:
    taken = route(has_chat=False, video=video(context_tokens=MIN_PLANNER_TOKENS))
    assert (taken.strategy, taken.plans_by_video) == ("planner", True)
    assert taken.note == "strategy planner: the video-LLM vlm plans"


@pytest.mark.parametrize(("tokens", "said"), [(8_192, "has 8,192 positions"), (0, "an unknown context")])
def test_a_video_llm_with_a_small_or_unknown_context_does_not_plan_and_a_note_says_so(
    tokens: int, said: str
) -> None:
    taken = route(has_chat=False, video=video(context_tokens=tokens))
    assert (taken.strategy, taken.plans_by_video) == ("rules", False)
    assert said in taken.note


@pytest.mark.parametrize("there", [None, video(keeps_schema=False)])
def test_without_a_model_that_can_plan_the_rules_answer_without_a_note(there: VideoPlanner | None) -> None:
    assert route(has_chat=False, video=there) == Route("rules")


@pytest.mark.parametrize(("old", "new"), [("agent", "rules"), ("tools", "planner")])
def test_old_names_say_what_they_are_called_now(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=f"no strategy is called '{old}'; it is called '{new}' now"):
        check_strategy(old)


def test_every_strategy_goes_by_its_name() -> None:
    names = [name for name in strategy_names() if name != "auto"]
    assert [load_strategy(name).name for name in names] == names
    with pytest.raises(ValueError, match="'auto' is not one strategy"):
        load_strategy("auto")

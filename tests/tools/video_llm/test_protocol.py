"""Clips, calls and reports check themselves."""

from dataclasses import replace
from math import log
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel
from tests.tools.video_llm.made_clips import clip, vlm_request

from playhead_tools.video_llm.protocol import Budget, PriorTurn, YesNo
from playhead_tools.video_llm.usage import Report

GOOD = clip(10.0, 11.0)
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("floats", {"frames": np.zeros((2, 4, 4, 3))}, r"\(N, H, W, 3\) uint8"),
    ("no frames", {"frames": np.zeros((0, 4, 4, 3), np.uint8), "pts_s": np.zeros(0)}, "a time a frame"),
    ("one time for two frames", {"pts_s": np.array([10.0])}, "a time a frame"),
    ("times that descend", {"pts_s": np.array([11.0, 10.0])}, "must not descend"),
    ("a time that is none", {"pts_s": np.array([10.0, np.nan])}, "must be finite"),
    ("a frame at the window's end", {"pts_s": np.array([10.0, 12.0])}, "do not belong"),
    ("a second frame before its start", {"pts_s": np.array([9.0, 9.5])}, "do not belong"),
]


@pytest.mark.parametrize(("_", "change", "why"), WRONG, ids=[row[0] for row in WRONG])
def test_a_clip_is_refused(_: str, change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(GOOD, **change)


def test_the_first_frame_may_be_on_the_screen_before_the_window() -> None:
    assert replace(GOOD, pts_s=np.array([9.5, 10.5])).pts_s[0] == 9.5


class Colour(BaseModel):
    name: str


ASKED: list[tuple[str, dict[str, Any], str]] = [
    ("no clips", {"clips": ()}, "needs clips and a question"),
    ("no question", {"question": "  "}, "needs clips and a question"),
    ("a form and yes or no", {"form": Colour, "yes_no": True}, "one of them"),
    ("turns that end with the model", {"turns": (PriorTurn("model", "x"),)}, "model, user"),
]


@pytest.mark.parametrize(("_", "change", "why"), ASKED, ids=[row[0] for row in ASKED])
def test_a_call_is_refused(_: str, change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(vlm_request(), **change)


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="got frames = 0"):
        Budget(frames=0)


def test_yes_and_no_become_a_probability() -> None:
    assert YesNo(log(0.6), log(0.2)).p_yes == pytest.approx(0.75)
    assert (YesNo(-2000.0, 0.0).p_yes, YesNo(0.0, -2000.0).p_yes) == (0.0, 1.0)


def test_what_is_unknown_of_one_call_is_unknown_of_both() -> None:
    first = Report("m", 8, 4, 1.0, prompt_tokens=10, cost=0.5, retries=1, notes=("a",))
    both = first.plus(Report("m", 8, 4, 2.0, prompt_tokens=5, notes=("a", "b")))
    assert (both.total_s, both.prompt_tokens, both.cost, both.retries) == (3.0, 15, None, 1)
    assert both.notes == ("a", "b")


def test_the_keep_ratio_needs_both_counts() -> None:
    assert Report("m", 8, 2, 0.0, visual_tokens_given=80, visual_tokens_kept=20).keep_ratio == 0.25
    assert Report("m", 8, 2, 0.0, visual_tokens_kept=20).keep_ratio is None

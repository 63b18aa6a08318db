"""Skim: one call with a strip of the whole scope and the frames of what was retrieved."""

from typing import Any

from tests.tools.made_library import DEMO, LECTURE

from playhead_agent.limits import Limits
from playhead_index.search.results import Scope
from playhead_index.window import Window

IN_DEMO = Scope((DEMO,))
CAR = "What drives past the house?"


def parts_of(asking: Any, call: int = 0) -> tuple[Any, Any]:
    """The strip and the clip of a call."""
    strip, clip = asking.model.requests[call].clips
    return strip, clip


def test_one_call_shows_a_strip_of_the_scope_and_the_retrieved_moment(asking: Any) -> None:
    answer = asking("skim", CAR, ["A red car."], scope=IN_DEMO)
    strip, clip = parts_of(asking)
    assert (strip.strip_frames, len(strip), len(clip), len(asking.model.requests)) == (2, 64, 6, 1)
    assert (strip.pts_s[0], strip.pts_s[-1]) == (120 / 64, 120 - 120 / 64)
    assert all(60.0 <= time_s <= 90.0 for time_s in clip.pts_s)
    assert (answer.text, [one.window for one in answer.intervals]) == ("A red car.", [Window(60.0, 90.0)])


def test_the_strip_lies_inside_the_scope(asking: Any) -> None:
    asking("skim", CAR, ["A red car."], scope=Scope((DEMO,), Window(40.0, 80.0)))
    strip, clip = parts_of(asking)
    assert all(40.0 <= time_s <= 80.0 for time_s in (*strip.pts_s, *clip.pts_s))


def test_where_nothing_is_retrieved_the_clip_is_spread_over_the_scope(asking: Any) -> None:
    answer = asking("skim", "zebra quagga?", ["a zebra"], scope=IN_DEMO)
    _, clip = parts_of(asking)
    assert sorted(set(clip.pts_s.tolist())) == [20.0, 60.0, 100.0]
    assert (answer.status, len(answer.evidence)) == ("answered", 1)


def test_the_next_video_is_asked_about_when_the_first_declines(asking: Any) -> None:
    answer = asking("skim", "short demo, summary", ["not visible", "a man"])
    assert [parts_of(asking, call)[1].video_id for call in range(2)] == [DEMO, LECTURE]
    assert answer.text == "a man"


def test_a_limit_of_frames_shortens_the_strip_and_says_so(asking: Any) -> None:
    answer = asking("skim", CAR, ["A car."], scope=IN_DEMO, limits=Limits(frames=20))
    strip, clip = parts_of(asking)
    assert (len(strip), len(clip), answer.status) == (14, 6, "partial")
    assert "the strip shows 14 frames instead of 64: no more are allowed" in answer.notes


def test_a_limit_below_a_strip_leaves_the_retrieved_frames(asking: Any) -> None:
    answer = asking("skim", CAR, ["A car."], scope=IN_DEMO, limits=Limits(frames=6))
    (clip,) = asking.model.requests[0].clips
    assert (len(clip), answer.cost["frames"]) == (6, 6)
    assert "6 frames are shown and no strip: no more are allowed" in answer.notes


def test_frames_of_the_strip_are_paid_for_and_do_not_count_as_seen(asking: Any) -> None:
    answer = asking("skim", CAR, ["A red car."], scope=IN_DEMO)
    assert answer.cost["frames"] == 70
    assert answer.coverage is not None
    assert 0 < answer.coverage.viewed_s < 10.0

"""Frames for a server, chosen by the question: those that fit, spread, each moment once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.video_llm.made_clips import clip
from tests.tools.video_llm.made_server import made_server

from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.frames_by_question import QuestionFrames
from playhead_tools.video_llm.protocol import Budget, VlmRequest
from playhead_tools.video_llm.server import ServerVideoLLM

LAMP, WHOLE = "What colour is the lamp?", "What happens in this video?"
SIXTEEN = clip(*map(float, range(16)))


def lamp_at(*times_s: float) -> Any:
    """Scores of 1 at these times and 0 elsewhere."""

    def scores(video_id: str, pts_s: Any, texts: Sequence[str]) -> Any:
        assert list(texts) == ["lamp"]
        return np.isin(pts_s, times_s).astype(np.float64)

    return scores


def test_the_frames_that_fit_are_shown() -> None:
    (shown,) = QuestionFrames(lamp_at(3.0, 4.0))([SIXTEEN], LAMP, 4)
    assert shown.tolist() == [3, 4, 5, 12]


def test_a_question_about_the_whole_gets_evenly_spread_frames_without_a_note() -> None:
    choose = QuestionFrames(lamp_at(3.0))
    (shown,), (even,) = choose([SIXTEEN], WHOLE, 4), choose_evenly([SIXTEEN], WHOLE, 4)
    assert (shown.tolist(), choose.note) == (even.tolist(), "")


def test_without_scores_frames_are_spread_evenly_and_a_note_says_so() -> None:
    choose = QuestionFrames(lambda *_: None)
    (shown,) = choose([SIXTEEN], LAMP, 4)
    assert shown.tolist() == choose_evenly([SIXTEEN], LAMP, 4)[0].tolist()
    assert choose.note == (
        "frames were left out evenly, not by the question: the library has no picture vectors"
    )


def test_a_moment_that_is_given_twice_is_shown_once() -> None:
    doubled = clip(*(t for t in range(8) for _ in range(2)))
    (shown,) = QuestionFrames(lamp_at(2.0, 5.0))([doubled], LAMP, 4)
    times = doubled.pts_s[shown].tolist()
    assert len(set(times)) == 4
    assert {2.0, 5.0} <= set(times)


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=3), most=st.integers(1, 40),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_as_many_frames_are_shown_as_by_an_even_choice(lengths: list[int], most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    clips = [clip(*np.sort(rng.integers(0, n + 1, n)).astype(float)) for n in lengths]
    chosen = QuestionFrames(lambda v, pts_s, texts: rng.random(len(pts_s)))(clips, LAMP, most)
    assert [len(one) for one in chosen] == [len(one) for one in choose_evenly(clips, LAMP, most)]
    assert all((np.diff(one) > 0).all() for one in chosen)


def test_a_server_is_sent_the_frames_that_fit_the_question() -> None:
    with made_server("Red.") as server:
        choose = QuestionFrames(lamp_at(3.0, 4.0))
        model = ServerVideoLLM(server.base_url, "m", keep_frames=0.25, choose=choose)
        reply = model.generate(VlmRequest((SIXTEEN,), LAMP, Budget(frames=16)))
    assert {3, 4} <= {frame.index for frame in reply.frames_shown}
    assert (len(reply.frames_shown), model.look_note) == (4, "")


@pytest.mark.parametrize(("part", "is_noted"), [(0.25, True), (1.0, False)])
def test_a_server_says_that_frames_were_left_out_evenly_where_any_were(part: float, is_noted: bool) -> None:
    with made_server("Red.") as server:
        model = ServerVideoLLM(server.base_url, "m", keep_frames=part, choose=QuestionFrames())
        reply = model.generate(VlmRequest((SIXTEEN,), LAMP, Budget(frames=16)))
    assert bool(model.look_note) == is_noted == any("left out evenly" in one for one in reply.report.notes)

"""Tests of strategies without a search, and of how several clips are asked about."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bench.made_eval import COLOURS, sample, session_of, three_colours
from tests.made_videos import MadeVideo

from playhead_bench.evaluate.decode_frames import FrameSource
from playhead_bench.evaluate.errors import EvaluationError
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.clip_by_clip import ask_clips
from playhead_bench.evaluate.strategies.protocol import EvaluationSession
from playhead_bench.evaluate.strategies.without_search import BLIND, GOLD, RANDOM
from playhead_bench.testing import ScriptedAnswerer
from playhead_index.errors import VideoUnknown
from playhead_index.window import Window
from playhead_tools.video_llm.frame_sampling import ClipRequest, dense_clip, sparse_clip

MINUTE = Window(0.0, 60.0)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_colours(tmp_path_factory.mktemp("videos"))


@pytest.fixture
def session(video: Path) -> EvaluationSession:
    return session_of({"v": video})


@given(st.floats(0, 50), st.floats(0.1, 50), st.integers(1, 20).map(lambda n: 2 * n), st.floats(3.0, 100.0))
def test_dense_frames_lie_in_the_video_come_in_pairs_and_keep_the_budget(
    start_s: float, length_s: float, budget: int, video_s: float
) -> None:
    whole = Window(0.0, video_s)
    window = Window(start_s, start_s + length_s).clamped(whole) or whole
    times = dense_clip("v", window, whole, budget).times_s
    assert 2 <= len(times) <= budget
    assert len(times) % 2 == 0
    assert list(times) == sorted(times)
    assert all(time_s in whole for time_s in times)


@pytest.mark.parametrize(
    ("window", "budget", "expected"),
    [
        ((0, 4), 8, (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)),
        ((20, 28), 8, (20, 21, 22, 23, 24, 25, 26, 27)),
        ((0, 40), 8, (4, 5, 14, 15, 24, 25, 34, 35)),
        ((30, 31), 4, (28.5, 29.5, 30.5, 31.5)),
        ((59, 60), 4, (56, 57, 58, 59)),
    ],
    ids=["two a second", "one a second", "pairs with gaps", "widened to four seconds", "at the video's end"],
)
def test_dense_frames(window: tuple[float, float], budget: int, expected: tuple[float, ...]) -> None:
    assert dense_clip("v", Window(*window), MINUTE, budget).times_s == expected


def test_scattered_frames_are_given_twice_in_order() -> None:
    assert sparse_clip("v", [5.0, 1.0], MINUTE).times_s == (1.0, 1.0, 5.0, 5.0)


def test_a_clip_has_the_pictures_on_the_screen_at_its_times(colour_video: MadeVideo) -> None:
    source = FrameSource({"v": colour_video.path}, short_side_px=32)
    clip = source.clip(ClipRequest("v", (1.0, 1.0, 3.0, 6.0), Window(0, 7)))
    assert clip.frames.shape[0] == 4
    assert min(clip.frames.shape[1:3]) == 32
    assert clip.frames.mean(axis=(1, 2)).argmax(axis=1).tolist() == [0, 0, 1, 2]
    assert np.array_equal(clip.times_s, [1.0, 1.0, 3.0, 6.0])


def test_a_video_that_nobody_gave_is_named() -> None:
    with pytest.raises(VideoUnknown, match="no file was given for video 'w'"):
        FrameSource({"v": Path("v.mp4")}).full_window("w")


def test_blind_shows_nothing(session: EvaluationSession) -> None:
    outcome = BLIND.answer(sample("q", "red"), session)
    assert (outcome.status, outcome.calls[0].request) == ("abstained", None)


def test_gold_of_an_absent_thing_is_spread_evenly_and_gives_each_frame_twice(
    session: EvaluationSession,
) -> None:
    (call,) = GOLD.answer(sample("q", "red"), session).calls
    assert call.request is not None
    assert call.request.times_s == (2.25, 2.25, 6.75, 6.75, 11.25, 11.25, 15.75, 15.75)
    assert call.reply.frames == 8


def test_random_frames_are_the_same_for_the_same_seed_and_question(session: EvaluationSession) -> None:
    one, two, other = (RANDOM.answer(sample(name, "red"), session).calls[0].request for name in "aab")
    assert one == two != other


def test_gold_looks_at_the_gold_window(session: EvaluationSession) -> None:
    outcome = GOLD.answer(sample("q", "green", (7, 11)), session)
    assert (outcome.status, outcome.choice, outcome.text) == ("answered", 1, "B")
    assert outcome.found == (("v", Window(7, 11)),)


def test_gold_shares_the_budget_among_windows(session: EvaluationSession) -> None:
    calls = GOLD.answer(sample("q", "red", (0, 1), (6, 7)), session).calls
    assert [len(call.request.times_s) for call in calls if call.request] == [4]


def test_gold_windows_of_several_videos_lie_where_the_evidence_says(video: Path) -> None:
    evidence = [{"video": "w", "window": [7.0, 11.0]}]
    sample_of_two = Sample(
        "q", ("v", "w"), "Which?", COLOURS, "green", 1, (Window(7, 11),), meta={"evidence": evidence}
    )
    outcome = GOLD.answer(sample_of_two, session_of({"v": video, "w": video}))
    assert (outcome.choice, outcome.found) == (1, (("w", Window(7, 11)),))


def test_gold_windows_of_several_videos_that_nobody_placed_are_refused(video: Path) -> None:
    sample_of_two = Sample("q", ("v", "w"), "Which?", windows=(Window(7, 11),))
    with pytest.raises(EvaluationError, match="do not say in which of its videos"):
        GOLD.answer(sample_of_two, session_of({"v": video, "w": video}))


def test_frames_are_shared_among_the_videos_of_a_question(colour_video: MadeVideo) -> None:
    session = session_of({"v": colour_video.path, "w": colour_video.path})
    session.answerer = ScriptedAnswerer(["not visible", "A"])
    outcome = RANDOM.answer(Sample("q", ("v", "w"), "Which?", COLOURS), session)
    assert [call.reply.frames for call in outcome.calls] == [4, 4]
    assert outcome.choice == 0


def outcome_of(
    replies: list[str], options: tuple[str, ...], clips: int, path: Path
) -> tuple[str, str, int | None, int]:
    session = EvaluationSession(ScriptedAnswerer(replies), FrameSource({"v": path}, 32), None, 8)
    requests = [dense_clip("v", Window(i, i + 1), Window(0, 7), 2) for i in range(clips)]
    outcome = ask_clips(Sample("q", ("v",), "Is there one?", options), requests, session)
    return outcome.status, outcome.text, outcome.choice, len(outcome.calls)


@pytest.mark.parametrize(
    ("replies", "options", "expected"),
    [
        (["red", "blue"], (), ("answered", "red", None, 1)),
        (["not visible", "blue"], (), ("answered", "blue", None, 2)),
        (["no", "yes", "no"], (), ("answered", "yes", None, 2)),
        (["not visible", "no"], (), ("answered", "no", None, 2)),
        (["no", "not visible"], (), ("answered", "no", None, 2)),
        (["not visible", "not visible"], (), ("abstained", "not visible", None, 2)),
        (["", "not visible"], (), ("abstained", "not visible", None, 2)),
        (["", "?!"], (), ("unparsed", "?!", None, 2)),
        (["Z", "B"], ("yes", "no"), ("answered", "B", 1, 2)),
        (["B", "A"], ("yes", "no"), ("answered", "A", 0, 2)),
        (["C", "A"], ("yes", "no", "not visible"), ("answered", "A", 0, 2)),
        (["C", "C"], ("yes", "no", "not visible"), ("abstained", "C", 2, 2)),
        (["Z", "dog"], ("yes", "no"), ("unparsed", "dog", None, 2)),
    ],
)
def test_the_first_reply_that_settles_the_question_counts(
    replies: list[str], options: tuple[str, ...], expected: tuple[str, str, int | None, int],
    colour_video: MadeVideo,
) -> None:  # fmt: skip
    assert outcome_of(replies, options, len(replies), colour_video.path) == expected


def test_without_clips_the_question_is_declined_unasked(colour_video: MadeVideo) -> None:
    assert outcome_of([], (), 0, colour_video.path) == ("abstained", "", None, 0)


def test_a_budget_below_a_pair_is_refused(colour_video: MadeVideo) -> None:
    with pytest.raises(ValueError, match="at least 2 frames"):
        session_of({"v": colour_video.path}, budget=1)

"""A hundred bins of a clip become windows of its video; what does not read is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.video_llm.seen_clips import noise

from playhead_bench.evaluate.metrics.moments import first_ious, recall_at_1
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.bin_grounding import (
    bins_of_window,
    ground_in_clip,
    parse_bins,
    window_of_bins,
)

READ = {
    "From 17 to 34.": ((17, 34),),
    "from 05 and 07": ((5, 7),),
    "It happens during frames 5 to 20": ((5, 20),),
    "12-18": ((12, 18),),
    "Between 10% and 20%, then 40 to 50": ((10, 20), (40, 50)),
    "00 to 100": ((0, 100),),
}
REFUSED = ("From 34 to 17.", "100 to 120", "1000 to 20", "0:17 to 0:34", "At the beginning.", "17", "")


@pytest.mark.parametrize("text", READ)
def test_bins_are_read_from_a_reply(text: str) -> None:
    assert parse_bins(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_a_reply_without_possible_bins_is_refused(text: str) -> None:
    with pytest.raises(ModelOutputInvalid, match="expected bins from 0 to 100"):
        parse_bins(text)


@pytest.mark.parametrize(
    ("bins", "start_s", "end_s"), [((0, 100), 60.0, 80.0), ((25, 50), 65.0, 70.0), ((99, 99), 79.8, 80.0)]
)
def test_a_bin_is_a_hundredth_of_the_clip_after_its_start(
    bins: tuple[int, int], start_s: float, end_s: float
) -> None:
    window = window_of_bins(bins, Window(60.0, 80.0))
    assert (window.start_s, window.end_s) == pytest.approx((start_s, end_s))


@given(st.integers(0, 98), st.integers(1, 99), st.floats(0, 1e5), st.floats(1, 1e4))
def test_bins_and_their_window_are_each_other(
    first: int, length: int, start_s: float, seconds: float
) -> None:
    clip, bins = Window(start_s, start_s + seconds), (first, min(first + length, 99))
    assert bins_of_window(window_of_bins(bins, clip), clip) == bins


def test_a_clip_is_grounded_by_any_model() -> None:
    model = ScriptedVideoLLM(["<think>hm</think>From 25 to 75."])
    found = ground_in_clip(model, noise(8), "A dog jumps.")
    request = model.requests[0]
    assert found.windows == (Window(11.0, 13.0),)  # the clip is 10 to 14 s
    assert (request.plain_prompt, "can we see a dog jumps?" in request.question) == (True, True)


def test_a_model_that_sees_nothing_of_it_gives_no_window() -> None:
    found = ground_in_clip(ScriptedVideoLLM(["I cannot see that in the video."]), noise(8), "a dog jumps")
    assert found.windows == ()


def test_a_reply_without_bins_is_no_answer() -> None:
    with pytest.raises(ModelOutputInvalid, match=r"got 'Near the end of the clip\.'"):
        ground_in_clip(ScriptedVideoLLM(["Near the end of the clip."]), noise(8), "a dog jumps")


def test_an_empty_query_is_misuse() -> None:
    with pytest.raises(ValueError, match="a query is needed"):
        ground_in_clip(ScriptedVideoLLM([]), noise(8), " ")


def test_windows_of_bins_are_scored_by_the_metric_of_moment_retrieval() -> None:
    found = ground_in_clip(ScriptedVideoLLM(["From 25 to 75."]), noise(8), "a dog jumps")
    predicted = [np.array([[window.start_s, window.end_s, 1.0] for window in found.windows])]
    ious = first_ious(predicted, [np.array([[11.0, 13.5]])])
    assert ious == pytest.approx([0.8])
    assert recall_at_1(ious) == {0.3: 1.0, 0.5: 1.0, 0.7: 1.0}

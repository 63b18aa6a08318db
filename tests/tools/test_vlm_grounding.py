"""Where in a window of a library's video something happens, in bins of the frames that a model saw."""

from pathlib import Path

import numpy as np
import pytest
from tests.tools.toolbox.coloured import COLOURS, WALL, colour_of, make_wall

from playhead_bench.evaluate.metrics.moments import first_ious, recall_at_1
from playhead_index.errors import ModelOutputInvalid, ToolError
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.bin_grounding import NUM_BINS
from playhead_tools.video_llm.client import VlmClient
from playhead_tools.video_llm.protocol import PromptFrame, VlmRequest


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_wall(Path(tmp_path_factory.mktemp("wall")))


def bins_of_colour(request: VlmRequest, shown: tuple[PromptFrame, ...]) -> str:
    """The bins in which frames have the colour that is asked for, in two digits as VTimeLLM says them."""
    wanted = next(name for name in COLOURS if f"a {name} wall" in request.question)
    places = [i for i, frame in enumerate(request.clips[0].frames) if colour_of(frame) == wanted]
    if not places:
        return "It is not visible in the video."
    bins = [round(place * NUM_BINS / len(shown)) for place in (places[0], places[-1] + 1)]
    return f"From {bins[0]:02} to {bins[1]:02}."


def client(wall: Catalog, frames: int = 40) -> VlmClient:
    return VlmClient(wall, ScriptedVideoLLM(bins_of_colour), frames=frames)


@pytest.mark.parametrize(
    ("query", "window", "expected"),
    [
        ("a blue wall", Window(0.0, 40.0), Window(10.0, 24.0)),
        ("A green wall.", Window(20.0, 60.0), Window(36.0, 60.0)),
        ("a blue wall", Window(5.0, 15.0), Window(10.0, 15.0)),
    ],
)
def test_bins_become_times_of_the_video(wall: Catalog, query: str, window: Window, expected: Window) -> None:
    found = client(wall).ground(WALL, window, query)
    assert len(found.windows) == 1
    assert (found.windows[0].start_s, found.windows[0].end_s) == pytest.approx(
        (expected.start_s, expected.end_s), abs=window.duration_s / 40
    )


def test_what_the_window_does_not_show_has_no_window(wall: Catalog) -> None:
    assert client(wall).ground(WALL, Window(0.0, 8.0), "a green wall").windows == ()


def test_a_window_beyond_the_end_is_cut_there(wall: Catalog) -> None:
    assert client(wall).ground(WALL, Window(40.0, 90.0), "a green wall").clip == Window(40.0, 60.0)


def test_the_same_request_is_answered_from_the_cache(wall: Catalog) -> None:
    model = ScriptedVideoLLM(["From 10 to 20."])
    asked = VlmClient(wall, model)
    first, second = (asked.ground(WALL, Window(0.0, 20.0), "a blue wall") for _ in range(2))
    assert (first, len(model.requests)) == (second, 1)


def test_found_windows_are_scored_by_the_metric_of_moment_retrieval(wall: Catalog) -> None:
    gold = {"a blue wall": (10.0, 24.0), "a green wall": (36.0, 60.0)}
    found = [client(wall).ground(WALL, Window(0.0, 60.0), query) for query in gold]
    predicted = [np.array([[w.start_s, w.end_s, 1.0] for w in one.windows]) for one in found]
    ious = first_ious(predicted, [np.array([window]) for window in gold.values()])
    assert recall_at_1(ious) == {0.3: 1.0, 0.5: 1.0, 0.7: 1.0}
    assert ious.mean() > 0.9


def test_a_reply_without_bins_is_refused(wall: Catalog) -> None:
    asked = VlmClient(wall, ScriptedVideoLLM(["A wall turns blue."]))
    with pytest.raises(ModelOutputInvalid, match="expected bins from 0 to 100"):
        asked.ground(WALL, Window(0.0, 20.0), "a blue wall")


@pytest.mark.parametrize(
    ("query", "window", "why"),
    [(" ", Window(0.0, 20.0), "a query is needed"), ("a wall", Window(70.0, 80.0), "outside the video")],
)
def test_a_request_that_cannot_be_made_is_refused(
    wall: Catalog, query: str, window: Window, why: str
) -> None:
    with pytest.raises(ToolError, match=why):
        client(wall).ground(WALL, window, query)

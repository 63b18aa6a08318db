"""Writing in the synthetic benchmark can be read by the text recogniser that Playhead uses."""

import re

import numpy as np
import pytest

from playhead_bench.world.lecture import lecture
from playhead_bench.world.painter import Painter
from playhead_bench.world.street_and_interview import interview, street

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recogniser():
    from rapidocr import RapidOCR

    return RapidOCR()


def words(text: str) -> str:
    """Letters, digits and signs without spaces: how lines are split into words is the recogniser's affair."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(
    ("story", "size"),
    [
        (lecture(), (320, 180)),
        (lecture(2), (640, 360)),
        (street(5), (320, 180)),
        (street(5), (640, 360)),
        (interview(), (320, 180)),
    ],
    ids=["a lecture, small", "a lecture", "signs, small", "signs", "name plates, small"],
)
def test_every_line_on_the_screen_is_read(recogniser, story, size: tuple[int, int]):
    painter, missed = Painter(story, size), []
    written = {event.text: event for event in story.events() if event.kind == "written"}
    for event in written.values():
        time_s = (event.window.start_s + event.window.end_s) / 2
        read = words("".join(recogniser(np.ascontiguousarray(painter.paint(time_s)[:, :, ::-1])).txts or ()))
        missed += [line for line in event.text.split("\n") if words(line) not in read]
    assert missed == []

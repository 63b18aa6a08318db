"""Reading pictures with the real RapidOCR."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tests.made_videos import solid
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.testing import ScriptedScreenReader
from playhead_index.window import Window
from playhead_index.words.screen_text import RapidOcrReader, is_readable, read_screen

Picture = NDArray[np.uint8]


def slide(
    *texts: tuple[int, int, str], width_px: int = 640, height_px: int = 360, size_px: int = 28
) -> Picture:
    """A white picture with black texts at (left, top)."""
    image = Image.new("RGB", (width_px, height_px), "white")
    for left, top, text in texts:
        ImageDraw.Draw(image).text((left, top), text, fill="black", font=ImageFont.load_default(size_px))
    return np.asarray(image)


@pytest.fixture(scope="module")
def ocr() -> RapidOcrReader:
    return RapidOcrReader(threads=2)


def lines(ocr: RapidOcrReader, picture: Picture) -> list[str]:
    return [text for text, _ in ocr.read(picture)]


def test_lines_are_read_from_top_to_bottom(ocr: RapidOcrReader) -> None:
    picture = slide((40, 200, "third line"), (40, 40, "first line"), (300, 120, "second line"))
    assert lines(ocr, picture) == ["first line", "second line", "third line"]


def test_what_stands_on_one_row_is_one_text_from_left_to_right(ocr: RapidOcrReader) -> None:
    picture = slide((420, 52, "right"), (40, 50, "left"), (40, 150, "below"))
    assert lines(ocr, picture) == ["left right", "below"]


def test_every_line_has_a_confidence(ocr: RapidOcrReader) -> None:
    ((text, confidence),) = ocr.read(slide((40, 100, "The learning rate is 0.01")))
    assert text == "The learning rate is 0.01"
    assert 0.9 < confidence <= 1.0


def test_small_text_on_a_large_slide_is_read(ocr: RapidOcrReader) -> None:
    picture = slide((60, 300, "written small at the bottom"), width_px=1280, height_px=720, size_px=20)
    assert lines(ocr, picture) == ["written small at the bottom"]


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(solid((200, 30, 30)), id="one colour"),
        pytest.param(solid((0, 0, 0), 8, 8), id="a few pixels"),
        pytest.param(solid((0, 0, 0), 1000, 4), id="a thin stripe"),
        pytest.param(np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8), id="noise"),
    ],
)
def test_no_text_is_read_in(ocr: RapidOcrReader, picture: Picture) -> None:
    assert ocr.read(picture) == []


def test_nothing_is_printed(ocr: RapidOcrReader, capfd: pytest.CaptureFixture[str]) -> None:
    RapidOcrReader(threads=1).read(solid((9, 9, 9)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "confidence", "expected"),
    [
        ("Hello", 0.6, True),
        ("7", 0.95, True),
        ("L", 0.71, False),
        ("—", 1.0, False),
        ("...", 1.0, False),
        ("字", 0.95, True),
    ],
)
def test_marks_that_are_no_text_are_left_out(text: str, confidence: float, expected: bool) -> None:
    assert is_readable(text, confidence) is expected


def test_a_script_is_read_over_time() -> None:
    reader = ScriptedScreenReader(lambda rgb: ["stop"] if rgb.mean() < 100 else [])
    colours = [(0, 0, 0), (10, 10, 10), (255, 255, 255), (255, 255, 255)]
    frames = ((Window(i, i + 1), solid(colour)) for i, colour in enumerate(colours))
    (words,) = read_screen(reader, frames)
    assert (words.window, words.text, words.source) == (Window(0, 2), "stop", "ocr:script")
    assert reader.num_read == 4


@pytest.mark.parametrize(
    "time_s", [65.0, pytest.param(7.0, marks=pytest.mark.slow), pytest.param(299.0, marks=pytest.mark.slow)]
)
def test_the_clock_in_a_real_video_says_its_time(ocr: RapidOcrReader, time_s: float) -> None:
    reader = open_reader(shared("videos/free/web-platform-tests__movie_300.mp4"))
    (frame,) = reader.frames_at([time_s])
    minutes, seconds = divmod(int(frame.pts_s), 60)
    clock, *counters = lines(ocr, frame.rgb)
    assert clock == f"{minutes:02}:{seconds:02}"
    whole = int(frame.pts_s)
    assert counters == [f"{whole // 2:03} {whole:03} {whole * 2:03}", "x0.5 x1 x2"]


@pytest.mark.slow
def test_the_counter_in_an_hour_of_video_counts_its_pictures(ocr: RapidOcrReader) -> None:
    reader = open_reader(shared("videos/long/hour_compose_320x180.mp4"))
    counts = []
    for frame in reader.frames_at([20.3, 100.3, 200.3, 290.3]):
        (count,) = (text for text in lines(ocr, frame.rgb) if text.isdecimal() and len(text) == 6)
        counts.append(int(count))
    rate_fps = np.diff(counts) / np.diff([20.3, 100.3, 200.3, 290.3])
    assert rate_fps == pytest.approx([29.97] * 3, abs=0.1)


@pytest.mark.slow
def test_a_real_clock_is_a_span_a_reading_and_its_labels_are_one() -> None:
    reader = open_reader(shared("videos/free/web-platform-tests__movie_300.mp4"))
    times_s = [float(t) for t in range(100, 110, 2)]
    frames = ((Window(f.pts_s, f.pts_s + 2.0), f.rgb) for f in reader.frames_at(times_s))
    spans = list(read_screen(RapidOcrReader(), frames))
    assert [(s.window.start_s, s.text.split("\n")[0]) for s in spans if ":" in s.text] == [
        (100.0, "01:40"),
        (102.0, "01:42"),
        (104.0, "01:44"),
        (106.0, "01:46"),
        (108.0, "01:48"),
    ]
    assert [s.window for s in spans if s.text == "x0.5 x1 x2"] == [Window(100.0, 110.0)]

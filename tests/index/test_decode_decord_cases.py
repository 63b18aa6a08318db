"""On files that other programs went wrong on, decord shows what PyAV shows, or refuses and names PyAV."""

import numpy as np
import pytest
from tests.index.decord_installed import needs_decord
from tests.shared_data import shared

from playhead_index.decode import Frame, VideoReader, open_reader
from playhead_index.errors import VideoUnreadable

READ = (
    "02_one_picture_with_25s_of_sound.mp4",
    "01_sound_outlasts_pictures.webm",
    "03_forced_track_only.mkv",
    "04_drone.mp4",
    "05_punctuation_is_meaning.mp4",
    "06_words_of_many_kinds.mp4",
    "08_german_then_english_sound.mkv",
    "09_one_keyframe.mp4",
    "10_grad.mp4",
    "15_mutated_ass_subtitles.mkv",
    "16_latin1_title_and_subtitles.mkv",
)
REFUSED = {
    "12_hdr_pq_white203.mp4": r"its pictures are of high dynamic range \(HDR\), which decord does not map.*",
    "07_hls.ts": r"decord does not find its way in this container \(mpegts\)",
    "13_clock_jumps_an_hour_ahead.ts": r"decord does not find its way in this container \(mpegts\)",
    "14_streams_appear_late.ts": r"decord does not find its way in this container \(mpegts\)",
}
NUM_TIMES, SHORT_SIDE_PX = 9, 120
MAX_DIFFERENCE, MAX_TIME_S = 2.0, 2e-3
pytestmark = needs_decord


def frames(reader: VideoReader) -> list[Frame]:
    """Pictures at even distances over the whole file."""
    times_s = np.linspace(0.0, reader.probe().duration_s - 0.01, NUM_TIMES).tolist()
    return list(reader.frames_at(times_s, short_side_px=SHORT_SIDE_PX))


@pytest.mark.parametrize("case", READ)
def test_decord_shows_the_pictures_and_times_that_pyav_shows(case: str) -> None:
    by_pyav, by_decord = (frames(open_reader(shared(f"cases/{case}"), name)) for name in ("pyav", "decord"))
    times_s = [[frame.pts_s for frame in found] for found in (by_pyav, by_decord)]
    assert times_s[0] == pytest.approx(times_s[1], abs=MAX_TIME_S)
    pairs = zip(by_pyav, by_decord, strict=True)
    assert max(np.abs(a.rgb.astype(int) - b.rgb).mean() for a, b in pairs) <= MAX_DIFFERENCE


@pytest.mark.parametrize(("case", "why"), REFUSED.items(), ids=REFUSED.keys())
def test_what_decord_cannot_read_is_refused_and_pyav_named(case: str, why: str) -> None:
    path = shared(f"cases/{case}")
    with pytest.raises(VideoUnreadable, match=rf"{why}; read it with PyAV \(--reader pyav\)"):
        frames(open_reader(path, "decord"))

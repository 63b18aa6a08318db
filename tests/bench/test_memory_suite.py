"""Peak memory of indexing does not grow with the length of a video, and is measured in its own process."""

from pathlib import Path

import pytest

from playhead_bench.suite.b8_memory import OURS, _peak_mb, write_moving

MAX_RATIO = 1.05


def test_the_peak_of_a_process_does_not_include_that_of_its_parent() -> None:
    held = bytearray(256 << 20)
    assert 1 < _peak_mb("print(peak_kb())") < len(held) / (2 << 20)


@pytest.mark.slow
def test_a_video_ten_times_as_long_needs_no_more_memory(tmp_path: Path) -> None:
    peaks_mb = []
    for minutes in (2, 20):
        write_moving(tmp_path / f"{minutes}.mp4", minutes)
        peaks_mb.append(_peak_mb(OURS, tmp_path / f"{minutes}.mp4", tmp_path / f"library-{minutes}"))
    assert peaks_mb[1] <= MAX_RATIO * peaks_mb[0], peaks_mb

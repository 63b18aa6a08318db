"""Mutated inputs are made the same way every time, and each is run under limits."""

import sys
from pathlib import Path

import pytest

from playhead_bench.robustness import subtitles, videos
from playhead_bench.robustness.limited_process import LimitedChild, ProcessLimits
from playhead_bench.robustness.media import Slide, write_video
from playhead_bench.robustness.mutate import (
    MAX_SUBTITLE_BYTES,
    SUBTITLE_MUTATIONS,
    VIDEO_MUTATIONS,
    mutate_subtitles,
    mutate_video,
)

SUBTITLES = b"1\n00:00:01,000 --> 00:00:02,000\nRed apples\n\n2\n00:00:03,000 --> 00:00:04,000\nGreen pears\n"
WIDE = ProcessLimits(cpu_s=30.0, wall_s=60.0, memory_bytes=1 << 30)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cues = [(0.5, 1.5, "red apples")]
    return write_video(tmp_path_factory.mktemp("video") / "talk.mp4", [Slide("HELLO", 2.0)], None, cues)


def test_the_same_seed_and_number_give_the_same_video_again(video: Path) -> None:
    data = video.read_bytes()
    first = [mutate_video(data, number, 5, [b"other" * 50]) for number in range(40)]
    assert first == [mutate_video(data, number, 5, [b"other" * 50]) for number in range(40)]
    assert len({mutant for mutant, _ in first}) >= 35
    assert all(mutant != data for mutant, _ in first)


def test_another_seed_gives_other_videos(video: Path) -> None:
    data = video.read_bytes()
    assert [mutate_video(data, n, 1, []) for n in range(5)] != [
        mutate_video(data, n, 2, []) for n in range(5)
    ]


def test_every_mutation_is_used_and_even_the_shortest_file_can_be_mutated() -> None:
    video_names = {mutate_video(b"x", number, 0, [])[1] for number in range(250)}
    subtitle_names = {mutate_subtitles(SUBTITLES, number, 0, [])[1] for number in range(250)}
    for names, mutations in ((video_names, VIDEO_MUTATIONS), (subtitle_names, SUBTITLE_MUTATIONS)):
        used = {name for joined in names for name in joined.split("+")}
        assert {mutation.__name__.strip("_") for mutation in mutations} <= used


def test_mutated_subtitles_are_the_same_again_and_bounded() -> None:
    mutants = [mutate_subtitles(SUBTITLES, number, 3, [SUBTITLES])[0] for number in range(100)]
    assert mutants == [mutate_subtitles(SUBTITLES, number, 3, [SUBTITLES])[0] for number in range(100)]
    assert max(map(len, mutants)) <= MAX_SUBTITLE_BYTES


def test_swapped_boxes_keep_every_byte_of_a_video(video: Path) -> None:
    data = video.read_bytes()
    swapped = [
        mutant for n in range(400) for mutant, name in [mutate_video(data, n, 0, [])] if name == "swap_boxes"
    ]
    assert swapped
    assert all(sorted(mutant) == sorted(data) for mutant in swapped)


def test_a_child_that_waits_is_killed_at_its_wall_limit() -> None:
    limits = ProcessLimits(cpu_s=30.0, wall_s=0.5, memory_bytes=1 << 30)
    lines, end = LimitedChild([sys.executable, "-c", "import time; time.sleep(60)"], limits).run()
    assert (lines, end.exceeded, end.reason) == ([], "wall", "time-out")


def test_a_child_has_no_standard_input_to_wait_for() -> None:
    lines, end = LimitedChild([sys.executable, "-c", "print(1, flush=True); input()"], WIDE).run()
    assert (lines, end.exit_code, end.reason) == (["1"], 1, "traceback")


def test_a_child_that_computes_is_killed_at_its_cpu_limit_for_each_item() -> None:
    item = "    end = time.process_time() + 0.3\n    while time.process_time() < end: pass\n"
    code = f"import time\nfor _ in range(3):\n{item}    print(1, flush=True)\nwhile True: pass"
    lines, end = LimitedChild([sys.executable, "-c", code], ProcessLimits(0.8, 60.0, 1 << 30)).run()
    assert lines == ["1", "1", "1"]  # 0.9 s together, and 0.3 s each
    assert (end.exceeded, end.reason) == ("cpu", "time-out")


def test_a_child_that_allocates_is_killed_at_its_memory_limit() -> None:
    code = "import time; kept = [bytearray(b'x' * (16 << 20)) for _ in range(20)]; time.sleep(60)"
    _, end = LimitedChild([sys.executable, "-c", code], ProcessLimits(30.0, 60.0, 128 << 20)).run()
    assert (end.exceeded, end.reason) == ("memory", "over memory")
    assert end.peak_bytes > 128 << 20


def test_the_last_line_of_a_traceback_is_its_exception() -> None:
    code = "e = ValueError('a b'); e.add_note('During task x'); raise e"
    _, end = LimitedChild([sys.executable, "-c", code], WIDE).run()
    assert (end.reason, end.last_line) == ("traceback", "ValueError: a b")


def test_mutated_subtitle_files_are_counted_by_what_reading_them_gives(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "talk.srt").write_bytes(SUBTITLES)
    sources = subtitles.find_sources([tmp_path / "in"])
    settings = subtitles.SubtitleSettings(sources, 12, 0, tmp_path / "work", tmp_path / "kept")
    record = subtitles.run_subtitles(settings, lambda line: None)
    assert sum(record["outcomes"].values()) == record["mutants"] == 12
    assert record["outcomes"]["words"] >= 1


def test_a_subtitle_file_that_takes_too_long_is_over_time_and_the_rest_are_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "talk.srt").write_bytes(SUBTITLES)
    limits = ProcessLimits(cpu_s=0.0, wall_s=0.0, memory_bytes=1 << 30)  # whatever is looked at is over it
    sources = subtitles.find_sources([tmp_path / "in"])
    settings = subtitles.SubtitleSettings(sources, 2, 0, tmp_path / "work", tmp_path / "kept", limits=limits)
    record = subtitles.run_subtitles(settings, lambda line: None)
    assert record["outcomes"] == {"over time": 2}
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_the_good_file_is_in_behind_mutated_videos(tmp_path: Path, video: Path) -> None:
    settings = videos.VideoSettings((video,), 3, 0, tmp_path / "work", tmp_path / "kept")
    record = videos.run_videos(settings, lambda line: None)
    assert sum(record["outcomes"].values()) == record["mutants"] == 3
    assert "good file lost" not in record["outcomes"]


def test_a_mutated_video_that_stops_the_run_is_taken_out_and_the_rest_are_run_again(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import json, os, sys\n"
        "for name in sorted(os.listdir(sys.argv[2])):\n"
        "    if name.startswith('000001'): raise KeyError('boom')\n"
        "    print(json.dumps({'path': name, 'status': 'indexed', 'error': None}), flush=True)\n"
    )
    monkeypatch.setattr(videos, "PLAYHEAD", (sys.executable, "-c", code))
    settings = videos.VideoSettings((video,), 3, 0, tmp_path / "work", tmp_path / "kept")
    record = videos.run_videos(settings, lambda line: None)
    assert record["outcomes"] == {"indexed": 2, "traceback": 1}
    assert (record["unexpected"][0]["only"], record["unexpected"][0]["detail"]) == (1, "KeyError: 'boom'")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["seed0-000001.mp4"]


def test_a_folder_without_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no video of at most"):
        videos.find_sources([tmp_path])
    with pytest.raises(FileNotFoundError, match="no subtitle file"):
        subtitles.find_sources([tmp_path])

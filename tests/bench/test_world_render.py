"""The synthetic benchmark's files: a decoded frame shows, and the track says, what the truth says."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from playhead_bench.world.lecture import lecture
from playhead_bench.world.render import Truth, load_truth, render, truth_path
from playhead_bench.world.story import Scene, Story, Writing
from playhead_bench.world.street_and_interview import interview, street
from playhead_bench.world.vocabulary import COLOURS
from playhead_index.errors import VideoError
from playhead_index.window import Window

TINY = Story("tiny", 0, (Scene("a park", "park", Window(0.0, 1.0)),))


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return render(lecture(0, 1), tmp_path_factory.mktemp("world") / "talk.mp4")


def decoded(truth: Truth) -> dict[float, NDArray[np.uint8]]:
    with av.open(str(truth.path)) as container:
        return {float(f.pts * f.time_base): f.to_ndarray(format="rgb24") for f in container.decode(video=0)}


def packets(truth: Truth, kind: str) -> list[av.Packet]:
    with av.open(str(truth.path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [packet for packet in container.demux(stream) if packet.size]


def colours_seen(truth: Truth) -> list[tuple[str, str]]:
    """For each thing well inside each eighth frame: its colour, and the colour nearest to what is seen."""
    width, height = truth.size
    pictures, seen = decoded(truth), []
    for time_s in list(pictures)[::8]:
        for thing in truth.story.scene_at(time_s).things:
            at = thing.position(time_s)
            if at is not None and 0.05 < at[0] < 0.95 and thing.shape != "person":
                pixel = pictures[time_s][round(at[1] * height), round(at[0] * width)].astype(int)
                nearest = min(COLOURS, key=lambda name: np.abs(pixel - COLOURS[name]).sum())
                seen.append((thing.colour, nearest))
    return seen


def test_a_decoded_frame_shows_each_thing_in_its_colour_where_the_truth_says(talk: Truth):
    seen = colours_seen(talk)
    assert len(seen) > 10
    assert all(expected == shown for expected, shown in seen)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_street_shows_each_thing_in_its_colour_where_the_truth_says(seed: int, tmp_path: Path):
    seen = colours_seen(render(street(seed, 0.5), tmp_path / "street.mp4"))
    assert len(seen) > 10
    assert all(expected == shown for expected, shown in seen)


@pytest.mark.parametrize(("thing", "kind"), [("red circle", "enter"), ("blue square", "leave")])
def test_a_thing_is_not_there_before_it_enters_nor_after_it_left(talk: Truth, thing: str, kind: str):
    (act,) = [event for event in talk.events if (event.what, event.kind) == (thing, kind)]
    scene = talk.story.scene_at(act.window.start_s).window
    colour = np.array(COLOURS[thing.split()[0]], int)
    pixels = {
        t: (np.abs(picture.astype(int) - colour).sum(axis=2) < 40).sum()
        for t, picture in decoded(talk).items()
        if t in scene
    }
    gone = [
        n for t, n in pixels.items() if (t < act.window.start_s if kind == "enter" else t >= act.window.end_s)
    ]
    assert max(gone) == 0
    assert max(pixels.values()) > 1000


def test_the_track_has_every_line_at_its_window(talk: Truth):
    cues = [(p, bytes(p)[2:].decode()) for p in packets(talk, "subtitles") if p.size > 2]
    expected = [(line.window, line.text) for line in talk.story.lines]
    found = [
        (Window(float(p.pts * p.time_base), float((p.pts + p.duration) * p.time_base)), s) for p, s in cues
    ]
    assert found == expected


def test_the_track_of_an_interview_says_who_speaks(tmp_path: Path):
    truth = render(interview(), tmp_path / "two.mp4", size=(64, 36), fps=2)
    with av.open(str(truth.path)) as container:
        synthesise = [s.ass.decode() for p in container.demux(subtitles=0) if p.size > 2 for s in p.decode()]
    assert synthesise[1].endswith("Ben Ortiz: Good evening, thank you for having me.")


def test_a_silent_file_has_no_track(tmp_path: Path):
    truth = render(lecture(0, 1), tmp_path / "silent.mp4", size=(64, 36), fps=2, speech_track=False)
    with av.open(str(truth.path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_every_packet_says_how_long_its_picture_stays(talk: Truth):
    found = packets(talk, "video")
    assert {float(p.duration * p.time_base) for p in found} == {0.125}
    assert sorted(float(p.pts * p.time_base) for p in found) == [i / 8 for i in range(480)]


def test_keyframes_stand_at_the_cuts_and_within_250_pictures(talk: Truth):
    keys_s = [float(p.pts * p.time_base) for p in packets(talk, "video") if p.is_keyframe]
    cuts_s = [scene.window.start_s for scene in talk.story.scenes if scene.place != "slide"]
    assert set(cuts_s) <= set(keys_s)
    assert max(np.diff([*keys_s, 60.0])) <= 250 / 8


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path):
    story = street(3, 0.1)
    one, same, other = (
        render(story, tmp_path / f"{name}.mp4", seed=seed).path.read_bytes()
        for name, seed in (("one", 0), ("same", 0), ("other", 1))
    )
    assert one == same
    assert one != other


def test_the_truth_beside_the_video_is_the_truth(talk: Truth):
    assert load_truth(talk.path) == talk
    assert truth_path(talk.path).name == "talk.truth.json"
    assert sorted(path.name for path in talk.path.parent.iterdir()) == ["talk.mp4", "talk.truth.json"]


def test_the_truth_keeps_camera_fade_clutter_posts_grain_and_cards(tmp_path: Path):
    card = Writing("card", ("PART 2",), Window(0.0, 1.0))
    scene = Scene("a sea", "sea", Window(0.0, 2.0), True, (), (card,), "pan", 0.5, 3, 1, 4.0)
    truth = render(Story("all", 0, (scene,)), tmp_path / "x.mp4", size=(64, 36))
    assert load_truth(truth.path).story.scenes == (scene,)


def test_a_video_without_truth_says_so(tmp_path: Path):
    with pytest.raises(VideoError, match=r"no truth there .*; render the story again"):
        load_truth(tmp_path / "none.mp4")


@pytest.mark.parametrize("text", ["{", "[]", '{"size": [4, 4], "story": {"name": 3}}'])
def test_a_damaged_truth_says_so(tmp_path: Path, text: str):
    (tmp_path / "x.truth.json").write_text(text)
    with pytest.raises(VideoError, match="not a truth file"):
        load_truth(tmp_path / "x.mp4")


def test_a_place_where_nothing_can_be_written_says_so_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(VideoError, match="cannot be written"):
        render(TINY, tmp_path / "file" / "x.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_rate_of_nothing_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="fps must be at least 1, got 0"):
        render(TINY, tmp_path / "x.mp4", fps=0)


@pytest.mark.slow
def test_memory_stays_flat_with_length(tmp_path: Path):
    """Two lectures in processes of their own: 20 minutes may take a tenth more memory than 3."""
    code = (
        "import sys, resource; from playhead_bench.world.render import render; "
        "from playhead_bench.world.lecture import lecture; "
        "render(lecture(0, int(sys.argv[1])), sys.argv[2]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    path = ":".join(sys.path)
    peaks = [
        int(subprocess.check_output(
            [sys.executable, "-c", code, minutes, str(tmp_path / f"{minutes}.mp4")], env={"PYTHONPATH": path}
        ))
        for minutes in ("3", "20")
    ]  # fmt: skip
    assert peaks[1] < 1.1 * peaks[0]

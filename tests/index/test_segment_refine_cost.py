"""No stage decodes a picture twice, and exact boundaries are those of a pass for each boundary."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.index.indexing import video_job
from tests.made_videos import OPEN_GOP, MadeVideo, Picture, coded, gradient, write_video
from tests.shared_data import shared

from playhead_index.decode.pyav import PyavReader
from playhead_index.index_settings import Models
from playhead_index.segment import refine_boundaries
from playhead_index.segment.signature import thumbnail
from playhead_index.stages.caption import caption_segments
from playhead_index.stages.embed_frames import embed_frames
from playhead_index.stages.read_screen import read_screen
from playhead_index.stages.register import scan
from playhead_index.stages.segment import cut_segments
from playhead_index.store.catalog import Catalog
from playhead_index.testing import ScriptedCaptioner, ScriptedScreenReader
from playhead_index.window import Window

NUM_FRAMES, FPS = 400, 25.0
COLOURS = ((200, 20, 20), (20, 20, 200), (20, 200, 20), (200, 200, 20), (20, 200, 200))
GROUPS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "one keyframe": (".mp4", {"gop": 100_000}),
    "one keyframe and B-frames": (".mp4", {"gop": 100_000, "b_frames": 3}),
    "a keyframe every 10 s": (".mp4", {"gop": 250}),
    "a keyframe every 2 s": (".mp4", {"gop": 50}),
    "a keyframe every 2 s and B-frames": (".mkv", {"gop": 50, "b_frames": 3}),
    "every picture a keyframe": (".mp4", {"gop": 1}),
    "open groups": (".mp4", {"gop": 20, "codec": "libx265", "options": {"x265-params": OPEN_GOP}}),
    "open groups in a transport stream": (
        ".ts",
        {"gop": 20, "codec": "libx265", "options": {"x265-params": OPEN_GOP}},
    ),
    "a transport stream": (".ts", {"gop": 50, "b_frames": 2}),
}
EVERY_S: Mapping[str, list[tuple[float, float]]] = {
    "windows that overlap": [(t, t + 1.5) for t in np.arange(0.5, 14.0, 0.9)],
    "windows side by side": [(float(t), float(t) + 1.0) for t in range(1, 15)],
    "short windows far apart": [(float(t), float(t) + 0.4) for t in range(1, 15, 4)],
    "the same window three times, in any order": [(9.0, 10.0), (3.0, 4.0), (9.0, 10.0), (9.0, 10.0)],
}


def shots() -> list[tuple[Picture, float]]:
    """A cut every 2.92 s (and one picture of another shot in the middle of some), and movement in between."""
    pictures = []
    for i in range(NUM_FRAMES):
        picture = gradient(COLOURS[i // 73 % len(COLOURS)])
        picture[40:80, i % 100 : i % 100 + 40] = 230
        pictures.append((coded(i) if i % 97 == 0 else picture, i / FPS))
    return pictures


@pytest.fixture(scope="module", params=GROUPS.values(), ids=GROUPS.keys())
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MadeVideo:
    suffix, how = request.param
    return write_video(tmp_path_factory.mktemp("groups") / f"shots{suffix}", shots(), **how)


def boundary_by_boundary(reader: PyavReader, boundaries: Sequence[tuple[float, float]]) -> list[float]:
    """The slow oracle: each boundary opens the file anew and samples its window 120 times a second."""
    found_s = []
    for before_s, after_s in boundaries:
        frames = list(reader.sample(120.0, Window(before_s, after_s), short_side_px=64))
        frames += [f for f in reader.frames_at([after_s], short_side_px=64) if f.pts_s > frames[-1].pts_s]
        small = [thumbnail(frame.rgb).astype(np.float64) for frame in frames]
        jumps = [float(np.abs(b - a).mean()) for a, b in pairwise(small)]
        largest = int(np.argmax(jumps))
        rival = sorted(jumps[:largest] + jumps[largest + 1 :])[-3]
        if jumps[largest] < max(4.0, 1.5 * rival):
            largest = int(np.searchsorted(np.cumsum(jumps), sum(jumps) / 2))
        found_s.append(frames[largest + 1].pts_s)
    return found_s


@pytest.mark.parametrize("boundaries", EVERY_S.values(), ids=EVERY_S.keys())
def test_no_picture_is_decoded_twice_whatever_the_keyframes(
    video: MadeVideo, boundaries: list[tuple[float, float]]
) -> None:
    reader = PyavReader(video.path)
    refine_boundaries(reader, boundaries)
    assert 0 < reader.num_decoded <= 1.2 * NUM_FRAMES


@pytest.mark.parametrize("boundaries", EVERY_S.values(), ids=EVERY_S.keys())
def test_one_pass_finds_what_a_pass_for_each_boundary_finds(
    video: MadeVideo, boundaries: list[tuple[float, float]]
) -> None:
    reader = PyavReader(video.path)
    assert refine_boundaries(reader, boundaries) == boundary_by_boundary(reader, boundaries)


def test_a_recording_of_thousands_of_pictures_and_one_keyframe_is_decoded_once() -> None:
    reader = PyavReader(shared("cases/09_one_keyframe.mp4"))
    info = reader.probe()
    refine_boundaries(reader, [(t - 0.5, t + 0.5) for t in range(4, int(info.duration_s) - 1, 4)])
    assert reader.num_decoded <= info.n_frames


@pytest.mark.parametrize("gop", [50, 100_000], ids=["a keyframe every 2 s", "one keyframe"])
def test_no_stage_of_indexing_decodes_a_picture_twice(tmp_path: Path, gop: int) -> None:
    made = write_video(tmp_path / "shots.mp4", shots(), gop=gop)
    catalog = Catalog(tmp_path / "library", create=True)
    scanned = scan(catalog, made.path, lambda _: "pyav")
    models = Models(
        screen_reader=ScriptedScreenReader(lambda _: []), captioner=ScriptedCaptioner(lambda _: "a shot")
    )
    job = video_job(catalog, scanned.video_id, models, path=made.path)
    reader = job.reader
    assert isinstance(reader, PyavReader)
    counts = [reader.num_decoded]
    for stage in (embed_frames, cut_segments, read_screen, caption_segments):
        stage(job)
        counts.append(reader.num_decoded)
    of_each = np.diff(counts)
    assert np.all((of_each > 0) & (of_each <= NUM_FRAMES)), of_each

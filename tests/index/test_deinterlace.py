"""Combs of interlaced recordings are removed; what only says that it is interlaced stays as it is."""

import av
import numpy as np
import pytest
from av.filter import Graph
from tests.index.decord_installed import needs_decord
from tests.made_videos import MadeVideo, Picture, write_video

from playhead_index.decode import open_reader
from playhead_index.decode.deinterlace import is_combed
from playhead_index.errors import VideoUnreadable

WIDTH_PX, HEIGHT_PX, FPS, NUM_FRAMES = 320, 240, 25.0, 40
MARKED_INTERLACED = {"x264-params": "tff=1"}
"""libx264 then marks pictures as interlaced, with the second (odd) lines first."""
MAX_DIFFERENCE = 4.0


def scene(time_s: float) -> Picture:
    """A bright box and a striped band that move to the side over a ground of soft colours."""
    y, x = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
    picture = np.stack([x * 0.6 + 20, y * 0.8 + 20, np.full_like(x, 90)], axis=-1)
    left = int(20 + 200 * time_s) % (WIDTH_PX - 60)
    picture[60:140, left : left + 60] = 230
    picture[180:220] = ((x[180:220] + int(100 * time_s)) // 7 % 2)[..., None] * 180 + 30
    return picture.astype(np.uint8)


def interlaced(number: int) -> Picture:
    """One picture of two moments: the odd lines of the first, the even lines half a picture later."""
    picture, later = scene(number / FPS), scene((number + 0.5) / FPS)
    picture[0::2] = later[0::2]
    return picture


@pytest.fixture(scope="module")
def combed(tmp_path_factory: pytest.TempPathFactory) -> MadeVideo:
    pictures = [(interlaced(i), i / FPS) for i in range(NUM_FRAMES)]
    path = tmp_path_factory.mktemp("interlaced") / "combed.mp4"
    return write_video(path, pictures, options=MARKED_INTERLACED)


@pytest.fixture(scope="module")
def progressive(tmp_path_factory: pytest.TempPathFactory) -> MadeVideo:
    pictures = [(scene(i / FPS), i / FPS) for i in range(NUM_FRAMES)]
    path = tmp_path_factory.mktemp("interlaced") / "progressive.mp4"
    return write_video(path, pictures, options=MARKED_INTERLACED)


def difference(a: Picture, b: Picture) -> float:
    return float(np.abs(a.astype(int) - b).mean())


def test_a_combed_picture_comes_out_as_the_first_of_its_moments(combed: MadeVideo) -> None:
    frame = next(open_reader(combed.path).frames_at([0.8]))
    assert difference(interlaced(20), scene(0.8)) > 4
    assert difference(frame.rgb, scene(0.8)) < 2.5


def test_it_is_what_ffmpegs_filter_of_three_pictures_gives(combed: MadeVideo) -> None:
    with av.open(str(combed.path)) as container:
        pictures = list(container.decode(video=0))
    graph, first = Graph(), pictures[0]
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base
    )
    filters = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(filters[0])
    filters[0].link_to(filters[1])
    graph.configure()
    for picture in [*pictures, None]:
        source.push(picture)
    by_ffmpeg = [filters[1].pull() for _ in pictures]
    ours = list(open_reader(combed.path).frames_at(combed.times_s))
    found = [difference(a.rgb, b.to_ndarray(format="rgb24")) for a, b in zip(ours, by_ffmpeg, strict=True)]
    assert np.mean(found) <= MAX_DIFFERENCE


def test_a_progressive_picture_that_is_marked_as_interlaced_stays_as_it_is(progressive: MadeVideo) -> None:
    frame = next(open_reader(progressive.path).frames_at([0.8]))
    with av.open(str(progressive.path)) as container:
        stored = list(container.decode(video=0))[20]
    assert stored.interlaced_frame
    assert np.array_equal(frame.rgb, stored.to_ndarray(format="rgb24"))


def test_a_picture_is_the_same_whether_it_is_walked_to_or_jumped_to(combed: MadeVideo) -> None:
    reader, times_s = open_reader(combed.path), [0.2, 0.52, 0.8, 1.4]
    walked = [frame.rgb for frame in reader.frames_at(times_s)]
    jumped = [next(reader.frames_at([time_s])).rgb for time_s in times_s]
    assert all(np.array_equal(a, b) for a, b in zip(walked, jumped, strict=True))


@pytest.mark.parametrize("size", [(2, 2), (1, 64), (64, 4), (19, 19)])
def test_a_picture_too_small_for_a_block_has_no_combs(size: tuple[int, int]) -> None:
    assert not is_combed(np.tile(np.array([[0], [255]], np.uint8), (64, 64))[: size[0], : size[1]])


@needs_decord
def test_decord_refuses_interlaced_pictures(combed: MadeVideo) -> None:
    with pytest.raises(VideoUnreadable, match="its pictures are interlaced, which decord shows with combs"):
        open_reader(combed.path, "decord").probe()

"""B1: indexing from end to end with encoders of real sizes, against the common loop and the floor.

The peer is the loop that most projects have: decord, one frame a second, each through CLIP and
DINOv2 as it comes. The floor is the slower of decoding alone and embedding alone, as if the two
overlapped perfectly.
"""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_bench.suite.random_encoders import full_size
from playhead_bench.world.lecture import lecture
from playhead_bench.world.render import render
from playhead_bench.world.street_and_interview import street
from playhead_index.build import build_library
from playhead_index.decode import open_reader
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.store.catalog import Catalog

MINUTES = {"small": 1.0, "full": 10.0}
SIZES = {"small": (640, 360), "full": (1280, 720)}
BATCH = 32


def run(size: Literal["small", "full"]) -> dict[str, Any]:
    """Seconds of ours (everywhere, and where something changes), of the peer, and the two floors.

    Returns:
        a record a video, a static-heavy lecture and a street where something always moves; ratios are
        peer / ours and floor / ours, so larger is better for ours.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        models = full_size(folder / "models")
        stories = {
            "lecture": lecture(minutes=max(3.0, MINUTES[size])),
            "street": street(minutes=MINUTES[size]),
        }
        found = {}
        for title, story in stories.items():
            video = render(story, folder / f"{title}.mp4", size=SIZES[size]).path
            found[title] = _measure(video, folder / title, models)
    return found | {"goal": {"exact_of_floor": 0.9, "default_over_peer": 2.0}}


def _measure(video: Path, folder: Path, models: Models) -> dict[str, Any]:
    peer_s = _timed(lambda: _peer(video, models))
    decode_s = _timed(lambda: sum(1 for _ in open_reader(video).sample(1.0, short_side_px=224)))
    exact_s, exact_frames = _ours(video, folder.with_suffix(".exact"), models, IndexSettings(everywhere=True))
    default_s, default_frames = _ours(video, folder.with_suffix(".default"), models, IndexSettings())
    pictures = list(islice(_pictures(video), BATCH))
    embed_s = _timed(lambda: _embed(models, pictures)) / len(pictures) * exact_frames
    floor_s = max(decode_s, embed_s)
    return {
        "video_s": open_reader(video).probe().duration_s,
        "peer_s": peer_s,
        "exact_s": exact_s,
        "default_s": default_s,
        "decode_floor_s": decode_s,
        "embed_floor_s": embed_s,
        "exact_frames": exact_frames,
        "default_frames": default_frames,
        "exact_of_floor": floor_s / exact_s,
        "exact_over_peer": peer_s / exact_s,
        "default_over_peer": peer_s / default_s,
    }


def _ours(video: Path, library: Path, models: Models, recipe: IndexSettings) -> tuple[float, int]:
    seconds = _timed(lambda: list(build_library(library, [video], recipe, lambda: models, InProcess())))
    return seconds, Catalog(library).query("SELECT count(*) FROM frame")[0][0]


def _peer(video: Path, models: Models) -> None:
    import decord

    reader = decord.VideoReader(str(video), width=398, height=224)
    step = max(1, round(reader.get_avg_fps()))
    for i in range(0, len(reader), step):
        _embed(models, [reader[i].asnumpy()])


def _embed(models: Models, pictures: list[NDArray[np.uint8]]) -> None:
    assert models.picture is not None
    assert models.appearance is not None
    models.picture.encode_images(pictures)
    models.appearance.encode_images(pictures)


def _pictures(video: Path) -> Iterator[NDArray[np.uint8]]:
    return (frame.rgb for frame in open_reader(video).sample(1.0, short_side_px=224))


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

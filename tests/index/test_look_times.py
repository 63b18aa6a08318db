"""Which times of a video are looked at, where its keyframes tell nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.index.indexing import video_job
from tests.made_videos import MadeVideo

from playhead_index.decode import Frame, open_reader
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.stages.embed_frames import frame_times
from playhead_index.store.catalog import Catalog


class KeyframesUnlisted:
    """A reader of a damaged file: it decodes keyframes that the packet table does not list."""

    def __init__(self, frames: list[Frame]) -> None:
        self.frames = frames

    def keyframes(self, *, short_side_px: int) -> Iterator[Frame]:
        """The frames that decode."""
        return iter(self.frames)


def test_a_video_without_listed_keyframes_is_sampled_on_the_plain_grid(
    tmp_path: Path, counted_video: MadeVideo
) -> None:
    reader = open_reader(counted_video.path)
    info = replace(reader.probe(), keyframes_s=np.zeros(0), gop_bytes=np.zeros(0), key_bytes=np.zeros(0))
    damaged = KeyframesUnlisted(list(reader.frames_at([0.0])))
    catalog = Catalog(tmp_path, create=True)
    job = video_job(catalog, "v", Models(), path=counted_video.path, settings=IndexSettings(fps=1.0))
    times_s = frame_times(replace(job, reader=damaged, info=info))  # type: ignore[arg-type]
    assert times_s.tolist() == [0.0, 1.0, 2.0]

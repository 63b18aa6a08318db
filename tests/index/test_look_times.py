"""Which times of a video are looked at, where its keyframes tell nothing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from tests.made_videos import MadeVideo

from playhead_index.decode import Frame, open_reader
from playhead_index.recipe import IndexSettings
from playhead_index.stages.embed_frames import frame_times


class KeyframesUnlisted:
    """A reader of a damaged file: it decodes keyframes that the packet table does not list."""

    def __init__(self, frames: list[Frame]) -> None:
        self.frames = frames

    def keyframes(self, *, short_side_px: int) -> Iterator[Frame]:
        """The frames that decode."""
        return iter(self.frames)


def test_a_video_without_listed_keyframes_is_sampled_on_the_plain_grid(counted_video: MadeVideo) -> None:
    reader = open_reader(counted_video.path)
    info = replace(reader.probe(), keyframes_s=np.zeros(0), gop_bytes=np.zeros(0), key_bytes=np.zeros(0))
    damaged = KeyframesUnlisted(list(reader.frames_at([0.0])))
    times_s = frame_times(damaged, info, IndexSettings(fps=1.0))  # type: ignore[arg-type]
    assert times_s.tolist() == [0.0, 1.0, 2.0]

"""Frames of the videos of a library at given times, for the VLM client and chat models that take images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode import VideoReader, open_reader
from playhead_index.errors import ToolError
from playhead_index.paths import path_exists
from playhead_index.store.catalog import Catalog
from playhead_tools.region import Region


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A picture and when it appears.

    Args:
        time_s: that was asked for.
        rgb: (H, W, 3) uint8.
    """

    time_s: float
    rgb: NDArray[np.uint8]


class FrameReader:
    """Decodes frames of the videos of a library; a file is open only while it is decoded.

    Args:
        catalog: the open library.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._readers: dict[str, VideoReader] = {}

    def frames(
        self, video_id: str, times_s: Sequence[float], short_side_px: int, region: Region | None = None
    ) -> list[TimedFrame]:
        """The frames at some times, shrunk while they are decoded.

        Args:
            video_id: of a video of the library.
            times_s: in seconds, ascending.
            short_side_px: of the frames, or of the region where one is cut out; never enlarged.
            region: part of the picture that is given; all of it when None.

        Raises:
            ToolError: no file holds the video any more.
            VideoError: the file cannot be decoded.
        """
        side_px = short_side_px if region is None else round(short_side_px * region.max_zoom)
        frames = self._reader(video_id).frames_at(list(times_s), short_side_px=side_px)
        return [
            TimedFrame(time_s, one.rgb if region is None else region.cut(one.rgb))
            for time_s, one in zip(times_s, frames, strict=True)
        ]

    def _reader(self, video_id: str) -> VideoReader:
        if video_id not in self._readers:
            paths = self._catalog.places(video_id)
            if not paths:
                raise ToolError(f"no file holds video {video_id!r} any more: it was replaced or removed")
            self._readers[video_id] = open_reader(next(filter(path_exists, paths), paths[0]))
        return self._readers[video_id]

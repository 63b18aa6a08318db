"""Reads chosen frames of a video file as a clip of a request, without a library."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode import open_reader
from playhead_tools.video_llm.protocol import Clip


def read_clip(
    path: Path | str, indices: Sequence[int] | NDArray[np.int64], *, short_side_px: int | None = None
) -> Clip:
    """Frames of a video by their numbers, with the times at which they appear.

    A number is taken as a time by the average rate of the video, since readers count in seconds: in a video
    of variable rate it is the frame on the screen then.

    Args:
        path: of the video.
        indices: (N,) from 0, not descending, such as those of `frame_sampling.arange_indices`.
        short_side_px: shrink so that the shorter side has this many pixels; None for the frames as they are.

    Raises:
        VideoUnreadable: the file cannot be decoded, or holds no frames.
        ValueError: there are no indices, they descend, or one is outside the video.
    """
    reader = open_reader(Path(path))
    info, numbers = reader.probe(), np.asarray(indices, dtype=np.int64)
    if (
        not numbers.size
        or bool((np.diff(numbers) < 0).any())
        or not 0 <= numbers[0] <= numbers[-1] < info.n_frames
    ):
        raise ValueError(
            f"indices of frames must not descend and lie in [0, {info.n_frames}), got {numbers.tolist()[:8]}"
        )
    distinct, places = np.unique(numbers, return_inverse=True)
    middles_s = (distinct + 0.5) / info.average_fps
    times_s = np.minimum(middles_s, np.nextafter(info.duration_s, 0)).tolist()
    frames = list(reader.frames_at(times_s, short_side_px=short_side_px))
    return Clip(
        Path(path).name,
        info.window,
        np.array([frames[place].pts_s for place in places]),
        np.stack([frames[place].rgb for place in places]),
    )

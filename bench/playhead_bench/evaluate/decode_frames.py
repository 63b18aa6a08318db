"""Frames decoded from the files of a benchmark, for the answerer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from playhead_bench.evaluate.answerer import FrameClip, LazyClip
from playhead_index.decode import VideoInfo, VideoReader, open_reader
from playhead_index.errors import VideoUnknown
from playhead_index.identity import fingerprint
from playhead_index.window import Window
from playhead_tools.video_llm.frame_sampling import ClipRequest

SHORT_SIDE_PX = 100
DEFAULT_BUDGET = 16


@dataclass(slots=True)
class FrameSource:
    """Decodes requests from the files of a benchmark.

    Args:
        videos: where each video is, by the name that samples call it by.
        short_side_px: of the frames; larger ones are shrunk while they are decoded.
    """

    videos: Mapping[str, Path]
    short_side_px: int = SHORT_SIDE_PX
    _readers: dict[str, VideoReader] = field(default_factory=dict, init=False)
    _contents: dict[str, str] = field(default_factory=dict, init=False)

    def info(self, video_id: str) -> VideoInfo:
        """What a video's file holds.

        Raises:
            VideoUnknown: no file was given for it.
            VideoUnreadable: the file is no video.
        """
        return self._reader(video_id).probe()

    def full_window(self, video_id: str) -> Window:
        """The whole video.

        Raises:
            VideoUnknown: no file was given for it.
            VideoUnreadable: the file is no video.
        """
        return self.info(video_id).window

    def clip(self, request: ClipRequest) -> FrameClip:
        """The frames of a request.

        Raises:
            VideoUnknown: no file was given for the video.
            VideoUnreadable: the file cannot be decoded.
            TimestampOutOfRange: a time lies outside the video.
        """
        once = sorted(set(request.times_s))
        reader = self._reader(request.video_id)
        frame_at = dict(zip(once, reader.frames_at(once, short_side_px=self.short_side_px), strict=True))
        frames = np.stack([frame_at[time_s].rgb for time_s in request.times_s])
        return FrameClip(frames, np.array(request.times_s), self.info(request.video_id).average_fps)

    def lazy_clip(self, request: ClipRequest) -> LazyClip:
        """The same, decoded when the frames are first needed; its name tells file, times and size.

        Raises:
            VideoUnknown: no file was given for the video.
            VideoUnreadable: the file cannot be read.
        """
        fps = self.info(request.video_id).average_fps
        content = self._contents.get(request.video_id) or fingerprint(self.videos[request.video_id])
        self._contents[request.video_id] = content
        key_text = repr((content, request.times_s, self.short_side_px))
        name = hashlib.blake2b(key_text.encode(), digest_size=16).hexdigest()
        return LazyClip(name, np.array(request.times_s), fps, lambda: self.clip(request).frames)

    def _reader(self, video_id: str) -> VideoReader:
        if video_id not in self._readers:
            if video_id not in self.videos:
                raise VideoUnknown(f"no file was given for video {video_id!r}; {len(self.videos)} are known")
            self._readers[video_id] = open_reader(self.videos[video_id])
        return self._readers[video_id]

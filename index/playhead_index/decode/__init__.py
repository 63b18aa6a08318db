"""Decodes frames and sound of video files, addressed only by seconds of presentation time."""

from playhead_index.decode.open_reader import READERS, open_reader
from playhead_index.decode.protocol import Frame, SubtitleTrack, VideoInfo, VideoReader

__all__ = ["READERS", "Frame", "SubtitleTrack", "VideoInfo", "VideoReader", "open_reader"]

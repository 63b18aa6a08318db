"""The record that `build_video` hands from stage to stage."""

from dataclasses import dataclass
from pathlib import Path

from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class VideoJob:
    """One video that a run indexes, with all that its stages need.

    Args:
        catalog: of the library, open for writing; vectors are written into its folder.
        video_id: of the video, which has its row in the catalog.
        path: of the file that is read, resolved; other copies are `catalog.places(video_id)`.
        reader: of that file, opened.
        info: length, gaps, tracks and keyframes of the file, with the timeline that the library records.
        settings: what the video is made with: what the run gives, else what it was made with before.
        models: of the run, by role; those that are missing say why (`Models.why_off`).
    """

    catalog: Catalog
    video_id: str
    path: Path
    reader: VideoReader
    info: VideoInfo
    settings: IndexSettings
    models: Models

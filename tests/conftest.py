"""Made videos that several tests read; each is written once a run. Tests must not change them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests import made_videos
from tests.made_videos import MadeVideo


@pytest.fixture(scope="session")
def video_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the made videos of this run stand."""
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="session")
def made(video_folder: Path) -> Callable[..., MadeVideo]:
    """`made("uneven", ".mkv", gop=5)` is `made_videos.uneven`'s video, written once for the same words."""
    written: dict[str, MadeVideo] = {}

    def make(maker: str, suffix: str, **how: Any) -> MadeVideo:
        key = repr((maker, suffix, sorted(how.items())))
        if key not in written:
            path = video_folder / f"{maker}-{len(written)}{suffix}"
            written[key] = getattr(made_videos, maker)(path, **how)
        return written[key]

    return make


@pytest.fixture(scope="session")
def counted_video(video_folder: Path) -> MadeVideo:
    """3 s of numbered pictures at 25 fps, H.264, no sound."""
    return made_videos.counted(video_folder / "counted.mp4")


@pytest.fixture(scope="session")
def uneven_video(video_folder: Path) -> MadeVideo:
    """The same 75 pictures at a variable rate."""
    return made_videos.uneven(video_folder / "uneven.mp4")


@pytest.fixture(scope="session")
def colour_video(video_folder: Path) -> MadeVideo:
    """Red for 2 s, green for 3 s, blue for 2 s."""
    parts = [((220, 20, 20), 2.0), ((20, 200, 20), 3.0), ((20, 20, 220), 2.0)]
    return made_videos.colours(video_folder / "colours.mp4", parts)


@pytest.fixture(scope="session")
def talking_video(video_folder: Path) -> MadeVideo:
    """3 s of numbered pictures, a tone from 1 s on, and two subtitles (MP4, mov_text)."""
    cues = [(0.5, 1.0, "hello"), (1.5, 2.5, "the red door\nis open")]
    return made_videos.with_sound(video_folder / "talking.mp4", subtitles=cues)


@pytest.fixture(autouse=True)
def own_memory_of_chat_models(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a test finds out about a chat model does not reach the next one, nor the user's cache folder."""
    monkeypatch.setenv("PLAYHEAD_CHAT_MODELS", str(tmp_path_factory.getbasetemp() / "chat" / uuid4().hex))

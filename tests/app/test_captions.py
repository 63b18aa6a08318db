"""Captions from the command line: asked for, made by a server's model, summed up as chapters; or left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.made_videos import MadeVideo, colours
from tests.tools.video_llm.made_server import Answer, MadeServer, made_server

from playhead.library import Library
from playhead.models import ModelNames

CAPTION = '{"caption": "A plain red wall.", "keywords": ["wall", "red"]}'
STORED = "A plain red wall.\nkeywords: wall, red"


@pytest.fixture
def video(tmp_path: Path) -> MadeVideo:
    return colours(tmp_path / "wall.mp4", [((200, 30, 30), 3.0), ((30, 30, 200), 3.0)])


@pytest.fixture
def server() -> Iterator[MadeServer]:
    with made_server(Answer(CAPTION)) as made:
        yield made


def library(folder: Path, video_model: str) -> Library:
    return Library(folder, ModelNames(screen="off", words="off", speech="off", video=video_model))


def test_captions_are_made_by_the_model_of_a_server_and_summed_up_when_asked(
    video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    opened = library(tmp_path / "library", server.base_url)
    list(opened.index([video.path], captions=True))
    assert [span.words.text for span in opened.words("wall")] == [STORED, STORED]
    plain = Library(tmp_path / "library")
    chapters, whole = plain.chapters("wall")
    assert [chapter.text for chapter in chapters] == ["A plain red wall.\nkeywords: plain, red, wall"]
    assert whole is not None
    assert whole.made_by == "extractive"


def test_without_a_video_model_the_library_is_whole_and_says_why(video: MadeVideo, tmp_path: Path) -> None:
    opened = library(tmp_path / "library", "off")
    (report,) = opened.index([video.path], captions=True)
    assert (report.status, dict(report.off)["caption"]) == ("indexed", "it was switched off")
    assert opened.chapters("wall") == ([], None)


def test_captions_are_only_made_when_asked_for(video: MadeVideo, server: MadeServer, tmp_path: Path) -> None:
    opened = library(tmp_path / "library", server.base_url)
    list(opened.index([video.path]))
    assert opened.words("wall") == []
    assert server.requests == []

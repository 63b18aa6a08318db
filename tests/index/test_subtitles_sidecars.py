"""Which files beside a video are its subtitles, and what languages are called."""

from pathlib import Path

import pytest

from playhead_index.find_files import MEDIA_SUFFIXES
from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.sidecars import SubtitleFiles, find_sidecars


def found(folder: Path, video: str, *names: str) -> list[tuple[str, str | None]]:
    for name in (video, *names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return [(sidecar.path.name, sidecar.language) for sidecar in find_sidecars(folder / video).taken]


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
    [
        "talk2.srt",
        "talk.part2.srt",
        "tal.srt",
        "talk.mp4.bak",
        "talk.txt",
        "talk.en.de.srt",
        "talk_en_route.srt",
        "talk.en_route.srt",
        "talk_it_is.srt",
        "talk_is.srt",
        "talk nut.srt",
        "talk 2.srt",
        "talk.1.srt",
        "talkshow.en.srt",
        "en.srt",
        "other/talk.en.srt",
    ],
)
def test_a_file_of_another_name_is_no_sidecar(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, "talk.mp4", name) == []


@pytest.mark.parametrize(
    ("name", "language", "kinds"),
    [
        ("talk.en.hi.srt", "en", {"sdh"}),
        ("talk.hi.srt", "hi", set()),
        ("talk.hi.sdh.srt", "hi", {"sdh"}),
        ("talk.en.1.srt", "en", set()),
        ("talk.en.full.srt", "en", set()),
        ("talk.en.foreign.srt", "en", {"forced"}),
        ("talk.en.forced.default.srt", "en", {"forced", "default"}),
        ("talk.en.commentary.srt", "en", {"commentary"}),
        ("talk.en.ai.srt", "en", {"auto"}),
        ("talk.de.translated.srt", "de", {"translated"}),
        ("talk.English (SDH).srt", "en", {"sdh"}),
        ("talk.English - SDH.srt", "en", {"sdh"}),
        ("talk.Chinese (Simplified).srt", "zh-Hans", set()),
        ("talk.mkv.srt", None, set()),
        ("talk.mkv.en.srt", "en", set()),
        ("talk.m2t.srt", None, set()),
        ("talk.descriptive.srt", None, {"descriptions"}),
        ("talk.und.srt", None, set()),
        ("talk.chs.srt", "zh-Hans", set()),
        ("talk.cht.ass", "zh-Hant", set()),
        ("talk.iw.srt", "he", set()),
        ("talk.pob.srt", "pt-BR", set()),
        ("talk.yue.srt", "yue", set()),
        ("talk.2_English.srt", "en", set()),
        ("talk_en.srt", "en", set()),
        ("talk-en.srt", "en", set()),
        ("talk.en.dfxp", "en", set()),
        ("Subs/2_English.srt", "en", set()),
        ("Subs/talk.de.srt", "de", set()),
        ("Subs/talk/2_English.srt", "en", set()),
        ("subtitles/talk/English.forced.srt", "en", {"forced"}),
    ],
)
def test_names_that_players_take_are_taken_with_language_and_kind(
    tmp_path: Path, name: str, language: str | None, kinds: set[str]
) -> None:
    assert found(tmp_path, "talk.mp4", name) == [(Path(name).name, language)]
    (sidecar,) = find_sidecars(tmp_path / "talk.mp4").taken
    assert sidecar.kinds == kinds


def test_a_folder_of_subtitles_without_names_is_taken_for_one_video_alone(tmp_path: Path) -> None:
    assert found(tmp_path, "a.mp4", "b.mp4", "Subs/2_English.srt", "Subs/b/English.srt") == []
    assert found(tmp_path, "b.mp4") == [("English.srt", "en")]


def test_the_suffix_of_another_video_names_that_video(tmp_path: Path) -> None:
    assert found(tmp_path, "talk.mp4", "talk.mkv", "talk.mkv.srt") == []
    assert found(tmp_path, "talk.mkv") == [("talk.mkv.srt", None)]


def test_subtitle_files_that_are_not_taken_are_named_with_the_reason(tmp_path: Path) -> None:
    found(tmp_path, "talk.mp4", "talk.lrc", "talk.en.scc", "talk.info.json", "talk.part2.srt", "talk2.srt")
    assert find_sidecars(tmp_path / "talk.mp4").left == (
        "subtitle file not taken: talk.en.scc (SCC is not read)",
        "subtitle file not taken: talk.lrc (LRC is not read)",
        "subtitle file not taken: talk.part2.srt (its name says no language or kind that is known)",
    )


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
    assert find_sidecars(tmp_path / "gone" / "talk.mp4") == SubtitleFiles()


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("eng", "en"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("EN_us", "en-US"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("afr", "af"),
        ("khm", "km"),
        ("cht", "zh-Hant"),
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


@pytest.mark.parametrize("suffix", sorted(MEDIA_SUFFIXES))
def test_subtitles_that_carry_the_name_of_another_recording_are_its_own(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"talk.en{suffix}").touch()
    assert found(tmp_path, "talk.mp4", "talk.en.srt") == []
    own = {(f"talk.en{suffix}.srt", None), ("talk.en.srt", None)}
    assert set(found(tmp_path, f"talk.en{suffix}", f"talk.en{suffix}.srt", "talk.en.srt")) == own

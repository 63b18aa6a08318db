"""The command as a person and as a program use it: what it prints, where, and how it exits."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.made_videos import MadeVideo, colours, gradient, tone
from tests.tools.video_llm.made_server import made_server

from playhead.cli import main
from playhead.library import Library
from playhead.models import ModelNames

CUES = [(1.0, 3.0, "Good evening, this is about Bayes."), (6.0, 8.0, "Posterior odds are what we want.")]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["playhead", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> MadeVideo:
    path = tmp_path_factory.mktemp("talks") / "talk.mp4"
    return colours(path, [((200, 30, 30), 5.0), ((30, 30, 200), 5.0)], subtitles=CUES)


@pytest.fixture(scope="module")
def indexed(talk: MadeVideo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of `talk`, made once; tests get copies of it."""
    made = Library(tmp_path_factory.mktemp("indexed") / "library", ModelNames(screen="off"))
    assert [report.status for report in made.index(talk.path)] == ["indexed"]
    made.catalog.close()
    return made.folder


@pytest.fixture
def library(indexed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(indexed, tmp_path / "library"))


def test_index_says_what_it_did_in_one_json_line_a_video(run: Run, talk: MadeVideo, tmp_path: Path) -> None:
    done = run("index", talk.path, "--library", tmp_path / "library", "--no-screen-text", "--json")
    (report,) = done.lines
    assert done.code == 0
    assert report | {"seconds": 0, "video_id": "", "off": {}} == {
        "path": str(talk.path), "video_id": "", "status": "indexed", "segments": 2, "seconds": 0,
        "error": None, "error_type": None, "off": {}, "replaced": None, "redone": [], "warnings": [],
    }  # fmt: skip


def test_index_again_has_nothing_to_do(run: Run, talk: MadeVideo, library: Path) -> None:
    (report,) = run("index", talk.path, "--library", library, "--no-screen-text", "--json").lines
    assert report["status"] == "known"


def test_other_settings_are_made_again_said_shown_and_remembered(
    run: Run, talk: MadeVideo, library: Path
) -> None:
    output = run("index", talk.path, "--library", library, "--fps", 4, "--everywhere", "--max-segment", 8).out
    assert "indexed again: sampling (1 fps -> 4 fps, everywhere), segments (longest 30 s -> 8 s)" in output
    assert run("index", talk.path, "--library", library).out.startswith("known")
    details = run("show", "talk", "--library", library).out
    assert "sampling: 4 fps everywhere, reader pyav\nsegments: 2 to 8 s\n" in details
    (record,) = run("show", "talk", "--library", library, "--json").lines
    assert record["settings"]["segments"] == "2 to 8 s"


def test_settings_that_do_not_go_together_are_wrong_usage(run: Run, talk: MadeVideo, library: Path) -> None:
    done = run("index", talk.path, "--library", library, "--max-segment", 3)
    assert done.code == 2
    message = "--max-segment must be at least three times --min-segment, got 3 s and 2 s"
    assert message in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--transcribe",
            "maybe",
            "--transcribe must be one of without-subtitles, always, never, got 'maybe'",
        ),
        ("--audio-track", "0", "--audio-track must be a number from 1 on, or a language such as en; got '0'"),
        ("--language", "x", "--language must be a tag such as en, de or pt-BR, or auto; got 'x'"),
    ],
)
def test_a_wrong_setting_is_named_as_it_is_typed(
    run: Run, talk: MadeVideo, library: Path, option: str, value: str, message: str
) -> None:
    done = run("index", talk.path, "--library", library, option, value)
    assert (done.code, message in " ".join(done.err.split())) == (2, True)


def test_nothing_is_removed_where_one_name_means_nothing(run: Run, library: Path) -> None:
    done = run("remove", "talk", "nothing", "--library", library)
    assert (done.code, done.out) == (1, "")
    assert "no video 'nothing'" in done.err
    assert len(run("list", "--library", library, "--json").lines) == 1


def test_a_video_that_is_named_twice_is_removed_once(run: Run, library: Path) -> None:
    done = run("remove", "talk", "talk.mp4", "--library", library, "--json")
    assert (done.code, bool(done.lines)) == (0, True)


def test_a_range_that_ends_before_it_starts_is_said_in_its_options(run: Run, library: Path) -> None:
    done = run("search", "x", "--from", "5", "--to", "2", "--library", library)
    assert done.code == 2
    assert "--from 0:05 is not before --to 0:02" in done.err


def test_a_comparison_in_which_one_strategy_can_run_is_a_success(run: Run, library: Path) -> None:
    both = ("compare", "when is Bayes mentioned?", "--library", library, "--video-model", "off", "--json")
    done = run(*both, "--strategy", "uniform", "--strategy", "rules")
    assert (done.code, [line["strategy"] for line in done.lines]) == (0, ["uniform", "rules"])
    assert done.lines[0]["error_type"] == "ModelUnavailable"
    assert done.lines[1]["citation_numbers"] == {"E1": 1}
    assert run(*both, "--strategy", "uniform").code == 1


def test_a_search_that_can_search_nothing_says_so_and_exits_1(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "library"
    unheard = colours(tmp_path / "unheard.mp4", [((200, 30, 30), 5.0)], audio=tone(5.0))
    off = ("--no-screen-text", "--speech-model", "off", "--transcribe", "never")
    assert run("index", unheard.path, "--library", library, *off).code == 0
    done = run("search", "the", "--library", library)
    assert (done.code, done.out.splitlines()[0]) == (1, "Nothing could be searched.")
    assert "Nothing was searched in 1 video" in done.out


def test_what_a_run_that_was_stopped_left_is_found_and_is_no_error(run: Run, library: Path) -> None:
    with closing(sqlite3.connect(library / "catalog.sqlite")) as db, db:
        db.execute("DELETE FROM stage")
    done = run("search", "posterior", "--library", library, "--json")
    assert (done.code, bool(done.lines)) == (0, True)


def test_index_says_what_is_off_and_how_to_turn_it_on(run: Run, talk: MadeVideo, tmp_path: Path) -> None:
    done = run("index", talk.path, "--library", tmp_path / "library", "--no-screen-text")
    assert "frames cannot be searched by text" in done.err
    assert "playhead prepare" in done.err


def test_a_broken_file_is_reported_and_the_rest_go_on(run: Run, talk: MadeVideo, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    done = run(
        "index", broken, talk.path, tmp_path / "none.mp4", "-l", tmp_path / "l", "--no-screen-text", "--json"
    )
    by_name = {Path(line["path"]).name: line for line in done.lines}
    assert done.code == 1
    assert {name: line["status"] for name, line in by_name.items()} == {
        "broken.mp4": "failed", "talk.mp4": "indexed", "none.mp4": "refused",
    }  # fmt: skip
    assert "broken.mp4" in by_name["broken.mp4"]["error"]


def test_only_broken_files_exit_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    assert run("index", tmp_path / "broken.mp4", "-l", tmp_path / "l").code == 1


def test_search_gives_a_moment_a_line_with_its_window(run: Run, talk: MadeVideo, library: Path) -> None:
    done = run("search", "posterior odds", "--library", library, "--json")
    moment = done.lines[0]
    assert (moment["start_s"], moment["end_s"]) == (6.0, 8.0)
    assert moment["lanes"] == ["speech"]
    assert moment["path"] == str(talk.path)
    assert moment["hits"][0]["text"] == "Posterior odds are what we want."
    assert "pictures were not searched" in done.err


def test_search_finds_nothing_when_nothing_is_there(run: Run, library: Path) -> None:
    done = run("search", "penguins", "--library", library, "--lane", "speech", "--json")
    assert (done.code, done.out) == (0, "")


def test_search_stays_inside_the_asked_stretch(run: Run, library: Path) -> None:
    within = ["--from", "0:05", "--to", "0:10"]
    found = run("search", "bayes", "--library", library, "--lane", "speech", *within, "--json").lines
    assert all(moment["start_s"] >= 5.0 and moment["end_s"] <= 10.0 for moment in found)
    assert not any("Bayes" in str(hit["text"]) for moment in found for hit in moment["hits"])


def test_search_by_example_needs_no_model(run: Run, library: Path) -> None:
    moment = run("search", "--like", "talk.mp4@0:02", "--library", library, "--json").lines
    assert all(hit["lane"] == "layout" for found in moment for hit in found["hits"])


def test_ask_answers_with_a_checked_window(run: Run, talk: MadeVideo, library: Path) -> None:
    (answer,) = run("ask", "what does he say about Bayes?", "--library", library, "--json").lines
    assert answer["status"] == "answered"
    assert "Good evening, this is about Bayes." in answer["text"]
    (interval,) = answer["intervals"]
    assert (interval["start_s"], interval["end_s"], interval["path"]) == (1.0, 3.0, str(talk.path))
    assert {"text", "status", "reason", "intervals", "claims", "coverage", "confidence", "cost"} <= set(
        answer
    )


def test_a_photo_of_a_turned_camera_finds_what_the_upright_one_finds(
    run: Run, library: Path, tmp_path: Path
) -> None:
    image = Image.fromarray(gradient((200, 30, 30)))
    image.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    found = [
        run("search", "--image", tmp_path / f"{name}.png", "--library", library, "--json").lines
        for name in ("upright", "turned")
    ]
    assert found[0] == found[1] != []


def test_ask_says_that_it_is_not_there_and_what_was_searched(run: Run, library: Path) -> None:
    (answer,) = run("ask", "what does he say about penguins?", "--library", library, "--json").lines
    assert answer["status"] == "abstained"
    assert answer["intervals"] == []
    assert "Searched 1 video" in answer["coverage"]["sentence"]


def test_a_question_with_bytes_that_are_no_text_is_answered(run: Run, library: Path) -> None:
    (answer,) = run("ask", "what does he say \udcff about Bayes?", "--library", library, "--json").lines
    assert answer["status"] == "answered"
    assert answer["question"] == "what does he say \ufffd about Bayes?"


def test_a_search_for_stop_words_alone_is_a_search(run: Run, library: Path) -> None:
    assert run("search", "the", "--library", library, "--json").code == 0


def test_ask_shows_a_person_the_answer_and_its_time(run: Run, library: Path) -> None:
    done = run("ask", "what does he say about Bayes?", "--library", library)
    assert "Good evening" in done.out
    assert "0:01–0:03" in done.out
    assert "talk.mp4" in done.out


def test_list_and_show_tell_what_is_there(run: Run, library: Path) -> None:
    (video,) = run("list", "--library", library, "--json").lines
    (details,) = run("show", video["video_id"], "--library", library, "--json").lines
    assert (video["duration_s"], video["counts"]) == (10.0, {"segments": 2, "speech": 2})
    assert details["segments_s"] == [[0.0, 5.0], [5.0, 10.0]]
    assert details["stages"]["picture"]["status"] == "off"


def test_a_renamed_file_is_found_again(run: Run, talk: MadeVideo, tmp_path: Path) -> None:
    first, library = tmp_path / "a.mp4", tmp_path / "library"
    shutil.copy(talk.path, first)
    run("index", first, "--library", library, "--no-screen-text")
    first.rename(tmp_path / "b.mp4")
    verified = run("verify", "--library", library, "--json")
    relinked = run("relink", tmp_path, "--library", library, "--json")
    assert (verified.code, verified.lines[0]["kind"]) == (1, "moved")
    assert relinked.lines[0]["path"] == str(tmp_path / "b.mp4")
    assert run("verify", "--library", library).code == 0


def test_a_changed_file_is_said_when_it_is_indexed_listed_and_shown(
    run: Run, talk: MadeVideo, tmp_path: Path
) -> None:
    path, library = tmp_path / "edit.mp4", tmp_path / "library"
    shutil.copy(talk.path, path)
    run("index", path, "--library", library, "--no-screen-text")
    (first,) = run("list", "--library", library, "--json").lines
    colours(path, [((30, 200, 30), 8.0)], subtitles=[(1.0, 2.0, "Frequentists.")])
    assert "replaces an earlier version" in run("index", path, "--library", library).out
    assert "1 replaced version (edit.mp4, 10 s) kept until gc" in run("list", "--library", library).out
    assert run("search", "bayes", "--library", library, "--lane", "speech").out.startswith("Nothing found.")
    details = run("show", first["video_id"], "--library", library)
    assert f"{path} holds other content" in " ".join(details.out.split())


def test_the_clock_shows_and_takes_when_a_video_was_recorded(run: Run, library: Path) -> None:
    assert "not known" in run("clock", "--library", library).out
    assert "2024-05-17 1" in run("clock", "talk", "2024-05-17T14:30:12Z", "--library", library).out
    (video,) = run("list", "--library", library, "--json").lines
    assert video["recorded"] == "2024-05-17T14:30:12+00:00"
    assert "recorded 2024-05-17" in run("show", "talk", "--library", library).out
    (forgotten,) = run("clock", "talk", "unknown", "--library", library, "--json").lines
    assert forgotten["recorded"] is None


def test_a_time_that_is_none_is_refused_in_words(run: Run, library: Path) -> None:
    done = run("clock", "talk", "noon", "--library", library)
    assert done.code == 2
    assert "'noon' is no time: write it as" in " ".join(done.err.split())


def test_a_removed_video_is_gone_and_leaves_no_vectors(run: Run, library: Path) -> None:
    assert run("remove", "talk", "--library", library).code == 0
    assert run("list", "--library", library, "--json").out == ""
    assert [file.name for file in library.glob("vectors/*/*.f16")] == []
    assert run("search", "bayes", "--library", library, "--json").out == ""


def test_gc_says_what_it_freed(run: Run, library: Path) -> None:
    (library / "vectors" / "layout" / "vgone.f16").write_bytes(bytes(4096))
    assert run("gc", "--library", library, "--json").lines[0]["freed_bytes"] >= 0
    assert not (library / "vectors" / "layout" / "vgone.f16").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["search", "x", "--library", "none"], "no library in none", id="no library there"),
        pytest.param(["ask", "x", "--library", "none"], "no library in none", id="no library to ask"),
        pytest.param(["show", "x", "--library", "LIBRARY"], "no video 'x'", id="no such video"),
        pytest.param(
            ["search", "--image", "none.png", "-l", "LIBRARY"], "cannot be read as a picture", id="no picture"
        ),
        pytest.param(
            ["search", "x", "--modality", "picture", "-l", "LIBRARY"],
            "cannot search picture (",
            id="a modality that is off",
        ),
    ],
)
def test_what_the_world_lacks_is_one_line_and_exit_1(
    run: Run, library: Path, arguments: list[str], message: str
) -> None:
    done = run(*[str(library) if argument == "LIBRARY" else argument for argument in arguments])
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["search"], id="search for nothing"),
        pytest.param(["search", ""], id="search for an empty text"),
        pytest.param(["search", " ?! "], id="search for signs"),
        pytest.param(["search", "x" * 10_001], id="search for too long a text"),
        pytest.param(["ask", ""], id="an empty question"),
        pytest.param(["ask", "?"], id="a question without words"),
        pytest.param(["ask", "x" * 10_001], id="too long a question"),
        pytest.param(["ask", "x", "--option", "a", "--option", " "], id="an empty option"),
        pytest.param(["ask", "x", "--thread", " "], id="a conversation without a name"),
        pytest.param(["compare", ""], id="nothing to compare"),
        pytest.param(["search", "x", "--like", "a@1"], id="two queries at once"),
        pytest.param(["search", "x", "--from", "soon"], id="a time that is none"),
        pytest.param(["search", "x", "--modality", "smell"], id="an unknown modality"),
        pytest.param(["search", "--like", "talk.mp4"], id="an example without a time"),
        pytest.param(["search", "x", "--from", "9", "--to", "3"], id="a stretch that ends before it starts"),
        pytest.param(["index", "x.mp4", "--reader", "guess"], id="a reader that is none"),
        pytest.param(["index", "x.mp4", "--fps", "0"], id="no pictures a second"),
        pytest.param(["prepare", "smell"], id="a model role that is none"),
        pytest.param(["fly"], id="a command that is none"),
    ],
)
def test_wrong_usage_is_exit_2(
    run: Run, library: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_LIBRARY", str(library))
    assert run(*arguments).code == 2


def test_a_model_asked_for_by_name_and_missing_is_an_error(run: Run, talk: MadeVideo, tmp_path: Path) -> None:
    done = run("index", talk.path, "-l", tmp_path / "l", "--picture-model", "ViT-B-32:laion400m_e31")
    assert done.code == 1
    assert "playhead prepare" in done.err


def test_index_says_which_video_model_captions_and_why(run: Run, talk: MadeVideo, tmp_path: Path) -> None:
    with made_server('{"caption": "A plain wall.", "keywords": ["wall"]}') as server:
        done = run(
            "index", talk.path, "-l", tmp_path / "l", "--no-screen-text", "--captions",
            "--video-model", server.base_url,
        )  # fmt: skip
    assert f"video model: made at {server.base_url} (it was asked for)\n" in done.err
    chapters = run("show", "talk.mp4", "-l", tmp_path / "l", "--chapters", "--json").lines
    assert chapters[0]["summary"] == {
        "start_s": 1.0, "end_s": 8.0, "made_by": "extractive", "title": "plain, wall, good, evening",
        "text": "A plain wall. Good evening, this is about Bayes."
        "\nkeywords: plain, wall, good, evening, bayes",
        "sentences": [
            {"start_s": 0.0, "end_s": 5.0, "text": "A plain wall."},
            {"start_s": 1.0, "end_s": 3.0, "text": "Good evening, this is about Bayes."},
        ],
    }  # fmt: skip


def test_chapters_of_a_talk_have_a_title_and_sentences_with_times(run: Run, library: Path) -> None:
    done = run("show", "talk.mp4", "--library", library, "--chapters")
    assert done.out == (
        "0:01–0:08  good, evening, bayes, posterior\n"
        "  0:01  Good evening, this is about Bayes.\n"
        "  0:06  Posterior odds are what we want.\n"
        "made by: extractive\n"
    )


def test_a_silent_video_without_captions_has_no_chapters(run: Run, tmp_path: Path) -> None:
    video = colours(tmp_path / "wall.mp4", [((200, 30, 30), 3.0)])
    run("index", video.path, "-l", tmp_path / "l", "--no-screen-text")
    done = run("show", "wall.mp4", "--library", tmp_path / "l", "--chapters")
    assert done.out == (
        "No chapters: little is said in this video, and it has no captions; "
        "to make some: playhead index VIDEO --captions\n"
    )


def test_a_video_model_that_is_asked_for_and_away_is_one_line(
    run: Run, talk: MadeVideo, tmp_path: Path
) -> None:
    away = ("--captions", "--video-model", "http://127.0.0.1:9/v1")
    done = run("index", talk.path, "-l", tmp_path / "l", *away)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.startswith("error: http://127.0.0.1:9/v1 does not answer (ConnectError")

"""Captions from the command line: asked for, made by a server's model, summed up as chapters; or left out."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.test_cli import Run, run
from tests.made_videos import MadeVideo, colours, sound_only
from tests.tools.video_llm.made_server import Answer, MadeServer, made_server

from playhead import caption_commands
from playhead.library import Library
from playhead.models import ModelNames
from playhead_index.caption_run import CaptionEstimate, CaptionSettings, CaptionUsage
from playhead_index.errors import LibraryError, ModelUnavailable

__all__ = ["run"]
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


def index(run: Run, folder: Path, video: MadeVideo, model: str, *options: str) -> tuple[int, str, str]:
    """Runs `playhead index --captions` on one video without models but the video-LLM."""
    off = ["--words-model", "off", "--speech-model", "off", "--no-screen-text"]
    line = ["index", str(video.path), "-l", str(folder), "--video-model", model, *off, "--captions", *options]
    done = run(*line)
    return done.code, done.out, done.err


@pytest.fixture
def long_video(tmp_path: Path) -> MadeVideo:
    red, green, blue = (200, 30, 30), (20, 180, 40), (30, 30, 200)
    return colours(tmp_path / "long.mp4", [(colour, 3.0) for colour in (red, green, blue, red, green)])


def test_the_estimate_of_the_first_three_is_said_before_the_rest(
    run: Run, long_video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    code, out, err = index(run, tmp_path / "library", long_video, server.base_url)
    assert code == 0
    assert "captions: 3 of 5 segments took" in err
    assert "20 frames, 500 prompt tokens (visual ones not counted), no cost" in err
    assert "captions: 5 of 5 segments in" in err
    assert "off     caption" not in err
    assert "indexed long.mp4" in out


def test_a_price_is_estimated_and_limits_the_run(
    run: Run, long_video: MadeVideo, server: MadeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_VIDEO_PRICES", "1000/0")  # 100 tokens of prompt a call: 0.1
    code, _, err = index(
        run, tmp_path / "library", long_video, server.base_url, "--max-money", "0.45", "--json"
    )
    assert (code, len(server.requests)) == (0, 4)
    assert "20 frames, 500 prompt tokens (visual ones not counted), cost 0.5000" in err
    assert "captions: 4 of 5 segments in" in err
    assert "cost 0.4000; --max-money 0.45: the same command continues" in err
    code, out, _ = index(
        run, tmp_path / "library", long_video, server.base_url, "--max-money", "0.45", "--json"
    )
    assert (code, len(server.requests)) == (0, 5)
    assert '"captions": 1, "windows": 1, "windows_wanted": 1' in out


def test_a_limit_of_money_needs_a_price_before_anything_is_sent(
    video: MadeVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playhead.video_models import VideoChoice

    opened = library(tmp_path / "library", "off")
    opened.__dict__["video_choice"] = VideoChoice(
        "server", "vlm", "named", "https://away.example/v1", "other"
    )
    with pytest.raises(
        ModelUnavailable, match="captions may cost at most 1, and the price of vlm is not known"
    ):
        list(opened.index([video.path], captions=CaptionSettings(max_money=1.0)))


def test_a_mute_model_is_an_error_and_the_list_says_that_nothing_is_captioned(
    run: Run, video: MadeVideo, tmp_path: Path
) -> None:
    with made_server(Answer("no form at all")) as mute:
        code, _, err = index(run, tmp_path / "library", video, mute.base_url)
    assert code == 1
    assert "gave no caption for 2 of 2 windows (its last reply: 'no form at all')" in err
    listed = json.loads(run("list", "-l", str(tmp_path / "library"), "--json").out)
    assert (listed["captioned_segments"], listed["counts"].get("caption")) == (0, None)
    shown = json.loads(run("show", "wall", "-l", str(tmp_path / "library"), "--json").out)
    assert shown["stages"]["caption"]["status"] == "off"


def test_the_list_and_the_facts_of_a_video_say_how_many_segments_are_captioned(
    run: Run, long_video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    where = ["-l", str(tmp_path / "library")]
    index(
        run, tmp_path / "library", long_video, server.base_url, "--max-captions", "2", "--caption-every", "5"
    )
    head, row = run("list", *where).out.splitlines()
    assert (head.split()[:4], row.split()[2:4]) == (["id", "length", "segments", "captions"], ["5", "2"])
    shown = run("show", "long", *where).out
    assert "captioned: 2 of 5 segments, and 3 fixed steps" in shown
    assert "2 of 5 segments have captions: 2 were asked for; index --captions goes on" in " ".join(
        shown.split()
    )


def test_a_server_that_goes_away_is_an_error_and_the_next_run_continues(
    run: Run, long_video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    with made_server(*[Answer(CAPTION)] * 3, Answer(status=401)) as fading:
        code, _, err = index(run, tmp_path / "library", long_video, fading.base_url)
    assert (code, len(Library(tmp_path / "library").captions("long"))) == (1, 3)
    assert "refused" in err
    assert " unfinished " in run("list", "-l", str(tmp_path / "library")).out
    code, _, err = index(run, tmp_path / "library", long_video, server.base_url)
    assert (code, len(server.requests)) == (0, 2)
    assert "captions: 2 of 2 segments" in err


def test_a_file_without_frames_is_not_counted(
    run: Run, video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    sound_only(tmp_path / "podcast.m4a", 6.0)
    both = MadeVideo(tmp_path, (), 0.0)
    code, _, err = index(run, tmp_path / "library", both, server.base_url)
    assert code == 0
    assert "captions: 2 of 2 segments in" in err
    assert video.path.is_file()


def test_a_run_with_nothing_left_to_caption_asks_nothing(
    run: Run, video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    index(run, tmp_path / "library", video, server.base_url)
    code, _, err = index(run, tmp_path / "library", video, server.base_url)
    assert (code, len(server.requests)) == (0, 2)
    assert "captions:" not in err


def test_the_captioning_pass_loads_no_other_model(
    video: MadeVideo, server: MadeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(library(tmp_path / "library", "off").index([video.path]))
    time.sleep(2.1)  # a file that was changed just now is read again
    list(library(tmp_path / "library", "off").index([video.path]))
    loaded: list[str] = []
    monkeypatch.setattr("playhead.models.load_one", lambda role, *more: loaded.append(role))
    again = Library(tmp_path / "library", ModelNames(video=server.base_url))
    list(again.index([video.path], captions=True))
    assert (len(again.captions("wall")), loaded) == (2, [])


def test_options_of_captions_need_captions(run: Run, video: MadeVideo, tmp_path: Path) -> None:
    done = run("index", str(video.path), "-l", str(tmp_path / "library"), "--caption-every", "1")
    assert done.code == 2
    assert "--caption-every is about captions: give --captions with it" in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--caption-every", "0.5"], "--caption-every must be at least 1 s, got 0.5"),
        (["--caption-samples", "99"], "--caption-samples must be 1 to 16, got 99"),
        (["--max-money", "0"], "--max-money must be above 0, got 0"),
    ],
)
def test_values_outside_their_range_are_wrong_usage(
    run: Run, video: MadeVideo, tmp_path: Path, option: list[str], message: str
) -> None:
    code, _, err = index(run, tmp_path / "library", video, "off", *option)
    assert code == 2
    assert message in " ".join(err.split())


def test_a_run_is_ended_by_a_no_to_its_estimate(
    long_video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    opened = library(tmp_path / "library", server.base_url)
    estimates: list[CaptionEstimate] = []
    on_estimate = lambda estimate: bool(estimates.append(estimate))  # noqa: E731
    seen: list[tuple[CaptionUsage, int]] = []
    list(
        opened.index(
            [long_video.path], captions=True, on_estimate=on_estimate,
            on_captions=lambda usage, num: seen.append((usage, num)),
        )
    )  # fmt: skip
    assert [estimate.total.windows for estimate in estimates] == [5]
    assert (len(opened.captions("long")), seen[-1][0].windows, seen[-1][1]) == (3, 3, 5)
    list(opened.index([long_video.path], captions=True))
    assert len(opened.captions("long")) == 5


@pytest.mark.parametrize(("answer", "num_captions"), [(True, 5), (False, 3)])
def test_a_terminal_is_asked(
    run: Run, long_video: MadeVideo, server: MadeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    answer: bool, num_captions: int,
) -> None:  # fmt: skip
    asked: list[str] = []
    monkeypatch.setattr(caption_commands, "is_interactive", lambda: True)
    monkeypatch.setattr(
        caption_commands.typer, "confirm", lambda text, err: bool(asked.append(text)) or answer
    )
    code, _, err = index(run, tmp_path / "library", long_video, server.base_url)
    assert (code, asked) == (0, ["Caption the other 2?"])
    assert len(Library(tmp_path / "library").captions("long")) == num_captions
    assert ("declined: the same command continues" in err) == (not answer)
    index(run, tmp_path / "library", long_video, server.base_url, "--yes")
    assert len(asked) == 1


def test_several_samples_are_stored_with_their_agreement_and_shown(
    run: Run, video: MadeVideo, tmp_path: Path
) -> None:
    other = '{"caption": "A red sky.", "keywords": []}'
    with made_server(Answer(CAPTION), Answer(other), Answer(CAPTION)) as server:
        index(run, tmp_path / "library", video, server.base_url, "--caption-samples", "2")
    opened = Library(tmp_path / "library")
    assert {span.words.confidence for span in opened.captions("wall")} <= {1.0, 1 / 3, 0.3333, 0.5}
    assert "agreement of samples" in run("show", "wall", "-l", str(tmp_path / "library")).out
    assert "agreement of samples" in run("captions", "wall", "-l", str(tmp_path / "library")).out


def test_captions_are_exported_as_subtitles(
    run: Run, video: MadeVideo, server: MadeServer, tmp_path: Path
) -> None:
    index(run, tmp_path / "library", video, server.base_url, "--caption-every", "3")
    where = ["-l", str(tmp_path / "library")]
    expected = "1\n00:00:00,000 --> 00:00:03,000\nA plain red wall.\n\n2\n00:00:03,000 --> 00:00:06,000\n"
    assert run("captions", "wall", *where, "--format", "srt").out.startswith(expected)
    file = tmp_path / "captions.vtt"
    assert run("captions", "wall", *where, "--steps", "--output", str(file)).code == 0
    assert file.read_text().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:03.000\nA plain red wall.\n")
    rows = [json.loads(line) for line in run("captions", "wall", *where, "--json").out.splitlines()]
    assert [(row["start_s"], row["keywords"]) for row in rows] == [
        (0.0, ["wall", "red"]),
        (3.0, ["wall", "red"]),
    ]


@pytest.mark.parametrize(("money", "why"), [(0.1, "a video failed"), (0.9, "--max-money 1")])
def test_a_limit_of_money_is_named_only_where_it_ended_the_run(money: float, why: str) -> None:
    dialog = caption_commands.CaptionDialog(CaptionSettings(max_money=1.0), asks=False)
    dialog.add(CaptionUsage(windows=2, captions=2, money=money), 5)
    assert dialog.why_ended == why


def test_json_and_a_subtitle_file_are_one_too_many(run: Run, tmp_path: Path) -> None:
    done = run("captions", "wall", "-l", str(tmp_path), "--json", "--format", "vtt")
    assert done.code == 2
    assert "--json prints captions and not a subtitle file" in " ".join(done.err.split())


@pytest.mark.parametrize("exists", [True, False])
def test_captions_are_not_written_where_they_would_be_read_as_what_is_said(
    run: Run, video: MadeVideo, server: MadeServer, tmp_path: Path, exists: bool
) -> None:
    index(run, tmp_path / "library", video, server.base_url)
    file = video.path.with_suffix(".srt")
    if exists:
        file.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
    done = run("captions", "wall", "-l", str(tmp_path / "library"), "--output", str(file))
    assert done.code == 1
    assert "would be read as subtitles of the video" in done.err
    assert file.exists() == exists
    assert not exists or "Hello." in file.read_text()


def test_a_video_without_captions_has_none_to_export(video: MadeVideo, tmp_path: Path) -> None:
    opened = library(tmp_path / "library", "off")
    list(opened.index([video.path]))
    with pytest.raises(
        LibraryError, match=r"wall\.mp4 has no captions to export; to make some: playhead index"
    ):
        opened.export_captions("wall", "srt")
    with pytest.raises(ValueError, match="file_format must be srt or vtt, got 'ass'"):
        opened.export_captions("wall", "ass")

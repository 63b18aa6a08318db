"""Settings are recorded, taken up again, and what other settings change is made again and said."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.made_videos import gradient, tone, write_video

from playhead_index.build import VideoReport, build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import SWITCHED_OFF, IndexSettings, Models
from playhead_index.lifecycle import verify
from playhead_index.settings import RunSettings, describe_settings
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import read_stage, write_stage
from playhead_index.store.settings import read_settings
from playhead_index.testing import (
    FakeEmbedder,
    FakeTextEmbedder,
    ScriptedCaptioner,
    ScriptedScreenReader,
    ScriptedTranscriber,
)
from playhead_index.window import Window
from playhead_index.words.protocol import TranscriberTag, Words

Given = Mapping[str, Any]


def brightness(rgb: NDArray[np.uint8]) -> list[str]:
    return [f"brightness {int(rgb.mean()) // 8}"]


def hears(text: str, name: str = "asr:one", revision: str = "1" * 20) -> ScriptedTranscriber:
    words = [Words("speech", name, Window(n, n + 1.0), f"{text} {n}") for n in range(0, 12, 3)]
    return ScriptedTranscriber(words, name, TranscriberTag(f"/models/{name}", revision))


def all_models() -> Models:
    return Models(
        FakeEmbedder(), FakeEmbedder(), FakeTextEmbedder(), hears("word"), ScriptedScreenReader(brightness)
    )


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "talk.mkv"
    shades = np.linspace(20, 235, 24).astype(int)
    pictures = [(gradient((shade, (shade * 7) % 255, 255 - shade)), i / 2) for i, shade in enumerate(shades)]
    write_video(path, pictures, end_s=12.0, audio=tone(12.0))
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def build(
    library: Path,
    video: Path,
    given: IndexSettings | Given | None = None,
    models: Models | None = None,
    **how: Any,
) -> VideoReport:
    made = models or all_models()
    (report,) = build_library(library, [video], given or {}, lambda: made, InProcess(), **how)
    return report


def contents(library: Path) -> dict[str, Any]:
    """All that was made, without the ids that only count rows."""
    catalog = Catalog(library)
    found: dict[str, Any] = {
        "stage": catalog.query(
            "SELECT name, status, position_s, rows, recipe, note FROM stage ORDER BY name"
        ),
        "segment": catalog.query("SELECT ordinal, start_s, end_s FROM segment ORDER BY ordinal"),
        "frame": catalog.query(
            "SELECT row, frame.start_s, frame.end_s, ordinal FROM frame"
            " LEFT JOIN segment ON segment.id = segment_id ORDER BY row"
        ),
        "span": catalog.query("SELECT kind, source, start_s, end_s, text, row FROM span ORDER BY kind, row"),
        "reading": catalog.query("SELECT * FROM reading"),
    }
    files = [*library.glob("vectors/*/*"), library / "manifest.json"]
    return found | {str(file.relative_to(library)): file.read_bytes() for file in files}


SHORT = {"min_segment_s": 1.0, "max_segment_s": 3.0}
OTHER: list[tuple[Given, tuple[str, ...]]] = [
    ({"fps": 4.0, "everywhere": True}, ("sampling (1 fps -> 4 fps, everywhere)", "segments", "screen text")),
    (SHORT, ("segments (shortest 2 s -> 1 s, longest 30 s -> 3 s)",)),
    ({"longest_gap_s": 5.0}, ("sampling (longest gap 10 s -> 5 s)", "segments", "screen text")),
    ({"read_screen_every_s": 1.0}, ("screen text (every 4 s -> 1 s)",)),
]


@pytest.mark.parametrize(("given", "redone"), OTHER)
def test_other_settings_redo_what_they_change_and_end_as_a_new_library_with_them(
    given: Given, redone: tuple[str, ...], library: Path, video: Path
) -> None:
    assert (build(library, video).status, build(library, video).status) == ("indexed", "known")
    report = build(library, video, given)
    assert (report.status, report.redone) == ("indexed", redone)
    build(library.with_name("new"), video, given)
    assert contents(library) == contents(library.with_name("new"))
    assert [problem.kind for problem in verify(Catalog(library))] == []


def test_what_was_given_once_holds_for_the_next_runs_without_settings(library: Path, video: Path) -> None:
    build(library, video, {"fps": 4.0, "max_segment_s": 8.0})
    report = build(library, video)
    assert (report.status, report.redone) == ("known", ())
    recipe = RunSettings({}, read_settings(Catalog(library))).for_new_video()
    assert (recipe.fps, recipe.max_segment_s, recipe.min_segment_s) == (4.0, 8.0, 2.0)


def test_sampling_only_where_something_changes_is_remembered_too(library: Path, video: Path) -> None:
    build(library, video, {"everywhere": True})
    assert build(library, video, {"everywhere": False}).redone[0] == "sampling (only where something changes)"
    assert read_settings(Catalog(library))["everywhere"] is False


def test_a_video_keeps_its_own_settings_when_the_library_gets_others(
    library: Path, video: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.mkv"
    second.write_bytes(video.read_bytes() + b"\0")
    build(library, video)
    build(library, second, {"fps": 2.0})
    assert [build(library, path).status for path in (video, second)] == ["known", "known"]


def test_settings_that_do_not_go_together_are_refused_before_anything_is_made(
    library: Path, video: Path
) -> None:
    with pytest.raises(ValueError, match="at least three times min_segment_s"):
        build(library, video, {"max_segment_s": 3.0})
    with pytest.raises(ValueError, match="no setting 'fsp'; there are reader, fps"):
        build(library, video, {"fsp": 3.0})


def test_a_library_without_recorded_settings_counts_as_made_with_the_defaults(
    library: Path, video: Path
) -> None:
    report = build(library, video)
    catalog = Catalog(library)
    with catalog.atomic() as db:
        db.execute("UPDATE stage SET recipe = '' WHERE name IN ('look', 'segment')")
        db.execute("UPDATE stage SET recipe = 'ocr:script' WHERE name = 'screen'")
        db.execute("UPDATE stage SET recipe = 'asr:one' WHERE name = 'speech'")
        db.execute("DELETE FROM setting")
    assert build(library, video).status == "known"
    assert describe_settings(catalog, report.video_id or "")["segments"] == (
        "2 to 30 s (not recorded: the defaults are assumed)"
    )
    assert build(library, video, SHORT).redone == ("segments (shortest 2 s -> 1 s, longest 30 s -> 3 s)",)


@pytest.mark.parametrize(
    "made", [{"fps": 4.0, "everywhere": True}, {"fps": 2.0}, {"min_segment_s": 1.0, "max_segment_s": 3.0}]
)
def test_settings_that_fit_what_an_older_library_holds_are_recorded_and_nothing_is_made_again(
    made: Given, library: Path, video: Path
) -> None:
    build(library, video, made)
    rows = "SELECT name, seq FROM sqlite_sequence ORDER BY name"
    before = Catalog(library).query(rows)
    with Catalog(library).atomic() as db:
        db.execute("UPDATE stage SET recipe = '' WHERE name IN ('look', 'segment')")
        db.execute("DELETE FROM setting")
    report = build(library, video, made)
    assert (report.status, report.redone) == ("known", ())
    assert Catalog(library).query(rows) == before


def test_the_settings_of_a_video_are_described(library: Path, video: Path) -> None:
    report = build(library, video, {"fps": 4.0})
    assert describe_settings(Catalog(library), report.video_id or "") == {
        "sampling": "4 fps where something changes, at least every 10 s, reader pyav",
        "segments": "2 to 30 s",
        "screen text": "ocr:script, at most every 4 s",
        "speech": "asr:one 111111111111",
    }


# ---- speech ----


def spoken(library: Path) -> list[str]:
    return [text for (text,) in Catalog(library).query("SELECT text FROM span WHERE kind = 'speech'")]


def with_speech(transcriber: ScriptedTranscriber | None, *, named: bool = True, why: str = "") -> Models:
    unasked = frozenset[str]() if named else frozenset({"speech"})
    return Models(
        transcriber=transcriber, words=FakeTextEmbedder(), off={"speech": why}, default_roles=unasked
    )


def test_another_speech_model_that_is_named_recognises_again(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("old")))
    other = with_speech(hears("new", "asr:two", "2" * 20))
    report = build(library, video, models=other)
    assert report.redone == ("speech (asr:one -> asr:two)",)
    assert spoken(library) == ["new 0", "new 3", "new 6", "new 9"]
    build(library.with_name("new"), video, models=other)
    assert contents(library) == contents(library.with_name("new"))


def test_another_speech_model_that_nobody_named_leaves_the_words(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("old")))
    report = build(library, video, models=with_speech(hears("new", "asr:two", "2" * 20), named=False))
    assert (report.status, spoken(library)[0]) == ("known", "old 0")


def test_a_speech_model_under_another_name_is_the_same_by_its_weights(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("old")))
    report = build(library, video, models=with_speech(hears("old", "asr:copied-folder")))
    assert (report.status, report.redone) == ("known", ())


def test_other_weights_under_the_same_name_recognise_again(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("old")))
    report = build(library, video, models=with_speech(hears("new", revision="2" * 20)))
    assert report.redone == ("speech (asr:one 111111111111 -> 222222222222)",)


def test_another_language_recognises_again(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("old")))
    german = hears("neu")
    german.tag = replace(german.tag, language="de")
    assert build(library, video, models=with_speech(german)).redone == ("speech (language detected -> de)",)


def hears_with_beam(text: str, beam_size: int) -> ScriptedTranscriber:
    transcriber = hears(text)
    transcriber.tag = replace(transcriber.tag, beam_size=beam_size)
    return transcriber


def test_hotwords_recognise_again_and_are_remembered_by_library_and_video(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("comfy eye")))
    better = hears("ComfyUI")
    report = build(library, video, {"hotwords": "ComfyUI"}, with_speech(better))
    assert report.redone == ("speech (hotwords none -> ComfyUI)",)
    assert (better.hints[0].hotwords, spoken(library)[0]) == ("ComfyUI", "ComfyUI 0")
    assert build(library, video, models=with_speech(better)).status == "known"
    assert read_settings(Catalog(library))["hotwords"] == "ComfyUI"
    assert RunSettings({}, read_settings(Catalog(library))).for_new_video().hotwords == "ComfyUI"
    report = build(library, video, {"hotwords": ""}, with_speech(hears("comfy eye")))
    assert report.redone == ("speech (hotwords ComfyUI -> none)",)


def test_a_beam_size_recognises_again_only_where_it_is_another_one(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears_with_beam("word", 1)))
    same = build(library, video, {"beam_size": 1}, with_speech(hears_with_beam("other", 5)))
    assert (same.status, same.redone) == ("known", ())
    report = build(library, video, {"beam_size": 4}, with_speech(wide := hears_with_beam("word", 1)))
    assert report.redone == ("speech (beam size 1 -> 4)",)
    assert wide.hints[0].beam_size == 4
    assert describe_settings(Catalog(library), report.video_id or "")["speech"].endswith(", beam size 4")


def test_another_beam_size_of_the_model_itself_leaves_the_words(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears_with_beam("word", 5)))
    report = build(library, video, models=with_speech(hears_with_beam("other", 1)))
    assert (report.status, spoken(library)[0]) == ("known", "word 0")


def test_speech_of_a_time_before_beam_sizes_were_recorded_counts_as_of_beam_size_5(
    library: Path, video: Path
) -> None:
    report = build(library, video, models=with_speech(hears_with_beam("word", 5)))
    catalog = Catalog(library)
    stage = read_stage(catalog, report.video_id or "", "speech")
    recipe = {k: v for k, v in json.loads(stage.recipe).items() if k not in ("beam_size", "hotwords")}
    with catalog.atomic() as db:
        write_stage(db, report.video_id or "", replace(stage, recipe=json.dumps(recipe)))
    assert build(library, video, {}, with_speech(hears_with_beam("other", 1))).status == "known"
    assert build(library, video, {"beam_size": 5}, with_speech(hears_with_beam("other", 1))).status == "known"
    report = build(library, video, {"beam_size": 1}, with_speech(hears_with_beam("other", 1)))
    assert report.redone == ("speech (beam size 5 -> 1)",)


def test_a_model_without_a_beam_is_not_run_again_for_one(library: Path, video: Path) -> None:
    build(library, video, models=with_speech(hears("word")))
    assert build(library, video, {"beam_size": 3}, with_speech(hears("other"))).redone == ()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"beam_size": 0}, "beam_size must be 1 to 20, got 0"),
        ({"beam_size": 21}, "beam_size must be 1 to 20, got 21"),
        ({"hotwords": "x" * 601}, "hotwords must have at most 600 characters, got 601"),
    ],
)
def test_decoding_settings_beyond_their_limits_are_refused(given: Given, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        IndexSettings(**given)


@pytest.mark.parametrize(
    ("models", "given", "warnings"),
    [
        pytest.param(
            with_speech(None, why=SWITCHED_OFF), {},
            ("speech: it was switched off for this run; the words that are there stay",), id="off",
        ),
        pytest.param(
            with_speech(hears("word")), {"transcribe": "never"},
            ("speech: speech recognition was switched off for this run; the words that are there stay",),
            id="never",
        ),
        pytest.param(
            with_speech(None, why="the library's speech model is not on this machine"), {}, (), id="gone"
        ),
    ],
)  # fmt: skip
def test_words_stay_when_nothing_is_recognised_now(
    models: Models, given: Given, warnings: tuple[str, ...], library: Path, video: Path
) -> None:
    first = build(library, video, models=with_speech(hears("word")))
    report = build(library, video, given, models)
    assert (report.status, report.warnings, len(spoken(library))) == ("known", warnings, 4)
    assert read_stage(Catalog(library), first.video_id or "", "speech").status == "done"


def test_recognition_that_was_cut_short_goes_on_after_a_run_without_it(library: Path, video: Path) -> None:
    first = build(library, video, models=with_speech(hears("word")))
    catalog = Catalog(library)
    with catalog.atomic() as db:
        db.execute("DELETE FROM span WHERE start_s >= 6")
        db.execute("UPDATE stage SET status = 'running', position_s = 6 WHERE name = 'speech'")
    build(library, video, models=with_speech(None, why=SWITCHED_OFF))
    again = hears("word")
    build(library, video, models=with_speech(again))
    assert (again.recognised, len(spoken(library))) == (["word 6", "word 9"], 4)
    assert read_stage(catalog, first.video_id or "", "speech").status == "done"


def test_never_is_kept_for_a_library_that_is_made_with_it_and_else_holds_for_one_run(
    library: Path, video: Path, tmp_path: Path
) -> None:
    build(library, video, {"transcribe": "never"}, with_speech(hears("word")))
    assert read_settings(Catalog(library))["transcribe"] == "never"
    build(tmp_path / "other", video, models=with_speech(hears("word")))
    build(tmp_path / "other", video, {"transcribe": "never"}, with_speech(hears("word")))
    assert "transcribe" not in read_settings(Catalog(tmp_path / "other"))


# ---- nothing is dropped that cannot be made again ----


def test_screen_text_stays_when_reading_is_off_for_a_run(library: Path, video: Path) -> None:
    build(library, video)
    report = build(
        library, video, models=replace(all_models(), screen_reader=None, off={"screen": SWITCHED_OFF})
    )
    assert report.warnings == ("screen text: it was switched off for this run; what was read stays",)
    assert Catalog(library).query("SELECT count(*) FROM span WHERE kind = 'screen'")[0][0] > 0
    assert build(library, video).status == "known"


def test_sampling_stays_when_its_vectors_could_not_be_made_again(library: Path, video: Path) -> None:
    build(library, video)
    before = contents(library)
    lacking = replace(all_models(), picture=None, off={"picture": "it is not on this machine"})
    report = build(library, video, {"fps": 4.0}, lacking)
    assert report.warnings == (
        "sampling stays as it was made (1 fps -> 4 fps was asked for): its picture vectors could not be made"
        " again (it is not on this machine)",
    )
    assert (report.redone, contents(library)) == ((), before)


def test_vectors_of_a_model_that_is_not_here_stay_and_their_stage_is_done(library: Path, video: Path) -> None:
    first = build(library, video)
    lacking = replace(all_models(), picture=None, off={"picture": "it is not on this machine"})
    assert build(library, video, models=lacking).status == "known"
    assert read_stage(Catalog(library), first.video_id or "", "picture").status == "done"


def test_captions_of_earlier_segments_stay_until_there_is_a_captioner(library: Path, video: Path) -> None:
    captioner = ScriptedCaptioner(lambda segment: f"from {segment.window.start_s:g}")
    captioned = replace(all_models(), captioner=captioner)
    build(library, video, models=captioned)
    before = Catalog(library).query("SELECT text FROM span WHERE kind = 'caption'")
    build(library, video, SHORT)
    assert Catalog(library).query("SELECT text FROM span WHERE kind = 'caption'") == before
    build(library, video, models=captioned)
    captions = Catalog(library).query("SELECT text FROM span WHERE kind = 'caption' ORDER BY start_s")
    segments = Catalog(library).query("SELECT start_s FROM segment ORDER BY start_s")
    assert [text for (text,) in captions] == [f"from {start_s:g}" for (start_s,) in segments]
    assert len(segments) > len(before)


def test_captions_are_made_again_with_the_segments(library: Path, video: Path) -> None:
    captioned = replace(all_models(), captioner=ScriptedCaptioner(lambda s: f"from {s.window.start_s:g}"))
    build(library, video, models=captioned)
    report = build(library, video, SHORT, captioned)
    assert report.redone == ("segments (shortest 2 s -> 1 s, longest 30 s -> 3 s)", "captions")
    build(library.with_name("new"), video, SHORT, captioned)
    assert contents(library) == contents(library.with_name("new"))

"""Captions at index time: a batch at a time, gone on with, made again for another captioner, or none."""

from pathlib import Path

import pytest
from tests.made_videos import MadeVideo, colours

from playhead_index.build import VideoReport, build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, read_stage
from playhead_index.testing import ScriptedCaptioner
from playhead_index.words.protocol import Captioner, SegmentFrames

RED, GREEN, BLUE = (220, 20, 20), (20, 180, 40), (30, 40, 220)
OFF = {"caption": "captions were not asked for"}


@pytest.fixture
def three(tmp_path: Path) -> MadeVideo:
    return colours(tmp_path / "three.mp4", [(RED, 6.0), (GREEN, 6.0), (BLUE, 6.0)])


def build(library: Path, video: MadeVideo, captioner: Captioner | None) -> VideoReport:
    models = Models(captioner=captioner, off=OFF)
    (report,) = build_library(library, [video.path], IndexSettings(), lambda: models, InProcess())
    return report


def captions(library: Path) -> list[str]:
    catalog = Catalog(library)
    return [span.words.text for span in catalog.spans(catalog.videos()[0].video_id, "caption")]


def stage(library: Path) -> Stage:
    catalog = Catalog(library)
    return read_stage(catalog, catalog.videos()[0].video_id, "caption")


def colour(segment: SegmentFrames) -> str:
    return ("red", "green", "blue")[int(segment.frames[0].rgb.mean((0, 1)).argmax())]


def breaking_at(start_s: float) -> ScriptedCaptioner:
    def says(segment: SegmentFrames) -> str:
        if segment.window.start_s >= start_s:
            raise RuntimeError("the model fell over")
        return colour(segment)

    return ScriptedCaptioner(says, batch=1)


def test_each_segment_gets_a_caption_in_batches_that_the_captioner_wishes(
    three: MadeVideo, tmp_path: Path
) -> None:
    captioner = ScriptedCaptioner(colour, batch=2)
    build(tmp_path / "library", three, captioner)
    assert captions(tmp_path / "library") == ["red", "green", "blue"]
    assert captioner.batches == [2, 1]


def test_a_captioner_is_shown_different_pictures_of_the_segment_alone(
    three: MadeVideo, tmp_path: Path
) -> None:
    def times(segment: SegmentFrames) -> str:
        window = segment.window
        assert all(window.start_s <= frame.pts_s < window.end_s for frame in segment.frames)
        return str(len({frame.pts_s for frame in segment.frames}))

    build(tmp_path / "library", three, ScriptedCaptioner(times))
    assert captions(tmp_path / "library") == ["4", "4", "4"]


def test_a_segment_that_nothing_holds_of_is_left_without_and_said_so(
    three: MadeVideo, tmp_path: Path
) -> None:
    build(tmp_path / "library", three, ScriptedCaptioner(lambda s: colour(s).replace("green", " ")))
    assert captions(tmp_path / "library") == ["red", "blue"]
    assert stage(tmp_path / "library").note == "1 of 3 segments have none: what the model said did not hold"


def test_captioning_goes_on_behind_the_last_batch_that_was_stored(three: MadeVideo, tmp_path: Path) -> None:
    failed = build(tmp_path / "library", three, breaking_at(10.0))
    assert "RuntimeError: " in (failed.error or "")
    assert "fell over" in (failed.error or "")
    again = ScriptedCaptioner(colour)
    build(tmp_path / "library", three, again)
    assert captions(tmp_path / "library") == ["red", "green", "blue"]
    assert again.batches == [1]


def test_a_run_without_a_captioner_between_two_with_one_loses_nothing(
    three: MadeVideo, tmp_path: Path
) -> None:
    failed = build(tmp_path / "library", three, breaking_at(10.0))
    assert "RuntimeError: " in (failed.error or "")
    assert "fell over" in (failed.error or "")
    build(tmp_path / "library", three, None)
    assert stage(tmp_path / "library").note == OFF["caption"]
    again = ScriptedCaptioner(colour)
    build(tmp_path / "library", three, again)
    assert again.batches == [1]


def test_captions_of_another_captioner_are_made_again(three: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", three, ScriptedCaptioner(lambda s: "old", name="caption:old"))
    build(tmp_path / "library", three, ScriptedCaptioner(colour, name="caption:new"))
    assert captions(tmp_path / "library") == ["red", "green", "blue"]


def test_captioned_videos_are_known_with_and_without_a_captioner(three: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", three, ScriptedCaptioner(colour))
    assert build(tmp_path / "library", three, ScriptedCaptioner(colour)).status == "known"
    assert build(tmp_path / "library", three, None).status == "known"
    assert captions(tmp_path / "library") == ["red", "green", "blue"]


def test_a_library_without_captions_is_whole(three: MadeVideo, tmp_path: Path) -> None:
    assert ("caption", OFF["caption"]) in build(tmp_path / "library", three, None).off
    assert captions(tmp_path / "library") == []


def test_a_captioner_that_does_not_answer_for_every_segment_is_refused(
    three: MadeVideo, tmp_path: Path
) -> None:
    captioner = ScriptedCaptioner(colour)
    captioner.caption = lambda segments: ["one"]  # type: ignore[method-assign]
    assert "gave 1 captions for 3 segments" in (build(tmp_path / "library", three, captioner).error or "")


def test_a_captioner_is_given_the_words_spoken_in_each_segment(three: MadeVideo, tmp_path: Path) -> None:
    red, blue = "00:00:01,000 --> 00:00:03,000\nThis is red.", "00:00:13,000 --> 00:00:15,000\nThis is blue."
    three.path.with_suffix(".srt").write_text(f"1\n{red}\n\n2\n{blue}\n")
    captioner = ScriptedCaptioner(lambda segment: " ".join(one.text for one in segment.words) or "silence")
    build(tmp_path / "library", three, captioner)
    assert captions(tmp_path / "library") == ["This is red.", "silence", "This is blue."]


def test_captions_of_an_older_prompt_are_made_again(three: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", three, ScriptedCaptioner(lambda segment: "old", name="caption:model#1"))
    build(tmp_path / "library", three, ScriptedCaptioner(colour, name="caption:model#2"))
    assert captions(tmp_path / "library") == ["red", "green", "blue"]

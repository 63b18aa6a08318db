"""Which segments and steps are captioned, in which order, and what stops a run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.made_videos import MadeVideo, colours

from playhead_index.build import VideoReport, build_library
from playhead_index.caption_plan import plan_captions, segment_vectors
from playhead_index.caption_run import CaptionEstimate, CaptionRun, CaptionSettings, confirm_always
from playhead_index.errors import ModelUnavailable
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.segment.representative_order import representative_order
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, read_stage
from playhead_index.testing import ScriptedCaptioner
from playhead_index.window import Window
from playhead_index.words.protocol import GeneratedCaption, SegmentFrames

RED, GREEN, BLUE, GREY = (220, 20, 20), (20, 180, 40), (30, 40, 220), (120, 120, 120)
COLOURS = ["red", "green", "red", "blue", "red", "grey"]


@pytest.fixture
def six(tmp_path: Path) -> MadeVideo:
    """Six segments of 6 s: red, green, red, blue, red, grey."""
    return colours(tmp_path / "six.mp4", [(c, 6.0) for c in (RED, GREEN, RED, BLUE, RED, GREY)])


def colour(segment: SegmentFrames) -> str:
    mean = segment.frames[0].rgb.mean((0, 1))
    return "grey" if np.ptp(mean) < 30 else ("red", "green", "blue")[int(mean.argmax())]


def build(
    library: Path,
    video: MadeVideo,
    captioner: ScriptedCaptioner,
    settings: CaptionSettings | None = None,
    *,
    num_windows: int | None = None,
    confirm: Callable[[CaptionEstimate], bool] = confirm_always,
) -> tuple[VideoReport, CaptionRun]:
    run = CaptionRun(settings, num_windows=num_windows, confirm=confirm)
    models = Models(captioner=captioner, caption_run=run)
    (report,) = build_library(library, [video.path], IndexSettings(), lambda: models, InProcess())
    return report, run


def captions(library: Path) -> list[tuple[str, str]]:
    catalog = Catalog(library)
    spans = catalog.spans(catalog.videos()[0].video_id, "caption")
    return [(str(span.words.window), span.words.text) for span in spans]


def stage(library: Path) -> Stage:
    catalog = Catalog(library)
    return read_stage(catalog, catalog.videos()[0].video_id, "caption")


# ---- order ----


def unit(*rows: int) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[list(rows)]


def windows(num: int) -> list[Window]:
    return [Window(10.0 * i, 10.0 * i + 10.0) for i in range(num)]


def test_what_most_of_a_video_shows_comes_first_and_then_what_differs() -> None:
    order = representative_order(windows(7), unit(0, 0, 0, 1, 0, 0, 2))
    assert order[0] in (1, 2, 4)
    assert set(order[1:3]) == {3, 6}


def test_segments_that_look_the_same_are_spread_over_the_video() -> None:
    order = representative_order(windows(9), unit(*[0] * 9), 3)
    assert order[0] == 4
    assert sorted(order[:3])[0] <= 2
    assert sorted(order[:3])[-1] >= 6


@pytest.mark.parametrize("vectors", [None, np.random.default_rng(3).normal(size=(40, 8)).astype(np.float32)])
def test_a_higher_limit_goes_on_with_the_next_segments(vectors: np.ndarray | None) -> None:
    assert representative_order(windows(40), vectors, 5)[:5] == representative_order(windows(40), vectors)[:5]


def test_lazy_evaluation_chooses_what_greedy_choice_does() -> None:
    vectors = np.random.default_rng(7).normal(size=(30, 6)).astype(np.float32)
    spans = [Window(float(i), i + 1.0) for i in range(30)]
    assert representative_order(spans, vectors, 8)[:8] == _greedy(spans, vectors, 8)


def _greedy(spans: list[Window], vectors: np.ndarray, num: int) -> list[int]:
    """Every gain computed at every step, by loops."""
    rows = [row / np.linalg.norm(row) for row in vectors.astype(np.float64)]
    mean = sum(rows) / len(rows)
    base, extent = float(mean @ mean), spans[-1].end_s - spans[0].start_s

    def near(i: int, j: int) -> float:
        return max(0.0, 1 - abs(spans[i].start_s - spans[j].start_s) / extent)

    def alike(i: int, j: int) -> float:
        return near(i, j) * min(1.0, max(0.0, (float(rows[i] @ rows[j]) - base) / (1 - base)))

    chosen: list[int] = []
    for _ in range(num):
        left = [i for i in range(len(spans)) if i not in chosen]
        chosen.append(max(left, key=lambda i: _value([*chosen, i], near) + _value([*chosen, i], alike)))
    return chosen


def _value(chosen: list[int], represents: Callable[[int, int], float]) -> float:
    return sum(max(represents(i, j) for i in chosen) for j in range(30))


def test_shots_that_alternate_are_spread_over_the_video() -> None:
    order = representative_order(windows(36), unit(*[0, 1, 2] * 12), 6)[:6]
    assert np.diff(sorted([0, *order, 35])).max() <= 9
    assert {i % 3 for i in order} == {0, 1, 2}


def test_as_many_vectors_as_segments_are_needed() -> None:
    with pytest.raises(ValueError, match="expected 3 vectors, one a segment, got 2"):
        representative_order(windows(3), unit(0, 1))


# ---- limits ----


def test_the_most_representative_segments_are_captioned_first_and_a_later_run_adds_more(
    six: MadeVideo, tmp_path: Path
) -> None:
    captioner = ScriptedCaptioner(colour)
    build(tmp_path / "library", six, captioner, CaptionSettings(max_captions=2))
    assert len(captions(tmp_path / "library")) == 2
    assert stage(tmp_path / "library").status == "off"
    expected = "2 of 6 segments have captions: 2 were asked for; index --captions goes on"
    assert stage(tmp_path / "library").note == expected
    again = ScriptedCaptioner(colour)
    build(tmp_path / "library", six, again)
    assert len(again.windows) == 4
    assert [text for _, text in captions(tmp_path / "library")] == [
        "red",
        "green",
        "red",
        "blue",
        "red",
        "grey",
    ]
    assert (stage(tmp_path / "library").status, stage(tmp_path / "library").note) == ("done", "")


def test_stored_vectors_of_the_layout_put_segments_in_order(six: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(colour), CaptionSettings(max_captions=1))
    catalog = Catalog(tmp_path / "library")
    video_id = catalog.videos()[0].video_id
    spans = [segment.window for segment in catalog.segments(video_id)]
    vectors = segment_vectors(catalog, video_id, spans)
    assert vectors is not None
    assert np.abs(vectors).sum(axis=1).all()
    assert captions(tmp_path / "library") == [("0:12–0:18", "red")]


def test_a_video_that_is_captioned_whole_stays_so_when_fewer_are_asked_for(
    six: MadeVideo, tmp_path: Path
) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(colour))
    report, _ = build(tmp_path / "library", six, ScriptedCaptioner(colour), CaptionSettings(max_captions=1))
    assert (report.status, stage(tmp_path / "library").status) == ("known", "done")


def test_money_stops_a_run_before_the_limit_and_the_next_run_goes_on(six: MadeVideo, tmp_path: Path) -> None:
    captioner = ScriptedCaptioner(colour, money=0.1)
    _, run = build(tmp_path / "library", six, captioner, CaptionSettings(max_money=0.35))
    assert (run.usage.windows, run.stopped, captioner.batches) == (3, "money", [1, 2])
    assert "3 of 6 segments have captions: 0.3 of at most 0.35 was spent" in stage(tmp_path / "library").note
    again = ScriptedCaptioner(colour, money=0.1)
    build(tmp_path / "library", six, again, CaptionSettings(max_money=1.0))
    assert len(again.windows) == 3
    assert stage(tmp_path / "library").status == "done"


def test_a_limit_of_money_needs_a_known_price(six: MadeVideo, tmp_path: Path) -> None:
    captioner = ScriptedCaptioner(colour, money=None)
    with pytest.raises(ModelUnavailable, match="at most 1, and what they cost is not known"):
        build(tmp_path / "library", six, captioner, CaptionSettings(max_money=1.0))


def test_the_whole_run_is_estimated_from_the_first_three(six: MadeVideo, tmp_path: Path) -> None:
    estimates: list[CaptionEstimate] = []
    captioner = ScriptedCaptioner(colour, money=0.5)
    confirm = lambda estimate: estimates.append(estimate) is None  # noqa: E731
    build(tmp_path / "library", six, captioner, num_windows=6, confirm=confirm)
    (estimate,) = estimates
    assert captioner.batches == [3, 3]
    assert (estimate.measured.windows, estimate.measured.frames) == (3, 12)
    total = estimate.total
    assert (total.windows, total.frames, total.visual_tokens, total.money) == (6, 24, 384, 3.0)


def test_a_run_that_is_declined_keeps_the_first_three(six: MadeVideo, tmp_path: Path) -> None:
    captioner = ScriptedCaptioner(colour)
    build(tmp_path / "library", six, captioner, num_windows=6, confirm=lambda estimate: False)
    assert len(captions(tmp_path / "library")) == 3
    assert "the run was declined after its estimate" in stage(tmp_path / "library").note


# ---- mute ----


def test_a_captioner_that_says_nothing_is_an_error_and_nothing_is_stored_as_done(
    six: MadeVideo, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnavailable, match=r"caption:script gave no caption for 6 of 6 windows"):
        build(tmp_path / "library", six, ScriptedCaptioner(lambda segment: ""), num_windows=6)
    assert captions(tmp_path / "library") == []
    assert stage(tmp_path / "library").status == "off"
    assert "gave no caption" in stage(tmp_path / "library").note


def test_a_mute_captioner_leaves_the_captions_of_another_one(six: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(colour, name="caption:old"))
    mute = ScriptedCaptioner(lambda segment: "", name="caption:mute")
    with pytest.raises(ModelUnavailable, match="caption:mute gave no caption"):
        build(tmp_path / "library", six, mute, num_windows=6)
    assert len(captions(tmp_path / "library")) == 6
    assert stage(tmp_path / "library").recipe == "caption:old"


def test_a_detector_that_finds_nothing_is_no_error(six: MadeVideo, tmp_path: Path) -> None:
    report, _ = build(tmp_path / "library", six, ScriptedCaptioner(lambda segment: ""))
    assert (report.status, stage(tmp_path / "library").status) == ("indexed", "done")


def test_the_last_reply_of_a_mute_captioner_is_in_the_message() -> None:
    run = CaptionRun(num_windows=2)
    with pytest.raises(ModelUnavailable, match=r"its last reply: '\{\} \{\}'"):
        run.add("caption:m", [GeneratedCaption("", raw_reply="{}\n{}")] * 2, 1.0)


# ---- steps ----


def test_each_step_gets_a_caption_beside_those_of_the_segments(six: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(colour), CaptionSettings(every_s=3.0))
    catalog = Catalog(tmp_path / "library")
    spans = catalog.spans(catalog.videos()[0].video_id, "caption")
    steps = [span for span in spans if span.words.source == "caption:script@3s"]
    assert [span.words.text for span in steps] == [
        c for c in ["red", "green", "red", "blue", "red", "grey"] for _ in "ab"
    ]
    assert [span.words.window.duration_s for span in steps] == [3.0] * 12
    assert len(spans) == 18


def test_steps_stay_when_a_later_run_asks_for_segments_alone(six: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(colour), CaptionSettings(every_s=6.0))
    again = ScriptedCaptioner(colour)
    build(tmp_path / "library", six, again)
    assert (again.windows, len(captions(tmp_path / "library"))) == ([], 12)


@pytest.mark.parametrize("max_captions", [1, None])
def test_another_captioner_of_segments_leaves_the_captions_of_steps(
    six: MadeVideo, tmp_path: Path, max_captions: int | None
) -> None:
    every_6_s = CaptionSettings(every_s=6.0)
    build(tmp_path / "library", six, ScriptedCaptioner(colour, name="caption:old"), every_6_s)
    new = ScriptedCaptioner(lambda segment: "new", name="caption:new")
    build(tmp_path / "library", six, new, CaptionSettings(max_captions=max_captions))
    spans = Catalog(tmp_path / "library")
    sources = [one.words.source for one in spans.spans(spans.videos()[0].video_id, "caption")]
    assert (sources.count("caption:old@6s"), sources.count("caption:new")) == (6, max_captions or 6)


def test_steps_of_less_than_a_second_are_refused() -> None:
    with pytest.raises(ValueError, match=r"every_s must be at least 1 s, got 0\.5"):
        CaptionSettings(every_s=0.5)


def test_captions_of_another_captioner_are_replaced_where_new_ones_are_made(
    six: MadeVideo, tmp_path: Path
) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(lambda segment: "old", name="caption:old"))
    new = ScriptedCaptioner(colour, name="caption:new")
    build(tmp_path / "library", six, new, CaptionSettings(max_captions=1))
    texts = [text for _, text in captions(tmp_path / "library")]
    assert (len(texts), texts.count("old")) == (6, 5)


def test_agreement_is_stored_as_confidence(six: MadeVideo, tmp_path: Path) -> None:
    captioner = ScriptedCaptioner(colour)
    given = captioner.caption
    captioner.caption = lambda segments: [  # type: ignore[method-assign]
        GeneratedCaption(one.text, agreement=0.75) for one in given(segments)
    ]
    build(tmp_path / "library", six, captioner)
    catalog = Catalog(tmp_path / "library")
    spans = catalog.spans(catalog.videos()[0].video_id, "caption")
    assert {span.words.confidence for span in spans} == {0.75}


def test_a_plan_names_what_is_not_stored_yet(six: MadeVideo, tmp_path: Path) -> None:
    build(tmp_path / "library", six, ScriptedCaptioner(colour), CaptionSettings(max_captions=2))
    catalog = Catalog(tmp_path / "library")
    video_id = catalog.videos()[0].video_id
    plan = plan_captions(catalog, video_id, "caption:script", CaptionSettings(max_captions=3))
    assert (len(plan.targets), len(plan.pending), plan.is_whole) == (3, 1, False)

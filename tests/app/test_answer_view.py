"""Answers on a terminal: citations numbered in reading order, names once, what failed in the first line."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.app.test_terminal import VIDEO

from playhead.answer_view import citation_numbers, outcome_of, show_answer
from playhead.compare_strategies import Comparison
from playhead.comparison_view import show_comparison
from playhead.library import VideoSummary
from playhead.output import SafeConsole
from playhead.terminal import show_clock, show_off, show_report, show_result, show_videos
from playhead_index.build import VideoReport
from playhead_index.search.results import Coverage, Hit, LaneCoverage, Moment, Query, SearchResult
from playhead_index.window import Window
from playhead_tools.evidence import Answer, Claim, Interval, Reason, Status

LONG = "iandevlin.github.io__tears-of-steel-battle-clip-medium.webm"
NAMES = {"v1": LONG, "v2": "talk.mp4"}
WORDS = LaneCoverage("speech", True, 3)
NO_PICTURES = LaneCoverage("picture", False, 0, "no encoder")


def interval(evidence_id: str, video_id: str, start_s: float) -> Interval:
    return Interval(video_id, Path(NAMES[video_id]), Window(start_s, start_s + 2.0), evidence_id)


ANSWER = Answer(
    f"Said at 0:04–0:06 of {LONG} [E4, E3].\nSaid at 0:01–0:03 of talk.mp4 [E1].\n"
    f"Again at 0:04 of {LONG} [E4].",
    "answered",
    intervals=(interval("E3", "v1", 9.0), interval("E4", "v1", 4.0), interval("E1", "v2", 1.0)),
    coverage=Coverage(2, 4, 60.0, (WORDS,)),
    confidence=0.9,
    cost={"seconds": 1.0, "model_calls": 1.0, "looks": 2.0, "frames": 16.0},
)  # fmt: skip


def on_terminal(show: Callable[[Console], None], width: int = 80) -> str:
    out = io.StringIO()
    show(SafeConsole(file=out, width=width, force_terminal=True, color_system=None))
    return out.getvalue()


def rendered(answer: Answer, width: int = 80) -> str:
    return on_terminal(lambda console: show_answer(console, answer, NAMES), width)


def test_citations_are_numbered_in_the_order_of_reading() -> None:
    assert citation_numbers(ANSWER) == {"E4": 1, "E3": 2, "E1": 3}
    text = rendered(ANSWER)
    assert re.findall(r"\[[^]]*\]", text) == ["[1, 2]", "[3]", "[1]", "[1]", "[2]", "[3]"]


def test_a_long_name_stands_once_and_whole_below_the_answer() -> None:
    text = rendered(ANSWER)
    assert text.count(LONG) == 1
    assert f"A = {LONG}" in text
    assert "Said at 0:04–0:06 of A [1, 2]." in text


def test_each_cited_video_is_named_once_beside_its_windows() -> None:
    lines = [line.strip("│ \n") for line in rendered(ANSWER).splitlines()]
    assert [line.split() for line in lines if line.startswith(("[1]", "[2]", "[3]"))] == [
        ["[1]", "0:04–0:06", "A"], ["[2]", "0:09–0:11"], ["[3]", "0:01–0:03", "talk.mp4"],
    ]  # fmt: skip


def test_what_an_answer_took_is_in_plain_words() -> None:
    assert "1.0 s, 2 clips inspected (16 frames), 3 model calls (2 video, 1 chat) ─" in rendered(ANSWER)


def test_a_cost_that_does_not_fit_the_frame_is_a_whole_line() -> None:
    cost = {**ANSWER.cost, "visual_tokens": 512.0, "visual_tokens_given": 2048.0, "money": 0.0123}
    text = " ".join(line.strip("│ ") for line in rendered(replace(ANSWER, cost=cost)).splitlines())
    assert "(16 frames, 512 of 2,048 tokens), 3 model calls (2 video, 1 chat), cost 0.0123" in text


def test_a_model_that_failed_is_said_in_the_first_line_and_once() -> None:
    failed = "extractive answer: the chat model could not be reached: refused"
    text = rendered(
        Answer("It is red.", "answered", confidence=0.5, notes=(failed, "E9 is odd"), fallback=failed)
    )
    assert text.splitlines()[1].strip("│ ") == "E" + failed[1:]
    assert text.lower().count("could not be reached") == 1
    assert "Note: E9 is odd" in text


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        ("answered", "", "answered"),
        ("partial", "unknown", "partial answer"),
        ("abstained", "absent", "not found"),
        ("abstained", "unknown", "cannot tell"),
        ("abstained", "ambiguous", "question unclear"),
        ("abstained", "false_premise", "false premise"),
        ("abstained", "out_of_scope", "not supported"),
        ("abstained", "budget", "stopped at a limit"),
    ],
)
def test_outcomes_are_plain_words_and_reasons_stay_in_json(
    status: Status, reason: Reason, outcome: str
) -> None:
    answer = Answer("Text.", status, reason)
    assert outcome_of(answer) == outcome
    assert f"─ {outcome} " in rendered(answer)
    assert (answer.to_json()["status"], answer.to_json()["reason"]) == (status, reason)
    assert ("confidence" in rendered(answer)) == (status != "abstained")


@pytest.mark.parametrize("width", [80, 160])
def test_a_comparison_has_a_row_for_a_strategy_that_could_not_run(width: int) -> None:
    rows = [Comparison("agent", ANSWER), Comparison("uniform", None, "no video-LLM", "ModelUnavailable")]
    text = on_terminal(lambda console: show_comparison(console, rows, NAMES), width)
    assert "could not run: no video-LLM" in text
    assert text.count(LONG) == 1
    assert f"A = {LONG}" in text


def result(name_of: Sequence[str], *lanes: LaneCoverage) -> SearchResult:
    moments = [
        Moment(
            video, Path(NAMES[video]), W, 1.0, (Hit("speech", "meaning", video, W, 1.0, 1, "span:1", "Yes."),)
        )
        for video in name_of
    ]
    return SearchResult(Query("x"), moments, Coverage(2, 2, 60.0, lanes), 0.1)


W = Window(1.0, 2.0)


def test_moments_of_a_video_with_a_long_name_are_shown_with_the_whole_name() -> None:
    text = on_terminal(lambda console: show_result(console, result(["v1", "v2"], WORDS), NAMES))
    assert f"1  0:01–0:02  {LONG}\n   speech (semantic) #1: Yes." in text


def test_moments_of_videos_with_short_names_are_a_table() -> None:
    text = on_terminal(lambda console: show_result(console, result(["v2"], WORDS), NAMES), 100)
    assert text.splitlines()[1].split() == [
        "1",
        "0:01–0:02",
        "talk.mp4",
        "speech",
        "(semantic)",
        "#1",
        "Yes.",
    ]


def test_nothing_found_is_not_said_where_nothing_was_searched() -> None:
    found = on_terminal(lambda console: show_result(console, result([], WORDS), NAMES))
    assert found.startswith("Nothing found.\n")
    off = on_terminal(lambda console: show_result(console, result([], NO_PICTURES), NAMES))
    assert off.startswith("Nothing could be searched.\nNothing was searched in 2 videos (1:00): pictures")


def summary(video_id: str, name: str) -> VideoSummary:
    return replace(VIDEO, video=replace(VIDEO.video, video_id=video_id), name=name, stages={}, paths=())


@pytest.mark.parametrize("show", [lambda c, v: show_videos(c, v, []), show_clock], ids=["list", "clock"])
def test_names_and_unambiguous_ids_stand_whole_in_a_narrow_terminal(
    show: Callable[[Console, list[VideoSummary]], None],
) -> None:
    videos = [summary("v0123456789a", LONG), summary("v0123456789b", "talk.mp4")]
    lines = on_terminal(lambda console: show(console, videos)).splitlines()
    assert LONG in lines
    assert "talk.mp4" in lines
    assert sum("v0123456789a" in line for line in lines) == sum("v0123456789b" in line for line in lines) == 1


def test_a_report_has_a_line_for_each_warning_however_long() -> None:
    long = "left out: " + "a symbolic link, " * 20
    report = VideoReport(Path("a.mp4"), "v1", "indexed", segments=2, warnings=(long, "two sound tracks"))
    lines = on_terminal(lambda console: show_report(console, report)).splitlines()
    assert [line.strip() for line in lines[1:]] == [f"warning {long}".strip(), "warning two sound tracks"]


def test_a_failure_names_its_file_once() -> None:
    report = VideoReport(Path("/films/a.txt"), None, "failed", error="/films/a.txt: this is text")
    assert on_terminal(lambda console: show_report(console, report)) == "failed  a.txt: this is text\n"


def test_what_is_off_is_one_line_each_with_what_that_means() -> None:
    report = VideoReport(Path("a.mp4"), "v1", "indexed", off=(("meaning", "no encoder"),))
    text = on_terminal(lambda console: show_off(console, [report]), 40)
    line = "off     meaning: keyword search only (no text embeddings) (no encoder)\n"
    assert text == line


def test_a_claim_that_its_evidence_does_not_bear_out_is_shown_with_the_reason() -> None:
    claims = (
        Claim("He says it.", ("E4",), "supported"),
        Claim("It costs 5.", ("E4",), "unverified", "the number 5 is neither in E4 nor computed"),
    )
    text = rendered(replace(ANSWER, claims=claims), 200)
    assert "Unverified: “It costs 5.”: the number 5 is neither in [1] nor computed" in text
    assert "He says it" not in text
    assert replace(ANSWER, claims=claims).to_json()["claims"][1]["status"] == "unverified"


def test_tokens_that_were_left_out_are_said_as_kept_of_total() -> None:
    cost = {**ANSWER.cost, "visual_tokens": 512.0, "visual_tokens_given": 2048.0}
    assert "2 clips inspected (16 frames, 512 of 2,048 tokens)" in rendered(replace(ANSWER, cost=cost))

"""What the commands print of text from outside: literally, and nothing in it that a terminal obeys."""

import inspect
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from playhead import answer_view, comparison_view, terminal
from playhead.compare_strategies import Comparison
from playhead.doctor import DoctorCheck
from playhead.library import VideoSummary
from playhead.output import SafeConsole
from playhead_index.build import VideoReport
from playhead_index.lifecycle import Problem
from playhead_index.search.results import Coverage, Hit, LaneCoverage, Moment, Query, SearchResult
from playhead_index.speakers import NameProposal, SpeakerSummary
from playhead_index.store.catalog import VideoRow
from playhead_index.store.job_table import Stage
from playhead_index.store.summaries import Summary
from playhead_index.window import Window
from playhead_tools.entities import Entity
from playhead_tools.evidence import Answer, Evidence, Interval

LITERAL_TEXT = 'C:[/] pip "playhead[asr]" [red]x[/red] [link=http://a.b]y[/link] :fire: [bold'
HOSTILE = f"\x1b]52;c;cHduZWQ=\x07\x1b[2J\u202e{LITERAL_TEXT}\x9b31m\x1b[5m\n\x08\x7f"
W = Window(1.0, 2.0)
FILE = Path("/films") / HOSTILE.replace("/", "|")
ROW = VideoRow("v1", 1, 9.0, 0.0, 16, 9, 0, HOSTILE, 25.0, False, 9, True, json.dumps([HOSTILE]), "")
VIDEO = VideoSummary(
    ROW, (FILE,), False, {}, {"look": Stage("look", "off", note=HOSTILE)}, datetime.now(UTC), name=FILE.name
)
COVERAGE = Coverage(1, 1, 9.0, (LaneCoverage("picture", False, 0, HOSTILE),))
HIT = Hit("speech", "lexical", "v1", W, 1.0, 1, "span:1", HOSTILE, HOSTILE)
ANSWER = Answer(
    HOSTILE, "answered", "", (Interval("v1", FILE, W, "E1"),), (), COVERAGE,
    cost={"seconds": 1.0, "model_calls": 0.0},
    evidence=(Evidence("E1", "v1", W, "picture", "supported", said=HOSTILE),), notes=(HOSTILE,),
)  # fmt: skip
SUMMARY = Summary("video", W, HOSTILE, HOSTILE, "")
SPEAKER = SpeakerSummary(
    "v2", ("1", HOSTILE), None, HOSTILE, None, 2.0, 0.5, 1, 0.0, HOSTILE, (NameProposal(HOSTILE, "v1", 0.9),)
)
RENDERED: dict[str, Callable[[Console], None]] = {
    "show_report": lambda c: terminal.show_report(c, VideoReport(FILE, "v1", "failed", error=HOSTILE)),
    "show_off": lambda c: terminal.show_off(
        c, [VideoReport(FILE, "v1", "indexed", off=(("speech", HOSTILE),))]
    ),
    "show_result": lambda c: terminal.show_result(
        c, SearchResult(Query("x"), [Moment("v1", FILE, W, 1.0, (HIT,))], COVERAGE, 0.1), {"v1": FILE.name}
    ),
    "show_answer": lambda c: answer_view.show_answer(c, ANSWER, {"v1": FILE.name}),
    "show_comparison": lambda c: comparison_view.show_comparison(
        c, [Comparison("agent", ANSWER), Comparison("uniform", None, HOSTILE)], {"v1": FILE.name, "v2": ""}
    ),
    "show_speakers": lambda c: terminal.show_speakers(c, [SPEAKER], {"v1": HOSTILE}),
    "show_videos": lambda c: terminal.show_videos(c, [VIDEO], [(FILE, HOSTILE)]),
    "show_clock": lambda c: terminal.show_clock(c, [VIDEO]),
    "show_video": lambda c: terminal.show_video(c, VIDEO, [HOSTILE], {"sampling": HOSTILE}),
    "show_chapters": lambda c: terminal.show_chapters(c, [SUMMARY, SUMMARY], SUMMARY),
    "show_entities": lambda c: terminal.show_entities(c, [Entity("person", HOSTILE, (W,), 2, ("speakers",))]),
    "show_check": lambda c: terminal.show_check(c, DoctorCheck(HOSTILE, False, HOSTILE)),
    "show_problems": lambda c: terminal.show_problems(c, [Problem("missing", HOSTILE, HOSTILE)]),
}


def rendered(show: Callable[[Console], None], **settings: object) -> str:
    out = io.StringIO()
    show(SafeConsole(file=out, width=1000, **settings))
    return out.getvalue()


def test_every_function_that_shows_something_is_rendered_here() -> None:
    modules = (terminal, answer_view, comparison_view)
    functions = [name for module in modules for name, _ in inspect.getmembers(module, inspect.isfunction)]
    show_functions = {name for name in functions if name.startswith("show_")}
    assert show_functions == RENDERED.keys()


@pytest.mark.parametrize("name", RENDERED)
def test_text_from_outside_is_shown_literally(name: str) -> None:
    text = rendered(RENDERED[name]).replace("\\[", "[")
    assert LITERAL_TEXT in text or LITERAL_TEXT.replace("/", "|") in text
    assert not [c for c in text if (not c.isprintable() and c != "\n") or c in "\u202e"]


@pytest.mark.parametrize("name", RENDERED)
def test_only_styles_send_escape_sequences_to_a_terminal(name: str) -> None:
    text = rendered(RENDERED[name], force_terminal=True, color_system="standard")
    assert not [piece for piece in ("\x1b]", "\x1b[2J", "\x1b[5m", "\x07", "\x9b", "\x08") if piece in text]


def test_a_console_cleans_what_no_function_cleaned() -> None:
    text = rendered(lambda console: console.print("one\x1b]0;two :fire:", markup=False, highlight=False))
    assert text == "one two :fire:\n"

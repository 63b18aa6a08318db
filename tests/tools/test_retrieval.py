"""The look-up tools on a made library."""

from pathlib import Path

import pytest
from tests.tools.made_library import DEMO, LECTURE, make_library

from playhead_index.errors import ToolError
from playhead_index.search.results import Coverage, Query, Scope, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_index.store.spans import read_spans
from playhead_index.window import Window
from playhead_tools.retrieval import (
    list_videos,
    outline,
    read_words,
    reading_coverage,
    scan_words,
    search_moments,
    segments_with_frames,
    view_windows,
)  # fmt: skip
from playhead_tools.testing import ScriptedFinder

NOTHING = Coverage(2, 10, 420.0, ())


def test_videos_come_in_the_order_in_which_they_were_added(made: Catalog) -> None:
    assert [(v.name, v.duration_s) for v in list_videos(made)] == [
        ("lecture.mp4", 300.0),
        ("demo.mp4", 120.0),
    ]
    assert [v.video_id for v in list_videos(made, Scope((DEMO,)))] == [DEMO]


def test_an_unknown_video_is_named(made: Catalog) -> None:
    with pytest.raises(ToolError, match="no video 'nope' in the library; it holds 2 videos"):
        list_videos(made, Scope(("nope",)))


def test_words_are_read_in_a_window(made: Catalog) -> None:
    reading = read_words(made, LECTURE, Window(62.0, 67.0), "speech")
    assert [s.words.text for s in reading.spans] == [
        "This is the idea of Thomas Bayes,",
        "who wrote it down in 1763.",
    ]
    assert reading.notes == ()


def test_a_window_past_the_end_is_cut_with_a_note(made: Catalog) -> None:
    reading = read_words(made, LECTURE, Window(280.0, 400.0))
    assert reading.window == Window(280.0, 300.0)
    assert reading.notes == ("4:40–6:40 was cut to 4:40–5:00: lecture.mp4 is 5:00 long",)


def test_a_window_outside_the_video_is_refused_with_its_length(made: Catalog) -> None:
    with pytest.raises(ToolError, match=r"6:40–7:00 is outside lecture\.mp4, which is 5:00 long"):
        read_words(made, LECTURE, Window(400.0, 420.0))


def test_too_many_spans_are_cut_with_a_note(made: Catalog) -> None:
    reading = read_words(made, LECTURE, Window(0.0, 300.0), limit=2)
    assert (len(reading.spans), reading.notes) == (2, ("16 spans, the first 2 are given",))


def test_search_arguments_are_brought_inside_their_limits() -> None:
    query = Query(text="x")
    finder = ScriptedFinder([SearchResult(query, (), NOTHING, 0.0)])
    searched = search_moments(finder, "word " * 200, limit=1_000)
    assert searched.notes == (
        "only the first 399 characters were searched for",
        "limit 1000 became 100",
    )
    assert finder.queries[0].limit == 100


@pytest.mark.parametrize(
    ("text", "lanes", "why"),
    [("  ", None, "the text is empty"), ("x", ["layout"], "'layout' cannot be searched by text")],
    ids=["no words", "a lane for pictures only"],
)
def test_a_search_that_makes_no_sense_is_refused(text: str, lanes: list[str] | None, why: str) -> None:
    with pytest.raises(ToolError, match=why):
        search_moments(ScriptedFinder([]), text, lanes=lanes)  # type: ignore[arg-type]


def test_a_finder_says_when_its_script_is_at_its_end() -> None:
    with pytest.raises(LookupError, match="holds 0 results, this is search 1"):
        search_moments(ScriptedFinder([]), "x")


def test_a_scan_finds_every_span_with_any_of_the_words(made: Catalog) -> None:
    ids, whole = scan_words(made, [LECTURE, DEMO], ["speech", "screen"], "the prior beliefs")
    texts = [span.words.text for span in read_spans(made, ids).values()]
    assert whole
    assert texts == [
        "Today we talk about priors and posteriors.",
        "Outline: priors, likelihood, evidence",
        "A prior is what you believe before you look.",
        "Summary: update your beliefs",
    ]


def test_a_scan_that_is_cut_off_says_so(made: Catalog) -> None:
    assert scan_words(made, [LECTURE], ["speech"], "okay", limit=2)[1] is False


@pytest.mark.parametrize("text", ['"', "AND", "NEAR(", "text:*", "^", "' OR 1=1 --", "…"])
def test_a_scan_takes_any_text(made: Catalog, text: str) -> None:
    assert scan_words(made, [LECTURE], ["screen"], text)[1] is True


def test_an_outline_has_one_line_a_stretch(made: Catalog) -> None:
    parts = outline(made, LECTURE, 5)
    assert [None if p.span is None else p.span.words.text for p in parts] == [
        "Introduction to Probability",
        "Bayes' rule: P(A|B) = P(B|A) P(A) / P(B)",
        "One person in 1,000 is ill.",
        "Summary: update your beliefs",
        "The exam is on the ninth of May, okay?",
    ]


def test_coverage_of_reading_says_what_is_not_there(made: Catalog) -> None:
    found = reading_coverage(made, [(DEMO, Window(0.0, 60.0))], ("speech", "caption", "picture"))
    assert [(line.lane, line.searched, line.items) for line in found.lanes] == [
        ("speech", True, 2),
        ("caption", True, 1),
        ("picture", False, 0),
    ]
    assert (found.videos, found.segments, found.duration_s) == (1, 2, 60.0)


def test_recordings_without_pictures_are_not_looked_at(made: Catalog) -> None:
    stretches = [(LECTURE, Window(0.0, 10.0)), (DEMO, Window(0.0, 10.0))]
    assert segments_with_frames(made, stretches) == stretches
    with made.atomic() as db:
        db.execute("UPDATE video SET n_frames = 0 WHERE video_id = ?", (DEMO,))
    assert segments_with_frames(made, stretches) == stretches[:1]


def test_pieces_to_view_leave_gaps_out() -> None:
    segments = [Window(0.0, 6.0), Window(3600.0, 3612.0)]
    gaps = [Window(6.0, 3600.0)]
    pieces = [Window(0.0, 6.0), Window(3600.0, 3606.0), Window(3606.0, 3612.0)]
    assert view_windows(Window(0.0, 3612.0), segments, gaps, 8.0) == pieces
    assert view_windows(Window(0.0, 3612.0), [], gaps, 8.0) == pieces
    assert view_windows(Window(100.0, 200.0), segments, gaps, 8.0) == []


def num_steps_to_scan(folder: Path, spans: int) -> int:
    """Hundreds of virtual-machine steps that SQLite takes to find three of so many spans."""
    said = [(LECTURE, "speech", float(i), i + 1.0, "Bayes" if i < 3 else "nothing") for i in range(spans)]
    catalog, steps = make_library(folder, said), list[int]()
    catalog.db.conn.set_progress_handler(lambda: steps.append(1), 100)
    found, _ = scan_words(catalog, [LECTURE], ["speech"], "Bayes")
    catalog.db.conn.set_progress_handler(None, 0)
    assert len(found) == 3
    return len(steps)


def test_a_scan_for_words_reads_what_the_index_finds_and_not_every_span(tmp_path: Path) -> None:
    few, many = (num_steps_to_scan(tmp_path / str(spans), spans) for spans in (20, 2_000))
    assert many <= few + 5

"""Tests of the table of strategies, by rows whose numbers are known."""

import json
from pathlib import Path
from typing import Any

import pytest

from playhead_bench.evaluate.plots import draw_bars
from playhead_bench.evaluate.report import StrategySummary, summaries
from playhead_bench.evaluate.tables import answer_cells, markdown, record


def row(
    strategy: str, name: str, right: bool | None, status: str = "answered", **more: Any
) -> dict[str, Any]:
    usual = {
        "strategy": strategy, "id": name, "kind": "what", "answerable": True, "duration_s": 60.0,
        "videos": ["v"], "status": status, "right": right, "windows": [[10.0, 14.0]], "found": [],
        "calls": [{"frames": 8, "visual_tokens": 80, "times_s": [10.0, 10.5, 30.0, 30.5]}], "prepared": [],
        "model_calls": 1, "seconds": 2.0,
    }  # fmt: skip
    return usual | more


ROWS = [
    row("search", "a", True, found=[["v", 10.0, 14.0], ["v", 30.0, 31.0]]),
    row(
        "search", "b", False, kind="where", windows=[[40.0, 44.0]], found=[["v", 0.0, 5.0], ["v", 41.0, 44.0]]
    ),
    row("search", "c", False, "unparsed", duration_s=600.0, windows=[]),
    row("search", "d", True, "abstained", answerable=False, windows=[], seconds=4.0),
    row("search", "e", False, "abstained", windows=[], calls=[], model_calls=0),
    row("blind", "a", None, calls=[]),
]


def line(name: str) -> StrategySummary:
    return next(summary for summary in summaries(ROWS) if summary.name == name)


def test_wrong_refused_and_unread_are_counted_separately() -> None:
    found = line("search")
    assert (found.accuracy.right, found.accuracy.total, found.abstained, found.unparsed) == (2, 5, 2, 1)
    assert (found.abstention.rejection_accuracy, found.abstention.false_rejection) == (1.0, 0.25)


def test_accuracy_is_reported_by_kind_and_by_length() -> None:
    found = line("search")
    assert {kind: (a.right, a.total) for kind, a in found.by_kind.items()} == {
        "what": (2, 4),
        "where": (0, 1),
    }
    assert {m: (a.right, a.total) for m, a in found.by_minutes.items()} == {"1 min": (2, 4), "10 min": (0, 1)}


def test_search_is_measured_apart_from_answering() -> None:
    search = line("search").search
    assert search is not None
    assert (search.questions, search.recall_at[1], search.recall_at[5], search.seen) == (2, 0.5, 1.0, 0.5)
    assert search.precision == pytest.approx(0.25)


def test_a_strategy_without_a_search_has_no_recall() -> None:
    search = line("blind").search
    assert search is not None
    assert (search.recall_at, search.seen) == ({}, 0.0)


def test_costs_are_means_and_percentiles() -> None:
    cost = line("search").cost
    assert (cost.frames, cost.visual_tokens, cost.model_calls) == (6.4, 64.0, 0.8)
    assert (cost.seconds_p50, round(cost.seconds_p95, 2)) == (2.0, 3.6)


def test_questions_whose_gold_is_hidden_are_not_judged() -> None:
    assert line("blind").accuracy.total == 0
    assert answer_cells(line("blind"))[:2] == ["blind", "–"]


def test_the_table_as_markdown() -> None:
    text = markdown(summaries(ROWS), "A run")
    assert text.startswith("# A run\n")
    assert "| search | 40.0 [0–80] | – | – | – | – | – | – | 100.0 | 25.0 | – | – | 2 | 1 |" in text
    numbers = "50.0 | 50.0 | 100.0 | 6.4 | 64 | 3.8 | 1.33 | 0.8 | 0.8 | 2.00 | 3.60 | –"
    assert f"| search | {numbers} |" in text
    assert "| where | 1 | 0.0 | – |" in text
    assert text.index("| 1 min |") < text.index("| 10 min |")


def test_the_table_as_json() -> None:
    row = json.loads(json.dumps(record(summaries(ROWS))))["strategies"][0]
    assert (row["name"], row["accuracy"]["value"], row["search"]["recall_at"]["1"]) == ("search", 0.4, 0.5)


def test_the_table_as_a_picture(tmp_path: Path) -> None:
    path = draw_bars(summaries(ROWS), tmp_path / "report.png", "A run")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_there_is_no_picture_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no strategies"):
        draw_bars([], tmp_path / "report.png")

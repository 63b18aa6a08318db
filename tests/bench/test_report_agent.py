"""Tests of what a report says of answers that are cited, sure and paid for, by rows of known numbers."""

from typing import Any

import pytest

from playhead_bench.evaluate.calibration_metrics import calibration_of
from playhead_bench.evaluate.cost_growth import growth_of
from playhead_bench.evaluate.grounding import grounding_of
from playhead_bench.evaluate.paired_comparison import compare_paired, comparisons, mcnemar
from playhead_bench.evaluate.report import summaries
from playhead_bench.evaluate.tables import ANSWER_COLUMNS, COST_COLUMNS, markdown, tables


def row(name: str, right: bool, status: str = "answered", **more: Any) -> dict[str, Any]:
    usual = {
        "strategy": "agent", "id": name, "kind": "what", "answerable": True, "duration_s": 60.0,
        "videos": ["v"], "status": status, "right": right, "windows": [[10.0, 14.0]], "found": [],
        "cited": [["v", 10.0, 14.0]], "confidence": 0.75,
        "cost": {"looks": 2, "frames": 16, "visual_tokens": 160, "model_calls": 2},
        "calls": [], "prepared": [], "model_calls": 2, "seconds": 2.0,
    }  # fmt: skip
    return usual | more


LONG = {"looks": 3, "frames": 24, "visual_tokens": 240, "model_calls": 4}
ROWS = [
    row("a", True),
    row("b", False, cited=[["v", 8.0, 12.0], ["v", 50.0, 52.0]], confidence=0.25),
    row("c", False, cited=[["v", 0.0, 60.0]], confidence=0.25),
    row("d", False, "abstained", confidence=0.0),
    row("e", True, "abstained", answerable=False, windows=[], cited=[], confidence=0.0),
    row("f", True, duration_s=600.0, cost=LONG),
]


def test_the_first_cited_window_is_laid_beside_gold() -> None:
    found = grounding_of(ROWS)
    assert found is not None
    assert (found.questions, found.iop_at_half, found.grounded_accuracy) == (5, 0.6, 0.4)
    assert found.mean_iou == pytest.approx((1 + 1 / 3 + 4 / 60 + 0 + 1) / 5)
    assert found.mean_set_iou == pytest.approx((1 + 2 / 8 + 4 / 60 + 0 + 1) / 5)


def test_citations_count_over_the_answers_given() -> None:
    found = grounding_of(ROWS)
    assert found is not None
    assert (found.answers, found.citations.precision, found.citations.recall) == (4, 0.6, 0.75)


def test_rows_of_older_runs_have_no_grounding_and_no_surety() -> None:
    old = [
        {name: value for name, value in one.items() if name not in ("cited", "confidence", "cost")}
        for one in ROWS
    ]
    assert (grounding_of(old), calibration_of(old)) == (None, None)
    assert summaries(old)[0].cost.model_calls == 2.0


def test_confidence_is_laid_beside_what_was_right() -> None:
    found = calibration_of(ROWS)
    assert found is not None
    assert (found.answers, found.declined, found.declined_right) == (4, 2, 1)
    assert found.calibration_error == pytest.approx(0.25)
    assert found.calibration_error_all == pytest.approx((2 * 0.25 + 2 * 0.25 + 2 * 0.5) / 6)
    assert [(one.answers, one.accuracy) for one in found.bins if one.answers] == [(2, 0.0), (2, 1.0)]


def test_costs_are_those_that_the_strategy_counted() -> None:
    cost = summaries(ROWS)[0].cost
    assert (cost.looks, cost.model_calls) == (pytest.approx(13 / 6), pytest.approx(14 / 6))
    assert (cost.frames, cost.visual_tokens) == (pytest.approx(104 / 6), pytest.approx(1040 / 6))


def test_growth_is_frames_at_the_longest_over_frames_at_the_shortest() -> None:
    growth = growth_of(ROWS, 10.0)
    assert (growth.frames, growth.ratio) == ({"1 min": 16.0, "10 min": 24.0}, 1.5)
    assert growth.of_full == pytest.approx(1040 / (5 * 600 + 6000))
    assert growth.of_full_by_minutes["10 min"] == pytest.approx(0.04)


def test_two_strategies_are_compared_at_the_same_questions() -> None:
    one = {str(i): i < 60 for i in range(100)}
    other = {str(i): 5 <= i < 60 for i in range(101)}
    found = compare_paired("agent", one, "uniform", other)
    assert (found.questions, found.only_one, found.only_other, found.p) == (100, 5, 0, 0.0625)
    assert found.difference == 0.05
    assert 0.0 <= found.low < 0.05 < found.high < 0.12
    assert found.not_inferior


def test_a_strategy_that_is_much_worse_is_inferior() -> None:
    one, other = ({str(i): i < right for i in range(100)} for right in (40, 60))
    assert not compare_paired("agent", one, "gold", other).not_inferior


@pytest.mark.parametrize(("differ", "p"), [((0, 0), 1.0), ((1, 1), 1.0), ((0, 6), 0.03125)])
def test_mcnemars_exact_test(differ: tuple[int, int], p: float) -> None:
    assert mcnemar(*differ) == p


def test_the_agent_is_compared_with_references_and_its_parts_with_it() -> None:
    names = ("uniform", "top-frames", "captions", "agent-words", "agent-quarter-tokens", "agent", "gold")
    rows = [row("a", True, strategy=name) for name in names]
    assert [(one.one, one.other) for one in comparisons(rows)] == [
        ("agent", "uniform"), ("agent", "captions"), ("agent", "gold"), ("agent-words", "agent"),
        ("agent-quarter-tokens", "agent"),
    ]  # fmt: skip


def test_every_line_has_a_cell_a_column() -> None:
    rows = [*ROWS, *(one | {"strategy": "uniform", "cited": None, "confidence": None} for one in ROWS)]
    grids = tables(summaries(rows), comparisons(rows))
    assert [grid.header for grid in grids[:2]] == [ANSWER_COLUMNS, COST_COLUMNS]
    assert all(len(line) == len(grid.header) for grid in grids for line in grid.lines)


def test_the_report_tells_all_of_it() -> None:
    rows = [*ROWS, *(one | {"strategy": "uniform", "right": True} for one in ROWS)]
    text = markdown(summaries(rows), "A run", comparisons(rows))
    assert "| agent | 16.0 (26.7 %) | 24.0 (4.0 %) | 1.50 |" in text
    assert "| agent − uniform | 6 | 0 | 3 | -50.0 [-83.3, -16.7] | 0.25 | no |" in text
    assert "| 0.2–0.3 | 2: 0.25, 0.00 |" in text
    assert "| declined | 2: 0.50 |" in text

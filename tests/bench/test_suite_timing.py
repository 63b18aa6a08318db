"""Tests of how the benchmarks measure."""

import json
from pathlib import Path

import pytest

from playhead_bench.suite.__main__ import benchmarks, main
from playhead_bench.suite.timing import MAX_DRIFT, Timing, TimingComparison, compare, load_recorded


def test_tasks_take_turns_and_the_first_comes_once_more_each_round() -> None:
    calls: list[tuple[str, int]] = []
    compared = compare({"a": lambda n: calls.append(("a", n)), "b": lambda n: calls.append(("b", n))}, 7)
    assert calls[:6] == [("a", 0), ("b", 0), ("a", 0), ("a", 1), ("b", 1), ("a", 1)]
    assert {name: timing.rounds for name, timing in compared.timings.items()} == {"a": 14, "b": 7}


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 7 rounds, got 3"):
        compare({"a": lambda n: None}, 3)


def test_another_clock_may_tell_the_seconds() -> None:
    ticks = iter(range(100))
    compared = compare({"a": lambda n: next(ticks)}, 7, clock=lambda: float(next(ticks)))
    assert compared.timings["a"].min_s == 2.0


def timing(seconds: float) -> Timing:
    return Timing.of([seconds, seconds * 2, seconds * 3])


def test_a_ratio_is_of_minima_and_of_medians() -> None:
    compared = TimingComparison({"ours": timing(1.0), "peer": timing(4.0)}, drift=0.02)
    assert compared.over("peer", "ours") == {"min": 4.0, "median": 4.0}
    assert compared.record(("peer", "ours"))["peer_over_ours"] == {"min": 4.0, "median": 4.0}


def test_no_ratio_is_reported_from_a_machine_that_drifts() -> None:
    record = TimingComparison({"ours": timing(1.0), "peer": timing(4.0)}, drift=2 * MAX_DRIFT).record(
        ("peer", "ours")
    )
    assert record["refused"] == "the reference drifted by 20% between its two runs: no ratios"
    assert "peer_over_ours" not in record


def test_the_load_is_recorded() -> None:
    record: dict[str, object] = {}
    with load_recorded(record):
        pass
    assert set(record) == {"load_before", "load_after", "cores"}


def test_benchmarks_are_found_by_their_names_in_the_order_of_their_numbers() -> None:
    names = benchmarks()
    assert {"b2_search", "b3_lexical"} <= set(names)
    numbers = [int(name.split("_")[0][1:].rstrip("s")) for name in names]
    assert numbers == sorted(numbers)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["b2", "b3"])
def test_a_benchmark_runs_and_reports(name: str, tmp_path: Path) -> None:
    assert main(["--size", "small", "--only", name, "--out", str(tmp_path / "report.json")]) == 0
    (record,) = json.loads((tmp_path / "report.json").read_text()).values()
    assert (record["size"], record["threads"]) == ("small", 1)
    assert record["result"]["goal"]

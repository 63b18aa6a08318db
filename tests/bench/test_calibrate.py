"""Confidence fitted on a run."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from playhead_bench.evaluate.calibrate import calibrate, error_table, export, judged_answers, main
from playhead_index.errors import PlayheadError
from playhead_tools.calibration import DEFAULTS_PATH, Calibration, default_calibration, fit


def app() -> typer.Typer:
    command = typer.Typer()
    command.command()(main)
    return command


def write_run(folder: Path, count: int = 40) -> None:
    rows = [
        {"strategy": "agent", "confidence": (i + 1) / count, "right": i >= count // 2} for i in range(count)
    ]
    rows += [{"strategy": "agent", "confidence": 0.0, "right": True}, {"strategy": "uniform", "right": True}]
    (folder / "run.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")


def test_refusals_and_other_strategies_are_left_out(tmp_path: Path) -> None:
    write_run(tmp_path)
    assert len(judged_answers(tmp_path).confidences) == 40


def test_the_fit_is_kept_with_the_library(tmp_path: Path) -> None:
    write_run(tmp_path)
    assert CliRunner().invoke(app(), [str(tmp_path), str(tmp_path)]).exit_code == 0
    fitted = Calibration.load(tmp_path)
    assert fitted == calibrate(tmp_path)
    assert (fitted(0.2), fitted(0.9)) == (0.02, 0.98)


def real_rows(count: int = 40) -> list[dict[str, Any]]:
    """Half of the answers of each of two videos are right; all state 0.9."""
    return [
        {
            "set": "talks",
            "video": f"v{i % 2}",
            "gold": [[0.0, 10.0]],
            "ask": {
                "status": "answered" if i < count - 2 else "abstained",
                "confidence": 0.9,
                "cited": [[0.0, 8.0] if i % 4 < 2 else [20.0, 30.0]],
            },
        }
        for i in range(count)
    ]


def test_real_answers_are_right_where_the_first_citation_is(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(row) + "\n" for row in real_rows(44)), "utf-8")
    answers = judged_answers(tmp_path)
    assert (len(answers.right), sum(answers.right)) == (42, 22)
    table = error_table(answers).splitlines()
    assert table[0] == "answered: 42, right 0.524, stated 0.900"
    assert table[1].endswith("mean 0.376")
    assert table[2].endswith("mean 0.000")


def test_what_is_shipped_is_put_behind_the_map_that_made_the_run(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    path.write_text('{"planner": {"raw": [0.0, 1.0], "right": [0.0, 1.0], "fitted_on": 20}}', "utf-8")
    export("no such strategy", fit([0.9] * 20, [True] * 10 + [False] * 10), path)
    record = json.loads(path.read_text("utf-8"))
    assert set(record) == {"planner", "no such strategy"}
    assert record["no such strategy"]["fitted_on"] == 20
    assert record["no such strategy"]["right"][-1] == 0.5


def test_the_maps_that_the_product_ships_are_maps() -> None:
    for strategy in json.loads(DEFAULTS_PATH.read_text("utf-8")):
        assert default_calibration(strategy).fitted_on > 0
    assert default_calibration("no such strategy")(0.7) == 0.7


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlayheadError, match=r"run\.jsonl is not there"):
        calibrate(tmp_path)


def test_too_few_answers_are_refused(tmp_path: Path) -> None:
    write_run(tmp_path, 6)
    with pytest.raises(PlayheadError, match="at least 20 answers"):
        calibrate(tmp_path)

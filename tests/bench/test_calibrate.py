"""Confidence fitted on a run."""

import json
from pathlib import Path

import pytest

from playhead_bench.evaluate.calibrate import calibrate, marked
from playhead_index.errors import PlayheadError
from playhead_tools.calibration import Calibration


def write_run(folder: Path, count: int = 40) -> None:
    rows = [
        {"strategy": "agent", "confidence": (i + 1) / count, "right": i >= count // 2} for i in range(count)
    ]
    rows += [{"strategy": "agent", "confidence": 0.0, "right": True}, {"strategy": "uniform", "right": True}]
    (folder / "run.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")


def test_refusals_and_other_strategies_are_left_out(tmp_path: Path) -> None:
    write_run(tmp_path)
    assert len(marked(tmp_path)[0]) == 40


def test_the_fit_is_kept_with_the_library(tmp_path: Path) -> None:
    write_run(tmp_path)
    fitted = calibrate(tmp_path, tmp_path)
    assert Calibration.load(tmp_path) == fitted
    assert (fitted(0.2), fitted(0.9)) == (0.02, 0.98)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlayheadError, match=r"run\.jsonl is not there"):
        calibrate(tmp_path, tmp_path)


def test_too_few_answers_are_told(tmp_path: Path) -> None:
    write_run(tmp_path, 6)
    with pytest.raises(PlayheadError, match="at least 20 answers"):
        calibrate(tmp_path, tmp_path)

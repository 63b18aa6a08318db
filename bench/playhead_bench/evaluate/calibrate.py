"""Fits a library's confidence on a run whose answers are known.

python -m playhead_bench.evaluate.calibrate DEV_RUN LIBRARY
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from playhead_index.errors import PlayheadError
from playhead_tools.calibration import Calibration, fit

RUN_NAME = "run.jsonl"
AGENT = "agent"


def marked(run: Path, strategy: str = AGENT) -> tuple[list[float], list[bool]]:
    """Confidence and mark of every answer that a strategy gave in a run; refusals have none.

    Raises:
        PlayheadError: there is no run.
    """
    path = run / RUN_NAME
    if not path.is_file():
        raise PlayheadError(f"{path} is not there; run: playhead eval … --out {run}")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    given = [
        row for row in rows
        if row.get("strategy") == strategy and row.get("confidence") and row.get("right") is not None
    ]  # fmt: skip
    return [float(row["confidence"]) for row in given], [bool(row["right"]) for row in given]


def calibrate(run: Path, library: Path, strategy: str = AGENT) -> Calibration:
    """Fits a calibration on a run and keeps it in a library's folder.

    Raises:
        PlayheadError: there is no run, or it has too few answers.
    """
    raw, right = marked(run, strategy)
    try:
        fitted = fit(raw, right)
    except ValueError as error:
        raise PlayheadError(f"{run}: {error}") from error
    fitted.save(library)
    return fitted


def main(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run on videos whose truth is known.")],
    library: Annotated[Path, typer.Argument(help="Library whose answers are to be calibrated.")],
) -> None:
    """Fit what the agent's confidence comes to, and keep it with a library."""
    fitted = calibrate(run, library)
    print(f"fitted on {fitted.fitted_on} answers: {len(fitted.raw)} points, kept in {library}")


if __name__ == "__main__":
    typer.run(main)

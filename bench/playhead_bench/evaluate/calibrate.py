"""Fits confidence on a run whose answers are known, for a library or for the product.

python -m playhead_bench.evaluate.calibrate RUN LIBRARY
python -m playhead_bench.evaluate.calibrate REAL_RUN --ship rules

The first keeps the calibration with a library. The second takes a run of `playhead eval real`, prints how far
stated and right lie apart, and writes the map that the product ships for a strategy; it is put behind the
one that made the run, so that it can be fitted again and again.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from playhead_bench.evaluate.metrics.overlap import as_windows
from playhead_bench.evaluate.real_questions.scoring import fold_errors, is_correct_window
from playhead_index.errors import PlayheadError
from playhead_tools.calibration import DEFAULTS_PATH, Calibration, default_calibration, fit

RUN_NAME = "run.jsonl"
AGENT = "agent"


@dataclass(frozen=True, slots=True)
class JudgedAnswers:
    """Answers of one strategy that were given; refusals have no confidence.

    Args:
        videos: (N,) set and name of the video that each is about; empty strings where a run does not say.
        confidences: (N,) as stated.
        right: (N,) whether each is right: of real questions, whether the first cited window is.
        statuses: (N,) `answered` or `partial`; empty where a run does not say.
    """

    videos: list[tuple[str, str]]
    confidences: list[float]
    right: list[bool]
    statuses: list[str]


def judged_answers(run: Path, strategy: str = AGENT) -> JudgedAnswers:
    """The answers that a strategy gave in a run; those of `eval real` are of one strategy alone.

    Raises:
        PlayheadError: there is no run.
    """
    path = run / RUN_NAME
    if not path.is_file():
        raise PlayheadError(f"{path} is not there; run: playhead eval … --out {run}")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    rows_or_none = [_from_real_row(row) if "ask" in row else _from_run_row(row, strategy) for row in rows]
    answers = [one for one in rows_or_none if one is not None]
    columns = [list(column) for column in zip(*answers, strict=True)] if answers else [[], [], [], []]
    return JudgedAnswers(*columns)


_JudgedAnswer = tuple[tuple[str, str], float, bool, str]


def _from_run_row(row: dict[str, Any], strategy: str) -> _JudgedAnswer | None:
    if row.get("strategy") != strategy or not row.get("confidence") or row.get("right") is None:
        return None
    return ("", ""), float(row["confidence"]), bool(row["right"]), ""


def _from_real_row(row: dict[str, Any]) -> _JudgedAnswer | None:
    answer = row["ask"]
    if answer["status"] == "abstained" or not answer["confidence"]:
        return None
    cited, gold = as_windows(answer["cited"]), as_windows(row["gold"])
    is_right = len(cited) > 0 and is_correct_window(cited[0], gold)
    return (row["set"], row["video"]), float(answer["confidence"]), is_right, answer["status"]


def calibrate(run: Path, strategy: str = AGENT) -> Calibration:
    """The calibration fitted on a run.

    Raises:
        PlayheadError: there is no run, or it has too few answers.
    """
    answers = judged_answers(run, strategy)
    try:
        return fit(answers.confidences, answers.right)
    except ValueError as error:
        raise PlayheadError(f"{run}: {error}") from error


def error_table(answers: JudgedAnswers) -> str:
    """How far stated and right lie apart, of real questions: per status, and two-fold over videos."""
    lines = []
    for status in ("answered", "partial"):
        those = [at for at, one in enumerate(answers.statuses) if one == status]
        if those:
            right, confidences = (
                [column[at] for at in those] for column in (answers.right, answers.confidences)
            )
            lines.append(
                f"{status}: {len(those)}, right {sum(right) / len(those):.3f},"
                f" stated {sum(confidences) / len(those):.3f}"
            )
    errors = fold_errors(answers.videos, answers.confidences, answers.right)
    if errors is None:
        return "\n".join([*lines, "no ECE: a half of the videos has no answer"])
    lines.append(f"ECE, five bins of equal count, by halves of the videos: {_pair(errors.stated)}")
    if errors.refitted is not None:
        lines.append(f"the same, each half with the map fitted on the other one: {_pair(errors.refitted)}")
    return "\n".join(lines)


def _pair(errors: tuple[float, float]) -> str:
    return f"{errors[0]:.3f}, {errors[1]:.3f}, mean {sum(errors) / 2:.3f}"


def export(strategy: str, fitted: Calibration, path: Path = DEFAULTS_PATH) -> None:
    """Writes the map of a strategy into the file that the product ships, behind the one that made the run."""
    record = json.loads(path.read_text("utf-8"))
    calibration = default_calibration(strategy).then(fitted)
    record[strategy] = {
        "raw": [round(value, 4) for value in calibration.raw],
        "right": [round(value, 4) for value in calibration.right],
        "fitted_on": calibration.fitted_on,
    }
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def main(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run on videos whose truth is known.")],
    library: Annotated[
        Path | None, typer.Argument(help="Library whose answers are to be calibrated.")
    ] = None,
    strategy: Annotated[str, typer.Option(help="Whose answers count, where a run has several.")] = AGENT,
    ship_as: Annotated[
        str, typer.Option("--ship", help="Strategy for which the product ships the map, such as rules.")
    ] = "",
) -> None:
    """Fit what confidence comes to, and keep it with a library or with the product."""
    answers = judged_answers(run, strategy)
    if any(answers.statuses):
        print(error_table(answers))
    fitted = calibrate(run, strategy)
    if library is not None:
        fitted.save(library)
    if ship_as:
        export(ship_as, fitted)
    print(f"fitted on {fitted.fitted_on} answers: {len(fitted.raw)} points")


if __name__ == "__main__":
    typer.run(main)

"""Confidence that means what it says: fitted on questions whose right answers are known.

What an agent computes from its evidence orders answers; how often they are right at each level depends on
the models and the videos. A calibration maps the one to the other by isotonic regression (Zadrozny and
Elkan, 2002), the only assumption being that more is never worse. A library's own counts; where it has none,
that of the strategy does, which the product ships.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Self

from playhead_index.errors import LibraryError

CALIBRATION_NAME = "calibration.json"
DEFAULTS_PATH = Path(__file__).with_name("calibrations.json")
"""Of each strategy, fitted on its answers to real questions; made by `playhead_bench.evaluate.calibrate`."""
MIN_ANSWERS = 20
"""Fewer answers say nothing of how often such answers are right."""
EDGE = 0.02
"""Nothing is ever certain: calibrated values keep this far from 0 and 1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map from raw to calibrated confidence; between its points it is straight.

    Args:
        raw: (K,) ascending, from 0 to 1.
        right: (K,) never falling, how often answers of that raw confidence are right.
        fitted_on: answers that it was fitted on; 0 for the map that changes nothing.

    Raises:
        ValueError: the points do not make a rising map.

    >>> Calibration((0.0, 1.0), (0.2, 0.8))(0.5)
    0.5
    """

    raw: tuple[float, ...] = (0.0, 1.0)
    right: tuple[float, ...] = (0.0, 1.0)
    fitted_on: int = 0

    def __post_init__(self) -> None:
        if len(self.raw) != len(self.right) or len(self.raw) < 2:
            raise ValueError(
                f"a calibration needs two points or more, got {len(self.raw)}, {len(self.right)}"
            )
        for name in ("raw", "right"):
            values = getattr(self, name)
            if list(values) != sorted(values) or values[0] < 0 or values[-1] > 1:
                raise ValueError(f"{name} must rise within 0 and 1, got {values}")

    def __call__(self, raw: float) -> float:
        """The calibrated confidence, 0 to 1; 0 stays 0, for it says that there is no answer."""
        if raw <= 0.0:
            return 0.0
        at = min(max(bisect_right(self.raw, raw), 1), len(self.raw) - 1)
        low, high = self.raw[at - 1], self.raw[at]
        part = 0.0 if high == low else min(1.0, max(0.0, (raw - low) / (high - low)))
        return self.right[at - 1] + part * (self.right[at] - self.right[at - 1])

    def save(self, folder: Path) -> None:
        """Writes it into a library's folder, whole or not at all."""
        record = {"raw": list(self.raw), "right": list(self.right), "fitted_on": self.fitted_on}
        part = folder / f"{CALIBRATION_NAME}.part"
        part.write_text(json.dumps(record) + "\n", "utf-8")
        part.replace(folder / CALIBRATION_NAME)

    def then(self, other: "Calibration") -> "Calibration":
        """This map and then another one, as one map.

        >>> halved = Calibration((0.0, 1.0), (0.0, 0.5), 30)
        >>> halved.then(halved)(1.0)
        0.25
        """
        inner = [raw for raw in (_raw_at(self, at) for at in other.raw) if raw is not None]
        raw = sorted({*self.raw, *inner})
        values = [self(at) if at > 0 else self.right[0] for at in raw]
        right = [other(value) if value > 0 else other.right[0] for value in values]
        return Calibration(tuple(raw), tuple(right), other.fitted_on)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The calibration of a library; the one that changes nothing where it has none.

        Raises:
            LibraryError: the file is there and cannot be read.
        """
        path = folder / CALIBRATION_NAME
        if not path.exists():
            return cls()
        try:
            record = json.loads(path.read_text("utf-8"))
            return cls(tuple(record["raw"]), tuple(record["right"]), record["fitted_on"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(f"{path} is no calibration ({error}); delete it or fit it again") from error


def fit(raw: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The calibration of answers: isotonic, its steps joined by straight lines between their middles.

    Args:
        raw: (N,) confidence of each answer that was given.
        right: (N,) whether it was right.

    Raises:
        ValueError: fewer than `MIN_ANSWERS` answers, or not one mark for each.
    """
    if len(raw) != len(right) or len(raw) < MIN_ANSWERS:
        raise ValueError(
            f"at least {MIN_ANSWERS} answers with a mark each are needed, got {len(raw)}, {len(right)}"
        )
    equals: dict[float, list[bool]] = {}
    for value, mark in zip(raw, right, strict=True):
        equals.setdefault(value, []).append(mark)
    blocks: list[list[float]] = []  # [weight, sum of raw, sum of right]
    for value, marks_of_value in sorted(
        equals.items()
    ):  # answers of equal confidence cannot be distinguished
        count = float(len(marks_of_value))
        blocks.append([count, count * value, float(sum(marks_of_value))])
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][0] >= blocks[-1][2] / blocks[-1][0]:
            weight, values, marks = blocks.pop()
            blocks[-1] = [blocks[-1][0] + weight, blocks[-1][1] + values, blocks[-1][2] + marks]
    means = accumulate(
        (values / weight for weight, values, _ in blocks), max
    )  # means of equals may round apart
    points = [(mean, _clamp(marks / weight)) for mean, (weight, _, marks) in zip(means, blocks, strict=True)]
    first, last = points[0][1], points[-1][1]
    points = [(0.0, first), *(p for p in points if 0.0 < p[0] < 1.0), (1.0, last)]
    return Calibration(tuple(p[0] for p in points), tuple(p[1] for p in points), len(raw))


def _clamp(part: float) -> float:
    return min(1.0 - EDGE, max(EDGE, part))


def _raw_at(calibration: Calibration, right: float) -> float | None:
    """The lowest raw confidence that a map takes to a value; None where it takes none there."""
    points = list(zip(calibration.raw, calibration.right, strict=True))
    for (low, a), (high, b) in pairwise(points):
        if a < right <= b:
            return low + (right - a) / (b - a) * (high - low)
    return None


@cache
def default_calibration(strategy: str) -> Calibration:
    """The calibration that the product has for a strategy; the one that changes nothing where it has none."""
    record = json.loads(DEFAULTS_PATH.read_text("utf-8")).get(strategy)
    if record is None:
        return Calibration()
    return Calibration(tuple(record["raw"]), tuple(record["right"]), record["fitted_on"])

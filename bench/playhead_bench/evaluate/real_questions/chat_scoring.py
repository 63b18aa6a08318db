"""Scores of the systems that answered with a chat model: per set of questions, pooled, and of absent ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from playhead_bench.evaluate.metrics.overlap import as_windows
from playhead_bench.evaluate.paired_comparison import PairedComparison, compare_paired
from playhead_bench.evaluate.real_questions.chat_run import is_right
from playhead_bench.evaluate.real_questions.chat_systems import SYSTEMS, TRANSCRIPT
from playhead_bench.evaluate.real_questions.scoring import POOLED, is_correct_window

Row = Mapping[str, Any]
SEARCH = "search"


@dataclass(frozen=True, slots=True)
class ChatScores:
    """What one system made of some questions that all have an answer in their video.

    Args:
        system: its name.
        questions: number answered so far.
        right: questions whose first cited window is correct.
        answered: with the status `answered`.
        answered_right: of these, right.
        partial: with the status `partial`.
        partial_right: of these, right.
        declined: with the status `abstained`.
        errors: questions that ended in an error.
        ended_by_model: runs that ended with the model's own `finish` or `abstain`.
        calls: completions, mean over questions.
        prompt_tokens: mean over questions, as the server reported them.
        completion_tokens: likewise.
        prompt_share: prompt tokens over those of the whole transcript, at the questions of both;
            None where there are none.
        seconds: of the server, median over questions.
    """

    system: str
    questions: int
    right: int
    answered: int
    answered_right: int
    partial: int
    partial_right: int
    declined: int
    errors: int
    ended_by_model: int
    calls: float
    prompt_tokens: float
    completion_tokens: float
    prompt_share: float | None
    seconds: float

    @property
    def right_called_answered(self) -> float | None:
        """Share of the right ones that have the status `answered`; None without any right one."""
        return self.answered_right / self.right if self.right else None


@dataclass(frozen=True, slots=True)
class AbsentScores:
    """What one system made of questions that the video does not answer.

    Args:
        system: its name.
        questions: number answered so far.
        answered: with the status `answered`.
        partial: with the status `partial`.
        errors: questions that ended in an error.
    """

    system: str
    questions: int
    answered: int
    partial: int
    errors: int


@dataclass(frozen=True, slots=True)
class ChatSetScores:
    """The systems at one set of questions.

    Args:
        name: of the set; `all` for the pooled ones.
        systems: as far as they have rows.
        comparisons: R@1, paired over the questions of both.
    """

    name: str
    systems: tuple[ChatScores, ...]
    comparisons: tuple[PairedComparison, ...]

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        systems = [
            {**asdict(one), "right_called_answered": one.right_called_answered} for one in self.systems
        ]
        return {
            "name": self.name,
            "systems": systems,
            "comparisons": [one.record() for one in self.comparisons],
        }


def score_chat(rows: Sequence[Row], plain_rows: Sequence[Row] = (), seed: int = 0) -> list[ChatSetScores]:
    """The scores of each set in the order of the rows, then of all where there are several sets.

    Args:
        rows: as `ChatRun` writes them; those of absent questions are left out.
        plain_rows: of the same run without a chat model, whose `search` is compared with the systems.
        seed: of the bootstrap.
    """
    present = [row for row in rows if not row["is_absent"]]
    names = list(dict.fromkeys(row["set"] for row in present))
    groups = {name: [row for row in present if row["set"] == name] for name in names}
    if len(names) > 1:
        groups[POOLED] = present
    return [_score_group(name, group, plain_rows, seed) for name, group in groups.items()]


def score_absent(answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[AbsentScores]:
    """How often each system answered what its video does not answer.

    Args:
        answers: records of `answers.answer_record`, by system.
    """
    return [
        AbsentScores(
            system,
            len(records),
            sum(one["status"] == "answered" for one in records),
            sum(one["status"] == "partial" for one in records),
            sum(bool(one["error"]) for one in records),
        )
        for system, records in answers.items()
        if records
    ]


def _score_group(name: str, rows: Sequence[Row], plain_rows: Sequence[Row], seed: int) -> ChatSetScores:
    by_system = {
        system: {row["id"]: row for row in rows if row["system"] == system}
        for system in sorted({row["system"] for row in rows}, key=list(SYSTEMS).index)
    }
    baseline_rows = by_system.get(TRANSCRIPT, {})
    systems = [_score(system, own, baseline_rows) for system, own in by_system.items()]
    right = {system: {name: is_right(row) for name, row in own.items()} for system, own in by_system.items()}
    ids = {row["id"] for row in rows}
    right[SEARCH] = {row["id"]: _search_right(row) for row in plain_rows if row["id"] in ids}
    return ChatSetScores(name, tuple(systems), tuple(_comparisons(right, seed)))


def _score(system: str, rows: Mapping[str, Row], baseline_rows: Mapping[str, Row]) -> ChatScores:
    right = {name for name, row in rows.items() if is_right(row)}
    by_status = {
        status: {name for name, row in rows.items() if row["ask"]["status"] == status}
        for status in ("answered", "partial", "abstained")
    }
    both = rows.keys() & baseline_rows.keys()
    baseline_tokens = sum(baseline_rows[name]["usage"]["prompt_tokens"] for name in both)
    tokens = sum(rows[name]["usage"]["prompt_tokens"] for name in both)
    usage = [row["usage"] for row in rows.values()]
    return ChatScores(
        system,
        len(rows),
        len(right),
        len(by_status["answered"]),
        len(by_status["answered"] & right),
        len(by_status["partial"]),
        len(by_status["partial"] & right),
        len(by_status["abstained"]),
        sum(bool(row["ask"]["error"]) for row in rows.values()),
        sum(row["ended_by"] != "code" for row in rows.values()),
        float(np.mean([one["calls"] for one in usage])),
        float(np.mean([one["prompt_tokens"] for one in usage])),
        float(np.mean([one["completion_tokens"] for one in usage])),
        tokens / baseline_tokens if baseline_tokens else None,
        float(np.median([one["seconds"] for one in usage])),
    )


def _search_right(row: Row) -> bool:
    windows = as_windows(row["search"])
    return bool(len(windows)) and is_correct_window(windows[0], as_windows(row["gold"]))


def _comparisons(right: Mapping[str, dict[str, bool]], seed: int) -> list[PairedComparison]:
    """The planner beside the others, each ablation beside the planner, where both have rows."""
    pairs = [("planner", other) for other in (TRANSCRIPT, "rules", SEARCH)]
    pairs += [(one.name, "planner") for one in SYSTEMS.values() if one.without]
    return [
        compare_paired(f"R@1 {one}", right[one], other, right[other], seed)
        for one, other in pairs
        if right.get(one, {}).keys() & right.get(other, {}).keys()
    ]

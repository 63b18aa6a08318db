"""The scores of a run on real questions as tables: for a terminal, as Markdown, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from playhead_bench.evaluate.paired_comparison import PairedComparison
from playhead_bench.evaluate.real_questions.scoring import (
    AnswerScores,
    FoldErrors,
    SetScores,
    StatusScores,
    WindowScores,
)
from playhead_bench.evaluate.tables import Grid, percent

WINDOWS = ("system", "R@1", "R@5", "R@10", "IoU@1", "IoU@5", "mIoU", "gold", "first", "len", "video")
WINDOWS_LEGEND = (
    "In percent, `len` in seconds; each question is scoped to its video. R@k: at least half of one of the "
    "first k windows is gold. IoU@k: one of the first k windows has an IoU of at least 0.3 with a gold "
    "window. mIoU: of the first window. gold: share of the gold seconds inside the first ten windows; "
    "video: share of the video inside them; len: their median length; first: that of the first windows. "
    "ask: its citations in the order of its text. bm25, dense, rrf: BM25 (k1 1.5, b 0.75, 33 stop words, "
    "no stemming), sentence embeddings (of the first 256 tokens) and their reciprocal rank fusion, over "
    "chunks of the transcript. chance: k times drawn at random."
)
ANSWERS_LEGEND = (
    "Every question has an answer in its video, so that each abstention is a false one. Precision: the "
    "share whose first citation is correct. ECE (10 bins) and AURC: of the stated confidence over answered "
    "and partial. Two-fold: ECE in five bins of equal count on either half of the videos and their mean; "
    "refitted: of an isotonic calibration fitted on the other half (from 20 answers in each half on)."
)
COMPARED = ("compared", "only first", "only second", "difference [95 %]", "p")
COMPARED_LEGEND = (
    "The first less the second, in points, with a 95 % bootstrap interval (questions resampled). only first, "
    "only second: questions that one of the two alone has right; p: McNemar's exact test. The baseline is "
    "the best one on the same questions, which favours it."
)


def set_grids(scores: SetScores) -> dict[str, Grid]:
    """The tables of one set, by their headings."""
    windows = tuple(tuple(_window_cells(one)) for one in scores.systems)
    compared = tuple(tuple(compared_cells(one)) for one in scores.comparisons)
    return {
        f"{scores.name}: {scores.questions} questions about {scores.videos} videos, median gold "
        f"{scores.median_gold_s:.0f} s": Grid(WINDOWS, windows, WINDOWS_LEGEND),
        f"{scores.name}: compared": Grid(COMPARED, compared, COMPARED_LEGEND),
    }


def answers_grid(sets: Sequence[SetScores]) -> Grid:
    """What `ask` did, a column a set."""
    columns = [_answer_cells(one.answers, one.questions) for one in sets]
    reasons = dict.fromkeys(reason for one in sets for reason in one.answers.reasons)
    counts = [
        (f"- {reason}", *(str(one.answers.reasons.get(reason, 0)) for one in sets)) for reason in reasons
    ]
    lines = [(name, *(column[name] for column in columns)) for name in columns[0]]
    declined = [name for name, *_ in lines].index("declined") + 1
    return Grid(
        ("ask", *(one.name for one in sets)), (*lines[:declined], *counts, *lines[declined:]), ANSWERS_LEGEND
    )


def markdown(sets: Sequence[SetScores], title: str, more: Mapping[str, Grid] | None = None) -> str:
    """The report: the answers of all sets, further tables, then windows and comparisons set by set.

    Args:
        sets: scores without a chat model.
        title: of the report.
        more: further tables by heading.
    """
    parts = [f"# {title}\n", f"## Answers of ask without a chat model\n\n{answers_grid(sets).markdown}"]
    parts += [f"## {heading}\n\n{grid.markdown}" for heading, grid in (more or {}).items()]
    printed_legends: set[str] = set()
    for scores in sets:
        for heading, grid in set_grids(scores).items():
            legend = "" if grid.legend in printed_legends else grid.legend
            printed_legends.add(grid.legend)
            parts.append(f"## {heading}\n\n{Grid(grid.header, grid.lines, legend).markdown}")
    return "\n".join(parts)


def record(sets: Sequence[SetScores], about: dict[str, Any]) -> dict[str, Any]:
    """The scores as plain JSON types."""
    return {**about, "sets": [one.record() for one in sets]}


def _window_cells(one: WindowScores) -> list[str]:
    ious = one.iou_recall_at or {}
    return [
        one.system,
        *(percent(value) for value in one.recall_at.values()),
        *(percent(ious.get(k)) for k in (1, 5)),
        percent(one.mean_iou),
        percent(one.gold_coverage),
        *("–" if each is None else f"{each:.1f}" for each in (one.first_length_s, one.median_length_s)),
        percent(one.video_share),
    ]


def compared_cells(one: PairedComparison) -> list[str]:
    """A line of a table of comparisons."""
    return [
        f"{one.one} − {one.other}",
        str(one.only_one),
        str(one.only_other),
        f"{100 * one.difference:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]",
        f"{one.p:.2g}",
    ]


def _answer_cells(one: AnswerScores, questions: int) -> dict[str, str]:
    answered, partial = one.by_status["answered"], one.by_status["partial"]
    return {
        "questions": str(questions),
        "first citation correct (R@1)": percent(one.recall_at_1),
        "any citation correct": percent(one.any_cited),
        "answered": _count(answered, questions),
        "- precision, answered": percent(answered.precision),
        "- mean confidence, answered": percent(answered.mean_confidence),
        "partial": _count(partial, questions),
        "- precision, partial": percent(partial.precision),
        "- mean confidence, partial": percent(partial.mean_confidence),
        "declined": _count(one.by_status["abstained"], questions),
        "ECE": percent(one.calibration_error),
        "ECE, 5 equal bins, two-fold": _fold_cell(one.fold_errors),
        "- refitted on the other half": _refitted_cell(one.fold_errors),
        "AURC": percent(one.risk_area),
        "errors": str(one.errors),
        "median seconds": f"{one.median_seconds:.2f}",
        "model calls a question": f"{one.model_calls:.1f}",
    }


def _fold_cell(one: FoldErrors | None) -> str:
    if one is None:
        return "–"
    return f"{percent(one.mean)} ({percent(one.stated[0])}, {percent(one.stated[1])})"


def _refitted_cell(one: FoldErrors | None) -> str:
    return "–" if one is None or one.refitted is None else percent(sum(one.refitted) / 2)


def _count(one: StatusScores, questions: int) -> str:
    return f"{one.answers} ({100 * one.answers / questions:.1f} %)"

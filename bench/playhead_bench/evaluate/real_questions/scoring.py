"""Scores of retrieved windows and of answers against gold windows, per set of questions and pooled."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.metrics.abstention import calibration_error, equal_count_error, risk_coverage
from playhead_bench.evaluate.metrics.moments import first_ious
from playhead_bench.evaluate.metrics.overlap import as_windows, common_s, covered_s, iou
from playhead_bench.evaluate.paired_comparison import PairedComparison, compare_paired
from playhead_tools.calibration import MIN_ANSWERS, fit
from playhead_tools.evidence import Status

Row = Mapping[str, Any]
Array = NDArray[np.float64]
RANKS, IOU_RANKS, TOP_K = (1, 5, 10), (1, 5), 10
MIN_SHARE, MIN_IOU, BINS, FOLD_BINS = 0.5, 0.3, 10, 5
ROUNDING_S = 1e-6
"""Times of subtitles carry rounding errors; a window half in the gold up to this is correct."""
SEARCH, ASK, CHANCE, POOLED = "search", "ask", "chance", "all"


@dataclass(frozen=True, slots=True)
class WindowScores:
    """How well the ranked windows of one system fit the gold windows.

    Args:
        system: its name.
        recall_at: R@k: share of questions where at least half of one of the first k windows is gold.
        iou_recall_at: IoU>=.3@k: share of questions where one of the first k windows has an IoU of at least
            0.3 with one gold window; None for `chance`.
        mean_iou: of the first window with the gold window that it overlaps most; None for `chance`.
        gold_coverage: share of the gold seconds inside the first ten windows, averaged over questions.
        median_length_s: of all windows among the first ten; None where there are none.
        video_share: share of the video inside the first ten windows, averaged over questions.
        first_length_s: median length of the first windows; None where there are none.
    """

    system: str
    recall_at: Mapping[int, float]
    iou_recall_at: Mapping[int, float] | None = None
    mean_iou: float | None = None
    gold_coverage: float | None = None
    median_length_s: float | None = None
    video_share: float | None = None
    first_length_s: float | None = None


@dataclass(frozen=True, slots=True)
class StatusScores:
    """The answers of one status.

    Args:
        answers: how many questions ended so.
        precision: share of them whose first citation is correct; None without answers.
        mean_confidence: as the product stated it; None without answers.
    """

    answers: int
    precision: float | None
    mean_confidence: float | None


@dataclass(frozen=True, slots=True)
class FoldErrors:
    """ECE in five bins of equal count, on either half of the videos (every other one by name).

    Args:
        stated: of the confidence as the product stated it, on the odd half and on the even half.
        refitted: of a calibration fitted on the other half; None where a half has too few answers for one.
    """

    stated: tuple[float, float]
    refitted: tuple[float, float] | None

    @property
    def mean(self) -> float:
        """Of the stated confidence, over both halves."""
        return sum(self.stated) / 2


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """What `ask` did with questions that all have an answer in their video.

    Args:
        recall_at_1: share of all questions whose first citation is correct.
        any_cited: share of all questions with a citation that is correct.
        by_status: answered, partial and abstained.
        reasons: number of abstentions for each reason, most frequent first.
        false_abstention_rate: share of questions that were declined.
        calibration_error: ECE of the stated confidence over answered and partial; None without any.
        risk_area: AURC of the same answers.
        errors: questions that ended in an error; they count as abstained with the reason `error`.
        median_seconds: wall time of a question.
        model_calls: calls of a chat model or video-LLM, mean over questions.
        fold_errors: ECE by halves of the videos; None where a half has no answer.
    """

    recall_at_1: float
    any_cited: float
    by_status: Mapping[Status, StatusScores]
    reasons: Mapping[str, int]
    false_abstention_rate: float
    calibration_error: float | None
    risk_area: float | None
    errors: int
    median_seconds: float
    model_calls: float
    fold_errors: FoldErrors | None = None


@dataclass(frozen=True, slots=True)
class SetScores:
    """All scores of one set of questions, or of all sets pooled.

    Args:
        name: of the set; `all` for the pooled ones.
        questions: how many.
        videos: that they are about.
        median_gold_s: gold seconds of a question, median.
        systems: search, ask, the baselines, chance.
        answers: of ask.
        comparisons: paired, search and ask against the best baseline, ask against search.
    """

    name: str
    questions: int
    videos: int
    median_gold_s: float
    systems: tuple[WindowScores, ...]
    answers: AnswerScores
    comparisons: tuple[PairedComparison, ...]

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**asdict(self), "comparisons": [one.record() for one in self.comparisons]}


def score_sets(rows: Sequence[Row], seed: int = 0) -> list[SetScores]:
    """The scores of each set in the order of the rows, then of all rows where there are several sets.

    Args:
        rows: as `answers.answer_question` gives them, at least one.
        seed: of the bootstrap.
    """
    names = list(dict.fromkeys(row["set"] for row in rows))
    groups = {name: [row for row in rows if row["set"] == name] for name in names}
    if len(names) > 1:
        groups[POOLED] = list(rows)
    return [_score_set(name, group, seed) for name, group in groups.items()]


def is_correct_window(window: Array, gold: Array) -> bool:
    """At least half of a window lies in the gold windows.

    Args:
        window: (2,) [start_s, end_s).
        gold: (G, 2) likewise.

    >>> is_correct_window(np.array([0.0, 10.0]), np.array([[2.0, 4.0], [7.0, 10.0]]))
    True
    """
    rows = window[None]
    return common_s(rows, gold) >= MIN_SHARE * covered_s(rows) - ROUNDING_S


def _score_set(name: str, rows: Sequence[Row], seed: int) -> SetScores:
    gold = [as_windows(row["gold"]) for row in rows]
    durations_s = [row["duration_s"] for row in rows]
    ranked = {
        system: [as_windows(windows) for windows in all_rows] for system, all_rows in _ranked(rows).items()
    }
    systems = [window_scores(system, windows, gold, durations_s) for system, windows in ranked.items()]
    return SetScores(
        name,
        len(rows),
        len({(row["set"], row["video"]) for row in rows}),
        float(np.median([covered_s(windows) for windows in gold])),
        (*systems, chance_scores(gold, durations_s)),
        answer_scores(rows),
        (*_comparisons(ranked, gold, [row["id"] for row in rows], seed), *_speaker_comparison(rows, seed)),
    )


def _ranked(rows: Sequence[Row]) -> dict[str, list[Any]]:
    found = {SEARCH: [row["search"] for row in rows], ASK: [row["ask"]["cited"] for row in rows]}
    return found | {name: [row["baselines"][name] for row in rows] for name in rows[0]["baselines"]}


def window_scores(
    system: str, ranked: Sequence[Array], gold: Sequence[Array], durations_s: Sequence[float]
) -> WindowScores:
    """The scores of one system.

    Args:
        system: its name.
        ranked: a question's windows, best first, (P, 2) in seconds; P may be 0, a miss in every number.
        gold: its gold windows, (G, 2), G at least 1.
        durations_s: length of its video in seconds.
    """
    top = [windows[:TOP_K] for windows in ranked]
    lengths_s = np.concatenate([windows[:, 1] - windows[:, 0] for windows in top])
    firsts_s = np.concatenate([windows[:1, 1] - windows[:1, 0] for windows in top])
    return WindowScores(
        system,
        {k: _share(_recall_flags(top, gold, k)) for k in RANKS},
        {k: _share(_iou_flags(top, gold, k)) for k in IOU_RANKS},
        float(first_ious(top, gold).mean()),
        float(np.mean([common_s(p, g) / covered_s(g) for p, g in zip(top, gold, strict=True)])),
        float(np.median(lengths_s)) if len(lengths_s) else None,
        float(np.mean([covered_s(p) / length_s for p, length_s in zip(top, durations_s, strict=True)])),
        float(np.median(firsts_s)) if len(firsts_s) else None,
    )


def chance_scores(gold: Sequence[Array], durations_s: Sequence[float]) -> WindowScores:
    """Expected R@k of k times drawn at random from the video: 1 - (1 - share of gold)^k, averaged."""
    shares = np.array(
        [covered_s(windows) / length_s for windows, length_s in zip(gold, durations_s, strict=True)]
    )
    return WindowScores(CHANCE, {k: float((1 - (1 - np.minimum(shares, 1.0)) ** k).mean()) for k in RANKS})


def answer_scores(rows: Sequence[Row]) -> AnswerScores:
    """The scores of `ask` over some rows, at least one."""
    answers = [row["ask"] for row in rows]
    correct = [_citations_correct(row) for row in rows]
    right = [bool(one) and one[0] for one in correct]
    answered = [at for at, ask in enumerate(answers) if ask["status"] != "abstained"]
    confidences, outcomes = [answers[at]["confidence"] for at in answered], [right[at] for at in answered]
    declined = Counter(ask["reason"] for ask in answers if ask["status"] == "abstained")
    return AnswerScores(
        _share(right),
        _share([any(one) for one in correct]),
        {status: _status_scores(status, answers, right) for status in ("answered", "partial", "abstained")},
        dict(declined.most_common()),
        1 - len(answered) / len(rows),
        calibration_error(confidences, outcomes, BINS) if answered else None,
        risk_coverage(confidences, outcomes).area if answered else None,
        sum(bool(ask["error"]) for ask in answers),
        float(np.median([ask["seconds"] for ask in answers])),
        float(np.mean([ask["model_calls"] for ask in answers])),
        fold_errors(
            [(rows[at]["set"], rows[at]["video"]) for at in answered],
            [float(c) for c in confidences],
            outcomes,
        ),
    )


def fold_errors(
    videos: Sequence[tuple[str, str]], confidences: Sequence[float], right: Sequence[bool]
) -> FoldErrors | None:
    """ECE on either half of the videos; None where a half has no answer.

    Args:
        videos: (N,) set and name of the video of each answer.
        confidences: (N,) as stated.
        right: (N,) whether its first citation is correct.
    """
    odd = {
        video for name in {s for s, _ in videos} for video in sorted({v for v in videos if v[0] == name})[::2]
    }
    halves = [[at for at, video in enumerate(videos) if (video in odd) is is_odd] for is_odd in (True, False)]
    if not all(halves):
        return None
    pairs = [([confidences[at] for at in half], [right[at] for at in half]) for half in halves]
    stated = tuple(equal_count_error(*one, FOLD_BINS) for one in pairs)
    refitted = None
    if min(map(len, halves)) >= MIN_ANSWERS:
        maps = [fit(*pairs[1]), fit(*pairs[0])]
        refitted = tuple(
            equal_count_error([each(value) for value in own], marks, FOLD_BINS)
            for each, (own, marks) in zip(maps, pairs, strict=True)
        )
    return FoldErrors((stated[0], stated[1]), None if refitted is None else (refitted[0], refitted[1]))


def _citations_correct(row: Row) -> list[bool]:
    gold = as_windows(row["gold"])
    return [is_correct_window(window, gold) for window in as_windows(row["ask"]["cited"])]


def _status_scores(status: Status, answers: Sequence[Row], right: Sequence[bool]) -> StatusScores:
    those = [at for at, ask in enumerate(answers) if ask["status"] == status]
    if not those:
        return StatusScores(0, None, None)
    confidence = float(np.mean([answers[at]["confidence"] for at in those]))
    return StatusScores(len(those), _share([right[at] for at in those]), confidence)


def _recall_flags(ranked: Sequence[Array], gold: Sequence[Array], k: int) -> list[bool]:
    return [any(is_correct_window(window, g) for window in p[:k]) for p, g in zip(ranked, gold, strict=True)]


def _iou_flags(ranked: Sequence[Array], gold: Sequence[Array], k: int) -> list[bool]:
    return [bool((iou(p[:k, None], g[None]) >= MIN_IOU).any()) for p, g in zip(ranked, gold, strict=True)]


def _comparisons(
    ranked: Mapping[str, Sequence[Array]], gold: Sequence[Array], ids: Sequence[str], seed: int
) -> list[PairedComparison]:
    """Search and ask against the baseline that is best on the same questions, and ask against search.

    By R@1 and by IoU>=.3@1, here `IoU@1`.
    """
    measures: dict[str, Callable[..., list[bool]]] = {"R@1": _recall_flags, "IoU@1": _iou_flags}
    found = []
    for measure, flags in measures.items():
        right = {name: dict(zip(ids, flags(rows, gold, 1), strict=True)) for name, rows in ranked.items()}
        best = max(
            (name for name in right if name not in (SEARCH, ASK)), key=lambda name: sum(right[name].values())
        )
        for one, other in ((SEARCH, best), (ASK, best), (ASK, SEARCH)):
            found.append(compare_paired(f"{measure} {one}", right[one], other, right[other], seed))
    return found


def _speaker_comparison(rows: Sequence[Row], seed: int) -> list[PairedComparison]:
    """Search with the speakers that questions name against search without them, over those questions."""
    named = [row for row in rows if row["names_speaker"]]
    if not named:
        return []
    ids, gold = [row["id"] for row in named], [as_windows(row["gold"]) for row in named]
    right = [
        dict(zip(ids, _recall_flags([as_windows(row[name]) for row in named], gold, 1), strict=True))
        for name in ("search", "search_without_speakers")
    ]
    label = f"R@1 search, {len(named)} questions that name a speaker"
    return [compare_paired(label, right[0], "without speakers", right[1], seed)]


def _share(flags: Sequence[bool]) -> float:
    return float(np.mean(flags))

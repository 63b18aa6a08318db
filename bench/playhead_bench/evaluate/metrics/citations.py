"""Citation precision, recall and F1: by window against gold windows, and by video as MiRAGE does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from playhead_index.window import Window, join_windows

MIN_INSIDE = 0.5


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """A window of a video, as an answer cites it or as the gold answer rests on it."""

    video_id: str
    window: Window


@dataclass(frozen=True, slots=True)
class Counts:
    """Amounts of which precision, recall and F1 are made; they add up over answers.

    Args:
        cited: citations given (or seconds cited).
        right: of these, the right ones.
        gold: gold windows (or seconds).
        found: of these, the found ones.
    """

    cited: float
    right: float
    gold: float
    found: float

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.cited + other.cited,
            self.right + other.right,
            self.gold + other.gold,
            self.found + other.found,
        )

    @property
    def precision(self) -> float:
        """Part of the citations that is right; without citations 1 if nothing was to be cited, else 0."""
        return self.right / self.cited if self.cited else float(not self.gold)

    @property
    def recall(self) -> float:
        """Part of the gold that was found; without gold 1 if nothing was cited, else 0."""
        return self.found / self.gold if self.gold else float(not self.cited)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 when both are 0."""
        return _f1(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class CitationScores:
    """Precision, recall and F1 as parts of 1.

    Args:
        precision: micro: over all citations; macro: mean over answers.
        recall: likewise.
        f1: micro: of the two above; macro: mean of the answers' F1.
    """

    precision: float
    recall: float
    f1: float


def count_windows(
    cited: Iterable[Citation], gold: Iterable[Citation], min_inside: float = MIN_INSIDE
) -> Counts:
    """Citations and gold windows that agree, counted one by one.

    A citation is right when at least `min_inside` of it lies in gold windows of its video (the IoP rule of
    NExT-GQA, Xiao et al., 2024); a gold window is found when a right citation shares some of it. The same
    citation given twice counts once. So citing a whole video is wrong, and citing one moment of three
    finds one of three.
    """
    citations, gold_windows = sorted(set(cited)), sorted(set(gold))
    right = [
        each for each in citations if _inside_s(each, gold_windows) >= min_inside * each.window.duration_s
    ]
    found = [each for each in gold_windows if _inside_s(each, right) > 0]
    return Counts(len(citations), len(right), len(gold_windows), len(found))


def count_seconds(cited: Iterable[Citation], gold: Iterable[Citation]) -> Counts:
    """Seconds cited, seconds of gold, and the seconds that are both; overlapping windows count once."""
    citations, gold_windows = _joined(cited), _joined(gold)
    both = sum(_inside_s(each, gold_windows) for each in citations)
    return Counts(_seconds(citations), both, _seconds(gold_windows), both)


def micro(counts: Sequence[Counts]) -> CitationScores:
    """The scores of all answers' citations taken together; every citation weighs the same."""
    total = sum(counts, Counts(0, 0, 0, 0))
    return CitationScores(total.precision, total.recall, total.f1)


def macro(counts: Sequence[Counts]) -> CitationScores:
    """The mean of the answers' scores; every answer weighs the same.

    Raises:
        ValueError: there are no answers.
    """
    if not counts:
        raise ValueError("the mean over answers needs at least one answer")
    by_name = ((each.precision, each.recall, each.f1) for each in counts)
    precision, recall, f1 = (sum(values) / len(counts) for values in zip(*by_name, strict=True))
    return CitationScores(precision, recall, f1)


Entails = Callable[[str, Sequence[str]], bool]
"""Whether some sentences, taken together, support a claim; a model, or `is_verbatim` in tests."""


def is_verbatim(claim: str, sentences: Sequence[str]) -> bool:
    """Whether one of the sentences is the claim, word for word, letter case aside."""
    return " ".join(claim.lower().split()) in {" ".join(each.lower().split()) for each in sentences}


def cite_f1(
    predicted: Sequence[tuple[str, Sequence[str], Sequence[str]]],
    reference: Mapping[str, Sequence[str]],
    entails: Entails,
) -> CitationScores:
    """CiteF1 of one topic's report against a reference, at the level of whole videos, as MiRAGE does.

    Martin et al., 2025, arXiv:2510.24870, reference mode. Precision: predicted claims that follow from what
    the reference says of the videos that the report cites. Recall: reference claims that follow from the
    sentences that cite one of the claim's videos; claims without a video are left out.

    Args:
        predicted: the report's sentences as (sentence, its claims, the videos it cites).
        reference: the videos that support each claim of the reference.
        entails: the judge.
    """
    sentences_by_video: dict[str, list[str]] = {}
    for sentence, _, videos in predicted:
        for video in dict.fromkeys(videos):
            sentences_by_video.setdefault(video, []).append(sentence)
    cited_claims = [
        claim for claim, videos in reference.items() if any(video in sentences_by_video for video in videos)
    ]
    claims = list(dict.fromkeys(claim for _, found, _ in predicted for claim in found))
    cited_reference = {claim: videos for claim, videos in reference.items() if videos}
    right = sum(entails(claim, cited_claims) for claim in claims)
    found = 0
    for claim, videos in cited_reference.items():
        found += any(
            entails(claim, sentences_by_video[video]) for video in videos if video in sentences_by_video
        )
    precision = right / len(claims) if claims else 0.0
    recall = found / len(cited_reference) if cited_reference else 0.0
    return CitationScores(precision, recall, _f1(precision, recall))


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _inside_s(one: Citation, others: Iterable[Citation]) -> float:
    windows = join_windows(each.window for each in others if each.video_id == one.video_id)
    return sum(one.window.overlap_s(window) for window in windows)


def _joined(citations: Iterable[Citation]) -> list[Citation]:
    by_video: dict[str, list[Window]] = {}
    for each in citations:
        by_video.setdefault(each.video_id, []).append(each.window)
    return [Citation(video, window) for video in sorted(by_video) for window in join_windows(by_video[video])]


def _seconds(citations: Sequence[Citation]) -> float:
    return sum(each.window.duration_s for each in citations)

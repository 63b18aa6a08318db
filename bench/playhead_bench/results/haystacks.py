"""Needles searched for in made haystacks through the product, one cell a needle."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playhead import Library
from playhead.models import ModelNames
from playhead_bench.demo_questions import with_article
from playhead_bench.evaluate.library_finder import LibraryFinder
from playhead_bench.evaluate.metrics.overlap import as_windows
from playhead_bench.evaluate.metrics.search import window_recall_at
from playhead_bench.evaluate.tasks import render_if_missing
from playhead_bench.world.needles import HeatMapCell, NeedleKind, needle_story
from playhead_bench.world.video_questions import WorldQuestion
from playhead_index.errors import PlayheadError
from playhead_index.index_settings import IndexSettings
from playhead_index.search.results import Lane

DEPTHS, MINUTES = (0.1, 0.5, 0.9), (2.0, 10.0, 30.0)
LANES: dict[NeedleKind, tuple[Lane, ...]] = {
    "thing": ("picture",),
    "card": ("screen",),
    "speech": ("speech",),
}
"""Where a needle can be found; what else would be searched is not made ready."""
FIRST_RANK, MAX_RANK = 1, 5


@dataclass(frozen=True, slots=True)
class NeedleResult:
    """The search result of one needle.

    Args:
        kind: of needle.
        minutes: of the haystack.
        depth: of the needle, from 0 to 1.
        seed: of both.
        query: text of the search.
        found_at_1: the first moment covers at least half of the needle's window.
        found_at_5: the first five do.
    """

    kind: NeedleKind
    minutes: float
    depth: float
    seed: int
    query: str
    found_at_1: float
    found_at_5: float

    def cell(self) -> HeatMapCell:
        """The same for a heat map."""
        return HeatMapCell(self.minutes, self.depth, self.found_at_1)

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def query_of(kind: NeedleKind, question: WorldQuestion) -> str:
    """The query of a needle: the name of the object, or the question."""
    return with_article(question.object_labels[0]) if kind == "thing" else question.text


def search_needles(
    kind: NeedleKind,
    folder: Path,
    *,
    depths: Sequence[float] = DEPTHS,
    minutes: Sequence[float] = MINUTES,
    seeds: Sequence[int] = (0,),
    say: Callable[[str], None] = lambda text: None,
) -> list[NeedleResult]:
    """Makes haystacks with a needle each, indexes them into one library, and searches each by itself.

    Args:
        kind: of needle.
        folder: for videos and the library; what is there already is used again.
        depths: from 0 to 1.
        minutes: lengths.
        seeds: a needle and a haystack for each.
        say: called with a line of progress.

    Raises:
        ModelUnavailable: there is no nano-clip, and things are to be found.
        PlayheadError: a video cannot be indexed.
    """
    places = [(long, depth, seed) for long in minutes for depth in depths for seed in seeds]
    stories = [needle_story(kind, depth, long, seed=seed) for long, depth, seed in places]
    videos = {story.name: render_if_missing(story, folder / "videos") for story, _ in stories}
    library = Library(folder / f"library-{kind}", models_for(kind))
    for report in library.index(list(videos.values()), IndexSettings(transcribe="never")):
        say(f"{report.status} {report.path.name} in {report.seconds:.1f} s")
        if report.status in ("failed", "refused"):
            raise PlayheadError(f"{report.path}: cannot be indexed: {report.error}")
    finder = LibraryFinder(library, videos, lanes=LANES[kind])
    pairs = zip(places, stories, strict=True)
    return [_search_needle(kind, *place, finder, question) for place, (_, question) in pairs]


def models_for(kind: NeedleKind) -> ModelNames:
    """The models that can find a needle, all others off."""
    return ModelNames(
        picture="nano:" if kind == "thing" else "off",
        appearance="off",
        words="off" if kind == "thing" else "auto",
        speech="off",
        screen="auto" if kind == "card" else "off",
    )


def _search_needle(
    kind: NeedleKind, minutes: float, depth: float, seed: int, finder: LibraryFinder, question: WorldQuestion
) -> NeedleResult:
    query = query_of(kind, question)
    places = finder.moments(query, question.videos, MAX_RANK)
    found = as_windows([[window.start_s, window.end_s] for _, window in places])
    gold = as_windows([[window.start_s, window.end_s] for window in question.windows])
    recall = window_recall_at([found], [gold], (FIRST_RANK, MAX_RANK))
    return NeedleResult(kind, minutes, depth, seed, query, float(recall[FIRST_RANK]), float(recall[MAX_RANK]))

"""A made video, questions about it and an answerer that sees its colours, for tests of the harness."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.made_videos import colours

from playhead_bench.evaluate.answerer import FrameClip
from playhead_bench.evaluate.decode_frames import FrameSource
from playhead_bench.evaluate.product_variants import ProductVariant
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.protocol import EvaluationSession, FinderAnswer, VideoWindow
from playhead_bench.testing import ScriptedAnswerer
from playhead_index.errors import LibraryError
from playhead_index.window import Window
from playhead_tools.evidence import Answer

COLOURS = ("red", "green", "blue")


def three_colours(folder: Path) -> Path:
    """Red, green and blue, six seconds each."""
    parts = [((220, 20, 20), 6.0), ((20, 200, 20), 6.0), ((20, 20, 220), 6.0)]
    return colours(folder / "three-colours.mp4", parts).path


def sees(clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> str:
    """The colour of a clip's last frame: an answerer that knows what it is shown and nothing else."""
    if clip is None:
        return "not visible"
    strongest = int(clip.frames[-1].reshape(-1, 3).mean(axis=0).argmax())
    colour = COLOURS[strongest]
    return "ABC"[options.index(colour)] if options else colour


def session_of(
    videos: dict[str, Path], finder: "ScriptedFinder | None" = None, budget: int = 8
) -> EvaluationSession:
    """A desk with the answerer above."""
    return EvaluationSession(ScriptedAnswerer(sees), FrameSource(videos, 32), finder, budget)


def sample(
    name: str,
    answer: str | None,
    *windows: tuple[float, float],
    options: tuple[str, ...] = COLOURS,
    kind: str = "colour",
) -> Sample:
    """A question about the video `v`; not answerable when its answer is None."""
    index = options.index(answer) if answer in options else None
    return Sample(
        name, ("v",), "What colour is it?", options, answer, index, tuple(Window(*w) for w in windows), kind,
        answer is not None,
    )  # fmt: skip


@dataclass
class ScriptedFinder:
    """A `BenchmarkFinder` with fixed results."""

    found: list[VideoWindow]
    scores: tuple[object, object] = ((), ())
    answer: Answer | None = None
    calls: list[tuple[tuple[str, ...], ProductVariant]] = field(default_factory=list)

    def moments(self, text: str, video_ids: Sequence[str], limit: int) -> list[VideoWindow]:
        return self.found[:limit]

    def require_frame_vectors(self) -> None:
        """The scores are given."""

    def frame_scores(self, text: str, video_id: str):  # type: ignore[no-untyped-def]
        return self.scores

    def ask(
        self, question: str, video_ids: Sequence[str], options: Sequence[str], variant: ProductVariant
    ) -> FinderAnswer:
        if self.answer is None:
            raise LibraryError("nothing to say")
        self.calls.append((tuple(options), variant))
        return FinderAnswer(self.answer, tuple(self.found), tuple(self.found))

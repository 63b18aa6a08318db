"""One evaluation from questions to report: index, run, write down."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from playhead import Library
from playhead.load_video_model import load_video_llm
from playhead.models import ModelNames
from playhead.video_models import AUTO, OFF
from playhead_bench.evaluate.answerer import ClipAnswerer
from playhead_bench.evaluate.decode_frames import DEFAULT_BUDGET, SHORT_SIDE_PX, FrameSource
from playhead_bench.evaluate.library_finder import LibraryFinder
from playhead_bench.evaluate.manifest import make_manifest
from playhead_bench.evaluate.observation_cache import NoModel, ObservationCache
from playhead_bench.evaluate.paired_comparison import PairedComparison, comparisons
from playhead_bench.evaluate.plots import draw_bars
from playhead_bench.evaluate.product_variants import CachedVlm, Product
from playhead_bench.evaluate.report import StrategySummary, summaries
from playhead_bench.evaluate.runner import run
from playhead_bench.evaluate.strategies.protocol import EvaluationSession, EvaluationStrategy
from playhead_bench.evaluate.tables import markdown, record
from playhead_bench.evaluate.tasks import Task
from playhead_bench.evaluate.transformers_answerer import TransformersAnswerer
from playhead_index.errors import ModelUnavailable, PlayheadError
from playhead_index.index_settings import IndexSettings
from playhead_tools.video_llm.compression_choice import Compression
from playhead_tools.video_llm.protocol import VideoLLM

ANSWERER = "answerer"


@dataclass(frozen=True, slots=True)
class Settings:
    """How an evaluation is run.

    Args:
        folder: of the run; its library stands in `library/` inside.
        answerer: the same for every strategy.
        models: of the library; its video-LLM, where it is `auto`, is the answerer, so that the product and
            all strategies use the same one.
        budget: most frames shown for a question.
        seed: of whatever is drawn.
        replay: score cached replies and call no model.
        recipe: of the indexing.
        compression: of the product's video-LLM, where a strategy does not set its own.
    """

    folder: Path
    answerer: ClipAnswerer
    models: ModelNames
    budget: int = DEFAULT_BUDGET
    seed: int = 0
    replay: bool = False
    recipe: IndexSettings = field(default_factory=lambda: IndexSettings(transcribe="never"))
    compression: Compression = field(default_factory=Compression)


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """A run that has come to its end: where it is, its tables, and these with all else as JSON."""

    folder: Path
    summaries: tuple[StrategySummary, ...]
    record: dict[str, Any]
    pairs: tuple[PairedComparison, ...] = ()


def evaluate(
    task: Task,
    strategies: Sequence[EvaluationStrategy],
    settings: Settings,
    *,
    say: Callable[[str], None] = lambda text: None,
) -> EvaluationResult:
    """Indexes a task's videos where a strategy searches, runs the strategies, writes the report.

    Args:
        task: questions and videos.
        strategies: what is compared.
        settings: how.
        say: called with a line of progress.

    Raises:
        PlayheadError: there is nothing to ask, or a video, a model or the folder is not as needed.
    """
    if not task.samples:
        raise PlayheadError("there are no questions to ask; see the notes above, or choose another split")
    finder = None
    needed = {strategy.needs for strategy in strategies}
    if needed & {"library", "pictures"}:
        finder = index_videos(task, settings, say)
        if "pictures" in needed:
            finder.require_frame_vectors()
    session = EvaluationSession(
        settings.answerer, FrameSource(task.videos), finder, settings.budget, settings.seed
    )
    models = {ANSWERER: f"{settings.answerer.name}@{settings.answerer.revision}"}
    run_settings = {"task": task.name, "budget": settings.budget, "transcribe": settings.recipe.transcribe}
    if settings.compression != Compression():
        run_settings["compression"] = str(settings.compression)
    spaces = {} if finder is None else _spaces(finder.library)
    manifest = make_manifest(task.samples, models, run_settings, settings.seed, spaces)
    say(f"{len(strategies)} strategies × {len(task.samples)} questions")
    rows = run(
        settings.folder,
        task.samples,
        strategies,
        session,
        manifest,
        replay=settings.replay,
        on_row=_row_printer(say),
    )
    table, pairs = summaries(rows, settings.seed), comparisons(rows, settings.seed)
    report = {"task": task.name, "questions": len(task.samples), **record(table, pairs)}
    title = f"{task.name}: {len(task.samples)} questions, {settings.answerer.name}"
    write_report(settings.folder, table, report, title, say, pairs)
    return EvaluationResult(settings.folder, tuple(table), report, tuple(pairs))


def index_videos(task: Task, settings: Settings, say: Callable[[str], None]) -> LibraryFinder:
    """A search over the task's videos, those not yet in the run's library indexed first.

    Raises:
        PlayheadError: a video cannot be indexed.
    """
    library = Library(settings.folder / "library", models_of(settings))
    for report in library.index(list(task.videos.values()), settings.recipe):
        say(f"{report.status} {report.path.name}: {report.segments} segments in {report.seconds:.1f} s")
        if report.status in ("failed", "refused"):
            raise PlayheadError(f"{report.path}: cannot be indexed: {report.error}")
    product = Product(library, load_cached_vlm(library, settings))
    return LibraryFinder(library, task.videos, product=product)


def models_of(settings: Settings) -> ModelNames:
    """The models of a run's library: its video-LLM is the answerer, and none where that is no checkpoint."""
    models, answerer = settings.models, settings.answerer
    if models.video != AUTO:
        return models
    video = str(answerer.folder) if isinstance(answerer, TransformersAnswerer) else OFF
    return replace(models, video=video)


def load_cached_vlm(library: Library, settings: Settings) -> CachedVlm | None:
    """The video-LLM of the product with the cache of the run; of a replay the cache alone.

    Raises:
        ModelUnavailable: the video-LLM is not there.
        RunDamaged: the cache cannot be read.
    """
    answerer = settings.answerer
    cache = ObservationCache(
        settings.folder, _revision(settings), short_side_px=SHORT_SIDE_PX, replay=settings.replay
    )
    if settings.replay:
        return (
            None
            if cache.plain_prompt is None
            else CachedVlm(lambda part: NoModel(answerer.name), cache.plain_prompt, cache)
        )
    choice = library.video_choice
    if choice.backend == OFF:
        return None

    @lru_cache(maxsize=1)  # strategies come one after the other, so that one set of weights is held at a time
    def model(part: float) -> VideoLLM:
        compression = settings.compression if part == 1 else Compression(ratio=part)
        return load_video_llm(choice, library.models.device, compression, frame_scores=library.frame_scores)

    return CachedVlm(model, choice.plain_prompt, cache)


def _revision(settings: Settings) -> str:
    """The revision of the answerer, with the compression where it is not the product's default."""
    own = "" if settings.compression == Compression() else f"-{settings.compression}"
    return f"{settings.answerer.revision}{own}"


def write_report(
    folder: Path,
    table: Sequence[StrategySummary],
    report: dict[str, Any],
    title: str,
    say: Callable[[str], None] = lambda text: None,
    pairs: Sequence[PairedComparison] = (),
) -> None:
    """Writes `report.json`, `report.md`, and `report.png` where matplotlib is there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / "report.md").write_text(markdown(table, title, pairs), "utf-8")
    try:
        draw_bars(table, folder / "report.png", title)
    except ModelUnavailable as error:
        say(f"no picture of the table: {error}")


def _spaces(library: Library) -> dict[str, str]:
    manifest = library.manifest
    spaces = {} if manifest is None else manifest.spaces
    return {name: f"{space['model']}@{space['revision']}" for name, space in spaces.items()}


def _row_printer(say: Callable[[str], None]) -> Callable[[dict[str, Any]], None]:
    def tell(row: dict[str, Any]) -> None:
        mark = {True: "right", False: "wrong", None: "?"}[row["right"]]
        say(f"{row['strategy']} {row['id']}: {mark} ({row['status']}) {row['text'][:60]!r}")

    return tell

"""Tests of whole evaluations: tasks, the library's search by benchmark names, and `playhead eval`."""

import json
import shutil
from pathlib import Path

import pytest
import typer
from tests.bench.made_eval import sample, sees, three_colours
from tests.tiny_video_llm import make_tiny_video_llm
from typer.testing import CliRunner

from playhead import Library
from playhead.models import ModelNames
from playhead_bench.evaluate.command import command
from playhead_bench.evaluate.library_finder import LibraryFinder
from playhead_bench.evaluate.manifest import read_manifest
from playhead_bench.evaluate.run_evaluation import Settings, evaluate
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.strategies.registry import strategies_named
from playhead_bench.evaluate.tasks import Task, draw_samples, format_task, render_if_missing, world_task
from playhead_bench.oracle.encoder import OracleEncoder
from playhead_bench.oracle.library import fill_library, oracle_searcher
from playhead_bench.testing import ScriptedAnswerer
from playhead_bench.world.story import Scene, SceneObject, Story
from playhead_index.errors import ModelUnavailable, PlayheadError, VideoUnknown
from playhead_index.index_settings import IndexSettings
from playhead_index.window import Window

NO_MODELS = ModelNames("off", "off", "off", "off", "off")
NEVER = IndexSettings(transcribe="never")


def scene(name: str, start_s: float, end_s: float, thing: SceneObject) -> Scene:
    return Scene(name, name, Window(start_s, end_s), False, (thing,))  # type: ignore[arg-type]


STORY = Story(
    "walk", 0,
    (
        scene("beach", 0, 24, SceneObject("star", "red", 0.3, (0.5, 0.5))),
        scene("hall", 24, 48, SceneObject("car", "blue", 0.3, (0.5, 0.5))),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, Path]:
    folder = tmp_path_factory.mktemp("walk")
    path = render_if_missing(STORY, folder)
    library = Library(folder / "library", NO_MODELS)
    assert [report.status for report in library.index([path], NEVER)] == ["indexed"]
    return library, path


def test_the_products_search_is_asked_by_the_benchmarks_names(walk: tuple[Library, Path]) -> None:
    library, path = walk
    oracle = OracleEncoder()
    fill_library(library.catalog, {library.video_id(str(path)): STORY}, oracle)
    library.searcher = oracle_searcher(library.catalog, oracle)
    finder = LibraryFinder(library, {"clip-1": path}, picture=oracle)
    video_id, window = finder.moments("the blue car", ["clip-1"], 3)[0]
    assert video_id == "clip-1"
    assert window.overlap_s(Window(24, 48)) / window.duration_s > 0.9
    times_s, scores = finder.frame_scores("red star", "clip-1")
    assert times_s[scores.argmax()] < 24


def test_a_video_that_was_not_indexed_is_named(walk: tuple[Library, Path]) -> None:
    with pytest.raises(VideoUnknown, match="does not hold video 'other'"):
        LibraryFinder(walk[0], {"other": Path("other.mp4")}).moments("star", ["other"], 1)


def test_frames_cannot_be_scored_without_an_encoder(tmp_path: Path) -> None:
    library = Library(tmp_path / "library", NO_MODELS)
    path = three_colours(tmp_path)
    list(library.index([path], NEVER))
    with pytest.raises(ModelUnavailable, match="no picture vectors"):
        LibraryFinder(library, {"v": path}).frame_scores("red", "v")


def test_made_videos_are_rendered_once(tmp_path: Path) -> None:
    first = world_task(tmp_path, [0.2], per_kind=1)
    (path,) = first.videos.values()
    before = path.stat().st_mtime_ns
    again = world_task(tmp_path, [0.2], per_kind=1)
    assert (again, path.stat().st_mtime_ns) == (first, before)
    assert len({sample.id for sample in first.samples}) == len(first.samples) > 3


def questions(*kinds: str) -> list[Sample]:
    return [Sample(f"q{i}", ("v",), "Which?", kind=kind) for i, kind in enumerate(kinds)]


def test_a_limit_keeps_every_kind() -> None:
    samples = draw_samples(questions("a", "a", "a", "a", "b", "c"), 3)
    assert sorted(sample.kind for sample in samples) == ["a", "b", "c"]


def test_a_question_can_be_asked_without_its_options() -> None:
    question = Sample("q", ("v",), "Which?", ("red", "blue"), None, 1)
    absent = Sample("r", ("v",), "Which?", ("red", "none"), None, 1, answerable=False)
    opened = Task("t", (question, absent), {}).opened().samples
    assert [(one.options, one.answer, one.answer_index) for one in opened] == [
        ((), "blue", None), ((), None, None),
    ]  # fmt: skip


def test_a_benchmarks_file_is_laid_beside_a_folder_of_videos(tmp_path: Path) -> None:
    path = three_colours(tmp_path)
    rows = [
        {"q_uid": "three-colours", "question": "Which?", "option 0": "red", "option 1": "blue", "truth": 0},
        {"q_uid": "gone", "question": "Which?", "option 0": "red", "option 1": "blue", "truth": 0},
    ]
    (tmp_path / "questions.json").write_text(json.dumps(rows))
    task = format_task("egoschema", tmp_path / "questions.json", tmp_path)
    assert [sample.id for sample in task.samples] == ["three-colours"]
    assert task.videos == {"three-colours": path}
    assert "left out 1 questions" in task.notes[-1]


def test_an_evaluation_writes_its_report(tmp_path: Path) -> None:
    samples = (sample("a", "green", (7, 11)), sample("b", "red", (1, 5)))
    task = Task("colours", samples, {"v": three_colours(tmp_path)})
    settings = Settings(tmp_path / "run", ScriptedAnswerer(sees), NO_MODELS, 8)
    found = evaluate(task, strategies_named(["blind", "agent-words", "gold"]), settings)
    assert [summary.accuracy.right for summary in found.summaries] == [0, 0, 2]
    written = {path.name for path in (tmp_path / "run").iterdir() if path.is_file()}
    assert written >= {
        "run.jsonl",
        "replies.jsonl",
        "manifest.json",
        "report.json",
        "report.md",
        "report.png",
    }


def test_an_evaluation_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlayheadError, match="no questions to ask"):
        evaluate(Task("none", (), {}), [], Settings(tmp_path, ScriptedAnswerer([]), NO_MODELS))


def test_more_strategies_join_a_run_though_only_they_search(tmp_path: Path) -> None:
    task = Task("colours", (sample("a", "green", (7, 11)),), {"v": three_colours(tmp_path)})
    settings = Settings(tmp_path / "run", ScriptedAnswerer(sees), NO_MODELS, 8)
    evaluate(task, strategies_named(["gold"]), settings)
    found = evaluate(task, strategies_named(["agent-words", "gold"]), settings)
    assert [summary.name for summary in found.summaries] == ["gold", "agent-words"]
    manifest = read_manifest(tmp_path / "run")
    assert manifest is not None
    assert list(manifest.library) == ["layout"]


def test_strategies_that_cannot_work_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    task = Task("colours", (sample("a", "green", (7, 11)),), {"v": three_colours(tmp_path)})
    settings = Settings(tmp_path / "run", ScriptedAnswerer([]), NO_MODELS, 8)
    with pytest.raises(ModelUnavailable, match="name a picture model, or other strategies"):
        evaluate(task, strategies_named(["blind", "aks"]), settings)


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(command)
    return made


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["world", "--strategies", "magic"], "no strategy is called 'magic'"),
        (["world", "--split", "train"], "--split is dev or test, got 'train'"),
        (["world", "--minutes", "one"], "--minutes takes numbers"),
        (["egoschema"], "egoschema needs --annotations"),
    ],
)
def test_wrong_usage_is_named(app: typer.Typer, arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "300", "TERM": "dumb"})
    assert result.exit_code == 2
    assert message in result.output


def test_the_command_compares_strategies_at_a_real_model_and_replays_them(
    app: typer.Typer, tmp_path: Path
) -> None:
    model = make_tiny_video_llm(tmp_path / "tiny-vlm")
    arguments = [
        "world", "--minutes", "0.2", "--strategies", "blind,gold", "--limit", "2", "--max-frames", "4",
        "--out", tmp_path / "run", "--model", model, "--device", "cpu", "--json",
    ]  # fmt: skip
    first = CliRunner().invoke(app, list(map(str, arguments)))
    shutil.rmtree(model)
    again = CliRunner().invoke(app, [*map(str, arguments), "--replay"])
    assert (first.exit_code, again.exit_code) == (0, 0)
    report = json.loads(first.stdout)
    assert (report["task"], report["questions"]) == ("world-dev-iid", 2)
    assert [one["name"] for one in report["strategies"]] == ["blind", "gold"]
    assert [one["accuracy"] for one in json.loads(again.stdout)["strategies"]] == [
        one["accuracy"] for one in report["strategies"]
    ]


def test_two_videos_of_a_length_are_asked_about_together(tmp_path):
    task = world_task(tmp_path, [0.5], each=2, per_kind=1)
    over = [sample for sample in task.samples if len(sample.video_ids) > 1]
    assert {sample.video_ids for sample in over} == {tuple(task.videos)}

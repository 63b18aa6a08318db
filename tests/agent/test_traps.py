"""Traps that other agents fell into, each with the proof that this one does not."""

import ast
import dataclasses
from pathlib import Path

import pytest
from tests.agent.seen_world import World
from tests.tools.made_library import LECTURE, SEGMENT_SQL, SPANS, VIDEO_SQL, WordFinder, make_library

from playhead_agent.limits import Limits
from playhead_agent.persistence.checkpoints import CHECKPOINTS_NAME, open_checkpointer
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.testing import ScriptedChatModel
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window, format_time, parse_time
from playhead_tools.evidence import Answer

ROOT = Path(__file__).parents[2]
AGENT = sorted((ROOT / "agent/playhead_agent").rglob("*.py"))
SHIPPED = [*AGENT, *sorted((ROOT / "tools/playhead_tools").rglob("*.py"))]
OPTIONS = ("a ball", "a kite", "a bone")
IN_LECTURE = Scope((LECTURE,))


def called(path: Path) -> set[str]:
    """The bare names of the functions that a file calls."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def imported(path: Path) -> set[str]:
    """The modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def asked(catalog: Catalog, question: str, scope: Scope | None = IN_LECTURE) -> Answer:
    return ask(question, context=Context(WordFinder(catalog), catalog), scope=scope)


def test_a_reply_that_names_no_option_is_no_choice_and_no_dice_are_thrown(made: Catalog) -> None:
    world = World(made, lambda asked, shown: "Hard to say, honestly.", moments=2)
    answers = [ask("What does the dog carry?", context=world.context(), options=OPTIONS) for _ in range(3)]
    assert len({answer.choice for answer in answers}) == 1
    assert all(answer.choice is None or answer.intervals for answer in answers)
    assert not [path.name for path in SHIPPED if "agent" in path.parts and "random" in imported(path)]


@pytest.mark.parametrize("name", ["input", "eval", "exec", "print"])
def test_neither_agent_nor_tools_read_the_keyboard_run_stored_text_or_talk_by_printing(name: str) -> None:
    assert not [path.name for path in SHIPPED if name in called(path)]


def test_every_library_keeps_its_own_checkpoints_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with open_checkpointer(tmp_path / "library"):
        assert (tmp_path / "library" / CHECKPOINTS_NAME).exists()
    assert list(elsewhere.iterdir()) == []


def test_no_words_of_a_question_reach_sql(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    asked(catalog, 'When does he mention "x\'; DROP TABLE span; --"?')
    assert len(catalog.spans(LECTURE)) == len([span for span in SPANS if span[0] == LECTURE])


def test_two_videos_of_one_name_are_two_videos(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    with catalog.atomic() as db:
        db.execute(VIDEO_SQL, ("twin", 300.0, "2024-02-01"))
        db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (str(tmp_path / "old/lecture.mp4"), "twin"))
        db.execute(SEGMENT_SQL, ("twin", 0, 0.0, 30.0))
    answer = asked(catalog, "When does he mention the exam?", Scope())
    assert {interval.video_id for interval in answer.intervals} == {LECTURE}
    assert asked(catalog, "When does he mention the exam?", Scope(("twin",))).intervals == ()


def test_json_that_is_cut_off_is_sent_back_once_and_then_reported(made: Catalog) -> None:
    model = ScriptedChatModel(replies=['{"answerable": true, "cl'] * 9)
    context = Context(WordFinder(made), made, model, limits=Limits(model_calls=9))
    answer = ask("When does he mention the exam?", context=context, scope=IN_LECTURE)
    assert len(model.seen) == 2
    assert any("extractive answer: " in note for note in answer.notes)


@pytest.mark.parametrize("kind", [Limits, Context])
def test_every_setting_is_read_somewhere(kind: type) -> None:
    text = "\n".join(path.read_text() for path in AGENT)
    names = [field.name for field in dataclasses.fields(kind)]
    assert [name for name in names if f".{name}" not in text] == []


def test_what_is_read_around_a_moment_does_not_widen_the_window_that_is_cited(made: Catalog) -> None:
    answer = asked(made, "What is said at 2:12?")
    assert [interval.window for interval in answer.intervals] == [Window(130.0, 136.0)]


def test_no_row_number_of_the_library_is_shown_to_people(made: Catalog) -> None:
    answer = asked(made, "What is on the slide when he first mentions Bayes?")
    text = f"{answer.text} {' '.join(answer.notes)}"
    assert answer.status == "answered"
    assert not [word for word in ("span:", "frame:", "segment", "span_id") if word in text]


def test_the_times_of_words_reach_the_prompt(made: Catalog) -> None:
    model = ScriptedChatModel(replies=["no json", "no json"])
    ask("When does he mention the exam?", context=Context(WordFinder(made), made, model), scope=IN_LECTURE)
    assert 'window="4:00–4:06" kind="speech"' in str(model.seen[0][1].content)


@pytest.mark.parametrize("term", ["U", "NOT", "Until Dawn", "before and after"])
def test_a_quoted_name_that_looks_like_an_operator_stays_a_name(tmp_path: Path, term: str) -> None:
    spans = [*SPANS, (LECTURE, "speech", 200.0, 204.0, f"The film is called {term} by the way.")]
    answer = asked(make_library(tmp_path, spans), f'When does he say "{term}"?')
    assert Window(200.0, 204.0) in [interval.window for interval in answer.intervals]


def test_nothing_found_is_no_window_and_an_event_at_the_very_start_is_one(made: Catalog) -> None:
    assert asked(made, "Does he mention quantum chromodynamics?").intervals == ()
    assert asked(made, "When does he mention the course?").intervals[0].window.start_s == 0.0
    with pytest.raises(ValueError, match="start"):
        Window(0.0, 0.0)


@pytest.mark.parametrize(("clock", "seconds"), [("1:02", 62.0), ("0:59", 59.0), ("1:00:05", 3605.0)])
def test_a_clock_and_its_seconds_are_the_same_time(clock: str, seconds: float) -> None:
    assert (parse_time(clock), format_time(seconds)) == (seconds, clock)

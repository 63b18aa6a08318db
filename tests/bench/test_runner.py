"""Tests of runs: rows on the disk, resuming, replaying, and what must not be mixed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.bench.made_eval import sample, session_of, three_colours

from playhead_bench.evaluate.answerer import FrameClip
from playhead_bench.evaluate.errors import ReplyMissing, RunDamaged, RunMismatch
from playhead_bench.evaluate.json_lines import LineWriter, read_lines
from playhead_bench.evaluate.manifest import make_manifest, read_manifest
from playhead_bench.evaluate.runner import run
from playhead_bench.evaluate.strategies.protocol import EvaluationSession
from playhead_bench.evaluate.strategies.without_search import BLIND, GOLD, RANDOM
from playhead_bench.testing import ScriptedAnswerer

SAMPLES = [sample("a", "red", (1, 5)), sample("b", "green", (7, 11)), sample("c", None)]
STRATEGIES = [BLIND, GOLD]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_colours(tmp_path_factory.mktemp("videos"))


@pytest.fixture
def session(video: Path) -> EvaluationSession:
    return session_of({"v": video})


def go(
    folder: Path, session: EvaluationSession, *, samples: Sequence[Any] = SAMPLES, **how: Any
) -> list[dict[str, Any]]:
    manifest = make_manifest(
        samples, {"answerer": session.answerer.revision}, {"budget": session.budget}, session.seed
    )
    return run(folder, samples, how.pop("strategies", STRATEGIES), session, manifest, **how)


def comparable_rows(rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["strategy"], row["id"], row["status"], row["right"]) for row in rows]


EXPECTED = [
    ("blind", "a", "abstained", False), ("blind", "b", "abstained", False), ("blind", "c", "abstained", True),
    ("gold", "a", "answered", True), ("gold", "b", "answered", True), ("gold", "c", "answered", False),
]  # fmt: skip


def test_every_strategy_answers_every_sample(tmp_path: Path, session: EvaluationSession) -> None:
    assert comparable_rows(go(tmp_path, session)) == EXPECTED
    assert comparable_rows(read_lines(tmp_path / "run.jsonl")) == EXPECTED


def test_a_row_says_what_was_shown_and_what_it_took(tmp_path: Path, session: EvaluationSession) -> None:
    row = go(tmp_path, session)[3]
    (call,) = row["calls"]
    assert (row["windows"], row["found"]) == ([[1, 5]], [["v", 1, 5]])
    assert (call["video"], call["times_s"][0], call["frames"], call["visual_tokens"]) == ("v", 1.0, 8, 80)
    assert row["seconds"] > 0


def test_the_manifest_says_what_the_run_was_made_with(tmp_path: Path, session: EvaluationSession) -> None:
    go(tmp_path, session)
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert (manifest.finished, manifest.samples["count"], manifest.models) == (True, 3, {"answerer": "1"})
    assert "numpy" in manifest.packages


class Stops:
    """Answers a few times, then Ctrl-C is pressed."""

    name, revision = "scripted", "1"

    def __init__(self, session: EvaluationSession, after: int) -> None:
        self.inner, self.left = session.answerer, after

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> Any:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return self.inner.answer(clip, question, options)


def test_a_run_that_is_stopped_goes_on_where_it_stood(tmp_path: Path, session: EvaluationSession) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, replace(session, answerer=Stops(session, 2)))
    assert (
        comparable_rows(read_lines(tmp_path / "run.jsonl")) == EXPECTED[:4]
    )  # blind asks the same words thrice
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert not manifest.finished
    assert comparable_rows(go(tmp_path, session)) == EXPECTED


def test_a_line_that_a_crash_cut_off_is_done_again(tmp_path: Path, session: EvaluationSession) -> None:
    go(tmp_path, session)
    path = tmp_path / "run.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    assert comparable_rows(read_lines(path)) == EXPECTED[:-1]
    assert comparable_rows(go(tmp_path, session)) == EXPECTED
    assert comparable_rows(read_lines(path)) == EXPECTED


def test_a_damaged_line_before_the_last_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{"b"\n{"c": 2}\n')
    with pytest.raises(RunDamaged, match=r"x.jsonl:2: not JSON"):
        read_lines(tmp_path / "x.jsonl")


def test_a_row_after_a_cut_line_stands_on_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"b')
    LineWriter(path).write({"c": 2})
    assert read_lines(path) == [{"a": 1}, {"c": 2}]


def test_the_same_question_about_the_same_frames_is_asked_once(
    tmp_path: Path, session: EvaluationSession
) -> None:
    go(tmp_path, session)
    assert isinstance(session.answerer, ScriptedAnswerer)
    assert len(session.answerer.calls) == 4  # blind once for all three, gold thrice


def test_a_replay_asks_nothing_and_gives_the_same_rows(tmp_path: Path, session: EvaluationSession) -> None:
    first = go(tmp_path, session)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = go(tmp_path, replace(session, answerer=ScriptedAnswerer([])), replay=True)
    assert comparable_rows(again) == comparable_rows(first)
    assert [row["calls"] for row in again] == [row["calls"] for row in first]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_replay_without_a_kept_reply_is_an_error(tmp_path: Path, session: EvaluationSession) -> None:
    go(tmp_path, session)
    with pytest.raises(
        ReplyMissing, match=r"keeps no reply of scripted 1 to 'What colour is it\?' \(8 frames\)"
    ):
        go(tmp_path, session, strategies=[RANDOM], replay=True)


def test_a_run_of_other_questions_is_not_mixed_in(tmp_path: Path, session: EvaluationSession) -> None:
    go(tmp_path, session)
    with pytest.raises(RunMismatch, match=r"holds a run with samples .* choose another folder with --out"):
        go(tmp_path, session, samples=SAMPLES[:2])


def test_a_run_of_another_model_is_not_mixed_in(tmp_path: Path, session: EvaluationSession) -> None:
    go(tmp_path, session)
    with pytest.raises(RunMismatch, match="holds a run with models"):
        go(tmp_path, replace(session, answerer=ScriptedAnswerer([], revision="2")))


def test_more_strategies_join_an_earlier_run(tmp_path: Path, session: EvaluationSession) -> None:
    go(tmp_path, session, strategies=[BLIND])
    assert comparable_rows(go(tmp_path, session, strategies=[BLIND, GOLD])) == EXPECTED


def test_samples_of_one_id_are_refused(tmp_path: Path, session: EvaluationSession) -> None:
    with pytest.raises(ValueError, match="'a' comes more than once"):
        go(tmp_path, session, samples=[SAMPLES[0], SAMPLES[0]])


def test_rows_are_plain_json(tmp_path: Path, session: EvaluationSession) -> None:
    rows = go(tmp_path, session)
    assert json.loads(json.dumps(rows)) == rows

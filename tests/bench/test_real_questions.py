"""Real questions: folders read, baselines ranked, answers scored, runs resumed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.made_videos import colours
from tests.shared_data import shared
from typer.testing import CliRunner

from playhead_bench.evaluate.command import command
from playhead_bench.evaluate.errors import QuestionsInvalid, ReplyMissing, RunMismatch
from playhead_bench.evaluate.json_lines import read_lines
from playhead_bench.evaluate.real_questions.baselines import (
    Bm25,
    TranscriptBaselines,
    chunk_transcript,
    tokenize,
)
from playhead_bench.evaluate.real_questions.data import QuestionSet, RealQuestion, read_sets
from playhead_bench.evaluate.real_questions.run_evaluation import RealSettings, evaluate_real
from playhead_bench.evaluate.real_questions.scoring import SetScores, fold_errors, score_sets
from playhead_bench.evaluate.real_questions.tables import markdown
from playhead_bench.results.__main__ import main as make_results
from playhead_bench.results.fragments import Fragment
from playhead_bench.results.page import section
from playhead_index.testing import FakeTextEmbedder
from playhead_index.window import Window
from playhead_index.words.protocol import Words

CUES = {
    "cooking": ["First we wash the rice.", "The oven needs ten minutes.", "Now the onions are fried."],
    "tennis": ["The serve is everything.", "A volley wins the point.", "She won the final in Paris."],
}
"""Each cue lasts four seconds, the first from 0 s on."""
QUESTIONS = [
    {
        "video": "cooking",
        "q": "How long does the oven need?",
        "gold": [[4, 8]],
        "dur": 12,
        "answer": "ten minutes",
    },
    {"video": "tennis", "q": "Where did she win the final?", "gold": [[8, 12]], "dur": 14},
    {"video": "tennis", "q": "What is said about elephants?", "gold": [[0, 4]], "dur": 14},
]


def clock(seconds: float) -> str:
    return f"00:00:{int(seconds):02d},000"


def write_set(folder: Path, rows: list[dict[str, Any]] = QUESTIONS) -> Path:
    """Two videos of 12 and 14 s, their subtitles, and questions."""
    folder.mkdir(parents=True)
    for number, (name, cues) in enumerate(CUES.items()):
        colours(folder / f"{name}.mp4", [((20, 20, 20), 12.0 + 2 * number)])
        blocks = [f"{i + 1}\n{clock(4 * i)} --> {clock(4 * i + 4)}\n{text}\n" for i, text in enumerate(cues)]
        (folder / f"{name}.srt").write_text("\n".join(blocks))
    (folder / "questions.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("real") / "talks")


# ---- the folder ----


def test_a_folder_of_questions_is_one_set_with_its_videos(talks: Path) -> None:
    (one,) = read_sets(talks)
    assert (one.name, list(one.videos)) == ("talks", ["cooking", "tennis"])
    assert [question.id for question in one.questions] == [
        "talks/cooking/1",
        "talks/tennis/2",
        "talks/tennis/3",
    ]
    assert one.questions[0].gold == (Window(4, 8),)
    assert (one.questions[0].reference, one.questions[1].reference) == ("ten minutes", "")


def test_a_folder_of_folders_is_a_set_for_each(talks: Path) -> None:
    assert [one.name for one in read_sets(talks.parent)] == ["talks"]


def test_halves_share_no_video_and_together_are_everything(talks: Path) -> None:
    (one,) = read_sets(talks)
    assert [q.id for q in one.half("odd").questions] == ["talks/cooking/1"]
    assert [q.id for q in one.half("even").questions] == ["talks/tennis/2", "talks/tennis/3"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gold": [[8, 4]]}, "row 1: ValueError: a window must be finite and end after it starts"),
        ({"gold": []}, r"row 1: gold must be windows inside \[0, 12\) s, got \[\]"),
        ({"gold": [[12, 14]]}, r"row 1: gold must be windows inside \[0, 12\) s"),
        ({"dur": 0}, "row 1: dur must be seconds above 0, got 0"),
        ({"q": " "}, "row 1: video and q must be texts"),
        ({"video": "chess"}, r"expected one video file named chess\.\*, got none"),
    ],
)
def test_a_row_that_is_not_as_expected_is_named(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "cooking.mp4").touch()
    (folder / "questions.json").write_text(json.dumps([QUESTIONS[0] | changed]))
    with pytest.raises(QuestionsInvalid, match=message):
        read_sets(folder)


def test_a_missing_field_is_named_with_an_example(tmp_path: Path) -> None:
    (tmp_path / "questions.json").write_text('[{"video": "a", "gold": [[0, 1]], "dur": 9}]')
    with pytest.raises(QuestionsInvalid, match=r"row 1: KeyError: 'q'; expected \{.video.: "):
        read_sets(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "cannot be read"), ("[]", "expected a JSON array of questions")]
)
def test_a_file_that_holds_no_questions_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "questions.json").write_text(text)
    with pytest.raises(QuestionsInvalid, match=message):
        read_sets(tmp_path)


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionsInvalid, match=r"no questions\.json in it or in its sub-folders"):
        read_sets(tmp_path)


def test_every_third_question_in_file_order_then_those_after_them() -> None:
    questions = tuple(RealQuestion(str(n), "s", f"v{n % 2}", "q", (Window(0, 1),), 9.0) for n in range(1, 8))
    whole = QuestionSet("s", {"v0": Path("v0.mp4"), "v1": Path("v1.mp4")}, questions)
    assert [one.id for one in whole.sample(3).questions] == ["1", "4", "7"]
    assert [one.id for one in whole.sample(3, 5).questions] == ["1", "2", "4", "5", "7"]
    assert whole.sample(3, 1).videos == {"v1": Path("v1.mp4")}
    assert whole.sample(1, None) == whole


# ---- baselines ----


def spans(*texts: tuple[float, str]) -> list[Words]:
    """Spans of four seconds."""
    return [Words("speech", "file:a.srt", Window(start_s, start_s + 4), text) for start_s, text in texts]


def test_a_chunk_reaches_from_its_first_span_to_the_end_of_its_last() -> None:
    chunks = chunk_transcript(spans((2, "a"), (28, "b"), (31, "c"), (95, "d")), 30)
    assert [(chunk.window, chunk.text) for chunk in chunks] == [
        (Window(2, 32), "a b"), (Window(31, 35), "c"), (Window(95, 99), "d"),
    ]  # fmt: skip


def test_bm25_scores_are_those_of_bm25s() -> None:
    bm25s = pytest.importorskip("bm25s")
    texts = [text for cues in CUES.values() for text in cues]
    peer = bm25s.BM25()
    peer.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    for query in ("the oven minutes", "she won the final, the final"):
        expected = peer.get_scores(tokenize(query))
        assert Bm25(texts).scores(query) == pytest.approx(list(expected), rel=1e-5)


def test_bm25_returns_only_chunks_that_share_a_word_with_the_question() -> None:
    baselines = TranscriptBaselines(spans((0, "red door"), (30, "blue door"), (60, "a car")), None)
    rankings = baselines.rankings("which door is blue?")
    assert rankings["bm25-30s"] == [Window(30, 34), Window(0, 4)]
    assert list(rankings) == ["bm25-30s", "bm25-60s", "bm25-120s"]


def test_with_an_encoder_there_are_dense_and_fused_rankings_of_all_chunks() -> None:
    baselines = TranscriptBaselines(spans((0, "red door"), (30, "blue door")), FakeTextEmbedder())
    rankings = baselines.rankings("blue door")
    assert rankings["dense-30s"] == rankings["rrf-30s"] == [Window(30, 34), Window(0, 4)]
    assert [name for name in rankings if name.startswith("rrf")] == ["rrf-30s", "rrf-60s", "rrf-120s"]


def test_a_video_without_words_has_empty_rankings() -> None:
    assert set(map(tuple, TranscriptBaselines([], None).rankings("anything").values())) == {()}


# ---- scores, computed by hand ----


def ask(status: str, reason: str, confidence: float, *cited: list[float]) -> dict[str, Any]:
    return {
        "status": status, "reason": reason, "confidence": confidence, "cited": list(cited), "error": "",
        "seconds": 0.5, "model_calls": 0,
    }  # fmt: skip


def row(number: int, set_name: str, gold: list[float], **found: Any) -> dict[str, Any]:
    return {
        "id": f"{set_name}/{number}",
        "set": set_name,
        "video": "v",
        "gold": [gold],
        "duration_s": 100.0,
        "names_speaker": False,
        "search_without_speakers": [],
        **found,
    }


ROWS = [
    row(1, "a", [10, 20], search=[[16, 24], [10, 20]], ask=ask("answered", "", 0.9, [30, 40], [12, 14]),
        baselines={"bm25-30s": [[0, 30]]}),
    row(2, "a", [0, 50], search=[], ask=ask("abstained", "absent", 0.0),
        baselines={"bm25-30s": [[0, 30], [30, 60]]}),
]  # fmt: skip


def scored(rows: list[dict[str, Any]] = ROWS) -> SetScores:
    return score_sets(rows)[0]


def test_windows_are_scored_as_computed_by_hand() -> None:
    search, cited, bm25, _ = scored().systems
    assert (search.recall_at, search.iou_recall_at) == ({1: 0.5, 5: 0.5, 10: 0.5}, {1: 0.0, 5: 0.5})
    assert search.mean_iou == pytest.approx((4 / 14 + 0) / 2)
    assert (search.gold_coverage, search.median_length_s, search.first_length_s) == (0.5, 9.0, 8.0)
    assert search.video_share == pytest.approx(0.07)
    assert (cited.recall_at[1], cited.recall_at[5], cited.gold_coverage) == (0.0, 0.5, pytest.approx(0.1))
    assert (bm25.recall_at[1], bm25.iou_recall_at) == (0.5, {1: 1.0, 5: 1.0})
    assert (bm25.mean_iou, bm25.video_share) == (pytest.approx((1 / 3 + 0.6) / 2), pytest.approx(0.45))


def test_chance_is_the_share_of_the_video_that_is_gold() -> None:
    chance = scored().systems[-1]
    assert chance.system == "chance"
    assert chance.recall_at[1] == pytest.approx((0.1 + 0.5) / 2)
    assert chance.recall_at[5] == pytest.approx((1 - 0.9**5 + 1 - 0.5**5) / 2)


def test_answers_are_scored_as_computed_by_hand() -> None:
    found = scored().answers
    assert (found.recall_at_1, found.any_cited, found.false_abstention_rate) == (0.0, 0.5, 0.5)
    assert (found.by_status["answered"].answers, found.by_status["answered"].precision) == (1, 0.0)
    assert (found.by_status["partial"].answers, found.by_status["partial"].precision) == (0, None)
    assert found.reasons == {"absent": 1}
    assert (found.calibration_error, found.risk_area) == (pytest.approx(0.9), 1.0)


def test_calibration_is_scored_on_either_half_of_the_videos() -> None:
    videos = [("a", f"v{n % 4}") for n in range(40)]
    right = [n % 4 in (0, 1) for n in range(40)]
    found = fold_errors(videos, [0.5] * 40, right)
    assert found is not None
    assert (found.stated, found.mean) == ((0.0, 0.0), 0.0)
    errors = fold_errors(videos, [1.0 if n % 2 else 0.8 for n in range(40)], right)
    assert errors is not None
    assert errors.stated == (pytest.approx(0.3), pytest.approx(0.5))
    assert errors.refitted == (pytest.approx(0.0), pytest.approx(0.0))


def test_a_half_without_answers_has_no_calibration_error() -> None:
    assert fold_errors([("a", "v")], [0.5], [True]) is None


def test_search_and_ask_are_compared_with_the_best_baseline_question_by_question() -> None:
    first = scored().comparisons[0]
    assert (first.one, first.other) == ("R@1 search", "bm25-30s")
    assert (first.only_one, first.only_other, first.difference) == (1, 1, 0.0)
    assert [pair.one for pair in scored().comparisons[1:3]] == ["R@1 ask", "R@1 ask"]


def test_questions_that_name_a_speaker_are_compared_with_and_without_speakers() -> None:
    named = {"names_speaker": True, "search_without_speakers": [[30, 40]]}
    pair = scored([{**ROWS[0], **named}, ROWS[1]]).comparisons[-1]
    assert (pair.one, pair.other) == ("R@1 search, 1 questions that name a speaker", "without speakers")
    assert (pair.questions, pair.only_one, pair.difference) == (1, 1, 1.0)


def test_several_sets_are_scored_one_by_one_and_pooled() -> None:
    sets = score_sets([ROWS[0], {**ROWS[1], "set": "b"}])
    assert [(one.name, one.questions, one.videos) for one in sets] == [
        ("a", 1, 1),
        ("b", 1, 1),
        ("all", 2, 2),
    ]


def test_nothing_answered_has_no_calibration_error() -> None:
    found = scored([ROWS[1]]).answers
    assert (found.calibration_error, found.risk_area, found.any_cited) == (None, None, 0.0)


def test_the_report_names_the_reasons_of_abstentions_and_explains_each_column_once() -> None:
    text = markdown(score_sets([ROWS[0], {**ROWS[1], "set": "b"}]), "Real questions")
    assert "| declined | 0 (0.0 %) | 1 (100.0 %) | 1 (50.0 %) |\n| - absent | 0 | 1 | 1 |" in text
    assert text.count("R@k: at least half") == 1


# ---- runs ----


def no_words(out: Path, **settings: Any) -> RealSettings:
    return RealSettings(out, words_model="off", **settings)


@pytest.fixture(scope="module")
def finished(talks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    evaluate_real(read_sets(talks), no_words(out))
    return out


def test_a_run_answers_every_question_inside_its_video(finished: Path) -> None:
    rows = {line["id"]: line for line in read_lines(finished / "run.jsonl")}
    assert list(rows) == ["talks/cooking/1", "talks/tennis/2", "talks/tennis/3"]
    assert rows["talks/cooking/1"]["search"][0] == [4.0, 8.0]
    assert rows["talks/tennis/2"]["baselines"]["bm25-30s"] == [[0.0, 12.0]]
    assert rows["talks/tennis/3"]["search"] == rows["talks/tennis/3"]["baselines"]["bm25-30s"] == []
    assert (rows["talks/tennis/3"]["ask"]["status"], rows["talks/tennis/3"]["ask"]["cited"]) == (
        "abstained",
        [],
    )


def test_a_run_that_was_stopped_goes_on_and_answers_nothing_twice(talks: Path, tmp_path: Path) -> None:
    def stop(line: str) -> None:
        if line.startswith("1/3"):
            raise KeyboardInterrupt("after 1")

    with pytest.raises(KeyboardInterrupt, match="after 1"):
        evaluate_real(read_sets(talks), no_words(tmp_path), say=stop)
    (first,) = read_lines(tmp_path / "run.jsonl")
    lines: list[str] = []
    report = evaluate_real(read_sets(talks), no_words(tmp_path), say=lines.append)
    assert [line[:3] for line in lines if "search" in line] == ["2/3", "3/3"]
    assert read_lines(tmp_path / "run.jsonl")[0] == first
    assert report.sets[0].questions == 3


def test_a_folder_with_another_run_is_refused(talks: Path, finished: Path) -> None:
    with pytest.raises(RunMismatch, match="choose another folder"):
        evaluate_real(read_sets(talks), no_words(finished, half="odd"))


def test_rows_are_scored_again_without_answering(talks: Path, finished: Path) -> None:
    lines: list[str] = []
    again = evaluate_real(read_sets(talks), no_words(finished, replay=True), say=lines.append)
    assert lines == []
    assert json.loads((finished / "report.json").read_text()) == json.loads(json.dumps(again.record))


def test_a_replay_of_nothing_is_refused(talks: Path, tmp_path: Path) -> None:
    with pytest.raises(ReplyMissing, match="no row for 3 questions, such as talks/cooking/1"):
        evaluate_real(read_sets(talks), no_words(tmp_path, replay=True))


def test_a_video_without_subtitles_is_refused(talks: Path, tmp_path: Path) -> None:
    folder = write_set(tmp_path / "talks", QUESTIONS[:1])
    (folder / "cooking.srt").unlink()
    with pytest.raises(QuestionsInvalid, match=r"cooking\.mp4: no words were found; put subtitles beside"):
        evaluate_real(read_sets(folder), no_words(tmp_path / "run"))


# ---- the command and the page ----


@pytest.fixture(scope="module")
def run() -> Callable[..., Any]:
    app = typer.Typer()
    app.command()(command)
    environment = {"COLUMNS": "300", "TERM": "dumb"}
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)), env=environment)


def test_the_command_prints_the_scores_as_json(run: Callable[..., Any], talks: Path, tmp_path: Path) -> None:
    done = run("real", talks, "--words-model", "off", "--half", "odd", "--out", tmp_path, "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["task"], found["questions"], found["half"]) == ("real", 1, "odd")
    assert found["sets"][0]["systems"][0]["recall_at"] == {"1": 1.0, "5": 1.0, "10": 1.0}


def test_the_command_prints_tables_for_people(run: Callable[..., Any], talks: Path, finished: Path) -> None:
    done = run("real", talks, "--out", finished, "--replay")
    assert done.exit_code == 0
    assert "talks: 3 questions about 2 videos" in done.stdout
    assert "first citation correct (R@1)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["real"], "needs FOLDER"),
        (["real", "x", "--llm", "openai:m"], "--llm needs --base-url"),
        (["real", "x", "--strategies", "magic"], "--strategies are transcript, planner, rules"),
        (["world", "--every", "3"], "--every has no meaning for `playhead eval world`"),
        (["real", "x", "--half", "left"], "--half is all, odd, even, got 'left'"),
        (["real", "x", "--split", "test"], "--split has no meaning for `playhead eval real`"),
        (["world", "--half", "odd"], "--half has no meaning for `playhead eval world`"),
    ],
)
def test_wrong_usage_is_named(run: Callable[..., Any], arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_the_part_of_the_results_needs_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLAYHEAD_REAL_QUESTIONS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("COLUMNS", "300")
    where = ["--out", str(tmp_path), "--pictures", str(tmp_path), "--page-file", str(tmp_path / "R.md")]
    assert make_results(["--only", "real", *where]) == 1
    assert "real is left out" in (text := capsys.readouterr().err)
    assert "set PLAYHEAD_REAL_QUESTIONS" in text


def test_the_section_of_the_page_is_the_report_without_its_title() -> None:
    report = markdown(score_sets(ROWS), "Real questions: 2 questions")
    text = section(Fragment("real", "Real", "make it", "0" * 40, "x", 3.0, {"report": report}), "p")
    assert "Real questions: 2 questions" not in text
    assert "### Answers" in text
    assert "| search | 50.0 | 50.0 | 50.0 | 0.0 |" in text


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_published_baselines_are_reproduced_on_the_real_meetings(tmp_path: Path) -> None:
    report = evaluate_real(read_sets(shared("real_questions/meetings")), RealSettings(tmp_path))
    found = {
        one.system: [round(67 * value) for value in one.recall_at.values()] for one in report.sets[0].systems
    }
    assert found["bm25-30s"] == [21, 45, 52]
    assert found["dense-30s"] == [22, 42, 53]
    assert found["rrf-30s"] == pytest.approx([24, 46, 53], abs=1)
    assert all(now >= before - 1 for now, before in zip(found["search"], [24, 46, 54], strict=True))
    assert found["ask"][0] >= 31
    assert found["ask"][0] >= found["search"][0] - 1

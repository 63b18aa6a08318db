"""Whole-meeting summaries: ROUGE-L against known values, queries read, runs with and without a model."""

import json
from pathlib import Path

import pytest
from tests.agent.rule_server import rule_server
from tests.bench.test_real_questions import write_set
from tests.shared_data import shared

from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_bench.evaluate.json_lines import read_lines
from playhead_bench.evaluate.meeting_summaries.data import SummaryQuery, read_queries
from playhead_bench.evaluate.meeting_summaries.run import (
    CHAPTERS,
    NO_MODEL,
    SummarySettings,
    evaluate_summaries,
    split_sentences,
    without_citations,
)
from playhead_bench.evaluate.metrics.rouge import RougeL, rouge_l
from playhead_bench.evaluate.real_questions.chat_systems import ChatServer

# ---- ROUGE-L ----


@pytest.mark.parametrize(
    ("candidate", "precision"), [("police kill the gunman", 0.75), ("the gunman kill police", 0.5)]
)
def test_the_examples_of_the_paper_have_its_values(candidate: str, precision: float) -> None:
    """Lin, 2004, section 3.1: S2 and S3 against "police killed the gunman"."""
    assert rouge_l(candidate, "police killed the gunman") == RougeL(precision, precision)


def test_a_text_has_everything_of_itself_and_nothing_of_no_text() -> None:
    assert rouge_l("One, two.", "one TWO").f1 == 1.0
    assert rouge_l("", "one").f1 == rouge_l("one", "").f1 == rouge_l("...", "one").f1 == 0.0


def test_rouge_l_is_that_of_the_package_rouge_score() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    candidate, reference = "The group met twice; it was late.", "It was late when the group met."
    expected = scorer.score(reference, candidate)["rougeL"]
    found = rouge_l(candidate, reference)
    assert (found.precision, found.recall) == pytest.approx((expected.precision, expected.recall))


# ---- sentences ----


def test_a_citation_belongs_to_the_sentence_before_it() -> None:
    text = "They met [E1]. It was late. [E2, E3] Nobody spoke."
    assert split_sentences(text) == ["They met [E1].", "It was late. [E2, E3]", "Nobody spoke."]
    assert without_citations(text) == "They met. It was late. Nobody spoke."


# ---- queries ----


def write_annotations(path: Path) -> Path:
    lists = [
        [],
        [{"query": "Summarize the meeting.", "answer": "Rice was washed. An oven needs ten minutes."}],
    ]
    path.write_text("\n".join(json.dumps({"general_query_list": one}) for one in lists) + "\n")
    return path


def test_a_meeting_is_the_line_of_its_number(tmp_path: Path) -> None:
    (tmp_path / "qm01.mp4").touch()
    (tmp_path / "other.mp4").touch()
    (query,) = read_queries(write_annotations(tmp_path / "val.jsonl"), tmp_path)
    assert (query.id, query.text, query.video) == ("qm01/1", "Summarize the meeting.", tmp_path / "qm01.mp4")


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("qm07.mp4", "{}", "has 1 lines, got a video for line 7"),
        ("qm00.mp4", "{}", "line 0: KeyError: 'general_query_list'"),
        ("talk.mp4", "{}", "expected videos called qm00.mp4"),
    ],
)
def test_files_that_do_not_fit_are_named(tmp_path: Path, name: str, line: str, message: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "val.jsonl").write_text(line + "\n")
    with pytest.raises(QuestionsInvalid, match=message):
        read_queries(tmp_path / "val.jsonl", tmp_path)


def test_every_meeting_of_the_real_set_has_its_query() -> None:
    queries = read_queries(shared("annotations/qmsum/val.jsonl"), shared("real_questions/meetings"))
    assert len(queries) == 11
    assert [one.id for one in queries][:2] == ["qm01/1", "qm02/1"]


# ---- runs ----


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> SummaryQuery:
    folder = write_set(tmp_path_factory.mktemp("meetings") / "set")
    return SummaryQuery(
        "qm01/1",
        folder / "cooking.mp4",
        "Summarize the talk.",
        "First the rice is washed. The oven needs time.",
    )


def test_without_a_chat_model_the_extract_and_ask_are_scored(query: SummaryQuery, tmp_path: Path) -> None:
    settings = SummarySettings(tmp_path, ChatServer(), "off")
    _, is_complete = evaluate_summaries([query], settings, say=lambda line: None)
    rows = {row["system"]: row for row in read_lines(tmp_path / "summaries.jsonl")}
    assert (set(rows), is_complete) == ({NO_MODEL, CHAPTERS}, True)
    extract = rows[CHAPTERS]
    assert extract["text"] == "The oven needs ten minutes."
    assert extract["cited_sentences"] == extract["sentences"] > 0
    assert extract["f1"] == pytest.approx(rouge_l(extract["text"], query.reference).f1)


def test_a_truncated_transcript_prompt_stands_beside_the_product(
    query: SummaryQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_CHAT_MODELS", str(tmp_path / "models.json"))
    with rule_server() as server:
        chat = ChatServer("openai:rules", server.base_url)
        settings = SummarySettings(tmp_path / "run", chat, "off", systems=("transcript", "planner"))
        grid, _ = evaluate_summaries([query], settings, say=lambda line: None)
    rows = {row["system"]: row for row in read_lines(tmp_path / "run" / "summaries.jsonl")}
    assert rows["transcript"]["cited_sentences"] == 0
    assert rows["planner"]["usage"]["calls"] >= 1
    assert [line[0] for line in grid.lines] == ["transcript", "planner"]


def test_no_summary_is_begun_after_the_minutes(query: SummaryQuery, tmp_path: Path) -> None:
    settings = SummarySettings(tmp_path, ChatServer(), "off", max_minutes=0.0)
    assert evaluate_summaries([query], settings, say=lambda line: None)[1] is False

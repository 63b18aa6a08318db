"""Tests of moment search on the words of real videos."""

import json
from pathlib import Path

import pytest
from tests.shared_data import shared

from playhead_bench.evaluate.word_moments.__main__ import main
from playhead_bench.evaluate.word_moments.data import read_captions, read_queries, split_of
from playhead_bench.evaluate.word_moments.scoring import scores_of, table


def test_the_halves_share_no_source_and_are_about_as_large() -> None:
    queries = read_queries(shared("captions/qvhighlights_val"))
    halves = {half: [q for q in queries if split_of(q.video_id) == half] for half in ("tune", "report")}
    sources = [{q.video_id.rsplit("_", 2)[0] for q in half} for half in halves.values()]
    assert sources[0].isdisjoint(sources[1])
    assert {half: len(some) for half, some in halves.items()} == {"tune": 815, "report": 735}


def test_perfect_predictions_score_100() -> None:
    truth = [
        {
            "relevant_windows": [[2, 6]],
            "duration": 10,
            "relevant_clip_ids": [1, 2],
            "saliency_scores": [[4] * 3] * 2,
        }
    ]
    rows = [{"pred_relevant_windows": [[2, 6, 1.0]], "pred_saliency_scores": [0, 1, 0, 0, 0]}]
    assert scores_of(rows, truth) == [100.0, 100.0, 100.0, 100.0]
    assert "| ours | 100.0 | 100.0 | 100.0 | 100.0 |" in table({"ours": scores_of(rows, truth)})


def test_it_runs_from_captions_to_a_prediction_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (vid,) = [f"clip{i}_0.0_20.0" for i in range(9) if split_of(f"clip{i}_0.0_20.0") == "report"][:1]
    captions = ["a dog runs"] * 5 + ["a man cooks rice"] * 3 + ["a car drives"] * 2
    clips = [{"moment": i, "description": text} for i, text in enumerate(captions)]
    query = {"qid": 1, "query": "someone cooks rice", "vid": vid, "duration": 20, "rephrased_query": []}
    gold = query | {"relevant_windows": [[10, 16]], "relevant_clip_ids": [5], "saliency_scores": [[4, 4, 4]]}
    for name, row in (
        ("captions", {"vid": vid, "clips": clips}),
        ("query_paraphrases", query),
        ("gold", gold),
    ):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    out = tmp_path / "predictions.jsonl"
    truth = str(tmp_path / "gold.jsonl")
    assert (
        main(["--captions", str(tmp_path), "--truth", truth, "--words-model", "none", "--out", str(out)]) == 0
    )
    row = json.loads(out.read_text())
    assert row["pred_relevant_windows"][0][:2] == [10.0, 16.0]
    assert len(row["pred_saliency_scores"]) == len(read_captions(tmp_path)[vid]) == 10
    assert "1 queries" in capsys.readouterr().out

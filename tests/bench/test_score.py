"""Tests of `playhead score`: real predictions to the last digit, small files by hand, the command."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.shared_data import shared
from typer.testing import CliRunner

from playhead_bench.evaluate.formats import Prediction, RankedWindow, read, write
from playhead_bench.evaluate.predictions import RowUnscorable, ScoreError
from playhead_bench.evaluate.score import NAMES, command, known_name, score
from playhead_bench.evaluate.scorers import SCORERS
from playhead_index.errors import PlayheadError

PREDS = "annotations/qvhighlights/preds/moment_detr_sample_val_preds"


def written(path: Path, value: Any) -> Path:
    """A file of JSON, or of JSON Lines for a .jsonl path."""
    text = "\n".join(map(json.dumps, value)) if path.suffix == ".jsonl" else json.dumps(value)
    path.write_text(text)
    return path


def official(report: dict[str, Any]) -> dict[str, float]:
    """The official report of QVHighlights, flat."""
    flat = dict(report["brief"])
    for length in ("full", "short", "middle", "long"):
        maps = report[length]["MR-mAP"]
        flat[f"MR-{length}-mAP"] = maps["average"]
        flat |= {
            f"MR-{length}-mAP@{threshold}": value
            for threshold, value in maps.items()
            if threshold != "average"
        }
        flat |= {f"MR-{length}-R1@{threshold}": value for threshold, value in report[length]["MR-R1"].items()}
    return flat


def test_qvhighlights_is_the_official_report_in_every_digit() -> None:
    found = score(
        "qvhighlights",
        shared(f"{PREDS}.jsonl"),
        shared("annotations/qvhighlights/highlight_val_release.jsonl"),
    )
    expected = official(json.loads(shared(f"{PREDS}.metrics.json").read_text()))
    assert len(expected) == 90
    assert {name: value for name, value in found.items() if name in expected} == expected
    assert (found["total"], found["missing"], found["unknown"]) == (1550, 0, 0)


def test_nextqa_is_the_published_table() -> None:
    found = score(
        "nextqa",
        shared("annotations/nextqa/HGA-bert-ft-h256-val-example.json"),
        shared("annotations/nextqa/val.csv"),
    )
    assert [found[name] for name in ("Acc_C", "Acc_T", "Acc_D", "Acc")] == [46.26, 50.74, 59.33, 49.74]
    assert (found["total"], found["missing"], found["unparsed"]) == (4996, 0, 0)


def test_timechat_counts_empty_predictions_as_misses() -> None:
    found = score(
        "timechat", shared("annotations/timechat/tvg_pred.json"), shared("annotations/timechat/tvg_gt.json")
    )
    assert [found[f"R1@{threshold}"] for threshold in (0.3, 0.5, 0.7)] == [9.0, 3.4, 1.4]
    assert (found["total"], found["empty"], found["missing"]) == (500, 280, 3220)


def qvhighlights_row(qid: int, windows: list[list[float]]) -> dict[str, Any]:
    return {"qid": qid, "query": "q", "vid": "v", "pred_relevant_windows": windows}


def qvhighlights_truth(path: Path) -> Path:
    rows = [
        {"qid": n, "query": "q", "vid": "v", "duration": 40, "relevant_windows": [[0, 20]]} for n in (1, 2)
    ]
    return written(path / "truth.jsonl", rows)


def test_a_missing_prediction_is_a_miss_and_an_unknown_one_is_left_out(tmp_path: Path) -> None:
    pred = written(
        tmp_path / "p.jsonl", [qvhighlights_row(1, [[0, 20, 1]]), qvhighlights_row(9, [[0, 1, 1]])]
    )
    found = score("qvhighlights", pred, qvhighlights_truth(tmp_path))
    assert (found["MR-full-R1@0.5"], found["MR-middle-mAP"], found["MR-long-mAP"]) == (50.0, 50.0, 0.0)
    assert (found["total"], found["missing"], found["unknown"], found["empty"]) == (2, 1, 1, 0)


def test_predictions_of_another_benchmark_are_refused(tmp_path: Path) -> None:
    pred = written(tmp_path / "p.jsonl", [qvhighlights_row(7, [[0, 20, 1]])])
    with pytest.raises(
        ScoreError, match="no prediction is of this truth: ids such as '7', expected such as '1'"
    ):
        score("qvhighlights", pred, qvhighlights_truth(tmp_path))


def test_charades_lines_have_their_numbers_as_ids(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("3MSZA 24.3 30.4##person turn a light on.\nX 0.0 10.0##runs.\n")
    pred = written(tmp_path / "p.json", {"0": {"timestamp": [[24.3, 30.4]]}, "1": [[0, 4]]})
    found = score("charades-sta", pred, tmp_path / "t.txt")
    assert [found[name] for name in ("R1@0.3", "R1@0.5", "R1@0.7", "mIoU")] == [100.0, 50.0, 50.0, 70.0]


def test_activitynet_names_sentences_by_video_and_number(tmp_path: Path) -> None:
    truth = {"v_a": {"duration": 50, "timestamps": [[0, 10], [5, 20]], "sentences": ["x", "y"]}}
    pred = written(tmp_path / "p.json", {"v_a_0": {"timestamp": [[0, 10]]}, "v_a_1": {"timestamp": []}})
    found = score("activitynet", pred, written(tmp_path / "t.json", truth))
    assert (found["R1@0.7"], found["mIoU"], found["empty"]) == (50.0, 50.0, 1)


def test_negatives_are_rejected_by_class_or_by_window(tmp_path: Path) -> None:
    truth = [{"qid": n, "relevant_windows": [[0, 0]] if n < 3 else [[0, 10]]} for n in range(5)]
    rows = [
        qvhighlights_row(0, [[0, 0, 1]]),
        {**qvhighlights_row(1, [[0, 9, 1]]), "pred_class": 0},
        qvhighlights_row(3, [[0, 10, 1]]),
    ]
    found = score("na-vmr", written(tmp_path / "p.jsonl", rows), written(tmp_path / "t.jsonl", truth))
    assert (found["rejection_accuracy"], found["acceptance_accuracy"]) == (66.67, 100.0)
    assert (found["R1@0.5"], found["missing"], found["negatives"]) == (50.0, 2, 3)


def test_tvr_scores_each_task_that_is_there(tmp_path: Path) -> None:
    truth = [
        {"desc_id": 1, "vid_name": "a", "ts": [0, 10], "desc": "x", "type": "v"},
        {"desc_id": 2, "vid_name": "b", "ts": [0, 10], "desc": "y", "type": "vt"},
    ]
    ranked = [{"desc_id": 1, "predictions": [[8, 0, 10, 1], [7, 0, 6, 1]]}, {"desc_id": 2, "predictions": []}]
    pred = {"video2idx": {"a": 7, "b": 8}, "VCMR": ranked, "SVMR": ranked, "VR": ranked}
    found = score("tvr", written(tmp_path / "p.json", pred), written(tmp_path / "t.jsonl", truth))
    assert [found[name] for name in ("VCMR-0.5-r1", "VCMR-0.5-r5", "VCMR-0.7-r100")] == [0.0, 50.0, 0.0]
    assert [found[name] for name in ("SVMR-0.5-r1", "VR-r1", "VR-r5")] == [50.0, 0.0, 50.0]
    assert [found[name] for name in ("VCMR-v-0.5-r5", "VCMR-vt-0.5-r5", "VR-v-r5")] == [100.0, 0.0, 100.0]


GSUB = {"11": {"duration": 60, "fps": 30, "location": {"0": [[0, 10]], "1": [[5, 9], [20, 30]]}}}


def test_nextgqa_needs_right_answer_and_right_window(tmp_path: Path) -> None:
    rows = {
        "11_0": {"prediction": 3, "answer": 3, "span": [0, 5]},
        "11_1": {"prediction": 1, "answer": 1, "span": [0, 1]},
    }
    found = score("nextgqa", written(tmp_path / "p.json", rows), written(tmp_path / "gsub_val.json", GSUB))
    assert [found[name] for name in ("Acc@QA", "Acc@GQA", "mIoP", "mIoU", "IoU@0.5")] == [100, 50, 50, 25, 50]


def test_nextgqa_takes_right_options_from_the_table_beside_the_truth(tmp_path: Path) -> None:
    header = "video_id,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n"
    rows = "11,9,1,1,why,run,0,CW,sit,run,lie,fly,eat\n11,9,1,1,how,eat,1,CH,sit,run,lie,fly,eat\n"
    (tmp_path / "val.csv").write_text(header + rows)
    predictions = {
        "11_0": {"prediction": 1, "answer": 0, "span": [0, 5]},
        "11_1": {"prediction": 0, "answer": 0},
    }
    found = score(
        "nextgqa", written(tmp_path / "p.json", predictions), written(tmp_path / "gsub_val.json", GSUB)
    )
    assert (found["Acc@QA"], found["Acc@GQA"]) == (50.0, 50.0)


def test_nextgqa_without_answers_scores_windows_alone(tmp_path: Path) -> None:
    pred = written(tmp_path / "p.json", {"11_0": [0, 10], "11_1": [20, 25]})
    found = score("nextgqa", pred, written(tmp_path / "gsub_val.json", GSUB))
    assert (found["mIoP"], found["mIoU"], "Acc@QA" in found) == (100.0, 75.0, False)


def test_cgbench_reads_results_as_the_benchmark_keeps_them(tmp_path: Path) -> None:
    truth = [
        {"qid": n, "video_uid": "v", "question": "q", "choices": ["x", "y"], "right_answer": "B",
         "answer": "y", "clue_intervals": [[0, 10]], "duration": 100, "domain": "d", "sub_category": "s"}
        for n in (1, 2)
    ]  # fmt: skip
    rows = [
        {"qid": 1, "results": {"long_acc": {"result": "B"}, "miou": {"result": [[0, 5]]}}},
        {"qid": 2, "prediction": "A"},
    ]
    found = score("cg-bench", written(tmp_path / "p.json", rows), written(tmp_path / "t.json", truth))
    assert [found[name] for name in ("long_acc", "mIoU", "rec@IoU", "acc@IoU")] == [50.0, 25.0, 50.0, 50.0]


def test_egoschema_counts_what_cannot_be_read(tmp_path: Path) -> None:
    options = {f"option {n}": f"option text {n}" for n in range(5)}
    truth = [{"q_uid": uid, "question": "q", **options, "truth": 2} for uid in "abcd"]
    (tmp_path / "p.csv").write_text("q_uid,answer\na,2\nb,3\nc,perhaps\n")
    found = score("egoschema", tmp_path / "p.csv", written(tmp_path / "t.json", truth))
    assert (found["Accuracy"], found["missing"], found["unparsed"]) == (25.0, 1, 1)


def test_questions_with_a_hidden_answer_are_left_out(tmp_path: Path) -> None:
    options = {f"option {n}": f"option text {n}" for n in range(5)}
    truth = [
        {"q_uid": "a", "question": "q", **options, "truth": 2},
        {"q_uid": "b", "question": "q", **options},
    ]
    found = score(
        "egoschema", written(tmp_path / "p.json", {"a": 2, "b": 1}), written(tmp_path / "t.json", truth)
    )
    assert (found["Accuracy"], found["total"], found["unscored"], found["unknown"]) == (100.0, 1, 1, 0)


def head(folder: Path, relative: str, lines: int) -> Path:
    """The first lines of a real file, as a file of the same name."""
    path = shared(relative)
    (folder / path.name).write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    return folder / path.name


def test_perfect_predictions_written_by_the_harness_score_a_hundred(tmp_path: Path) -> None:
    truth = head(tmp_path, "annotations/qvhighlights/highlight_val_release.jsonl", 100)
    samples = read("qvhighlights", truth).samples
    perfect = [Prediction(each.id, moments=tuple(map(RankedWindow, each.windows))) for each in samples]
    found = score("qvhighlights", write("qvhighlights", tmp_path / "p.jsonl", samples, perfect), truth)
    assert (found["MR-full-R1@0.95"], found["total"], found["missing"]) == (100.0, 100, 0)


def test_right_answers_written_by_the_harness_score_a_hundred(tmp_path: Path) -> None:
    truth = head(tmp_path, "annotations/nextqa/val.csv", 101)
    samples = read("nextqa", truth).samples
    right = [Prediction(each.id, answer_index=each.answer_index) for each in samples]
    found = score("nextqa", write("nextqa", tmp_path / "p.json", samples, right), truth)
    assert (found["Acc"], found["95% low"], found["missing"]) == (100.0, 100.0, 0)


def test_videomme_is_scored_by_duration(tmp_path: Path) -> None:
    def video(name: str, duration: str, answer: str) -> dict[str, Any]:
        question = {"question_id": f"{name}-1", "task_type": "OCR", "question": "q", "answer": "A"}
        question |= {"options": ["A. x", "B. y"], "response": answer}
        return {
            "video_id": name,
            "duration": duration,
            "domain": "d",
            "sub_category": "s",
            "questions": [question],
        }

    rows = [video("001", "short", "A."), video("002", "long", "B")]
    found = score("video-mme", written(tmp_path / "p.json", rows), written(tmp_path / "t.json", rows))
    assert (found["short"], found["long"], found["Overall"]) == (100.0, 0.0, 50.0)


def test_mlvu_weighs_tasks_alike(tmp_path: Path) -> None:
    truth = [
        {"question_id": f"q{n}", "video": "v", "duration": 9, "question": "q", "candidates": ["x", "y"],
         "answer": "y", "question_type": "count" if n else "order"}
        for n in range(4)
    ]  # fmt: skip
    pred = written(
        tmp_path / "p.json", [{"question_id": f"q{n}", "option": "A" if n else "B"} for n in range(4)]
    )
    found = score("mlvu", pred, written(tmp_path / "t.json", truth))
    assert (found["M-Avg"], found["Accuracy"], found["order"], found["count"]) == (50.0, 25.0, 100.0, 0.0)


def test_lvbench_counts_a_question_for_each_of_its_types(tmp_path: Path) -> None:
    questions = [
        {
            "uid": "1",
            "question": "q\n(A) x\n(B) y",
            "answer": "A",
            "question_type": ["reasoning", "summarization"],
        },
        {"uid": "2", "question": "q\n(A) x\n(B) y", "answer": "B", "question_type": ["reasoning"]},
    ]
    truth = written(tmp_path / "t.jsonl", [{"key": "v", "type": "tv", "qa": questions}])
    found = score("lvbench", written(tmp_path / "p.json", {"1": "A", "2": "A"}), truth)
    assert (found["Rea"], found["Sum"], found["Overall"]) == (50.0, 100.0, 50.0)


def test_longvideobench_is_scored_by_duration_group(tmp_path: Path) -> None:
    truth = [
        {"id": str(n), "video_id": "v", "video_path": "v.mp4", "question": "q", "candidates": ["x", "y"],
         "correct_choice": 1, "duration_group": group, "question_category": "TOS", "duration": 9}
        for n, group in enumerate((15, 3600))
    ]  # fmt: skip
    pred = written(tmp_path / "p.json", {"0": 1, "1": 0})
    found = score("longvideobench", pred, written(tmp_path / "t.json", truth))
    assert (found["15"], found["3600"], found["Overall"]) == (100.0, 0.0, 50.0)


def test_hourvideo_is_scored_by_task(tmp_path: Path) -> None:
    question = {"question": "q", "mcq_test": {"A": "x", "B": "y"}, "correct_answer_label": "B"}
    questions = [{**question, "qid": str(n), "task": task} for n, task in enumerate(("recall", "navigation"))]
    truth = {"v": {"video_metadata": {"duration_in_seconds": 100}, "benchmark_dataset": questions}}
    pred = written(tmp_path / "p.json", {"0": "B", "1": "A"})
    found = score("hourvideo", pred, written(tmp_path / "t.json", truth))
    assert (found["recall"], found["navigation"], found["Accuracy"]) == (100.0, 0.0, 50.0)


def test_a_bad_row_of_the_truth_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("3MSZA 24.3 30.4##ok\n3MSZA 24.3##lost an end\n")
    with pytest.raises(RowUnscorable, match=r"t\.txt:2 \(id 1\): expected `VIDEO start end##sentence`"):
        score("charades-sta", written(tmp_path / "p.json", {"0": [[0, 1]]}), tmp_path / "t.txt")


def test_every_name_has_a_scorer_and_hyphens_do_not_matter() -> None:
    assert tuple(SCORERS) == NAMES
    assert [known_name(name) for name in ("VideoMME", "cg_bench", "negatives")] == [
        "video-mme",
        "cg-bench",
        "na-vmr",
    ]


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command("score")(command)
    return CliRunner().invoke(app, list(arguments))


def test_the_command_prints_one_json_object(tmp_path: Path) -> None:
    pred = written(tmp_path / "p.jsonl", [qvhighlights_row(1, [[0, 20, 1]])])
    result = run("qvhighlights", "--pred", str(pred), "--truth", str(qvhighlights_truth(tmp_path)), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["MR-full-R1@0.5"] == 50.0


def test_the_command_shows_a_table_and_the_numbers_of_rows(tmp_path: Path) -> None:
    pred = written(tmp_path / "p.jsonl", [qvhighlights_row(1, [[0, 20, 1]])])
    result = run("qvhighlights", "--pred", str(pred), "--truth", str(qvhighlights_truth(tmp_path)))
    assert "MR-full-mAP" in result.stdout
    assert "total 2, missing 1, unknown 0, empty 0" in result.stdout


def test_an_unknown_format_is_wrong_usage() -> None:
    result = run("vhs", "--pred", "p", "--truth", "t")
    assert result.exit_code == 2


def test_a_bad_row_is_one_line_for_the_command_to_show(tmp_path: Path) -> None:
    pred = written(
        tmp_path / "p.jsonl", [qvhighlights_row(1, [[0, 20, 1]]), qvhighlights_row(2, [["x", 1, 1]])]
    )
    result = run("qvhighlights", "--pred", str(pred), "--truth", str(qvhighlights_truth(tmp_path)))
    assert isinstance(result.exception, PlayheadError)
    assert str(result.exception).startswith("p.jsonl:2 (id 2): expected")
    assert "\n" not in str(result.exception)

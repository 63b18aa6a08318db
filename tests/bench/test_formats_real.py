"""The formats on real files, with their counts; skipped on machines without these files."""

from collections import Counter
from pathlib import Path

from tests.shared_data import shared

from playhead_bench.evaluate.formats import read, read_predictions, write


def test_qvhighlights_val_has_1550_queries_and_2803_windows() -> None:
    dataset = read("qvhighlights", shared("annotations/qvhighlights/highlight_val_release.jsonl"))
    assert (len(dataset.samples), dataset.bad_rows) == (1550, ())
    assert sum(len(sample.windows) for sample in dataset.samples) == 2803


def test_qvhighlights_predictions_of_others_are_read_and_written_again(tmp_path: Path) -> None:
    samples = read("qvhighlights", shared("annotations/qvhighlights/highlight_val_release.jsonl")).samples
    found = read_predictions(
        "qvhighlights", shared("annotations/qvhighlights/preds/moment_detr_sample_val_preds.jsonl")
    )
    assert (len(found.predictions), found.bad_rows) == (1550, ())
    again = write("qvhighlights", tmp_path / "out.jsonl", samples, found.predictions, complete=True)
    assert read_predictions("qvhighlights", again) == found


def test_nextqa_val_has_4996_questions_of_eight_kinds() -> None:
    dataset = read(
        "nextqa",
        shared("annotations/nextqa/val.csv"),
        vidor_map=shared("annotations/nextqa/map_vid_vidorID.json"),
    )
    assert (len(dataset.samples), dataset.bad_rows) == (4996, ())
    kinds = Counter(sample.kind for sample in dataset.samples)
    assert kinds == {"CW": 1924, "TN": 895, "CH": 683, "TC": 663, "DO": 305, "DL": 295, "DC": 177, "TP": 54}
    assert dataset.samples[0].meta["vidor"].endswith("/4010069381")


def test_nextqa_predictions_of_hga_are_right_in_2485_questions() -> None:
    gold = {s.id: s.answer_index for s in read("nextqa", shared("annotations/nextqa/val.csv")).samples}
    found = read_predictions("nextqa", shared("annotations/nextqa/HGA-bert-ft-h256-val-example.json"))
    assert (len(found.predictions), found.bad_rows) == (4996, ())
    assert sum(gold[p.id] == p.answer_index for p in found.predictions) == 2485  # 49.74 %, as published


def test_charades_of_timechat_has_3720_queries_and_500_predictions_280_of_them_empty() -> None:
    dataset = read("charades", shared("annotations/timechat/tvg_gt.json"))
    assert (len(dataset.samples), dataset.bad_rows) == (3720, ())
    found = read_predictions("charades", shared("annotations/timechat/tvg_pred.json"))
    assert (len(found.predictions), found.bad_rows) == (500, ())
    assert sum(not p.moments for p in found.predictions) == 280
    assert {p.id for p in found.predictions} <= {s.id for s in dataset.samples}


def test_hirest_val_has_three_steps_of_no_length() -> None:
    dataset = read("hirest", shared("annotations/hirest/all_data_val.json"))
    assert Counter(s.kind for s in dataset.samples) == {"step": 603, "video": 284, "moment": 193}
    assert [bad.why for bad in dataset.bad_rows] == [
        "a window ends after it starts, got [322.0, 322.0)",
        "a window ends after it starts, got [125.0, 125.0)",
        "a window ends after it starts, got [326.0, 326.0)",
    ]

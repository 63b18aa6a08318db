"""The multiple-choice benchmarks, in each of their spellings, and rows of them that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from playhead_bench.evaluate.formats import BadRow, Dataset, FormatUnreadable, read
from playhead_bench.evaluate.formats.subtitle_lines import subtitle_lines
from playhead_bench.evaluate.sample import Sample
from playhead_index.window import Window

Q = "What is poured?"
TWO = ["milk", "water"]
NUMBERED = {"option 0": "milk", "option 1": "water"}


def made(folder: Path, format_name: str, value: Any, name: str = "rows.json", **extra: Path) -> Dataset:
    """What is read from a file with this value."""
    path = folder / name
    lines = "".join(json.dumps(row) + "\n" for row in value) if name.endswith("l") else json.dumps(value)
    path.write_text(lines if not isinstance(value, str) else value)
    return read(format_name, path, **extra)


def only(dataset: Dataset) -> Sample:
    """The one sample of a file without bad rows."""
    assert dataset.bad_rows == ()
    (sample,) = dataset.samples
    return sample


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([{"q_uid": "u1", "question": Q, **NUMBERED, "google_drive_id": "g"}], id="a list"),
        pytest.param({"u1": {"question": Q, **NUMBERED}}, id="an object by uid"),
        pytest.param([{"video_idx": "u1", "question": Q, "option": ["A. milk", "B. water"]}], id="lmms-eval"),
    ],
)
def test_egoschema_is_read_from(value: Any, tmp_path: Path) -> None:
    sample = only(made(tmp_path, "egoschema", value))
    assert (sample.id, sample.video_ids, sample.question, sample.options) == (
        "u1",
        ("u1",),
        Q,
        ("milk", "water"),
    )
    assert (sample.answer, sample.answer_index, sample.answerable) == (None, None, True)


@pytest.mark.parametrize("answer", [{"truth": 1}, {"answer": "1"}, {"answer": "B"}])
def test_egoschema_answers_stand_in_the_row(answer: dict[str, Any], tmp_path: Path) -> None:
    sample = only(made(tmp_path, "egoschema", {"u1": {"question": Q, **NUMBERED, **answer}}))
    assert (sample.answer, sample.answer_index) == ("water", 1)


def test_egoschema_answers_of_the_subset_keep_only_its_questions(tmp_path: Path) -> None:
    answers = tmp_path / "subset_answers.json"
    answers.write_text('{"u2": 0, "lost": 1}')
    rows = [{"q_uid": uid, "question": Q, **NUMBERED} for uid in ("u1", "u2")]
    dataset = made(tmp_path, "egoschema", rows, answers=answers)
    assert [(sample.id, sample.answer) for sample in dataset.samples] == [("u2", "milk")]
    assert dataset.bad_rows == (BadRow("subset_answers.json[lost]", "no question has this uid"),)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param({"question": Q, **NUMBERED}, "lacks 'q_uid' or 'uid'", id="without an id"),
        pytest.param({"q_uid": "x", **NUMBERED}, "lacks 'question'", id="without a question"),
        pytest.param({"q_uid": "x", "question": Q}, "no options", id="without options"),
        pytest.param({"q_uid": "x", "question": Q, "option 0": "milk"}, "two options", id="with one option"),
        pytest.param(
            {"q_uid": "x", "question": Q, "option 0": "milk", "option 2": "water"},
            "holds no option",
            id="with a gap",
        ),
        pytest.param(
            {"q_uid": "x", "question": Q, **NUMBERED, "truth": 2}, "none of the 2 options", id="out of range"
        ),
        pytest.param(
            {"q_uid": ["x"], "question": Q, **NUMBERED}, "an id is text", id="with a list for an id"
        ),
        pytest.param("text", "expected an object", id="that is text"),
        pytest.param({"q_uid": "u1", "question": Q, **NUMBERED}, "was there before", id="with an id again"),
    ],
)
def test_reading_goes_on_after_a_row(row: Any, why: str, tmp_path: Path) -> None:
    good = {"question": Q, **NUMBERED}
    dataset = made(tmp_path, "egoschema", [{"q_uid": "u1", **good}, row, {"q_uid": "u2", **good}])
    assert [sample.id for sample in dataset.samples] == ["u1", "u2"]
    (bad,) = dataset.bad_rows
    assert bad.where == "rows.json[1]"
    assert why in bad.why


def test_a_key_that_is_written_twice_is_reported(tmp_path: Path) -> None:
    row = json.dumps({"question": Q, **NUMBERED})
    dataset = made(tmp_path, "egoschema", f'{{"u1": {row}, "u1": {row}}}')
    assert len(dataset.samples) == 1
    assert dataset.bad_rows == (BadRow("rows.json[u1]", "key written twice; the first one counts"),)


def test_mlvu_answers_are_texts_and_ids_come_from_the_file(tmp_path: Path) -> None:
    row = {"video": "a.mp4", "duration": 480, "question": Q, "candidates": TWO, "answer": "water"}
    sample = only(made(tmp_path, "mlvu", [{**row, "question_type": "plotQA"}], "1_plotQA.json"))
    assert (sample.id, sample.video_ids, sample.answer_index) == ("1_plotQA_0", ("a.mp4",), 1)
    assert (sample.kind, sample.duration_s) == ("plotQA", 480.0)


def test_mlvu_generation_has_no_options_and_keeps_what_is_scored(tmp_path: Path) -> None:
    row = {"video": "a.mp4", "question": "Sum it up.", "answer": "A cook.", "scoring_points": ["cook"]}
    sample = only(made(tmp_path, "mlvu", [row]))
    assert (sample.options, sample.answer, sample.meta["scoring_points"]) == ((), "A cook.", ["cook"])


def test_mlvu_of_lmms_eval_holds_options_in_the_question(tmp_path: Path) -> None:
    row = {"video_name": "a.mp4", "question": f"{Q}\n(A) milk\n(B) water", "answer": "B", "task_type": "ego"}
    sample = only(made(tmp_path, "mlvu", [row]))
    assert (sample.question, sample.options, sample.answer, sample.kind) == (
        Q,
        ("milk", "water"),
        "water",
        "ego",
    )


def test_mlvu_is_read_from_a_folder_of_tasks(tmp_path: Path) -> None:
    for name in ("1_plotQA", "2_needle"):
        row = {"video": "a.mp4", "question": Q, "candidates": TWO, "answer": "milk"}
        (tmp_path / f"{name}.json").write_text(json.dumps([row]))
    assert [s.id for s in read("mlvu", tmp_path).samples] == ["1_plotQA_0", "2_needle_0"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"candidates": TWO}, id="candidates"),
        pytest.param(
            dict(zip([f"option{n}" for n in range(5)], [*TWO, *["N/A"] * 3], strict=True)), id="the hub"
        ),
    ],
)
def test_longvideobench_is_read_with(options: dict[str, Any], tmp_path: Path) -> None:
    row = {"id": "v_0", "video_path": "v.mp4", "duration": 12.5, "duration_group": 15, "question": Q}
    row |= {"question_category": "S2E", "correct_choice": 1, "subtitle_path": "v_en.json"}
    sample = only(made(tmp_path, "longvideobench", [{**row, **options}]))
    assert (sample.options, sample.answer_index, sample.duration_s) == (("milk", "water"), 1, 12.5)
    assert (sample.kind, sample.meta["duration_group"], sample.meta["subtitle_path"]) == (
        "S2E",
        15,
        "v_en.json",
    )


@pytest.mark.parametrize(
    "rows",
    [
        [{"timestamp": [60, 63.5], "text": "Hello."}, {"timestamp": [90, 95], "text": "later"}],
        [{"start": "00:01:00.000", "end": "00:01:03.500", "line": "Hello."}],
    ],
)
def test_longvideobench_subtitles_are_put_on_the_clock_of_the_clip(rows: Any, tmp_path: Path) -> None:
    path = tmp_path / "v_en.json"
    path.write_text(json.dumps([*rows, {"text": "no time"}]))
    lines, bad = subtitle_lines(path, starting_s=58.0, duration_s=10.0)
    assert lines == ((Window(2.0, 5.5), "Hello."),)
    assert len(bad) == 1


@pytest.mark.parametrize(
    "options",
    [{"mcq_test": f"1. {Q}\nA. milk\nB. water"}, {"answer_1": "milk", "answer_2": "water"}],
    ids=["the whole question again", "one field an option"],
)
def test_hourvideo_is_read_with(options: dict[str, Any], tmp_path: Path) -> None:
    question = {"qid": "q1", "task": "navigation/room", "question": Q, **options}
    question |= {
        "correct_answer_label": "B",
        "relevant_timestamps": [{"start": "00:10:00", "end": "00:10:30"}],
    }
    video = {"video_metadata": {"duration_in_seconds": 3000}, "benchmark_dataset": [question]}
    sample = only(made(tmp_path, "hourvideo", {"v1": video}))
    assert (sample.video_ids, sample.options, sample.answer) == (("v1",), ("milk", "water"), "water")
    assert (sample.windows, sample.duration_s) == ((Window(600.0, 630.0),), 3000.0)


def test_cgbench_has_clues(tmp_path: Path) -> None:
    row = {"qid": 7, "video_uid": "v", "question": Q, "answer": "water", "choices": TWO, "right_answer": "B"}
    row |= {"clue_intervals": [[9, 12], [1, 3]], "sub_category": "Cooking", "domain": "Life", "duration": 99}
    sample = only(made(tmp_path, "cgbench", [row]))
    assert (sample.id, sample.meta["id"], sample.answer_index) == ("7", 7, 1)
    assert sample.windows == (Window(1.0, 3.0), Window(9.0, 12.0))


def test_videomme_is_read_by_video(tmp_path: Path) -> None:
    question = {"question_id": "001-1", "task_type": "OCR Problems", "question": Q, "answer": "B"}
    video = {"video_id": "001", "duration": "short", "domain": "Sports", "sub_category": "Football"}
    value = [{**video, "questions": [{**question, "options": ["A. milk", "B. water"]}]}]
    sample = only(made(tmp_path, "videomme", value))
    assert (sample.id, sample.video_ids, sample.options) == ("001-1", ("001",), ("milk", "water"))
    assert (sample.meta["duration"], sample.meta["subtitle"], sample.duration_s) == ("short", "001.srt", None)


def test_videomme_rows_of_the_hub_name_the_video_of_the_subtitles(tmp_path: Path) -> None:
    header = "video_id,duration,domain,sub_category,videoID,question_id,task_type,question,options,answer\n"
    row = "001,short,Sports,Football,fFjv93ACGo8,001-1,OCR Problems,What?,\"['A. milk', 'B. water']\",B\n"
    sample = only(made(tmp_path, "videomme", header + row, "rows.csv"))
    assert (sample.video_ids, sample.answer) == (("fFjv93ACGo8",), "water")
    assert (sample.meta["video_id"], sample.meta["subtitle"]) == ("001", "fFjv93ACGo8.srt")


def test_lvbench_holds_options_and_a_clock_in_each_question(tmp_path: Path) -> None:
    qa = {"uid": "21", "question": f"{Q}\n(A) milk\n(B) water", "answer": "B"}
    qa |= {"question_type": ["event understanding", "reasoning"], "time_reference": "61:10-61:15"}
    video = {"key": "Cm73ma6Ibcs", "type": "cartoon", "video_info": {"fps": 25.0}, "qa": [qa]}
    sample = only(made(tmp_path, "lvbench", [video], "video_info.meta.jsonl"))
    assert (sample.id, sample.video_ids, sample.question) == ("21", ("Cm73ma6Ibcs",), Q)
    assert (sample.kind, sample.windows) == ("event understanding, reasoning", (Window(3670.0, 3675.0),))


def test_ava100_asks_queries_of_long_videos(tmp_path: Path) -> None:
    qa = {"question_id": 3, "query": Q, "options": TWO, "answer": "A", "time_reference": "01:00:00-01:00:05"}
    sample = only(made(tmp_path, "ava100", [{"video_id": "v1", "video_key": "k", "qa": [qa]}]))
    assert (sample.id, sample.video_ids, sample.answer) == ("3", ("v1",), "milk")
    assert sample.windows == (Window(3600.0, 3605.0),)


@pytest.mark.parametrize("form", ["rows", "columns"])
def test_lvhaystack_keeps_the_frames_that_answer(form: str, tmp_path: Path) -> None:
    row = {"id": 1, "video_id": "v", "question": Q, "options": {"A": "milk", "B": "water"}, "answer": "B"}
    row |= {"frame_indexes": [30, 90], "fps": 30}
    value = [row] if form == "rows" else {key: [cell] for key, cell in row.items()}
    sample = only(made(tmp_path, "lvhaystack", value))
    assert (sample.answer, sample.meta["frame_indexes"], sample.meta["times_s"]) == (
        "water",
        (30, 90),
        (1.0, 3.0),
    )


@pytest.mark.parametrize("name", ["egoschema", "mlvu", "longvideobench", "cgbench", "lvbench", "videomme"])
def test_rows_of_something_else_are_not_the_format(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatUnreadable, match=r"none of 1 rows is of this format; rows.json\[0\]: lacks"):
        made(tmp_path, name, [{"recipe": "pancakes"}])

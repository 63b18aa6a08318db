"""Tests of how files of predictions are read, and answers parsed or refused."""

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.formats.records import FormatUnreadable
from playhead_bench.evaluate.predictions import (
    Entry,
    RowUnscorable,
    gold_windows,
    parse_choice,
    read_entries,
    read_objects,
    scored_windows,
)

OPTIONS = ["a red car", "A blue car", "two", "10"]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("B", 1), ("(B)", 1), ("B.", 1), (" b ", None), ("(C) two", 2), ("D: 10", 3), ("a blue car", 1),
        ("10", 3), (2, 2), (2.0, 2), ("The answer is B", 1), ("Answer: (C)", 2), ("<answer>D</answer>", 3),
        ("A man drives", None), ("I think so", None), ("E", None), (4, None), (-1, None), (1.5, None),
        (True, None), (None, None), ("", None), ("The answer is B. No, the answer is C", None),
        ("The answer is a mystery", None), ("The answer is A man", None), ("The answer is B, I think", 1),
    ],
)  # fmt: skip
def test_answers_are_parsed_or_refused(response: object, expected: int | None) -> None:
    assert parse_choice(response, OPTIONS) == expected


def test_numbers_are_answers_where_the_benchmark_writes_numbers() -> None:
    assert [
        parse_choice(response, ["2", "0", "1"], numbers=True) for response in ("2", " 0 ", "1.0", "3")
    ] == [
        2,
        0,
        1,
        None,
    ]
    assert parse_choice("2", ["2", "0", "1"]) == 0


def test_a_text_that_two_options_share_is_no_answer() -> None:
    assert parse_choice("red", ["red", "Red"]) is None


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_an_option_or_none(response: str) -> None:
    assert parse_choice(response, OPTIONS) in {None, 0, 1, 2, 3}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.json", '{"a": 1, "b": 2}'),
        ("p.json", '[{"qid": "a", "answer": 1}, {"qid": "b", "answer": 2}]'),
        ("p.json", '[{"video_id": "v", "questions": [{"question_id": "a"}, {"question_id": "b"}]}]'),
        ("p.jsonl", '{"qid": "a"}\n\n{"qid": "b"}\n'),
        ("p.csv", "q_uid,answer\na,1\nb,2\n"),
    ],
    ids=["an object", "a list", "videos with questions", "lines", "a table"],
)  # fmt: skip
def test_every_way_of_writing_predictions_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert list(read_entries(tmp_path / name)) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"qid": 1}\n{"qid": 2\n', r"p\.jsonl:2 \(id unknown\): not JSON"),
        ('{"qid": 1}\n{"vid": 2}\n', r"p\.jsonl:2 \(id unknown\): an id is text or a whole number"),
        ('{"qid": 1}\n{"qid": 1}\n', r"p\.jsonl:2 \(id 1\): the id was there before, at p\.jsonl:1"),
    ],
    ids=["no JSON", "no id", "an id twice"],
)
def test_a_bad_row_is_named_by_its_line_and_id(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.jsonl").write_text(text)
    with pytest.raises(RowUnscorable, match=message):
        read_entries(tmp_path / "p.jsonl")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FormatUnreadable, match="cannot be read"):
        read_entries(tmp_path / "none.jsonl")


def test_values_that_must_be_objects_are(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"a": [1, 2]}')
    with pytest.raises(RowUnscorable, match=r"p\.json\[a\] \(id a\): expected an object, got \[1, 2\]"):
        read_objects(tmp_path / "p.json")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []), ([], []), ([1, 2], [[1, 2, 1]]), ("[1, 2]", [[1, 2, 1]]),
        ([[1, 2], [3, 4]], [[1, 2, 1], [3, 4, 0.5]]), ([[9, 2, 0.3]], [[9, 2, 0.3]]),
    ],
)  # fmt: skip
def test_windows_are_read_as_they_stand(value: object, expected: list[list[float]]) -> None:
    assert scored_windows(Entry("p:1", "q", value), value).tolist() == expected


@pytest.mark.parametrize("value", ["soon", [[1, 2, 3, 4]], [[1, "x"]], [[1, float("nan")]], 5, [None]])
def test_what_is_no_window_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(RowUnscorable, match=r"p:1 \(id q\): expected"):
        scored_windows(Entry("p:1", "q", value), value)


def test_a_truth_without_a_window_is_refused() -> None:
    with pytest.raises(RowUnscorable, match="has no gold window"):
        gold_windows(Entry("p:1", "q", []), [])


def test_the_error_keeps_its_parts_on_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(RowUnscorable("p:1", "q", "why")))
    assert (str(error), error.row_id) == ("p:1 (id q): why", "q")


def test_json_written_twice_under_one_id_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"a": 1, "a": 2}')
    assert json.loads((tmp_path / "p.json").read_text()) == {"a": 2}
    with pytest.raises(RowUnscorable, match="written twice"):
        read_entries(tmp_path / "p.json")

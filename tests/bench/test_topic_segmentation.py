"""Pk and WindowDiff against values written out by hand, and the benchmark on a small made meeting."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.shared_data import shared

from playhead_bench.evaluate.topics.__main__ import main
from playhead_bench.evaluate.topics.data import read_meetings
from playhead_bench.evaluate.topics.methods import divide_meeting, equal_cuts, method_scores, random_cuts
from playhead_bench.evaluate.topics.scoring import boundary_marks, pk, segmentation_scores, window_diff


def marks(text: str) -> NDArray[np.bool_]:
    return np.array([sign == "1" for sign in text])


# The segmentations and values of the doctests of NLTK 3.9, nltk/metrics/segmentation.py.
@pytest.mark.parametrize(
    ("reference", "found", "window", "expected"),
    [
        ("000100000010", "000100000010", 3, 0.0),
        ("000100000010", "000010000100", 3, 0.3),
        ("000010000100", "100000010000", 3, 0.8),
    ],
)
def test_window_diff_is_that_of_nltk(reference: str, found: str, window: int, expected: float) -> None:
    assert window_diff(marks(reference), marks(found), window) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reference", "found", "expected"),
    [("0100" * 100, "1" * 400, 0.50), ("0100" * 100, "0" * 400, 0.50), ("0100" * 100, "0100" * 100, 0.0)],
)
def test_pk_is_that_of_nltk(reference: str, found: str, expected: float) -> None:
    assert pk(marks(reference), marks(found), 2) == pytest.approx(expected, abs=0.005)


def test_pk_by_hand_counts_windows_with_a_boundary_on_one_side_only() -> None:
    # windows of 2 of 0010|0100: 00/01 differ, 01/10 agree, 10/00 differ
    assert pk(marks("0010"), marks("0100"), 2) == pytest.approx(2 / 3)


def test_boundaries_too_many_cost_window_diff_and_not_pk() -> None:
    reference, found = marks("000100000000"), marks("001110000000")
    assert pk(reference, found, 6) == pytest.approx(1 / 7)
    assert window_diff(reference, found, 6) == pytest.approx(5 / 7)


def test_other_lengths_and_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="two arrays of one length"):
        pk(marks("01"), marks("010"), 2)
    with pytest.raises(ValueError, match="a window of 1 to 2 places, got 3"):
        window_diff(marks("01"), marks("01"), 3)


def test_seconds_become_marks_and_start_and_end_are_none() -> None:
    assert np.flatnonzero(boundary_marks([0.0, 2.2, 10.0], 10.0)).tolist() == [1]


def test_scores_take_half_the_mean_length_of_the_reference() -> None:
    scores = segmentation_scores([60.0], [30.0], 120.0)  # windows of 30 places, 91 of them
    assert scores.pk == pytest.approx(60 / 91)
    assert scores.num_boundaries == 1


SUBJECTS = ("the battery of the remote control lasts for years", "yellow rubber looks like a soft fruit")


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    """Two meetings of two topics each, 40 turns of 19 and of 17 words."""
    turns = [
        {
            "speaker": "ABC"[i % 3],
            "content": f"Well {{vocalsound}} {SUBJECTS[i // 40]} , " + "and so on " * 3 + ".",
        }
        for i in range(80)
    ]
    topics = [
        {"topic": "Battery", "relevant_text_span": [["0", "39"]]},
        {"topic": "Case", "relevant_text_span": [["40", "79"]]},
    ]
    record = {"topic_list": topics, "meeting_transcripts": turns}
    path = tmp_path / "val.jsonl"
    path.write_text(f"{json.dumps(record)}\n" * 2)
    return path


def test_a_meeting_is_laid_out_at_150_words_a_minute(annotations: Path) -> None:
    meeting = read_meetings(annotations)[0]
    first, second = (span.words for span in meeting.spans[:2])
    assert first.text == "Well the battery of the remote control lasts for years, and so on and so on and so"
    assert (first.speaker, first.window.end_s) == ("A", pytest.approx(18 * 0.4))
    assert second.text == "on."
    assert meeting.boundaries_s == (pytest.approx(40 * 19 * 0.4),)


def test_ours_finds_the_change_of_topic_in_a_made_meeting(annotations: Path) -> None:
    divided = [divide_meeting(meeting, None) for meeting in read_meetings(annotations)]
    scores = method_scores(divided)
    (boundary_s,) = divided[0].meeting.boundaries_s
    assert min(abs(found_s - boundary_s) for found_s in divided[0].topics_s) < 10
    assert scores["ours"].pk < scores["random, as many cuts"].pk


def test_baselines_make_the_requested_number_of_cuts() -> None:
    assert equal_cuts(90.0, 2) == [30.0, 60.0]
    assert {len(cuts) for cuts in random_cuts(90.0, 2)} == {2}
    assert random_cuts(90.0, 2) == random_cuts(90.0, 2)


def test_the_command_prints_both_halves(annotations: Path, tmp_path: Path, capsys) -> None:
    assert main([str(annotations), "--words-model", "none", "--out", str(tmp_path / "scores.json")]) == 0
    printed = capsys.readouterr().out
    assert "even: Pk" in printed
    assert "odd: Pk" in printed
    assert set(json.loads((tmp_path / "scores.json").read_text())) == {"even", "odd", "all"}


def test_a_file_that_is_no_qmsum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "val.jsonl"
    path.write_text('{"topic_list": []}\n')
    with pytest.raises(ValueError, match="line 1: no meeting of QMSum"):
        read_meetings(path)


@pytest.mark.slow
def test_common_words_alone_beat_equal_cuts_on_real_meetings() -> None:
    meetings = read_meetings(shared("annotations/qmsum/val.jsonl"))[1::2]
    scores = method_scores([divide_meeting(meeting, None) for meeting in meetings])
    assert scores["ours"].pk < scores["equal length, as many cuts"].pk - 0.025
    assert scores["ours"].window_diff < scores["equal length, as many cuts"].window_diff - 0.02

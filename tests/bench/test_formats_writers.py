"""Predictions in the official form of each benchmark: what is written, refused, and read again."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.formats import (
    FORMATS,
    FormatError,
    FormatUnreadable,
    Prediction,
    PredictionsInvalid,
    RankedWindow,
    ReportSentence,
    read_predictions,
    write,
)
from playhead_bench.evaluate.sample import Sample
from playhead_index.window import Window

DOG = Sample("8", ("abc",), "A dog runs.", windows=(Window(2.0, 4.0),), duration_s=10.0, meta={"id": 8})
WHO = Sample(
    "v_6", ("v",), "Who?", ("Ann", "Bob"), "Bob", 1, kind="CW", meta={"duration": "short", "domain": "Art"}
)
FOUND = Prediction("8", moments=(RankedWindow(Window(1.5, 4.0), 0.9), RankedWindow(Window(6.0, 7.0), 0.2)))
BOB = Prediction("v_6", answer_index=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("egoschema", {"v_6": 1}),
        ("nextqa", {"v_6": {"prediction": 1, "answer": 1}}),
        ("lvbench", {"v_6": "B"}),
        ("longvideobench", {"v_6": 1}),
        ("mlvu", [{"question_id": "v_6", "question_type": "CW", "option": "B"}]),
        ("cgbench", [{"qid": "v_6", "video_uid": "v", "results": {"long_acc": {"result": "B"}}}]),
    ],
)
def test_a_chosen_option_is_written_as(name: str, expected: Any, tmp_path: Path) -> None:
    path = write(name, tmp_path / "new" / "out.json", [WHO], [BOB])
    assert json.loads(path.read_text()) == expected


def test_egoschema_is_a_table_where_the_path_says_so(tmp_path: Path) -> None:
    path = write("egoschema", tmp_path / "out.csv", [WHO], [BOB])
    assert path.read_text() == "q_uid,answer\nv_6,1\n"
    assert read_predictions("egoschema", path).predictions == (BOB,)


def test_videomme_has_both_spellings_and_an_empty_response_for_no_option(tmp_path: Path) -> None:
    path = write("videomme", tmp_path / "out.json", [WHO], [Prediction("v_6")])
    (video,) = json.loads(path.read_text())
    assert (video["duration"], video["duration_category"], video["video_category"]) == (
        "short",
        "short",
        "Art",
    )
    assert video["questions"] == [
        {"question_id": "v_6", "task_type": "CW", "question": "Who?", "options": ["A. Ann", "B. Bob"]}
        | {"answer": "B", "response": ""}
    ]


def test_qvhighlights_is_one_line_a_query(tmp_path: Path) -> None:
    prediction = Prediction("8", moments=FOUND.moments, saliency=(0.5, -1.0), answerable=True)
    path = write("qvhighlights", tmp_path / "out.jsonl", [DOG], [prediction])
    assert json.loads(path.read_text()) == {
        "qid": 8,
        "query": "A dog runs.",
        "vid": "abc",
        "pred_relevant_windows": [[1.5, 4.0, 0.9], [6.0, 7.0, 0.2]],
        "pred_saliency_scores": [0.5, -1.0],
        "pred_class": 1,
    }


def test_charades_is_written_as_timechat_keeps_it(tmp_path: Path) -> None:
    path = write("charades", tmp_path / "out.json", [DOG], [FOUND])
    written = json.loads(path.read_text())
    assert written == {"8": {"timestamp": [[1.5, 4.0], [6.0, 7.0]], "query": "A dog runs.", "vid": "abc"}}


def test_nextgqa_is_one_window_a_question(tmp_path: Path) -> None:
    path = write("nextgqa", tmp_path / "out.json", [WHO], [Prediction("v_6", moments=FOUND.moments[:1])])
    assert json.loads(path.read_text()) == {"v_6": [1.5, 4.0]}


def test_tvr_of_a_corpus_ranks_moments_and_the_videos_by_their_best(tmp_path: Path) -> None:
    moments = [("x", 0.9), ("abc", 0.8), ("x", 0.7)]
    ranked = tuple(RankedWindow(Window(1.0, 2.0), score, video) for video, score in moments)
    numbers = tmp_path / "tvr_video2dur_idx.json"
    numbers.write_text('{"val": {"abc": [90.0, 11], "x": [80.0, 12]}}')
    predictions = [Prediction("8", moments=ranked)]
    path = write("tvr", tmp_path / "out.json", [DOG], predictions, video2idx=numbers)
    written = json.loads(path.read_text())
    assert written["video2idx"] == {"abc": 11, "x": 12}
    assert written["VCMR"][0]["predictions"] == [
        [12, 1.0, 2.0, 0.9],
        [11, 1.0, 2.0, 0.8],
        [12, 1.0, 2.0, 0.7],
    ]
    assert written["VR"][0]["predictions"] == [[12, 0, 0, 0.9], [11, 0, 0, 0.8]]
    assert read_predictions("tvr", path).predictions == tuple(predictions)


def test_tvr_of_one_video_is_svmr(tmp_path: Path) -> None:
    path = write("tvr", tmp_path / "out.json", [DOG], [FOUND])
    assert json.loads(path.read_text()).keys() == {"video2idx", "SVMR"}


def test_tvr_files_of_others_count_by_their_order_when_scores_do_not_fall(tmp_path: Path) -> None:
    rows = [{"desc_id": 8, "desc": "", "predictions": [[3, 1, 2, 1.7], [3, 4, 5, 1.8]]}]
    (tmp_path / "out.json").write_text(json.dumps({"video2idx": {"abc": 3}, "VCMR": rows}))
    (prediction,) = read_predictions("tvr", tmp_path / "out.json").predictions
    assert [(m.window.start_s, m.score, m.video_id) for m in prediction.moments] == [
        (1.0, 1.0, "abc"),
        (4.0, 0.5, "abc"),
    ]


@pytest.mark.parametrize(
    ("name", "samples", "predictions", "why"),
    [
        pytest.param("lvbench", [WHO], [Prediction("x", 0)], "x: no sample has this id", id="unknown"),
        pytest.param("lvbench", [WHO], [BOB, BOB], "v_6: predicted twice", id="twice"),
        pytest.param("lvbench", [WHO], [Prediction("v_6", 2)], r"option 2 of 2", id="past the options"),
        pytest.param("lvbench", [WHO], [Prediction("v_6")], "no option was chosen", id="without an option"),
        pytest.param("nextgqa", [DOG], [FOUND], "one window is scored, got 2", id="two windows for one"),
        pytest.param("cgbench", [WHO], [Prediction("v_6")], "neither an option nor a window", id="empty"),
        pytest.param("mirage", [DOG], [FOUND], "8: no sentences", id="without sentences"),
        pytest.param(
            "qvhighlights",
            [DOG],
            [Prediction("8", moments=(RankedWindow(Window(1, 2), 0.5, "other"),))],
            "a moment of 'other'",
            id="of another video",
        ),
        pytest.param(
            "qvhighlights",
            [DOG],
            [Prediction("8", saliency=(0.0,) * 6)],
            "6 saliency scores",
            id="too many clips",
        ),
    ],
)
def test_nothing_is_written_of_predictions_that_are(
    name: str, samples: list[Sample], predictions: list[Prediction], why: str, tmp_path: Path
) -> None:
    with pytest.raises(PredictionsInvalid, match=why):
        write(name, tmp_path / "out.json", samples, predictions)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_prediction_is_refused_where_all_are_wanted(tmp_path: Path) -> None:
    with pytest.raises(PredictionsInvalid, match="8: no prediction"):
        write("lvbench", tmp_path / "out.json", [WHO, DOG], [BOB], complete=True)


def test_every_problem_is_kept_and_the_message_names_five() -> None:
    error = PredictionsInvalid([f"q{n}: no prediction" for n in range(7)])
    assert len(error.problems) == 7
    assert str(error).endswith("q4: no prediction; and 2 more")


def test_what_was_there_stays_when_the_new_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    with pytest.raises(FormatError, match=r"out.json: cannot be written"):
        write("lvbench", tmp_path / "out.json", [WHO], [BOB])
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_is_finite(score: float) -> None:
    with pytest.raises(ValueError, match="a score must be finite"):
        RankedWindow(Window(0, 1), score)


def test_moments_stand_best_first() -> None:
    with pytest.raises(ValueError, match=r"moments must stand best first, got scores \[0.2, 0.9\]"):
        Prediction("8", moments=FOUND.moments[::-1])


def test_a_format_without_an_official_form_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hirest has no official form of predictions"):
        write("hirest", tmp_path / "out.json", [], [])


def test_a_bad_row_of_predictions_is_reported_and_reading_goes_on(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text('{"a": "B", "b": "?", "c": 1}')
    found = read_predictions("lvbench", tmp_path / "out.json")
    assert [(p.id, p.answer_index) for p in found.predictions] == [("a", 1)]
    assert [bad.where for bad in found.bad_rows] == ["out.json[b]", "out.json[c]"]


def test_predictions_of_another_benchmark_are_refused(tmp_path: Path) -> None:
    write("lvbench", tmp_path / "out.json", [WHO], [BOB])
    with pytest.raises(FormatUnreadable, match="none of 1 rows is a prediction"):
        read_predictions("nextqa", tmp_path / "out.json")


IDS = st.lists(st.text("abc019_-é", min_size=1, max_size=6), min_size=1, max_size=4, unique=True)
TEXTS = st.text("ab .?\"'\n\u2028é", min_size=1, max_size=9).map(str.strip).filter(bool)
TIMES = st.floats(0, 5e3, allow_nan=False).map(lambda t: round(t, 6))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start_s, end_s = sorted(draw(st.lists(TIMES, min_size=2, max_size=2, unique=True)))
    return Window(start_s, end_s)


@st.composite
def ranked(draw: st.DrawFn, min_size: int, max_size: int, video: str = "") -> tuple[RankedWindow, ...]:
    found = draw(st.lists(windows(), min_size=min_size, max_size=max_size))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    scores = sorted(draw(st.lists(finite, min_size=len(found), max_size=len(found))), reverse=True)
    return tuple(RankedWindow(window, score, video) for window, score in zip(found, scores, strict=True))


def by_place(moments: tuple[RankedWindow, ...]) -> tuple[RankedWindow, ...]:
    """The moments with the scores that a form without scores gives them."""
    return tuple(RankedWindow(m.window, 1 / (n + 1)) for n, m in enumerate(moments))


@st.composite
def sentences(draw: st.DrawFn) -> tuple[ReportSentence, ...]:
    some = st.lists(TEXTS, max_size=2).map(tuple)
    return tuple(draw(st.lists(st.builds(ReportSentence, TEXTS, some, some), min_size=1, max_size=3)))


def predictions_for(name: str, id_: str, draw: st.DrawFn) -> Prediction:
    """A prediction of the kind that a format can say."""
    if name in ("qvhighlights", "navmr"):
        saliency = draw(st.lists(st.floats(-9, 9), max_size=5).map(tuple))
        verdict = draw(st.sampled_from([None, True, False]))
        return Prediction(id_, moments=draw(ranked(0, 4)), saliency=saliency, answerable=verdict)
    if name in ("charades", "activitynet"):
        return Prediction(id_, moments=by_place(draw(ranked(0, 4))))
    if name == "nextgqa":
        return Prediction(id_, moments=by_place(draw(ranked(1, 1))))
    if name == "tvr":
        return Prediction(id_, moments=draw(ranked(1, 4, "v")))
    if name == "mirage":
        return Prediction(id_, sentences=draw(sentences()))
    option = draw(st.integers(0, 4))
    return Prediction(id_, option, moments=by_place(draw(ranked(0, 5))) if name == "cgbench" else ())


@st.composite
def runs(draw: st.DrawFn, name: str) -> tuple[list[Sample], list[Prediction]]:
    ids = draw(IDS)
    samples = [Sample(id_, ("v",), draw(TEXTS), tuple("vwxyz"), answer_index=0) for id_ in ids]
    return samples, [predictions_for(name, id_, draw) for id_ in ids]


WRITTEN = [name for name, format_ in FORMATS.items() if format_.writer]


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_again(name: str, data: st.DataObject, tmp_path: Path) -> None:
    samples, predictions = data.draw(runs(name))
    found = read_predictions(name, write(name, tmp_path / "out.json", samples, predictions, complete=True))
    assert found.predictions == tuple(predictions)
    assert found.bad_rows == ()

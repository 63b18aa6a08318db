"""Files of every benchmark in which one value is exchanged for any other: they are read or refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.formats import FORMATS, FormatUnreadable, read, read_predictions

CHOICE = {"question": "Who?", "options": ["A. Ann", "B. Bob"], "answer": "B"}
QUERY = {"qid": 1, "vid": "v", "query": "A dog.", "duration": 9, "relevant_windows": [[1, 2]]}
QUESTIONS: dict[str, Any] = {
    "egoschema": {"u": {"question": "Who?", "option 0": "Ann", "option 1": "Bob", "truth": 1}},
    "nextqa": [
        {"video": 1, "qid": 2, "question": "Who?", "a0": "Ann", "a1": "Bob", "answer": 0, "type": "CW"}
    ],
    "nextgqa": [{"video": 1, "qid": 2, "question": "Who?", "a0": "Ann", "a1": "Bob", "answer": "Ann"}],
    "videomme": [{"video_id": "1", "duration": "short", "questions": [{"question_id": "1-1", **CHOICE}]}],
    "mlvu": [
        {"video": "v", "question": "Who?", "candidates": ["Ann", "Bob"], "answer": "Ann", "duration": 9}
    ],
    "lvbench": [
        {"key": "v", "qa": [{"uid": 1, **CHOICE, "time_reference": "00:01-00:02", "question_type": []}]}
    ],
    "longvideobench": [{"id": "1", "video_id": "v", "question": "Who?", "option0": "a", "option1": "b"}],
    "hourvideo": {
        "v": {
            "video_metadata": {"duration_in_seconds": 9},
            "benchmark_dataset": [{"qid": 1, **CHOICE, "relevant_timestamps": [{"start": 1, "end": 2}]}],
        }
    },
    "cgbench": [
        {"qid": 1, "video_uid": "v", "question": "Who?", "choices": ["a", "b"], "right_answer": "A"}
        | {"clue_intervals": [[1, 2]], "duration": 9}
    ],
    "lvhaystack": [{"id": 1, "video_id": "v", **CHOICE, "frame_indexes": [1, 2], "fps": 30}],
    "ava100": [{"video_id": "v", "qa": [{"question_id": 1, **CHOICE, "time_reference": "1:00-1:10"}]}],
    "qvhighlights": [QUERY | {"relevant_clip_ids": [1], "saliency_scores": [[1, 2, 3]]}],
    "navmr": [QUERY | {"relevant_windows": [[0, 0]]}],
    "charades": [{"video": "v.mp4", "caption": "Sits.", "timestamp": [1, 2], "duration": 9}],
    "activitynet": {"v": {"duration": 9, "timestamps": [[1, 2]], "sentences": ["Sits."]}},
    "tvr": [{"desc_id": 1, "vid_name": "v", "desc": "Sits.", "ts": [1, 2], "duration": 9, "type": "v"}],
    "extremewhen": [{"qid": 1, "video_id": "v", "question": "When?", "correct_interval": [1, 2]}],
    "hirest": {
        "Tea": {
            "v": {"clip": True, "v_duration": 9, "bounds": [1, 2]}
            | {"steps": [{"heading": "boil", "absolute_bounds": [1, 2]}]}
        }
    },
    "vniah": [{"path": "a.png", "prompt": "Who?\nA. Ann\nB. Bob", "answer": "A"}],
    "uvqa": [{"vid": 1, "new_question": "Who?", "new_answer": "Nobody.", "generated_object": "cup"}],
    "mirage": {
        "t": {"article": ["It", "burned."]}
        | {"claims_to_supporting_videos": {"c": {"supporting_videos": ["v"], "videos_modalities": {"v": []}}}}
    },
}
PREDICTIONS: dict[str, Any] = {
    "egoschema": {"u": 1},
    "nextqa": {"1_2": {"prediction": 1, "answer": 0}},
    "nextgqa": {"1_2": [1.0, 2.0]},
    "videomme": [{"video_id": "1", "questions": [{"question_id": "1-1", "response": "B."}]}],
    "mlvu": [{"question_id": "AR_0", "question_type": "anomaly_reco", "option": "B"}],
    "lvbench": {"1": "B"},
    "longvideobench": {"1": 0},
    "cgbench": [{"qid": 1, "results": {"long_acc": {"result": "A"}, "miou": {"result": [[1, 2]]}}}],
    "qvhighlights": [{"qid": 1, "pred_relevant_windows": [[1, 2, 0.5]], "pred_saliency_scores": [0.1]}],
    "navmr": [{"qid": 1, "pred_relevant_windows": [], "pred_class": 0}],
    "charades": {"0": {"timestamp": [[1, 2]], "query": "Sits.", "vid": "v"}},
    "activitynet": {"v_0": {"timestamp": [[1, 2]]}},
    "tvr": {"video2idx": {"v": 3}, "VCMR": [{"desc_id": 1, "predictions": [[3, 1, 2, 0.5]]}]},
    "mirage": {"t": {"sentences": ["It burned."], "claims": [["It burned."]], "citations": [["v"]]}},
}
LINES = {"qvhighlights", "navmr", "tvr"}

WORDS = st.sampled_from(
    ["", "A", "C", "B. x", "1:75", "00:10-00:20", "[1, 2]", "{'a': 1}", "A. x\nB. y", "(A) (B)"]
)
LEAVES = st.none() | st.booleans() | st.integers(-2, 200) | st.just(10**400) | st.floats() | WORDS
VALUES = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS, v, max_size=2), max_leaves=6
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values within a value, the whole one first."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(inner for key in keys for inner in places(value[key], (*path, key)))]


def exchanged(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else at this path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = exchanged(value[path[0]], path[1:], new)
    return copy


def put(path: Path, value: Any) -> Path:
    rows = value if isinstance(value, list) else [value]
    lines = path.suffix == ".jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) if lines else json.dumps(value))
    return path


def read_or_refused(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except FormatUnreadable as error:
        return error


def further(name: str, folder: Path) -> dict[str, Path]:
    if name != "nextgqa":
        return {}
    return {"grounding": put(folder / "gsub.json", {"1": {"duration": 9, "location": {"2": [[1, 2]]}}})}


def ending(name: str) -> str:
    return "jsonl" if name in LINES else "json"


@pytest.mark.parametrize("name", FORMATS)
def test_the_examples_are_read_without_a_bad_row(name: str, tmp_path: Path) -> None:
    dataset = read(name, put(tmp_path / f"a.{ending(name)}", QUESTIONS[name]), **further(name, tmp_path))
    assert dataset.samples
    assert dataset.bad_rows == ()


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_examples_of_predictions_are_read_without_a_bad_row(name: str, tmp_path: Path) -> None:
    path = put(tmp_path / f"a.{'json' if name == 'tvr' else ending(name)}", PREDICTIONS[name])
    found = read_predictions(name, path)
    assert len(found.predictions) == 1
    assert found.bad_rows == ()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_any_value_in_it_is_read_or_refused(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    at = data.draw(st.sampled_from(places(QUESTIONS[name])))
    value = exchanged(QUESTIONS[name], at, data.draw(VALUES))
    path = put(tmp_path / f"a.{ending(name)}", value)
    read_or_refused(lambda: read(name, path, **further(name, tmp_path)))


@pytest.mark.parametrize("name", PREDICTIONS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_predictions_with_any_value_in_them_are_read_or_refused(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    at = data.draw(st.sampled_from(places(PREDICTIONS[name])))
    value = exchanged(PREDICTIONS[name], at, data.draw(VALUES))
    path = put(tmp_path / f"a.{'json' if name == 'tvr' else ending(name)}", value)
    read_or_refused(lambda: read_predictions(name, path))

"""The benchmarks of moment search, in each of their spellings, and rows of them that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from playhead_bench.evaluate.formats import Dataset, FormatUnreadable, read
from playhead_index.window import Window

HIGHLIGHT: dict[str, Any] = {"qid": 8, "query": "A dog runs.", "duration": 150, "vid": "abc_60.0_210.0"}
GOLD = {"relevant_windows": [[82, 150]], "relevant_clip_ids": [41], "saliency_scores": [[1, 1, 2]]}


def lines(folder: Path, format_name: str, *rows: Any) -> Dataset:
    path = folder / "rows.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return read(format_name, path)


def as_json(folder: Path, format_name: str, value: Any, **extra: Path) -> Dataset:
    path = folder / "rows.json"
    path.write_text(json.dumps(value))
    return read(format_name, path, **extra)


def test_qvhighlights_keeps_clips_and_saliency(tmp_path: Path) -> None:
    (sample,) = lines(tmp_path, "qvhighlights", HIGHLIGHT | GOLD).samples
    assert (sample.id, sample.video_ids, sample.question) == ("8", ("abc_60.0_210.0",), "A dog runs.")
    assert (sample.windows, sample.duration_s) == ((Window(82.0, 150.0),), 150.0)
    assert (sample.meta["id"], sample.meta["saliency_scores"]) == (8, [[1, 1, 2]])


def test_qvhighlights_of_the_test_split_has_no_windows(tmp_path: Path) -> None:
    (sample,) = lines(tmp_path, "qvhighlights", HIGHLIGHT).samples
    assert sample.windows == ()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param('{"qid": 9, ', "not JSON", id="that is cut off"),
        pytest.param("[1, 2]", "expected a JSON object, got list", id="that is a list"),
        pytest.param({"qid": 9} | GOLD, "lacks 'duration'", id="without a duration"),
        pytest.param(HIGHLIGHT | {"qid": 9, "relevant_windows": []}, "no gold window", id="with no window"),
        pytest.param(HIGHLIGHT | {"qid": 9, "relevant_windows": [[0, 0]]}, "ends after", id="of no length"),
        pytest.param(HIGHLIGHT | {"qid": 9, "relevant_windows": [[0, 151]]}, "passes the end", id="too long"),
        pytest.param(HIGHLIGHT | GOLD | {"qid": 9, "saliency_scores": []}, "1 relevant_clip", id="unscored"),
        pytest.param(HIGHLIGHT | GOLD, "the id '8' was there before", id="that came before"),
    ],
)
def test_reading_goes_on_after_a_row(row: Any, why: str, tmp_path: Path) -> None:
    dataset = lines(tmp_path, "qvhighlights", HIGHLIGHT | GOLD, row, HIGHLIGHT | GOLD | {"qid": 10})
    assert [sample.id for sample in dataset.samples] == ["8", "10"]
    (bad,) = dataset.bad_rows
    assert bad.where == "rows.jsonl:2"
    assert why in bad.why


def test_windows_at_nought_are_a_negative(tmp_path: Path) -> None:
    negative = HIGHLIGHT | {"relevant_windows": [[0, 0]]}
    samples = lines(tmp_path, "navmr", negative, HIGHLIGHT | GOLD | {"qid": 9}).samples
    assert [(s.answerable, s.windows, s.kind) for s in samples] == [
        (False, (), "negative"),
        (True, (Window(82.0, 150.0),), ""),
    ]


def test_charades_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "charades_sta_test.txt"
    path.write_text("3MSZA 24.3 30.4##person turn a light on.\nhello\n3MSZA 5.0 4.0##person sits.\n")
    dataset = read("charades", path)
    (sample,) = dataset.samples
    assert (sample.id, sample.video_ids, sample.windows) == ("0", ("3MSZA",), (Window(24.3, 30.4),))
    assert sample.question == "person turn a light on."
    assert [bad.where for bad in dataset.bad_rows] == ["charades_sta_test.txt:2", "charades_sta_test.txt:3"]


def test_charades_windows_are_held_against_the_lengths_of_the_videos(tmp_path: Path) -> None:
    (path, lengths) = tmp_path / "test.txt", tmp_path / "Charades_v1_test.csv"
    path.write_text("3MSZA 24.3 30.4##person turn a light on.\n3MSZA 24.3 33.0##person leaves.\n")
    lengths.write_text("id,subject,length\n3MSZA,X,30.0\n")
    dataset = read("charades", path, durations=lengths)
    assert [(s.windows, s.duration_s) for s in dataset.samples] == [((Window(24.3, 30.0),), 30.0)]
    assert dataset.bad_rows[0].why == "the window [24.3, 33.0) passes the end of the video at 30.0 s"


@pytest.mark.parametrize(
    "value",
    [
        [{"video": "3MSZA.mp4", "caption": "person sits.", "timestamp": [1, 2.5]}],
        {
            "annotations": [
                {"image_id": "3MSZA.mp4", "caption": "person sits.", "timestamp": [1, 2.5], "id": 0}
            ]
        },
    ],
    ids=["the hub", "TimeChat"],
)
def test_charades_rows_are_read_from(value: Any, tmp_path: Path) -> None:
    (sample,) = as_json(tmp_path, "charades", value).samples
    assert (sample.id, sample.video_ids, sample.windows) == ("0", ("3MSZA",), (Window(1.0, 2.5),))
    assert sample.meta["file"] == "3MSZA.mp4"


def test_activitynet_has_a_sample_a_sentence(tmp_path: Path) -> None:
    video = {
        "duration": 20.0,
        "timestamps": [[0, 5], [5, 20.4], [9, 3]],
        "sentences": [" One.", "Two.", "No."],
    }
    dataset = as_json(tmp_path, "activitynet", {"v_a": video, "v_b": {"duration": 3}})
    assert [(s.id, s.question, s.windows) for s in dataset.samples] == [
        ("v_a_0", "One.", (Window(0.0, 5.0),)),
        ("v_a_1", "Two.", (Window(5.0, 20.0),)),
    ]
    assert [bad.where for bad in dataset.bad_rows] == ["rows.json[v_a][2]", "rows.json[v_b]"]


def test_tvr_says_what_a_query_needs(tmp_path: Path) -> None:
    row = {"vid_name": "castle_01", "duration": 90.5, "ts": [3, 9.5], "desc": "He waves.", "type": "vt"}
    (sample,) = lines(tmp_path, "tvr", row | {"desc_id": 55}).samples
    assert (sample.id, sample.kind, sample.windows) == ("55", "vt", (Window(3.0, 9.5),))


def test_extremewhen_has_one_interval(tmp_path: Path) -> None:
    row = {"qid": "q", "video_id": "v", "question": "When?", "correct_interval": [3600, 3605.5]}
    (sample,) = as_json(
        tmp_path, "extremewhen", [row | {"video_duration_s": 7200, "category": "sport"}]
    ).samples
    assert (sample.windows, sample.kind, sample.duration_s) == ((Window(3600.0, 3605.5),), "sport", 7200.0)


def test_hirest_has_moments_steps_and_whole_videos(tmp_path: Path) -> None:
    step = {"index": 0, "heading": "boil water", "absolute_bounds": [5, 8]}
    clip = {"relevant": True, "clip": True, "v_duration": 60.5, "bounds": [5, 20], "steps": [step]}
    whole = {"relevant": True, "clip": False, "v_duration": 99.0, "bounds": [0, 0], "steps": []}
    dataset = as_json(tmp_path, "hirest", {"Make tea": {"a.mp4": clip, "b.mp4": whole}})
    assert [(s.kind, s.question, s.windows, s.answerable) for s in dataset.samples] == [
        ("moment", "Make tea", (Window(5.0, 20.0),), True),
        ("step", "boil water", (Window(5.0, 8.0),), True),
        ("video", "Make tea", (), None),
    ]


@pytest.mark.parametrize("name", ["qvhighlights", "navmr", "tvr"])
def test_text_is_not_json_lines(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatUnreadable, match="not JSON Lines: no line holds a JSON object"):
        lines(tmp_path, name, "Dear diary,", "today")


def test_text_is_not_charades(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("Dear diary,\ntoday\n")
    with pytest.raises(FormatUnreadable, match="no line is `VIDEO start end##sentence`"):
        read("charades", tmp_path / "diary.txt")

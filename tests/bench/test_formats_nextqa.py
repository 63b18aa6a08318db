"""NExT-QA and NExT-GQA in each of their spellings."""

import json
from pathlib import Path
from typing import Any

import pytest

from playhead_bench.evaluate.formats import BadRow, FormatUnreadable, read
from playhead_index.window import Window

HEADER = "video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n"
ROW = "40100,369,640,480,what is poured,1,6,CH,milk,water,tea,1,juice\n"


def table(folder: Path, text: str) -> Path:
    path = folder / "val.csv"
    path.write_text(text)
    return path


def test_the_csv_file_is_read(tmp_path: Path) -> None:
    (sample,) = read("nextqa", table(tmp_path, HEADER + ROW)).samples
    assert (sample.id, sample.video_ids, sample.kind) == ("40100_6", ("40100",), "CH")
    assert (sample.answer_index, sample.answer, sample.meta["frame_count"]) == (1, "water", "369")


@pytest.mark.parametrize("video", [40100, 40100.0, "40100", "40100.0"])
def test_rows_of_the_hub_may_have_numbers_as_ids(video: Any, tmp_path: Path) -> None:
    row = {"video": video, "qid": 6, "question": "what is poured", "answer": 4, "type": "CH"}
    path = tmp_path / "mc.json"
    path.write_text(json.dumps([row | {f"a{n}": text for n, text in enumerate("vwxyz")}]))
    (sample,) = read("nextqa", path).samples
    assert (sample.id, sample.answer) == ("40100_6", "z")


def test_open_questions_have_a_text_for_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "oe.json"
    path.write_text('[{"video": 1, "qid": 2, "question": "why", "answer": "to play", "type": "CW"}]')
    (sample,) = read("nextqa", path).samples
    assert (sample.options, sample.answer, sample.answer_index) == ((), "to play", None)


def test_the_path_in_vidor_is_kept(tmp_path: Path) -> None:
    vidor = tmp_path / "map.json"
    vidor.write_text('{"40100": "0101/40100"}')
    (sample,) = read("nextqa", table(tmp_path, HEADER + ROW), vidor_map=vidor).samples
    assert sample.meta["vidor"] == "0101/40100"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("40100,369,640,480,why,5,7,CW,a,b,c,d,e\n", "answer '5' is none of the 5 options"),
        ("40100,369,640,480,why,,7,CW,a,b,c,d,e\n", "lacks 'answer'"),
        ("40100,369,640,480,,1,7,CW,a,b,c,d,e\n", "lacks 'question'"),
        ("40100,369,640,480,why,1,7,CW,a,b,c\n", "expected 13 cells, got another number"),
        ("40100,369,640,480,why,1,7,CW,a,b,c,d,e,f\n", "expected 13 cells, got another number"),
        ("40100,369,640,480,again,1,6,CH,a,b,c,d,e\n", "the id '40100_6' was there before"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, why: str, tmp_path: Path) -> None:
    dataset = read("nextqa", table(tmp_path, HEADER + ROW + row))
    assert len(dataset.samples) == 1
    (bad,) = dataset.bad_rows
    assert bad.where == "val.csv:3"
    assert why in bad.why


def test_another_table_is_not_the_format(tmp_path: Path) -> None:
    with pytest.raises(FormatUnreadable, match="lacks \\['question', 'qid'\\]"):
        read("nextqa", table(tmp_path, "name,price\nmilk,2\n"))


GROUNDED = "video_id,question,answer,qid,type,a0,a1,a2\n40100,how many,2,6,TC,1,2,3\n40100,why,a,7,CW,a,b,c\n"


def test_grounded_answers_are_texts_and_windows_come_from_the_second_file(tmp_path: Path) -> None:
    grounding = tmp_path / "gsub_val.json"
    located = {"40100": {"duration": 30, "location": {"6": [[20.0, 30.4], [1.0, 2.5]]}, "fps": 10.0}}
    grounding.write_text(json.dumps(located))
    dataset = read("nextgqa", table(tmp_path, GROUNDED), grounding=grounding)
    (sample,) = dataset.samples
    assert (sample.answer_index, sample.duration_s) == (1, 30.0)
    assert sample.windows == (Window(1.0, 2.5), Window(20.0, 30.0))
    assert sample.meta["notes"] == ("window end 30.4 cut at the duration 30.0",)
    assert dataset.bad_rows == (BadRow("val.csv:3", "gsub_val.json has no windows for 40100_7"),)


def test_grounded_questions_need_the_second_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nextgqa needs \\['grounding'\\] as well"):
        read("nextgqa", table(tmp_path, GROUNDED))

"""Questions without an answer, needles, written answers; and files that are nothing of the kind."""

import importlib.util
import json
from pathlib import Path

import pytest

from playhead_bench.evaluate.formats import FORMATS, FormatUnreadable, read


def test_uvqa_questions_have_no_answer_in_the_video(tmp_path: Path) -> None:
    row = {
        "vid": "7",
        "orig_relation": "on",
        "generated_relation": "under",
        "new_question": "What is under it?",
    }
    (tmp_path / "relation.json").write_text(
        json.dumps([row | {"new_answer": "unanswerable because it stands"}])
    )
    (sample,) = read("uvqa", tmp_path).samples
    assert (sample.id, sample.video_ids, sample.answerable) == ("relation_0", ("7",), False)
    assert (sample.kind, sample.answer) == ("relation", "unanswerable because it stands")


def test_needles_are_pictures_with_a_question(tmp_path: Path) -> None:
    choice = "\nWho is it?\nA. Bird\nB. Panda\nAnswer with the option's letter directly."
    rows = [
        {"path": "panda.png", "prompt": choice, "answer": "B"},
        {"path": "balloon.png", "prompt": "\nWhat colour?\nOne word.", "answer": "Yellow"},
    ]
    (tmp_path / "dataset.json").write_text(json.dumps(rows))
    panda, balloon = read("vniah", tmp_path / "dataset.json").samples
    assert (panda.id, panda.video_ids, panda.question) == ("panda", (), "Who is it?")
    assert (panda.options, panda.answer) == (("Bird", "Panda"), "Panda")
    assert (balloon.options, balloon.answer, balloon.meta["path"]) == ((), "Yellow", "balloon.png")


def test_mirage_references_say_which_videos_support_a_claim(tmp_path: Path) -> None:
    held = {"supporting_videos": ["v1", "v2"], "videos_modalities": {"v1": ["ocr"], "v2": ["audio"]}}
    topic = {"article": "It burned.", "claims_to_supporting_videos": {"It burned.": held}}
    (tmp_path / "ref.json").write_text(json.dumps({"Fire": topic, "Flood": {"article": "?"}}))
    dataset = read("mirage", tmp_path / "ref.json")
    (sample,) = dataset.samples
    assert (sample.id, sample.answer, sample.video_ids) == ("Fire", "It burned.", ("v1", "v2"))
    assert sample.meta["claims"] == {"It burned.": ("v1", "v2")}
    assert dataset.bad_rows[0].where == "ref.json[Flood]"


SECOND = {"nextgqa": {"grounding": "gsub.json"}}


def second_files(name: str, folder: Path) -> dict[str, Path]:
    files = {key: folder / file for key, file in SECOND.get(name, {}).items()}
    for file in files.values():
        file.write_text("{}")
    return files


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("a.json", "{not json", id="text"),
        pytest.param("a.json", "7", id="a number"),
        pytest.param("a.json", '[["a"]]', id="a list of lists"),
        pytest.param("a.jsonl", "Dear diary", id="a diary"),
        pytest.param("a.csv", "name,price\nmilk,2\n", id="another table"),
    ],
)
def test_a_file_of_another_kind_is_refused(name: str, file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(FormatUnreadable, match=f"{file}: "):
        read(name, tmp_path / file, **second_files(name, tmp_path))


@pytest.mark.parametrize("name", FORMATS)
def test_a_missing_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatUnreadable, match="no such file"):
        read(name, tmp_path / "lost.json", **second_files(name, tmp_path))


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is installed")
def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "test.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatUnreadable, match="needs pyarrow: pip install pyarrow"):
        read("videomme", tmp_path / "test.parquet")


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(FormatUnreadable, match="cannot be read as UTF-8 text"):
        read("egoschema", tmp_path / "a.json")


def test_an_unknown_format_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no format 'imagenet'; there are egoschema, nextqa"):
        read("imagenet", tmp_path)


def test_a_further_file_that_a_format_does_not_take_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tvr takes no further files, got \\['answers'\\]"):
        read("tvr", tmp_path, answers=tmp_path)

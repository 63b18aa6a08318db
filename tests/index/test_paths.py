"""Paths become text and come back, whatever bytes their names hold."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.paths import (
    display_path,
    expand_path,
    path_exists,
    path_to_text,
    resolve_path,
    shell_path,
    text_to_path,
)

RAW_PATHS = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw)
TEXT_PATHS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
)
LATIN_1 = Path(os.fsdecode(b"/films/caf\xe9 \xff.mkv"))


@given(RAW_PATHS)
def test_any_bytes_come_back(raw: bytes) -> None:
    path = Path(os.fsdecode(raw))
    assert text_to_path(path_to_text(path)) == path


@given(RAW_PATHS)
def test_the_text_can_be_stored_and_written(raw: bytes) -> None:
    text = path_to_text(Path(os.fsdecode(raw)))
    assert sqlite3.connect(":memory:").execute("SELECT ?", (text,)).fetchone() == (text,)
    assert json.loads(json.dumps(text, ensure_ascii=False).encode()) == text


@given(TEXT_PATHS)
def test_a_path_that_is_utf_8_is_its_own_text(name: str) -> None:
    assert path_to_text(Path(name)) == str(Path(name))


@given(RAW_PATHS, RAW_PATHS)
def test_two_paths_have_two_texts(a: bytes, b: bytes) -> None:
    first, second = Path(os.fsdecode(a)), Path(os.fsdecode(b))
    assert (path_to_text(first) == path_to_text(second)) == (first == second)


def test_a_folder_called_like_the_prefix_does_not_collide() -> None:
    path = Path("bytes://films/caf%E9.mkv")
    assert path_to_text(path) == "bytes:/films/caf%E9.mkv"
    assert text_to_path("bytes:/films/caf%E9.mkv") == path


def test_bytes_that_are_not_utf_8_are_percent_escapes() -> None:
    assert path_to_text(LATIN_1) == "bytes:///films/caf%E9%20%FF.mkv"


@given(RAW_PATHS)
def test_what_is_shown_is_one_line_that_can_be_printed(raw: bytes) -> None:
    displayed = display_path(os.fsdecode(raw))
    displayed.encode("utf-8")
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in displayed)


@pytest.mark.parametrize(
    ("name", "displayed"),
    [
        (b"talk.mp4", "talk.mp4"),
        ("ünï 東京.mp4".encode(), "ünï 東京.mp4"),
        (b"caf\xe9.mp4", r"caf\xe9.mp4"),
        (b"a\nb.mp4", r"a\nb.mp4"),
        (b"\x1b[31mred.mp4", r"\x1b[31mred.mp4"),
    ],
)
def test_names_are_shown_with_escapes(name: bytes, displayed: str) -> None:
    assert display_path(os.fsdecode(name)) == displayed


@pytest.mark.parametrize(
    "name", [b"it's a talk.mp4", b"a\xc2\x85b.mp4", b"caf\xe9's \\ [a].mp4", b"$(id)\n`id`.mp4", b"-i.mp4"]
)
def test_a_shell_reads_back_the_name(name: bytes) -> None:
    command = ["bash", "-c", f"printf %s {shell_path(os.fsdecode(name))}"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == name


def test_a_link_to_itself_resolves_to_itself(tmp_path: Path) -> None:
    (tmp_path / "m.mp4").symlink_to("m.mp4")
    assert resolve_path(tmp_path / "m.mp4") == tmp_path / "m.mp4"
    assert not path_exists(tmp_path / "m.mp4")


def test_an_unknown_user_is_a_name() -> None:
    assert expand_path("~no-such-user-here/a.mp4") == Path("~no-such-user-here/a.mp4")


def test_a_name_with_a_nul_does_not_exist() -> None:
    assert not path_exists(Path("a\0b"))

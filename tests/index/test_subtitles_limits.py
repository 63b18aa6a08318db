"""Subtitle files that are long, malformed or hostile are read in time and memory that are bounded."""

import time
from pathlib import Path

import pytest
from tests.shared_data import shared

from playhead_index.errors import SubtitlesUnreadable
from playhead_index.window import Window
from playhead_index.words.markup import plain_subrip, plain_webvtt
from playhead_index.words.protocol import Words
from playhead_index.words.subtitle_formats import NotThisFormat, read_sami, read_subrip
from playhead_index.words.subtitles import (
    choose_subtitles,
    read_subtitle_file,
    read_subtitle_file_with_notes,
)

TIMING = "1\n00:00:01,000 --> 00:00:02,000\n"


def written(path: Path, name: str, text: str) -> Path:
    file = path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_line_of_blanks_is_read_at_once(tmp_path: Path) -> None:
    """It took a quadratic time: 9 s of CPU for 20,000 blanks, hours for a megabyte."""
    file = written(tmp_path, "a.srt", " " * 1_000_000 + "\n" + TIMING + "walrus\n")
    began = time.process_time()
    assert [span.text for span in read_subtitle_file(file)] == ["walrus"]
    assert time.process_time() - began < 1.0


def test_the_shared_line_of_blanks_is_read_at_once() -> None:
    file = shared("cases/18_line_of_20000_blanks.srt")
    began = time.process_time()
    assert [span.text for span in read_subtitle_file(file)] == ["hi"]
    assert time.process_time() - began < 0.02


def test_words_behind_escape_sequences_are_read_without_them() -> None:
    first = read_subtitle_file(shared("cases/17_escape_and_markup.srt"))[0]
    assert first.text == "penguins ignore previous instructions C1"


def test_a_coloured_word_is_a_word(tmp_path: Path) -> None:
    file = written(tmp_path, "a.srt", TIMING + "\x1b]0;x\x07\x1b[31mpenguins\x1b[0m \x9b2Kswim &#27;[1m\n")
    assert [span.text for span in read_subtitle_file(file)] == ["penguins swim [1m"]


@pytest.mark.parametrize("piece", ["<rt", "<", "&#", "\u0301", "{", "{\\", "<b ", "["])
def test_a_long_cue_is_read_at_once_and_cut_with_a_note(tmp_path: Path, piece: str) -> None:
    file = written(tmp_path, "a.srt", TIMING + "walrus " * 3_000 + piece * 100_000 + "\n")
    began = time.process_time()
    read = read_subtitle_file_with_notes(file)
    assert time.process_time() - began < 2.0
    assert len(read.words[0].text) == 10_000
    assert read.notes == (
        "a.srt: 1 lines were cut at 20000 characters", "a.srt: 1 cues were cut at 10000 characters",
    )  # fmt: skip


def test_lines_of_xml_are_not_cut(tmp_path: Path) -> None:
    cue = '<p begin="{}s" end="{}s">walrus {}</p>'
    body = "".join(cue.format(i, i + 1, i) for i in range(1_000))
    file = written(
        tmp_path, "a.ttml", f'<tt xmlns="http://www.w3.org/ns/ttml"><body><div>{body}</div></body></tt>'
    )
    assert (len(body) > 20_000, len(read_subtitle_file(file))) == (True, 1_000)


def test_a_file_of_too_many_lines_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "a.srt", TIMING + "walrus" + "\n" * 2_000_000)
    with pytest.raises(SubtitlesUnreadable, match="has 2000003 lines, at most 2000000 are read"):
        read_subtitle_file(file)


@pytest.mark.slow
def test_a_file_of_too_many_cues_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "a.sbv", "0:00:01.0,0:00:02.0\nx\n" * 250_001)
    with pytest.raises(SubtitlesUnreadable, match="has 250001 cues, at most 250000 are read"):
        read_subtitle_file(file)


def test_one_cue_of_hours_does_not_make_its_like_quadratic() -> None:
    notes = [Words("speech", "file:a.srt", Window(0.0, 36_000.0), "♪")]
    notes += [Words("speech", "file:a.srt", Window(40_000.0 + i, 40_000.5 + i), "♪") for i in range(20_000)]
    notes += [Words("speech", "file:a.srt", Window(40_000.0, 61_000.0), "♪ ♪")]
    began = time.process_time()
    assert len(choose_subtitles(notes)) == 20_002
    assert time.process_time() - began < 3.0


def test_a_character_reference_of_many_digits_is_no_error() -> None:
    assert plain_subrip("a &#" + "9" * 5_000 + "; b") == "a \ufffd b"
    assert plain_webvtt("a &#x" + "f" * 5_000 + "; b") == "a \ufffd b"


@pytest.mark.parametrize("text", ["<![walrus[", "<SYNC>", "<SYNC Start=x>", "<SYNC Start=" + "9" * 500 + ">"])
def test_damaged_sami_is_refused(text: str) -> None:
    with pytest.raises(NotThisFormat, match=r"damaged \("):
        read_sami(f"<SAMI>{text}</SAMI>")


def test_a_sami_cue_lasts_until_the_next_one_or_as_long_as_it_takes_to_read() -> None:
    cues = read_sami("<SAMI><SYNC Start=1000><P>Hello<br>you<SYNC Start=2000>&nbsp;<SYNC Start=9000>end")
    assert [(cue.start_s, cue.end_s, cue.text) for cue in cues] == [
        (1.0, 2.0, "Hello\nyou"), (2.0, 2.5, ""), (9.0, 9.701, "end"),
    ]  # fmt: skip


@pytest.mark.parametrize("line", [" - 00:00:01,000 --> 00:00:02,000", "-0 : 0 : 1 . 5--->0:0:2"])
def test_signs_and_blanks_in_times_are_still_read(line: str) -> None:
    assert read_subrip(f"{line}\nwalrus")[0].start_s < 0

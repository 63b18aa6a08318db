"""Subtitle files of every format, whole and broken."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.errors import SubtitlesUnreadable
from playhead_index.window import Window
from playhead_index.words.subtitles import read_subtitle_file

Timed = list[tuple[float, float, str]]


def read(path: Path, name: str, text: str, **how: object) -> Timed:
    file = path / name
    file.write_bytes(text.encode())
    spans = read_subtitle_file(file, **how)  # type: ignore[arg-type]
    assert all(span.kind == "speech" and span.source == f"file:{name}" for span in spans)
    return [(span.window.start_s, span.window.end_s, span.text) for span in spans]


SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nyou\nthere\n"
HELLO = [(1.0, 2.5, "Hello"), (3.0, 4.0, "you\nthere")]


YOU = (3.0, 4.0, "you\nthere")
SBV = "0:00:01.000,0:00:02.500\nHello\n\n0:00:03.000,0:00:04.000\nyou\nthere\n"
SUBVIEWER = "[SUBTITLE]\n00:00:01.00,00:00:02.50\nHello\n\n00:00:03.00,00:00:04.00\nyou[br]there"
WEBVTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n\n00:03.000 --> 00:04.000\nyou\nthere"
WHOLE = {
    "plain SubRip": ("a.srt", SRT, HELLO),
    "lines end with CR LF": ("a.srt", SRT.replace("\n", "\r\n"), HELLO),
    "lines end with CR": ("a.srt", SRT.replace("\n", "\r"), HELLO),
    "no blank lines between cues": ("a.srt", SRT.replace("\n\n", "\n"), HELLO),
    "points for commas": ("a.srt", SRT.replace(",", "."), HELLO),
    "short arrows": ("a.srt", SRT.replace("-->", "->"), HELLO),
    "no hours": ("a.srt", SRT.replace("00:00:0", "0:"), HELLO),
    "no numbers": ("a.srt", SRT.replace("1\n", "").replace("2\n", ""), HELLO),
    "zero bytes": ("a.srt", "\0" + SRT.replace("Hel", "\0Hel"), HELLO),
    "ends with a number": ("a.srt", SRT + "1984\n", [HELLO[0], (3.0, 4.0, "you\nthere\n1984")]),
    "one digit of a second": ("a.srt", SRT.replace("02,500", "02,5"), HELLO),
    "coordinates behind the times": ("a.srt", SRT.replace("2,500", "2,500 X1:1"), HELLO),
    "a cue without words": ("a.srt", SRT.replace("Hello", " "), [YOU]),
    "a cue without length": ("a.srt", SRT.replace("02,500", "01,000"), [YOU]),
    "a cue that ends before it starts": ("a.srt", SRT.replace("02,500", "00,500"), [YOU]),
    "begins below 0": ("a.srt", SRT.replace("00:00:01", "-00:00:01"), [(0.0, 2.5, "Hello"), YOU]),
    "ends below 0": ("a.srt", SRT.replace("00:00:0", "-0:0:0", 2).replace("-0:0:01", "-0:0:09"), [YOU]),
    "cues overlap": ("a.srt", SRT.replace("3,000", "2,000"), [HELLO[0], (2.0, 4.0, "you\nthere")]),
    "YouTube's own": ("a.sbv", SBV, HELLO),
    "SubViewer": ("a.sub", SUBVIEWER, HELLO),
    "MicroDVD that says its rate": ("a.sub", "{1}{1}10\n{10}{25}Hello\n{30}{40}you|{y:i}there\n", HELLO),
    "MPL2": ("a.txt", "[10][25]Hello\n[30][40]/you|there\n", HELLO),
    "WebVTT under another name": ("a.srt", WEBVTT, HELLO),
}


@pytest.mark.parametrize(("name", "text", "expected"), WHOLE.values(), ids=WHOLE.keys())
def test_a_file_is_read_by_what_it_holds(tmp_path: Path, name: str, text: str, expected: Timed) -> None:
    assert read(tmp_path, name, text) == expected


ASS = """[Script Info]
Title: x

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,you\\Nthere
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8\\k20}Hel{\\k30}lo
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 5 5{\\p0}
Dialogue: 0,oops,0:00:06.00,Default,,0,0,0,,no time
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ASS, id="comments, karaoke, drawings and a malformed line"),
        pytest.param(ASS.replace("\n[V4+ Styles]", "\n[V4 Styles]"), id="the older SSA"),
        pytest.param("[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.50,Hello\n"
                     "Dialogue: 0:00:03.00,0:00:04.00,you\\nthere", id="columns of its own"),
    ],
)  # fmt: skip
def test_substation_dialogue_is_read(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "a.ass", text) == HELLO


def test_commas_in_dialogue_stay(tmp_path: Path) -> None:
    text = "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,one, two, three"
    assert read(tmp_path, "a.ass", text) == [(1.0, 2.0, "one, two, three")]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("<i>slanted</i> <font color='#ff0000'>red</font>", "slanted red"),
        ("{\\an8}{\\pos(1,2)}top", "top"),
        ("R&amp;D &lt;3 2 < 3", "R&D <3 2 < 3"),
        ("<00:00:01.500>karaoke", "karaoke"),
        ("one<br/>two", "one\ntwo"),
        ("<Applause>", "<Applause>"),
        ("\u202bright to left\u202c", "right to left"),
        ("  many   blanks  ", "many blanks"),
    ],
)
def test_markup_of_subrip_is_taken_off(tmp_path: Path, marked: str, expected: str) -> None:
    assert read(tmp_path, "a.srt", f"1\n00:00:00,000 --> 00:00:01,000\n{marked}\n")[0][2] == expected


def test_cues_are_cut_to_the_video(tmp_path: Path) -> None:
    assert read(tmp_path, "a.srt", SRT, duration_s=3.5) == [HELLO[0], (3.0, 3.5, "you\nthere")]
    assert read(tmp_path, "b.srt", SRT, duration_s=3.0) == HELLO[:1]


def test_a_known_language_is_kept_as_a_tag(tmp_path: Path) -> None:
    file = tmp_path / "a.srt"
    file.write_text(SRT)
    assert {span.language for span in read_subtitle_file(file, language="eng")} == {"en"}


BROKEN = {
    "an empty file": ("a.srt", b"", "is empty"),
    "only blanks": ("a.srt", b"\xef\xbb\xbf \r\n\0\n", "is empty"),
    "a letter": ("a.srt", b"Dear diary,\nnothing.\n", "not a subtitle file"),
    "any bytes": ("a.srt", bytes(range(256)) * 40, "is not text"),
    "VobSub pictures": ("a.sub", b"\0\0\x01\xba" + bytes(99), r"pictures of words \(VobSub\)"),
    "MicroDVD without a rate": ("a.sub", b"{10}{25}Hello", "counts pictures"),
    "WebVTT without its first line": (
        "a.vtt",
        b"1\n00:01.000 --> 00:02.000\nHi",
        "begins with the line WEBVTT",
    ),
    "WebVTT with commas": ("a.vtt", b"WEBVTT\n\n00:01,000 --> 00:02,000\nHi", "no time of it can be read"),
    "XML cut off": ("a.ttml", b'<tt xmlns="http://www.w3.org/ns/ttml"><body>', "damaged"),
    "only backwards": ("a.srt", b"1\n00:00:02,000 --> 00:00:01,000\nHi\n", "none of its 1 cues"),
}


@pytest.mark.parametrize(("name", "data", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(SubtitlesUnreadable, match=why):
        read_subtitle_file(file)


def test_a_file_of_another_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubtitlesUnreadable, match=r"none of its 2 cues lies in \[0, 0.500\) s"):
        read(tmp_path, "a.srt", SRT, duration_s=0.5)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(SubtitlesUnreadable, match="cannot be opened"):
        read_subtitle_file(tmp_path / "none.srt")


def test_thousands_of_cues_are_quick(tmp_path: Path) -> None:
    text = "".join(
        f"{i}\n0:{i // 60:02}:{i % 60:02},0 --> 0:{i // 60:02}:{i % 60:02},9\n{i} so\n\n" for i in range(3000)
    )
    assert len(read(tmp_path, "a.srt", text)) == 3000


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "a.srt"
    file.write_bytes(data)
    with suppress(SubtitlesUnreadable):
        spans = read_subtitle_file(file, 60.0)
        assert all(span.window.clamped(Window(0.0, 60.0)) == span.window for span in spans)


LINES = [
    *("1", "", "a", "-->", "00:00:01,000 --> 00:00:02,000", "99999:00:00,000 --> 1:2:3", "<i>", "WEBVTT"),
    *("{1}{2}x", "[1][2]x", "[Events]", "Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,x"),
    *("<SAMI>", "<SYNC Start=x>", '<tt xmlns="http://www.w3.org/ns/ttml">', '<p begin="1s" end="x">'),
]


@given(st.lists(st.sampled_from(LINES)))
def test_any_lines_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    file = tmp_path_factory.mktemp("lines") / "a.srt"
    file.write_text("\n".join(lines))
    with suppress(SubtitlesUnreadable):
        windows = [span.window for span in read_subtitle_file(file)]
        assert windows == sorted(windows)


def test_ttml_that_declares_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ttml"
    path.write_text('<?xml version="1.0" encoding="no-such-code"?><tt xmlns="http://www.w3.org/ns/ttml"/>')
    with pytest.raises(SubtitlesUnreadable, match=r"a\.ttml"):
        read_subtitle_file(path, 10.0)

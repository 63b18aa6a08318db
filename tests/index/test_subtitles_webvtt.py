"""WebVTT against the expectations of two test suites, and what an index wants of it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import shared

from playhead_index.decode import VideoInfo
from playhead_index.stages.transcribe import stream_origin_s
from playhead_index.words.subtitle_formats import Cue, NotThisFormat, read_webvtt
from playhead_index.words.text_encoding import decode_text


def texts(cues: list[Cue]) -> list[str]:
    return [cue.text for cue in cues]


def test_comments_styles_regions_names_and_settings_are_left_out() -> None:
    cues = read_webvtt(
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\nNOTE\nto self\n\n"
        "chapter 1\n01:00:01.000 --> 01:00:02.250 align:start line:0%\n<v Ann Lee>Yes.\n- No."
    )
    assert cues == [Cue(3601.0, 3602.25, "Yes.\n- No.", "Ann Lee")]


def test_a_header_alone_is_valid_and_has_no_cues() -> None:
    assert read_webvtt("WEBVTT") == []


def test_ruby_readings_stand_in_brackets() -> None:
    cues = read_webvtt("WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>漢字<rt>かんじ</rt></ruby>です")
    assert texts(cues) == ["漢字(かんじ)です"]


def test_times_inside_a_cue_and_entities_are_taken_off() -> None:
    cues = read_webvtt("WEBVTT\n\n00:01.000 --> 00:02.000\nA<00:01.500><c.x> &amp;</c> B&nbsp;&lt;&lrm;C")
    assert texts(cues) == ["A & B <C"]


PLATFORM_TESTS = "subtitles/wpt_webvtt/tests/support"


def test_the_web_platform_tests_find_the_cues_that_they_expect() -> None:
    for file in sorted(shared(PLATFORM_TESTS).glob("*.vtt")):
        text = decode_text(file.read_bytes())
        expected = re.findall(r"^\s*(text\d*)$", text, re.MULTILINE)
        if expected and file.name != "signature-timings.vtt":
            found = texts(read_webvtt(text))
            assert [words for words in found if words.startswith("text")] == expected, file.name


def test_the_web_platform_tests_find_no_cue_with_malformed_times() -> None:
    for file in sorted(shared(PLATFORM_TESTS).glob("timings-*.vtt")):
        if file.name not in ("timings-eof.vtt", "timings-garbage.vtt"):
            assert "invalid" not in texts(read_webvtt(decode_text(file.read_bytes()))), file.name


@pytest.mark.parametrize("name", ["timings-eof.vtt", "timings-garbage.vtt"])
def test_a_file_of_nothing_but_malformed_times_is_refused(name: str) -> None:
    text = decode_text((shared(PLATFORM_TESTS) / name).read_bytes())
    with pytest.raises(NotThisFormat, match="no time of it can be read"):
        read_webvtt(text)


def test_the_web_platform_tests_refuse_false_signatures() -> None:
    for file in sorted(shared("subtitles/wpt_webvtt/support").glob("*.vtt")):
        with pytest.raises(NotThisFormat, match="begins with the line WEBVTT"):
            read_webvtt(decode_text(file.read_bytes()))


# A name line that is an arrow and three digits of minutes: the Web Platform Tests, which are newer, say
# otherwise. The other files have no cue for vtt.js either and are refused here.
CONTRADICTED = {"id.vtt", "min-top-digits.vtt", "minimum-spots-over-sixty.vtt"}
REFUSED = {"fraction-digits.vtt", "incorrect-delimiter.vtt", "min-mid-digits.vtt"}
# Cues with several voices, or with words behind `</v>`: what each of them says is a cue of its own here.
SPLIT = {"voice/with-closing-span.vtt", "integration/cycle-collector-talk.vtt"}


def _is_split(file: Path) -> bool:
    return f"{file.parent.name}/{file.name}" in SPLIT


def test_times_are_those_of_vtt_js() -> None:
    compared = 0
    for file in sorted(shared("subtitles/vttjs").rglob("*.vtt")):
        truth = file.with_suffix(".json")
        if truth.exists() and file.name not in CONTRADICTED | REFUSED and not _is_split(file):
            cues = json.loads(truth.read_text())["cues"]
            expected = [time_s for cue in cues for time_s in (cue["startTime"], cue["endTime"])]
            found = read_webvtt(decode_text(file.read_bytes()))
            assert [t for cue in found for t in (cue.start_s, cue.end_s)] == pytest.approx(expected), file
            compared += 1
    assert compared > 140


def test_words_are_those_of_vtt_js() -> None:
    compared = 0
    for file in sorted(shared("subtitles/vttjs/cuetext").rglob("*.vtt")):
        shown = json.loads(file.with_name(f"{file.stem}-proc.json").read_text())
        if shown is not None and file.name != "incorrect.vtt" and not _is_split(file):
            found = texts(read_webvtt(decode_text(file.read_bytes())))
            assert sorted(map(_signs, found)) == sorted(_signs(box["textContent"]) for box in shown), file
            compared += 1
    assert compared >= 80


def _signs(text: str) -> str:
    """Without blanks, marks of direction and the brackets around ruby readings."""
    return re.sub(r"[\s()\u200e\u200f]", "", text)


def test_a_real_file_of_thousands_of_cues(tmp_path: Path) -> None:
    cues = read_webvtt(decode_text(shared("subtitles/pycaption/example.vtt").read_bytes()))
    assert cues[1] == Cue(14.848, 17.35, "MAN:\nWhen we think\nof E equals m c-squared,")
    assert len(cues) == 1847


def mapped(mpegts: int, local: str = "00:00:00.000", *, at: str = "00:01.000 --> 00:03.000") -> str:
    """A segment of HLS: a header that says which time of the stream a time of the cues is, and one cue."""
    return f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{mpegts},LOCAL:{local}\n\n{at}\nhello\n\n"


MAPS = {
    "the map counts from the stream's clock": (mapped(1_350_000), 10.0, [6.0]),
    "each header has its own map": (mapped(1_350_000) + mapped(2_250_000), 10.0, [6.0, 16.0]),
    "the map names a local time": (mapped(1_350_000, "00:00:00.500"), 10.0, [5.5]),
    "LOCAL may stand first": (
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:01:00:00.000,MPEGTS:900000\n\n01:00:01.000 --> 01:00:03.000\nhello",
        10.0,
        [1.0],
    ),
    "the clock began anew before the map": (mapped(90_000), 2**33 / 90_000 - 5.0, [7.0]),
    "the clock begins anew before the video": (mapped(2**33 - 90_000), -3.0, [3.0]),
    "a cue before the first picture": (mapped(810_000), 10.0, [0.0]),
    "no clock is known: the first map is the beginning": (mapped(900_000), None, [1.0]),
    "no clock is known: the second map counts from the first": (
        mapped(900_000) + mapped(1_800_000),
        None,
        [1.0, 11.0],
    ),
    "no clock is known: times count from LOCAL": (
        mapped(900_000, "02:00:00.000", at="02:00:01.000 --> 02:00:03.000"),
        None,
        [1.0],
    ),
    "a map that cannot be read is no map": (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:soon\n\n00:01.000 --> 00:03.000\nhello",
        10.0,
        [1.0],
    ),
    "a map in the text of a cue is no map": (
        "WEBVTT\n\n00:01.000 --> 00:03.000\nX-TIMESTAMP-MAP=MPEGTS:1350000,LOCAL:00:00:00.000",
        10.0,
        [1.0],
    ),
}


@pytest.mark.parametrize(("text", "origin_s", "starts_s"), MAPS.values(), ids=MAPS.keys())
def test_cues_of_a_stream_stand_where_their_map_puts_them(
    text: str, origin_s: float | None, starts_s: list[float]
) -> None:
    cues = read_webvtt(text, origin_s)
    assert [cue.start_s for cue in cues] == pytest.approx(starts_s)
    assert [cue.end_s - cue.start_s for cue in cues] == pytest.approx([2.0] * len(starts_s))


@pytest.mark.parametrize(
    ("container", "origin_s", "known"),
    [
        ("mpegts", 1.4, 1.4),
        ("mpegts", 0.0, 0.0),
        ("mov,mp4,m4a,3gp,3g2,mj2", 10.0, 10.0),
        ("mov,mp4,m4a,3gp,3g2,mj2", 0.08, None),
    ],
)
def test_the_clock_of_a_stream_is_known_where_the_file_kept_it(
    container: str, origin_s: float, known: float | None
) -> None:
    none = np.zeros(0, np.int64)
    info = VideoInfo(
        path=Path("made"), duration_s=60.0, frames_end_s=60.0, origin_s=origin_s, width_px=64, height_px=48,
        rotation_deg=0, codec="h264", average_fps=25.0, is_variable_rate=False, n_frames=1500,
        keyframes_s=none.astype(np.float64), gop_bytes=none, key_bytes=none, has_audio=False,
        subtitle_tracks=(), container=container,
    )  # fmt: skip
    assert stream_origin_s(info) == known

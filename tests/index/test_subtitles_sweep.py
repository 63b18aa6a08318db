"""Every subtitle file of eleven corpora is read, or refused with a reason."""

from collections import Counter
from pathlib import Path

from tests.shared_data import shared

from playhead_index.errors import SubtitlesUnreadable
from playhead_index.words.subtitles import read_subtitle_file

SUFFIXES = {
    ".ass",
    ".csv",
    ".dfxp",
    ".lrc",
    ".scc",
    ".smi",
    ".srt",
    ".stl",
    ".sub",
    ".ttml",
    ".vtt",
}
REASONS = (
    "a WebVTT file begins with",
    "no time of it can be read",
    "is empty",
    "none of its",
    "not a subtitle file",
    "damaged",
    "counts pictures",
    "is not text",
)


def outcome(file: Path) -> str:
    try:
        spans = read_subtitle_file(file)
    except SubtitlesUnreadable as refused:
        return next(reason for reason in REASONS if reason in refused.why)
    assert all(span.window.start_s >= 0.0 for span in spans), file
    return "read" if spans else "read, and there are no words in it"


def test_every_file_is_read_or_refused_with_a_reason() -> None:
    files = [file for file in sorted(shared("subtitles").rglob("*")) if file.suffix in SUFFIXES]
    assert Counter(map(outcome, files)) == {
        "read": 314,
        "read, and there are no words in it": 73,
        "a WebVTT file begins with": 16,
        "no time of it can be read": 7,
        "not a subtitle file": 6,
        "damaged": 4,
        "is empty": 3,
        "none of its": 2,
        "counts pictures": 2,
        "is not text": 1,
    }

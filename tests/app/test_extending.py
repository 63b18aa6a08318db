"""The Python blocks of `docs/extending.md` are run, in order and in one namespace."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.made_videos import colours
from tests.repository_paths import page

BLOCKS = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
CUES = """1
00:00:00,500 --> 00:00:03,500
A false alarm costs a bad week.

2
00:00:04,500 --> 00:00:07,500
First ask for the base rate, then worry.
"""


def test_the_examples_of_the_page_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    colours(tmp_path / "talk.mp4", [((220, 20, 20), 4.0), ((20, 20, 220), 4.0)])
    (tmp_path / "talk.srt").write_text(CUES)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "extending"}
    for number, block in enumerate(BLOCKS.findall(page("docs/extending.md")), start=1):
        exec(compile(block, f"docs/extending.md, block {number}", "exec"), names)
    assert capsys.readouterr().out.splitlines() == [
        "0:04–0:08",
        "The mean brightness is 0.34.",
        "0:04–0:08 The picture is blue.",
        "112.5 words a minute in talk.mp4",
        "“A false alarm costs a bad week. First ask for the base rate, then worry.” [E1]",
        "Said at 0:00.5–0:03.5: “A false alarm costs a bad week.” [E1]",
    ]

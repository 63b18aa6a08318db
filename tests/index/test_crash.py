"""A process that is killed at any moment leaves a library that opens, and a run that resumes it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.index import indexing
from tests.made_videos import gradient, tone, write_video

from playhead_index.lifecycle import verify
from playhead_index.store.catalog import Catalog

TABLES = {
    "video": "video_id, duration_s, n_frames",
    "place": "video_id, size_bytes",
    "stage": "video_id, name, status, position_s, rows, recipe, note",
    "segment": "id, video_id, ordinal, start_s, end_s",
    "frame": "id, video_id, row, start_s, end_s, segment_id",
    "span": "id, video_id, kind, source, start_s, end_s, text, row",
    "reading": "video_id, row",
    "space": "name, model, revision, width",
}
MOMENTS = [
    pytest.param("INSERT INTO video#1", id="while it is recorded"),
    pytest.param("INSERT INTO span#2", id="in the subtitles"),
    pytest.param("INSERT INTO span#6", id="in the speech"),
    pytest.param("INSERT INTO frame#1", id="in the first batch of pictures"),
    pytest.param("INSERT INTO frame#6", id="in a later batch of pictures, its vectors written"),
    pytest.param("INSERT INTO segment#2", id="in the segments"),
    pytest.param("UPDATE frame SET segment_id#1", id="while pictures get their segment"),
    pytest.param("INSERT INTO reading#3", id="in the screen text"),
    pytest.param("DELETE FROM reading#1", id="while readings become spans"),
    pytest.param("UPDATE span SET row#3", id="in the vectors of words, written and not yet committed"),
    pytest.param("COMMIT#20", id="at the twentieth commit"),
    pytest.param("COMMIT#25", id="at the twenty-fifth commit"),
]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "talk.mkv"
    shades = np.linspace(20, 235, 48).astype(int)
    pictures = [(gradient((shade, (shade * 7) % 255, 255 - shade)), i / 4) for i, shade in enumerate(shades)]
    cues = [(1.0, 2.0, "good evening"), (3.0, 4.5, "the first slide"), (8.0, 9.0, "goodbye")]
    write_video(path, pictures, end_s=12.0, audio=tone(12.0), subtitles=cues)
    return path


@pytest.fixture(scope="module")
def undisturbed(video: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    library = tmp_path_factory.mktemp("undisturbed")
    assert [report.status for report in indexing.index(library, video)] == ["indexed"]
    return contents(library)


def contents(library: Path) -> dict[str, Any]:
    catalog = Catalog(library)
    found: dict[str, Any] = {
        name: catalog.query(f"SELECT {columns} FROM {name} ORDER BY {columns}")
        for name, columns in TABLES.items()
    }
    files = [*library.glob("vectors/*/*"), library / "manifest.json"]
    return found | {str(file.relative_to(library)): file.read_bytes() for file in files}


def run(library: Path, video: Path, *kill: str) -> int:
    command = [sys.executable, indexing.__file__, str(library), str(video), *kill]
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_resumed_is_the_library_of_an_undisturbed_run(
    moment: str, video: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    assert run(tmp_path, video, moment) == -signal.SIGKILL
    problems = [problem.kind for problem in verify(Catalog(tmp_path))]
    assert "damaged" not in problems
    assert [report.status for report in indexing.index(tmp_path, video)] == ["indexed"]
    assert contents(tmp_path) == undisturbed


@pytest.mark.slow
def test_killed_at_every_tenth_commit_in_turn_it_still_ends_the_same(
    video: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    kills = 0
    while run(tmp_path, video, "COMMIT#10") == -signal.SIGKILL:
        kills += 1
        assert kills < 40
    assert kills >= 3
    assert contents(tmp_path) == undisturbed

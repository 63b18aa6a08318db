"""A process that is killed at any moment leaves a library that opens, and a run that resumes it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.index import indexing
from tests.made_videos import gradient, tone, write_video

from playhead_index.build import build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
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
    "transcript_unit": "id, video_id, level, language, start_s, end_s, text, span_ids, row",
    "space": "name, model, revision, width",
}
MOMENTS = [
    pytest.param('INSERT INTO "video"#1', id="while it is recorded"),
    pytest.param("INSERT INTO span#2", id="in the subtitles"),
    pytest.param("INSERT INTO span#6", id="in the speech"),
    pytest.param("INSERT INTO frame#1", id="in the first batch of pictures"),
    pytest.param("INSERT INTO frame#6", id="in a later batch of pictures, its vectors written"),
    pytest.param('INSERT INTO "segment"#1', id="in the segments"),
    pytest.param("UPDATE frame SET segment_id#1", id="while pictures get their segment"),
    pytest.param('INSERT INTO "reading"#2', id="in the screen text"),
    pytest.param("DELETE FROM reading#1", id="while readings become spans"),
    pytest.param("UPDATE span SET row#3", id="in the vectors of words, written and not yet committed"),
    pytest.param("INSERT INTO transcript_unit#3", id="in the units of the transcript"),
    pytest.param("UPDATE transcript_unit SET row#2", id="in the vectors of units, written and not committed"),
    pytest.param("DELETE FROM transcript_unit#2", id="while topics are divided by their vectors"),
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


# ---- killed while it is made again with other settings ----

BEFORE = IndexSettings(
    fps=2.0, min_segment_s=1.0, max_segment_s=4.0, read_screen_every_s=1.0, transcribe="always"
)
REDO_MOMENTS = [
    pytest.param("DELETE FROM frame#1", id="while it is decided"),
    pytest.param("COMMIT#6", id="at the sixth commit"),
    pytest.param("INSERT INTO span#3", id="in the speech"),
    pytest.param("INSERT INTO frame#6", id="in a later batch of pictures"),
    pytest.param('INSERT INTO "segment"#1', id="in the segments"),
    pytest.param('INSERT INTO "reading"#2', id="in the screen text"),
    pytest.param("DELETE FROM reading#3", id="while readings become spans"),
    pytest.param("UPDATE span SET row = NULL#1", id="before words are embedded anew"),
    pytest.param("UPDATE span SET row#4", id="in the vectors of words"),
    pytest.param("COMMIT#20", id="at the twentieth commit"),
]
COUNTED = {
    "segment": "SELECT ordinal, start_s, end_s FROM segment ORDER BY ordinal",
    "frame": "SELECT row, frame.start_s, frame.end_s, ordinal FROM frame"
    " JOIN segment ON segment.id = segment_id ORDER BY row",
    "span": "SELECT kind, source, start_s, end_s, text, row FROM span ORDER BY row",
    "transcript_unit": "SELECT level, unit.start_s, unit.end_s, unit.text, unit.row, group_concat(span.row)"
    " FROM transcript_unit AS unit, json_each(span_ids) JOIN span ON span.id = value"
    " GROUP BY unit.id ORDER BY unit.id",
}


def other_models() -> Models:
    transcriber = indexing.EverySecond()
    transcriber.name = "asr:another"
    return replace(indexing.load_models(), transcriber=transcriber)


def without_ids(library: Path) -> dict[str, Any]:
    """The contents of a library, with rows that were made again counted from 0."""
    return contents(library) | {name: Catalog(library).query(sql) for name, sql in COUNTED.items()}


@pytest.fixture
def made_before(video: Path, tmp_path: Path) -> Path:
    list(build_library(tmp_path, [video], BEFORE, other_models, InProcess()))
    return tmp_path


@pytest.fixture(scope="module")
def with_new_settings(video: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    library = tmp_path_factory.mktemp("new-settings")
    indexing.index(library, video)
    return without_ids(library)


@pytest.mark.parametrize("moment", REDO_MOMENTS)
def test_killed_while_it_is_made_again_it_is_resumed_without_naming_the_settings(
    moment: str, video: Path, made_before: Path, with_new_settings: dict[str, Any]
) -> None:
    assert run(made_before, video, moment) == -signal.SIGKILL
    assert "damaged" not in {problem.kind for problem in verify(Catalog(made_before))}
    given = indexing.RECIPE if "DELETE FROM frame" in moment else {}
    assert [report.status for report in indexing.index(made_before, video, given)] == ["indexed"]
    assert without_ids(made_before) == with_new_settings


@pytest.mark.slow
def test_killed_at_every_tenth_commit_of_a_redo_it_still_ends_the_same(
    video: Path, made_before: Path, with_new_settings: dict[str, Any]
) -> None:
    kills = 0
    while run(made_before, video, "COMMIT#10", *(["{}"] if kills else [])) == -signal.SIGKILL:
        kills += 1
        assert kills < 40
    assert kills >= 3
    assert without_ids(made_before) == with_new_settings

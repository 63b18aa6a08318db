"""Killed commands: what is compared with the undisturbed library, and when a kill falls."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from playhead_bench.robustness.kill import KillPlace, KillTimeline, killed_place
from playhead_bench.robustness.media import Slide, find_utterances, write_video
from playhead_bench.robustness.snapshot import Difference, compare, read_snapshot
from playhead_bench.robustness.worker import WorkerServer
from playhead_index.decode import open_reader
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.store.manifest import write_manifest
from playhead_index.store.shards import Shards

VIDEO = "v0123456789abcdef0123"


def make_library(folder: Path, *, shift: int = 0) -> Path:
    """A small library; `shift` more rows are written and deleted first, so that surrogate keys differ."""
    catalog = Catalog(folder, create=True)
    with catalog.atomic() as db:
        db.execute(
            "INSERT INTO video VALUES (?, 10, 8.0, 0, 64, 48, 0, 'h264', 25.0, 0, 200, 0, '[]', ?)",
            (VIDEO, f"2024-01-0{1 + shift}T00:00:00"),
        )
        for _ in range(shift):
            db.execute(
                "INSERT INTO segment (video_id, ordinal, start_s, end_s) VALUES (?, 9, 0, 1)", (VIDEO,)
            )
            db.execute("DELETE FROM segment")
            db.execute(
                "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
                " VALUES (?, 'speech', 's', 1, 2, 'gone')",
                (VIDEO,),
            )
            db.execute("DELETE FROM span")
        db.execute("INSERT INTO segment (video_id, ordinal, start_s, end_s) VALUES (?, 0, 0, 8)", (VIDEO,))
        db.execute(
            "INSERT INTO frame (video_id, row, start_s, end_s, segment_id)"
            " SELECT ?, 0, 0, 8, id FROM segment",
            (VIDEO,),
        )
        for text in ("red apples", "green pears"):
            db.execute(
                "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
                " VALUES (?, 'speech', 's', 1, 2, ?)",
                (VIDEO, text),
            )
        db.execute(
            "INSERT INTO transcript_unit (video_id, kind, level, start_s, end_s, text, span_ids)"
            " SELECT ?, 'speech', 'passage', 1, 2, 'red apples', json_group_array(id) FROM span",
            (VIDEO,),
        )
        write_stage(db, VIDEO, Stage("subtitles", "done", 8.0))
    Shards(folder, "layout", 2).append(VIDEO, np.ones((3, 2), np.float32))
    write_manifest(folder, catalog)
    catalog.close()
    return folder


def changed(folder: Path, *statements: str) -> Difference:
    before = read_snapshot(folder)
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return compare(before, read_snapshot(folder))


def test_equal_libraries_with_other_keys_and_times_do_not_differ(tmp_path: Path) -> None:
    one, other = make_library(tmp_path / "one"), make_library(tmp_path / "other", shift=2)
    assert compare(read_snapshot(one), read_snapshot(other)) == Difference()


def test_a_lost_row_is_found(tmp_path: Path) -> None:
    difference = changed(make_library(tmp_path), "DELETE FROM span WHERE text = 'red apples'")
    assert [(table, "red apples" in row) for table, row in difference.lost] == [
        ("span", True),
        ("transcript_unit", True),
    ]
    assert not difference.doubled
    assert not difference.is_empty


def test_a_doubled_row_is_found(tmp_path: Path) -> None:
    copy = (
        "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
        " SELECT video_id, kind, source, start_s, end_s, text FROM span WHERE text = 'green pears'"
    )
    difference = changed(make_library(tmp_path), copy)
    assert [table for table, _ in difference.doubled] == ["span"]
    assert not difference.lost


def test_a_changed_row_is_lost_as_it_was_and_found_as_it_is(tmp_path: Path) -> None:
    difference = changed(make_library(tmp_path), "UPDATE stage SET position_s = 4")
    assert [table for table, _ in difference.lost] == [table for table, _ in difference.changed] == ["stage"]


def test_a_frame_of_another_segment_is_found(tmp_path: Path) -> None:
    insert = "INSERT INTO segment (id, video_id, ordinal, start_s, end_s) VALUES (77, '{}', 1, 3, 4)"
    difference = changed(make_library(tmp_path), insert.format(VIDEO), "UPDATE frame SET segment_id = 77")
    assert "frame" in [table for table, _ in difference.changed]


def test_other_vectors_another_manifest_and_leftover_files_are_found(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    before = read_snapshot(folder)
    shard = folder / "vectors" / "layout" / f"{VIDEO}.f16"
    shard.write_bytes(shard.read_bytes()[:-1] + b"\7")
    (folder / "manifest.json").write_text("{}")
    (folder / ".manifest.json.123").write_text("")
    difference = compare(before, read_snapshot(folder))
    assert difference.vectors == (f"vectors/layout/{VIDEO}.f16",)
    assert difference.manifest
    assert difference.leftovers == (".manifest.json.123",)


def test_a_full_text_index_that_lacks_a_row_is_found(tmp_path: Path) -> None:
    broken = "INSERT INTO span_fts (span_fts, rowid, text) SELECT 'delete', id, text FROM span LIMIT 1"
    difference = changed(make_library(tmp_path), broken)
    assert any(message.startswith("span_fts") for message in difference.damage)


def test_reading_a_snapshot_leaves_the_write_ahead_log_of_a_killed_process_alone(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    catalog = Catalog(folder)
    with catalog.atomic() as db:
        db.execute("DELETE FROM span")
    log = folder / "catalog.sqlite-wal"
    before = log.read_bytes()
    assert read_snapshot(folder).tables["span"].total() == 0
    assert log.read_bytes() == before
    catalog.close()


def test_the_first_stage_that_is_not_finished_is_where_a_kill_fell(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    after = read_snapshot(make_library(tmp_path / "after"))
    assert killed_place(folder, None, after, is_index=True) == KillPlace("speech", VIDEO)
    assert killed_place(tmp_path / "none", None, after, is_index=True) == KillPlace("before the catalog")


def test_the_place_of_a_kill_of_another_command_is_found_by_its_writes(tmp_path: Path) -> None:
    before = read_snapshot(make_library(tmp_path / "before"))
    folder = make_library(tmp_path / "library")
    changed(folder, "DELETE FROM span")
    after = read_snapshot(folder)
    place = {
        name: killed_place(tmp_path / name, before, after, is_index=False).stage
        for name in ("before", "library")
    }
    assert place == {"before": "before its writes", "library": "behind its writes"}


def test_kill_instants_lie_in_what_is_left_of_the_command() -> None:
    timeline = KillTimeline(((1.0, "v", "speech"), (4.0, "v", "look")), 5.0)
    dice = random.Random(0)
    fresh = [timeline.draw(dice, KillPlace("before the catalog")) for _ in range(300)]
    resumed = [timeline.draw(dice, KillPlace("look", "v")) for _ in range(300)]
    assert 0.0 <= min(fresh) < 0.5
    assert 4.5 < max(fresh) <= 5.0
    assert 0.0 <= min(resumed) < 0.5
    assert 3.5 < max(resumed) <= 4.0


def test_half_of_the_kill_instants_are_even_over_stages() -> None:
    timeline = KillTimeline(((0.1, "v", "subtitles"), (10.0, "v", "speech")), 10.1)
    dice = random.Random(0)
    short = sum(timeline.draw(dice, KillPlace("scan")) < 0.1 for _ in range(600))
    assert 60 < short < 140  # a third of the half that is drawn by stage


def test_too_few_recordings_of_speech_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="0 sound files of at most 8 s, 22 are needed"):
        find_utterances(tmp_path, 22)


def test_the_made_video_has_its_slides_sound_and_subtitles(tmp_path: Path) -> None:
    sound = np.zeros(48_000, np.float32)
    path = write_video(
        tmp_path / "a.mkv", [Slide("ONE", 2.0), Slide("TWO", 1.0)], sound, [(0.5, 1.0, "hello")]
    )
    info = open_reader(path).probe()
    assert info.duration_s == pytest.approx(3.0, abs=0.1)
    assert info.has_audio
    again = write_video(
        tmp_path / "b.mkv", [Slide("ONE", 2.0), Slide("TWO", 1.0)], sound, [(0.5, 1.0, "hello")]
    )
    assert path.read_bytes() == again.read_bytes()


@pytest.mark.slow
def test_a_worker_runs_commands_and_is_gone_when_it_is_killed(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mkv", [Slide("", 2.0)], None, [(0.5, 1.5, "hello")])
    off = [f"--{role}-model" for role in ("words", "speech", "picture", "appearance")]
    index = ["index", str(video), "-l", str(tmp_path / "library"), "--no-screen-text"]
    index += [part for name in off for part in (name, "off")]
    with WorkerServer([], spare=1) as server:
        worker = server.take()
        assert worker.run(index).exit_code == 0
        assert worker.run(["show", "nothing", "-l", str(tmp_path / "library")]).exit_code == 1
        killed = worker.run(["list", "-l", str(tmp_path / "library")], kill_after_s=0.0)
        assert (killed.killed, killed.exit_code, worker.is_alive) == (True, None, False)
        assert server.take().run(["verify", "-l", str(tmp_path / "library")]).exit_code == 0
    assert not Path(f"/proc/{worker.pid}").exists()


def test_units_that_name_other_spans_differ(tmp_path: Path) -> None:
    first = (
        "UPDATE transcript_unit SET span_ids = (SELECT json_group_array(id) FROM span WHERE text LIKE 'red%')"
    )
    difference = changed(make_library(tmp_path), first)
    assert [table for table, _ in difference.changed] == ["transcript_unit"]

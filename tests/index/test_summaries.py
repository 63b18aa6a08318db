"""Summaries in the catalog: kept a level at a time, gone with their video, absent in older libraries."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tools.made_library import DEMO, LECTURE, make_library

from playhead_index.lifecycle import remove_video
from playhead_index.store.catalog import Catalog
from playhead_index.store.summaries import (
    Level,
    Summary,
    SummarySentence,
    read_summaries,
    store_summaries,
)
from playhead_index.window import Window


def summary(level: Level, start_s: float, end_s: float, text: str = "A talk.") -> Summary:
    return Summary(level, Window(start_s, end_s), text, "extractive", "abc")


def test_chapters_come_back_in_time_order_before_the_whole(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    chapters = [summary("chapter", 0.0, 100.0), summary("chapter", 100.0, 300.0)]
    assert store_summaries(catalog, LECTURE, "video", [summary("video", 0.0, 300.0)])
    assert store_summaries(catalog, LECTURE, "chapter", chapters[::-1])
    assert read_summaries(catalog, LECTURE) == [*chapters, summary("video", 0.0, 300.0)]


def test_storing_a_level_replaces_that_level_of_that_video_alone(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    store_summaries(catalog, DEMO, "chapter", [summary("chapter", 0.0, 50.0)])
    store_summaries(catalog, LECTURE, "chapter", [summary("chapter", 0.0, 100.0)])
    store_summaries(catalog, LECTURE, "chapter", [summary("chapter", 0.0, 300.0, "New.")])
    assert read_summaries(catalog, LECTURE) == [summary("chapter", 0.0, 300.0, "New.")]
    assert read_summaries(catalog, DEMO) == [summary("chapter", 0.0, 50.0)]


def test_the_summaries_of_a_removed_video_are_gone(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    store_summaries(catalog, DEMO, "chapter", [summary("chapter", 0.0, 50.0)])
    remove_video(catalog, DEMO)
    assert catalog.query("SELECT count(*) FROM summary") == [(0,)]


def test_a_library_from_before_summaries_has_none_and_takes_them(tmp_path: Path) -> None:
    make_library(tmp_path)
    catalog = Catalog(tmp_path)
    with catalog.atomic() as db:
        db.execute("DROP TABLE summary")
        later = "'m002_summaries', 'm008_summary_sentences'"
        db.execute(f"DELETE FROM _sqlite_migrations WHERE name IN ({later})")
    catalog = Catalog(tmp_path)
    assert read_summaries(catalog, LECTURE) == []
    assert store_summaries(catalog, LECTURE, "video", [summary("video", 0.0, 300.0)])
    assert read_summaries(catalog, LECTURE) == [summary("video", 0.0, 300.0)]


def test_a_title_and_sentences_with_their_stretch_are_kept(tmp_path: Path) -> None:
    catalog, sentence = make_library(tmp_path), SummarySentence(Window(4.0, 9.5), "A dog “runs”.")
    whole = replace(summary("video", 0.0, 300.0), title="Dogs", sentences=(sentence,))
    assert store_summaries(catalog, LECTURE, "video", [whole])
    assert read_summaries(catalog, LECTURE) == [whole]


def test_a_summary_of_another_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be of level 'video', got"):
        store_summaries(make_library(tmp_path), LECTURE, "video", [summary("chapter", 0.0, 300.0)])


def test_an_empty_summary_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        summary("video", 0.0, 1.0, " ")

"""Words, notes, warnings and failures are cleaned where they are stored."""

from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, make_library

from playhead_index.search.query_terms import Tokenizer, parse_query_words
from playhead_index.search.results import Query
from playhead_index.stages.register import record_failure
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, read_stage, write_stage
from playhead_index.store.spans import insert_words
from playhead_index.store.summaries import Summary, read_summaries, store_summaries
from playhead_index.window import Window
from playhead_index.words.protocol import Words

W = Window(0.0, 1.0)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_library(tmp_path)


@pytest.mark.parametrize("kind", ["speech", "screen", "caption"])
def test_a_coloured_word_is_found_by_itself(catalog: Catalog, kind: str) -> None:
    with catalog.atomic() as db:
        insert_words(db, LECTURE, [Words(kind, "asr:x", W, "\x1b[31mpenguins\udcff")])  # type: ignore[arg-type]
    rows = catalog.query("SELECT rowid FROM span_fts WHERE span_fts MATCH 'penguins'")
    assert len(rows) == 1
    assert catalog.query("SELECT text FROM span WHERE id = ?", rows[0]) == [("penguins\ufffd",)]


def test_words_of_which_nothing_is_left_are_not_stored(catalog: Catalog) -> None:
    before = catalog.query("SELECT count(*) FROM span")
    with catalog.atomic() as db:
        insert_words(db, LECTURE, [Words("speech", "asr:x", W, "\x1b[31m\ufeff")])
    assert catalog.query("SELECT count(*) FROM span") == before


def test_failures_notes_and_summaries_are_cleaned(catalog: Catalog) -> None:
    record_failure(catalog, Path("/a.mp4"), "\x1b[31mbroken\x07")
    with catalog.atomic() as db:
        write_stage(db, LECTURE, Stage("look", "off", note="\x9b31mno\x1b[2J"))
    summaries = [Summary("video", W, "\x1b]0;x\x07A talk.", "m", ""), Summary("video", W, "\x1b[0m", "m", "")]
    store_summaries(catalog, LECTURE, "video", summaries)
    assert catalog.query("SELECT error FROM failure") == [("broken ",)]
    assert read_stage(catalog, LECTURE, "look").note == "no "
    assert [summary.text for summary in read_summaries(catalog, LECTURE)] == [" A talk."]


def test_a_query_holds_no_surrogate_for_an_encoder_to_refuse() -> None:
    assert Query("red \udcff\x1b[0m car").text == "red \ufffd car"


@pytest.mark.parametrize("character", ["猫", "𠀀", "x", "é"])
def test_a_word_longer_than_a_token_of_fts5_is_asked_for(character: str) -> None:
    query = parse_query_words(character * 20_000, Tokenizer("porter unicode61"))
    assert query.terms[0].startswith(character if character != "é" else "e")

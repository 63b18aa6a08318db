"""What is stored of a transcript beside its spans: word times and units."""

import pytest

from playhead_index.store.catalog import Catalog
from playhead_index.store.spans import insert_words
from playhead_index.store.transcript import TranscriptUnit, read_units, replace_units
from playhead_index.store.word_times import read_word_times
from playhead_index.window import Window
from playhead_index.words.protocol import Words, WordTime

VIDEO = "INSERT INTO video VALUES ('v', 1, 60, 0, 8, 8, 0, 'h264', 25, 0, 1500, 1, '', '2026-01-01T00:00:00')"


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "library", create=True)
    with catalog.atomic() as db:
        db.execute(VIDEO)
    yield catalog
    catalog.close()


def test_a_span_keeps_its_speaker_and_its_word_times(catalog):
    times = (WordTime(0, 5, 1.0, 1.25, 0.98), WordTime(6, 12, 1.25, 2.0, 0.5))
    words = Words("speech", "asr:tiny", Window(1, 2), "Hello there.", "en", 0.7, "2", times)
    with catalog.atomic() as db:
        insert_words(db, "v", [words, Words("speech", "asr:tiny", Window(3, 4), "Without times.")])
    first, second = catalog.spans("v")
    assert (first.words.speaker, second.words.speaker) == ("2", None)
    assert read_word_times(catalog, [first.id, second.id]) == {first.id: times}


def test_word_times_go_with_their_span(catalog):
    times = (WordTime(0, 5, 1.0, 1.25, 1.0),)
    with catalog.atomic() as db:
        insert_words(db, "v", [Words("speech", "asr:tiny", Window(1, 2), "Hello", word_times=times)])
        db.execute("DELETE FROM span")
    assert catalog.query("SELECT count(*) FROM span_words") == [(0,)]


def test_units_of_a_kind_replace_those_before(catalog):
    def unit(text, start_s):
        return TranscriptUnit("speech", "sentence", Window(start_s, start_s + 2), text, (1, 2), "en", "Alice")

    with catalog.atomic() as db:
        replace_units(db, "v", "speech", [unit("Old.", 0)])
        replace_units(db, "v", "speech", [unit("Second.", 5), unit("First.", 1)])
    read = read_units(catalog, "v", "sentence")
    assert [(one.text, one.span_ids, one.speaker) for one in read] == [
        ("First.", (1, 2), "Alice"),
        ("Second.", (1, 2), "Alice"),
    ]
    assert read_units(catalog, "v", "passage") == []

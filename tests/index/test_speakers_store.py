"""Speakers of a video as the catalog keeps them: labels, names, voices."""

import numpy as np
import pytest

from playhead_index.store.catalog import Catalog
from playhead_index.store.speakers import (
    Speaker,
    display_name,
    name_speaker,
    read_speakers,
    replace_speakers,
    voice_similarity,
)

VIDEO = "INSERT INTO video VALUES ('v', 1, 60, 0, 8, 8, 0, 'h264', 25, 0, 1500, 1, '', '2026-01-01T00:00:00')"


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "library", create=True)
    with catalog.atomic() as db:
        db.execute(VIDEO)
    yield catalog
    catalog.close()


def store(catalog, *speakers, origin="voice"):
    with catalog.atomic() as db:
        replace_speakers(db, "v", speakers, origin)


def voice(*values):
    return np.array(values, np.float32)


def names(catalog):
    return [display_name(one) for one in read_speakers(catalog, "v")]


def test_voices_are_numbered_and_sources_name(catalog):
    store(catalog, *(Speaker("v", str(n)) for n in (10, 2)))
    store(
        catalog, Speaker("v", "Zoe", "Zoe", "source"), Speaker("v", "ann", "ann", "source"), origin="source"
    )
    assert names(catalog) == ["ann", "Zoe", "speaker 2", "speaker 10"]


def test_each_origin_replaces_its_own_speakers(catalog):
    store(catalog, Speaker("v", "1"))
    store(catalog, Speaker("v", "Ann", "Ann", "source"), origin="source")
    store(catalog, Speaker("v", "1"), Speaker("v", "2"))
    store(catalog, origin="source")
    assert names(catalog) == ["speaker 1", "speaker 2"]


def test_a_name_is_given_and_taken_away(catalog):
    store(catalog, Speaker("v", "1"))
    store(catalog, Speaker("v", "MARY", "MARY", "source"), origin="source")
    name_speaker(catalog, "v", "1", " Bob ")
    name_speaker(catalog, "v", "MARY", "Mary Lee")
    assert names(catalog) == ["Mary Lee", "Bob"]
    name_speaker(catalog, "v", "1", None)
    name_speaker(catalog, "v", "MARY", None)
    assert names(catalog) == ["MARY", "speaker 1"]
    with pytest.raises(KeyError, match="7"):
        name_speaker(catalog, "v", "7", "Eve")


def test_a_given_name_follows_the_voice_when_the_numbers_change(catalog):
    store(catalog, Speaker("v", "1", voice=voice(1, 0)), Speaker("v", "2", voice=voice(0, 1)))
    name_speaker(catalog, "v", "2", "Bob")
    store(catalog, Speaker("v", "1", voice=voice(0, 2)), Speaker("v", "2", voice=voice(2, 0)))
    assert names(catalog) == ["Bob", "speaker 2"]
    assert voice_similarity(*read_speakers(catalog, "v")) == pytest.approx(0.0)


def test_a_given_name_is_dropped_with_the_voice(catalog):
    store(catalog, Speaker("v", "1", voice=voice(1, 0)))
    name_speaker(catalog, "v", "1", "Bob")
    store(catalog, Speaker("v", "1", voice=voice(0, 1)))
    assert names(catalog) == ["speaker 1"]


def test_a_number_is_no_label_of_a_source(catalog):
    with pytest.raises(ValueError, match="label '1' is not one of origin 'source'"):
        store(catalog, Speaker("v", "1"), origin="source")

"""What a run reads of the catalog several times is read once, and again after a change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, make_library

from playhead_index.store.catalog import Catalog
from playhead_tools.catalog_cache import CatalogCache


@pytest.fixture
def statements(made: Catalog) -> Iterator[list[str]]:
    """The SELECTs that are sent."""
    sent: list[str] = []
    made.db.conn.set_trace_callback(lambda sql: sent.append(sql) if sql.startswith("SELECT") else None)
    yield sent
    made.db.conn.set_trace_callback(None)


def test_spans_and_videos_are_read_once(made: Catalog, statements: list[str]) -> None:
    cache, ids = CatalogCache(made), [span.id for span in made.spans(LECTURE)]
    statements.clear()
    first = cache.spans(ids), cache.videos([LECTURE])
    num_read = len(statements)
    assert (cache.spans(ids[:2]), cache.videos([LECTURE])) == ({i: first[0][i] for i in ids[:2]}, first[1])
    assert (len(statements), num_read > 0) == (num_read, True)


def test_a_span_that_has_vanished_is_missing_after_the_change(tmp_path: Path) -> None:
    catalog = make_library(tmp_path)
    cache, ids = CatalogCache(catalog), [span.id for span in catalog.spans(LECTURE)]
    assert list(cache.spans(ids[:2])) == ids[:2]
    with catalog.atomic() as db:
        db.execute("DELETE FROM span WHERE id = ?", (ids[0],))
    assert list(cache.spans(ids[:2])) == [ids[1]]


def test_a_value_is_made_again_for_other_inputs_alone(made: Catalog) -> None:
    cache, made_of = CatalogCache(made), list[int]()
    for number in (1, 1, 2, 1):
        assert cache.once("value", [number], lambda n=number: made_of.append(n) or n) == number
    assert made_of == [1, 2, 1]

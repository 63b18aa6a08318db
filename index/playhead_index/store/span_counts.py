"""Counts the spans of videos, by kind."""

from collections.abc import Iterable

from playhead_index.batches import batches
from playhead_index.store.catalog import MAX_IDS_IN_SQL, Catalog


def count_spans(catalog: Catalog, video_ids: Iterable[str]) -> dict[str, int]:
    """How many spans of each kind some videos have, by kind; a kind that they have none of is left out."""
    counts = dict[str, int]()
    for chunk in batches(video_ids, MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        for kind, n in catalog.query(
            f"SELECT kind, count(*) FROM span WHERE video_id IN ({marks}) GROUP BY kind ORDER BY kind", chunk
        ):
            counts[kind] = counts.get(kind, 0) + int(n)
    return counts

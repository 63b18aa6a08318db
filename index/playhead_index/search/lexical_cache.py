"""The cache file of postings, with the state of each video that they were made of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from playhead_index.search.postings import Postings
from playhead_index.search.searchable_rows import RowTable
from playhead_index.store.cache import DAMAGED, packed_names, read_cache, unpacked_names, write_cache

TERMS = "2"
"""Version of how texts are turned into terms; postings of another version are made anew."""
_TABLE = ("offsets", "ids", "rows", "starts_s", "ends_s")
_OWN = {
    "kinds": "kinds", "offsets": "offsets", "rows": "rows", "counts": "counts", "lengths": "lengths",
    "most": "max_parts",
}  # fmt: skip
"""Fields of `Postings` by their names in the file."""


def save_postings(path: Path, postings: Postings, signatures: Mapping[str, str]) -> bool:
    """Writes postings of which no row is gone; False when they cannot be written."""
    arrays = {f"table.{name}": getattr(postings.table, name) for name in _TABLE}
    arrays |= {name: getattr(postings, field) for name, field in _OWN.items()}
    arrays |= {
        "video_ids": packed_names(postings.table.video_ids),
        "terms": packed_names(postings.terms),
        "signatures": packed_names(tuple(f"{v} {state}" for v, state in signatures.items())),
    }
    return write_cache(path, arrays, {"mean_length": repr(postings.mean_length), "terms": TERMS})


def load_postings(path: Path) -> tuple[Postings, Mapping[str, str]] | None:
    """The cached postings and the state of the videos then; None without a file, or when it is damaged."""
    read = read_cache(path)
    if read is None or read[1].get("terms") != TERMS:
        return None
    try:
        return _postings(*read)
    except DAMAGED:
        return None


def _postings(
    arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, str]
) -> tuple[Postings, Mapping[str, str]]:
    table = RowTable(unpacked_names(arrays["video_ids"]), *(arrays[f"table.{name}"] for name in _TABLE))
    own = {field: arrays[name] for name, field in _OWN.items()}
    postings = Postings(
        table,
        terms=unpacked_names(arrays["terms"]),
        mean_length=float(facts["mean_length"]),
        **own,
    )
    return postings, dict(line.split(" ", 1) for line in unpacked_names(arrays["signatures"]))

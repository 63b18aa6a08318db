"""The cache file of a lane's codes, with the rows that they stand for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.search.searchable_rows import RowTable
from playhead_index.store.cache import (
    DAMAGED,
    drop_file,
    packed_names,
    read_cache,
    unpacked_names,
    write_cache,
)

if TYPE_CHECKING:
    from playhead_index.store.coded_store import CodedStore, Fetch
    from playhead_index.store.vector_copy import VectorCopy


@dataclass(frozen=True, slots=True)
class LoadedCodes:
    """Codes as they were saved, the state of each video then, and a copy of the vectors if there is one."""

    table: RowTable
    signatures: Mapping[str, str]
    store: "CodedStore"
    copy: "VectorCopy | None"


def save_codes(
    path: Path, tag: ModelTag, table: RowTable, signatures: Mapping[str, str], store: "CodedStore"
) -> "VectorCopy | None":
    """Writes the codes of a complete table and a copy of its vectors; the copy, or None when it cannot.

    Args:
        path: of the cache file.
        tag: the model of the vectors.
        table: whose ids are those of the store, in the same order.
        signatures: the state of each video that the table was read in.
        store: just made.
    """
    import faiss

    from playhead_index.store.vector_copy import open_copy, write_copy

    copy = path.with_name(f"{path.stem}.{uuid4().hex[:12]}.f16")
    write_copy(copy, table.ids, store.fetch)
    arrays: dict[str, NDArray[Any]] = {
        "index": faiss.serialize_index(store.index),
        "mean": store.mean,
        "video_ids": packed_names(table.video_ids),
        "signatures": packed_names(tuple(f"{v} {state}" for v, state in signatures.items())),
        "offsets": table.offsets,
        "ids": table.ids,
        "rows": table.rows,
        "starts_s": table.starts_s,
        "ends_s": table.ends_s,
    }
    facts = {"model": json.dumps(asdict(tag)), "recall": json.dumps(asdict(store.recall))}
    is_written = write_cache(path, arrays, {**facts, "count": str(len(table)), "copy": copy.name})
    for other in path.parent.glob(f"{path.stem}.*.f16"):
        if not is_written or other != copy:
            drop_file(other)
    return open_copy(copy, table.ids, tag.width)


def load_codes(path: Path, tag: ModelTag, fetch: "Fetch") -> LoadedCodes | None:
    """The cached codes; None when there are none, the file is damaged, or they are of another model."""
    read = read_cache(path)
    if read is None:
        return None
    try:
        return _codes(path, tag, fetch, *read)
    except DAMAGED:
        return None


def _codes(
    path: Path, tag: ModelTag, fetch: "Fetch", arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, str]
) -> LoadedCodes | None:
    if not ModelTag(**json.loads(facts["model"])).is_same_model(tag):
        return None
    import faiss

    from playhead_index.store.coded_store import CodedStore, Recall
    from playhead_index.store.vector_copy import open_copy

    table = RowTable(
        unpacked_names(arrays["video_ids"]),
        arrays["offsets"],
        *(arrays[name] for name in ("ids", "rows", "starts_s", "ends_s")),
    )
    try:
        index = faiss.deserialize_index(np.array(arrays["index"]))
    except RuntimeError:  # how FAISS says that the bytes are not an index
        return None
    if index.ntotal != len(table):
        return None
    signatures = dict(line.split(" ", 1) for line in unpacked_names(arrays["signatures"]))
    store = CodedStore(index, table.ids, arrays["mean"], Recall(**json.loads(facts["recall"])), fetch)
    return LoadedCodes(
        table, signatures, store, open_copy(path.with_name(facts["copy"]), table.ids, tag.width)
    )

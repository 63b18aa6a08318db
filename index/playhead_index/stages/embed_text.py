"""The stage that embeds words by what they mean."""

from playhead_index.batches import batches
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.recipe import Models
from playhead_index.stages.job_table import Stage, read_stage, switch_off, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards

BATCH = 64


def embed_words(catalog: Catalog, video_id: str, models: Models) -> None:
    """Stores a vector for each span that has none yet; the row of the shard is kept with the span.

    Raises:
        LibraryMismatch: the library's words were embedded with another model.
    """
    embedder = models.words
    if embedder is None:
        switch_off(catalog, video_id, "meaning", models.why_off("meaning"))
        return
    register_space(catalog, "words", embedder.tag)
    _embed(catalog, video_id, embedder)


_AS_MADE = (
    "CASE WHEN source LIKE 'asr:%' THEN 1 WHEN kind = 'screen' THEN 2 WHEN kind = 'caption' THEN 3 ELSE 0 END"
)
"""The order in which one run makes words, so that words that are made again get the rows of a new library."""


def _rows_in_use(catalog: Catalog, video_id: str) -> int:
    """The rows of the shard that count; 0, and all words are embedded anew, when some of their words went."""
    rows = read_stage(catalog, video_id, "meaning").rows
    ((used,),) = catalog.query(
        "SELECT count(*) FROM span WHERE video_id = ? AND row IS NOT NULL", (video_id,)
    )
    if used == rows:
        return rows
    with catalog.atomic() as db:
        db.execute("UPDATE span SET row = NULL WHERE video_id = ?", (video_id,))
        write_stage(db, video_id, Stage("meaning"))
    return 0


def _embed(catalog: Catalog, video_id: str, embedder: TextEmbedder) -> None:
    shards = Shards(catalog.path.parent, "words", embedder.tag.width)
    rows = _rows_in_use(catalog, video_id)
    shards.truncate(video_id, rows)
    spans = catalog.query(
        f"SELECT id, text FROM span WHERE video_id = ? AND row IS NULL ORDER BY {_AS_MADE}, id", (video_id,)
    )
    for batch in batches(spans, BATCH):
        shards.append(video_id, embedder.encode_texts([text for _, text in batch]))
        with catalog.atomic() as db:
            for i, (span_id, _) in enumerate(batch):
                db.execute("UPDATE span SET row = ? WHERE id = ?", (rows + i, span_id))
            rows += len(batch)
            write_stage(db, video_id, Stage("meaning", "running", rows=rows))
    done = Stage("meaning", "done", rows=rows)
    if read_stage(catalog, video_id, "meaning") != done:
        with catalog.atomic() as db:
            write_stage(db, video_id, done)

"""The stage that embeds words by what they mean."""

from playhead_index.batches import batches
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.job_table import Stage, read_stage, switch_off, write_stage
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards
from playhead_index.store.spans import clear_span_rows, count_embedded_spans, set_span_rows, spans_to_embed

BATCH = 64


def embed_words(job: VideoJob) -> None:
    """Stores a vector for each span that has none yet; the row of the shard is kept with the span.

    Raises:
        LibraryMismatch: the library's words were embedded with another model.
    """
    embedder = job.models.words
    if embedder is None:
        switch_off(job.catalog, job.video_id, "meaning", job.models.why_off("meaning"))
        return
    register_space(job.catalog, "words", embedder.tag)
    _embed(job, embedder)


def _rows_in_use(job: VideoJob) -> int:
    """The rows of the shard that count; 0, and all words are embedded anew, when some of their words went."""
    rows = read_stage(job.catalog, job.video_id, "meaning").rows
    if count_embedded_spans(job.catalog, job.video_id) == rows:
        return rows
    with job.catalog.atomic() as db:
        clear_span_rows(db, job.video_id)
        write_stage(db, job.video_id, Stage("meaning"))
    return 0


def _embed(job: VideoJob, embedder: TextEmbedder) -> None:
    shards = Shards(job.catalog.path.parent, "words", embedder.tag.width)
    rows = _rows_in_use(job)
    shards.truncate(job.video_id, rows)
    for batch in batches(spans_to_embed(job.catalog, job.video_id), BATCH):
        shards.append(job.video_id, embedder.encode_texts([text for _, text in batch]))
        with job.catalog.atomic() as db:
            set_span_rows(db, [span_id for span_id, _ in batch], rows)
            rows += len(batch)
            write_stage(db, job.video_id, Stage("meaning", "running", rows=rows))
    done = Stage("meaning", "done", rows=rows)
    if read_stage(job.catalog, job.video_id, "meaning") != done:
        with job.catalog.atomic() as db:
            write_stage(db, job.video_id, done)

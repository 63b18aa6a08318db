"""The stage of transcript segmentation: sentences, passages and topics, and their embeddings."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, read_stage, write_stage
from playhead_index.store.manifest import register_space, space_tag
from playhead_index.store.shards import Shards
from playhead_index.store.spans import embedded_span_rows
from playhead_index.store.transcript import (
    PASSAGES,
    TranscriptUnit,
    UnitLevel,
    clear_unit_rows,
    count_unit_rows,
    names_lost_spans,
    read_transcript_spans,
    read_units,
    replace_topics,
    replace_units,
    set_unit_rows,
    span_digest,
    unit_arrays,
    units_to_embed,
)
from playhead_index.window import Window
from playhead_index.words.passages import divide_passages
from playhead_index.words.protocol import SpanKind
from playhead_index.words.sentence_units import Sentence, divide_sentences
from playhead_index.words.sentences import join_sentences
from playhead_index.words.topics import divide_topics, topic_vectors
from playhead_index.words.transcripts import transcripts

STAGE = "transcript"
UNIT_RULES = "units 2;"
"""Which rules divide a transcript; one that was divided under others is divided again."""
BATCH = 64
KIND: SpanKind = "speech"


def divide_transcript(job: VideoJob) -> None:
    """Stores the sentences, passages and topics of a transcript, with vectors where it can.

    Done again when the spans that they are made of have changed. Without a text model units have no vectors
    and topics are divided by common words; a later run that has one adds the vectors, and divides the topics
    by them.

    Raises:
        LibraryMismatch: the library's passages were embedded with another model.
        ModelNeeded: there is something to embed, and the model is not loaded.
    """
    recipe = UNIT_RULES + span_digest(job.catalog, job.video_id, KIND)
    stage = read_stage(job.catalog, job.video_id, STAGE)
    if stage.recipe != recipe or names_lost_spans(job.catalog, job.video_id, KIND):
        stage = _divide(job, recipe)
    embedder = job.models.words
    if embedder is not None:
        register_space(job.catalog, PASSAGES, embedder.tag)
        _embed(job, embedder, stage)
    elif stage.status != "done":
        note = f"without vectors: {job.models.why_off('meaning')}"
        with job.catalog.atomic() as db:
            write_stage(db, job.video_id, Stage(STAGE, "done", rows=stage.rows, recipe=recipe, note=note))


def _divide(job: VideoJob, recipe: str) -> Stage:
    """Stores sentences, passages, and topics by common words, instead of those before."""
    passages, sentences, topics = list[TranscriptUnit](), list[TranscriptUnit](), list[TranscriptUnit]()
    for transcript in transcripts(read_transcript_spans(job.catalog, job.video_id, KIND)):
        found = divide_sentences(transcript)
        sentences += (_unit("sentence", transcript.language, [one]) for one in found)
        own = [
            _unit("passage", transcript.language, found[one.start : one.stop])
            for one in divide_passages(found)
        ]
        passages += own
        topics += _topics(own, topic_vectors([one.text for one in own]))
    stage = Stage(STAGE, "running", recipe=recipe)
    with job.catalog.atomic() as db:
        replace_units(db, job.video_id, KIND, [*passages, *sentences, *topics])
        write_stage(db, job.video_id, stage)
    return stage


def _unit(level: UnitLevel, language: str | None, sentences: Sequence[Sentence]) -> TranscriptUnit:
    """A sentence or a passage of several."""
    start_s = min(one.window.start_s for one in sentences)
    window = Window(start_s, max(one.window.end_s for one in sentences))
    ids = dict.fromkeys(span_id for one in sentences for span_id in one.span_ids)
    speakers = {one.speaker for one in sentences}
    speaker = speakers.pop() if len(speakers) == 1 else None
    text = join_sentences([one.text for one in sentences])
    return TranscriptUnit(KIND, level, window, text, tuple(ids), language, speaker)


def _topics(passages: Sequence[TranscriptUnit], vectors: NDArray[np.float32]) -> Iterator[TranscriptUnit]:
    """Topics of the passages of one language."""
    for one in divide_topics([passage.window for passage in passages], vectors):
        own = passages[one.start : one.stop]
        window = Window(own[0].window.start_s, max(passage.window.end_s for passage in own))
        ids = dict.fromkeys(span_id for passage in own for span_id in passage.span_ids)
        speakers = {passage.speaker for passage in own}
        speaker = speakers.pop() if len(speakers) == 1 else None
        text = join_sentences([passage.text for passage in own])
        yield TranscriptUnit(KIND, "topic", window, text, tuple(ids), own[0].language, speaker)


def _num_valid_rows(job: VideoJob, stage: Stage) -> int:
    """The rows of the shard that count; 0, and all is embedded anew, where the units are no longer those."""
    if count_unit_rows(job.catalog, job.video_id) == stage.rows:
        return stage.rows
    with job.catalog.atomic() as db:
        clear_unit_rows(db, job.video_id)
        write_stage(db, job.video_id, Stage(STAGE, recipe=stage.recipe))
    return 0


def _embed(job: VideoJob, embedder: TextEmbedder, stage: Stage) -> None:
    """Gives passages and sentences without a vector one, and divides the topics by those of the passages."""
    shards = Shards(job.catalog.path.parent, PASSAGES, embedder.tag.width)
    rows = _num_valid_rows(job, stage)
    shards.truncate(job.video_id, rows)
    todo = units_to_embed(job.catalog, job.video_id)
    if not todo and stage.status == "done":
        return
    for batch in batches(todo, BATCH):
        shards.append(job.video_id, _vectors(job, embedder, batch))
        with job.catalog.atomic() as db:
            set_unit_rows(db, [unit.unit_id for unit in batch], rows)
            rows += len(batch)
            write_stage(db, job.video_id, Stage(STAGE, "running", rows=rows, recipe=stage.recipe))
    topics = _topics_by_vectors(job, shards)
    with job.catalog.atomic() as db:
        replace_topics(db, job.video_id, KIND, topics)
        write_stage(db, job.video_id, Stage(STAGE, "done", rows=rows, recipe=stage.recipe))


def _vectors(job: VideoJob, embedder: TextEmbedder, units: Sequence[TranscriptUnit]) -> NDArray[np.float32]:
    """(n, D) vectors of units; one that is all of a span has that span's."""
    rows = _rows_of_spans(job.catalog, embedder, units)
    known = np.flatnonzero(rows >= 0)
    shards = Shards(job.catalog.path.parent, "words", embedder.tag.width)
    vectors = np.full((len(units), embedder.tag.width), np.nan, dtype=np.float32)
    vectors[known] = shards.read_rows(job.video_id, rows[known])
    new = np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist()
    if new:
        vectors[new] = embedder.encode_texts([units[i].text for i in new])
    return vectors


def _rows_of_spans(
    catalog: Catalog, embedder: TextEmbedder, units: Sequence[TranscriptUnit]
) -> NDArray[np.int64]:
    """(n,) rows of the space `words` in which the text of each unit is embedded already; else -1."""
    rows = np.full(len(units), -1, dtype=np.int64)
    tag = space_tag(catalog, "words")
    if tag is None or not tag.is_same_model(embedder.tag):
        return rows
    single = {i: one.span_ids[0] for i, one in enumerate(units) if len(one.span_ids) == 1}
    spans = embedded_span_rows(catalog, sorted(set(single.values())))
    for i, span_id in single.items():
        text, row = spans.get(span_id, ("", -1))
        if text == units[i].text:
            rows[i] = row
    return rows


def _topics_by_vectors(job: VideoJob, shards: Shards) -> list[TranscriptUnit]:
    """The topics of each language, by the vectors of its passages."""
    rows = unit_arrays(job.catalog, "passage", KIND, [job.video_id])
    if job.video_id not in rows:
        return []
    row_of = dict(zip(rows[job.video_id].ids.tolist(), rows[job.video_id].rows.tolist(), strict=True))
    by_language: dict[str | None, list[TranscriptUnit]] = {}
    for passage in read_units(job.catalog, job.video_id, "passage", KIND):
        by_language.setdefault(passage.language, []).append(passage)
    topics = list[TranscriptUnit]()
    for own in by_language.values():
        at = np.array([row_of[passage.unit_id] for passage in own], dtype=np.int64)
        embeddings = shards.read_rows(job.video_id, at).astype(np.float32)
        topics += _topics(own, topic_vectors([passage.text for passage in own], embeddings))
    return topics

"""A library that holds nothing but captions, written as the indexer writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playhead_bench.evaluate.word_moments.data import CLIP_S
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.stages import Stage, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards


def caption_library(
    folder: Path, captions: Mapping[str, Sequence[str]], embedder: TextEmbedder | None
) -> Catalog:
    """The catalog of a library of these captions; videos that it holds already are left as they are.

    Args:
        folder: of the library; made when it is not there, gone on with when it is.
        captions: of each video, one every 2 s.
        embedder: gives what they mean; None for a library that is searched by the words alone.
    """
    catalog = Catalog(folder, create=True)
    if embedder is not None:
        register_space(catalog, "words", embedder.tag)
    done = {video_id for (video_id,) in catalog.query("SELECT video_id FROM stage WHERE name = 'finish'")}
    for video_id, texts in captions.items():
        if video_id not in done:
            _add(catalog, folder, video_id, texts, embedder)
    return catalog


def _add(
    catalog: Catalog, folder: Path, video_id: str, texts: Sequence[str], embedder: TextEmbedder | None
) -> None:
    _write_spans(catalog, video_id, texts)
    rows = 0
    if embedder is not None and texts:
        shards = Shards(folder, "words", embedder.tag.width)
        shards.truncate(video_id, 0)
        shards.append(video_id, embedder.encode_texts(texts))
        rows = len(texts)
    with catalog.atomic() as db:
        ids = catalog.query("SELECT id FROM span WHERE video_id = ? ORDER BY start_s", (video_id,))
        for row, (span_id,) in enumerate(ids[:rows]):
            db.execute("UPDATE span SET row = ? WHERE id = ?", (row, span_id))
        write_stage(db, video_id, Stage("meaning", "done", rows=rows))
        write_stage(db, video_id, Stage("finish", "done"))


def _write_spans(catalog: Catalog, video_id: str, texts: Sequence[str]) -> None:
    length_s = CLIP_S * max(1, len(texts))
    video = (video_id, 1, length_s, 0.0, 320, 180, 0, "none", 25.0, 0, 1, 0, "[]", "2026-01-01")
    with catalog.atomic() as db:
        db.execute("DELETE FROM span WHERE video_id = ?", (video_id,))
        db.execute("DELETE FROM video WHERE video_id = ?", (video_id,))
        db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
        db.conn.executemany(
            "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
            " VALUES (?, 'caption', 'file', ?, ?, ?)",
            [(video_id, at * CLIP_S, (at + 1) * CLIP_S, text) for at, text in enumerate(texts)],
        )

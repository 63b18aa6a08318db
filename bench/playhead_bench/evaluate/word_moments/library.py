"""A library that holds nothing but captions, written as the indexer writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlite_utils import Database

from playhead_bench.evaluate.word_moments.data import CLIP_S
from playhead_index.batches import batches
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards

VIDEOS_A_BATCH = 64


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
    left = [video_id for video_id in captions if video_id not in done]
    for some in batches(left, VIDEOS_A_BATCH):
        if embedder is not None:
            _write_vectors(folder, {video_id: captions[video_id] for video_id in some}, embedder)
        with catalog.atomic() as db:
            for video_id in some:
                _write_video(db, video_id, captions[video_id], embedded=embedder is not None)
    return catalog


def _write_vectors(folder: Path, captions: Mapping[str, Sequence[str]], embedder: TextEmbedder) -> None:
    shards = Shards(folder, "words", embedder.tag.width)
    vectors = embedder.encode_texts([text for texts in captions.values() for text in texts])
    done = 0
    for video_id, texts in captions.items():
        shards.truncate(video_id, 0)
        if texts:
            shards.append(video_id, vectors[done : done + len(texts)])
        done += len(texts)


def _write_video(db: Database, video_id: str, texts: Sequence[str], *, embedded: bool) -> None:
    length_s = CLIP_S * max(1, len(texts))
    video = (video_id, 1, length_s, 0.0, 320, 180, 0, "none", 25.0, 0, 1, 0, "[]", "2026-01-01")
    db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
    db.conn.executemany(
        "INSERT INTO span (video_id, kind, source, start_s, end_s, text, row)"
        " VALUES (?, 'caption', 'file', ?, ?, ?, ?)",
        [
            (video_id, at * CLIP_S, (at + 1) * CLIP_S, text, at if embedded else None)
            for at, text in enumerate(texts)
        ],
    )
    write_stage(db, video_id, Stage("meaning", "done", rows=len(texts) if embedded else 0))
    write_stage(db, video_id, Stage("finish", "done"))

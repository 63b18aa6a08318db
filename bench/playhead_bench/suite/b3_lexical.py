"""B3: ranking by words, beside FTS5 alone and bm25s, and whether the ranking is exactly BM25's.

The words are real captions of QVHighlights videos where they lie beside the checkout, each copy of them
with some words dropped, else generated sentences whose words are as unevenly frequent as a language's.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from playhead_bench.suite.timing import SHARED, Size, compare, timed
from playhead_index.search.fusion import rrf
from playhead_index.search.lexical import LexicalIndex
from playhead_index.search.query_terms import chunks
from playhead_index.search.results import Scope
from playhead_index.search.stop_words import STOP_WORDS
from playhead_index.store.catalog import Catalog
from playhead_index.store.change_detection import ChangeDetector
from playhead_index.store.job_table import Stage, write_stage

THREADS = 1
COUNTS = {"small": (20_000,), "full": (228_000, 1_140_000)}
ROUNDS = {"small": 15, "full": 15}
K = 50
SPANS_A_VIDEO = 75
CAPTIONS = SHARED / "captions" / "qvhighlights_val"


def run(size: Size) -> dict[str, Any]:
    """Ratios to FTS5's own OR ranking and to bm25s, and how many of its best 50 are found.

    Returns:
        by number of spans; ratios are theirs / ours, so larger is better for ours.
    """
    with TemporaryDirectory() as name:
        found = {str(count): _measure(Path(name) / str(count), count, size) for count in COUNTS[size]}
    goal = {"fts5_over_ours": 20, "bm25s_over_ours": 0.5, "overlap_at_50": 0.98}
    return found | {"fusion_of_3_lists_of_100_s": _fusion_s(), "real": CAPTIONS.exists(), "goal": goal}


def _measure(folder: Path, count: int, size: Size) -> dict[str, Any]:
    texts = list(_texts(count))
    queries = _queries(texts, ROUNDS[size])
    write_s, catalog = timed(lambda: _write(folder, texts))
    signatures = ChangeDetector(catalog).signatures()
    build_s, ours = timed(lambda: _index(catalog, signatures))
    load_s, _ = timed(lambda: _index(catalog, signatures))
    peer_s, peer = timed(lambda: _bm25s(texts))
    compared = compare(
        {
            "ours": lambda n: ours.hits(queries[n], ["speech"], Scope(), K),
            "bm25s": lambda n: peer(queries[n]),
            "fts5": lambda n: _fts5(catalog, queries[n]),
            "ours_one_video": lambda n: ours.hits(queries[n], ["speech"], Scope(("v00007",)), K),
        },
        ROUNDS[size],
    )
    return {
        "write_s": write_s,
        "build_s": build_s,
        "load_s": load_s,
        "bm25s_build_s": peer_s,
        "overlap_at_50": float(np.mean([_overlap(ours, catalog, query) for query in queries])),
        **compared.record(("fts5", "ours"), ("bm25s", "ours")),
    }


def _index(catalog: Catalog, signatures: Any) -> LexicalIndex:
    index = LexicalIndex(catalog)
    index.refresh(signatures)
    return index


def _fts5(catalog: Catalog, query: str) -> list[tuple[Any, ...]]:
    """The best 50 by FTS5 alone: any of the words, ranked by its bm25()."""
    match = " OR ".join(f'"{word}"' for word in chunks(query) if word not in STOP_WORDS)
    return catalog.query(
        "SELECT rowid, -bm25(span_fts) AS score FROM span_fts WHERE span_fts MATCH ?"
        " ORDER BY score DESC, rowid LIMIT ?",
        (match, K),
    )


def _overlap(ours: LexicalIndex, catalog: Catalog, query: str) -> float:
    """The part of FTS5's best 50 that is found; of equal scores any is as good."""
    exact = [score for _, score in _fts5(catalog, query)]
    mine = [hit.score for hit in ours.hits(query, ["speech"], Scope(), K)["speech"]]
    if not exact:
        return 1.0
    return sum(bool(score >= exact[-1] * (1 - 1e-5)) for score in mine) / len(exact)


def _bm25s(texts: list[str]) -> Any:
    """The peer, with stop words and a stemmer of its own left off, for the best 50."""
    import bm25s

    tokens = bm25s.tokenize(texts, stopwords=list(STOP_WORDS), show_progress=False)
    retriever = bm25s.BM25(k1=1.2, b=0.75)
    retriever.index(tokens, show_progress=False)

    def ask(query: str) -> Any:
        words = bm25s.tokenize([query], stopwords=list(STOP_WORDS), show_progress=False)
        return retriever.retrieve(words, k=K, show_progress=False, n_threads=1)

    return ask


def _texts(count: int) -> Iterator[str]:
    generator = np.random.default_rng(0)
    base = _captions() or _sentences(50_000, generator)
    for number in range(count):
        text = base[number % len(base)]
        if number < len(base):
            yield text
        else:
            words = text.split()
            kept = generator.random(len(words)) > 0.15
            yield " ".join(word for word, keep in zip(words, kept, strict=True) if keep) or text


def _captions() -> list[str]:
    path = CAPTIONS / "captions.jsonl"
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    captions = (clip["description"] for line in lines for clip in json.loads(line)["clips"])
    return [text for text in captions if text.strip()]


def _sentences(count: int, generator: np.random.Generator) -> list[str]:
    words = generator.zipf(1.3, size=(count, 14)).clip(max=30_000)
    return [" ".join(f"w{word}" for word in row[: 6 + number % 9]) for number, row in enumerate(words)]


def _queries(texts: list[str], count: int) -> list[str]:
    path = CAPTIONS / "query_paraphrases.jsonl"
    if path.exists():
        every = [json.loads(line)["query"] for line in path.read_text().splitlines()]
        return every[:: len(every) // count][:count]
    return [" ".join(texts[i * 97].split()[:6]) for i in range(count)]


def _write(folder: Path, texts: list[str]) -> Catalog:
    catalog = Catalog(folder, create=True)
    for number, first in enumerate(range(0, len(texts), SPANS_A_VIDEO)):
        captions, video_id = texts[first : first + SPANS_A_VIDEO], f"v{number:05}"
        video = (video_id, 1, 150.0, 0.0, 320, 180, 0, "h264", 25.0, 0, 1, 0, "[]", "2026-01-01")
        with catalog.atomic() as db:
            db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
            db.conn.executemany(
                "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
                " VALUES (?, 'speech', 'made', ?, ?, ?)",
                [(video_id, row * 2.0, row * 2.0 + 2.0, text) for row, text in enumerate(captions)],
            )
            write_stage(db, video_id, Stage("finish", "done"))
    return catalog


def _fusion_s() -> float:
    lists = [[f"span:{(i * step) % 211}" for i in range(100)] for step in (1, 3, 7)]
    return min(timed(lambda: rrf(lists))[0] for _ in range(9))

"""`python -m playhead_bench.evaluate.word_moments --captions DIR --truth FILE`: moment search on real words.

Makes a library of the captions, asks the product for the timeline of every query, and scores the windows
and the saliency with QVHighlights' official numbers. Settings were chosen on the half `tune`; `report` is
the other half. Embedding 114,000 captions takes a quarter of an hour on two cores: keep the library.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from playhead_bench.evaluate.word_moments.data import (
    MomentQuery,
    Split,
    read_captions,
    read_queries,
    read_truth,
)
from playhead_bench.evaluate.word_moments.library import caption_library
from playhead_bench.evaluate.word_moments.scoring import scores_of, table
from playhead_index.embed.minilm import OFFLINE, load_text_embedder
from playhead_index.embed.protocol import TextEmbedder
from playhead_index.search.engine import Searcher


def predicted(searcher: Searcher, query: MomentQuery, wordings: int) -> dict[str, Any]:
    """The row of a QVHighlights prediction file for one query.

    Args:
        searcher: of a library of captions.
        query: what is asked.
        wordings: of how many wordings use is made: 1 for the query alone.
    """
    timeline = searcher.timeline(query.wordings[:wordings], query.video_id)
    windows = [
        [window.start_s, min(window.end_s, query.duration_s), score]
        for window, score in timeline.windows(10)
        if window.start_s < query.duration_s
    ]
    return {
        "qid": query.qid,
        "query": query.wordings[0],
        "vid": query.video_id,
        "pred_relevant_windows": windows,
        "pred_saliency_scores": timeline.fits.tolist(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints its table; 0."""
    options = _parser().parse_args(arguments)
    queries = read_queries(options.captions, options.split)
    truth = read_truth(options.truth, queries)
    embedder = None if options.words_model == "none" else load_text_embedder(options.words_model)
    with TemporaryDirectory() as scratch:
        searcher = _searcher(options.library or Path(scratch) / "library", options.captions, embedder)
        rows = [predicted(searcher, query, options.wordings) for query in queries]
    if options.out is not None:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    name = (
        f"ours, {options.split}: {len(queries)} queries, {options.wordings} wordings, {options.words_model}"
    )
    print(table({name: scores_of(rows, truth)}))
    return 0


def _searcher(folder: Path, captions: Path, embedder: TextEmbedder | None) -> Searcher:
    catalog = caption_library(folder, read_captions(captions), embedder)
    return Searcher(folder, catalog, words=None if embedder is None else lambda: embedder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m playhead_bench.evaluate.word_moments", description=__doc__
    )
    parser.add_argument("--captions", type=Path, required=True, help="folder of captions.jsonl and queries")
    parser.add_argument("--truth", type=Path, required=True, help="highlight_val_release.jsonl")
    parser.add_argument("--split", choices=get_args(Split), default="report")
    parser.add_argument("--wordings", type=int, default=6, help="1 for the query without its paraphrases")
    parser.add_argument("--words-model", default=OFFLINE, help="a text embedder; none for words alone")
    parser.add_argument("--library", type=Path, help="where the library is kept between runs")
    parser.add_argument("--out", type=Path, help="where the QVHighlights prediction file goes")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

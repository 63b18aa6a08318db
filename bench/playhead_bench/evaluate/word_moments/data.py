"""The captions and the queries of QVHighlights as VTG-GPT published them, and which half a video is in."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Split = Literal["tune", "report", "all"]
CLIP_S = 2.0


@dataclass(frozen=True, slots=True)
class MomentQuery:
    """One query, without its gold windows.

    Args:
        qid: the query's number.
        video_id: the video that it is about.
        duration_s: of that video.
        wordings: the original query, then its paraphrases.
    """

    qid: int
    video_id: str
    duration_s: float
    wordings: tuple[str, ...]


def read_captions(folder: Path) -> dict[str, list[str]]:
    """The caption of every 2 s clip of each video, from `captions.jsonl`."""
    return {
        row["vid"]: [clip["description"] for clip in sorted(row["clips"], key=lambda clip: clip["moment"])]
        for row in _rows(folder / "captions.jsonl")
    }


def read_queries(folder: Path, split: Split = "all") -> list[MomentQuery]:
    """The queries of one half or of both, from `query_paraphrases.jsonl`."""
    return [
        MomentQuery(row["qid"], row["vid"], float(row["duration"]), (row["query"], *row["rephrased_query"]))
        for row in _rows(folder / "query_paraphrases.jsonl")
        if split in ("all", split_of(row["vid"]))
    ]


def read_truth(path: Path, queries: Sequence[MomentQuery]) -> list[dict[str, Any]]:
    """The gold rows of some queries, in their order.

    Raises:
        KeyError: the file holds no row of a query.
    """
    rows = {row["qid"]: row for row in _rows(path)}
    return [rows[query.qid] for query in queries]


def split_of(video_id: str) -> Split:
    """The half that a video is in: by a hash of the source it was cut from, so that none is in both.

    >>> split_of("NUsG9BgSes0_210.0_360.0") == split_of("NUsG9BgSes0_60.0_210.0")
    True
    """
    source = video_id.rsplit("_", 2)[0]
    return "report" if hashlib.sha256(source.encode()).digest()[0] & 1 else "tune"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)

"""General queries of QMSum (Zhong et al., 2021, arXiv:2104.05938) about meetings that are there as videos."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhead_bench.evaluate.errors import QuestionsInvalid
from playhead_index.find_files import VIDEO_SUFFIXES

_NAME = re.compile(r"qm(\d+)")


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """A query for a summary of one meeting.

    Args:
        id: `qmNN/k`, k counted from 1 in the meeting.
        video: file of the meeting.
        text: the query.
        reference: a person's summary.
    """

    id: str
    video: Path
    text: str
    reference: str


def read_queries(annotations: Path, folder: Path) -> list[SummaryQuery]:
    """The general queries about the videos of a folder that are called `qmNN`, NN a line of the annotations.

    Args:
        annotations: a JSON-lines file of QMSum; lines are counted from 0.
        folder: of videos.

    Raises:
        QuestionsInvalid: the file cannot be read, or the folder has no such video.
    """
    try:
        lines = annotations.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsInvalid(f"{annotations}: cannot be read ({error})") from error
    videos = {
        int(found[1]): path
        for path in sorted(folder.glob("qm*"))
        if path.suffix.lower() in VIDEO_SUFFIXES and (found := _NAME.fullmatch(path.stem))
    }
    if not videos:
        raise QuestionsInvalid(f"{folder}: expected videos called qm00.mp4, qm01.mp4, ..., got none")
    return [
        query
        for number, path in videos.items()
        for query in _queries(_line(lines, number, annotations), path, f"{annotations}, line {number}")
    ]


def _line(lines: list[str], number: int, path: Path) -> str:
    if number >= len(lines):
        raise QuestionsInvalid(f"{path} has {len(lines)} lines, got a video for line {number} (from 0)")
    return lines[number]


def _queries(line: str, video: Path, where: str) -> list[SummaryQuery]:
    try:
        rows: list[dict[str, Any]] = json.loads(line)["general_query_list"]
        return [
            SummaryQuery(f"{video.stem}/{k}", video, str(row["query"]), str(row["answer"]))
            for k, row in enumerate(rows, 1)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise QuestionsInvalid(
            f"{where}: {type(error).__name__}: {error}; expected general_query_list of query and answer"
        ) from error

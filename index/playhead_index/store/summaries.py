"""Summaries of chapters and of complete videos, stored with what they were made from.

A summary is made by a higher package, when it is first needed, and may be lost at any time: in a library that
cannot be written to it is made and not kept.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playhead_index.clean_text import clean_text
from playhead_index.errors import DiskFull, LibraryReadOnly
from playhead_index.short_repr import short_repr
from playhead_index.store.catalog import Catalog
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window

Level = Literal["chapter", "video"]


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence of a summary and the interval of the video that it is taken from.

    Args:
        window: from the first word that it rests on to the last.
        text: one sentence.
    """

    window: Window
    text: str
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class Summary:
    """A few sentences on an interval of a video.

    Args:
        level: `chapter`, or `video` for all of it.
        window: the interval.
        text: sentences, and below them a line of keywords where there are some, as in a caption.
        made_by: the model and the prompt that worded it, or how else it was made.
        made_from: digest of the texts below it; when they change it is out of date.
        title: a few words on what it is about; empty where it was made of captions alone.
        sentences: of the text, each with its interval; empty likewise.
    """

    level: Level
    window: Window
    text: str
    made_by: str
    made_from: str
    title: str = ""
    sentences: tuple[SummarySentence, ...] = ()
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a summary must not be empty")


def read_summaries(catalog: Catalog, video_id: str) -> list[Summary]:
    """The stored summaries of a video in time order, chapters before the whole; out of date or not."""
    rows = catalog.query(
        "SELECT level, start_s, end_s, text, made_by, made_from, title, sentences FROM summary"
        " WHERE video_id = ? ORDER BY level, start_s",
        (video_id,),
    )
    return [
        Summary(level, Window(start_s, end_s), text, made_by, made_from, title, _sentences(sentences))
        for level, start_s, end_s, text, made_by, made_from, title, sentences in rows
    ]


def _sentences(stored: str) -> tuple[SummarySentence, ...]:
    return tuple(SummarySentence(Window(start_s, end_s), text) for start_s, end_s, text in json.loads(stored))


def store_summaries(catalog: Catalog, video_id: str, level: Level, summaries: Sequence[Summary]) -> bool:
    """Puts summaries in the place of all of their level of a video; False when nothing can be written there.

    Raises:
        ValueError: one of them is of another level.
        LibraryLocked: another process held the catalog for longer than the busy time-out.
    """
    if any(summary.level != level for summary in summaries):
        raise ValueError(f"all summaries must be of level {level!r}, got {[s.level for s in summaries]}")
    try:
        with catalog.atomic() as db:
            db.execute("DELETE FROM summary WHERE video_id = ? AND level = ?", (video_id, level))
            for s in (summary for summary in summaries if clean_text(summary.text).strip()):
                db.execute(
                    "INSERT INTO summary (video_id, level, start_s, end_s, text, made_by, made_from, title,"
                    " sentences) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        video_id, level, s.window.start_s, s.window.end_s,
                        clean_text(s.text, LIMITS.span_chars), s.made_by, s.made_from,
                        clean_text(s.title, LIMITS.span_chars),
                        json.dumps([
                            [one.window.start_s, one.window.end_s, clean_text(one.text, LIMITS.span_chars)]
                            for one in s.sentences
                        ]),
                    ),
                )  # fmt: skip
    except (LibraryReadOnly, DiskFull):
        return False
    return True

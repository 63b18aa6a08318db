"""Segment, chapter, video: the upper levels are made of the captions when they are first needed, and kept.

A chapter is kept with a digest of its captions, the whole with one of its chapters: when a segment is
captioned anew only what stands above it is made again. Without captions there is nothing, and that is well.
"""

import hashlib
from collections.abc import Sequence

from playhead_index.errors import ModelOutputInvalid
from playhead_index.store.catalog import Catalog
from playhead_index.store.summaries import Level, Summary, read_summaries, store_summaries
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import read_caption
from playhead_tools.captions.chapters import cut_chapters
from playhead_tools.captions.summariser import EXTRACTIVE, Extractive, Piece, Summariser


class Hierarchy:
    """What the chapters of videos, and whole videos, show.

    What a model has worded stays while its captions do, whichever model is given now; what was taken out of
    the captions without one is worded anew once there is a model.

    Args:
        catalog: the open library.
        summariser: words what is missing.
    """

    def __init__(self, catalog: Catalog, summariser: Summariser | None = None) -> None:
        self._catalog, self._summariser = catalog, summariser or Extractive()

    def chapters(self, video_id: str) -> list[Summary]:
        """The chapters of a video in time order; none when it has no captions.

        Raises:
            ModelUnavailable: the summariser cannot be asked; chapters that were worded before are kept.
        """
        spans = self._catalog.spans(video_id, "caption")
        captions = list({span.words.window.start_s: span.words for span in spans}.values())
        stored = self._stored(video_id, "chapter")
        if self._stand(stored, captions):
            return stored
        terms = [read_caption(words.text).terms for words in captions]
        pieces = [_piece("chapter", video_id, captions, run) for run in cut_chapters(terms)]
        return self._made(video_id, "chapter", pieces, stored)

    def whole(self, video_id: str) -> Summary | None:
        """What a video is about; None when it has no captions.

        Raises:
            ModelUnavailable: the summariser cannot be asked.
        """
        chapters = self.chapters(video_id)
        if not chapters:
            return None
        parts = [Words("caption", chapter.made_by, chapter.window, chapter.text) for chapter in chapters]
        stored = self._stored(video_id, "video")
        if len(parts) == 1:
            (chapter,) = chapters
            same = Summary("video", chapter.window, chapter.text, chapter.made_by, digest(parts))
            if stored != [same]:
                store_summaries(self._catalog, video_id, "video", [same])
            return same
        piece = _piece("video", video_id, parts, (0, len(parts)))
        return self._made(video_id, "video", [piece], stored)[0]

    def _stored(self, video_id: str, level: Level) -> list[Summary]:
        return [summary for summary in read_summaries(self._catalog, video_id) if summary.level == level]

    def _stand(self, chapters: Sequence[Summary], captions: Sequence[Words]) -> bool:
        """Every caption lies in one of these chapters, each made of its captions as they are now."""
        told = 0
        for chapter in chapters:
            inside = [words for words in captions if words.window.start_s in chapter.window]
            if not self._good(chapter) or chapter.made_from != digest(inside):
                return False
            told += len(inside)
        return told == len(captions)

    def _good(self, summary: Summary) -> bool:
        return summary.made_by != EXTRACTIVE or self._summariser.name == EXTRACTIVE

    def _made(
        self, video_id: str, level: Level, pieces: Sequence[Piece], stored: Sequence[Summary]
    ) -> list[Summary]:
        """A summary a piece, taken over where it still stands; kept also when the model goes away midway."""
        kept = {(s.window, s.made_from): s for s in stored if self._good(s)}
        made: list[Summary] = []
        try:
            for piece in pieces:
                key = (piece.window, digest(piece.parts))
                made.append(kept[key] if key in kept else self._summary(piece, key[1]))
        finally:
            if made != list(stored):
                store_summaries(self._catalog, video_id, level, made)
        return made

    def _summary(self, piece: Piece, made_from: str) -> Summary:
        """A new summary; where the model's reply does not hold, one without it, which says so."""
        made_by = self._summariser.name
        try:
            caption = self._summariser.summarise(piece)
        except ModelOutputInvalid:
            caption, made_by = Extractive().summarise(piece), EXTRACTIVE
        return Summary(piece.level, piece.window, caption.stored, made_by, made_from)


def digest(parts: Sequence[Words]) -> str:
    """Sixteen hexadecimal digits that change with the windows or the texts of captions."""
    lines = "".join(f"{p.window.start_s!r}\t{p.window.end_s!r}\t{p.text}\0" for p in parts)
    return hashlib.blake2b(lines.encode(), digest_size=8).hexdigest()


def _piece(level: Level, video_id: str, parts: Sequence[Words], run: tuple[int, int]) -> Piece:
    """A run of parts; its window goes on to the next part, so that chapters lie side by side."""
    first, end = run
    inside = tuple(parts[first:end])
    next_s = parts[end].window.start_s if end < len(parts) else inside[-1].window.end_s
    return Piece(level, video_id, Window(inside[0].window.start_s, next_s), inside)

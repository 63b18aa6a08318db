"""Segment, chapter, video: the upper levels are made when they are first needed, and kept.

Chapters of a video in which most of the time somebody speaks are the topics of its transcript, with the
captions beside them; of any other video they are runs of its captions. A chapter is kept with a digest of
what it was made of, the whole with one of its chapters: when something changes only what stands above it is
made again. Without words there is nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from playhead_index.caption_plan import segment_captions
from playhead_index.errors import ModelOutputInvalid
from playhead_index.store.catalog import Catalog
from playhead_index.store.speakers import display_name, read_speakers
from playhead_index.store.summaries import Level, Summary, read_summaries, store_summaries
from playhead_index.store.transcript import read_units
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import parse_caption
from playhead_tools.captions.chapters import cut_chapters
from playhead_tools.captions.summariser import EXTRACTIVE, Extractive, Piece, Summariser
from playhead_tools.captions.topic_summary import (
    ExtractiveTopics,
    TopicSummariser,
    TopicText,
    term_weights,
)

MIN_SPEECH_SHARE = 0.5
"""From this share of a video's length on that is speech its chapters are the topics of the transcript."""
MAX_CHAPTERS = 40
"""Of a video; neighbouring topics of a longer one are joined. Each chapter may cost a model call."""
TRANSCRIPT = "transcript"
"""Source of words that are sentences of the transcript."""


class Hierarchy:
    """What the chapters of videos, and whole videos, show.

    What a model has worded stays while its captions do, whichever model is given now; what was taken out of
    the captions without one is worded anew once there is a model.

    Args:
        catalog: the open library.
        summariser: words what is missing of a video whose chapters are made of captions.
        topics: the same where they are made of the transcript.
    """

    def __init__(
        self,
        catalog: Catalog,
        summariser: Summariser | None = None,
        topics: TopicSummariser | None = None,
    ) -> None:
        self._catalog, self._summariser = catalog, summariser or Extractive()
        self._topics = topics or ExtractiveTopics()

    def chapters(self, video_id: str) -> list[Summary]:
        """The chapters of a video in time order; none where nothing is said in it and it has no captions.

        Raises:
            ModelUnavailable: the summariser cannot be asked; chapters that were worded before are kept.
        """
        topics = topic_texts(self._catalog, video_id)
        if topics:
            return self._summarise_topics(video_id, "chapter", topics)
        spans = segment_captions(self._catalog.spans(video_id, "caption"))
        captions = list({span.words.window.start_s: span.words for span in spans}.values())
        stored = self._stored(video_id, "chapter")
        if self._are_current(stored, captions):
            return stored
        terms = [parse_caption(words.text).terms for words in captions]
        pieces = [_piece("chapter", video_id, captions, run) for run in cut_chapters(terms)]
        return self._summarise_pieces(video_id, "chapter", pieces, stored)

    def video_summary(self, video_id: str) -> Summary | None:
        """What a video is about; None where it has no chapters.

        Raises:
            ModelUnavailable: the summariser cannot be asked.
        """
        chapters = self.chapters(video_id)
        if not chapters:
            return None
        if chapters[0].sentences:
            topic = _video_text(self._catalog, video_id, chapters)
            return self._summarise_topics(video_id, "video", [topic])[0]
        parts = [Words("caption", chapter.made_by, chapter.window, chapter.text) for chapter in chapters]
        stored = self._stored(video_id, "video")
        if len(parts) == 1:
            (chapter,) = chapters
            same = Summary("video", chapter.window, chapter.text, chapter.made_by, digest(parts))
            if stored != [same]:
                store_summaries(self._catalog, video_id, "video", [same])
            return same
        piece = _piece("video", video_id, parts, (0, len(parts)))
        return self._summarise_pieces(video_id, "video", [piece], stored)[0]

    def _summarise_topics(self, video_id: str, level: Level, topics: Sequence[TopicText]) -> list[Summary]:
        """A summary a topic, taken over where it still stands; kept also when the model goes away midway."""
        stored = self._stored(video_id, level)
        current = {
            (one.window, one.made_from): one
            for one in stored
            if one.sentences and (one.made_by != EXTRACTIVE or self._topics.name == EXTRACTIVE)
        }
        summaries: list[Summary] = []
        try:
            for topic in topics:
                parts_digest = digest(topic.parts)
                summaries.append(
                    current.get((topic.window, parts_digest)) or self._summarise_topic(topic, parts_digest)
                )
        finally:
            if summaries != stored:
                store_summaries(self._catalog, video_id, level, summaries)
        return summaries

    def _summarise_topic(self, topic: TopicText, parts_digest: str) -> Summary:
        """A new summary; where the model's reply does not hold, one without it, which says so."""
        try:
            summary = self._topics.summarise(topic)
        except ModelOutputInvalid:
            summary = ExtractiveTopics().summarise(topic)
        return Summary(
            topic.level,
            topic.window,
            summary.text,
            summary.made_by,
            parts_digest,
            summary.title,
            summary.sentences,
        )

    def _stored(self, video_id: str, level: Level) -> list[Summary]:
        return [summary for summary in read_summaries(self._catalog, video_id) if summary.level == level]

    def _are_current(self, chapters: Sequence[Summary], captions: Sequence[Words]) -> bool:
        """Every caption lies in one of these chapters, each made of its captions as they are now."""
        num_covered = 0
        for chapter in chapters:
            inside = [words for words in captions if words.window.start_s in chapter.window]
            if not self._is_good_enough(chapter) or chapter.made_from != digest(inside):
                return False
            num_covered += len(inside)
        return num_covered == len(captions)

    def _is_good_enough(self, summary: Summary) -> bool:
        return summary.made_by != EXTRACTIVE or self._summariser.name == EXTRACTIVE

    def _summarise_pieces(
        self, video_id: str, level: Level, pieces: Sequence[Piece], stored: Sequence[Summary]
    ) -> list[Summary]:
        """A summary a piece, taken over where it still stands; kept also when the model goes away midway."""
        reusable = {(s.window, s.made_from): s for s in stored if self._is_good_enough(s)}
        summaries: list[Summary] = []
        try:
            for piece in pieces:
                key = (piece.window, digest(piece.parts))
                summaries.append(reusable[key] if key in reusable else self._summarise_piece(piece, key[1]))
        finally:
            if summaries != list(stored):
                store_summaries(self._catalog, video_id, level, summaries)
        return summaries

    def _summarise_piece(self, piece: Piece, parts_digest: str) -> Summary:
        """A new summary; where the model's reply does not hold, one without it, which says so."""
        made_by = self._summariser.name
        try:
            caption = self._summariser.summarise(piece)
        except ModelOutputInvalid:
            caption, made_by = Extractive().summarise(piece), EXTRACTIVE
        return Summary(piece.level, piece.window, caption.stored, made_by, parts_digest)


def topic_texts(catalog: Catalog, video_id: str) -> list[TopicText]:
    """The topics of a video's transcript with what is said in each; none where too little of it is speech.

    Of a transcript in several languages that with the most speech counts. The window of a topic goes on to
    the next one, so that chapters lie side by side.
    """
    units = read_units(catalog, video_id, "topic")
    spoken_s: dict[str | None, float] = {}
    for unit in units:
        spoken_s[unit.language] = spoken_s.get(unit.language, 0.0) + unit.window.duration_s
    if not units or max(spoken_s.values()) < MIN_SPEECH_SHARE * catalog.video(video_id).duration_s:
        return []
    language = max(spoken_s, key=lambda one: spoken_s[one])
    own = [unit for unit in units if unit.language == language]
    runs = [
        own[at : at + step] for step in [ceil(len(own) / MAX_CHAPTERS)] for at in range(0, len(own), step)
    ]
    starts_s = [run[0].window.start_s for run in runs]
    ends_s = [*starts_s[1:], max(unit.window.end_s for unit in runs[-1])]
    windows = [Window(start_s, end_s) for start_s, end_s in zip(starts_s, ends_s, strict=True)]
    sentences = [
        Words("speech", TRANSCRIPT, unit.window, unit.text, unit.language, speaker=unit.speaker)
        for unit in read_units(catalog, video_id, "sentence")
        if unit.language == language
    ]
    captions = [
        replace(span.words, text=parse_caption(span.words.text).text)
        for span in segment_captions(catalog.spans(video_id, "caption"))
    ]
    parts = [_inside(window, sentences, captions) for window in windows]
    names = {one.label: display_name(one) for one in read_speakers(catalog, video_id)}
    weights = term_weights([[part.text for part in own] for own in parts])
    return [
        TopicText("chapter", window, own, weight, names)
        for window, own, weight in zip(windows, parts, weights, strict=True)
        if own
    ]


def _inside(window: Window, *lanes: Sequence[Words]) -> tuple[Words, ...]:
    """The words of several lanes whose middle lies in a window, in time order."""
    words_inside = [words for lane in lanes for words in lane if _middle_s(words) in window]
    return tuple(sorted(words_inside, key=lambda words: words.window))


def _middle_s(words: Words) -> float:
    return (words.window.start_s + words.window.end_s) / 2


def _video_text(catalog: Catalog, video_id: str, chapters: Sequence[Summary]) -> TopicText:
    parts = tuple(
        Words("speech", TRANSCRIPT, one.window, one.text) for chapter in chapters for one in chapter.sentences
    )
    weights: dict[str, float] = {}
    for own in term_weights([[sentence.text for sentence in chapter.sentences] for chapter in chapters]):
        for term, weight in own.items():
            weights[term] = weights.get(term, 0.0) + weight
    window = Window(chapters[0].window.start_s, chapters[-1].window.end_s)
    names = {one.label: display_name(one) for one in read_speakers(catalog, video_id)}
    return TopicText("video", window, parts, weights, names)


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

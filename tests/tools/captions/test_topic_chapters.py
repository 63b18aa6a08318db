"""Chapters and summaries of a talk from its transcript: titled, each sentence with its stretch."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.tools.captions.made_segments import captioned
from tests.tools.made_library import DEMO, LECTURE

from playhead_index.errors import ModelOutputInvalid
from playhead_index.store.catalog import Catalog
from playhead_index.store.summaries import SummarySentence, read_summaries
from playhead_index.store.transcript import TranscriptUnit, replace_units
from playhead_index.window import Window
from playhead_tools.captions.chapter_hierarchy import Hierarchy, topic_texts
from playhead_tools.captions.topic_summary import TopicSummary, TopicText

BREAD = [
    "First the flour and the yeast are mixed in a bowl.",
    "Okay, right.",
    "Then the dough of flour rests beside the warm oven.",
    "The dough and the yeast double in the bowl.",
]
BIKES = [
    "Now the chain of the bicycle is taken off.",
    "A worn chain wears the gears of the bicycle.",
    "Yeah, okay.",
    "So the gears are cleaned before the chain goes on.",
]


def talk(folder: Path, *topics: Sequence[str], captions: Sequence[str] = ()) -> Catalog:
    """The lecture of 300 s with a sentence every 30 s, and topics of some sentences each."""
    catalog, units, start_s = captioned(folder, *captions), list[TranscriptUnit](), 0.0
    for topic in topics:
        first_s = start_s
        for text in topic:
            window = Window(start_s, start_s + 30)
            units.append(TranscriptUnit("speech", "sentence", window, text, (1,), "en"))
            start_s += 30
        whole = Window(first_s, start_s)
        units.append(TranscriptUnit("speech", "topic", whole, " ".join(topic), (1,), "en"))
    with catalog.atomic() as db:
        replace_units(db, LECTURE, "speech", units)
    return catalog


class Worded:
    """Words a topic by its number of parts; can fail."""

    name = "summary:made#1"

    def __init__(self, *, fails: bool = False) -> None:
        self.topics: list[TopicText] = []
        self.fails = fails

    def summarise(self, topic: TopicText) -> TopicSummary:
        self.topics.append(topic)
        if self.fails:
            raise ModelOutputInvalid("no form", "")
        sentence = SummarySentence(topic.parts[0].window, f"{len(topic.parts)} parts.")
        return TopicSummary("A title", (sentence,), (), self.name)


def test_the_topics_of_a_talk_are_its_chapters(tmp_path: Path) -> None:
    bread, bikes = Hierarchy(talk(tmp_path, BREAD, BIKES)).chapters(LECTURE)
    assert (bread.window, bikes.window) == (Window(0, 120), Window(120, 240))
    assert bread.title.split(", ")[:3] == ["flour", "yeast", "bowl"]
    assert bikes.title.startswith("chain, bicycle, gears")


def test_an_extract_holds_whole_sentences_with_their_stretch(tmp_path: Path) -> None:
    bread, _ = Hierarchy(talk(tmp_path, BREAD, BIKES)).chapters(LECTURE)
    assert bread.sentences == (
        SummarySentence(Window(0, 30), BREAD[0]),
        SummarySentence(Window(60, 90), BREAD[2]),
    )
    keywords = "flour, yeast, bowl, dough, first, mixed, rests, beside"
    assert bread.text == f"{BREAD[0]} {BREAD[2]}\nkeywords: {keywords}"


def test_the_whole_is_made_of_the_chapters_sentences(tmp_path: Path) -> None:
    whole = Hierarchy(talk(tmp_path, BREAD, BIKES)).video_summary(LECTURE)
    assert whole is not None
    assert (whole.level, whole.window, len(whole.sentences)) == ("video", Window(0, 240), 4)
    assert whole.sentences[0].text == BREAD[0]


def test_what_was_made_is_kept_with_titles_and_stretches(tmp_path: Path) -> None:
    catalog = talk(tmp_path, BREAD, BIKES)
    made = Hierarchy(catalog).chapters(LECTURE)
    assert [one for one in read_summaries(catalog, LECTURE) if one.level == "chapter"] == made
    assert read_summaries(catalog, DEMO) == []


def test_a_model_words_a_talk_anew_and_is_not_asked_twice(tmp_path: Path) -> None:
    catalog, model = talk(tmp_path, BREAD, BIKES), Worded()
    Hierarchy(catalog).video_summary(LECTURE)
    whole = Hierarchy(catalog, topics=model).video_summary(LECTURE)
    assert whole is not None
    assert (whole.text, whole.title, whole.made_by) == ("2 parts.", "A title", "summary:made#1")
    assert [topic.level for topic in model.topics] == ["chapter", "chapter", "video"]
    assert Hierarchy(catalog).video_summary(LECTURE) == whole
    again = Worded()
    Hierarchy(catalog, topics=again).video_summary(LECTURE)
    assert again.topics == []


def test_a_reply_that_does_not_hold_leaves_an_extract_that_says_so(tmp_path: Path) -> None:
    first, _ = Hierarchy(talk(tmp_path, BREAD, BIKES), topics=Worded(fails=True)).chapters(LECTURE)
    assert (first.made_by, first.sentences[0].text) == ("extractive", BREAD[0])


def test_captions_stand_beside_the_speech_of_their_topic(tmp_path: Path) -> None:
    first, second = topic_texts(talk(tmp_path, BREAD, BIKES, captions=["A baker."]), LECTURE)
    assert [part.kind for part in first.parts] == ["caption", *["speech"] * 4]
    assert {part.kind for part in second.parts} == {"speech"}


def test_a_video_with_little_speech_has_chapters_of_its_captions(tmp_path: Path) -> None:
    catalog = talk(tmp_path, BREAD[:2], captions=["A cat sleeps."] * 3)
    (chapter,) = Hierarchy(catalog).chapters(LECTURE)
    assert (chapter.sentences, chapter.window) == ((), Window(0, 30))


def test_of_two_languages_that_with_more_speech_counts(tmp_path: Path) -> None:
    catalog = talk(tmp_path, BREAD, BIKES)
    short = TranscriptUnit("speech", "topic", Window(0, 60), "Mehl und Hefe", (1,), "de")
    with catalog.atomic() as db:
        db.execute(
            "INSERT INTO transcript_unit (video_id, kind, level, language, start_s, end_s, text, span_ids)"
            " VALUES (?, 'speech', 'topic', 'de', 0, 60, ?, '[1]')",
            (LECTURE, short.text),
        )
    assert [topic.window for topic in topic_texts(catalog, LECTURE)] == [Window(0, 120), Window(120, 240)]


@pytest.mark.parametrize(("num_topics", "num_chapters"), [(40, 40), (41, 21), (100, 34)])
def test_a_long_video_has_at_most_forty_chapters(tmp_path: Path, num_topics: int, num_chapters: int) -> None:
    said = [[f"Sentence number {n} is said."] for n in range(num_topics)]
    topics = topic_texts(talk(tmp_path, *said), LECTURE)
    assert len(topics) == num_chapters
    assert topics[-1].window.end_s == 30 * num_topics

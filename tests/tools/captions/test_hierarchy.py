"""Chapters and wholes: made at first need, kept, and made again only where captions changed."""

from pathlib import Path

import pytest
from tests.tools.captions.made_segments import CARS, CATS, captioned, change
from tests.tools.made_library import DEMO, LECTURE

from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_index.store.spans import insert_words
from playhead_index.store.summaries import read_summaries
from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.captions.caption import Caption
from playhead_tools.captions.chapter_hierarchy import Hierarchy
from playhead_tools.captions.summariser import Piece

SCENES = [CATS] * 6 + [CARS] * 6


class Counting:
    """A summariser that says how many parts it was given, and can fail at its n-th call."""

    def __init__(self, name: str = "summary:made#1", fails: dict[int, Exception] | None = None) -> None:
        self.name = name
        self.pieces: list[Piece] = []
        self.fails = fails or {}

    def summarise(self, piece: Piece) -> Caption:
        self.pieces.append(piece)
        if len(self.pieces) in self.fails:
            raise self.fails[len(self.pieces)]
        return Caption(f"{len(piece.parts)} parts.")


def test_a_video_without_captions_has_no_chapters(tmp_path: Path) -> None:
    hierarchy = Hierarchy(captioned(tmp_path))
    assert hierarchy.chapters(LECTURE) == []
    assert hierarchy.video_summary(LECTURE) is None


def test_without_a_model_chapters_are_summarised_by_their_captions(tmp_path: Path) -> None:
    cats, cars = Hierarchy(captioned(tmp_path, *SCENES)).chapters(LECTURE)
    assert (cats.window, cats.made_by) == (Window(0.0, 60.0), "extractive")
    assert cats.text == "A cat sleeps on the sofa.\nkeywords: cat, sleeps, sofa"
    assert (cars.window, cars.text.splitlines()[0]) == (Window(60.0, 120.0), CARS)


def test_the_whole_is_made_of_the_chapters(tmp_path: Path) -> None:
    summariser = Counting()
    whole = Hierarchy(captioned(tmp_path, *SCENES), summariser).video_summary(LECTURE)
    assert whole is not None
    assert (whole.window, whole.text) == (Window(0.0, 120.0), "2 parts.")
    assert [piece.level for piece in summariser.pieces] == ["chapter", "chapter", "video"]


def test_a_video_of_one_chapter_asks_no_model_twice(tmp_path: Path) -> None:
    summariser = Counting()
    whole = Hierarchy(captioned(tmp_path, CATS, CATS), summariser).video_summary(LECTURE)
    assert whole is not None
    assert (whole.level, whole.text, len(summariser.pieces)) == ("video", "2 parts.", 1)


def test_what_was_made_is_kept_for_whoever_opens_the_library_next(tmp_path: Path) -> None:
    catalog, later = captioned(tmp_path, *SCENES), Counting("summary:other#2")
    whole = Hierarchy(catalog, Counting()).video_summary(LECTURE)
    assert Hierarchy(catalog, later).video_summary(LECTURE) == whole
    assert Hierarchy(catalog).video_summary(LECTURE) == whole
    assert later.pieces == []


def test_a_changed_caption_remakes_its_chapter_and_the_whole_alone(tmp_path: Path) -> None:
    catalog, again = captioned(tmp_path, *SCENES), Counting()
    Hierarchy(catalog, Counting()).video_summary(LECTURE)
    change(catalog, 70.0, "A blue car drives along the road.")
    whole = Hierarchy(catalog, again).video_summary(LECTURE)
    assert whole is not None
    assert [piece.window for piece in again.pieces] == [Window(60.0, 120.0)]
    assert whole.text == "2 parts."


def test_the_whole_is_made_again_when_a_chapter_reads_otherwise(tmp_path: Path) -> None:
    catalog = captioned(tmp_path, *SCENES)
    before = Hierarchy(catalog).video_summary(LECTURE)
    change(catalog, 70.0, "A red car drives along the muddy road home.")
    after = Hierarchy(catalog).video_summary(LECTURE)
    assert before is not None
    assert after is not None
    assert before.made_from != after.made_from


def test_a_model_words_anew_what_was_extracted_without_one(tmp_path: Path) -> None:
    catalog = captioned(tmp_path, *SCENES)
    Hierarchy(catalog).video_summary(LECTURE)
    assert [c.text for c in Hierarchy(catalog, Counting()).chapters(LECTURE)] == ["6 parts.", "6 parts."]


def test_a_reply_that_does_not_hold_leaves_an_extract_that_says_so(tmp_path: Path) -> None:
    failing = Counting(fails={1: ModelOutputInvalid("no form", "")})
    found = Hierarchy(captioned(tmp_path, *SCENES), failing).chapters(LECTURE)
    assert [chapter.made_by for chapter in found] == ["extractive", "summary:made#1"]


def test_chapters_worded_before_the_model_went_away_are_kept(tmp_path: Path) -> None:
    catalog, again = captioned(tmp_path, *SCENES), Counting()
    with pytest.raises(ModelUnavailable, match="away"):
        Hierarchy(catalog, Counting(fails={2: ModelUnavailable("away")})).chapters(LECTURE)
    assert len(Hierarchy(catalog, again).chapters(LECTURE)) == 2
    assert len(again.pieces) == 1


def test_captions_that_are_gone_take_their_chapters_along(tmp_path: Path) -> None:
    catalog = captioned(tmp_path, *SCENES)
    Hierarchy(catalog).video_summary(LECTURE)
    with catalog.atomic() as db:
        db.execute("DELETE FROM span WHERE kind = 'caption'")
    assert Hierarchy(catalog).video_summary(LECTURE) is None
    assert [s.level for s in read_summaries(catalog, LECTURE)] == ["video"]


def test_other_videos_are_left_alone(tmp_path: Path) -> None:
    catalog = captioned(tmp_path, *SCENES)
    Hierarchy(catalog).video_summary(LECTURE)
    assert read_summaries(catalog, DEMO) == []


def test_chapters_are_made_of_the_captions_of_segments_not_of_steps(tmp_path: Path) -> None:
    catalog = captioned(tmp_path, CATS, CATS, CARS, CARS)
    before = Hierarchy(catalog).chapters(LECTURE)
    steps = [
        Words("caption", "caption:m@5s", Window(5.0 * i, 5.0 * i + 5.0), f"A step {i}.") for i in range(8)
    ]
    with catalog.atomic() as db:
        insert_words(db, LECTURE, steps)
    assert Hierarchy(catalog).chapters(LECTURE) == before

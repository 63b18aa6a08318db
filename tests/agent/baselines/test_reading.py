"""Replies read, and which of several counts."""

import pytest

from playhead_agent.baselines.reading import Said, best_of, read_reply
from playhead_agent.baselines.spreading import shares
from playhead_agent.baselines.words import nearest, spoken_of

OPTIONS = ("red", "blue", "not visible")
READ = [
    ("B", Said("answered", "B", 1)),
    ("Red.", Said("answered", "Red.", 0)),
    ("C", Said("abstained", "C", 2)),
    ("not shown", Said("abstained", "not shown")),
    ("D", Said("unread", "D")),
    ("", Said("unread", "")),
]


@pytest.mark.parametrize(("reply", "said"), READ, ids=[row[0] or "nothing" for row in READ])
def test_a_reply_is_an_option_a_refusal_or_unread(reply: str, said: Said) -> None:
    assert read_reply(reply, OPTIONS) == said


def test_a_refusal_counts_more_than_a_reply_that_cannot_be_read() -> None:
    assert best_of([Said("unread", "?"), Said("abstained", "not visible")]) == 1


def test_frames_are_shared_as_evenly_as_can_be_and_a_video_may_get_none() -> None:
    assert shares(("a", "b", "c"), 2) == [("a", 1), ("b", 1)]


def test_captions_come_by_the_asked_words_that_they_hold() -> None:
    told = ["A boat.", "Red stars fall.", "A red car waits."]
    assert nearest("Which red car is it?", told, str) == ["A red car waits.", "Red stars fall."]


def test_a_caption_that_speaks_of_two_options_chooses_none() -> None:
    assert spoken_of(("red", "blue"), ["It is red and blue."], str) == ("It is red and blue.", None)

"""Replies read, and which of several counts."""

import pytest

from playhead_agent.baselines.caption_matches import first_option_mention, nearest_captions
from playhead_agent.baselines.parse_reply import ParsedReply, best_reply, read_reply
from playhead_agent.baselines.spread_frames import frames_per_video

OPTIONS = ("red", "blue", "not visible")
READ = [
    ("B", ParsedReply("answered", "B", 1)),
    ("Red.", ParsedReply("answered", "Red.", 0)),
    ("C", ParsedReply("abstained", "C", 2)),
    ("not shown", ParsedReply("abstained", "not shown")),
    ("D", ParsedReply("unread", "D")),
    ("", ParsedReply("unread", "")),
]


@pytest.mark.parametrize(("reply", "said"), READ, ids=[row[0] or "nothing" for row in READ])
def test_a_reply_is_an_option_a_refusal_or_unread(reply: str, said: ParsedReply) -> None:
    assert read_reply(reply, OPTIONS) == said


def test_a_refusal_counts_more_than_a_reply_that_cannot_be_read() -> None:
    assert best_reply([ParsedReply("unread", "?"), ParsedReply("abstained", "not visible")]) == 1


def test_frames_are_shared_as_evenly_as_can_be_and_a_video_may_get_none() -> None:
    assert frames_per_video(("a", "b", "c"), 2) == [("a", 1), ("b", 1)]


def test_captions_come_by_the_asked_words_that_they_hold() -> None:
    captions = ["A boat.", "Red stars fall.", "A red car waits."]
    assert nearest_captions("Which red car is it?", captions, str) == ["A red car waits.", "Red stars fall."]


def test_a_caption_that_speaks_of_two_options_chooses_none() -> None:
    assert first_option_mention(("red", "blue"), ["It is red and blue."], str) == (
        "It is red and blue.",
        None,
    )

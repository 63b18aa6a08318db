"""What a question is about: its frame and the names of speakers are left out, other texts are not changed."""

from time import process_time

import pytest

from playhead_index.search.question_topic import question_topic

NAMES = ("Project Manager", "User Interface", "Marketing")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Summarize the discussion about project finance.", "project finance"),
        ("What did the group discuss about speech recognition?", "speech recognition"),
        ("what's the purpose of the contrast slider?", "the contrast slider"),
        ("how do i focus an area?", "focus an area"),
        ("What did Marketing think of buttons when discussing the design?", "buttons the design"),
    ],
)
def test_the_frame_of_a_question_is_no_part_of_its_topic(text: str, topic: str) -> None:
    assert question_topic(text, NAMES).text == topic


@pytest.mark.parametrize(
    "text", ["team meeting", "use of the decision tree", "discussion", "東京タワー", "C++"]
)
def test_a_text_that_asks_nothing_is_its_own_topic(text: str) -> None:
    assert question_topic(text).text == question_topic(text).words == text


@pytest.mark.parametrize("text", ["What did they say?", "Summarize the discussion.", "why?"])
def test_a_question_of_nothing_but_frame_keeps_its_words(text: str) -> None:
    topic = question_topic(text)
    assert topic.text.strip()
    assert topic.words.strip()


def test_speakers_are_named_whole_in_any_case_and_the_longest_name_first() -> None:
    topic = question_topic("What did the PROJECT MANAGER say on price?", ("Project", "Project Manager"))
    assert topic.speakers == ("Project Manager",)
    assert "manager" not in topic.words.lower()


def test_a_name_inside_another_word_names_nobody() -> None:
    assert question_topic("marketingplan of today", NAMES).speakers == ()


def test_the_time_grows_with_the_length_of_the_text_and_no_faster() -> None:
    def seconds(text: str) -> float:
        began = process_time()
        for _ in range(20):
            question_topic(text, NAMES)
        return process_time() - began

    text = "what is the the the group when discussing " * 400
    seconds(text)
    assert seconds(text + text) < 3 * seconds(text) + 0.05

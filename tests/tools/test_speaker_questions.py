"""Questions about who speaks, as they are taken apart before the library says who is a speaker."""

import time

import pytest

from playhead_tools.question.speaker_questions import (
    SpeakingQuestion,
    parse_speaking_question,
    speaker_mentions,
)

SPEAKING = [
    ("Who speaks most?", SpeakingQuestion("most")),
    ("Which speaker talks for the longest time in the meeting?", SpeakingQuestion("most")),
    ("Who has the most speaking time?", SpeakingQuestion("most")),
    ("Who speaks the least?", SpeakingQuestion("least")),
    ("How long does Alice speak?", SpeakingQuestion("how_long", "Alice")),
    (
        "For how many minutes did the project manager talk in total?",
        SpeakingQuestion("how_long", "the project manager"),
    ),
    ("What is Alice's speaking time?", SpeakingQuestion("how_long", "Alice")),
    ("How often does Dr. Smith speak during the lecture?", SpeakingQuestion("count", "Dr. Smith")),
    ("When does Alice speak?", SpeakingQuestion("when", "Alice")),
    ("When does Alice first speak?", SpeakingQuestion("when", "Alice", 1)),
    ("When did Alice speak for the last time?", SpeakingQuestion("when", "Alice", -1)),
    ("Who is speaking?", SpeakingQuestion("who")),
    ("Tell me who speaks first?", SpeakingQuestion("who", "", 1)),
    ("Who are the speakers in this video?", SpeakingQuestion("who")),
    ("How many people speak?", SpeakingQuestion("number")),
]


@pytest.mark.parametrize(("question", "expected"), SPEAKING)
def test_questions_for_nothing_but_who_speaks(question, expected):
    assert parse_speaking_question(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "When does Alice speak about buttons?",
        "Who speaks about buttons?",
        "Who mentions the budget?",
        "How long does the ferry to Dover take?",
        "How many people are there?",
        "How long is the talk?",
        "Who is the most important painter?",
        "When does the red car appear?",
    ],
)
def test_questions_for_anything_else_are_left_to_the_parser(question):
    assert parse_speaking_question(question) is None


@pytest.mark.parametrize(
    ("question", "who", "text"),
    [
        (
            "What did the project manager say about buttons?",
            "the project manager",
            "What did he say about buttons?",
        ),
        ("Does Alice ever mention the budget?", "Alice", "Does he ever mention the budget?"),
        ("How many times does Ann Lee say hello?", "Ann Lee", "How many times does he say hello?"),
        ("What is Alice's opinion on tea?", "Alice", "what did he say about tea?"),
        ("Summarize the manager's view of it.", "the manager", "what did he say about it."),
        ("According to Alice, is tea good?", "Alice", "what did he say about is tea good"),
        (
            "Why did Industrial Design disagree with the plan?",
            "Industrial Design",
            "what did he say about the plan?",
        ),
    ],
)
def test_the_place_of_a_name_gets_a_pronoun(question, who, text):
    mention = next(iter(speaker_mentions(question)))
    assert (mention.who, mention.text) == (who, text)


def test_what_is_done_to_a_speaker_is_no_place_of_a_name():
    assert list(speaker_mentions("When is Bayes mentioned?")) == []


@pytest.mark.parametrize("text", ["what did a ", "according to ", "a's ", "who speaks ", "does ", "x "])
def test_long_questions_take_time_in_proportion(text):
    began = time.process_time()
    parse_speaking_question(text * 20_000)
    list(speaker_mentions(text * 20_000))
    assert time.process_time() - began < 2.0

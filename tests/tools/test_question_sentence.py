"""Which sentence asks, and what everyday wordings ask for."""
# ruff: noqa: E501 - a sentence stays on its line

import pytest

from playhead_tools.question import follow_up, parse_question
from playhead_tools.question.question_sentence import first_question, question_sentence, without_lead

ASKING = [
    ("A chef stands in a kitchen. There is a pan on the stove. What is he cutting?", "What is he cutting?"),
    ("What does she build? Which of the following is correct? 1. A boat 2. A house", "What does she build?"),
    ("Dr. Smith speaks of tides. Why do they rise?", "Why do they rise?"),
    ("Bayes' rule", "Bayes' rule"),
    ("There was a storm. The roof flew away.", "There was a storm. The roof flew away."),
]


@pytest.mark.parametrize(("text", "question"), ASKING, ids=[row[1] for row in ASKING])
def test_the_last_sentence_that_asks_is_read(text: str, question: str) -> None:
    assert question_sentence(text) == question


def test_of_a_long_text_the_end_is_read() -> None:
    text = "The harbour is full of boats and gulls. " * 40 + "What does the captain shout?"
    assert question_sentence(text) == "What does the captain shout?"
    assert parse_question(text).query.endswith("What does the captain shout?")


LED_UP = [
    ("In the video, how many boats leave the harbour", "how many boats leave the harbour"),
    ("Throughout this recording, who speaks", "who speaks"),
    ("From the viewpoint of the skipper, what went wrong", "what went wrong"),
    ("After the storm, what is repaired", "After the storm, what is repaired"),
    ("Could you please tell me why the pump failed", "why the pump failed"),
    ("can you rotate a layer", "can you rotate a layer"),
    ("in the video", "in the video"),
]


@pytest.mark.parametrize(("text", "question"), LED_UP, ids=[row[0] for row in LED_UP])
def test_what_leads_up_to_a_question_is_dropped(text: str, question: str) -> None:
    assert without_lead(text) == question


def test_of_two_questions_the_first_is_read_and_both_are_searched() -> None:
    text = "Which tool did he choose, and what was the price of it?"
    assert first_question(text.rstrip("?")) == "Which tool did he choose"
    assert parse_question(text).query == text


# sentence -> intent, wanted, relation, answered by passages
READ = [
    ("What did the treasurer think of the loan when discussing the new roof?", "describe", "speech", "", True),
    ("What was said about costs during the discussion of the new roof?", "describe", "speech", "", True),
    ("what does the blur slider do when using the sharpen filter?", "describe", "any", "", True),
    ("What is the difference between a loan and a grant?", "describe", "any", "", True),
    ("what's the purpose of the pen tool?", "describe", "any", "", True),
    ("how can i brighten the sky in the photo?", "describe", "any", "", True),
    ("how do i rename the art boards?", "describe", "any", "", True),
    ("Which of the following tools cuts straight lines?", "describe", "any", "", True),
    ("What type of paper is used?", "describe", "any", "", True),
    ("What is the total count of times that he says the word tide?", "count", "speech", "", False),
    ("How do the stories about people in the harbour end?", "describe", "any", "", True),
    ("Who built the pier?", "describe", "any", "", True),
    ("In which month did they repair the pier?", "describe", "any", "", True),
    ("Why did she fall?", "describe", "any", "", True),
    ("Pourquoi le capitaine a-t-il quitté le port ?", "locate", "any", "", True),
    ("他为什么离开房间?", "locate", "any", "", True),
    ("Warum ist der Kapitän gegangen?", "locate", "any", "", True),
    ("When is the word tide said?", "when", "speech", "", False),
    ("What is said right after he mentions the tide?", "describe", "speech", "after", False),
    ("What is written on the slide when he mentions the tide?", "describe", "screen", "during", False),
    ("Please summarise this video, including its main topics.", "summarise", "any", "", False),
    ("What are the highlights of the video?", "summarise", "any", "", False),
    ("How many boats are in the harbour?", "count", "any", "", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "intent", "wanted", "relation", "by_passages"), READ, ids=[row[0] for row in READ]
)
def test_what_everyday_wordings_ask_for(
    sentence: str, intent: str, wanted: str, relation: str, by_passages: bool
) -> None:
    spec = parse_question(sentence)
    kind = "" if spec.relation is None else spec.relation.kind
    assert (spec.intent, spec.wanted, kind, spec.by_passages) == (intent, wanted, relation, by_passages)


ON = [
    ("When does he mention Bayes?", "show me the second one", "When is Bayes mentioned for the second time?"),
    ('When does he say "thank you"?', "what about the last one?", 'When is "thank you" said for the last time?'),
    ("What happens right after the goal?", "and before that?", "What happens right before the goal?"),
    ("When does the man open the door?", "and the woman?", "When does the woman open the door?"),
    ("When does the man fall?", "and in the other video?", "When does the man fall in the other video?"),
    ("Where is the white car?", "What colour is it?", "What colour is the white car?"),
    ("Where is the white car?", "Where is the red car?", None),
    ("When does he mention Bayes?", "What does he say about priors?", None),
    ("When does he mention Bayes?", "Thanks!", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "text", "meant"), ON, ids=[f"{row[0]} {row[1]}" for row in ON])
def test_asking_on_means_a_whole_question(before: str, text: str, meant: str | None) -> None:
    assert follow_up(text, parse_question(before)) == meant


@pytest.mark.parametrize(
    ("question", "which"),
    [("which is the longest video?", "longest"), ("name of the shortest recording", "shortest")],
)
def test_the_longest_video_is_a_fact_of_the_files(question: str, which: str) -> None:
    spec = parse_question(question)
    assert (spec.of_video, spec.superlative, spec.by_passages) == (True, which, False)

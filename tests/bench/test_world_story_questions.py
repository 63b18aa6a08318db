"""The synthetic benchmark's questions: gold that the events prove."""

import pytest

from playhead_bench.world.lecture import lecture
from playhead_bench.world.medical_tests import Case
from playhead_bench.world.story_questions import StoryQuestion, occurrences, questions
from playhead_bench.world.street_and_interview import interview, street
from playhead_index.window import Window


def ask(found_questions: list[StoryQuestion], text: str) -> StoryQuestion:
    (found,) = [question for question in found_questions if question.text == text]
    return found


LECTURE = questions(lecture())


@pytest.mark.parametrize(
    ("text", "answer", "windows"),
    [
        ('When is "base rate" first said?', "0:33", [(33, 36)]),
        ('When is "base rate" last said?', "2:35", [(155, 159)]),
        ('How many times is "base rate" said?', "4", [(33, 36), (51, 55), (141, 145), (155, 159)]),
        ("What does the lecturer compare the test with?", "a smoke detector", [(69, 73)]),
        ("Which exit does the sign in the street at night show?", "12", [(160, 170)]),
        ("Who gives the lecture?", "Dr. Mara Lind", [(0, 8)]),
        ("What posterior does the worked example come to?", "9.2%", [(40, 160), (113, 117), (127, 131)]),
        ('How long does the slide "A worked example" stay on the screen?', "120 seconds", [(40, 160)]),
        ("When does the red circle enter?", "0:22", [(22, 25)]),
        ("How many times does a green triangle cross the picture?", "4",
         [(170, 174), (172, 176), (174, 178), (176, 180)]),
        ("What does the last display say?", "COUNT 9", [(178, 180)]),
        ("Does the blue square leave before the red circle enters?", "no", [(22, 25), (25, 28)]),
        ('What is the title of the slide on the screen while "smoke detector" is said?', "A worked example",
         [(40, 160), (69, 73)]),
        ('When is "interest rate" first said?', None, []),
    ],
)  # fmt: skip
def test_the_demo_is_asked(text: str, answer: str | None, windows: list[tuple[float, float]]):
    question = ask(LECTURE, text)
    assert question.answer == answer
    assert list(question.windows) == [Window(*window) for window in windows]


def test_the_interview_disagrees_with_the_lecture():
    clinic = ask(questions(interview()), "How rare is the disease in the clinic of Ben Ortiz?")
    assert clinic.answer == "one in 50"
    assert any("one person in 100" in line.text.lower() for line in lecture().lines)


@pytest.mark.parametrize(
    "story", [lecture(), lecture(2, 12), street(1, 2), interview(3)],
    ids=["the demo", "a long lecture", "a street", "an interview"],
)  # fmt: skip
def test_every_story_has_twelve_questions_some_without_an_answer(story):
    found_questions = questions(story)
    assert len(found_questions) >= 12
    assert sum(not question.answerable for question in found_questions) == 4
    assert len({question.text for question in found_questions}) == len(found_questions)


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_has_windows_inside_the_story_and_no_answer_has_none(seed: int):
    story = lecture(seed, 6)
    for question in questions(story):
        assert bool(question.windows) == question.answerable, question.text
        assert all(w.start_s >= 0 and w.end_s <= story.duration_s for w in question.windows)
        assert list(question.windows) == sorted(question.windows)


@pytest.mark.parametrize("seed", range(4))
def test_the_exit_is_never_spoken_and_the_smoke_detector_never_written(seed: int):
    story = lecture(seed, 8)
    written = " ".join(e.text for e in story.events() if e.kind == "written")
    spoken = " ".join(line.text for line in story.lines)
    assert "EXIT" in written
    assert "EXIT" not in spoken
    assert "smoke detector" in spoken
    assert "smoke" not in written


def test_the_same_story_is_asked_the_same_questions():
    assert questions(street(9, 1)) == questions(street(9, 1))


@pytest.mark.parametrize(
    ("term", "text", "times"),
    [
        ("prior", "The prior, a priority, two priors", 2),
        ("base rate", "Base rate or base-rate", 1),
        ("false alarm", "false alarms and FALSE ALARM", 2),
    ],
    ids=[
        "a plural counts and a longer word does not",
        "a hyphen is another word",
        "letters' case is no matter",
    ],
)
def test_terms_are_counted_as_whole_words(term: str, text: str, times: int):
    assert occurrences(term, text) == times


def test_a_case_counts_people_as_bayes_rule_does():
    case = Case(100, 90, 9)
    assert (case.sick, case.found, case.healthy, case.alarms) == (100, 90, 9900, 891)
    by_rule = 0.9 * 0.01 / (0.9 * 0.01 + 0.09 * 0.99)
    assert case.posterior == f"{100 * by_rule:.1f}%"
